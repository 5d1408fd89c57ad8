"""The capture format and HAR, read: bytes are exact, what cannot be read is said and hides nothing."""

import base64
import io
import json
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pytest

from infocaller_cli.codec.form import open_body
from infocaller_cli.errors import DecodeError, InputError
from infocaller_cli.traffic.captures.har import har_entries
from infocaller_cli.traffic.captures.record import parse_line, request_row

DOCUMENT = '{"ApiCall":{"Status":{"Result":"0","ResultText":"Petición"},"CustVars":{"CustVar":[]}}}'
LATIN1 = b"<ApiCall><Status><ResultText>Petici\xf3n</ResultText></Status></ApiCall>"


LIMIT = 100_000


def base64_of(data):
    return base64.b64encode(data).decode()


def record(**keys):
    return parse_line(json.dumps(keys).encode())


def entry(text, size=None, *, encoding=None, response=None, mime="application/json", headers=()):
    post = {"mimeType": mime, "text": text} | ({"encoding": encoding} if encoding else {})
    request = {"method": "POST", "url": "http://h/ev?eve=fin", "headers": list(headers), "postData": post}
    if size is not None:
        request["bodySize"] = size
    return {"startedDateTime": "2026-11-23T10:00:00Z", "time": 1.5, "request": request} | ({"response": response} if response else {})


def har(*entries):
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


def read(data):
    return [entry.record for entry in har_entries(io.BytesIO(data).read, LIMIT)]


def only(*entries):
    (found,) = read(har(*entries))
    return found


# ---- one line ----


@pytest.mark.parametrize("body", [b"", b"\0\xff\r\n", LATIN1, bytes(range(256))])
def test_bodies_are_exact(body):
    assert record(url="http://h/", body=base64_of(body)).body == body
    answered = record(url="http://h/", resp={"status": 200, "header": {"content-TYPE": ["text/xml"]}, "body": base64_of(body)})
    assert answered.answer == (body, "text/xml")


@pytest.mark.parametrize("keys", [{}, {"body": None}])
def test_a_record_without_a_body_has_an_empty_one(keys):
    assert record(url="http://h/", **keys).body == b""


@pytest.mark.parametrize("body", ["no base64!", "YQ", "YQ==YQ==", "YWJj\n!", "ñ", {"a": 1}, ["YQ=="], 5, True, False, 0])
def test_a_body_that_is_no_base64_is_said(body):
    with pytest.raises(DecodeError) as caught:
        _ = record(url="http://h/", body=body).body
    assert caught.value.code == "IC001"
    with pytest.raises(DecodeError):
        _ = record(url="http://h/", resp={"body": body}).answer


@pytest.mark.parametrize("resp", [None, "x", 5, [], {}, {"body": None}, {"status": 200, "header": {}}])
def test_no_recorded_answer(resp):
    assert record(url="http://h/", resp=resp).answer is None


@pytest.mark.parametrize("when", [0.0, 0.5, 1795744799.999999, 1795744800.0, 951782400.000001])
def test_the_time_is_utc_with_its_microseconds(when):
    text = request_row(when, "POST", "/", {}, b"", None)["ts"]
    assert text == f"{datetime.fromtimestamp(when, UTC).isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"Content-Type": ["text/xml", "other"]}, "text/xml"),
        ({"CONTENT-TYPE": ["text/xml"]}, "text/xml"),
        ({"content-type": "text/xml"}, "text/xml"),
        ({"Content-Type": []}, ""),
        ({"Content-Type": [5]}, ""),
        ({"Content-Type": None}, ""),
        ({"Other": ["x"]}, ""),
        (None, ""),
        ("Content-Type: text/xml", ""),
    ],
)
def test_content_type(header, expected):
    assert record(url="http://h/", header=header).content_type == expected


def test_unknown_keys_are_kept():
    keys = {"url": "http://h/", "body": "", "note": {"mine": [1, 2]}, "kind": "fin", "line": "1", "call": "2"}
    assert record(**keys).data == keys


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"url":"http://h/","body":"YQ=',
        b"[]",
        b"null",
        b"5",
        b'"url"',
        b"{}",
        b'{"ApiCall":{}}',
        b'{"kind":"fin"}',
        b"\xff\xfe",
        b'{"url":' + b"[" * 100_000,
        b'{"url":"x","a":[' + b'"",' * 100_000 + b'""]}',  # few containers can hold as much as many
    ],
)
def test_what_is_no_complete_record(line):
    assert parse_line(line) is None


@pytest.mark.parametrize("line", [b'\xef\xbb\xbf{"url":"x"}', b' {"url":"x"}\r\n', b'{"url":"x","note":"\\ud83d"}'])
def test_records_with_peculiarities(line):
    assert parse_line(line).data["url"] == "x"


def test_marks_in_strings_are_no_values():
    text = '[{,\\"' * 100_000
    line = b'{"url":"x","note":"' + text.encode() + b'"}'
    assert parse_line(line).data["note"] == '[{,"' * 100_000


# ---- HAR ----


def surrogates(data):
    """Text as mitmproxy writes bytes that are no UTF-8."""
    return data.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("text", "encoding", "size", "expected"),
    [
        pytest.param(DOCUMENT, None, len(DOCUMENT.encode()), DOCUMENT.encode(), id="utf-8"),
        pytest.param(LATIN1.decode("iso-8859-1"), None, len(LATIN1), LATIN1, id="latin-1-as-text"),
        pytest.param("<ApiCall>\xc3\xb3", None, 11, b"<ApiCall>\xc3\xb3", id="utf-8-bytes-as-latin-1-text"),
        pytest.param(base64_of(LATIN1), "base64", len(LATIN1), LATIN1, id="base64"),
        pytest.param(base64_of(LATIN1), None, len(LATIN1), LATIN1, id="base64-unsaid"),
        pytest.param(base64_of(LATIN1), "base64", -1, LATIN1, id="base64-size-unknown"),
        pytest.param(base64_of(LATIN1), "base64", None, LATIN1, id="base64-without-size"),
        pytest.param(surrogates(LATIN1), None, len(LATIN1), LATIN1, id="surrogates"),
        pytest.param(surrogates(LATIN1), None, None, LATIN1, id="surrogates-without-size"),
        pytest.param(DOCUMENT, None, -1, DOCUMENT.encode(), id="utf-8-size-unknown"),
        pytest.param(base64_of(b"<ApiCall>"), None, 12, None, id="text-that-could-be-base64"),
        pytest.param(base64_of(b"<ApiCall>"), None, 9, b"<ApiCall>", id="base64-that-could-be-text"),
    ],
)
def test_the_reading_whose_length_is_the_declared_one(text, encoding, size, expected):
    found = only(entry(text, size, encoding=encoding))
    assert (found and found.body) == expected


def test_a_har_entry_becomes_a_record():
    response = {
        "status": 201,
        "headers": [{"name": "Content-Type", "value": "text/xml"}],
        "content": {"text": base64_of(LATIN1), "encoding": "base64", "size": len(LATIN1)},
    }
    found = only(entry(DOCUMENT, headers=[{"name": "X-A", "value": "1"}, {"name": "X-A", "value": "2"}], response=response))
    assert (found.data["method"], found.data["url"], found.data["ts"]) == ("POST", "http://h/ev?eve=fin", "2026-11-23T10:00:00Z")
    assert found.data["header"] == {"X-A": ["1", "2"], "Content-Type": ["application/json"]}
    assert found.answer == (LATIN1, "text/xml")
    assert (found.data["resp"]["status"], found.data["resp"]["ms"]) == (201, 1.5)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        pytest.param(DOCUMENT, -1, DOCUMENT.encode(), id="utf-8"),
        pytest.param(DOCUMENT, None, DOCUMENT.encode(), id="no-size"),
        pytest.param("<ApiCall>\xf3", 30, b"<ApiCall>\xf3", id="latin-1-by-its-length"),
        pytest.param("<ApiCall>\xf3", 33, b"<ApiCall>\xc3\xb3", id="utf-8-by-its-length"),
        pytest.param('<?xml version="1.0" encoding="ISO-8859-1"?><ApiCall>\xf3', -1, None, id="latin-1-by-its-label"),
        pytest.param("<ApiCall>\udcf3", -1, b"<ApiCall>\xf3", id="surrogates"),
        pytest.param(quote_plus(LATIN1), -1, LATIN1, id="left-encoded"),
        pytest.param("<ApiCall>\0&=+%", -1, b"<ApiCall>\0&=+%", id="what-means-something-in-a-form"),
    ],
)
@pytest.mark.parametrize("text", [{}, {"text": None}, {"text": ""}], ids=["no-text", "null", "empty"])
def test_params_are_taken_where_there_is_no_text_and_said_to_be_rebuilt(value, size, expected, text):
    one = entry("", size, headers=[{"name": "content-type", "value": "multipart/form-data; boundary=x"}])
    one["request"]["postData"] = {"mimeType": FORM, "params": [{"name": "eve", "value": "fin"}, {"name": "apiInfocaller", "value": value}]}
    one["request"]["postData"] |= text
    one["request"]["bodySize"] = size if size is None or size < 0 else size + len("eve=fin&")
    (found,) = har_entries(io.BytesIO(har(one)).read, LIMIT)
    assert found.rebuilt
    assert found.record.data["header"] == {"Content-Type": [FORM]}
    assert found.record.body.startswith(b"eve=fin&apiInfocaller=")
    assert open_body(found.record.body, FORM).document == (expected or value.encode("latin-1"))


def test_params_beside_a_text_are_not_taken():
    one = entry(DOCUMENT)
    one["request"]["postData"]["params"] = [{"name": "apiInfocaller", "value": "<ApiCall/>"}]
    (found,) = har_entries(io.BytesIO(har(one)).read, LIMIT)
    assert (found.rebuilt, found.record.body) == (False, DOCUMENT.encode())


@pytest.mark.parametrize("params", [None, 5, {}, [], [None, 5, {}, {"name": 5, "value": DOCUMENT}, {"name": "a", "value": {}}]])
def test_params_that_are_none(params):
    one = entry("")
    one["request"]["postData"] = {"mimeType": FORM, "params": params}
    assert only(one) is None


@pytest.mark.parametrize("method", ["post", "Post", "POST"])
def test_methods_in_upper_case(method):
    one = entry(DOCUMENT)
    one["request"]["method"] = method
    assert only(one).data["method"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        '{"user": "ana", "password": "x"}',
        "<html><body>ApiCalls are documented here</body></html>",
        "user=ana&password=x",
        '[{"event": "click"}]',
        "{",
        "<",
    ],
)
def test_a_body_that_never_names_the_root_is_no_document(body):
    assert only(entry(body)) is None


@pytest.mark.parametrize(
    "body",
    [
        "<ApiCall",
        "<a:ApiCall/>",
        "apiInfocaller=%3CApiCall",
        "apiInfocaller=%253capiCall",
        '{ "ApiCall"',
        "apiInfocaller=%7B%22ApiCall",
        "a=%3C%00A%00p%00i%00C%00a%00l%00l%00",
        "&lt;ApiCall",
    ],
)
def test_a_body_that_names_the_root_is_one_however_damaged(body):
    assert only(entry(body)).body == body.encode()


def test_the_declared_size_of_a_compressed_answer():
    content = {"text": LATIN1.decode("latin-1"), "size": 40, "compression": len(LATIN1) - 40}
    headers = [{"name": "content-encoding", "value": "gzip"}, {"name": "Content-Type", "value": "text/xml"}]
    found = only(entry(DOCUMENT, response={"status": 200, "headers": headers, "content": content}))
    assert found.answer == (LATIN1, "text/xml")


@pytest.mark.parametrize(
    "data",
    [
        '{"comment": "x", "log": LOG}',
        '{"n": 12345, "o": {"log": {"entries": [5]}}, "l": ["entries"], "log": LOG, "entries": []}',
        '\ufeff {"log": {"pages": [{"entries": [1, 2]}], "entries_": [], "entries": ENTRIES, "more": 1}}',
        '{"a": "' + "x" * 70_000 + '", "log": LOG}',
    ],
)
def test_only_log_entries_count_wherever_they_stand(data):
    entries = json.dumps([entry(DOCUMENT), entry("<ApiCall/>")])
    data = data.replace("LOG", '{"entries": ENTRIES}').replace("ENTRIES", entries)
    assert [record.body for record in read(data.encode())] == [DOCUMENT.encode(), b"<ApiCall/>"]


@pytest.mark.parametrize("bad", [None, 5, [], {}, {"request": None}, {"request": {}}, {"request": {"postData": None}}, entry("  ")])
def test_entries_without_a_document(bad):
    first, second = read(har(bad, entry(DOCUMENT)))
    assert (first, second.body) == (None, DOCUMENT.encode())


@pytest.mark.parametrize("headers", [None, 5, [None, 5, {}, {"name": 5}]])
def test_headers_that_are_none_hide_no_body(headers):
    one = entry(DOCUMENT)
    one["request"]["headers"] = headers
    assert only(one).body == DOCUMENT.encode()


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"log":[]}', b'{"log":{}}', b'{"log":{"entries":{}}}', b'{"log":' + b"[" * 100_000]
)
def test_what_is_no_har_is_an_input_error(data):
    with pytest.raises(InputError):
        read(data)


def test_lone_surrogates_elsewhere_hide_nothing():
    assert only(entry(DOCUMENT, headers=[{"name": "X-A", "value": "\udce9"}])).body == DOCUMENT.encode()
