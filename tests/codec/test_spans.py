"""Where things stand in the source, and changing one field in place."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.codec import DecodeError, decode
from infocaller_cli.codec.edit import set_field
from infocaller_cli.codec.model import walk
from infocaller_cli.codec.spans import Places, spans

VECTORS = Path(__file__).parents[1] / "vectors"
DOCUMENTS = [path for path in sorted(VECTORS.glob("pairs/*")) if b"Note" not in path.read_bytes()]
CHARSETS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]

XML = """<?xml version="1.0"?>
<!-- <UserID> ñ --><t:ApiCall xmlns:t='http://tempuri.org/' a=">">
  <t:UserID b='/>'><?c <LineNumber> ?>
    <t:LineNumber d = "<!--">1<!-- </t:LineNumber> -->2</t:LineNumber >
    <t:Signature/><t:CallSequence><![CDATA[</t:CallSequence>]]></t:CallSequence>
  </t:UserID>
  <t:CustVars>
    <t:CustVar><t:VarName>ñ€𝄞</t:VarName></t:CustVar>

    <t:CustVar><t:VarName >B</t:VarName></t:CustVar><t:CustVar />
  </t:CustVars>
</t:ApiCall>
""".replace('"<!--"', '"&lt;!--"')
XML_SPANS = {
    ("UserID", "LineNumber"): ('<t:LineNumber d = "&lt;!--">1<!-- </t:LineNumber> -->2</t:LineNumber >', "1<!-- </t:LineNumber> -->2", 4),
    ("UserID", "Signature"): ("<t:Signature/>", None, 5),
    ("UserID", "CallSequence"): ("<t:CallSequence><![CDATA[</t:CallSequence>]]></t:CallSequence>", "<![CDATA[</t:CallSequence>]]>", 5),
    ("CustVars", "CustVar", 0): ("<t:CustVar><t:VarName>ñ€𝄞</t:VarName></t:CustVar>", "<t:VarName>ñ€𝄞</t:VarName>", 8),
    ("CustVars", "CustVar", 0, "VarName"): ("<t:VarName>ñ€𝄞</t:VarName>", "ñ€𝄞", 8),
    ("CustVars", "CustVar", 1, "VarName"): ("<t:VarName >B</t:VarName>", "B", 10),
    ("CustVars", "CustVar", 2): ("<t:CustVar />", None, 10),
}
JSON = """{ "x": "ApiCall",
  "ApiCall": {
    "User\\u0049D": { "LineNumber" : "1,\\"}{\\\\", "Signature":null,
      "CallSequence": 12.50 },
    "CustVars": {"CustVar": [
      {"VarName": "ñ€𝄞", "VarValue": "[{"},
      {"VarValue": "", "VarName"
        : "B"}, {} ] },
    "Infocaller": { "CostRX": -1.50e1}
  } }
"""
JSON_SPANS = {
    ("UserID", "LineNumber"): ('"LineNumber" : "1,\\"}{\\\\"', '"1,\\"}{\\\\"', 3),
    ("UserID", "Signature"): ('"Signature":null', "null", 3),
    ("UserID", "CallSequence"): ('"CallSequence": 12.50', "12.50", 4),
    ("CustVars", "CustVar", 0): ('{"VarName": "ñ€𝄞", "VarValue": "[{"}', '{"VarName": "ñ€𝄞", "VarValue": "[{"}', 6),
    ("CustVars", "CustVar", 0, "VarName"): ('"VarName": "ñ€𝄞"', '"ñ€𝄞"', 6),
    ("CustVars", "CustVar", 1, "VarName"): ('"VarName"\n        : "B"', '"B"', 8),
    ("CustVars", "CustVar", 2): ("{}", "{}", 8),
    ("Infocaller", "CostRX"): ('"CostRX": -1.50e1', "-1.50e1", 9),
}
CASES = [("xml", XML, path, *case) for path, case in XML_SPANS.items()] + [("json", JSON, path, *case) for path, case in JSON_SPANS.items()]


@pytest.mark.parametrize(("format", "text", "path", "whole", "inner", "row"), CASES)
def test_a_span_is_the_exact_source_text_and_row(format, text, path, whole, inner, row):
    assert decode(text.encode()).format == format  # spans are only asked of documents that can be read
    span = spans(text, format)[path]
    assert text[span.start : span.end] == whole
    assert (None if span.inner_start is None else text[span.inner_start : span.inner_end]) == inner
    assert span.row == row


def test_the_root_has_the_empty_path():
    root = spans(XML, "xml")[()]
    assert XML[root.start :].startswith("<t:ApiCall")
    assert XML[: root.end].endswith("</t:ApiCall>")
    inner = spans(JSON, "json")[()]
    assert json.loads(JSON[inner.inner_start : inner.inner_end]) == json.loads(JSON)["ApiCall"]


def test_the_first_of_duplicates_is_the_one_that_counts():
    line = "<LineNumber>{}</LineNumber>".format
    xml = f"<ApiCall><UserID>{line(1)}{line(2)}</UserID><UserID>{line(3)}</UserID></ApiCall>"
    span = spans(xml, "xml")[("UserID", "LineNumber")]
    assert xml[span.inner_start : span.inner_end] == "1"
    text = '{"ApiCall": {"UserID": {"LineNumber": "1", "LineNumber": "2"}, "UserID": {"LineNumber": "3"}}}'
    span = spans(text, "json")[("UserID", "LineNumber")]
    assert text[span.inner_start : span.inner_end] == '"1"'


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0" encoding=" ISO-8559-1"?><ApiCall/>',
        b"<?xml encoding='utf-8'?>\n<ApiCall/>",
        "<ApiCall><\U00010000/></ApiCall>".encode(),
        "<ApiCall \uffb5='1'/>".encode(),
        b" \n<ApiCall/>\n",
    ],
)
def test_what_the_reader_takes_has_spans(data):
    text = decode(data).text.chars
    assert spans(text, "xml")[()].start == text.index("<ApiCall")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_field_read_has_a_span_that_holds_its_value(path):
    decoded = decode(path.read_bytes())
    text = decoded.text.chars
    found = spans(text, decoded.format)
    for place, value in walk(decoded.document.root):
        span = found[place]
        if decoded.format == "xml":
            assert (ET.fromstring(text[span.start : span.end]).text or "") == value
            assert text.count("\n", 0, span.start) + 1 == span.row
        else:
            seen = json.loads(text[span.inner_start : span.inner_end], parse_float=str)
            assert (seen or "") == value


@given(st.sampled_from(DOCUMENTS), st.data())
def test_whatever_mutation_still_reads_has_spans_too(path, data):
    source = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source) - 1))
        source[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        decoded = decode(bytes(source))
    except DecodeError:
        return
    found = spans(decoded.text.chars, decoded.format)
    assert () in found
    assert all(0 <= span.start < span.end <= len(decoded.text.chars) for span in found.values())


@given(st.sampled_from(DOCUMENTS), st.data())
def test_places_asked_for_one_by_one_are_the_same_in_any_order(path, data):
    decoded = decode(path.read_bytes())
    text = decoded.text.chars
    found = spans(text, decoded.format)
    missing = [(*place, "Missing") for place in found]
    places = Places(text, decoded.format)
    for place in data.draw(st.permutations([*found, *missing, ("UserID", "LineNumber", 0), ("Missing", "Missing")])):
        assert places.row(place) == (found[place].row if place in found else None)
        assert places.get(place) == found.get(place)


@pytest.mark.parametrize(("format", "source", "broken"), [("xml", XML, "</a>" * 9), ("json", JSON, "}" * 9)])
def test_no_more_is_read_than_what_is_asked_for(format, source, broken):
    with pytest.raises(IndexError):  # more ends than begins: who reads so far stumbles
        spans(source + broken, format)
    places = Places(source + broken, format)
    assert places.get(("UserID", "CallSequence")) == spans(source, format)[("UserID", "CallSequence")]
    assert places.row(("UserID", "LineNumberInt")) is None
    assert places.row(()) == spans(source, format)[()].row
    assert places.row(("CustVars",)) == spans(source, format)[("CustVars",)].row


# ------------------------------------------------------------------------------------------------------ codec/edit.py

BEHIND = ("UserID", "CallSequence")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("source", [XML, JSON], ids=["xml", "json"])
def test_setting_a_field_changes_that_field_only(source, charset):
    decoded = decode(source.encode(charset))
    edit = set_field(decoded, ("UserID", "LineNumber"), "new", after=BEHIND)
    changed = decoded.text.chars[: edit.start] + edit.new + decoded.text.chars[edit.end :]
    old = {"xml": "1<!-- </t:LineNumber> -->2</t:Line", "json": '"1,\\"}{\\\\"'}[decoded.format]
    assert changed == source.replace(old, {"xml": "new</t:Line", "json": '"new"'}[decoded.format])
    assert decode(decoded.text.to_bytes(changed)).document == decoded.document.changed("UserID", LineNumber="new")


@pytest.mark.parametrize("source", [XML, JSON], ids=["xml", "json"])
def test_an_absent_field_is_added_behind_another(source):
    decoded = decode(source.encode())
    edit = set_field(decoded, ("UserID", "LineNumberInt"), "34", after=BEHIND)
    assert edit.start == edit.end == spans(source, decoded.format)[BEHIND].end
    changed = source[: edit.start] + edit.new + source[edit.end :]
    assert decode(changed.encode()).document == decoded.document.changed("UserID", LineNumberInt="34")
