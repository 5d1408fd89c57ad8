"""The façade: decode, encode, convert; kinds; and the two sentences that hold for every input.

vectors/pairs/NAME.xml and NAME.json hold one document in both forms; vectors/malformed/CODE/NAME.* what is refused
with that code. Dropping in a file makes a test.
"""

import copy
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infocaller_cli.codec import Document, convert, decode, encode
from infocaller_cli.codec.spec import APICALL, Kind, Section, Value
from infocaller_cli.errors import DecodeError, EncodeError

VECTORS = Path(__file__).parents[1] / "vectors"
PAIRS = sorted(path.with_suffix("") for path in (VECTORS / "pairs").glob("*.xml"))
MALFORMED = sorted(path for path in (VECTORS / "malformed").glob("*/*") if path.is_file())
CHARSETS = {"xml": ["ascii", "iso-8859-1", "utf-8"], "json": ["ascii", "utf-8"]}


SECTIONS = {"ApiCall", "UserID", "Infocaller", "Status", "Events", "Event", "CustVars", "CustVar"}


def tree(data):
    """What an independent reader sees of an XML document: nested names, and the exact texts of fields."""

    def node(element):
        text = "" if element.tag.partition("}")[2] in SECTIONS else element.text or ""
        return element.tag, text, [node(child) for child in element]

    return node(ET.fromstring(data))


# ------------------------------------------------------------------------------------------------------------- vectors


@pytest.mark.parametrize("pair", PAIRS, ids=lambda path: path.name)
def test_both_files_of_a_pair_are_one_document(pair):
    from_xml, from_json = (decode(pair.with_suffix(suffix).read_bytes()) for suffix in (".xml", ".json"))
    assert (from_xml.format, from_json.format) == ("xml", "json")
    assert from_xml.document == from_json.document


@pytest.mark.parametrize("indent", [False, True])
@pytest.mark.parametrize("pair", PAIRS, ids=lambda path: path.name)
def test_each_file_of_a_pair_converts_to_the_other(pair, indent):
    xml, text = (pair.with_suffix(suffix).read_bytes() for suffix in (".xml", ".json"))
    for source in (xml, text):
        assert json.loads(convert(source, "json", indent=indent), parse_float=str) == json.loads(text, parse_float=str)
        assert tree(convert(source, "xml", indent=indent)) == tree(xml)
    assert convert(xml) == convert(xml, "json")
    assert convert(text) == convert(text, "xml")


def test_every_pair_is_whole_and_there_are_some():
    assert len(PAIRS) > 10
    assert sorted(path.with_suffix("") for path in (VECTORS / "pairs").glob("*.json")) == PAIRS


@pytest.mark.parametrize("path", MALFORMED, ids=lambda path: f"{path.parent.name}-{path.name}")
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_malformed_documents_are_refused_with_their_code(path, lenient):
    with pytest.raises(DecodeError) as caught:
        decode(path.read_bytes(), lenient=lenient)
    assert caught.value.code == path.parent.name
    assert caught.value.exit_code == 3
    assert caught.value.what
    assert "cyfunction" not in str(caught.value)


def test_there_are_malformed_documents():
    assert {path.parent.name for path in MALFORMED} == {"IC001", "IC002", "IC007"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("IC001/empty.txt", "empty"),
        ("IC001/html-page.html", "HTML page"),
        ("IC001/html-entity.xml", "&ntilde; is an HTML entity"),
        ("IC001/php-warning.xml", "begins in row 2"),
        ("IC001/php-warning-in-html.xml", "begins in row 3"),
        ("IC001/blank-line-before-declaration.xml", "before the XML declaration"),
        ("IC001/nul.xml", "NUL"),
        ("IC001/raw-line-break.json", "U+000A"),
        ("IC001/lone-surrogate.json", "surrogate"),
        ("IC002/other-case.xml", "<apicall>"),
    ],
)
def test_the_error_names_the_usual_cause(path, words):
    with pytest.raises(DecodeError) as caught:
        decode((VECTORS / "malformed" / path).read_bytes())
    assert words in str(caught.value)


# --------------------------------------------------------------------------------------------------------- the façade


def test_the_size_limit_is_in_bytes_and_the_error_names_it():
    data = b"<ApiCall xmlns='http://tempuri.org/'/>"
    assert decode(data, max_size=len(data)).document.root == {}
    with pytest.raises(DecodeError) as caught:
        decode(data, max_size=len(data) - 1)
    assert f"{len(data) - 1} bytes" in str(caught.value)
    with pytest.raises(DecodeError):
        decode(b" " * (1024 * 1024 + 1))


def test_a_changed_copy_leaves_the_original_alone():
    original = Document({"UserID": {"LineNumber": "1"}}, ("somewhere",))
    before = copy.deepcopy(original)
    assert original.changed("UserID", LineNumber="2", Signature="s") == Document(
        {"UserID": {"LineNumber": "2", "Signature": "s"}}, ("somewhere",)
    )
    assert original.changed("Status", Result="0").root == {"UserID": {"LineNumber": "1"}, "Status": {"Result": "0"}}
    assert original == before


KINDS = [
    ({}, Kind.RESPONSE),
    ({"CustVars": {"CustVar": []}}, Kind.RESPONSE),
    ({"Status": {"Result": ""}, "UserID": {}, "Infocaller": {}}, Kind.RESPONSE),
    ({"Status": {}}, Kind.RESPONSE),
    ({"UserID": {}, "Infocaller": {"QueryName": ""}}, Kind.QUERY),
    ({"UserID": {}, "Infocaller": {"QueryName": "A", "EndDate": "x"}}, Kind.QUERY),
    ({"UserID": {}, "Infocaller": {"EndDate": "x"}}, Kind.FIN),
    ({"UserID": {}, "Infocaller": {"CallSeconds": "1"}}, Kind.FIN),
    ({"UserID": {}, "Infocaller": {"CallSeconds": "0"}}, Kind.EVENT),
    ({"UserID": {}, "Status": {"Events": {"Event": [{}]}}}, Kind.FIN),
    ({"UserID": {}, "Status": {"Events": {"Event": []}}}, Kind.EVENT),
    ({"UserID": {}, "Infocaller": {"EndDate": "", "CallSeconds": "", "CostRX": "0.000000", "CostTX": ""}}, Kind.EVENT),
    ({"UserID": {}, "Infocaller": {"StartDate": "x"}}, Kind.EVENT),
    ({"UserID": {}}, Kind.EVENT),
    ({"Infocaller": {}}, Kind.EVENT),
]


@pytest.mark.parametrize(("root", "kind"), KINDS)
def test_the_first_test_that_fits_tells_the_kind_in_both_formats(root, kind):
    assert Document(root).kind is kind
    for format in ("xml", "json"):
        assert decode(encode(Document(root), format)).document.kind is kind


# ---------------------------------------------------------------------------------------------------------- properties

# What both formats can hold: XML forbids most control characters and half characters
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="".join(map(chr, (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))))
TRIMMED = TEXT.map(str.strip)
DIGITS = st.text("0123456789", min_size=1)
COST = st.one_of(
    st.just(""),
    st.builds("{}{}.{}".format, st.sampled_from(["", "-"]), st.integers(0, 10**30), st.text("0123456789", min_size=6)),
    st.sampled_from(["0,12", "1e5", "abc", "0x1", "NaN", "1 2", "--1"]),
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)


def nodes(section):
    """A strategy for a section: any part may be absent; sometimes a field nobody documents stands beside them."""
    parts = {}
    for part in section.parts:
        if isinstance(part, Section):
            parts[part.name] = st.lists(nodes(part), max_size=3) if part.many else nodes(part)
        else:
            parts[part.name] = COST if part.value is Value.COST else TEXT if part.value is Value.TEXT else DIGITS | TRIMMED
    required = {
        name: strategy
        for name, strategy in parts.items()
        if any(isinstance(p, Section) and p.many and p.name == name for p in section.parts)
    }
    documented = st.fixed_dictionaries(required, optional={name: strategy for name, strategy in parts.items() if name not in required})
    others = st.one_of(st.just({}), st.just({}), st.dictionaries(NAMES.filter(lambda name: name not in parts), TEXT, max_size=2))
    return st.builds(lambda one, two: {**two, **one}, documented, others)


DOCUMENTS = st.builds(Document, nodes(APICALL), st.just(()))
WAYS = st.sampled_from([(format, charset, indent) for format in CHARSETS for charset in CHARSETS[format] for indent in (False, True)])


@given(DOCUMENTS, WAYS)
@example(Document({"UserID": {"Note": " a "}}), ("xml", "ascii", False))
def test_what_is_written_is_read_back_equal_in_every_format_and_charset(document, way):
    format, charset, indent = way
    data = encode(document, format, charset=charset, indent=indent)
    decoded = decode(data)
    assert decoded.document == document
    assert decoded.format == format
    # Our own writing is silent, but for what nobody documents and costs that are no number
    assert {finding.code for finding in decoded.findings} <= {"IC004", "IC009"}
    assert decode(data, lenient=True) == decoded


@given(DOCUMENTS)
def test_there_and_back_through_the_other_format_changes_nothing(document):
    for there, back in (("xml", "json"), ("json", "xml")):
        first = encode(document, there)
        assert convert(convert(first, back), there) == first
    assert decode(encode(document, "xml", as_printed=True)).document == document


@given(DOCUMENTS)
def test_independent_readers_see_the_same_fields(document):
    def strings(value):
        if isinstance(value, dict):
            return sorted((key, text) for key, item in value.items() for text in strings(item))
        return [text for item in value for text in strings(item)] if isinstance(value, list) else [value or ""]

    seen = json.loads(encode(document, "json"), parse_float=str)["ApiCall"]
    assert strings(seen) == strings(document.root)
    xml = ET.fromstring(encode(document, "xml"))
    texts = sorted((element.text or "") for element in xml.iter() if not len(element))
    leaves = sorted(text for text in _leaves(document.root) if text)
    assert [text for text in texts if text] == leaves


def _leaves(value):
    if isinstance(value, str):
        return [value]
    return [leaf for item in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(item)]


def only_our_error(data):
    """The sentence: decode raises DecodeError and nothing else; what it read survives writing, or is refused."""
    for lenient in (False, True):
        try:
            document = decode(data, lenient=lenient).document
        except DecodeError as error:
            assert error.code in {"IC001", "IC002", "IC007"}  # noqa: PT017  either is fine, anything else is not
            continue
        for format in ("xml", "json"):
            try:
                written = encode(document, format)
            except EncodeError:
                continue
            assert decode(written).document == document


@given(st.binary())
@example(b"\xff\xfe")
@example(b"<\0")
@example(b"\0{")
@example(b"{\0\0\0")
def test_arbitrary_bytes_raise_only_our_error(data):
    for start in (b"", b"<", b"{", b'{"ApiCall": ', b"<ApiCall>", b"\xff\xfe", b"\xef\xbb\xbf<"):
        only_our_error(start + data)


PIECES = st.one_of(
    st.binary(max_size=3),
    st.sampled_from(
        [
            b"<!--",
            b"-->",
            b"<![CDATA[",
            b"]]>",
            b"<?",
            b"?>",
            b"<!DOCTYPE",
            b"&",
            b"&#0;",
            b"<x:y/>",
            b'xmlns=""',
            b"</",
            b"/>",
            b"\\u0053",
            b"\\ud83d",
            b"null",
            b"[[",
            b"]",
            b"{",
            b"}",
            b",",
            b'"',
            b"1e999",
            b"NaN",
            b"\xc2\xa0",
            b"\xe2\x80\x9d",
            b"\xf1",
            b"\x00",
            b"\r",
        ]
    ),
)


@given(st.sampled_from([path for path in sorted(VECTORS.glob("[pl]*/*")) if path.suffix != ".expected"]), st.data())
def test_mutated_documents_raise_only_our_error(path, data):
    source = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(source)))
        source = source[:at] + data.draw(PIECES) + source[at + data.draw(st.integers(0, 8)) :]
    only_our_error(source)
