"""Recorded requests to what goes out: which are meant, whose call they are, when they are due, their bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...codec import decode
from ...codec.form import open_body
from ...codec.spec import Kind
from ...errors import DecodeError, InputError, NoAnswerError, UsageError
from ..http.message import ABSOLUTE, NOT_SENDABLE, Failure, Target, request_head, with_body
from .player import Job
from .selection import Selection, identity, timestamp

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..captures.record import Record, Recorded
    from .journal import Journal


class Jobs:
    """The jobs of recorded requests, in order.

    `password(line)` for signing anew; `book` names what is finished; `speed` keeps the recorded gaps, so many times shorter;
    with `check` a job knows its query. Counts `skipped` requests, `unsigned` ones that have no place for a signature, and `untimed` ones
    whose time is asked for and not readable.
    """

    def __init__(
        self,
        records: Iterable[Recorded],
        target: Target,
        selection: Selection,
        *,
        password: Callable[[str | None], str] | None = None,
        book: Journal | None = None,
        speed: float | None = None,
        keep_path: bool = False,
        check: bool = False,
    ) -> None:
        self._records = records
        self._target = target
        self._selection = selection
        self._password = password
        self._book = book
        self._speed = speed
        self._keep_path = keep_path
        self._check = check
        self._first: tuple[float, float] | None = None
        self._kind_needed = bool(selection.kinds)
        self._timed = speed is not None or selection.since is not None or selection.until is not None
        self.skipped = 0
        self.unsigned = 0
        self.untimed = 0

    def __iter__(self) -> Iterator[Job]:
        for recorded in self._records:
            job = self._job(recorded)
            if job is None:
                self.skipped += 1
            else:
                yield job

    def _job(self, recorded: Recorded) -> Job | None:
        """The job of a record; None where it is not to be sent."""
        name, number, raw, record = recorded
        if self._book is not None and self._book.has(name, number):
            return None
        try:
            found = identity(record, kind_needed=self._kind_needed)
        except InputError as error:  # its body is no base64
            return Job(name, number, raw, None, b"", refusal=Failure(NOT_SENDABLE, str(error)))
        when = timestamp(record.data.get("ts")) if self._timed else None
        self.untimed += self._timed and when is None
        if not self._selection.takes(found, when):
            return None
        key = (found.line, found.call) if found.line and found.call else None
        job = Job(name, number, raw, key, b"", due=self._due(when))
        try:
            body = record.body if self._password is None else self._signed(record, self._password)
            job.wire = wire_of(record, self._target, body, keep_path=self._keep_path)
            job.query = _query(record) if self._check else None
            job.bodiless = record.data.get("method") == "HEAD"
        except Failure as failure:
            job.refusal = failure
        except UsageError as error:
            job.refusal = Failure("no password", str(error))
        except InputError as error:
            job.refusal = Failure(NOT_SENDABLE, str(error))
        return job

    def _due(self, when: float | None) -> float:
        if self._speed is None or when is None:
            return 0.0
        if self._first is None:
            self._first = (time.perf_counter(), when)
        return self._first[0] + (when - self._first[1]) / self._speed

    def _signed(self, record: Record, password: Callable[[str | None], str]) -> bytes:
        """The body with a new signature; as it is where none belongs."""
        from ...codec.edit import edited, signing_edit

        body = record.body
        try:
            envelope = open_body(body, record.content_type)
            decoded = decode(envelope.document)
            edit = signing_edit(decoded, lambda: password(decoded.document.line))
        except (NoAnswerError, DecodeError):
            self.unsigned += 1
            return body
        return edited(envelope, decoded, edit)


def _query(record: Record) -> Decoded | None:
    """The query that a record holds, if it does."""
    try:
        decoded = decode(open_body(record.body, record.content_type).document)
    except DecodeError:
        return None
    return decoded if decoded.document.kind is Kind.QUERY else None


def wire_of(record: Record, target: Target, body: bytes, *, keep_path: bool) -> bytes:
    """The request as it goes out. Raises Failure where it could be read as two."""
    data = record.data
    path, query = target.url.path or b"/", target.url.query
    if keep_path:
        recorded = _bytes(data.get("url") or "")
        if absolute := ABSOLUTE.match(recorded):
            recorded = recorded[absolute.end() :]
        before, _mark, asked = recorded.partition(b"?")
        _, slash, below = before.partition(b"/")
        path = path.rstrip(b"/") + slash + below or b"/"
        query = b"&".join(part for part in (query, asked) if part)
    method = data.get("method") or "POST"
    if not isinstance(method, str):
        raise Failure(NOT_SENDABLE, "its method is no text")
    return with_body(_head(method, path + (b"?" + query if query else b""), target, _headers(data.get("header"))), body)


@lru_cache(maxsize=4)  # the same, from one request to the next
def _head(method: str, path: bytes, target: Target, headers: tuple[tuple[str, str], ...]) -> bytes:
    return request_head(method, path, target.url.authority, target.dressed([(_bytes(name), _bytes(value)) for name, value in headers]))


def _headers(recorded: Any) -> tuple[tuple[str, str], ...]:
    """The recorded headers, but for the length: that of the body is told anew."""
    if recorded is None:
        return ()
    if not isinstance(recorded, dict):
        raise Failure(NOT_SENDABLE, "its headers are no object")
    found = []
    for name, values in recorded.items():
        if name[:1] == ":":  # HTTP/2 keeps the request line there
            continue
        for value in values if isinstance(values, list) else (values,):
            if not isinstance(value, str):
                raise Failure(NOT_SENDABLE, f"its header {name} is no text")
            if name.lower() != "content-length":
                found.append((name, value))
    return tuple(found)


def _bytes(text: Any) -> bytes:
    """Text of a record as the bytes it was: ISO-8859-1, or UTF-8 where somebody else wrote the capture."""
    if not isinstance(text, str):
        return b""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
