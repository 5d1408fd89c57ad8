"""Why a body is refused: the cause and what to do, in our words, told by codes and places and never by a library's texts."""

import random
import re
from encodings.aliases import aliases
from html.entities import html5
from pathlib import Path

import pytest
from lxml import etree

from infocaller_cli.codec import decode
from infocaller_cli.codec.form import open_body
from infocaller_cli.codec.xml_errors import KNOWN
from infocaller_cli.errors import DecodeError

VECTORS = Path(__file__).parents[1] / "vectors"
NS = "http://tempuri.org/"
# What libxml2 and Python's json call things
FOREIGN = re.compile(
    r"xmlParse|AttValue|PCDATA|EntityRef|CharRef|StartTag|ParsePI|NCName|QName|Premature|Couldn't|Expecting|delimiter|XML_PARSE"
)
SOURCE = f"<ApiCall xmlns='{NS}' a='b'><!-- c --><UserID><LineNumber>1&amp;&#50;</LineNumber></UserID><?p i?><![CDATA[ d ]]></ApiCall>"
PIECES = [
    *("<", "</", ">", "/>", "&", "&#", "&#x", "&#0;", "&#xD800;", "&foo;", "&foo", "&nbsp;", ";", "<!--", "-->", "--", "<![CDATA["),
    *("]]>", "<?", "?>", "<?xml ", "<?XML ?>", "<?xml version='1.0'?>", "=", "'", '"', " ", "a", "a:b", "a:", ":", "\x01", "\0", "\ufffe"),
    *("é", "1", " xmlns=''", " xmlns:x=''", " xmlns:xml='u'", " xmlns:xmlns='x'", " xml:id='1 2'", " xml:space='x'", " a='1'", " a=1"),
    *(" a", " x:a='1'", "<a>", "</a>", "<b", "<1", "<!", "<!ELEMENT", "%a;", "\r", "\n", " xmlns=' u'", " xmlns='a b'", "<?a:b ?>"),
    *("&a:b;", "&#x;", "&#1"),
]  # fmt: skip


def refusal(data, **options):
    with pytest.raises(DecodeError) as caught:
        decode(open_body(data).document, **options)
    return caught.value


def test_no_code_that_a_document_can_cause_is_unknown_and_no_message_is_a_library_s():
    options = {"encoding": "utf-8", "resolve_entities": False, "no_network": True, "remove_comments": True, "remove_pis": True}
    chance = random.Random(1)
    seen = set()
    texts = ["<a>" * 300, f"<{'a' * 60_000}/>", f"<a {'b' * 60_000}='1'/>", SOURCE + "<!--", f"<a>&{'b' * 60_000};</a>"]
    for _ in range(4_000):
        text = SOURCE
        for _ in range(chance.randint(1, 3)):
            at = chance.randint(0, len(text))
            text = text[:at] + chance.choice(PIECES) + text[at + chance.choice((0, 0, 1, 9)) :]
        texts.append(text[: chance.randint(1, len(text))] if chance.random() < 0.2 else text)
    for text in texts:
        try:
            etree.fromstring(text.encode(), etree.XMLParser(**options))
        except etree.XMLSyntaxError as error:
            seen.add(error.code)
        try:
            decode(text.encode())
        except DecodeError as error:
            message = f"{error} {error.hint}"
            assert not FOREIGN.search(message), message
    assert len(seen) > 25
    assert seen <= KNOWN, seen - KNOWN


def text(inside):
    return f"<ApiCall xmlns='{NS}'><Status><ResultText>{inside}</ResultText></Status></ApiCall>".encode()


@pytest.mark.parametrize(
    ("data", "why", "hint"),
    [
        (text("Tom & Jerry"), "a bare & stands in it", "&amp;"),
        (text("Tom &"), "a bare & stands in it", "&amp;"),
        (text("a=1&b=2"), "&b has no semicolon", "&amp;"),
        (text("a < b"), "a bare < stands in it", "&lt;"),
        (text("&nbsp;"), "&nbsp; is an HTML entity", "&#160;"),
        (text("&ntilde;"), "&ntilde; is an HTML entity", "&#241;"),
        (text("&euro;"), "&euro; is an HTML entity", "&#8364;"),
        (text("&nothing;"), "&nothing; is an entity that XML does not know", "&amp;"),
        (text("\x1b[0m"), "U+001B, which XML forbids", "leave it out"),
        (text("\ufffe"), "U+FFFE, which XML forbids", "leave it out"),
        (text("&#27;"), "&#27; stands for a character that XML forbids", "leave it out"),
        (text("&#xD800;"), "&#xD800; stands for", "leave it out"),
        (text("a]]>b"), "]]> stands in a text", "&gt;"),
        (text("</ResultText>"), "stands where </Status> (row 1) belongs", ""),
        (text("")[:60], "it ends in the middle of ", ""),
        (text("") + b"\n<br />\n<b>Warning</b>", "something stands behind the document: '<br />", "nothing after it"),
        (text("").replace(b"'http", b"' http") + b"text", "something stands behind the document", "nothing after it"),
        (text("").replace(b"'http", b"' http")[:-10], "it ends in the middle of ApiCall", ""),
        (b'{"ApiCall": {}}\n<br />\n<b>Warning</b>', "something stands behind the document: '<br />", "nothing after it"),
        (b'{"ApiCall": {"a": None}}', "None is no JSON", "null"),
        (b"{'ApiCall': {}}", "single quotes", '"..."'),
        (b'{"ApiCall": {"Status": {"ResultText": "o', "it ends in the middle of ResultText", ""),
        (b'{"ApiCall": {"Status": {"ResultText":', "it ends in the middle of ResultText", ""),
        (b'{"ApiCall": {"Status": {"ResultText": "o"}', "it ends before the outermost object does", "--lenient"),
        (b'{"ApiCall": {"a": "1" "b": "2"}}', 'missing before \'"b"', ""),
        (b'{"ApiCall": {"a": "\\d"}}', "a backslash begins no escape", "twice"),
        (b'"{\\"ApiCall\\": {}}"', "a JSON string that holds a document", "the text itself"),
        (b"&lt;ApiCall/&gt;", "its markup is escaped (&lt; for <)", "the text itself"),
        (b"\x1f\x8b\x08\0", "compressed (gzip)", "as it is"),
        (b"\x1fabc", "it begins with '\\x1fabc'", ""),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + text(""), "two byte order marks", "one"),
        (b"apiInfocaller[ApiCall][Status]=1", "is an array", "apiInfocaller="),
        (b"apiInfocaller%5BApiCall%5D%5BStatus%5D=1&x=2", "is an array", "apiInfocaller="),
        (b"apiInfocaller=%22%7B%5C%22ApiCall%5C%22%7D%22", "a JSON string that holds a document", "the text itself"),
        (b"data=%3CApiCall%3E", "the form variable is data, not apiInfocaller", "apiInfocaller"),
        (b"x=1&data=%7B%7D", "the form variable is data, not apiInfocaller", "apiInfocaller"),
        (b"", "the body is empty", "pass the raw body, read first"),
        (b"apiInfocaller=", "the body is empty", "pass the raw body, read first"),
        (b"apiInfocaller=" + text("Men&#250; x"), "ends at an unencoded &", "--data-urlencode"),
        (b'apiInfocaller={"ApiCall": {"Status": {"ResultText": "a&b"}}}\n', "ends at an unencoded &", "--data-urlencode"),
        (b'{"Status": {"Result": "0"}}', "the keys are: 'Status'", '{"ApiCall": {...}}'),
        (f"<Status xmlns='{NS}'/>".encode(), "it is <Status>", f'<ApiCall xmlns="{NS}">'),
        (b'{"d": {"ApiCall": {}}}', "the keys are: 'd'", "ApiCall stands inside it"),
        (b'{"d": "{\\"ApiCall\\": {}}"}', "the keys are: 'd'", "ApiCall stands inside it"),
        (b"<root><ApiCall/></root>", "it is <root>", "ApiCall stands inside it"),
        (b"<string xmlns='urn:x'>&lt;ApiCall/&gt;</string>", "it is <string>", "ApiCall stands inside it"),
    ],
)  # fmt: skip
def test_the_cause_is_named_with_what_to_do(data, why, hint):
    error = refusal(data)
    assert why in str(error)
    assert hint.lower() in error.hint.lower()
    assert bool(hint) == bool(error.hint)


DECLARED = f'<?xml version="1.0" encoding="iso-8859-1"?>\n{SOURCE}'
JSON = ' {"ApiCall": {"Status": {"Result": "0", "n": 12, "t": true, "a": []}}}\n'


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("source", [DECLARED, DECLARED.replace(NS, f" {NS}"), JSON], ids=["xml", "odd namespace", "json"])
@pytest.mark.parametrize("character", ["\0", "\x01", "\x1f"])
def test_a_character_that_neither_form_can_hold_is_refused_wherever_it_stands(source, charset, character):
    decode(source.encode(charset))
    for at in range(len(source) + 1):
        with pytest.raises(DecodeError):
            decode((source[:at] + character + source[at:]).encode(charset), hint=False)


def test_in_the_declaration_its_row_and_column_are_told():
    with pytest.raises(DecodeError, match="NUL") as caught:
        decode(b'<?xml version="1.0"\n encoding="u\0tf-8"?><ApiCall/>')
    assert (caught.value.row, caught.value.column) == (2, 13)


@pytest.mark.parametrize(
    ("data", "why", "hint"),
    [
        (b"", "the body is empty", "an answer is a document"),
        (b"apiInfocaller=%3CApiCall%2F%3E", "a form body (apiInfocaller=...) where a bare document belongs", "the document alone"),
        (b"data=%7B%7D", "a form body (data=...) where a bare document belongs", "the document alone"),
    ],
)
def test_an_answer_is_spoken_of_as_one(data, why, hint):
    with pytest.raises(DecodeError) as caught:
        decode(data, answer=True)
    assert why in str(caught.value)
    assert hint in caught.value.hint


def test_a_document_that_a_log_cut_off_says_where():
    error = refusal((VECTORS / "seen" / "cut-off-by-a-log.xml").read_bytes())
    assert "it ends in the middle of EventAddInfo2: was it cut off" in str(error)
    assert error.row == 50


@pytest.mark.parametrize("name", ["nbsp", "Aacute", "hellip", "NotEqualTilde"])
def test_an_entity_s_own_number_is_told(name):
    number = "".join(f"&#{ord(character)};" for character in html5[f"{name};"])
    assert number in refusal(text(f"&{name};")).hint


def test_a_server_is_told_no_more_than_it_needs():
    unrepaired = b'{"ApiCall": {"a": "1",}}'
    assert "--lenient" in refusal(unrepaired).hint
    assert refusal(unrepaired, hint=False).hint == ""


# -------------------------------------------------------------------------------------------------------------- labels

ACCENT = f"<?xml version='1.0' encoding='%s'?><ApiCall xmlns='{NS}'><Status><ResultText>%s</ResultText></Status></ApiCall>"
LATIN1 = [*(name for name, codec in aliases.items() if codec in {"latin_1", "cp1252"}), "ISO8859_1", "iso88591", "l1", "cp-1252", "8859_1"]


@pytest.mark.parametrize("label", LATIN1)
def test_every_name_of_iso_8859_1_and_windows_1252_is_known(label):
    assert decode((ACCENT % (label, "ñ")).encode("iso-8859-1")).findings == []


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("ISO-8859-15", b"ma\xf1ana \xa4", "byte A4 is € in it, and was read as ¤, as in ISO-8859-1"),
        ("latin9", b"\xa4", "byte A4 is € in it"),
        ("windows-1251", b"\xf1", "byte F1 is с in it"),
        ("ibm850", b"\xa4", "byte A4 is ñ in it"),
        ("macintosh", b"\x96", "byte 96 is ñ in it"),
        ("ISO-8859-15", b"\xf1", "which Infocaller does not read; the bytes were read as ISO-8859-1"),
        ("ISO-8859-15", "€".encode(), "which Infocaller does not read; the bytes were read as UTF-8"),
        ("ISO-8859-12", b"\xf1", "nobody knows the encoding 'ISO-8859-12'"),
        ("punycode", b"\xf1", "nobody knows the encoding 'punycode'"),
    ],
)
def test_an_encoding_that_is_not_read_says_what_its_byte_would_be(label, value, words):
    data = (ACCENT % (label, "@")).encode().replace(b"@", value)
    assert [finding.code for finding in decode(data).findings] == ["IC006"]
    assert words in decode(data).findings[0].message


# ------------------------------------------------------------------------------------------------------ what is meant


def test_names_in_another_case_are_told():
    camel = decode(b'{"ApiCall": {"status": {"result": "0"}, "Status": {"result": "0", "Result": "0"}, "custVars": ""}}')
    messages = {finding.path: finding.message for finding in camel.findings}
    assert "(names are case-sensitive: Status)" in messages["/ApiCall/status"]
    assert "(names are case-sensitive: Result)" in messages["/ApiCall/Status/result"]
    assert "(names are case-sensitive: CustVars)" in messages["/ApiCall/custVars"]
    xml = decode(f"<ApiCall xmlns='{NS}'><status><a/></status><Status><result>0</result></Status></ApiCall>".encode())
    hints = [re.search("case-.*?: [A-Z]\\w+", each.message)[0] for each in xml.findings]
    assert hints == ["case-sensitive: Status", "case-sensitive: Result"]


def test_the_namespace_without_its_slash_is_named():
    findings = decode(b"<ApiCall xmlns='http://tempuri.org'><UserID/></ApiCall>").findings
    assert [(finding.code, finding.level) for finding in findings] == [("IC003", "error")]
    assert "lacks its final slash" in findings[0].message


def test_what_dotnet_writes_on_fields_is_silent():
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    data = (
        f"<ApiCall xmlns='{NS}' xmlns:xsi='{xsi}' xmlns:xsd='http://www.w3.org/2001/XMLSchema'><UserID xsi:schemaLocation='a b'>"
        "<LineNumber xsi:type='xsd:string'>1</LineNumber><Signature xsi:nil='true'/></UserID></ApiCall>"
    ).encode()
    decoded = decode(data)
    assert decoded.findings == []
    assert decoded.document.root == {"UserID": {"LineNumber": "1", "Signature": ""}}
    assert [finding.code for finding in decode(data.replace(b"xsi:nil", b"nil")).findings] == ["IC004"]
