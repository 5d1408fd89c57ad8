"""The JSON form, read and written; the standard library is the independent reader of what is written."""

import json

import pytest

from infocaller_cli.codec import Document, decode, encode
from infocaller_cli.errors import DecodeError, EncodeError, UsageError


def document(inside):
    return f'{{"ApiCall": {inside}}}'.encode()


def field(value, name="ResultText", section="Status"):
    return document(f'{{"{section}": {{"{name}": {value}}}}}')


def cost(value):
    return field(value, "CostRX", "Infocaller")


def findings(data):
    return [(finding.code, finding.level, finding.path) for finding in decode(data).findings]


# --------------------------------------------------------------------------------------------------------------- costs

COSTS = {
    "0": "0.000000",
    "0.000000": "0.000000",
    "0.12": "0.120000",
    "1.2345678": "1.2345678",
    "12345678901234567890.1234567890": "12345678901234567890.1234567890",
    "-0.5": "-0.500000",
    "1e2": "100.000000",
    "1E-8": "0.00000001",
    "12.5e-1": "1.250000",
}


@pytest.mark.parametrize(("number", "text"), COSTS.items())
def test_a_cost_keeps_every_digit_and_is_written_with_at_least_six_decimals(number, text):
    decoded = decode(cost(number))
    assert decoded.document.root == {"Infocaller": {"CostRX": text}}
    assert decoded.findings == []
    for indent in (False, True):
        written = encode(decoded.document, "json", indent=indent)
        # The digits themselves: a float would hide lost ones
        assert json.loads(written, parse_float=str) == {"ApiCall": {"Infocaller": {"CostRX": text}}}
    assert f"<CostRX>{text}</CostRX>".encode() in encode(decoded.document, "xml")


def test_null_is_an_empty_cost():
    decoded = decode(cost("null"))
    assert decoded.document.root == {"Infocaller": {"CostRX": ""}}
    assert decoded.findings == []
    assert json.loads(encode(decoded.document, "json")) == {"ApiCall": {"Infocaller": {"CostRX": None}}}
    assert b"<CostRX></CostRX>" in encode(decoded.document, "xml")


@pytest.mark.parametrize("text", ["0,12", "1e5", "abc", "1.2.3"])
def test_a_cost_that_is_no_number_goes_across_as_a_string(text):
    decoded = decode(cost(f'"{text}"'))
    assert [code for code, _, _ in findings(cost(f'"{text}"'))] == ["IC009"]
    assert json.loads(encode(decoded.document, "json")) == {"ApiCall": {"Infocaller": {"CostRX": text}}}
    xml = encode(decoded.document, "xml")
    assert f"<CostRX>{text}</CostRX>".encode() in xml
    assert decode(xml).document == decoded.document


def test_a_cost_written_as_a_string_is_read_as_the_number_and_reported():
    assert decode(cost('" 0.5 "')).document.root == {"Infocaller": {"CostRX": "0.500000"}}
    assert findings(cost('"0.5"')) == [("IC009", "warning", "/ApiCall/Infocaller/CostRX")]


def test_an_exponent_whose_zeros_fill_megabytes_is_refused():
    for number in ("1e-999999999", "1e-401", "1e401", "1e99999999999999999999", "1e-99999999999999999999"):
        with pytest.raises(DecodeError) as caught:
            decode(cost(number))
        assert caught.value.code == "IC001"


# --------------------------------------------------------------------------------------------------------------- types

READ_AS = {"0": "0", "007.50": None, "123": "123", "-1": "-1", "1.50": "1.50", "1e2": "1e2", "null": "", "true": "true", "false": "false",
           "[]": "", "{}": ""}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), [pair for pair in READ_AS.items() if pair[1] is not None])
def test_another_type_where_text_belongs_is_read_reported_and_written_as_a_string(value, text):
    decoded = decode(field(value))
    assert decoded.document.root == {"Status": {"ResultText": text}}
    assert findings(field(value)) == [("IC009", "warning", "/ApiCall/Status/ResultText")]
    assert json.loads(encode(decoded.document, "json")) == {"ApiCall": {"Status": {"ResultText": text}}}


def test_strings_keep_leading_zeros_and_plus_signs():
    assert decode(field('"+0034"', "CallerNumber", "Infocaller")).document.root == {"Infocaller": {"CallerNumber": "+0034"}}
    assert findings(field('"+0034"', "CallerNumber", "Infocaller")) == []


def test_a_number_of_thousands_of_digits_is_text_like_any_other():
    digits = "9" * 10_000
    assert decode(field(digits)).document.root == {"Status": {"ResultText": digits}}
    assert decode(cost(digits)).document.root == {"Infocaller": {"CostRX": digits + ".000000"}}


@pytest.mark.parametrize(
    ("inside", "root", "path"),
    [
        ('{"CustVars": {"CustVar": {"VarName": "A"}}}', {"CustVars": {"CustVar": [{"VarName": "A"}]}}, "/ApiCall/CustVars/CustVar"),
        ('{"CustVars": {"CustVar": null}}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars/CustVar"),
        ('{"CustVars": {"CustVar": ""}}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars/CustVar"),
        ('{"CustVars": {"CustVar": {}}}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars/CustVar"),
        ('{"CustVars": null}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars"),
        ('{"CustVars": ""}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars"),
        ('{"CustVars": []}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars"),
        ('{"CustVars": {}}', {"CustVars": {"CustVar": []}}, "/ApiCall/CustVars"),
        ('{"UserID": null}', {"UserID": {}}, "/ApiCall/UserID"),
        (
            '{"Status": {"Events": {"Event": {"EventType": "1"}}}}',
            {"Status": {"Events": {"Event": [{"EventType": "1"}]}}},
            "/ApiCall/Status/Events/Event",
        ),
        ('{"Status": {"Events": []}}', {"Status": {"Events": {"Event": []}}}, "/ApiCall/Status/Events"),
    ],
)
def test_a_container_of_another_shape_is_read_reported_and_written_as_documented(inside, root, path):
    decoded = decode(document(inside))
    assert decoded.document.root == root
    assert findings(document(inside)) == [("IC010", "warning", path)]
    assert json.loads(encode(decoded.document, "json")) == {"ApiCall": root}


def test_documented_containers_are_silent():
    assert findings(document('{"UserID": {}, "Status": {"Events": {"Event": []}}, "CustVars": {"CustVar": []}}')) == []


def test_variables_written_as_keys_get_a_message_of_their_own():
    decoded = decode(document('{"CustVars": {"PEDIDO": "2"}}'))
    assert [(finding.code, finding.path) for finding in decoded.findings] == [("IC004", "/ApiCall/CustVars/PEDIDO")]
    assert '"VarName": "PEDIDO"' in decoded.findings[0].message


# ---------------------------------------------------------------------------------------------------------- duplicates


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (document('{"UserID": {"LineNumber": "1", "LineNumber": "2"}}'), "/ApiCall/UserID/LineNumber"),
        (document('{"UserID": {"LineNumber": "1", "LineNumber": "1"}}'), "/ApiCall/UserID/LineNumber"),
        (document('{"UserID": {"LineNumber": "1", "CallSequence": "3", "Call\\u0053equence": "4"}}'), "/ApiCall/UserID/CallSequence"),
        (document('{"UserID": {"LineNumber": "1"}, "User\\u0049D": {"LineNumber": "2"}}'), "/ApiCall/UserID"),
        (document('{"UserID": {"LineNumber": "1"}, "UserID": null}'), "/ApiCall/UserID"),
        (document('{"CustVars": {"CustVar": [], "CustVar": [{}]}}'), "/ApiCall/CustVars/CustVar"),
        (document('{"CustVars": {"CustVar": [{}, {"VarName": "A", "VarName": "B"}]}}'), "/ApiCall/CustVars/CustVar/1/VarName"),
        (b'{"ApiCall": {"UserID": {"LineNumber": "1"}}, "ApiCall": {"UserID": {"LineNumber": "2"}}}', None),
        (b'{"ApiCall": {"UserID": {"LineNumber": "1"}}, "\\u0041piCall": 3}', None),
    ],
)
def test_duplicate_keys_are_reported_the_first_is_kept_and_nothing_is_written(data, path):
    decoded = decode(data)
    duplicates = [finding for finding in decoded.findings if finding.code == "IC005"]
    assert [finding.level for finding in duplicates] == ["error"]
    assert path in {None, duplicates[0].path}
    assert decoded.document.line in {None, "1"}
    for format in ("xml", "json"):
        with pytest.raises(EncodeError):
            encode(decoded.document, format)


# ----------------------------------------------------------------------------------------------- what nobody documents


def test_an_undocumented_flat_field_is_carried_across():
    decoded = decode(document('{"Version": "2", "UserID": {"a b": " x ", "n": 1, "e": null}}'))
    assert decoded.document.root == {"Version": "2", "UserID": {"a b": " x ", "n": "1", "e": ""}}
    assert decode(encode(decoded.document, "json")).document == decoded.document


@pytest.mark.parametrize("value", ['{"a": 1}', "[1]", "[[]]", '{"a": {}}'])
def test_an_undocumented_nested_field_is_read_past_and_cannot_be_written(value):
    decoded = decode(field(value, "Extra"))
    assert findings(field(value, "Extra")) == [("IC004", "warning", "/ApiCall/Status/Extra")]
    for format in ("xml", "json"):
        with pytest.raises(EncodeError) as caught:
            encode(decoded.document, format)
        assert caught.value.path == "/ApiCall/Status/Extra"


def test_a_key_beside_the_root_is_reported_and_cannot_be_written():
    data = b'{"jsonrpc/~": "2.0", "ApiCall": {}}'
    assert [code for code, _, _ in findings(data)] == ["IC004"]
    with pytest.raises(EncodeError):
        encode(decode(data).document, "json")


# ------------------------------------------------------------------------------------------------------------- writing


@pytest.mark.parametrize("value", ["Petición", "5 €", "𝄞", "\0\x1b\x7f", "\u2028", '"\\/', "</script>", "\ufffe"])
@pytest.mark.parametrize("indent", [False, True])
@pytest.mark.parametrize("charset", ["", "utf-8", "ascii"])
def test_other_readers_see_the_same_text(value, indent, charset):
    data = encode(Document({"Status": {"ResultText": value}}), "json", indent=indent, charset=charset)
    assert json.loads(data.decode()) == {"ApiCall": {"Status": {"ResultText": value}}}
    assert data.isascii() or charset != "ascii"
    assert decode(data).document.root == {"Status": {"ResultText": value}}


def test_characters_are_plain_and_markup_is_not_escaped():
    assert '"Ñ <>&\' €"'.encode() in encode(Document({"Status": {"ResultText": "Ñ <>&' €"}}), "json")


def test_fields_are_written_in_the_canonical_order():
    root = {"CustVars": {"CustVar": [{"VarValue": "b", "VarName": "a"}]}, "UserID": {"Signature": "s", "Zzz": "z", "LineNumber": "1"}}
    written = json.loads(encode(Document(root), "json"))["ApiCall"]
    assert [*written, *written["UserID"], *written["CustVars"]["CustVar"][0]] == [
        *("UserID", "CustVars"),
        *("LineNumber", "Signature", "Zzz"),
        *("VarName", "VarValue"),
    ]


@pytest.mark.parametrize("root", [{"Status": {"ResultText": "\ud83d"}}, {"Status": {"\ud83d": "a"}}])
@pytest.mark.parametrize("charset", ["ascii", "utf-8"])
def test_half_a_character_is_refused(root, charset):
    with pytest.raises(EncodeError):
        encode(Document(root), "json", charset=charset)


@pytest.mark.parametrize("options", [{"charset": "iso-8859-1"}, {"as_printed": True}])
def test_a_form_that_json_does_not_have_is_wrong_usage(options):
    with pytest.raises(UsageError):
        encode(Document({}), "json", **options)


# ------------------------------------------------------------------------------------------------------------- hostile

HOSTILE = {
    "100,000 brackets": (b'{"ApiCall": ' + b"[" * 100_000, "IC001"),
    "100,000 brackets that end": (b'{"ApiCall": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "IC001"),
    "300,000 braces": (b'{"a":' * 200_000, "IC001"),
    "a cost of a million digits": (cost("1" * 900_000), "read"),
    "a cost of a million decimals": (cost("0." + "1" * 900_000), "read"),
    "a cost of a million zeros and an exponent": (cost("0." + "0" * 900_000 + "1e300"), "read"),
    "an exponent of a million digits": (cost("1e" + "9" * 900_000), "IC001"),
    "a text of a million digits": (field("1" * 900_000), "read"),
    "a million quotes": (b'{"' + b'"' * 900_000, "IC001"),
    "many duplicate keys": (document('{"a": 1' + ', "a": 1' * 80_000 + "}"), "read"),
    "many undocumented keys": (document("{" + ", ".join(f'"a{number}": 1' for number in range(60_000)) + "}"), "read"),
    "many empty variables": (document('{"CustVars": {"CustVar": [' + ", ".join(["{}"] * 200_000) + "]}}"), "read"),
    "many surrogate escapes": (field('"' + "\\ud83d\\ude00" * 70_000 + '"'), "read"),
    "nothing but NULs": (b"{" + b"\0" * 900_000, "IC001"),
}


@pytest.mark.parametrize(("data", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_judged_at_once(data, expected, outcome):
    assert outcome(data) == expected


def test_nesting_at_the_edge_of_the_interpreter_s_limit_is_an_error_of_ours():
    # A surrogate escape makes the reader walk the document a second time, a few frames deeper than the first
    for depth in range(900, 1_010):
        data = b'{"ApiCall": {"Extra": ' + b"[" * depth + b'"\\ud83d\\ude00"' + b"]" * depth + b"}}"
        try:
            assert decode(data).findings[0].code == "IC004"
        except DecodeError as error:
            assert error.code == "IC001"  # noqa: PT017  either is fine, a RecursionError is not
