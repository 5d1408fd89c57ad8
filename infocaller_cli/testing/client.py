"""What the test clients of the usual frameworks return, taken apart without importing any of them."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple, TypeVar

from ..errors import DecodeError
from ..traffic.http.content import unpacked

_T = TypeVar("_T")
# Where they keep the body: Django, httpx (and so FastAPI and Starlette), requests; Flask; WebTest
_BODIES = ("content", "data", "body")
_STATUSES = ("status_code", "status_int")


class Parts(NamedTuple):
    """Status, Content-Type and body of an answer, the body without its Content-Encoding."""

    status: int
    content_type: str | None
    body: bytes


def parts_of(answer: object) -> Parts:
    """The parts of a test client's response; a bare body (bytes or str) is as good as one with status 200. Raises TypeError."""
    if isinstance(answer, str):
        return Parts(200, None, answer.encode())
    if isinstance(answer, bytes | bytearray | memoryview):
        return Parts(200, None, bytes(answer))
    body = _first(answer, _BODIES, bytes)
    status = _first(answer, _STATUSES, int)
    if body is None or status is None:
        raise TypeError(f"{type(answer).__name__} is no answer that is known here: give its body, its Content-Type, and status=")
    get = getattr(getattr(answer, "headers", None), "get", None)
    content_type = get("Content-Type") if callable(get) else None
    if callable(get) and (encoding := get("Content-Encoding")):
        with suppress(DecodeError):  # then the body is judged as it came
            body = unpacked(body, str(encoding))
    return Parts(status, None if content_type is None else str(content_type), body)


def _first(answer: object, names: tuple[str, ...], kind: type[_T]) -> _T | None:
    """The first attribute of these that is of a kind."""
    for name in names:
        value = getattr(answer, name, None)
        if isinstance(value, kind):
            return value
    return None
