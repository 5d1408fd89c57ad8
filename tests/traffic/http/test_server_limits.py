"""The servers and hostile or unusual clients: sizes, times, and everything HTTP allows."""

import base64
import contextlib
import json
import re
import select
import signal
import socket
import threading
import time

import pytest

APP = """
import time
def answer(query):
    return {"N": query.variables.get("N", "0")}
def pause(query):
    time.sleep(float(query.variables["N"]))
    return {"N": query.variables["N"]}
"""


@pytest.fixture
def one(server, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    return server("-q", "serve-query", "--handler", "app:answer", "--handler", "pause=app:pause")


def request(body, *headers, method=b"POST", version=b"1.1"):
    lines = [b"%s / HTTP/%s" % (method, version), b"Host: x", b"Content-Length: %d" % len(body), *headers, b"", b""]
    return b"\r\n".join(lines) + body


def until_closed(connection):
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            data += piece
    return data


def answers(data):
    """The status and the value of N of each answer."""
    found = re.split(rb"(?=HTTP/1\.1 \d)", data)[1:]
    return [(int(one[9:12]), (re.search(rb"<VarValue>(.*?)<", one) or [b"", b""])[1]) for one in found]


def asks(form, number, name="Q"):
    return form(name, variables=(("N", number),))


def test_chunked_requests(one, form):
    body = form("Q")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 100]), body[at : at + 100]) for at in range(0, len(body), 100)) + b"0\r\n\r\n"
    with one.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks)
        assert answers(until_closed(connection)) == [(200, b"0")]


def test_an_endless_chunked_body_is_refused(one):
    with one.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(20):
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")


def test_pipelined_requests_are_answered_in_order(one, form):
    bodies = [asks(form, "0.3", "pause"), asks(form, "0.1", "pause"), asks(form, "7")]
    with one.connect() as connection:
        connection.sendall(b"".join(map(request, bodies[:2])) + request(bodies[2], b"Connection: close"))
        assert answers(until_closed(connection)) == [(200, b"0.3"), (200, b"0.1"), (200, b"7")]


def test_expect_100_continue(one, form):
    body = form("Q")
    with one.connect() as connection:
        head = request(body, b"Expect: 100-continue", b"Connection: close")[: -len(body)]
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert answers(until_closed(connection)) == [(200, b"0")]


def test_what_is_too_large_is_refused_before_it_is_sent(one):
    with one.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")


def test_who_sends_all_before_reading_is_told_why_it_was_refused(one):
    with one.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\nConnection: close\r\n\r\n")
        select.select([connection], [], [], 10)  # the answer is there, and the client does not look
        for _ in range(128):
            connection.sendall(b"x" * 65536)
        assert until_closed(connection).startswith(b"HTTP/1.1 413")
    assert one.stop() == 0


@pytest.mark.parametrize("offer", [b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", b"Upgrade: websocket\r\nSec-WebSocket-Key: x"])
def test_an_offer_of_another_protocol_is_declined(one, form, offer):
    with one.connect() as connection:
        body = form("Q")
        connection.sendall(request(body, b"Connection: Upgrade, HTTP2-Settings", offer) + request(body, b"Connection: close"))
        assert answers(until_closed(connection)) == [(200, b"0"), (200, b"0")]


def test_http_1_0_closes(one, form):
    with one.connect() as connection:
        connection.sendall(request(form("Q"), version=b"1.0"))
        assert answers(until_closed(connection)) == [(200, b"0")]


def test_a_half_closed_client_is_answered(one, form):
    with one.connect() as connection:
        connection.sendall(request(form("Q")))
        connection.shutdown(socket.SHUT_WR)
        assert answers(until_closed(connection)) == [(200, b"0")]


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"POST\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]
)
def test_garbage(one, form, data):
    with one.connect() as connection:
        connection.sendall(data + b"\r\n" * 10)
        assert until_closed(connection).startswith(b"HTTP/1.1 400")
    assert one.post(form("Q"))[0] == 200


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x16\x03\x01\x02\x00\x01", "TLS, and this port is plain"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nPOST / HTTP/1.1\r\n\r\n", "the PROXY protocol: "),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "the PROXY protocol, version 2"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2, and this port speaks HTTP/1.1"),
        (b"\x1b[31mhello\r\n\r\n", r"Invalid method encountered, in b'\x1b[31mhello\r\n\r\n'"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "Invalid character in Content-Length"),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT is for proxies"),
    ],
)
@pytest.mark.parametrize("command", [("-q", "serve-query", "--handler", "app:answer"), ("-q", "capture", "--out", "c.ndjson")])
def test_a_refusal_says_why(server, tmp_path, command, data, why):
    (tmp_path / "app.py").write_text(APP)
    one = server(*command)
    with one.connect() as connection:
        connection.sendall(data)
        assert until_closed(connection)[:10] == b"HTTP/1.1 4"
    said = one.wait_for("was refused")
    assert why in said
    assert said.isprintable()


@pytest.mark.parametrize("bad", [b"hello\r\n\r\n", b"POST / HTTP/1.1\r\nBad Header\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("asked", ["0.2", "0"])
def test_what_came_whole_is_answered_before_what_follows_is_refused(one, form, bad, asked):
    good = [asks(form, asked, "pause"), asks(form, "1")]
    with one.connect() as connection:
        connection.sendall(b"".join(map(request, good)) + bad)
        found = answers(until_closed(connection))
    assert found[:2] == [(200, asked.encode()), (200, b"1")]
    assert [status for status, _ in found[2:]] == [405 if bad.startswith(b"CONNECT") else 400]
    shown = one.wait_for("was refused")
    assert repr(bad[:40]) in shown or bad.startswith((b"POST", b"CONNECT"))
    assert "Traceback" not in "".join(one.lines())


def test_a_chunk_that_is_none_behind_a_whole_request(one, form):
    good = request(asks(form, "0.2", "pause"))
    with one.connect() as connection:
        connection.sendall(good + b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        assert answers(until_closed(connection)) == [(200, b"0.2"), (400, b"")]
    assert one.post(asks(form, "3"))[0] == 200


@pytest.mark.parametrize("before", [b"", b"X: " + b"x" * 60_000 + b"\r\n"], ids=["short heads", "a long head"])
def test_a_read_that_ends_in_the_next_head_refuses_nothing(one, form, before):
    """A body of 70 KB and seventy requests, each with the first bytes of a next one."""
    big = form("Q", variables=[(f"V{number}", "x" * 900) for number in range(80)])
    assert len(big) > 70_000
    for bodies in ([big], [asks(form, str(number)) for number in range(70)]):
        last = b"POST / HTTP/1.1\r\nHost: x\r\n" + before + request(asks(form, "end"), b"Connection: close").partition(b"\r\n")[2]
        with one.connect() as connection:
            connection.sendall(b"".join(map(request, bodies)) + last[:30])
            time.sleep(0.1)
            connection.sendall(last[30:])
            found = answers(until_closed(connection))
        assert [status for status, _ in found] == [200] * (len(bodies) + 1)
        assert found[-1][1] == b"end"


def test_a_live_client_does_not_wait_for_connections_that_ask_nothing(server, form, tmp_path):
    """Many more connections than there are descriptors, and a client behind them all."""
    resource = pytest.importorskip("resource")
    (tmp_path / "app.py").write_text(APP)

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))

    one = server("serve-query", "--handler", "app:answer", preexec_fn=few)
    with contextlib.ExitStack() as stack:
        for number in range(700):
            connection = stack.enter_context(one.connect())
            if number % 2:
                connection.sendall(b"POST / HT")
        start = time.monotonic()
        assert one.post(form("Q"))[0] == 200
        assert time.monotonic() - start < 5
        assert not any("have to wait" in line for line in one.lines())
    assert one.stop() == 0


@pytest.mark.parametrize(
    "body", [b"a=&" * 4_000_000, b"--\n" * 4_000_000, b"apiInfocaller=" + b"%0A%" * 3_000_000], ids=["a=&", "--", "%0A"]
)
def test_a_large_body_of_nothing_is_recorded_and_not_read_to_its_end(server, tmp_path, body):
    one = server("capture", "--out", "c.ndjson")
    assert one.post(body)[0] == 200
    assert any(why in one.wait_for("POST /") for why in ("more than 1,000", "the limit is 1,048,576 bytes"))
    assert base64.b64decode(json.loads((tmp_path / "c.ndjson").read_bytes())["body"]) == body


def test_a_large_query_is_answered_from_a_thread_as_any_other(one, form):
    large = form("Q", variables=[("N", "7"), *((f"V{number}", "x" * 900) for number in range(80))])
    assert answers(b"HTTP/1.1 200 " + one.post(large)[2]) == [(200, b"7")]
    assert one.post(large.replace(b"98565656", b"98565657"))[0] == 403


def peak(process):
    """MiB the process has had at most."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


@pytest.mark.parametrize("head", [b"X: " + b"x" * 10_000_000, b"X: x\r\n" * 1_500_000], ids=["one header", "many headers"])
def test_ten_megabytes_of_headers(one, form, head):
    one.post(form("Q"))
    before = peak(one.process)
    with one.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 431")
    assert one.post(form("Q"))[0] == 200
    assert peak(one.process) < before + 8


def test_a_client_that_hangs_up_in_the_middle(one, form):
    for _ in range(20):
        with one.connect() as connection:
            connection.sendall(request(form("Q"))[:-50])
    assert one.post(form("Q"))[0] == 200


def drip(connection, data, stop):
    """A byte a second, until it is dropped: how long that took."""
    start = time.monotonic()
    with contextlib.suppress(OSError):
        for at in range(len(data)):
            if stop.wait(1):
                break
            connection.sendall(data[at : at + 1])
            connection.setblocking(False)
            try:
                if not connection.recv(65536):
                    break
            except BlockingIOError:
                pass
            finally:
                connection.setblocking(True)
    return time.monotonic() - start


def test_slow_clients_are_dropped_and_others_served(one, form):
    """100 clients with slow heads and 100 with slow bodies, one that idles, and one that wants its answer meanwhile."""
    head, body = b"POST / HTTP/1.1\r\nHost: " + b"x" * 100, request(form("Q"))
    stop = threading.Event()
    took = []
    with contextlib.ExitStack() as stack:
        threads = []
        for number in range(200):
            connection = stack.enter_context(one.connect())
            start = head if number % 2 else body[:-100]
            connection.sendall(start)
            rest = b"x" * 100 if number % 2 else body[-100:-1]
            threads.append(threading.Thread(target=lambda c=connection, r=rest: took.append(drip(c, r, stop))))
        idle = stack.enter_context(one.connect())
        for thread in threads:
            thread.start()
        slowest = 0.0
        while any(thread.is_alive() for thread in threads):
            start = time.monotonic()
            assert one.post(form("Q"))[0] == 200
            slowest = max(slowest, time.monotonic() - start)
            if start - threads[0].__dict__.setdefault("began", start) > 30:
                stop.set()
            time.sleep(0.2)
        assert until_closed(idle) == b""
    assert len(took) == 200
    assert min(took) > 8
    assert max(took) < 20
    assert slowest < 5


def test_who_does_not_read_the_answer_is_dropped(server, endpoint, tmp_path):
    """An answer larger than any buffer, through the proxy, to a client that never reads."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n" + b"x" * 12_000_000
    one = server("-q", "capture", "--out", "c.ndjson", "--forward-to", endpoint(answer).url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((one.host, one.port))
        connection.sendall(request(b"x"))
        start = time.monotonic()
        time.sleep(1)
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(40) == 0  # it does not wait for ever
        assert time.monotonic() - start < 30
    record = json.loads((tmp_path / "c.ndjson").read_bytes())
    assert record["resp"]["status"] == 200
