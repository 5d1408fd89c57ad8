r"""The search for documents: whatever lies on them is found again, byte for byte where the layers keep bytes."""

import base64
import html
import json
import re
import textwrap
from pathlib import Path
from urllib.parse import quote, quote_from_bytes, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.cli.inputs.unwrap import MOST_LAYERS, search

VECTORS = Path(__file__).parents[2] / "vectors" / "legitimate"
DOCUMENTS = sorted(path for path in VECTORS.iterdir() if path.suffix in (".xml", ".json"))


def bare(path):
    """A document without what stands around it; in UTF-8, so that layers of text can lie on it."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


# Layer -> text in, text out; the standard library's own or the smallest that does what the tool does
LAYERS = {
    "percent": quote_plus,
    "percent, spaces too": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), quote_plus(text)),
    "html": html.escape,
    "json": json.dumps,
    "json, raw": lambda text: json.dumps(text, ensure_ascii=False),
    "json of PHP": lambda text: json.dumps(text).replace("/", "\\/"),
    "json of .NET": lambda text: json.dumps(text).replace("<", "\\u003C").replace(">", "\\u003E").replace('\\"', "\\u0022"),
    "slashes": lambda text: re.sub(r"([\\'\"])", r"\\\1", text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
}
# Around the document, in its own text
SURROUNDINGS = ["{}", "apiInfocaller={}", "2026-11-23 10:00:00 DEBUG body: {}", "Array\n(\n    [apiInfocaller] => {}\n)\n", "x = '{}'"]


@given(
    path=st.sampled_from([path for path in DOCUMENTS if b"\\" not in path.read_bytes()]),  # whose backslashes they are, nobody could say
    names=st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3),
    around=st.sampled_from(SURROUNDINGS),
)
def test_what_lies_under_any_three_layers_is_found_again(path, names, around):
    text = document = bare(path)
    for name in names:
        text = LAYERS[name](text)
    found = search(around.replace("{}", text).encode())
    assert [one.document for one in found] == [document.encode()]
    assert len(found[0].layers) <= 3


@pytest.mark.parametrize("around", SURROUNDINGS)
@pytest.mark.parametrize("above", [(), ("json",), ("html",), ("base64",)], ids=" ".join)
@pytest.mark.parametrize("document", ['{"ApiCall": {"a": "it\'s"}}', '<ApiCall x="1"><a>it\'s &amp;lt;</a></ApiCall>'])
def test_entities_on_a_string_that_escapes_its_own_quotes_are_taken_off(document, above, around):
    """Only `&quot;` around the string, `&#x27;` and `&amp;` in it tell of HTML: `&quot;{\\u0022ApiCall`."""
    text = document
    for name in ("json of .NET", "html", *above):
        text = LAYERS[name](text)
    assert [one.document for one in search(around.replace("{}", text).encode())] == [document.encode()]


def test_a_string_in_quotes_of_its_own_keeps_its_entities():
    document = "<ApiCall><a>&#x27;&quot;&amp;</a></ApiCall>"
    text = "&quot;so it said:&quot; " + LAYERS["json of .NET"](document)
    assert [one.document for one in search(text.encode())] == [document.encode()]


@pytest.mark.parametrize("around", SURROUNDINGS)
@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.name for path in DOCUMENTS])
def test_a_document_in_a_text_is_found(path, around):
    document = bare(path).encode("iso-8859-1", "xmlcharrefreplace")
    found = search(around.encode().replace(b"{}", document))
    assert [(one.document, one.layers) for one in found] == [(document, ())]


@given(value=st.binary(max_size=30), layers=st.lists(st.sampled_from(["percent", "base64"]), min_size=1, max_size=3))
def test_bytes_stay_bytes(value, layers):
    value = re.sub(rb"[<>&\\=]", b"_", value)
    document = b"<ApiCall><UserID></UserID><CustVars>" + value + b"</CustVars></ApiCall>"
    text = document
    for layer in layers:
        text = quote_from_bytes(text, safe="").encode() if layer == "percent" else base64.b64encode(text)
    assert [one.document for one in search(text)] == [document]


@given(st.binary(max_size=400) | st.text(alphabet='<>/ApiCal {}":\\n%3C&lt;=QXBp', max_size=400).map(str.encode))
def test_nothing_escapes_and_what_is_found_was_there(data):
    for one in search(data):
        assert b"ApiCall" in one.document
        assert one.row >= 1


def test_several_documents_come_in_order_with_their_rows():
    one, two = b"<ApiCall><a/></ApiCall>", b'{"ApiCall": {"a": "}"}}'
    found = search(b"first\n" + one + b"\nsecond:\n  " + two + b"\n" + one)
    assert [(this.document, this.row) for this in found] == [(one, 2), (two, 4), (one, 5)]
    log = b"".join(b"GET /\nPOST / apiInfocaller=" + quote_plus(one).encode() + b"\n" for _ in range(3))
    assert [(this.document, this.row) for this in search(log)] == [(one, 2), (one, 4), (one, 6)]


def test_a_declaration_belongs_to_its_document():
    document = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<ApiCall>\xf1</ApiCall>'
    assert [one.document for one in search(b"body:\n" + document + b"\nend")] == [document]


def test_another_form_variable_is_named():
    value = quote_plus("<ApiCall><a/></ApiCall>")
    assert [one.variable for one in search(f"data={value}".encode())] == ["data"]
    assert [one.variable for one in search(f"x=1&payload[xml]={value}&y=2".encode())] == ["payload[xml]"]
    assert [one.variable for one in search(f"apiInfocaller={value}".encode())] == [""]
    assert [one.variable for one in search(value.encode())] == [""]


def test_utf_16_with_its_mark():
    body = "apiInfocaller=" + quote_plus("<ApiCall><a>ñ</a></ApiCall>")
    assert [one.document for one in search(body.encode("utf-16"))] == ["<ApiCall><a>ñ</a></ApiCall>".encode()]


def test_a_string_of_bytes_keeps_them():
    dump = repr(b'<ApiCall x="1">\n<a>\xf1\'</a></ApiCall>')
    assert [one.document for one in search(dump.encode())] == [b'<ApiCall x="1">\n<a>\xf1\'</a></ApiCall>']


def test_a_backslash_in_a_value_is_the_document_s_own():
    document = rb'<ApiCall x="1"><a>C:\new\table \u00e9</a></ApiCall>'
    assert [one.document for one in search(b"log " + document)] == [document]


def test_what_is_cut_off_is_not_found():
    document = b"<ApiCall><a>1</a></ApiCall>"
    for end in range(len(document)):
        assert search(document[:end]) == []
    assert search(b'{"ApiCall": {"a": ') == []


def test_more_layers_than_any_tool_makes_are_not_taken_off():
    text = "<ApiCall><a/></ApiCall>"
    for _ in range(MOST_LAYERS):
        text = quote_plus(text)
    assert len(search(text.encode())) == 1
    assert search(quote_plus(text).encode()) == []


MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "unit",
    [b"<", b"<ApiCall >", b'{"ApiCall":', b'{"ApiCall":"', b"%3CApiCall", b"%25", b"QUJD", b"\\", b"&lt;ApiCall ", b"&amp;", b"ApiCall",
     b"</ApiCall ", b"[", b"aaaa\r\n", b"<?xml ", b"\xff\xfe", b"</ApiCall>", b"<ApiCall></ApiCall>", b"\\u003c", b"=\n"],
    ids=lambda unit: textwrap.shorten(ascii(unit), 30),
)  # fmt: skip
def test_hostile_text_is_soon_done_with(unit):
    """Far from quadratic: a megabyte takes well under a second; what is quadratic here takes minutes, and the suite says so."""
    for head in (b"", b"<ApiCall>", b'{"ApiCall": "'):
        search(head + unit * (MEGABYTE // len(unit)))
