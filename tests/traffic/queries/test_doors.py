"""One set of tests through all doors: `answer`, `answer_async`, ASGI, WSGI and `serve-query` give the same bytes."""

import asyncio
import http.client
import io
import json
import re
from pathlib import Path
from urllib.parse import quote_plus
from wsgiref.validate import validator

import pytest

from infocaller_cli import answer, answer_async, create_app, create_wsgi_app

VECTORS = Path(__file__).parents[2] / "vectors"
FORM = "application/x-www-form-urlencoded"
LIMIT = 0.4  # seconds
APP = """
import sys, time
from infocaller_cli import Answer, QueryError

def good(query):
    return {"NAME": query.name.replace(" ", ""), "CALLER": str(query.caller), "LINE": query.line, "VARS": len(query.variables)}
def full(query):
    return Answer({"A": 1}, text="S\\u00ed, <se\\u00f1or>")
def error(query):
    raise QueryError("no such order", result=7)
def boom(query):
    raise ValueError("hunter2")
def leave(query):
    sys.exit("hunter2")
def name(query):
    return {"A_B": 1}
def bare(query):
    return "hunter2"
def slow(query):
    time.sleep(1)
    return {"A": 1}

taken = []
def ended(event):
    assert (event.kind, event.seconds) == ("FIN", int(event.seconds))
def began(event):
    assert event.kind == "INICIO", event
def other(event):
    raise OSError("hunter2: " + event.kind)
"""
QUERIES = ("good", "full", "error", "boom", "leave", "name", "bare", "slow")
EVENTS = {"FIN": "ended", "INICIO": "began", "DESVIO_FALLIDO": "other"}


def shop():
    names = {}
    exec(APP, names)
    return {name.upper(): names[name] for name in QUERIES}, {event: names[name] for event, name in EVENTS.items()}


class Direct:
    """`answer`."""

    def __init__(self, start):
        self.queries, self.events = shop()
        self.how = {"password": "3956", "on": self.events, "timeout": LIMIT}

    def post(self, body, content_type=FORM, url="/"):
        reply = answer(body, self.queries, content_type=content_type, url=url, **self.how)
        return reply.status, reply.content_type, reply.body


class Awaited(Direct):
    """`answer_async`."""

    def post(self, body, content_type=FORM, url="/"):
        reply = asyncio.run(answer_async(body, self.queries, content_type=content_type, url=url, **self.how))
        return reply.status, reply.content_type, reply.body


class Asgi(Direct):
    """`create_app`, in this process."""

    def __init__(self, start):
        super().__init__(start)
        self.app = create_app(self.queries, **self.how)

    def post(self, body, content_type=FORM, url="/"):
        sent = []
        path, _, query = url.partition("?")
        head = [(b"content-type", content_type.encode("latin-1")), (b"content-length", b"%d" % len(body))]
        scope = {"type": "http", "method": "POST", "path": path, "query_string": query.encode(), "headers": head}

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(asyncio.wait_for(self.app(scope, receive, send), 30))
        return sent[0]["status"], dict(sent[0]["headers"])[b"content-type"].decode(), sent[1]["body"]


class Wsgi(Direct):
    """`create_wsgi_app`, in this process; the standard library watches whether it keeps the rules of WSGI."""

    def __init__(self, start):
        super().__init__(start)
        self.app = validator(create_wsgi_app(self.queries, **self.how))

    def post(self, body, content_type=FORM, url="/", **more):
        sent = []
        path, _, query = url.partition("?")
        environ = {
            "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)), "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip

        def start_response(status, headers, exc_info=None):
            sent.append((int(status[:3]), dict(headers)))

        environ = {name: value for name, value in (environ | more).items() if value is not None}
        chunks = self.app(environ, start_response)
        body = b"".join(chunks)
        chunks.close()
        ((status, headers),) = sent
        assert int(headers["Content-Length"]) == len(body)
        return status, headers["Content-Type"], body


class Served:
    """`serve-query`, a process."""

    def __init__(self, start):
        handlers = [word for name in QUERIES for word in ("--handler", f"{name.upper()}=shop:{name}")]
        events = [word for event, name in EVENTS.items() for word in ("--on", f"{event}=shop:{name}")]
        self.server = start("serve-query", *handlers, *events, "--timeout", str(LIMIT))
        self.connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=60)

    def post(self, body, content_type=FORM, url="/"):
        self.connection.request("POST", url, body, {"Content-Type": content_type})
        reply = self.connection.getresponse()
        return reply.status, reply.headers["Content-Type"], reply.read()


@pytest.fixture(params=[Direct, Awaited, Asgi, Wsgi, Served], ids=lambda door: door.__name__)
def door(request, server, tmp_path):
    (tmp_path / "shop.py").write_text(APP)
    opened = request.param(server)
    yield opened
    if isinstance(opened, Served):
        opened.connection.close()


@pytest.mark.parametrize(
    ("name", "status", "result", "said"),
    [
        ("GOOD", 200, "0", "<VarName>NAME</VarName><VarValue>GOOD</VarValue>"),
        (" GOOD ", 200, "0", "<VarName>CALLER</VarName><VarValue>600000001</VarValue>"),
        ("FULL", 200, "0", "<ResultText>S&#237;, &lt;se&#241;or&gt;</ResultText>"),
        ("ERROR", 200, "7", "<ResultText>no such order</ResultText>"),
        ("UNKNOWN", 200, "1", "this query is not known here"),
        ("BOOM", 500, "1", "the query could not be answered"),
        ("LEAVE", 500, "1", "the query could not be answered"),
        ("NAME", 500, "1", "the query could not be answered"),
        ("BARE", 500, "1", "the query could not be answered"),
        ("SLOW", 500, "1", "the query could not be answered"),
    ],
)
def test_a_query(door, form, name, status, result, said):
    found, content_type, body = door.post(form(name))
    assert (found, content_type) == (status, "text/xml")
    assert f"<Result>{result}</Result>".encode() in body
    assert said in re.sub(r"\s+<", "<", body.decode())
    assert b"hunter2" not in body


@pytest.mark.parametrize(
    ("url", "status"), [("/ev?eve=INICIO", 200), ("/inicio.php", 200), ("/ev?eve=desvio_fallido", 500), ("/ev", 200), ("/ev?eve=fin", 500)]
)
def test_an_event(door, form, url, status):
    assert door.post(form(), url=url) == (status, "text/plain", b"")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        (b"", FORM, 400, b"the document is not readable"),
        (b"apiInfocaller=%3CApiCall", FORM, 400, b"the document is not readable"),
        (b"\xff\xfe\x00", "\xff/\xf1; boundary=\xf1", 400, b"the document is not readable"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400, b"the document is not readable"),
        (b"A" * (1 << 20) + b"A", FORM, 413, b"the body is too large"),
        (b'{"ApiCall": {"Status": {"Result": "0"}}}', "application/json", 400, b'"the document is no query"'),
    ],
)
def test_what_is_no_query(door, body, content_type, status, said):
    found, type, answer = door.post(body, content_type)
    assert (found, type) == (status, "application/json" if b"{" in body else "text/xml")
    assert said in answer


def test_a_wrong_signature(door, form):
    status, _, body = door.post(form("GOOD", password="3957"))
    assert (status, b"the signature is not valid" in body) == (403, True)


def vectors():
    """Every document, as bodies: bare and in a form."""
    for path in sorted(VECTORS.rglob("*")):
        if path.is_file() and path.suffix in (".xml", ".json", ".form", ".txt", ".sound"):
            document = path.read_bytes()
            yield document, ""
            yield b"apiInfocaller=" + quote_plus(document).encode(), FORM


def signed_by_us():
    """What a script of a call sends, for each handler and in both formats."""
    from infocaller_cli.testing import Infocaller

    for format in ("xml", "json"):
        us = Infocaller(format=format)
        for name in QUERIES[:-1]:
            message = us.query(name.upper(), {"CITY": "León", "X": "<&>'\""})
            yield message.body, message.content_type
        for event in ("INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN"):
            message = us.event(event)
            yield message.body, message.content_type


def test_every_vector_gets_the_same_bytes(door, server):
    """Unsigned ones too: what is refused is refused alike."""
    reference = Direct(server)
    bodies = [*vectors(), *signed_by_us()]
    assert len(bodies) > 300
    statuses = set()
    for body, content_type in bodies:
        expected = reference.post(body, content_type, "/ev?eve=INICIO")
        assert door.post(body, content_type, "/ev?eve=INICIO") == expected, body
        statuses.add(expected[0])
    assert statuses == {200, 400, 403, 500}


# ---- what is WSGI's alone ----


def test_wsgi_a_chunked_body_is_read_to_its_end_where_the_server_says_there_is_one(form):
    wsgi = Wsgi(None)
    assert wsgi.post(form("GOOD"), CONTENT_LENGTH=None, **{"wsgi.input_terminated": True})[0] == 200
    assert wsgi.post(b"A" * (1 << 21), CONTENT_LENGTH=None, **{"wsgi.input_terminated": True})[0] == 413
    assert wsgi.post(form("GOOD"), CONTENT_LENGTH=None)[0] == 400


def test_wsgi_a_body_that_was_read_before_is_said(capsys, form):
    wsgi = Wsgi(None)
    stream = io.BytesIO(form("GOOD"))
    stream.read()
    assert wsgi.post(form("GOOD"), **{"wsgi.input": stream})[0] == 400
    assert "something read it before" in capsys.readouterr().err


def test_wsgi_what_is_not_posted_and_what_is_compressed(form):
    wsgi = Wsgi(None)
    assert wsgi.post(b"", REQUEST_METHOD="GET")[0] == 405
    assert wsgi.post(form("GOOD"), HTTP_CONTENT_ENCODING="gzip")[0] == 415


def test_wsgi_the_log(capsys, form):
    wsgi = Wsgi(None)
    wsgi.post(form("BOOM"))
    said = capsys.readouterr().err
    assert said.startswith("BOOM, call 98565656: NUMPEDIDO=1 -> result 1, status 500, ")
    assert "the handler raised ValueError: hunter2\nTraceback (most recent call last):\n" in said


def test_json_is_answered_in_json(door):
    from infocaller_cli.testing import Infocaller

    message = Infocaller(format="json").query("GOOD")
    status, content_type, body = door.post(message.body)
    assert (status, content_type, json.loads(body)["ApiCall"]["Status"]["Result"]) == (200, "application/json", "0")
