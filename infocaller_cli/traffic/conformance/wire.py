"""A request of a check as it goes out."""

from __future__ import annotations

from ..http.message import Headers, request_bytes
from ..http.url import parse_url
from ..send.request import request
from .case import Shot

_EXPECTS = ("Expect", "100-continue")


def headers_of(url: str, one: Shot, *, kept: bool = False) -> Headers:
    """The headers that a request goes out with; Content-Length and Host are written beside them."""
    made = request(url, one.content_type, one.body).headers
    ours = [(name, value) for name, value in made if name != "Host" and not (kept and name == "Connection")]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*ours, *one.headers)]


def wire(url: str, one: Shot, *, kept: bool) -> tuple[bytes, bytes]:
    """What goes out at once, and what does when the other side has said that it wants it."""
    where = parse_url(url)
    whole = request_bytes(one.method, where.target.encode(), where.authority, headers_of(url, one, kept=kept), one.body)
    whole = whole.replace(b" HTTP/1.1\r\n", b" HTTP/" + one.version + b"\r\n", 1)
    held = len(one.body) if _EXPECTS in one.headers else 0
    return whole[: len(whole) - held], whole[len(whole) - held :]
