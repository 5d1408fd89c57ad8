"""The capture format: NDJSON, one recorded request a line, with the field names of vegeta's JSON targets.

{"ts", "method", "url", "header": {name: [values]}, "body": base64, "kind", "line", "call",
 "resp": {"status", "header", "body": base64, "ms"}}; any of them may be missing, unknown keys are kept.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ...errors import DecodeError
from ..http.content import unpacked
from .base64 import to_bytes, to_text
from .json_stream import MOST_VALUES, too_many_values

if TYPE_CHECKING:
    from ...codec.model import Document, Outline
    from ..http.message import Headers

# One of these in a JSON object makes it a record and not a document
KEYS = frozenset({"body", "header", "method", "resp", "ts", "url"})
# A record begins with one of these
LEADING_KEYS = KEYS | {"kind", "line", "call"}
_BEGINS = rf'\s*\{{\s*"(?:{"|".join(sorted(LEADING_KEYS))})"\s*:'.encode()


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded request, with its answer if there was one. `data` is the JSON object as it stood."""

    data: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The request's body. Raises DecodeError where it is no base64."""
        return _bytes(self.data.get("body"))

    @property
    def content_type(self) -> str:
        """The request's Content-Type; "" without one."""
        return header_of(self.data, "content-type") or ""

    @property
    def answer(self) -> tuple[bytes, str | None] | None:
        """The recorded response's body without its Content-Encoding, and its Content-Type; None where none was recorded.

        Raises DecodeError.
        """
        response = self.data.get("resp")
        if not isinstance(response, dict) or response.get("body") is None:
            return None
        return unpacked(_bytes(response["body"]), header_of(response, "content-encoding") or ""), header_of(response, "content-type")


class Recorded(NamedTuple):
    """A record and where it stands: its file, its line there (of HAR: its entry) from 1, the bytes of that line."""

    file: str
    number: int
    line: bytes
    record: Record


def parse_line(line: bytes) -> Record | None:
    """The record on a line of a capture; None where the line is no complete record (a crash tears the last one)."""
    if len(line) > MOST_VALUES and too_many_values(line.decode("latin-1")):
        return None
    try:
        return as_record(_loads(line))
    except ValueError:
        return None


def as_record(data: Any) -> Record | None:
    """A JSON value as a record; None where it is none."""
    return Record(data) if isinstance(data, dict) and not KEYS.isdisjoint(data) else None


def begins_record(line: bytes) -> bool:
    """Whether a line begins as a record does: one that a crash has torn, or that is too long to be looked at as a whole."""
    return re.match(_BEGINS, line) is not None


def record_of(body: bytes) -> Record:
    """The request in which a document, a form or a multipart body is sent. Raises DecodeError."""
    from ...codec.form import as_posted

    content_type, posted = as_posted(body)
    return Record({"method": "POST", "header": {"Content-Type": [content_type]}, "body": to_text(posted)})


def grouped(headers: Headers) -> dict[str, list[str]]:
    """Header names in the case received, each with its values."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def request_row(
    when: float, method: str, url: str, header: dict[str, list[str]], body: bytes, document: Document | Outline | None
) -> dict[str, Any]:
    """The data of a record but for its answer; `document` is the one in the body, if that could be read. `when` as `time.time` has it."""
    row: dict[str, Any] = {"ts": _in_utc(when), "method": method, "url": url, "header": header, "body": to_text(body)}
    if document is not None:
        row["kind"] = document.kind.value
        if line := document.line:
            row["line"] = line
        if call := document.call:
            row["call"] = call
    return row


def _in_utc(when: float) -> str:
    second, rest = divmod(round(when * 1_000_000), 1_000_000)
    return f"{_of_second(second)}.{rest:06}Z"


@lru_cache(maxsize=2)
def _of_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def response_row(status: int, header: dict[str, list[str]], body: bytes, ms: float) -> dict[str, Any]:
    """What a record says of its answer."""
    return {"status": status, "header": header, "body": to_text(body) if body else "", "ms": round(ms, 3)}


def to_line(record: Record) -> bytes:
    """A record as a line of a capture."""
    return json.dumps(record.data, separators=(",", ":")).encode() + b"\n"


def _loads(text: bytes) -> Any:
    """orjson where it is loaded already or worth its start-up; it refuses lone surrogates, which the standard library reads."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deep") from None


def _bytes(text: object) -> bytes:
    try:
        if isinstance(text, str):
            return to_bytes(text)
    except ValueError as error:
        raise DecodeError("the record is not readable", f"its body is no base64 ({error})") from None
    if text is None:
        return b""
    raise DecodeError("the record is not readable", "its body is no text: base64 belongs there", '"body":"YXBp..."')


def header_of(message: dict[str, Any], name: str) -> str | None:
    """The first value of a header of a request or response, by its lower-case name."""
    headers = message.get("header")
    if not isinstance(headers, dict):
        return None
    for key, values in headers.items():
        if key.lower() == name:
            value = values[0] if isinstance(values, list) and values else values
            return value if isinstance(value, str) else None
    return None
