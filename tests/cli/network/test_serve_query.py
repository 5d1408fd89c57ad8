"""`serve-query` as a real process: what handlers get and give, what is refused, how it ends."""

import http.client
import json
import re
import signal
import threading
import xml.etree.ElementTree as ET

import pytest

NS = "{http://tempuri.org/}"
APP = """
import asyncio, sys, threading, time
from functools import partial
from infocaller_cli import Answer, Query, QueryError

def echo(query):
    assert isinstance(query, Query)
    return {"NAME": query.name.replace(" ", ""), "CALLER": str(query.caller), "LINE": query.line, "CALL": query.call,
            "TYPE": query.call_type, "VARS": len(query.variables), "THREAD": int(threading.current_thread() is not threading.main_thread())}

async def later(query):
    await asyncio.sleep(0.01)
    return Answer({"A": 1}, text="Sí")

class Callable:
    async def __call__(self, query):
        return {"B": "2"}

def nothing(query): pass
def error(query): raise QueryError("no such order", result=7)
def boom(query): raise ValueError("hunter2")
async def aboom(query): raise ValueError("hunter2")
def leave(query): sys.exit(3)
def stop(query): raise StopIteration
def interrupt(query): raise KeyboardInterrupt
def deep(query): return deep(query)
def name(query): return {"A_B": 1}
def long(query): return {"A" * 16: 1}
def value(query): return {"A": "\\u20ac hunter2"}
def control(query): return {"A": "a\\nb"}
def floating(query): return {"A": 1.5}
def boolean(query): return {"A": True}
def none(query): return {"A": None}
def number(query): return {1: "A"}
def bare(query): return 42
def text(query): return Answer({}, text="\\u20ac")
def empty(query): return Answer({}, result="")
def huge(query): return {"A": 10 ** 5000}
def list_result(query): raise QueryError("no", result=[1])
def generator_exit(query): raise GeneratorExit
async def agenerator_exit(query): raise GeneratorExit

class Untold(QueryError):
    def __init__(self, result): self.result = result
def untold(query): raise Untold(7)
def zero(query): raise Untold(0)

class Textless(Exception):
    def __str__(self): raise ValueError
def textless(query): raise Textless

class Odd(dict):
    def items(self): raise ValueError("hunter2")
def odd(query): return Odd(A=1)

def printing(query): print("a notice"); return {"A": 1}
def meddling(query): query.variables.clear(); query.variables["B"] = object(); return {"A": "x" * 5_000_000}

def slow(query): time.sleep(30)
async def aslow(query): await asyncio.sleep(30)
async def stubborn(query):
    for _ in range(100):
        try:
            await asyncio.sleep(30)
            return {}
        except asyncio.CancelledError:
            pass
def pause(query): time.sleep(1); return {"A": 1}
callable_object = Callable()
part = partial(lambda extra, query: {"P": extra}, 5)
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "app.py").write_text(APP)


def answered(body):
    """Result, ResultText and variables of an XML response, read by ElementTree."""
    root = ET.fromstring(body)
    variables = {one.findtext(f"{NS}VarName"): one.findtext(f"{NS}VarValue") for one in root.iter(f"{NS}CustVar")}
    return root.findtext(f"{NS}Status/{NS}Result"), root.findtext(f"{NS}Status/{NS}ResultText"), variables


def test_what_a_handler_gets_and_gives(app, server, form):
    one = server("serve-query", "--handler", "app:echo")
    status, headers, body = one.post(form("\u00a0ESTADO PEDIDO "))
    assert (status, headers["content-type"]) == (200, "text/xml")
    expected = {
        "NAME": "ESTADOPEDIDO",
        "CALLER": "600000001",
        "LINE": "123456789",
        "CALL": "98565656",
        "TYPE": "R",
        "VARS": "1",
        "THREAD": "1",
    }
    assert answered(body) == ("0", "", expected)
    line = one.wait_for("ESTADO PEDIDO")
    assert line.startswith("ESTADO PEDIDO, call 98565656: NUMPEDIDO=1 -> NAME=ESTADOPEDIDO,")
    assert "result 0" in line
    assert line.endswith(" ms")
    assert one.stop() == 0


def test_json_is_answered_in_json(app, server):
    one = server("serve-query", "--handler", "app:later")
    user = {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"}
    query = {"ApiCall": {"UserID": user, "Infocaller": {"QueryName": "Q", "CallerNumber": "X"}, "CustVars": {"CustVar": []}}}
    status, headers, body = one.post(json.dumps(query), content_type="application/json")
    assert (status, headers["content-type"]) == (200, "application/json")
    answer = {"Status": {"Result": "0", "ResultText": "Sí"}, "CustVars": {"CustVar": [{"VarName": "A", "VarValue": "1"}]}}
    assert json.loads(body) == {"ApiCall": answer}


def test_handlers_by_name_and_of_every_sort(app, server, form):
    handlers = [f"{name}=app:{name}" for name in ("later", "nothing", "error", "untold", "part", "callable_object")]
    one = server("serve-query", *(part for handler in handlers for part in ("--handler", handler)))
    assert answered(one.post(form("later"))[2]) == ("0", "Sí", {"A": "1"})
    assert answered(one.post(form(" nothing\u00a0"))[2]) == ("0", "", {})
    assert answered(one.post(form("error"))[2]) == ("7", "no such order", {})
    assert answered(one.post(form("untold"))[2]) == ("7", "", {})
    assert answered(one.post(form("part"))[2]) == ("0", "", {"P": "5"})
    assert answered(one.post(form("callable_object"))[2]) == ("0", "", {"B": "2"})
    status, _, body = one.post(form("another"))
    assert status == 200
    assert answered(body)[0] == "1"
    assert "no handler is named" in one.wait_for("another, call")


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        ("boom", "ValueError"),
        ("aboom", "ValueError"),
        ("leave", "SystemExit"),
        ("stop", "StopIteration"),
        ("interrupt", "KeyboardInterrupt"),
        ("deep", "RecursionError"),
        ("name", "IC401"),
        ("long", "IC401"),
        ("value", "IC402"),
        ("control", "IC402"),
        ("text", "IC402"),
        ("empty", "IC501"),
        ("floating", "not float"),
        ("boolean", "not bool"),
        ("none", "not NoneType"),
        ("number", "the name of a variable is a str, not int"),
        ("bare", "not int"),
        ("huge", "the answer cannot be sent: ValueError"),
        ("list_result", "the result is a str or an int, not list"),
        ("generator_exit", "GeneratorExit"),
        ("agenerator_exit", "GeneratorExit"),
        ("zero", "cannot be 0"),
        ("textless", "Textless"),
        ("odd", "the answer cannot be sent: ValueError"),
    ],
)
def test_what_a_handler_must_not_do(app, run, form, tmp_path, handler, why):
    (tmp_path / "query").write_bytes(form("Q"))
    with (tmp_path / "query").open("rb") as query:
        done = run("serve-query", "--handler", f"app:{handler}", "--stdin", stdin=query, env={"INFOCALLER_PASSWORD": "3956"})
    assert done.code == 1
    result, text, variables = answered(done.stdout)
    assert (result, variables) == ("1", {})
    assert text == "the query could not be answered"
    assert "hunter2" not in done.out
    assert why in done.err.splitlines()[0]


def test_a_traceback_goes_to_the_developer_alone(app, server, form):
    one = server("serve-query", "--handler", "app:boom")
    status, _, body = one.post(form("Q"))
    assert status == 500
    assert b"hunter2" not in body
    one.wait_for("ValueError: hunter2", 2)
    assert any('app.py", line' in line for line in one.lines())
    assert not any("responder.py" in line for line in one.lines())
    assert one.post(form("Q"))[0] == 500


@pytest.mark.parametrize("handler", ["slow", "aslow", "stubborn"])
def test_a_slow_handler_is_answered_for_at_the_time_out(app, server, form, handler):
    one = server("serve-query", "--handler", f"slow=app:{handler}", "--handler", "app:echo", "--timeout", "0.5")
    slow = []
    threads = [threading.Thread(target=lambda: slow.append(one.post(form("slow")))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert one.post(form("other"))[0] == 200
    for thread in threads:
        thread.join()
    assert [status for status, _, _ in slow] == [500] * 3
    assert answered(slow[0][2])[:2] == ("1", "the query could not be answered")
    one.wait_for("took longer than 0.5 s", 3)
    assert one.stop() == 0  # the threads that sleep do not hold it


def test_all_threads_stuck(app, server, form):
    one = server("serve-query", "--handler", "app:slow", "--timeout", "0.3")
    posts = [threading.Thread(target=one.post, args=(form("Q"),)) for _ in range(80)]
    for post in posts:
        post.start()
    one.wait_for("all 64 threads are busy")
    for post in posts:
        post.join()
    assert one.stop() == 0


REFUSED = {
    "wrong signature": (lambda form: form("Q", password="1234"), 403),
    "no signature": (lambda form: form("Q", signature=""), 403),
    "malformed": (lambda form: b"apiInfocaller=%3CApiCall", 400),
    "no document": (lambda form: b"hello", 400),
    "nothing": (lambda form: b"", 400),
    "an event with a wrong signature": (lambda form: form(password="1234"), 403),
    "an answer": (lambda form: b"<ApiCall><Status><Result>0</Result></Status></ApiCall>", 400),
    "twice the line": (lambda form: form("Q", user="<LineNumber>1</LineNumber>"), 400),
    "the variable twice": (lambda form: form("Q") + b"&" + form("Q"), 400),
    "too large": (lambda form: form("Q") + b"&x=" + b"x" * 1024 * 1024, 413),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(app, server, form, case):
    make, wanted = REFUSED[case]
    one = server("serve-query", "--handler", "app:echo")
    status, headers, body = one.post(make(form))
    assert (status, headers["content-type"]) == (wanted, "text/xml")
    assert answered(body)[0] not in ("0", None, "")
    everything = body + str(headers).encode()
    assert b"3956" not in everything
    assert b"ae73e4b16a280726fb2e0e6bfb43902a" not in everything
    said = [re.sub(r"127\.0\.0\.1:\d+", "", line) for line in one.lines()]  # a port may be any number
    assert not any("3956" in line or "ae73e4b16a280726fb2e0e6bfb43902a" in line for line in said)


def test_events(app, server, run, tmp_path):
    """What `send-event` sends, end to end."""
    (tmp_path / "ends.py").write_text("def ended(event): print(event.kind, event.end.year, event.cost_rx + 1, flush=True)\n")
    one = server("serve-query", "--handler", "app:echo", "--on", "FIN=ends:ended", "--on", "DESVIO_FALLIDO=app:boom")
    for name, code in (("FIN", 0), ("INICIO", 0), ("DESVIO_FALLIDO", 1)):
        done = run("send-event", name, "--to", f"{one.url}/ev?eve={name.lower()}", env={"INFOCALLER_PASSWORD": "3956"})
        assert done.code == code, done.err
    assert one.process.stdout.readline().startswith(b"FIN 2")
    assert " -> handled, " in one.wait_for("FIN, call")
    assert "no handler is named for it (--on INICIO=MODULE:FUNCTION)" in one.wait_for("INICIO, call")
    assert "status 500" in one.wait_for("DESVIO_FALLIDO, call")
    assert "the handler raised ValueError" in one.wait_for("DESVIO_FALLIDO, call")


def test_an_event_on_standard_input(app, run, form, tmp_path):
    (tmp_path / "ends.py").write_text("def took(event): print(event.line)\n")
    done = run("serve-query", "--on", "event=ends:took", "--stdin", stdin=form(), env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.stdout) == (0, b"")
    assert done.err.startswith("123456789\n")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods(app, server, method):
    status, headers, _ = server("serve-query", "--handler", "app:echo").request(method)
    assert (status, headers["allow"]) == (405, "POST")


def test_malformed_json_is_refused_in_json(app, server):
    status, headers, body = server("serve-query", "--handler", "app:echo").post(b'{"ApiCall": {', content_type="application/json")
    assert (status, headers["content-type"]) == (400, "application/json")
    assert json.loads(body)["ApiCall"]["Status"]["Result"] == "1"


def test_without_a_password_it_says_so_once(app, server, form):
    one = server("serve-query", "--handler", "app:echo", env={"INFOCALLER_PASSWORD": ""})
    assert [one.post(form("Q", password="whatever"))[0] for _ in range(2)] == [200, 200]
    assert sum("signatures are not checked" in line for line in one.lines()) == 1


def test_a_line_that_the_configuration_does_not_know(app, server, form, tmp_path):
    (tmp_path / "infocaller.toml").write_text('[lines.987654321]\npassword = "3956"\n')
    (tmp_path / "infocaller.toml").chmod(0o600)
    one = server("serve-query", "--handler", "app:echo", env={"INFOCALLER_PASSWORD": ""})
    assert one.post(form("Q"))[0] == 403
    assert one.post(form("Q", line="987654321"))[0] == 200


def test_count(app, server, form):
    one = server("serve-query", "--handler", "app:echo", "--count", "2")
    assert [one.post(body)[0] for body in (form("Q"), form("Q", password="x"), b"x", form("Q"))] == [200, 403, 400, 200]
    assert one.process.wait(30) == 0


def test_nothing_is_answered_after_the_last(app, server, form):
    one = server("serve-query", "--handler", "app:echo", "--count", "2")
    assert [one.post(form("Q"))[0] for _ in range(2)] == [200, 200]
    with pytest.raises((OSError, http.client.HTTPException)):
        one.post(form("Q"))
    assert one.process.wait(30) == 0


def test_once_counts_a_handler_that_fails(app, server, form):
    one = server("serve-query", "--handler", "app:boom", "--once")
    assert one.post(form("Q"))[0] == 500
    assert one.process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_the_end(app, server, form, number):
    one = server("serve-query", "--handler", "app:pause")
    answers = []
    post = threading.Thread(target=lambda: answers.append(one.post(form("Q"))))
    post.start()
    with one.connect():  # one that has nothing to say does not hold it
        threading.Event().wait(0.3)
        assert one.stop(number) == 0
    post.join()
    assert answers[0][0] == 200


def test_a_second_ctrl_c_ends_at_once(app, server, form):
    one = server("serve-query", "--handler", "app:slow", "--timeout", "30")
    with one.connect() as connection:
        body = form("Q")
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        threading.Event().wait(0.3)
        one.process.send_signal(signal.SIGINT)
        threading.Event().wait(0.3)
        assert one.stop(signal.SIGINT) == 130


def test_a_line_tells_what_came_and_has_an_end(app, server, form):
    one = server("serve-query", "--handler", "app:meddling")
    assert one.post(form("Q", variables=[("A", "1")]))[0] == 200
    line = one.wait_for("Q, call")
    assert line.startswith("Q, call 98565656: A=1 -> A=xxx")
    assert len(line) < 1200
    assert one.post(form("Q", password="other", variables=[("A", "y" * 300_000)]))[0] == 403
    assert len(one.wait_for("Q, call", 2)) < 1200


def test_what_a_handler_prints_is_no_part_of_the_answer(app, run, form):
    done = run("serve-query", "--handler", "app:printing", "--stdin", stdin=form("Q"), env={"INFOCALLER_PASSWORD": "3956"})
    assert answered(done.stdout) == ("0", "", {"A": "1"})
    assert done.err.startswith("a notice\n")


def test_quiet(app, server, form):
    one = server("-q", "serve-query", "--handler", "app:boom", "--handler", "fine=app:echo")
    one.post(form("fine"))
    one.post(form("other"))
    one.wait_for("ValueError")
    assert not any(line.startswith("fine") for line in one.lines())
