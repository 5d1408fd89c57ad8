"""The recorder: an ASGI application that keeps every request byte for byte, and answers it or passes it on.

A request waits for its record to be written, and for nothing else that can be done later: what is for the eye (reading all of the
document, its signature, the line that is shown) is done `afterwards`. Most requests come whole and need no application behind: all
of them that are read in one turn of the loop are written at once, then answered, without a task.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...codec import spec
from ..http.asgi import LARGE, GoneError, Receive, Scope, Send, TooLargeError, lifespan, read_body, respond, unhurried
from ..http.message import Headers, header, writable
from ..send.judgement import judge
from .afterwards import Afterwards
from .caught import Caught

if TYPE_CHECKING:
    from ..http.whole import Whole
    from ..queries.passwords import Password
    from .forward import Forward
    from .line_file import LineFile

MAX_BODY = 16 * 1024 * 1024
_BODILESS = (204, 304)
# How many times its bytes a document takes once it is read, if it means harm
_UNPACKED = 50


class Recorder:
    """The ASGI application. It refuses no document.

    `password(line)` tells what is known of a line's password; `log` takes every request, with `quiet` only what went wrong; `warn` what
    concerns the file. `unread` may be set to what is to happen once nobody reads a pipe that is written to. `recorded` counts the
    requests that were.
    """

    unread: Callable[[], None] = staticmethod(lambda: None)

    def __init__(
        self,
        file: LineFile,
        base: str,
        password: Callable[[str], Password],
        *,
        forward: Forward | None,
        log: Callable[[Caught], None],
        warn: Callable[[str], None],
        quiet: bool = False,
    ) -> None:
        self._file = file
        self._base = base
        self._password = password
        self._forward = forward
        self._log = log
        self._warn = warn
        self._quiet = quiet
        self._broken = False
        self._afterwards = Afterwards(self._show, self._not_shown, lambda: file.busy)
        self.recorded = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record one request, then answer it."""
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        headers: Headers = scope["infocaller"]["headers"]
        caught = _caught(scope["method"], scope["infocaller"]["target"], headers)
        try:
            caught.body = await read_body(scope, receive, MAX_BODY)
        except TooLargeError:
            caught.status, caught.problem = 413, f"the body is over {MAX_BODY:,} bytes: not recorded"
        except GoneError:
            return None
        else:
            await self._answer_and_record(caught, headers)
        await _send(send, caught)
        if not caught.ms:
            caught.timed()
        await self._judge(caught)
        self._answered(caught)
        return None

    def take(self, request: Whole) -> bool:
        """Record and answer a request that came whole, unless it is large or for the application behind."""
        if self._forward is not None or len(request.body) >= LARGE:
            return False
        caught = _caught(request.method.decode("ascii"), request.target, request.headers)
        caught.body = request.body
        caught.look(whole=False)
        caught.answered(200, _CAPTURED)
        caught.timed()

        def written(error: OSError | None) -> None:
            self._written(caught, error)
            request.answer(caught.status, caught.headers, caught.answer)
            self._answered(caught)

        self._file.put(caught.record(request.headers, self._base), written)
        return True

    def refused(self, client: str, status: str, why: str) -> None:
        """What a client sent was no request, or came too slowly: nothing of it is recorded."""
        self._warn(f"what {client} sent was refused and is not recorded: {status}: {why}")

    def finish(self) -> None:
        """Do what was left for afterwards."""
        self._afterwards.finish()

    async def _answer_and_record(self, caught: Caught, headers: Headers) -> None:
        """Where a record cannot be written, its request is not answered as if it were kept."""
        await unhurried(len(caught.body), lambda: caught.look(whole=self._forward is not None))
        if self._forward is None:
            caught.answered(200, _CAPTURED)
        else:
            await self._forward.answer(caught, headers)
        caught.timed()
        line = await unhurried(len(caught.body) + len(caught.answer), caught.record, headers, self._base)
        self._written(caught, await self._file.write(line))

    def _written(self, caught: Caught, error: OSError | None) -> None:
        """Note that a record is written, or that it is not, and what to answer then."""
        if error is None:
            self.recorded += 1
            if self._broken:
                self._warn("records can be written again")
        else:
            caught.problem = f"not recorded: {error.strerror or error}"
            caught.answered(503, "not recorded")
            if isinstance(error, BrokenPipeError):
                self.unread()
            elif not self._broken:
                self._warn(f"records cannot be written ({error.strerror or error}): requests get 503 until that is mended")
        self._broken = error is not None

    async def _judge(self, caught: Caught) -> None:
        """What the call makes of the application's answer to a query; whoever asked has it already."""
        query = caught.decoded
        if self._forward is None or caught.problem or query is None or query.document.kind is not spec.Kind.QUERY:
            return
        content_type, encoding = (header(caught.headers, name).decode("latin-1") for name in (b"content-type", b"content-encoding"))
        caught.judgement = await unhurried(len(caught.answer), judge, caught.status, content_type or None, caught.answer, query, encoding)

    def _answered(self, caught: Caught) -> None:
        """Show a request, which has its answer: at once if something is wrong."""
        if caught.problem:
            self._show(caught)
            self._afterwards.resume()
        elif not self._quiet or caught.refused:
            self._afterwards.add(caught, len(caught.body) * (_UNPACKED if caught.decoded else 1) + len(caught.answer))

    def _show(self, caught: Caught) -> None:
        caught.read(self._password(caught.document.line or "").text if caught.document else None)
        self._log(caught)

    def _not_shown(self, count: int) -> None:
        self._warn(f"{count:,} requests came faster than they can be shown; they are recorded like all others")


_CAPTURED = "captured, not answered"


def _caught(method: str, target: bytes, headers: Headers) -> Caught:
    content_type = header(headers, b"content-type").decode("latin-1")
    return Caught(method, target.decode("latin-1"), content_type, time.time(), time.perf_counter())


async def _send(send: Send, caught: Caught) -> None:
    headers = writable(caught.headers)
    if caught.method == "HEAD" or caught.status in _BODILESS:
        await send({"type": "http.response.start", "status": caught.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
    else:
        await respond(send, caught.status, headers, caught.answer)
