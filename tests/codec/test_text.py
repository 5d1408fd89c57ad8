"""Bytes to characters: the bytes decide, labels are only judged."""

import codecs

import pytest

from infocaller_cli.codec import decode
from infocaller_cli.codec.text import Text, is_html, label_problem, sniff, to_text
from infocaller_cli.errors import DecodeError

ACCENTS = "<ApiCall xmlns='http://tempuri.org/'><Status><ResultText>Petición</ResultText></Status></ApiCall>"
ASCII = ACCENTS.replace("ó", "o")
ENCODINGS = {
    "utf-8": (b"", "utf-8"),
    "utf-8 with a mark": (codecs.BOM_UTF8, "utf-8"),
    "iso-8859-1": (b"", "iso-8859-1"),
    "utf-16-le": (b"", "utf-16-le"),
    "utf-16-be": (b"", "utf-16-be"),
    "utf-16-le with a mark": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16-be with a mark": (codecs.BOM_UTF16_BE, "utf-16-be"),
}


def codes(data, **options):
    return [finding.code for finding in decode(data, **options).findings]


@pytest.mark.parametrize(("bom", "charset"), ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("before", ["", "\n", " \r\n\t"], ids=["bare", "after a line feed", "after white space"])
def test_the_bytes_tell_the_charset(bom, charset, before):
    data = bom + (before + ACCENTS).encode(charset)
    decoded = decode(data)
    assert decoded.document.get("Status", "ResultText") == "Petición"
    assert decoded.text == Text(before + ACCENTS, charset, bom)


@pytest.mark.parametrize(("bom", "charset"), ENCODINGS.values(), ids=ENCODINGS)
def test_json_is_read_in_every_charset_and_only_utf8_is_silent(bom, charset):
    data = bom + '{"ApiCall": {"Status": {"ResultText": "Petición"}}}'.encode(charset)
    decoded = decode(data)
    assert decoded.document.root == {"Status": {"ResultText": "Petición"}}
    assert [finding.code for finding in decoded.findings] == ([] if charset == "utf-8" else ["IC006"])


@pytest.mark.parametrize(("bom", "charset"), ENCODINGS.values(), ids=ENCODINGS)
def test_changed_characters_go_back_into_the_same_charset_and_mark(bom, charset):
    assert to_text(bom + ACCENTS.encode(charset)).to_bytes(ASCII) == bom + ASCII.encode(charset)


def test_every_byte_is_some_character_of_iso_8859_1():
    data = b"<" + bytes(range(0x80, 0x100)) + b">"
    assert to_text(data) == Text("<" + "".join(map(chr, range(0x80, 0x100))) + ">", "iso-8859-1")


@pytest.mark.parametrize("data", [b"\xff\xfe<", b"\xfe\xff\0<\0", b"<\0a", b"\xff\xfe<\0\x3d\xd8"])
def test_utf16_that_is_none_is_refused(data):
    with pytest.raises(DecodeError) as caught:
        to_text(data)
    assert caught.value.code == "IC001"
    assert "UTF-16" in str(caught.value)


RIGHT = [
    *[(label, "iso-8859-1") for label in ("ISO-8859-1", "iso-8859-1", " ISO-8859-1 ", "ISO-8559-1", " ISO-8559-1", "latin1", "Latin-1")],
    *[("windows-1252", "iso-8859-1"), ("Windows-1252", "iso-8859-1"), ("UTF-8", "utf-8"), ("utf8", "utf-8"), (" Utf-8", "utf-8")],
]
WRONG = [("UTF-8", "iso-8859-1"), ("ISO-8859-1", "utf-8"), ("ISO-8559-1", "utf-8"), ("US-ASCII", "utf-8"), ("US-ASCII", "iso-8859-1")]
NEVER = ["UTF-16", "utf-16", "UTF-16LE", "ISO-8859-15", "ISO-8859-5", "UTF-7", "klingon", ""]


def labelled(label, place, text):
    if place == "declaration":
        return f'<?xml version="1.0" encoding="{label}"?>{text}'
    return text.replace("<ApiCall", f'<ApiCall encoding="{label}"')


@pytest.mark.parametrize("place", ["declaration", "root"])
@pytest.mark.parametrize(("label", "charset"), RIGHT)
def test_a_true_label_is_silent(label, charset, place):
    assert codes(labelled(label, place, ACCENTS).encode(charset)) == []
    assert codes(ACCENTS.encode(charset), label=label) == []


@pytest.mark.parametrize("place", ["declaration", "root"])
@pytest.mark.parametrize(("label", "charset"), WRONG)
def test_a_label_the_bytes_contradict_is_a_warning_and_does_not_decide(label, charset, place):
    decoded = decode(labelled(label, place, ACCENTS).encode(charset))
    assert [(finding.code, finding.level) for finding in decoded.findings] == [("IC006", "warning")]
    assert decoded.document.get("Status", "ResultText") == "Petición"
    assert codes(ACCENTS.encode(charset), label=label) == ["IC006"]


@pytest.mark.parametrize("place", ["declaration", "root"])
@pytest.mark.parametrize("label", NEVER)
def test_an_unknown_label_and_utf16_on_bytes_are_a_warning_even_over_ascii(label, place):
    decoded = decode(labelled(label, place, ASCII).encode())
    assert [finding.code for finding in decoded.findings] == ["IC006"]
    assert decoded.document.get("Status", "ResultText") == "Peticion"


@pytest.mark.parametrize("label", ["UTF-8", "US-ASCII", "ISO-8859-1", "windows-1252", "ISO-8559-1"])
def test_any_eight_bit_label_is_true_of_ascii(label):
    assert codes(labelled(label, "declaration", ASCII).encode()) == []


def test_a_utf16_label_is_true_of_utf16_bytes():
    assert codes(labelled("UTF-16", "declaration", ACCENTS).encode("utf-16")) == []
    assert label_problem("UTF-16BE", to_text(ACCENTS.encode("utf-16"))) is not None


def test_the_same_wrong_label_is_reported_once_and_two_wrong_ones_twice():
    def text(first, second):
        return labelled(first, "declaration", labelled(second, "root", ASCII)).encode()

    assert codes(text("klingon", "klingon")) == ["IC006"]
    assert codes(text("klingon", "vulcan")) == ["IC006", "IC006"]


def test_a_declaration_without_an_encoding_means_utf8_and_no_declaration_means_nothing():
    assert codes(('<?xml version="1.0"?>' + ACCENTS).encode("iso-8859-1")) == ["IC006"]
    assert codes(ACCENTS.encode("iso-8859-1")) == []


@pytest.mark.parametrize(("text", "format"), [("<a", "xml"), (" \n<a", "xml"), ("{", "json"), ("\t[", "json")])
def test_the_first_character_tells_the_format(text, format):
    assert sniff(text) == format


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("Warning: x\n\n<ApiCall/>", "begins in row 3"),
        ("Warning: x\n<?xml version='1.0'?>", "begins in row 2"),
        ('Notice {"ApiCall": {}}', "begins in row 1"),
        ("internal error", "neither XML nor JSON"),
    ],
)
def test_the_usual_causes_are_named(text, part):
    with pytest.raises(DecodeError) as caught:
        sniff(text)
    assert caught.value.code == "IC001"
    assert part in str(caught.value)


@pytest.mark.parametrize("text", ["<!DOCTYPE html><p>", " <!-- a --> <HTML>", "<br />\n<b>Warning</b>", "<html lang='es'>"])
def test_a_web_page_is_recognised(text):
    assert is_html(text)


@pytest.mark.parametrize("text", ["<ApiCall/>", "<!-- <html> --><ApiCall/>", "<brand/>", "<br/><ApiCall/>", "<Envelope/>", "{}"])
def test_what_is_no_web_page_is_not_taken_for_one(text):
    assert not is_html(text)
