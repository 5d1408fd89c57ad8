"""A connection for who records: the target and the names of headers as they came."""

from __future__ import annotations

import re
from typing import Any

from .connection import HEAD, IDLE, Connection
from .whole import Whole

_REQUEST_LINE = re.compile(rb"([A-Z]+ )([^ ]+)( HTTP/1\.[01]\r?)")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class RecordingConnection(Connection):
    """A connection that also keeps what uvicorn forgets: the target and the names of headers as they came."""

    _offered: list[tuple[bytes, bytes]] | None = None
    _eight_bit = b""
    _as_came: dict[str, Any]

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._raw: list[tuple[bytes, bytes]] = []

    def data_received(self, data: bytes) -> None:
        """Bytes that are not ASCII do not stand in a request line, and are sent: the parser gets their escapes."""
        line, end, rest = data.partition(b"\n") if self._phase == IDLE else (b"", b"", b"")
        if not line.isascii() and (found := _REQUEST_LINE.fullmatch(line)):
            self._eight_bit = found[2]
            escaped = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], found[2])
            data = found[1] + escaped + found[3] + end + rest
        super().data_received(data)

    def _read_without_upgrade(self, rest: bytes) -> None:
        self._offered = self._raw
        super()._read_without_upgrade(rest)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase == HEAD:
            self._raw.append((name, value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            self._as_came = {"target": self._eight_bit or self.url, "headers": self._offered or self._raw}
            self._offered, self._eight_bit = None, b""
        super().on_headers_complete()

    def _go_through_asgi(self) -> None:
        super()._go_through_asgi()
        self.scope["infocaller"] = self._as_came  # type: ignore[typeddict-unknown-key]

    def request(self, body: bytes) -> Whole:
        """The request that has come, with its body."""
        request = super().request(body)
        request.target, request.headers = self._as_came["target"], self._as_came["headers"]
        return request
