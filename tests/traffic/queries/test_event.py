"""Events: what a handler gets, which event it is, what the caller's side is told; calls of handlers within something of the user's."""

import asyncio
import contextlib
import contextvars
import gzip
import json
import threading
from datetime import datetime
from decimal import Decimal

import pytest

from infocaller_cli import Event, QueryError, UsageError, create_app, decode
from infocaller_cli.traffic.queries.event import event_of

USER = {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"}
START, END = datetime.fromisoformat("2026-03-01T10:00:00"), datetime.fromisoformat("2026-03-01T10:01:35")
FIN = {
    "UserID": USER,
    "Infocaller": {
        "CallType": "R",
        "CallerNumber": "X",
        "InboundNumber": "123456789",
        "CallSeconds": "95",
        "StartDate": "2026-03-01T10:00:00",
        "EndDate": "2026-03-01T10:01:35",
        "CostRX": 0.120000,
        "CostTX": None,
    },
    "Status": {
        "Events": {
            "Event": [
                {"EventType": "14", "EventDate": "2026-03-01T10:00:00", "EventName": "start"},
                {"EventType": "4", "EventDate": "soon", "EventName": "keys", "EventAddInfo1": "12", "EventAddInfo5": "e"},
            ]
        }
    },
    "CustVars": {"CustVar": [{"VarName": "CITY", "VarValue": "Bilbao"}]},
}
BEGIN = {"UserID": USER, "Infocaller": {"CallType": "R", "CallerNumber": "600000001"}, "CustVars": {"CustVar": []}}


def document(root):
    return json.dumps({"ApiCall": root}).encode()


def ask(app, body, path="/", query=b"", headers=()):
    """One request in process: status, headers and body."""
    sent = []

    async def run():
        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "query_string": query, "headers": list(headers)}
        await app(scope, receive, send)

    asyncio.run(asyncio.wait_for(run(), 30))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_a_fin():
    event = event_of(decode(document(FIN)).document)
    assert (event.kind, event.line, event.call, event.caller, event.called) == ("FIN", "123456789", "98565656", None, "123456789")
    assert (event.seconds, event.start, event.end) == (95, START, END)
    assert (event.cost_rx, event.cost_tx) == (Decimal("0.12"), None)
    assert event.variables == {"CITY": "Bilbao"}
    first, second = event.actions
    assert (first.code, first.name, first.when, first.details) == (14, "start", START, ("",) * 5)
    assert (second.code, second.when, second.details) == (4, None, ("12", "", "", "", "e"))
    assert "Signature" not in repr(event)


@pytest.mark.parametrize(
    ("path", "query", "kind"),
    [
        ("/ev", b"eve=inicio", "INICIO"),
        ("/ev", b"a=1&type=Desvio-Correcto&x", "DESVIO_CORRECTO"),
        ("/ev", b"desvio%5Ffallido", "DESVIO_FALLIDO"),
        ("/app/INICIO/now", b"", "INICIO"),
        ("/inicio.php", b"call=5", "INICIO"),
        ("/ev", b"eve=fin", "FIN"),
        ("/ev", b"eve=begin&name=inicios&x=%FF", ""),
        ("/", b"", ""),
        ("http://fin/ev", b"", ""),  # an absolute-form target: its host and a login are no part of the path
        ("HTTP://inicio.example:80", b"", ""),
        ("https://fin@fin:8443/app/inicio.php", b"", "INICIO"),
        ("http://fin", b"eve=desvio_fallido", "DESVIO_FALLIDO"),
    ],
)
def test_which_event_it_is(path, query, kind):
    assert event_of(decode(document(BEGIN)).document, path, query).kind == kind
    assert event_of(decode(document(FIN)).document, path, query).kind == "FIN"  # it says so itself


def test_each_event_goes_to_its_handler(capsys):
    seen = []

    async def later(event):
        seen.append(("later", event.kind))

    def ended(event):
        assert isinstance(event, Event)
        seen.append(("ended", event.kind, event.end))
        return "what it returns counts for nothing"

    app = create_app(
        on={"fin": ended, "Desvio-Correcto": later, "event": lambda event: seen.append(("other", event.kind))}, password="3956"
    )
    assert ask(app, document(FIN))[::2] == (200, b"")
    assert ask(app, document(BEGIN), query=b"eve=desvio_correcto")[::2] == (200, b"")
    assert ask(app, document(BEGIN), query=b"eve=inicio")[::2] == (200, b"")
    assert ask(app, document(BEGIN))[::2] == (200, b"")
    assert seen == [("ended", "FIN", END), ("later", "DESVIO_CORRECTO"), ("other", "INICIO"), ("other", "")]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("FIN, call 98565656: CITY=Bilbao -> handled, ")
    query = document(BEGIN | {"Infocaller": {"QueryName": "Q"}})
    assert json.loads(ask(app, query)[2])["ApiCall"]["Status"]["Result"] == "1"  # nobody is named for queries


def test_an_event_that_nobody_is_named_for_is_accepted_and_said(capsys):
    app = create_app(lambda query: None, password="3956")
    assert ask(app, document(FIN))[::2] == (200, b"")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "-> accepted, and no handler is named for it (--on FIN=MODULE:FUNCTION), " in lines[0]


@pytest.mark.parametrize("error", [ValueError("hunter2"), QueryError("hunter2"), SystemExit(3)])
def test_a_handler_of_events_that_raises(capsys, error):
    def fails(event):
        raise error

    assert ask(create_app(on=fails, password="3956"), document(FIN))[::2] == (500, b"")
    said = capsys.readouterr().err
    assert f"the handler raised {type(error).__name__}" in said.splitlines()[0]
    assert "test_event.py" in said


def test_a_handler_of_events_that_is_late(capsys):
    async def slow(event):
        await asyncio.sleep(30)

    assert ask(create_app(on=slow, password="3956", timeout=0.1), document(FIN))[0] == 500
    assert "took longer than 0.1 s" in capsys.readouterr().err


def test_an_event_with_a_wrong_signature_goes_to_nobody():
    app = create_app(on=pytest.fail, password="other")
    assert ask(app, document(FIN))[0] == 403


@pytest.mark.parametrize(("on", "why"), [({"FIM": print}, "there is no event"), ({"fin": print, "FIN": print}, "two handlers for FIN")])
def test_what_is_no_event(on, why):
    with pytest.raises(UsageError, match=why):
        create_app(on=on)


# ---- around, and what comes damaged or compressed ----


def test_around_is_around_every_call_of_a_handler():
    told = []
    where = contextvars.ContextVar("where", default="outside")

    @contextlib.contextmanager
    def around():
        token = where.set("inside")
        told.append(("begin", threading.current_thread()))
        try:
            yield
        finally:
            where.reset(token)
            told.append(("end", threading.current_thread()))

    def answer(query):
        told.append((where.get(), threading.current_thread()))
        if query.name == "bad":
            raise ValueError

    async def later(query):
        await asyncio.sleep(0)
        answer(query)

    app = create_app({"bad": answer, "good": answer, "later": later}, on=answer_event(told), around=around, password="3956")
    for name in ("bad", "good", "later"):
        assert ask(app, document(BEGIN | {"Infocaller": {"QueryName": name}}))[0] == (500 if name == "bad" else 200)
        assert [what for what, _ in told] == ["begin", "inside", "end"]
        threads = {thread for _, thread in told}
        assert len(threads) == 1
        assert (threads == {threading.main_thread()}) == (name == "later")
        told.clear()
    assert ask(app, document(FIN))[0] == 200
    assert [what for what, *_ in told] == ["begin", "event", "end"]


def answer_event(told):
    def taken(event):
        told.append(("event", event.kind))

    return taken


def test_around_that_fails_is_told(capsys):
    @contextlib.contextmanager
    def around():
        raise OSError("no database")
        yield

    app = create_app(lambda query: None, around=around, password="3956")
    assert ask(app, document(BEGIN | {"Infocaller": {"QueryName": "Q"}}))[0] == 500
    assert "the handler raised OSError: no database" in capsys.readouterr().err


def test_connections_of_django_are_closed_after_each_query(tmp_path):
    """With CONN_MAX_AGE 0 Django closes a connection at the end of a request of its own, and a handler is called in none."""
    django = pytest.importorskip("django")
    from django.conf import settings
    from django.db import close_old_connections, connection

    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db"), "CONN_MAX_AGE": 0}
    settings.configure(DATABASES={"default": database})
    django.setup()
    seen = []

    @contextlib.contextmanager
    def connections():
        close_old_connections()
        try:
            yield
        finally:
            close_old_connections()

    def answer(query):
        before = connection.connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT 2")
            seen.append((before, connection.connection))
            return {"PEDIDO": cursor.fetchone()[0]}

    body = document(BEGIN | {"Infocaller": {"QueryName": "Q"}})

    async def two(app):
        return [(await app.answer(body, "", _exchange())).status for _ in range(2)]

    assert asyncio.run(two(create_app(answer, around=connections, password="3956"))) == [200, 200]
    assert [before for before, _ in seen] == [None, None]
    seen.clear()
    assert asyncio.run(two(create_app(answer, password="3956"))) == [200, 200]
    assert seen[1][0] is not None  # so it matters


def _exchange():
    from infocaller_cli.traffic.queries.exchange import Exchange

    return Exchange()


def test_a_compressed_body_is_no_body_that_is_taken(capsys):
    app = create_app(pytest.fail, password="3956")
    status, headers, body = ask(app, gzip.compress(document(FIN)), headers=[(b"content-encoding", b"gzip")])
    assert (status, headers[b"accept-encoding"]) == (415, b"identity")
    assert b"the body is compressed" in body
    assert "Content-Encoding is gzip" in capsys.readouterr().err
    assert ask(create_app(on=print, password="3956"), document(FIN), headers=[(b"content-encoding", b"identity")])[0] == 200


@pytest.mark.parametrize("fails", [False, True])
def test_what_came_damaged_is_blamed_on_the_query(capsys, fails):
    def answer(query):
        assert not fails, "no such city"
        return {"CITY": query.variables["CITY"]}

    variables = {"CustVar": [{"VarName": "CITY", "VarValue": "Le\ufffdn"}]}
    app = create_app(answer, password="3956")
    assert ask(app, document(BEGIN | {"Infocaller": {"QueryName": "Q"}, "CustVars": variables}))[0] == 500
    first = capsys.readouterr().err.splitlines()[0]
    assert ("AssertionError" if fails else "breaks IC402") in first
    assert "; it came damaged: /ApiCall/CustVars/CustVar/0/VarValue: " in first


def test_as_a_route_of_starlette():
    """A route, not a mount: that answers 307 to a URL without a final slash, and a POST does not follow it."""
    pytest.importorskip("starlette")
    from starlette.applications import Starlette
    from starlette.routing import Route

    app = Starlette(routes=[Route("/infocaller", create_app(lambda query: {"N": query.name}, password="3956"))])
    status, _, body = ask(app, document(BEGIN | {"Infocaller": {"QueryName": "Q"}}), path="/infocaller")
    assert status == 200
    assert json.loads(body)["ApiCall"]["CustVars"]["CustVar"] == [{"VarName": "N", "VarValue": "Q"}]
