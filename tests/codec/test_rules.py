"""The rules against small documents: tests/vectors/rules/ICnnn/{fires,silent}[-what].{xml,json}. Dropping in a file makes a test.

`fires-...` produces its folder's code and no other; `fires-warning-...` and `fires-error-...` also fix the level, any other `fires`
has the catalogue's. `-with-ICnnn-` in a name allows one more code. `silent-...` produces nothing at all; `silent-only-...` may
produce other codes. Documents of IC011 are read leniently. All are judged with the password of the provider's worked example.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from infocaller_cli.codec import DecodeError, decode
from infocaller_cli.codec.catalogue import RULES
from infocaller_cli.codec.model import Finding
from infocaller_cli.codec.rules import is_valid, judge_transport, settle, validate
from infocaller_cli.codec.spec import Kind

VECTORS = Path(__file__).parent.parent / "vectors"
PASSWORD = "3956"  # public: printed on the provider's page
RULE_VECTORS = sorted((VECTORS / "rules").glob("IC*/*.*"))
LEGITIMATE = sorted(path for path in (VECTORS / "legitimate").iterdir() if path.suffix in (".xml", ".json"))
# Rules about one format's own syntax. IC504 is about HTTP and has no document of its own.
XML_ONLY = {"IC003", "IC007", "IC404"}
JSON_ONLY = {"IC009", "IC010"}
NO_VECTORS = {"IC504"}
ERROR, WARNING = "error", "warning"

EVENT = """{"ApiCall": {
"UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"},
"Infocaller": {"CallType": "R", "CallerNumber": "X"},
"CustVars": {"CustVar": []}}}"""
UNSIGNED = EVENT.replace("ae73e4b16a280726fb2e0e6bfb43902a", "0" * 32)
RESPONSE = '{"ApiCall": {"Status": {"Result": "0", "ResultText": "OK"}, "CustVars": {"CustVar": []}}}'


def findings_of(path: Path) -> list[Finding]:
    """What validate says of a file; a document that cannot be read has one finding, the reader's."""
    try:
        decoded = decode(path.read_bytes(), lenient=path.parent.name == "IC011")
    except DecodeError as error:
        return [Finding(error.code, ERROR, "", str(error), error.row)]
    return validate(decoded, password=PASSWORD)


def name_of(path: Path) -> str:
    return str(path.relative_to(VECTORS))


def judge(source: str, kind: Kind | None = None, password: str | None = None) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in validate(decode(source.encode()), kind, password)]


@pytest.mark.parametrize("path", [path for path in RULE_VECTORS if path.name.startswith("fires")], ids=name_of)
def test_fires(path: Path) -> None:
    code, name = path.parent.name, path.stem
    findings = findings_of(path)
    named = re.match(r"fires-(warning|error)\b", name)
    level = named[1] if named else RULES[code].level
    assert {finding.level for finding in findings if finding.code == code} == {level}, findings
    assert {finding.code for finding in findings} == {code, *re.findall(r"(?<=-with-)IC\d+", name)}


@pytest.mark.parametrize("path", [path for path in RULE_VECTORS if path.name.startswith("silent")], ids=name_of)
def test_stays_silent(path: Path) -> None:
    findings = findings_of(path)
    if path.name.startswith("silent-only-"):
        assert path.parent.name not in {finding.code for finding in findings}
    else:
        assert findings == []


def test_every_vector_is_used() -> None:
    assert [name_of(path) for path in RULE_VECTORS if not re.fullmatch(r"(fires|silent)(-[a-zA-Z0-9-]+)?\.(xml|json)", path.name)] == []


@pytest.mark.parametrize("format", ["xml", "json"])
def test_every_rule_has_both_sorts_of_vector(format: str) -> None:
    absent = NO_VECTORS | (XML_ONLY if format == "json" else JSON_ONLY)
    there = {(path.parent.name, re.split(r"[-.]", path.name)[0]) for path in RULE_VECTORS if path.suffix == f".{format}"}
    assert there == {(code, sort) for code in RULES if code not in absent for sort in ("fires", "silent")}


@pytest.mark.parametrize("path", LEGITIMATE, ids=name_of)
def test_legitimate_documents_are_silent(path: Path) -> None:
    expected = path.with_suffix(".expected")
    codes = expected.read_text().split() if expected.exists() else []
    findings = findings_of(path)
    assert sorted(finding.code for finding in findings) == codes
    assert is_valid(findings)


# -------------------------------------------------------------------------------------------- what a message must say


CAUSES = {
    "fires-php-warning.xml": "text stands before",
    "fires-php-warning.json": "text stands before",
    "fires-blank-line-before-the-declaration.xml": "blank line",
    "fires-html-page.xml": "HTML page",
    "fires-html-page.json": "HTML page",
    "fires-empty-body.xml": "empty",
    "fires-empty-body.json": "empty",
    "fires-html-entity.xml": "&ntilde; is an HTML entity",
}


@pytest.mark.parametrize("name", CAUSES)
def test_unreadable_documents_name_the_usual_cause(name: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode((VECTORS / "rules/IC001" / name).read_bytes())
    assert CAUSES[name] in str(caught.value)


@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?>\n'])
@pytest.mark.parametrize("text", ["OK", "Petición", "12 €"])
def test_unreadable_xml_says_where(declaration: str, text: str) -> None:
    source = f'{declaration}<ApiCall xmlns="http://tempuri.org/"><Status><ResultText>{text}</x></Status></ApiCall>'
    with pytest.raises(DecodeError) as caught:
        decode(source.encode())
    # The parser points behind the wrong end tag; a declaration in the same line counts
    before = source[: source.index("</x>") + len("</x>")]
    assert (caught.value.row, caught.value.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


def test_unreadable_json_says_where() -> None:
    with pytest.raises(DecodeError) as caught:
        decode(b'{"ApiCall":\n  {"Status": oops}}')
    assert (caught.value.row, caught.value.column) == (2, 14)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("IC210/fires-decimal-comma.xml", "decimal comma"),
        ("IC402/fires-euro.xml", "Windows-1252"),
        ("IC402/fires-byte-80.xml", "Windows-1252 the character €"),
        ("IC402/fires-byte-92.xml", "Windows-1252 the character ’"),
        ("IC004/fires-error-variable-as-a-key.json", '{"VarName": "PEDIDO", "VarValue": "..."}'),
        ("IC004/fires-error-variable-as-an-element.xml", "<CustVar><VarName>PEDIDO</VarName><VarValue>...</VarValue></CustVar>"),
        ("IC004/fires-error-variable-as-an-element.xml", "1 variable of the answer reaches nobody"),
        ("IC008/fires-error-custVar-in-another-case.xml", "1 variable of the answer reaches nobody: CustVars holds custVar where"),
        ("IC008/fires-error-without-CustVar.json", "1 variable of the answer reaches nobody: CustVars holds VarName, VarValue where"),
        ("IC008/fires-error-list-with-numeric-keys.json", "2 variables of the answer reach nobody"),
        ("IC008/fires-error-item.xml", "3 variables of the answer reach nobody: CustVars holds item where"),
        ("IC401/fires-without-varname.json", "VarName is missing"),
        ("IC402/fires-replacement-character.xml", "a framework decoded ISO-8859-1 as UTF-8, and the letter is lost"),
        ("IC402/fires-warning-replacement-character-read-as-iso-8859-1.xml", "the letter is lost"),
        ("IC402/fires-warning-utf-8-read-as-iso-8859-1.json", "UTF-8 was decoded as ISO-8859-1, 'Petición' was meant"),
        ("IC402/fires-warning-utf-8-question.json", "'¿Qué?' was meant"),
        ("IC402/fires-utf-8-read-as-windows-1252.json", "'12 €' was meant"),
        ("IC404/fires-greater-than.xml", "> stands"),
        ("IC404/fires-every-mark.xml", "> ' \" stand in the value as themselves; Appendix 3 wants &gt; &apos; &quot;"),
        ("IC405/fires-percent-of-iso-8859-1.xml", "%E9 is 'é' in ISO-8859-1"),
        ("IC405/fires-resulttext.xml", "ResultText still holds &amp;"),
    ],
)
def test_messages_name_the_cause(name: str, said: str) -> None:
    assert said in findings_of(VECTORS / "rules" / name)[0].message


@pytest.mark.parametrize("name", ["tab.xml", "line-break.xml", "delete.json", "nul.json", "escape.json", "greek.json"])
def test_windows_1252_is_named_only_where_it_is_the_cause(name: str) -> None:
    (finding,) = findings_of(VECTORS / f"rules/IC402/fires-{name}")
    assert "Windows-1252" not in finding.message
    assert finding.message.isprintable()  # a control character would reach the terminal


# ------------------------------------------------------------------------------------- what a file alone cannot ask for


def test_without_a_password_no_signature_is_judged() -> None:
    assert judge(UNSIGNED) == []
    assert judge(UNSIGNED, password="3956") == [("IC105", ERROR)]


def test_a_wrong_password_does_not_match() -> None:
    assert judge(EVENT, password="3956") == []
    assert judge(EVENT, password="3957") == [("IC105", ERROR)]


def test_no_finding_shows_the_right_signature_or_the_password() -> None:
    shown = repr(validate(decode(UNSIGNED.encode()), password="3956"))
    assert "ae73e4b1" not in shown
    assert "3956" not in shown


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        (EVENT, Kind.EVENT, []),
        (EVENT, Kind.FIN, [("IC008", ERROR), ("IC205", ERROR), ("IC205", ERROR), ("IC205", ERROR)]),
        (EVENT, Kind.QUERY, [("IC212", ERROR)]),
        (EVENT, Kind.RESPONSE, [("IC008", ERROR), ("IC503", WARNING), ("IC503", WARNING)]),
        (RESPONSE, Kind.RESPONSE, []),
        (RESPONSE, Kind.EVENT, [("IC008", ERROR), ("IC008", ERROR)]),
    ],
)
def test_judged_as_the_kind_asked_for(source: str, kind: Kind, expected: list[tuple[str, str]]) -> None:
    assert sorted(judge(source, kind, PASSWORD)) == expected


def test_signature_is_judged_on_its_own_merits_whatever_the_kind() -> None:
    # Status/Result makes this a response by its content; judged as an event, its signature is right
    source = EVENT.replace('"CustVars"', '"Status": {"Result": "0", "ResultText": "OK"}, "CustVars"')
    assert judge(source, Kind.EVENT, PASSWORD) == []


def test_http_label() -> None:
    latin = RESPONSE.replace("OK", "Petición").encode("latin-1")
    xml = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>ñ</ResultText></Status><CustVars/></ApiCall>'
    assert [finding.code for finding in validate(decode(xml.encode(), label="iso-8859-1"))] == ["IC006"]
    assert [finding.code for finding in validate(decode(xml.encode("latin-1"), label="klingon"))] == ["IC006"]
    assert validate(decode(xml.encode("latin-1"), label="ISO-8859-1")) == []
    assert {finding.code for finding in validate(decode(latin, label="iso-8859-1"))} == {"IC006"}  # JSON is UTF-8


def test_one_finding_per_repair() -> None:
    source = """<ApiCall xmlns='http://tempuri.org/' encoding=” ISO-8559-1>
<Status><Result>0</result>
<ResultText>OK</ResultTex></Status><CustVars/></ApiCall>"""
    findings = validate(decode(source.encode(), lenient=True))
    assert [finding.code for finding in findings if finding.code != "IC006"] == ["IC011"] * 4
    assert [finding.row for finding in findings if finding.code != "IC006"] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("asked", "answered", "content_type", "expected"),
    [
        ("xml", "xml", "text/xml", []),
        ("xml", "xml", "Text/XML; charset=ISO-8859-1", []),
        ("xml", "xml", "application/xml", []),
        ("json", "json", "application/json", []),
        ("json", "json", "application/json; charset=utf-8", []),
        ("xml", "xml", "text/html", [WARNING]),
        ("xml", "xml", "application/json", [WARNING]),
        ("json", "json", "text/xml", [WARNING]),
        ("json", "json", "text/html; charset=UTF-8", [WARNING]),
        ("json", "json", "text/plain", [WARNING]),
        ("xml", "xml", "", [WARNING]),
        ("xml", "xml", None, [WARNING]),
        ("xml", "json", "application/json", [ERROR]),
        ("json", "xml", "text/xml", [ERROR]),
        ("json", "xml", "application/json", [ERROR, WARNING]),
    ],
)
def test_transport(asked: str, answered: str, content_type: str | None, expected: list[str]) -> None:
    xml = '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars/></ApiCall>'
    decoded = decode((xml if answered == "xml" else RESPONSE).encode())
    findings = judge_transport(decoded, asked, content_type)
    assert [(finding.code, finding.level) for finding in findings] == [("IC504", level) for level in expected]


# ------------------------------------------------------------------------------------------------- settle and is_valid


TWO = [Finding("IC403", WARNING, "p", "m", 1), Finding("IC401", ERROR, "p", "m", 2), Finding("IC406", WARNING, "p", "m", 3)]


def test_settle_leaves_out_what_is_ignored() -> None:
    assert settle(TWO, strict=False, ignore=frozenset()) == TWO
    assert settle(TWO, strict=False, ignore=frozenset({"IC401", "IC403"})) == [TWO[2]]


def test_settle_strict_makes_errors_of_warnings_and_changes_nothing_else() -> None:
    settled = settle(TWO, strict=True, ignore=frozenset({"IC403"}))
    assert settled == [TWO[1], Finding("IC406", ERROR, "p", "m", 3)]
    assert TWO[2].level == WARNING


def test_is_valid_looks_at_errors_only() -> None:
    assert is_valid([])
    assert is_valid([TWO[0], TWO[2]])
    assert not is_valid(TWO)
    assert not is_valid(settle(TWO, strict=True, ignore=frozenset({"IC401"})))


@pytest.mark.parametrize("format", ["xml", "json"])
def test_the_variables_that_reach_nobody_are_counted_in_one_error(format: str) -> None:
    names = [f"VAR{number}" for number in range(7)]
    if format == "json":
        held = {"CustVar": [], "Datos": [{"VarName": name, "VarValue": "1"} for name in names]}
        source = json.dumps({"ApiCall": {"Status": {"Result": "0", "ResultText": "OK"}, "CustVars": held}})
    else:
        held = "".join(f"<VarName>{name}</VarName><VarValue>1</VarValue>" for name in names)
        source = f"""<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status>
        <CustVars>{held}</CustVars></ApiCall>"""
    findings = validate(decode(source.encode()))
    assert [(finding.code, finding.level) for finding in findings] == [("IC008", "error")]
    assert findings[0].message.startswith("7 variables of the answer reach nobody: ")


def test_what_is_beside_custvar_in_a_query_is_a_warning() -> None:
    query = EVENT.replace('"CustVar": []', '"CustVar": [], "PEDIDO": "2"').replace('"CallType"', '"QueryName": "A", "CallType"')
    assert judge(query) == [("IC004", "warning")]


def test_a_cost_is_shown_as_the_document_has_it() -> None:
    source = EVENT.replace('"CallType"', '"CostRX": -1.5, "CallType"')
    assert "CostRX is '-1.5'" in next(finding.message for finding in validate(decode(source.encode())) if finding.code == "IC210")


def test_a_cost_of_another_type_is_told_that_it_is_a_number() -> None:
    source = EVENT.replace('"CallType"', '"CostRX": [], "CostTX": true, "CallType"')
    messages = {finding.path: finding.message for finding in validate(decode(source.encode())) if finding.code == "IC009"}
    assert messages["/ApiCall/Infocaller/CostRX"] == "[] where a number belongs"
    assert messages["/ApiCall/Infocaller/CostTX"] == "true where a number belongs"


@pytest.mark.parametrize("held", ["PEDIDO=2", [{"VarName": "PEDIDO", "VarValue": "2"}], 7])
def test_custvars_that_are_no_object_show_the_right_form(held: object) -> None:
    source = json.dumps({"ApiCall": {"Status": {"Result": "0", "ResultText": "OK"}, "CustVars": held}})
    with pytest.raises(DecodeError) as caught:
        decode(source.encode())
    assert '{"CustVar": [{"VarName": "PEDIDO"' in caught.value.hint
