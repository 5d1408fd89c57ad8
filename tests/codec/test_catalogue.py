"""The catalogue itself: its codes, levels and examples; and where findings say they are (paths and rows)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from infocaller_cli.codec import DecodeError, decode, spec
from infocaller_cli.codec.catalogue import NEVER_IGNORED, RULES
from infocaller_cli.codec.rules import judge_transport, validate
from infocaller_cli.codec.spec import Kind

VECTORS = Path(__file__).parent.parent / "vectors" / "rules"
PASSWORD = "3956"  # public: printed on the provider's page

# Written out by hand: codes and levels are public, and changing one must hurt
LEVELS = """
IC001 error    IC002 error    IC003 warning  IC004 warning  IC005 error    IC006 warning  IC007 error    IC008 error
IC009 warning  IC010 warning  IC011 warning
IC101 error    IC102 warning  IC103 error    IC104 error    IC105 error
IC201 error    IC202 error    IC203 error    IC204 warning  IC205 error    IC206 error    IC207 error    IC208 error
IC209 warning  IC210 error    IC211 warning  IC212 error
IC301 warning  IC302 error    IC303 warning  IC304 error    IC305 warning  IC306 warning  IC307 warning
IC401 error    IC402 error    IC403 warning  IC404 warning  IC405 warning  IC406 warning
IC501 error    IC502 warning  IC503 warning  IC504 error
"""
# Rules with a second level for their milder or graver half
OTHER_LEVELS = {
    **dict.fromkeys(("IC003", "IC004"), "error"),
    **dict.fromkeys(("IC008", "IC201", "IC202", "IC207", "IC304", "IC402", "IC504"), "warning"),
}

ROOT = '<ApiCall xmlns="http://tempuri.org/">'
BASES = {
    "event": """
<UserID><LineNumber>123456789</LineNumber><LineNumberInt>34123456789</LineNumberInt><CallSequence>98565656</CallSequence>
<Signature>ae73e4b16a280726fb2e0e6bfb43902a</Signature></UserID>
<Infocaller><CallType>R</CallType><CallerNumber>911888920</CallerNumber><InboundNumber>900805089</InboundNumber></Infocaller>
<CustVars></CustVars>""",
    "response": """
<Status><Result>0</Result><ResultText>OK</ResultText></Status>
<CustVars><CustVar><VarName>PEDIDO</VarName><VarValue>2</VarValue></CustVar></CustVars>""",
}
BASES["query"] = BASES["event"].replace("</Infocaller>", "<QueryName>ESTADO PEDIDO</QueryName></Infocaller>")
BASES["fin"] = BASES["event"].replace(
    "</Infocaller>",
    """<CallSeconds>95</CallSeconds><StartDate>2026-11-23T10:00:00</StartDate><EndDate>2026-11-23T10:01:35</EndDate><CostRX>0.000000</CostRX></Infocaller>
<Status><Events><Event><EventType>1</EventType><EventDate>2026-11-23T10:00:05</EventDate></Event></Events></Status>""",
)
JSON_EVENT = """{"ApiCall": {
"UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"},
"Infocaller": {"CallType": "R", "CallerNumber": "911888920"},
"CustVars": {"CustVar": []}}}"""


def example(kind: str, fragment: str) -> bytes:
    """The fragment in place of the element (or member) of its name in a document of its kind; whole documents stand alone."""
    if fragment.startswith('"'):
        name = fragment.split('"')[1]
        text, count = re.subn(rf'"{name}": (?:"[^"]*"|\[[^]]*\])', lambda _: fragment, JSON_EVENT)
    elif re.search("<apicall", fragment, re.IGNORECASE):
        text, count = fragment, 1
    else:
        name = fragment[1 : fragment.index(">")]
        text, count = re.subn(f"<{name}>.*</{name}>", lambda _: fragment, f"{ROOT}{BASES[kind]}</ApiCall>", flags=re.DOTALL)
    assert count == 1, "the base document has no such part"
    return text.encode()


def codes_of(rule_code: str, kind: str, fragment: str) -> list[str]:
    if rule_code == "IC504":
        header, _, content_type = fragment.partition(": ")
        assert header == "Content-Type"
        decoded = decode(f"{ROOT}{BASES['response']}</ApiCall>".encode())
        return [finding.code for finding in judge_transport(decoded, "xml", content_type)]
    try:
        decoded = decode(example(kind, fragment), lenient=rule_code == "IC011")
    except DecodeError as error:
        return [error.code]
    return [finding.code for finding in validate(decoded, Kind(kind), PASSWORD)]


def test_codes_and_levels() -> None:
    assert [word for rule in RULES.values() for word in (rule.code, rule.level)] == LEVELS.split()
    assert list(RULES) == [rule.code for rule in RULES.values()]


def test_what_cannot_be_ignored() -> None:
    assert {"IC001", "IC002", "IC007"} == NEVER_IGNORED


@pytest.mark.parametrize("kind", BASES)
def test_the_base_documents_are_silent(kind: str) -> None:
    assert validate(decode(f"{ROOT}{BASES[kind]}</ApiCall>".encode()), Kind(kind), PASSWORD) == []
    assert validate(decode(JSON_EVENT.encode()), Kind.EVENT, PASSWORD) == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_wrong_example_fires(rule) -> None:
    assert rule.code in codes_of(rule.code, rule.kind, rule.wrong)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_right_example_is_silent(rule) -> None:
    assert codes_of(rule.code, rule.kind, rule.right) == []


def test_levels_of_findings_agree_with_the_catalogue() -> None:
    """Readers name levels of their own; every one must be the rule's, or its documented other one."""
    allowed = {*zip(LEVELS.split()[::2], LEVELS.split()[1::2], strict=True), *OTHER_LEVELS.items()}
    found = set()
    for path in VECTORS.glob("IC*/*.*"):
        try:
            decoded = decode(path.read_bytes(), lenient=path.parent.name == "IC011")
        except DecodeError as error:
            found.add((error.code, "error"))
        else:
            found |= {(finding.code, finding.level) for finding in decoded.findings}
    assert {code for code, _ in found} == {"IC001", "IC002", "IC003", "IC004", "IC005", "IC006", "IC007", "IC009", "IC010", "IC011"}
    assert found <= allowed


# ------------------------------------------------------------------------------------------------------- paths and rows


XML_ROWS = """<?xml version="1.0"
  encoding="UTF-8"?>
<ApiCall xmlns="http://tempuri.org/">
  <Status>
    <Result></Result>
  </Status>
  <CustVars><!--
    two
    variables -->
    <CustVar><VarName>A</VarName>
      <VarValue>ñ&#10;</VarValue></CustVar>
    <CustVar>
      <VarName>B C</VarName><VarValue note="x">D'Or</VarValue>
    </CustVar>
  </CustVars>
  <Extra/>
  <Status/>
</ApiCall>
"""
XML_FINDINGS = [
    ("IC502", "ApiCall/Status/ResultText", 4),  # what is missing stands where its section begins
    ("IC501", "ApiCall/Status/Result", 5),
    ("IC402", "ApiCall/CustVars/CustVar[1]/VarValue", 11),
    ("IC406", "ApiCall/CustVars/CustVar[1]/VarValue", 11),
    ("IC004", "ApiCall/CustVars/CustVar[2]/VarValue", 13),
    ("IC401", "ApiCall/CustVars/CustVar[2]/VarName", 13),
    ("IC404", "ApiCall/CustVars/CustVar[2]/VarValue", 13),
    ("IC004", "ApiCall/Extra", 16),
    ("IC005", "ApiCall/Status", 17),
]
JSON_ROWS = """{
  "ApiCall": {
    "UserID": {
      "LineNumber": 123456789,
      "CallSequence": "98565656"
    },
    "Infocaller": {"CallType": "R",
      "CallerNumber": "X"
    },
    "CustVars": {
      "a/b~c": "1",
      "CustVar": [
        {"VarName": "A", "VarValue": "{\\"VarName\\": [1]}"},
        {
          "VarName": "B C",
          "VarValue": "2 "}
      ]
    }
  }
}"""
JSON_FINDINGS = [
    ("IC104", "/ApiCall/UserID/Signature", 3),
    ("IC009", "/ApiCall/UserID/LineNumber", 4),
    ("IC004", "/ApiCall/CustVars/a~1b~0c", 11),
    ("IC401", "/ApiCall/CustVars/CustVar/1/VarName", 15),
    ("IC406", "/ApiCall/CustVars/CustVar/1/VarValue", 16),
]


def places(source: str) -> list[tuple[str, str, int | None]]:
    return [(finding.code, finding.path, finding.row) for finding in validate(decode(source.encode()))]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_xml_paths_and_rows(newline: str) -> None:
    assert places(XML_ROWS.replace("\n", newline)) == XML_FINDINGS


def test_json_pointers_and_rows() -> None:
    assert places(JSON_ROWS) == JSON_FINDINGS


def test_a_pointer_resolves_where_a_single_object_stands_for_an_array() -> None:
    source = JSON_EVENT.replace('"CustVar": []', '"CustVar": {\n"VarName": "B C", "VarValue": 2}')
    findings = validate(decode(source.encode()))
    assert [(finding.code, finding.path, finding.row) for finding in findings] == [
        ("IC010", "/ApiCall/CustVars/CustVar", 4),
        ("IC009", "/ApiCall/CustVars/CustVar/VarValue", 5),
        ("IC401", "/ApiCall/CustVars/CustVar/VarName", 5),
    ]
    for finding in findings:
        value = json.loads(source)
        for key in finding.path.split("/")[1:]:
            value = value[key]


def test_a_single_action_and_its_pointer() -> None:
    source = '{"ApiCall": {"UserID": {}, "Infocaller": {}, "Status": {"Events": {"Event":\n{"EventType": "x"}}}}}'
    assert ("IC302", "/ApiCall/Status/Events/Event/EventType", 2) in places(source)


def test_a_key_beside_the_root_has_a_pointer() -> None:
    source = '{"ApiCall": {"Status": {"Result": "0", "ResultText": "OK"}, "CustVars": {"CustVar": []}}, "a/b": 1}'
    assert [path for _, path, _ in places(source)] == ["/a~1b"]


# ------------------------------------------------------------------------------------------ whatever comes, no exception


DATES = ["2026-10-25T02:59:00", "2026-10-25T02:00:10", "2026-02-30T10:00:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00Z"]
WORDS = ["", " ", *"XER0", "-0", "1e5", "+.", "1,5", "17", "9" * 400, "D'Or >", "&amp;", "ae73e4b16a280726fb2e0e6bfb43902a"]
SAMPLES = st.sampled_from([*DATES, *WORDS])
TEXTS = st.one_of(SAMPLES, st.text(st.characters(codec="utf-8"), max_size=20))
KINDS = st.sampled_from([None, *Kind])


def check(data: bytes, kind: Kind | None) -> None:
    try:
        decoded = decode(data)
    except DecodeError:
        return
    for finding in validate(decoded, kind, PASSWORD):
        assert finding.level in {RULES[finding.code].level, OTHER_LEVELS.get(finding.code)}
        assert finding.row is None or 1 <= finding.row <= decoded.text.chars.count("\n") + 1


def fill(section: spec.Section, value: st.SearchStrategy) -> st.SearchStrategy:
    """Mostly what is documented, in any shape; now and then something else."""
    known = {part.name: fill_part(part, value) if isinstance(part, spec.Section) else value for part in section.parts}
    return st.fixed_dictionaries({}, optional={**known, "Extra": value})


def fill_part(section: spec.Section, value: st.SearchStrategy) -> st.SearchStrategy:
    one = fill(section, value)
    return st.one_of(st.lists(one, max_size=3), one) if section.many else one


JSON_VALUES = TEXTS | TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just([])


@given(fill(spec.APICALL, JSON_VALUES), KINDS)
@settings(deadline=None, max_examples=300)
def test_validate_never_raises_for_json(document: dict, kind: Kind | None) -> None:
    check(json.dumps({"ApiCall": document}, indent=1).encode(), kind)


XML_TEXTS = st.one_of(SAMPLES, st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=12))
# Declarations that readers here accept and strict parsers refuse are among them
HEADS = ["", "<?xml version='1.0' encoding=' ISO-8559-1'?>\n", '<?xml version="1.0" standalone="maybe"?>', "<!-- > -->\n"]
NAMESPACES = st.sampled_from(["{http://tempuri.org/}", "{http://tempuri.org/}", "{urn:x}", ""])
EXTRAS = st.sampled_from(["", "", "comment", "attribute", "cdata"])


def build(parent: etree._Element, node: dict, data: st.DataObject) -> None:
    for name, value in node.items():
        for item in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, data.draw(NAMESPACES) + name)
            if isinstance(item, dict):
                build(child, item, data)
            else:
                child.text = item
                extra = "element" if name == "Extra" else data.draw(EXTRAS)
                if extra == "comment":
                    child.append(etree.Comment(" ' > "))
                elif extra == "attribute":
                    child.set("note", "'>")
                elif extra == "element":
                    etree.SubElement(etree.SubElement(child, "VarValue"), "b").text = "D'Or"
                elif extra == "cdata":
                    child.text = etree.CDATA("D'Or <VarValue>")


@given(fill(spec.APICALL, XML_TEXTS), st.sampled_from(HEADS), KINDS, st.data())
@settings(deadline=None, max_examples=300)
def test_validate_never_raises_for_xml(document: dict, head: str, kind: Kind | None, data: st.DataObject) -> None:
    root = etree.Element("{http://tempuri.org/}ApiCall", nsmap={None: "http://tempuri.org/"})
    build(root, document, data)
    check(head.encode() + etree.tostring(root, encoding="utf-8"), kind)
