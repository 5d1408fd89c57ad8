"""The envelope: urlencoded, multipart or bare, always as bytes; urllib is the independent decoder."""

import re
from urllib.parse import quote_from_bytes, quote_plus, unquote_to_bytes, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infocaller_cli.codec import decode
from infocaller_cli.codec.form import open_body, unquote, wrap
from infocaller_cli.errors import DecodeError

LATIN1 = "<ApiCall xmlns='http://tempuri.org/'><Status><ResultText>Petición</ResultText></Status></ApiCall>".encode("iso-8859-1")


@given(st.binary())
@example(b"%")
@example(b"%4")
@example(b"%%41%zz%4G")
@example(b"a=b==%3d=\n= \r\n_\t ")
@example(b"%25%32%35 %00%ff%FF")
@example(b"a%\r")
@example(b"a%\r\n")
@example(b"a%\n%%")
def test_percent_decoding_equals_the_standard_library_s(data):
    assert unquote(data) == unquote_to_bytes(data.replace(b"+", b" "))


@given(st.text(alphabet="%0123456789abcdefABCDEF+=&\r\n g").map(str.encode))
def test_percent_decoding_equals_the_standard_library_s_where_escapes_are_dense(data):
    assert unquote(data) == unquote_to_bytes(data.replace(b"+", b" "))


@given(st.binary())
def test_any_document_survives_the_ways_clients_write_forms(data):
    for body in (
        b"apiInfocaller=" + quote_from_bytes(data, safe="").encode(),
        urlencode({"apiInfocaller": data}).encode(),
        b"apiInfocaller=" + "".join(f"%{byte:02x}" for byte in data).encode(),
    ):
        assert open_body(body).document == data


@given(st.binary().map(lambda data: data.replace(b"&", b"")) | st.text("=<{%0A\r\n \t").map(str.encode))
@example(b"")
@example(b"\r\n")
def test_a_form_of_one_field_is_read_as_one_of_two(data):
    body = b"apiInfocaller=" + data
    assert open_body(body).document == open_body(b"x=1&" + body).document


@pytest.mark.parametrize(
    "body",
    [
        b"apiInfocaller=%3Ca%3E+b",
        b"\r\n apiInfocaller=%3Ca%3E+b",
        b"x=1&apiInfocaller=%3Ca%3E+b",
        b"x=1&y&&apiInfocaller=%3Ca%3E+b&z=apiInfocaller=2",
        b"api%49nfocaller=%3Ca%3E%20b",
        b"apiInfocaller=%3Ca%3E+b\r\n",
        b"apiInfocaller=%3Ca%3E+b&x=1\n",
        b"apiInfocaller=<a>+b",
    ],
)
def test_the_variable_is_found_wherever_it_stands(body):
    assert open_body(body).document == b"<a> b"


def test_a_plus_is_a_space_and_an_escaped_plus_a_plus():
    assert open_body(b"apiInfocaller=%2B34+600%20000").document == b"+34 600 000"


def test_only_the_last_line_break_of_the_body_is_dropped_and_escaped_ones_stay():
    assert open_body(b"apiInfocaller=%3Ca/%3E%0A\n").document == b"<a/>\n"
    assert open_body(b"apiInfocaller=%3Ca/%3E\n&x=1").document == b"<a/>\n"


@pytest.mark.parametrize(
    "body",
    [
        b"apiInfocaller=%3Ca/%3E&apiInfocaller=%3Ca/%3E",
        b"apiInfocaller=1&x=2&apiInfocaller=",
        b"apiInfocaller=1&api%49nfocaller=2",
        b"apiInfocaller=1&+apiInfocaller=2",
        (
            b'--b\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n\r\n<a/>\r\n'
            b'--b\r\nContent-Disposition: form-data; name="apiInfocaller"\r\n\r\n<b/>\r\n--b--\r\n'
        ),
    ],
)
def test_the_variable_given_twice_is_refused(body):
    with pytest.raises(DecodeError) as caught:
        open_body(body)
    assert caught.value.code == "IC001"
    assert "twice" in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b" \n", b"apiInfocaller=", b"x=1", b"apiInfocaller", b"apiinfocaller=%3Ca/%3E", b"xapiInfocaller=%3Ca/%3E"]
)
def test_without_a_document_reading_says_so(body):
    with pytest.raises(DecodeError) as caught:
        decode(open_body(body).document)
    assert caught.value.code == "IC001"


BARE = [
    b"<a/>",
    b" \r\n<a/>",
    b"\xef\xbb\xbf<a b='c&apiInfocaller=d'/>",
    b'{"a": "b=c&d=%41+"}',
    b"[1]",
    "<a/>".encode("utf-16"),
    "\n{}".encode("utf-16-be"),
]


@pytest.mark.parametrize("body", BARE)
@pytest.mark.parametrize(
    "content_type", ["", "application/x-www-form-urlencoded", "text/xml; charset=utf-8", "multipart/form-data; boundary=b"]
)
def test_a_bare_document_is_taken_as_it_is_whatever_the_label(body, content_type):
    envelope = open_body(body, content_type)
    assert envelope.document == body
    assert not envelope.encoded


def multipart(document, newline="\r\n", name='name="apiInfocaller"', boundary="X-1", before="", after=""):
    def part(head, content):
        lines = [f"--{boundary}", f"Content-Disposition: form-data; {head}", ""]
        return (newline.join(lines) + newline).encode() + content + newline.encode()

    return before.encode() + part('name="x"', b"1") + part(name, document) + part('name="y"', b"2") + f"--{boundary}--{after}".encode()


@pytest.mark.parametrize("newline", ["\r\n", "\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize(
    "name", ['name="apiInfocaller"', "name=apiInfocaller", 'NAME="apiInfocaller"', 'name="apiInfocaller"; filename="call.xml"']
)
@pytest.mark.parametrize("content_type", ["", "multipart/form-data; boundary=X-1", 'Multipart/Form-Data; charset=utf-8; Boundary="X-1"'])
def test_a_multipart_part_is_taken_byte_for_byte(newline, name, content_type):
    for document in (LATIN1, b"%3C+%C3\r\n\r\n<a>\n", b"\n", b"", b"\r\n--X\r\n--Y-1", bytes(range(256))):
        envelope = open_body(multipart(document, newline, name, after=newline), content_type)
        assert envelope.document == document
        assert not envelope.encoded


def test_a_multipart_preamble_and_further_headers_are_passed_over():
    name = 'name="apiInfocaller"\r\nContent-Type: text/xml; charset=iso-8859-1\r\nX-Note: a'
    body = multipart(LATIN1, name=name, before="This is multipart.\r\n")
    assert open_body(body, "multipart/form-data; boundary=X-1").document == LATIN1


@pytest.mark.parametrize(
    "body",
    [
        b"--X-1",
        b"--X-1--",
        multipart(b"<a/>", name='name="other"'),
        multipart(b"<a/>", name='filename="apiInfocaller"'),
        multipart(b"<a/>")[:110],
        multipart(b"<a/>").replace(b"\r\n\r\n", b"\r\n"),
    ],
)
def test_a_multipart_body_without_the_whole_part_is_refused(body):
    with pytest.raises(DecodeError) as caught:
        open_body(body, "multipart/form-data; boundary=X-1")
    assert caught.value.code == "IC001"


@pytest.mark.parametrize("body", [quote_plus(LATIN1).encode(), quote_from_bytes(LATIN1).encode(), LATIN1.replace(b"'", b"%27")])
def test_iso_8859_1_bytes_survive_a_form(body):
    envelope = open_body(b"x=1&apiInfocaller=" + body)
    assert envelope.document == LATIN1
    assert decode(envelope.document).document.get("Status", "ResultText") == "Petición"


BODIES = {
    "bare": lambda document: document,
    "quoted": lambda document: b"x=%41&apiInfocaller=" + quote_from_bytes(document, safe="").encode() + b"&y=+%42",
    "plus signs": lambda document: b"apiInfocaller=" + quote_plus(document).encode(),
    "lower case": lambda document: b"apiInfocaller=" + "".join(f"%{byte:02x}" for byte in document).encode() + b"&y=1\n",
    "multipart": multipart,
}


@pytest.mark.parametrize("wrap", BODIES.values(), ids=BODIES)
@given(st.data())
def test_replace_changes_the_span_and_no_other_byte(wrap, data):
    document = b"<" + data.draw(st.binary(max_size=40)).replace(b"X-1", b"")
    start = data.draw(st.integers(1, len(document)))
    end = data.draw(st.integers(start, len(document)))
    new = data.draw(st.binary(max_size=8)).replace(b"X-1", b"")
    body = wrap(document)
    envelope = open_body(body)
    if envelope.encoded:
        # One piece for each byte of the document, as it is spelled
        pieces = re.findall(rb"%[0-9A-Fa-f]{2}|.", body[envelope.start : envelope.end], re.DOTALL)
        spelled = quote_from_bytes(new, safe="").encode()
    else:
        pieces, spelled = [bytes([byte]) for byte in document], new
    inside = b"".join(pieces[:start]) + spelled + b"".join(pieces[end:])
    assert envelope.replace(start, end, new) == body[: envelope.start] + inside + body[envelope.end :]
    assert open_body(envelope.replace(start, end, new)).document == document[:start] + new + document[end:]


def test_replace_keeps_the_spelling_of_everything_else():
    envelope = open_body(b"a=%41+&apiInfocaller=%3ca%3E+%62c%zz%3c/a%3e&b=%42")
    assert envelope.document == b"<a> bc%zz</a>"
    assert envelope.replace(4, 6, b"<&+\xf1") == b"a=%41+&apiInfocaller=%3ca%3E+%3C%26%2B%F1%zz%3c/a%3e&b=%42"
    assert envelope.replace(13, 13, b"!") == b"a=%41+&apiInfocaller=%3ca%3E+%62c%zz%3c/a%3e%21&b=%42"
    assert envelope.replace(0, 0, b"!") == b"a=%41+&apiInfocaller=%21%3ca%3E+%62c%zz%3c/a%3e&b=%42"


@given(st.binary(), st.sampled_from(["", "multipart/form-data", "multipart/form-data; boundary=a", 'multipart/x; boundary="\u20ac"']))
def test_any_body_is_an_envelope_or_an_error_of_ours(body, content_type):
    for start in (b"", b"--a\n", b"apiInfocaller="):
        try:
            envelope = open_body(start + body, content_type)
        except DecodeError as error:
            assert error.code == "IC001"  # noqa: PT017  either is fine
        else:
            assert 0 <= envelope.start <= envelope.end <= len(start + body)


@pytest.mark.parametrize("fields", [1_000, 1_001])
def test_a_form_has_at_most_a_thousand_fields_and_a_multipart_body_as_many_parts(fields):
    def part(name, value):
        return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'

    form = "&".join(["x=1"] * (fields - 1) + ["apiInfocaller=%3Ca/%3E"]).encode()
    multipart = (part("x", "1") * (fields - 1) + part("apiInfocaller", "<a/>") + "--b--\r\n").encode()
    for body in (form, multipart):
        if fields == 1_000:
            assert open_body(body).document == b"<a/>"
        else:
            with pytest.raises(DecodeError) as caught:
                open_body(body)
            assert "more than 1,000" in str(caught.value)


@given(st.binary(max_size=300))
def test_a_form_is_written_as_other_programs_write_it(data):
    assert wrap(data) == b"apiInfocaller=" + quote_plus(data).encode()
