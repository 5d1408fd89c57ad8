"""What users write, for mypy to judge with `--strict`: the types are those said here, and what is wrong is refused.

Never run. A `type: ignore` that nothing needs is an error too, so each wrong line below must stay wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import assert_type

import infocaller_cli
import infocaller_cli.testing
from infocaller_cli import (
    Answer,
    Decoded,
    DecodeError,
    Document,
    EncodeError,
    Event,
    Finding,
    InfocallerError,
    InputError,
    Query,
    QueryError,
    Reply,
    SignatureError,
    SqliteSeen,
    UsageError,
    answer,
    answer_async,
    convert,
    create_app,
    create_wsgi_app,
    decode,
    encode,
    receive,
    sign,
    validate,
    verify,
)
from infocaller_cli.testing import Infocaller, Message, Outcome


def read(data: bytes) -> Document | None:
    """The codec: bytes in, documents out, and back."""
    try:
        decoded = decode(data, lenient=True, max_size=1 << 20)
    except DecodeError as error:
        assert_type(error.code, str)
        assert_type(error.row, int | None)
        assert_type(error.what, str)
        return None
    assert_type(decoded, Decoded)
    assert_type(decoded.findings, list[Finding])
    assert_type(decoded.document.line, str | None)
    assert_type([(variable.name, variable.value) for variable in decoded.document.variables], list[tuple[str, str]])
    for finding in validate(decoded, password="3956"):
        assert_type(finding.code, str)
        assert_type(finding.row, int | None)
    assert_type(verify(decoded.document, "3956").valid, bool)
    assert_type(sign("123456789", "98565656", "3956"), str)
    assert_type(encode(decoded.document, "json", indent=True), bytes)
    assert_type(convert(data, "xml"), bytes)
    assert_type(infocaller_cli.__version__, str)
    return decoded.document


def answered(query: Query) -> dict[str, int]:
    """A handler that returns variables."""
    assert_type(query.variables, dict[str, str])
    assert_type(query.caller, str | None)
    if not query.variables.get("NUMPEDIDO", "").isdigit():
        raise QueryError("no order number was given", result=2)
    return {"PEDIDO": 2}


def full(query: Query) -> Answer:
    """A handler that says more."""
    return Answer({"PEDIDO": "2", "DAYS": 3}, result=0, text=query.name)


async def late(query: Query) -> Answer | None:
    """A handler that waits."""
    return None if query.name else Answer()


def ended(event: Event) -> None:
    """A handler of events."""
    assert_type(event.kind, str)
    assert_type(event.variables, dict[str, str])
    assert_type(event.end, datetime | None)
    assert_type(event.cost_rx, Decimal | None)
    assert_type([action.when for action in event.actions], list[datetime | None])


@contextmanager
def connections() -> Iterator[None]:
    """What every handler is called within."""
    yield


create_app(answered, timeout=5.0, password="3956")
create_app(answered, on={"FIN": ended}, around=connections)
create_app(on=["FIN=orders:ended", "event=orders:other"])
create_app({"ESTADO PEDIDO": full})
create_app("orders:status")
create_app(["A=orders:status", "B=orders:other"], config="infocaller.toml")

create_wsgi_app(answered, on={"FIN": ended}, around=connections, password={"123456789": "3956"}.get)


def view(body: bytes, content_type: str | None, url: str) -> tuple[bytes, int, str]:
    """A view of an application of one's own."""
    reply = answer(body, {"ESTADO PEDIDO": full}, password="3956", content_type=content_type, url=url, on={"FIN": ended})
    assert_type(reply, Reply)
    assert_type(reply.problem, str)
    return reply.body, reply.status, reply.content_type


async def view_async(body: bytes) -> int:
    """The same, where a loop runs."""
    reply = await answer_async(body, late, password=lambda line: None, around=connections)
    return reply.status


def events(body: bytes, url: str, seen: SqliteSeen) -> int:
    """A view that takes events."""
    try:
        event = receive(body, url, password=None, content_type=None, seen=seen)
    except (SignatureError, DecodeError) as error:
        assert_type(error.status, int)
        return error.status
    assert_type(event, Event)
    assert_type(event.repeated, bool)
    seen.discard(event.key)
    return 200


class Redis:
    """Somewhere else to remember."""

    def add(self, name: str) -> bool:
        return bool(name)


receive(b"", password="3956", seen=Redis())
errors: list[type[InfocallerError]] = [DecodeError, EncodeError, InputError, UsageError]


def test_orders(infocaller: Infocaller) -> None:
    """A test of an application."""
    event = infocaller.event("FIN", {"PEDIDO": 2}, seconds=95)
    assert_type(event, Message)
    assert_type(event.form, dict[str, str])
    assert_type(event.body, bytes)
    outcome = infocaller.ask(answered, "ESTADO PEDIDO", {"NUMPEDIDO": 7})
    assert_type(outcome, Outcome)
    assert_type(outcome.ok, bool)
    infocaller.ask(late, infocaller.query("ESTADO PEDIDO"))


# ---- what is wrong ----


def no_answer(query: Query) -> int:
    """A handler whose answer is none."""
    return len(query.variables)


decode("<ApiCall/>")  # type: ignore[arg-type]
encode(b"{}", "json")  # type: ignore[arg-type]
verify(decode(b""), "3956")  # type: ignore[arg-type]
sign(123456789, 98565656, 3956)  # type: ignore[arg-type]
create_app(answered, timeout="5")  # type: ignore[arg-type]
answer(b"", answered)  # type: ignore[call-arg]
answer("", answered, password="3956")  # type: ignore[arg-type]
answer(b"", answered, password=3956)  # type: ignore[arg-type]
receive(b"")  # type: ignore[call-arg]
receive(b"", password="3956", seen=set())  # type: ignore[arg-type]
Answer({"PEDIDO": 0.5})  # type: ignore[dict-item]
QueryError(status=1)  # type: ignore[call-arg]
Infocaller().ask(no_answer, "ESTADO PEDIDO")  # type: ignore[arg-type]
print(infocaller_cli.decoder, infocaller_cli.testing.Infocaler)  # type: ignore[attr-defined]
