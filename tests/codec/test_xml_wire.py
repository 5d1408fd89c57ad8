"""The XML form, read and written; ElementTree is the independent reader of what is written."""

import xml.etree.ElementTree as ET

import pytest

from infocaller_cli.codec import Document, decode, encode
from infocaller_cli.errors import DecodeError, EncodeError

NS = "http://tempuri.org/"


def document(inside, attributes=f'xmlns="{NS}"'):
    return f"<ApiCall {attributes}>{inside}</ApiCall>".encode()


def findings(data):
    return [(finding.code, finding.level, finding.path) for finding in decode(data).findings]


def status(value):
    return Document({"Status": {"ResultText": value}})


def seen_by_others(data):
    """What ElementTree reads as ResultText."""
    return ET.fromstring(data).findtext(f"{{{NS}}}Status/{{{NS}}}ResultText")


# ---------------------------------------------------------------------------------------------------------------- text

WHOLE_TEXTS = {
    "123<!--x-->456": "123456",
    "<!--x-->123456": "123456",
    "123456<!--x-->": "123456",
    "123<?x y?>456": "123456",
    "123<![CDATA[456]]>": "123456",
    "<![CDATA[123]]><!--x--><![CDATA[456]]>": "123456",
    "12&#51;45&#x36;": "123456",
    "123<!-- <LineNumber>9</LineNumber> -->456": "123456",
    " \n\u00a0123456\t": "123456",
    "<!-- only a comment -->": "",
    "": "",
}


@pytest.mark.parametrize(("inside", "value"), WHOLE_TEXTS.items())
def test_comments_instructions_and_cdata_do_not_cut_a_text(inside, value):
    decoded = decode(document(f"<UserID><LineNumber>{inside}</LineNumber></UserID>"))
    assert decoded.document.root == {"UserID": {"LineNumber": value}}
    assert decoded.findings == []


def test_comments_and_instructions_between_elements_are_nothing():
    inside = "<!--a--><UserID><?b c?><LineNumber>1</LineNumber><!--d--></UserID><?e?>"
    decoded = decode(b"<!--f--><?g?>" + document(inside) + b"<!--h-->\n<?i?>")
    assert decoded.document.root == {"UserID": {"LineNumber": "1"}}
    assert decoded.findings == []


def test_absent_empty_and_present_are_three_things_in_any_order():
    root = decode(document("<CustVars/><UserID><Signature>a</Signature><CallSequence></CallSequence><LineNumber/></UserID>")).document.root
    assert root == {"UserID": {"LineNumber": "", "CallSequence": "", "Signature": "a"}, "CustVars": {"CustVar": []}}


def test_white_space_is_trimmed_in_numbers_and_kept_in_texts_and_the_original_is_remembered():
    decoded = decode(document("<Infocaller><CallType> R</CallType><QueryName> A\u00a0</QueryName></Infocaller>"))
    assert decoded.document.root == {"Infocaller": {"CallType": "R", "QueryName": " A\u00a0"}}
    assert decoded.untrimmed == {("Infocaller", "CallType"): " R"}


# -------------------------------------------------------------------------------------------------------- namespaces

XSI = "http://www.w3.org/2001/XMLSchema-instance"
INSIDE = "<UserID><LineNumber>1</LineNumber></UserID>"
NAMESPACES = {
    "right": (document(INSIDE), []),
    "with a prefix": (f'<t:ApiCall xmlns:t="{NS}"><t:UserID><t:LineNumber>1</t:LineNumber></t:UserID></t:ApiCall>'.encode(), []),
    "schema declarations": (document(INSIDE, f'xmlns="{NS}" xmlns:xsi="{XSI}" xsi:schemaLocation="a b"'), []),
    "none": (document(INSIDE, ""), [("IC003", "warning", "ApiCall")]),
    "another": (document(INSIDE, 'xmlns="http://example.org/"'), [("IC003", "error", "ApiCall")]),
    "no URI": (document(INSIDE, f'xmlns=" {NS}"'), [("IC003", "error", "ApiCall")]),
    "almost": (document(INSIDE, 'xmlns="http://tempuri.org"'), [("IC003", "error", "ApiCall")]),
    "taken off the children": (document(INSIDE.replace("<UserID>", '<UserID xmlns="">')), [("IC003", "warning", "ApiCall/UserID")]),
    "another below": (document('<UserID xmlns="urn:x"><LineNumber>1</LineNumber></UserID>'), [("IC003", "error", "ApiCall/UserID")]),
    "only below": (document(INSIDE.replace("<UserID>", f'<UserID xmlns="{NS}">'), ""), [("IC003", "warning", "ApiCall")]),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), NAMESPACES.values(), ids=NAMESPACES)
def test_every_namespace_is_read_and_the_wrong_ones_are_reported_once(data, expected):
    assert decode(data).document.root == {"UserID": {"LineNumber": "1"}}
    assert findings(data)[:1] == expected
    assert {code for code, _, _ in findings(data)} <= {"IC003"}


@pytest.mark.parametrize(
    ("inside", "path"),
    [
        ("<UserID><LineNumber>1</LineNumber><LineNumber>2</LineNumber></UserID>", "ApiCall/UserID/LineNumber"),
        ("<UserID><LineNumber>1</LineNumber><LineNumber>1</LineNumber></UserID>", "ApiCall/UserID/LineNumber"),
        ('<UserID><LineNumber>1</LineNumber><LineNumber xmlns="">2</LineNumber></UserID>', "ApiCall/UserID/LineNumber"),
        ('<UserID><x:LineNumber xmlns:x="urn:x">1</x:LineNumber><LineNumber>2</LineNumber></UserID>', "ApiCall/UserID/LineNumber"),
        ("<UserID><LineNumber>1</LineNumber></UserID><UserID></UserID>", "ApiCall/UserID"),
        ('<UserID><LineNumber>1</LineNumber></UserID><UserID xmlns="urn:x"/>', "ApiCall/UserID"),
        ("<CustVars/><CustVars/>", "ApiCall/CustVars"),
        ("<Status><Events/><Events/></Status>", "ApiCall/Status/Events"),
        (
            "<CustVars><CustVar/><CustVar><VarName>A</VarName><VarName>B</VarName></CustVar></CustVars>",
            "ApiCall/CustVars/CustVar[2]/VarName",
        ),
    ],
)
@pytest.mark.parametrize("format", ["xml", "json"])
def test_duplicates_are_reported_the_first_is_kept_and_nothing_is_written(inside, path, format):
    decoded = decode(document(inside))
    assert ("IC005", "error", path) in findings(document(inside))
    assert decoded.document.line in {None, "1"}
    with pytest.raises(EncodeError) as caught:
        encode(decoded.document, format)
    assert caught.value.path == path


# ----------------------------------------------------------------------------------------------- what nobody documents


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (document(INSIDE, f'xmlns="{NS}" version="2"'), "ApiCall"),
        (document(INSIDE.replace("<UserID>", '<UserID id="1">')), "ApiCall/UserID"),
        (document(INSIDE.replace("<LineNumber>", "<LineNumber a='>'>")), "ApiCall/UserID/LineNumber"),
        (document("<CustVars><CustVar/><CustVar a=''/></CustVars>"), "ApiCall/CustVars/CustVar[2]"),
        (document("stray" + INSIDE), "ApiCall"),
        (document(INSIDE + "stray"), "ApiCall"),
        (document(INSIDE.replace("<LineNumber>", "stray<LineNumber>")), "ApiCall/UserID"),
        (document("<CustVars>\u00a0</CustVars>"), "ApiCall/CustVars"),
    ],
)
def test_attributes_and_stray_text_are_a_warning(data, path):
    assert findings(data) == [("IC004", "warning", path)]


def test_an_undocumented_flat_field_is_carried_across_as_it_is():
    data = document("<UserID><Note> a &lt; b\n</Note></UserID>")
    read = decode(data).document
    assert findings(data) == [("IC004", "warning", "ApiCall/UserID/Note")]
    assert read.root == {"UserID": {"Note": " a < b\n"}}
    for format in ("xml", "json"):
        assert decode(encode(read, format)).document == read


@pytest.mark.parametrize(
    "inside", ["<Extra><A>1</A></Extra>", "<UserID><Extra>1<A/></Extra></UserID>", "<CustVars><CustVar><X><Y/></X></CustVar></CustVars>"]
)
def test_an_undocumented_nested_field_is_read_past_and_cannot_be_written(inside):
    decoded = decode(document(inside))
    assert [code for code, _, _ in findings(document(inside))] == ["IC004"]
    for format in ("xml", "json"):
        with pytest.raises(EncodeError):
            encode(decoded.document, format)


@pytest.mark.parametrize(
    "data",
    [
        b"<!-- <!DOCTYPE a> -->" + document(INSIDE),
        b"<?a <!DOCTYPE a> ?>" + document(INSIDE),
        document(INSIDE) + b"<!-- <!DOCTYPE a> -->",
        document("<!-- <!DOCTYPE a> -->" + INSIDE),
        document(INSIDE.replace(">1<", "><![CDATA[<!DOCTYPE a>]]><")),
        document(INSIDE, f"xmlns='{NS}' encoding='utf-8'").replace(b">1<", b">&lt;!DOCTYPE a><"),
    ],
)
def test_a_doctype_inside_a_comment_or_a_value_is_harmless(data):
    assert [finding.code for finding in decode(data).findings] == []


def test_rows_survive_a_declaration_over_several_lines():
    data = b'<?xml version="1.0"\n encoding="utf-8"\n?>\n' + document("\n<Foo>1</Foo>")
    assert [finding.row for finding in decode(data).findings] == [5]
    with pytest.raises(DecodeError) as caught:
        decode(data.replace(b"</Foo>", b"</Bar>"))
    assert caught.value.row == 5


def test_columns_count_the_declaration_too():
    def column(data):
        with pytest.raises(DecodeError) as caught:
            decode(data)
        return caught.value.row, caught.value.column

    declaration = b'<?xml version="1.0"?>'
    assert column(declaration + document("&x;"))[1] - column(document("&x;"))[1] == len(declaration)


# ------------------------------------------------------------------------------------------------------------- writing


def test_the_five_entities_and_line_breaks_are_references():
    data = encode(status("<>&'\"\r\n\t"), "xml")
    assert b"<ResultText>&lt;&gt;&amp;&apos;&quot;&#13;&#10;&#9;</ResultText>" in data
    assert seen_by_others(data) == "<>&'\"\r\n\t"


@pytest.mark.parametrize("value", ["Petición", "5 €", "𝄞", "Ã±", "\x85\x9f", "\u2028", "\u00a0"])
@pytest.mark.parametrize("charset", ["", "ascii", "iso-8859-1", "utf-8"])
def test_other_readers_see_the_same_text_in_every_charset(value, charset):
    data = encode(status(value), "xml", charset=charset)
    assert seen_by_others(data) == value
    assert decode(data).document == status(value)
    assert decode(data).findings == []


def test_the_default_is_pure_ascii_and_labelled_iso_8859_1():
    data = encode(status("ñ€"), "xml")
    assert data.isascii()
    assert data.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?><ApiCall xmlns="http://tempuri.org/" encoding="ISO-8859-1">')
    assert b"&#241;&#8364;" in data


@pytest.mark.parametrize(
    ("charset", "label", "raw"), [("iso-8859-1", b"ISO-8859-1", b"\xf1&#8364;"), ("utf-8", b"UTF-8", b"\xc3\xb1\xe2\x82\xac")]
)
def test_real_bytes_come_with_matching_labels(charset, label, raw):
    data = encode(status("ñ€"), "xml", charset=charset)
    assert raw in data
    assert data.count(b'encoding="' + label + b'"') == 2


@pytest.mark.parametrize("value", ["Ã±", "Â\u00a0", "â\x82¬", "aÃ±b"])
def test_iso_8859_1_bytes_that_would_be_valid_utf8_become_references(value):
    assert value.encode("iso-8859-1").decode("utf-8") != value
    for as_printed in (False, True):
        data = encode(status(value), "xml", charset="iso-8859-1", as_printed=as_printed)
        assert data.isascii()
        assert decode(data).document == status(value)


def test_as_printed_has_no_declaration_and_the_page_s_label():
    data = encode(status("ñ"), "xml", as_printed=True)
    assert data.startswith(b"<ApiCall xmlns='http://tempuri.org/' encoding=\" ISO-8559-1\"><Status>")
    assert b"<ResultText>\xf1</ResultText>" in data
    assert decode(data).document == status("ñ")
    assert decode(data).findings == []


def test_indenting_changes_layout_only():
    root = {"UserID": {}, "Status": {"Events": {"Event": [{"EventType": "1"}, {}]}, "Result": ""}, "CustVars": {"CustVar": []}}
    plain, indented = encode(Document(root), "xml"), encode(Document(root), "xml", indent=True)
    assert b"\n" not in plain
    assert b"\n      <Event>\n        <EventType>1</EventType>\n      </Event>" in indented
    assert decode(plain).document.root == decode(indented).document.root == root
    assert decode(indented).findings == []


def test_fields_are_written_in_the_canonical_order():
    root = {"CustVars": {"CustVar": [{"VarValue": "b", "VarName": "a"}]}, "UserID": {"Signature": "s", "Zzz": "z", "LineNumber": "1"}}
    names = [element.tag.partition("}")[2] for element in ET.fromstring(encode(Document(root), "xml")).iter()]
    assert names == ["ApiCall", "UserID", "LineNumber", "Signature", "Zzz", "CustVars", "CustVar", "VarName", "VarValue"]


@pytest.mark.parametrize("value", ["\0", "a\x1b[31m", "\x0b", "\ufffe", "\uffff", "\ud83d"])
def test_what_xml_cannot_hold_is_refused(value):
    with pytest.raises(EncodeError) as caught:
        encode(status(value), "xml")
    assert caught.value.path == "ApiCall/Status/ResultText"


@pytest.mark.parametrize("name", ["", "a b", "1a", "a<b", "a:b", "-a", "a\n", "ñ/"])
def test_an_undocumented_name_that_is_no_element_name_is_refused(name):
    with pytest.raises(EncodeError):
        encode(Document({"UserID": {name: "x"}}), "xml")


# ------------------------------------------------------------------------------------------------------------- hostile

HOSTILE = {
    "200,000 nested elements": (b"<ApiCall>" + b"<a>" * 200_000, "IC001"),
    "nested elements that end": (b"<ApiCall>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</ApiCall>", "IC001"),
    "comments before an html page": (b"<!-- -->" * 120_000 + b"<html><body>", "IC001"),
    "comments before an html doctype": (b"<!-- -->" * 120_000 + b"<!DOCTYPE html><html>", "IC001"),
    # One wide character makes every copy of the text four times as large
    "instructions before a doctype": (b"<?a?>" * 190_000 + "<!DOCTYPE \U0001d11e>".encode(), "IC007"),
    "comments that do not end before a doctype": (b"<!--" * 200_000 + b"<!DOCTYPE a>", "IC001"),
    "many doctypes": (b"<!DOCTYPE a>" * 80_000, "IC007"),
    "a very long name": (b"<" + b"a" * 900_000 + b"/>", "IC001"),
    "many attributes": (b"<ApiCall " + b"".join(b'a%d="" ' % number for number in range(80_000)) + b"/>", "read"),
    "many namespaces": (b"<ApiCall>" + b"".join(b'<a xmlns="urn:%d"/>' % number for number in range(40_000)) + b"</ApiCall>", "read"),
    "many undocumented fields": (b"<ApiCall>" + b"".join(b"<a%d/>" % number for number in range(80_000)) + b"</ApiCall>", "read"),
    "many duplicates": (b"<ApiCall>" + b"<UserID/>" * 80_000 + b"</ApiCall>", "read"),
    "much stray text": (b"<ApiCall>" + b"a<b/>" * 150_000 + b"</ApiCall>", "read"),
}


@pytest.mark.parametrize(("data", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_judged_at_once(data, expected, outcome):
    assert outcome(data) == expected
