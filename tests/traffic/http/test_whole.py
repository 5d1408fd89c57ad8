"""A request that comes whole goes a shorter way than one in pieces: whoever asks sees no difference."""

import re
import signal
import socket
import time

import pytest

HANDLERS = """
import asyncio
import time

from infocaller_cli import QueryError


def plain(query):
    return {"PEDIDO": query.variables["N"]}


async def asynchronous(query):
    await asyncio.sleep(0)
    return {"PEDIDO": query.variables["N"]}


def returns_a_coroutine(query):
    return asynchronous(query)


def refuses(query):
    raise QueryError("no order")


def breaks(query):
    raise ZeroDivisionError


def ends(query):
    raise SystemExit


async def is_cancelled(query):
    raise asyncio.CancelledError


def slow(query):
    time.sleep(2)
    return {"PEDIDO": "1"}


async def slow_too(query):
    await asyncio.sleep(2)
    return {"PEDIDO": "1"}


async def in_a_task(query):
    async with asyncio.timeout(1):
        return {"PEDIDO": str(bool(asyncio.current_task()))}
"""
NAMES = re.findall(r"^(?:async )?def (\w+)", HANDLERS, re.MULTILINE)


@pytest.fixture
def many(server, tmp_path):
    (tmp_path / "handlers.py").write_text(HANDLERS)
    options = [part for name in NAMES for part in ("--handler", f"{name}=handlers:{name}")]
    return server("serve-query", *options, "--timeout", "0.8")


CLOSE = b"Connection: close"
CHUNKED = b"Transfer-Encoding: chunked"


def request(body, *headers, method=b"POST", target=b"/", version=b"1.1"):
    lines = (b"%s %s HTTP/%s" % (method, target, version), b"Host: a", *headers)
    length = () if CHUNKED in headers else (b"Content-Length: %d" % len(body),)
    return b"\r\n".join((*lines, *length, b"", body))


def said(server, pieces):
    """What comes back until the server closes, but for the time of day; the pieces are sent one after the other."""
    with socket.create_connection((server.host, server.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, piece in enumerate(pieces):
            time.sleep(0.15 * bool(number))
            connection.sendall(piece)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return re.sub(rb"date: [^\r]*\r\n", b"", received)


def requests(form):
    """Each with a name."""
    one = form("plain", (("N", "7"),))
    return {name: request(form(name, (("N", "7"),)), CLOSE) for name in NAMES} | {
        "nobody answers it": request(form("other"), CLOSE),
        "no document": request(b"hello", CLOSE),
        "nothing": request(b"", CLOSE),
        "another password": request(one.replace(b"98565656", b"98565657"), CLOSE),
        "HTTP 1.0": request(one, version=b"1.0"),
        "HTTP 1.0, kept": request(one, b"Connection: keep-alive", version=b"1.0"),
        "GET": request(one, CLOSE, method=b"GET"),
        "HEAD": request(one, CLOSE, method=b"HEAD"),
        "compressed": request(one, CLOSE, b"Content-Encoding: gzip"),
        "an event": request(form(), CLOSE, target=b"/a%20b?eve=inicio"),
        "no path": request(one, CLOSE, target=b"*"),
        "chunked": request(b"%x\r\n%s\r\n0\r\n\r\n" % (len(one), one), CLOSE, CHUNKED),
        "a chunk that is none": request(b"4\r\nabcd\r\nxx\r\n", CHUNKED),
        "two, the first waits": request(form("asynchronous", (("N", "1"),))) + request(one, CLOSE),
        "two, and garbage": request(one) + b"GARBAGE\r\n\r\n",
    }


@pytest.mark.parametrize("name", [*requests(lambda *_: b"")])
def test_whole_or_in_pieces_the_answer_is_the_same(many, form, name):
    whole = requests(form)[name]
    head = whole.index(b"\r\n\r\n") + 4
    cut = head + len(whole[head:]) // 2 if len(whole) > head else head - 8
    received = said(many, [whole])
    assert received.startswith(b"HTTP/1.1 ")
    pieces = said(many, [whole[:cut], whole[cut:]])
    if b" HTTP/1.0\r\n" in whole[:head]:  # where the connection is closed all the same, older versions of uvicorn say so
        pieces = pieces.replace(b"connection: close\r\n", b"")
        received = received.replace(b"connection: close\r\n", b"")
    assert received == pieces


def test_who_hangs_up_at_once_leaves_nothing_behind(many, form):
    for name in ("slow", "slow_too"):
        with socket.create_connection((many.host, many.port)) as connection:
            connection.sendall(request(form(name)))
    assert b"200 OK" in said(many, [request(form("plain", (("N", "7"),)), CLOSE)])
    many.process.send_signal(signal.SIGTERM)
    assert many.process.wait(20) == 0


def test_what_is_asked_is_answered_before_the_end(server, form, tmp_path):
    (tmp_path / "handlers.py").write_text(HANDLERS)
    one = server("serve-query", "--handler", "handlers:slow")
    with socket.create_connection((one.host, one.port), timeout=20) as connection:
        connection.sendall(request(form("slow")))
        time.sleep(0.3)
        one.process.send_signal(signal.SIGTERM)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b"connection: close" in received
    assert b"PEDIDO" in received
    assert one.process.wait(20) == 0


def test_a_fault_of_ours_is_a_500_and_the_connection_goes_on(server, form, tmp_path):
    (tmp_path / "handlers.py").write_text(HANDLERS)
    code = (
        "import sys; from infocaller_cli.traffic.queries import taken\n"
        "whole = taken.Taken.begin\n"
        "def begin(self, crew):\n"
        "    if b'GARBLED' in self._request.body: raise ZeroDivisionError\n"
        "    whole(self, crew)\n"
        "taken.Taken.begin = begin\n"
        "from infocaller_cli.cli.main import run; run()"
    )
    one = server("serve-query", "--handler", "handlers:plain", code=code)
    received = said(one, [request(form("GARBLED")) + request(form("plain", (("N", "7"),)), CLOSE)])
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"500", b"200"]
