"""A transport that writes little and often as one, and that closes without cutting off who still sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Corked:
    """A transport that writes what comes in one turn of the loop at once.

    Closed while the client still sends (`unread`), it lets the client finish: with bytes left unread, the system would
    reset the connection, and the client might never see its answer. A second `close` waits for nothing.
    """

    __slots__ = ("_loop", "_parts", "_transport", "_unread", "abort", "get_extra_info", "lingers", "pause_reading", "resume_reading")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, unread: Callable[[], bool]) -> None:
        self._transport = transport
        self._loop = loop
        self._unread = unread
        self._parts: list[bytes] = []
        self.lingers = False
        self.abort = transport.abort
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """A part of an answer."""
        if self.lingers:  # all is said, whatever a handler still has to say
            return
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)

    def write_whole(self, data: bytes) -> None:
        """An answer that is whole: behind the parts of others, or at once."""
        if self._parts or self.lingers:
            self.write(data)
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Write what is held back."""
        if self._parts:
            self._transport.write(b"".join(self._parts))
            self._parts.clear()

    def is_closing(self) -> bool:
        """Whether nothing more is read of it."""
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        """Close it, once the client has said all."""
        self.flush()
        if self.lingers or not self._unread():
            self._transport.close()
            return
        self.lingers = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.resume_reading()

    def get_write_buffer_size(self) -> int:
        """Bytes the client has not taken yet."""
        return self._transport.get_write_buffer_size()
