"""The application behind a recorder: what it is sent, and what is made of its silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http.message import ABSOLUTE, Failure, forwardable

if TYPE_CHECKING:
    from ..http.client import Pool
    from ..http.message import Headers, Target
    from .caught import Caught

_LAST_STATUS = 599
_NO_ANSWER = "the application gave no answer"


class Forward:
    """The application behind: URL's path is used (the request's where URL has none), the request's query string passed on."""

    def __init__(self, target: Target, pool: Pool) -> None:
        self.target = target
        self.pool = pool

    def path(self, target: bytes) -> bytes:
        """Where a request for `target` goes."""
        path, _, query = target.partition(b"?")
        if absolute := ABSOLUTE.match(path):  # what a proxy is asked for
            path = b"/" + path[absolute.end() :].partition(b"/")[2]
        query = b"&".join(part for part in (self.target.url.query, query) if part)
        return (self.target.url.path or path) + (b"?" + query if query else b"")

    async def answer(self, caught: Caught, headers: Headers) -> None:
        """Give a request, which came with these headers, the application's answer, or one of our own where there is none."""
        authority = self.target.url.authority
        path = self.path(caught.target.encode("latin-1"))
        try:
            reply = await self.pool.exchange(caught.method, path, self.target.dressed(headers), caught.body)
        except Failure as failure:
            late = failure.word == "timeout"
            caught.problem = f"the application at {authority} {'is too slow' if late else f'gave no answer: {failure}'}"
            caught.answered(504 if late else 502, _NO_ANSWER)
            return
        if reply.status > _LAST_STATUS:  # the server can write no such answer
            caught.problem = f"the application at {authority} answered {reply.status}, which is no status of HTTP"
            caught.answered(502, _NO_ANSWER)
            return
        caught.status, caught.answer = reply.status, reply.body
        caught.headers = forwardable(reply.headers)
        if caught.method == "HEAD":  # a length that counts no body
            caught.headers += [(name, value) for name, value in reply.headers if name.lower() == b"content-length"]
