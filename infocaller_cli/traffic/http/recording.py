"""A connection for who records: the target and the names of headers as they came."""

from __future__ import annotations

import re
from typing import Any

from .connection import IDLE, Connection
from .whole import Whole

_REQUEST_LINE = re.compile(rb"([A-Z]+ )([^ ]+)( HTTP/1\.[01]\r?)")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class RecordingConnection(Connection):
    """A connection that also tells what uvicorn forgets: the target and the names of headers as they came."""

    _offered: list[tuple[bytes, bytes]] | None = None
    _eight_bit = b""
    _as_came: dict[str, Any]

    def data_received(self, data: bytes) -> None:
        """Bytes that are not ASCII do not stand in a request line, and are sent: the parser gets their escapes."""
        if self._phase == IDLE and not data.isascii():
            line, end, rest = data.partition(b"\n")
            if found := _REQUEST_LINE.fullmatch(line):
                escaped = _NOT_ASCII.sub(lambda byte: b"%%%02X" % byte[0][0], found[2])
                if escaped != found[2]:
                    self._eight_bit = found[2]
                    data = found[1] + escaped + found[3] + end + rest
        super().data_received(data)

    def _read_without_upgrade(self, rest: bytes) -> None:
        self._offered = self.headers
        super()._read_without_upgrade(rest)

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            self._as_came = {"target": self._eight_bit or self.url, "headers": self._offered or self.headers}
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
