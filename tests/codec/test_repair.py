"""`--lenient`: the printed samples' slips are repaired and reported, nothing else is touched.

Every vectors/lenient/NAME.xml or NAME.json has slips; NAME.sound is the same document without them, NAME.expected the
repairs to be reported, one a line: the row and the message.
"""

from pathlib import Path

import pytest

from infocaller_cli.codec import decode
from infocaller_cli.codec.repair import repair
from infocaller_cli.errors import DecodeError

VECTORS = Path(__file__).parents[1] / "vectors"
SLIPPED = sorted(path for path in (VECTORS / "lenient").glob("*.*") if path.suffix in (".xml", ".json"))
SOUND = sorted((VECTORS / "lenient").glob("*.sound")) + sorted((VECTORS / "pairs").glob("*.*"))

DOCUMENT = '<ApiCall xmlns="http://tempuri.org/"><Status><ResultText>{}</ResultText></Status></ApiCall>'


def name(path):
    return path.name


def test_there_are_vectors():
    assert len(SLIPPED) > 10
    assert {path.suffix for path in SLIPPED} == {".xml", ".json"}


@pytest.mark.parametrize("path", SLIPPED, ids=name)
def test_lenient_reading_sees_the_sound_document_and_reports_each_repair(path):
    decoded = decode(path.read_bytes(), lenient=True)
    repairs = [finding for finding in decoded.findings if finding.code == "IC011"]
    assert [f"{finding.row} {finding.message.removeprefix('repaired: ')}" for finding in repairs] == (
        path.with_suffix(".expected").read_text(encoding="utf-8").splitlines()
    )
    assert {finding.level for finding in repairs} == {"warning"}
    assert decoded.document == decode(path.with_suffix(".sound").read_bytes()).document


@pytest.mark.parametrize("path", SLIPPED, ids=name)
def test_no_repair_moves_a_row(path):
    lenient = decode(path.read_bytes(), lenient=True).text.chars
    assert lenient.count("\n") == path.read_bytes().count(b"\n")


@pytest.mark.parametrize("path", SLIPPED, ids=name)
def test_strict_reading_refuses_and_says_that_lenient_may_help(path):
    error = refusal(path.read_bytes())
    if error is None:  # no-break spaces between elements are well-formed XML: stray text, which reading only warns about
        assert "IC004" in [finding.code for finding in decode(path.read_bytes()).findings]
    else:
        assert error.code == "IC001"
        assert "--lenient" in error.hint


def refusal(data):
    try:
        decode(data)
    except DecodeError as error:
        return error
    return None


@pytest.mark.parametrize("path", SOUND, ids=name)
def test_a_sound_document_reads_the_same_either_way(path):
    strict, lenient = decode(path.read_bytes()), decode(path.read_bytes(), lenient=True)
    assert lenient == strict


VALUES = [
    "\u00a0",
    "\u00a0a\u00a0",
    "\u201ca\u201d",
    "\u2019",
    "a, ]",
    ", }",
    "{",
    "}}",
    "=\u201d",
    "</Resulttext",
    "a\u00a0=\u00a0'b",
    "\u0093\u0094",
]


@pytest.mark.parametrize("value", VALUES)
def test_no_value_in_xml_is_changed(value):
    escaped = value.replace("<", "&lt;")
    for text in (DOCUMENT.format(escaped), DOCUMENT.format(f"<![CDATA[{value}]]>"), DOCUMENT.format(f"<!-- {value} -->{escaped}")):
        assert repair(text, "xml") == (text, [])
        slipped = text.replace("</Status>", "</STATUS>")
        decoded = decode(slipped.encode(), lenient=True)
        assert decoded.document.root == {"Status": {"ResultText": value}}
        assert len(decoded.findings) == 1


@pytest.mark.parametrize("value", [*VALUES, "\\", '"', '\\"', ',"}'])
def test_no_value_in_json_is_changed(value):
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    text = f'{{"ApiCall": {{"Status": {{"ResultText": "{escaped}"}}}}}}'
    assert repair(text, "json") == (text, [])
    slipped = f'{{"ApiCall":\u00a0{{"Status": {{"ResultText": "{escaped}", }}}}'
    decoded = decode(slipped.encode(), lenient=True)
    assert [finding.code for finding in decoded.findings] == ["IC011"] * 3
    assert decoded.document.root == {"Status": {"ResultText": value}}


@pytest.mark.parametrize(
    "text",
    [
        DOCUMENT.format("a").replace("</ResultText>", ""),
        DOCUMENT.format("a").replace("</ResultText>", "</Other>"),
        DOCUMENT.format("a").replace("</ResultText>", "</ResultTe>"),
        DOCUMENT.format("a").replace("<ResultText>", "<ResultText a=\u201db\u201d>"),
        DOCUMENT.format("a & b"),
        DOCUMENT.format("&ntilde;"),
        DOCUMENT.format("a").replace('xmlns="http://tempuri.org/"', "xmlns=http://tempuri.org/"),
        "{'ApiCall': {}}",
        "{\u201cApiCall\u201d: {}}",
        '{"ApiCall": {"CustVars": {"CustVar": [{}}}',
        '{"ApiCall": {"Status": {"Result": "0"',
        '{"ApiCall": {"Status": {"Result": "0" "ResultText": ""}}}',
        '{"ApiCall": {,"Status": {}}}',
        '{"ApiCall": {}}}',
    ],
)
def test_other_slips_are_not_repaired_and_no_hint_promises_it(text):
    for lenient in (False, True):
        with pytest.raises(DecodeError) as caught:
            decode(text.encode(), lenient=lenient)
        assert caught.value.code == "IC001"
        assert "--lenient" not in caught.value.hint


def test_a_comment_that_begins_with_a_bracket_ends_where_xml_says():
    # Were it over at once, the end tag in it would close the root, whose own end tag could then not be mended
    text = DOCUMENT.format("a").replace("<Status>", "<!--> </Other> --><Status>").replace("</ApiCall>", "</APICALL>")
    assert decode(text.encode(), lenient=True).document.root == {"Status": {"ResultText": "a"}}


HOSTILE = {
    "many starts of comments": b"<!--" * 200_000,
    "many tags that do not end": b"<a " * 300_000,
    "many quotes": b"<ApiCall " + b"='\"" * 200_000 + b">",
    "many equals signs": b"<ApiCall " + b"= " * 300_000 + b"x>",
    "many curly quotes": b"<ApiCall a=" + "\u201d".encode() * 200_000 + b">",
    "many spaces in a tag": b"<ApiCall" + b" " * 900_000 + b"x>",
    "many attributes": b"<ApiCall " + b'a="" ' * 150_000 + b"b>",
    "many no-break spaces": b"<ApiCall>" + b"\xc2\xa0\n" * 200_000,
    "many end tags in another case": b"<Aa></aA>" * 80_000,
    "many end tags": b"</a>" * 200_000,
    "many commas": b'{"a": [' + b"," * 900_000,
    "many commas and spaces": b'{"a": [' + b", " * 400_000 + b"]",
    "many trailing commas": b"[" + b"[,]," * 150_000,
    "one string without an end, full of escaped quotes": b'{"' + b'\\"' * 400_000,
    "one string without an end, full of backslashes": b'{"' + b"\\" * 900_001,
    "many braces": b"{" * 900_000,
    "many no-break spaces in json": b"{" + b"\xc2\xa0\n" * 300_000,
}


@pytest.mark.parametrize("mode", ["strict", "lenient"])
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_refused_at_once(data, mode, outcome):
    """Strict reading repairs too: it looks whether a hint at --lenient would be true."""
    assert outcome(data, mode) == "IC001"
