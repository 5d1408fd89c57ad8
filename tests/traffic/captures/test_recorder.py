"""The recorder as an application: what comes whole and what comes through ASGI is recorded, answered and shown alike."""

import asyncio
import json
from base64 import b64decode, b64encode

import pytest

from infocaller_cli.codec import convert
from infocaller_cli.codec.form import open_body, wrap
from infocaller_cli.testing import Infocaller
from infocaller_cli.traffic.captures import afterwards
from infocaller_cli.traffic.captures.line_file import LineFile
from infocaller_cli.traffic.captures.recorder import Recorder
from infocaller_cli.traffic.queries.passwords import Password

SIGNED = Infocaller("3956")
FORM = "application/x-www-form-urlencoded"
QUERY = SIGNED.query("ESTADO", {"A": "1"}, call="7").body
BODIES = {
    "query": QUERY,
    "query in JSON": wrap(convert(open_body(QUERY).document)),
    "not plain": wrap(open_body(QUERY).document.replace(b"<UserID>", b"<!-- x --><UserID>")),
    "event": SIGNED.event("INICIO", {}, call="8").body,
    "fin": SIGNED.event("FIN", {}, call="9").body,
    "wrong signature": SIGNED.event("FIN", {}, call="9", password="0").body,
    "no document": b"x=1",
    "malformed": QUERY[:-4],
    "empty": b"",
}


class Request:
    """One that came whole."""

    def __init__(self, body):
        self.method, self.target, self.body = b"POST", b"/ev?eve=x", body
        self.headers = [(b"Host", b"h:1"), (b"Content-Type", FORM.encode())]
        self.answered = asyncio.get_running_loop().create_future()

    def answer(self, status, headers, body):
        self.answered.set_result((status, headers, body))


async def through_asgi(recorder, request):
    """The answer to it as uvicorn would ask for it."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": request.body}

    async def send(message):
        sent.append(message)

    came = {"target": request.target, "headers": request.headers}
    await recorder({"type": "http", "method": "POST", "headers": request.headers, "infocaller": came}, receive, send)
    headers = [header for header in sent[0]["headers"] if header[0] != b"content-length"]
    return sent[0]["status"], headers, sent[1]["body"]


class Capture:
    """A recorder with its file, and what it shows and warns of."""

    def __init__(self, folder, **more):
        self.path = folder / "calls.ndjson"
        self.shown, self.warned = [], []
        known = lambda line: Password("3956", needed=True)  # noqa: E731
        self.file = LineFile(str(self.path))
        self.recorder = Recorder(self.file, "http://x:1", known, forward=None, log=self.shown.append, warn=self.warned.append, **more)

    def records(self):
        return [json.loads(line) for line in self.path.read_bytes().splitlines()]


@pytest.mark.parametrize("name", BODIES)
def test_both_ways_record_answer_and_show_alike(tmp_path, name):
    capture = Capture(tmp_path)

    async def run():
        request = Request(BODIES[name])
        assert capture.recorder.take(request)
        assert not request.answered.done()
        whole = await request.answered
        assert len(capture.records()) == 1
        for _ in range(3):
            await asyncio.sleep(0)
        assert len(capture.shown) == 1
        assert await through_asgi(capture.recorder, request) == whole
        capture.recorder.finish()
        return whole

    status, headers, body = asyncio.run(run())
    one, other = capture.records()
    for record in (one, other):
        del record["ts"], record["resp"]["ms"]
    assert one == other
    assert status == one["resp"]["status"] == 200
    assert body == b64decode(one["resp"]["body"])
    assert b64decode(one["body"]) == BODIES[name]
    assert bool(body) == bool(headers) == name.startswith(("query", "not plain"))
    first, second = capture.shown
    assert (first.state, first.unreadable, first.decoded) == (second.state, second.unreadable, second.decoded)
    assert bool(first.unreadable) == (first.decoded is None) == (name in ("no document", "malformed", "empty"))
    assert first.state == {"wrong signature": "invalid"}.get(name, "none" if first.unreadable else "valid")
    assert one.get("kind") == (first.decoded.document.kind if first.decoded else None)
    assert one.get("call") == (first.decoded.document.call if first.decoded else None)


def test_what_comes_in_one_turn_is_one_write_and_answered_behind_it(tmp_path, monkeypatch):
    capture = Capture(tmp_path)
    append, writes = capture.file.append, []
    monkeypatch.setattr(capture.file, "append", lambda data: writes.append(data) or append(data))

    async def run():
        requests = [Request(body) for body in BODIES.values()]
        assert all(capture.recorder.take(request) for request in requests)
        await asyncio.gather(*(request.answered for request in requests))

    asyncio.run(run())
    assert len(writes) == 1
    assert [b64decode(record["body"]) for record in capture.records()] == list(BODIES.values())
    assert capture.recorder.recorded == len(BODIES)


def test_nothing_is_answered_as_kept_that_is_not(tmp_path, monkeypatch):
    capture = Capture(tmp_path)

    def full(data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(capture.file, "append", full)

    async def run():
        requests = [Request(QUERY), Request(b"")]
        assert all(capture.recorder.take(request) for request in requests)
        return [(await request.answered)[0] for request in requests]

    assert asyncio.run(run()) == [503, 503]
    assert [caught.problem for caught in capture.shown] == ["not recorded: No space left on device"] * 2
    assert len(capture.warned) == 1
    assert capture.recorder.recorded == 0


def test_of_more_than_can_be_shown_the_number_is_said_and_all_are_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(afterwards, "_MOST", 3)
    capture = Capture(tmp_path)

    async def run():
        requests = [Request(BODIES["fin"]) for _ in range(8)]
        for request in requests:
            capture.recorder.take(request)
        await asyncio.gather(*(request.answered for request in requests))
        capture.recorder.finish()

    asyncio.run(run())
    assert capture.warned == ["8 requests came faster than they can be shown; they are recorded like all others"]
    assert capture.shown == []
    assert len(capture.records()) == 8


def test_the_quiet_are_shown_nothing_that_went_well(tmp_path):
    capture = Capture(tmp_path, quiet=True)

    async def run():
        request = Request(BODIES["fin"])
        capture.recorder.take(request)
        await request.answered
        capture.recorder.finish()

    asyncio.run(run())
    assert (capture.shown, len(capture.records())) == ([], 1)


def test_what_is_large_goes_through_asgi_and_is_not_taken(tmp_path):
    capture = Capture(tmp_path)

    async def run():
        request = Request(wrap(b"<ApiCall>" + b64encode(b"x" * 40_000) + b"</ApiCall>"))
        assert not capture.recorder.take(request)
        return await through_asgi(capture.recorder, request)

    assert asyncio.run(run()) == (200, [], b"")
    assert len(capture.records()) == 1
