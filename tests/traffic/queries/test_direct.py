"""`answer` and `answer_async` in a program of somebody's own: where handlers run, what is told to whom, what is wrong usage."""

import asyncio
import contextlib
import contextvars
import logging
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli import Answer, Reply, UsageError, answer, answer_async, create_app, create_wsgi_app, decode, validate
from infocaller_cli.testing import Infocaller

US = Infocaller("3956")
QUERY = US.query("ESTADO", {"NUMPEDIDO": 1}).body


async def later(query):
    await asyncio.sleep(0)
    return {"A": 1}


def ask(handlers, body=QUERY, **how):
    return answer(body, handlers, **({"password": "3956"} | how))


def ask_async(handlers, body=QUERY, **how):
    return asyncio.run(answer_async(body, handlers, **({"password": "3956"} | how)))


BOTH = pytest.mark.parametrize("ask", [ask, ask_async])


def test_a_handler_runs_where_it_is_called_and_without_a_loop():
    def handler(query):
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return {"THREAD": threading.get_ident()}

    assert f"<VarValue>{threading.get_ident()}<".encode() in ask(handler).body


def test_answer_async_takes_both_kinds_and_holds_up_nobody():
    both = threading.Barrier(2)

    def waits(query):
        both.wait(30)  # two at a time, or never
        return {"A": 1}

    async def main():
        replies = await asyncio.gather(*(answer_async(QUERY, waits, password="3956") for _ in range(2)))
        return [*replies, await answer_async(QUERY, {"ESTADO": later}, password="3956")]

    replies = asyncio.run(main())
    assert {(reply.status, reply.body) for reply in replies} == {(200, replies[0].body)}
    assert b"<VarName>A</VarName>" in replies[0].body


@BOTH
def test_context_reaches_the_handler(ask):
    tenant = contextvars.ContextVar("tenant", default="nobody")

    def handler(query):
        return {"T": tenant.get()}

    tenant.set("acme")
    assert b"<VarValue>acme<" in ask(handler).body


@BOTH
def test_around_is_around_the_call(ask):
    told = []

    @contextlib.contextmanager
    def around():
        told.append("begin")
        try:
            yield
        finally:
            told.append("end")

    def boom(query):
        told.append("called")
        raise ValueError

    assert ask(boom, around=around).status == 500
    assert told == ["begin", "called", "end"]
    told.clear()
    assert ask(boom, body=US.query("X", password="wrong").body, around=around).status == 403
    assert told == []


def test_an_async_handler_is_cancelled_in_time():
    ended = []

    async def slow(query):
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(True)

    reply = ask_async(slow, timeout=0.1)
    assert (reply.status, reply.problem, ended) == (500, "the handler took longer than 0.1 s", [True])


@BOTH
def test_an_answer_that_is_late_is_not_given(ask):
    assert ask(lambda query: time.sleep(0.4), timeout=0.1).problem == "the handler took longer than 0.1 s"


def test_the_task_that_awaits_may_be_cancelled():
    async def main():
        task = asyncio.create_task(answer_async(QUERY, lambda query: time.sleep(0.2), password="3956"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_ctrl_c_goes_through():
    def handler(query):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(handler)


# ---- what is told ----


@BOTH
def test_what_a_handler_raises_is_told_to_the_logger_alone(ask, caplog):
    def boom(query):
        raise ValueError("hunter2\x1b[2J")

    reply = ask(boom)
    assert (reply.status, reply.problem) == (500, r"the handler raised ValueError: hunter2\x1b[2J")
    assert b"hunter2" not in reply.body
    (record,) = caplog.records
    lines = record.getMessage().splitlines()
    assert (record.name, record.levelno) == ("infocaller", logging.ERROR)
    assert lines[0].startswith("ESTADO, call 98565656: NUMPEDIDO=1 -> result 1, status 500, ")
    assert lines[1] == "Traceback (most recent call last):"
    assert next(line for line in lines if line.startswith("  File ")).endswith(", in boom")
    assert "\x1b" not in record.getMessage()


@BOTH
def test_what_is_refused_is_a_warning_and_what_is_answered_is_none(ask, caplog):
    with caplog.at_level(logging.INFO, "infocaller"):
        assert ask(lambda query: {"A": 1}).problem == ""
        assert ask(lambda query: None, body=US.query("X", password="wrong").body).problem
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.WARNING]
    assert "3956" not in caplog.text


@BOTH
def test_a_body_that_something_has_read_before_is_said(ask):
    reply = ask(lambda query: None, body=b"")
    assert reply.status == 400
    assert reply.problem.endswith("the body is empty; was the form already parsed? Pass the raw body, read first")


def test_a_reply_is_what_frameworks_take():
    status, content_type, _, problem = reply = ask(lambda query: Answer(text="Sí"))
    assert isinstance(reply, Reply)
    assert (status, content_type, problem) == (200, "text/xml", "")
    assert ask(None, body=US.event("FIN").body, on=lambda event: None) == (200, "text/plain", b"", "")


BODIES = st.one_of(st.binary(), st.binary().map(lambda data: b"apiInfocaller=" + data), st.binary().map(lambda data: QUERY[:-40] + data))
TEXTS = st.text() | st.sampled_from(["multipart/form-data; boundary=x", "http://[", "/ev?eve=fin"])


@given(body=BODIES, content_type=TEXTS, url=TEXTS, returned=st.one_of(st.none(), st.dictionaries(st.text(), st.text()), st.text()))
def test_whatever_comes_a_document_goes_back_and_nothing_secret(body, content_type, url, returned):
    caught = logging.getLogger("infocaller")
    caught.disabled = True
    try:
        reply = answer(body, lambda query: returned, password="39560815", content_type=content_type, url=url)
    finally:
        caught.disabled = False
    assert reply.status in (200, 400, 403, 500)
    assert b"39560815" not in reply.body
    if reply.content_type != "text/plain":
        document = decode(reply.body).document
        assert (document.get("Status", "Result") == "0") == (reply.status == 200)
        assert not [finding for finding in validate(decode(reply.body)) if finding.level == "error"]


# ---- passwords ----


@pytest.mark.parametrize(
    "asked",
    [ask, ask_async, lambda handler, password, body=QUERY: in_app(create_wsgi_app(handler, password=password), body)],
)
def test_a_password_for_each_line(asked):
    known = {"123456789": "3956", "987654321": "1111"}.get
    other = US.query("X", line="987654321", password="1111").body
    assert asked(lambda query: None, password=known).status == 200
    assert asked(lambda query: None, body=other, password=known).status == 200
    assert asked(lambda query: None, body=other, password="3956").status == 403
    assert asked(lambda query: None, body=US.query("X", line="911111111").body, password=known).status == 403


def in_app(app, body):
    import io

    sent = []
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    answered = b"".join(app(environ, lambda status, headers: sent.append(int(status[:3]))))
    return Reply(sent[0], "", answered)


@BOTH
@pytest.mark.parametrize("password", [lambda line: 1 // 0, lambda line: 3956, lambda line: "\u20ac", lambda line: ""])
def test_a_function_of_passwords_that_fails_is_told(ask, password, caplog):
    reply = ask(lambda query: None, password=password)
    assert (reply.status, b"<ResultText>the query could not be answered<" in reply.body) == (500, True)
    assert reply.problem.startswith("the password of line 123456789 cannot be had: ")
    assert "Traceback" in caplog.text


@BOTH
def test_no_password_checks_nothing(ask):
    assert ask(lambda query: None, body=US.query("X", password="wrong").body, password=None).status == 200


# ---- wrong usage ----


def test_async_handlers_belong_to_who_has_a_loop():
    with pytest.raises(UsageError, match="is async") as caught:
        ask(later)
    assert "answer_async" in caught.value.hint
    with pytest.raises(UsageError, match="later is async"):
        create_wsgi_app({"A": later}, password="3956")
    reply = ask(lambda query: later(query))  # noqa: PLW0108  nothing says that it is async
    assert (reply.status, reply.problem) == (500, "the handler raised TypeError: it is async, and no event loop runs here")


@BOTH
def test_what_cannot_be_used_is_said_whatever_came(ask):
    for body in (QUERY, b""):
        with pytest.raises(UsageError, match="there is no handler"):
            ask(None, body=body)
        with pytest.raises(UsageError, match="there is no event 'FIM'"):
            ask(None, body=body, on={"FIM": print})
        with pytest.raises(UsageError, match="time-out"):
            ask(print, body=body, timeout=0)
        with pytest.raises(UsageError, match="password cannot be used"):
            ask(print, body=body, password="\u20ac")
        with pytest.raises(UsageError, match="anybody could sign"):
            ask(print, body=body, password="")
        with pytest.raises(TypeError, match="a password is"):
            ask(print, body=body, password=3956)
    with pytest.raises(TypeError, match="as they were sent, not str"):
        ask(print, body=QUERY.decode())


def test_create_app_takes_a_function_of_the_line():
    app = create_app(lambda query: None, password={"123456789": "3956"}.get)
    from infocaller_cli.traffic.queries.exchange import Exchange

    assert asyncio.run(app.answer(QUERY, "", Exchange())).status == 200
    assert asyncio.run(app.answer(US.query("X", line="1").body, "", Exchange())).status == 403
