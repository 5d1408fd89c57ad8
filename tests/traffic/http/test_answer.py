"""The one reader of answers: the same result however the bytes are cut, what it takes and what it refuses."""

import pytest

from infocaller_cli.traffic.http.answer import AnswerReader
from infocaller_cli.traffic.http.message import Failure

OK = b"HTTP/1.1 200 OK\r\n"
TWO = OK + b"Content-Length: 2\r\n\r\nok"
CHUNKS = b"2\r\nok\r\n0\r\n\r\n"
# Bytes -> the status, the body, whether the connection may be used again
TAKEN = {
    "plain": (TWO, 200, b"ok", True),
    "http 1.0": (TWO.replace(b"1.1", b"1.0"), 200, b"ok", False),
    "http 1.0 that stays": (TWO.replace(b"1.1 200 OK", b"1.0 200 OK\r\nConnection: Keep-Alive"), 200, b"ok", True),
    "says close": (TWO.replace(b"OK\r\n", b"OK\r\nconnection: x, Close\r\n"), 200, b"ok", False),
    "until the end": (OK + b"\r\nok", 200, b"ok", False),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "not modified, with a length": (b"HTTP/1.1 304 X\r\nContent-Length: 99\r\n\r\n", 304, b"", True),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "bare LF": (TWO.replace(b"\r\n", b"\n"), 200, b"ok", True),
    "bare LF between chunks": ((OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS).replace(b"\r\n", b"\n"), 200, b"ok", True),
    "chunk with a blank and an extension": (OK + b"Transfer-Encoding: Chunked\r\n\r\n2 ;a=b\r\nok\r\n0;c\r\n\r\n", 200, b"ok", True),
    "a length beside chunks": (OK + b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 200, b"ok", True),
    "chunked twice": (OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 200, b"ok", True),
    "identity": (OK + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "a length twice": (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "a length in a list": (OK + b"Content-Length: 2, 2\r\n\r\nok", 200, b"ok", True),
    "a blank before the colon": (OK + b"Content-Length : 2\r\n\r\nok", 200, b"ok", True),
    "early hints": (b"HTTP/1.1 103 Early Hints\r\nContent-Length: 99\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + TWO, 200, b"ok", True),
    "two answers": (TWO + TWO.replace(b"200", b"500"), 200, b"ok", False),
    "two answers in chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS + TWO, 200, b"ok", False),
}


def read(raw, size, **options):
    """The reader, fed so many bytes at a time until the answer is complete, and at the end told that nothing comes."""
    reader = AnswerReader(100, **options)
    for at in range(0, len(raw), size):
        if reader.feed(raw[at : at + size]):
            return reader
    assert reader.ended()
    return reader


@pytest.mark.parametrize("size", [1, 3, 100_000])
@pytest.mark.parametrize("case", TAKEN)
def test_taken(case, size):
    raw, status, body, persistent = TAKEN[case]
    reader = read(raw, size)
    assert (reader.status, reader.body) == (status, body)
    if not (case.startswith("two") and size < 100_000):  # what comes later is seen by who reads later
        assert reader.persistent == persistent


def test_headers():
    reader = read(
        OK + b"X-A:one\r\nX-B :  two  \r\nX-C: folded\r\n\t over\n lines\r\nx-a: \xe9\r\nX-D: a\rb\r\nContent-Length: 2\r\n\r\nok", 1000
    )
    assert reader.headers == [
        (b"X-A", b"one"), (b"X-B", b"two"), (b"X-C", b"folded over lines"), (b"x-a", b"\xe9"), (b"X-D", b"a b"), (b"Content-Length", b"2"),
    ]  # fmt: skip


def test_trailers_and_hints_are_no_headers():
    raw = (
        b"HTTP/1.1 103 X\r\nLink: y\r\n\r\n"
        + OK
        + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Type: text/x\r\nA: b\r\n\r\n"
    )
    assert read(raw, 1000).headers == [(b"Transfer-Encoding", b"chunked")]


def test_no_body_whatever_the_headers_say():
    assert read(OK + b"Content-Length: 99\r\n\r\n", 1000, bodiless=True).persistent
    assert read(OK + b"Transfer-Encoding: chunked\r\n\r\n", 1000, bodiless=True).body == b""


REFUSED = {
    "no HTTP": (b"<html>\r\n\r\n", "no HTTP"),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", "no HTTP"),
    "another version": (TWO.replace(b"1.1", b"2"), "no HTTP"),
    "a status below 100": (TWO.replace(b"200", b"099"), "no HTTP"),
    "another protocol": (b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n", "another protocol"),
    "two lengths": (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", "two different lengths"),
    "two lengths in a list": (OK + b"Content-Length: 2, 3\r\n\r\nok", "two different lengths"),
    "a length below 0": (OK + b"Content-Length: -2\r\n\r\nok", "length is no number"),
    "a length beyond numbers": (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nok", "length is no number"),
    "an empty length": (OK + b"Content-Length:\r\n\r\nok", "length is no number"),
    "an unknown coding": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, "Transfer-Encoding chunked, gzip is not known"),
    "no colon": (OK + b"hello\r\n\r\n", "a header of the answer is none"),
    "a zero byte": (OK + b"X: \0\r\n\r\n", "a header of the answer is none"),
    "folded from the start": (OK + b" X: y\r\n\r\n", "a header of the answer is none"),
    "a chunk too long": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n", "longer than it says"),
    "a chunk's size": (OK + b"Transfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n", "size of a chunk is no number"),
    "a chunk's endless size": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 20_000, "does not end"),
    "an endless head": (OK + b"X: y\r\n" * 50_000, "does not end"),
    "too large": (OK + b"Content-Length: 101\r\n\r\n" + b"x" * 101, "over 100 bytes"),
    "too large in chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"64\r\n" + b"x" * 100 + b"\r\n1\r\nx\r\n", "over 100 bytes"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    raw, why = REFUSED[case]
    reader = AnswerReader(100)
    with pytest.raises(Failure, match=why):  # noqa: PT012  which piece it is does not matter
        for at in range(0, len(raw), 1000):
            assert not reader.feed(raw[at : at + 1000])


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200 OK\r\nX", TWO[:-1], OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"])
def test_cut_off(raw):
    reader = AnswerReader(100)
    if raw:
        assert not reader.feed(raw)
    assert not reader.ended()
    assert ("in the middle" in str(reader.broken())) == bool(raw)
