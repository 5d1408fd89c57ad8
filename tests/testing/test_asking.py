"""`infocaller.ask` asks a handler as the server would, and hides nothing of what it does wrong."""

import asyncio
import functools
import subprocess
import sys
import threading
import time
import traceback

import pytest

from infocaller_cli import Answer, QueryError
from infocaller_cli.testing import Outcome


def order(query):
    if query.variables.get("NUMPEDIDO") != "1":
        raise QueryError("no such order", result=7)
    return {"PEDIDO": 2}


async def order_async(query):
    await asyncio.sleep(0)
    return order(query)


class Asynchronous:
    async def __call__(self, query):
        return await order_async(query)


def order_later(query):
    """Not async, but what it returns is to be awaited."""
    return order_async(query)


HANDLERS = [order, order_async, order_later, functools.partial(order_async), Asynchronous()]


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("format", ["xml", "json"])
def test_an_answer(infocaller, handler, format):
    outcome = infocaller.ask(handler, infocaller.query("ESTADO", {"NUMPEDIDO": 1, "PEDIDO": 0}, format=format))
    assert isinstance(outcome, Outcome)
    assert (outcome.ok, outcome.status, outcome.result, outcome.text, outcome.problem) == (True, 200, "0", "", "")
    assert outcome.variables == {"PEDIDO": "2"}
    assert outcome.call_variables == {"NUMPEDIDO": "1", "PEDIDO": "2"}
    assert outcome.body.startswith(b"<?xml" if format == "xml" else b"{")


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_query_error_is_an_answer_and_changes_nothing(infocaller, handler):
    outcome = infocaller.ask(handler, "ESTADO", {"NUMPEDIDO": "9"})
    assert (outcome.ok, outcome.status, outcome.result, outcome.text) == (False, 200, "7", "no such order")
    assert outcome.problem == "Result is 7"
    assert (outcome.variables, outcome.call_variables) == ({}, {"NUMPEDIDO": "9"})


def test_the_query_a_handler_gets(infocaller):
    asked = []
    infocaller.ask(asked.append, " ESTADO ", {"A": "ñ"}, line="987654321", call="5", caller="X", called="900111222")
    (query,) = asked
    assert (query.name, query.variables, query.line, query.call) == ("ESTADO", {"A": "ñ"}, "987654321", "5")
    assert (query.caller, query.called, query.call_type) == (None, "900111222", "R")


def test_a_handler_that_is_not_async_runs_in_the_thread_of_the_test_and_without_a_loop(infocaller):
    def handler(query):
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return {"THREAD": threading.get_ident()}

    assert infocaller.ask(handler, "X").variables == {"THREAD": str(threading.get_ident())}


def boom(query):
    return {"A": 1 // 0}


async def boom_async(query):
    return boom(query)


def boom_later(query):
    return boom_async(query)


@pytest.mark.parametrize("handler", [boom, boom_async, boom_later])
def test_an_exception_reaches_the_test_from_the_handler_s_own_line_on(infocaller, handler):
    with pytest.raises(ZeroDivisionError) as caught:
        infocaller.ask(handler, "X")
    assert [frame.name for frame in traceback.extract_tb(caught.tb)][-1] == "boom"
    assert "responder.py" not in "".join(traceback.format_tb(caught.tb))


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), pytest.fail.Exception("inside")])
def test_not_even_what_ends_a_process_is_swallowed(infocaller, error):
    def handler(query):
        raise error

    with pytest.raises(type(error)):
        infocaller.ask(handler, "X")


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (lambda query: {"A_B": 1}, "IC401"),
        (lambda query: {"A": "\u20ac"}, "IC402"),
        (lambda query: {"A": 1.5}, "the value of 'A' is a str or an int"),
        (lambda query: "done", "a handler returns a dict"),
        (lambda query: Answer(result=""), "IC501"),
        (lambda query: {"A": "\x1b["}, r"U\+001B"),
    ],
)
def test_what_the_server_would_not_send_fails_the_test(infocaller, handler, said):
    with pytest.raises(AssertionError, match=said) as caught:
        infocaller.ask(handler, "ESTADO")
    assert str(caught.value).startswith("no good answer to <Message: query 'ESTADO', xml, line 123456789, call 98565656>:\n  ")
    assert str(caught.value).replace("\n", "").isprintable()


async def sleep(query):
    await asyncio.sleep(60)


@pytest.mark.parametrize("handler", [sleep, lambda query: time.sleep(0.02)])
def test_a_slow_handler_fails_the_test(infocaller, handler):
    with pytest.raises(AssertionError, match=r"took longer than 0\.01 s"):
        infocaller.ask(handler, "X", timeout=0.01)


@pytest.mark.parametrize("change", ["tampered", "unsigned"])
def test_a_wrong_signature_never_reaches_the_handler(infocaller, change):
    asked = []
    outcome = infocaller.ask(asked.append, getattr(infocaller.query("X", {"A": "1"}), change)())
    assert (asked, outcome.ok, outcome.status) == ([], False, 403)
    assert outcome.problem.startswith("the status is 403: ")
    assert outcome.call_variables == {"A": "1"}
    assert infocaller.ask(asked.append, infocaller.query("X", password="other")).status == 403
    with pytest.raises(AssertionError, match=r"was not taken:\n  .*ignature"):
        infocaller.notify(asked.append, getattr(infocaller.event("FIN"), change)())
    assert asked == []


def test_an_event_is_handed_to_its_handler(infocaller):
    seen = []

    async def later(event):
        seen.append((event.kind, event.variables, event.seconds))

    infocaller.notify(later, "FIN", {"PEDIDO": 2}, seconds=95)
    infocaller.notify(seen.append, infocaller.event("DESVIO_CORRECTO"))
    assert seen[0] == ("FIN", {"PEDIDO": "2"}, 95)
    assert seen[1].kind == "DESVIO_CORRECTO"
    with pytest.raises(ZeroDivisionError):
        infocaller.notify(lambda event: 1 // 0, "INICIO")
    with pytest.raises(TypeError, match="is no query"):
        infocaller.ask(seen.append, infocaller.event("FIN"))
    with pytest.raises(AssertionError, match="took longer"):
        infocaller.notify(lambda event: time.sleep(0.05), "INICIO", timeout=0.01)


def test_a_made_query_takes_nothing_more(infocaller):
    with pytest.raises(TypeError, match="made already"):
        infocaller.ask(order, infocaller.query("X"), {"A": "1"})
    with pytest.raises(TypeError, match="made already"):
        infocaller.ask(order, infocaller.query("X"), caller="X")


def test_async_tests_await(infocaller):
    async def test():
        loop = asyncio.get_running_loop()

        async def handler(query):
            assert asyncio.get_running_loop() is loop
            return order(query)

        for each in (handler, *HANDLERS):
            assert (await infocaller.ask_async(each, "X", {"NUMPEDIDO": 1})).variables == {"PEDIDO": "2"}
        with pytest.raises(ZeroDivisionError):
            await infocaller.ask_async(boom_async, "X")
        with pytest.raises(RuntimeError, match="ask_async"):
            infocaller.ask(handler, "X")

    asyncio.run(test())


def test_it_works_without_pytest():
    script = (
        "import sys, unittest\n"
        "from infocaller_cli.testing import Infocaller\n"
        "class Test(unittest.TestCase):\n"
        "    def test(self):\n"
        "        outcome = Infocaller('secret').ask(lambda query: {'A': query.line}, 'X', line='5')\n"
        "        self.assertEqual(outcome.variables, {'A': '5'})\n"
        "        assert 'pytest' not in sys.modules\n"
        "unittest.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
