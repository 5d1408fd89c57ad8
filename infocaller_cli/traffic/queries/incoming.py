"""What came: the body of a request and the document in it, or why it is refused; and whether it came damaged."""

from __future__ import annotations

from ...codec import Decoded, decode, spec
from ...codec.form import open_body
from ...codec.rules import validate
from ...errors import DecodeError
from ..http.asgi import LARGE, Receive, Scope, TooLargeError, read_body
from ..http.message import header
from .exchange import Exchange

MAX_BODY = spec.MAX_DOCUMENT
# The rule about characters that a value cannot have
_DAMAGED = "IC402"


class RefusedError(Exception):
    """The request gets no answer of a handler. `header` tells what would be taken."""

    def __init__(self, status: int, text: str, why: str = "", format: str = spec.XML, *, header: tuple[bytes, bytes] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.why = why
        self.format = format
        self.headers = (header,) if header else ()


async def body_of(scope: Scope, receive: Receive) -> bytes:
    """The request's body. Raises RefusedError, GoneError."""
    if scope["method"] != "POST":
        raise RefusedError(405, "a query is sent with POST", f"it came with {scope['method']}", header=(b"allow", b"POST"))
    coding = header(scope["headers"], b"content-encoding").decode("latin-1").strip().lower()
    if coding not in ("", "identity"):
        plain = (b"accept-encoding", b"identity")
        raise RefusedError(415, "the body is compressed", f"Content-Encoding is {coding}: bodies are taken as they are", header=plain)
    try:
        return await read_body(scope, receive, MAX_BODY)
    except TooLargeError:
        raise RefusedError(413, "the body is too large", f"the limit is {MAX_BODY:,} bytes") from None


def read_document(body: bytes, content_type: str) -> Decoded:
    """The query or event in a body. Raises RefusedError."""
    format = spec.XML
    try:
        document = open_body(body, content_type).document
        if document.lstrip()[:1] in (b"{", b"["):
            format = spec.JSON
        decoded = decode(document, hint=False)
    except DecodeError as error:
        raise RefusedError(400, "the document is not readable", str(error), format) from None
    if decoded.document.kind is spec.Kind.RESPONSE:
        raise RefusedError(400, "the document is no query", "it is of the kind response", decoded.format)
    if decoded.document.ambiguous:
        raise RefusedError(400, "the document is ambiguous", f"{decoded.document.ambiguous} stands twice", decoded.format)
    return decoded


def blame_sender(decoded: Decoded, exchange: Exchange) -> None:
    """Say of values that came damaged (U+FFFD, UTF-8 read as ISO-8859-1) that they came so: no handler can mend them."""
    if all(map(str.isascii, exchange.given.values())) and exchange.name.isascii():
        return
    if len(decoded.text.chars) >= LARGE:  # judging it would hold up others
        return
    damage = [f"it came damaged: {one.path}: {one.message}" for one in validate(decoded) if one.code == _DAMAGED]
    if exchange.problem:
        exchange.problem = "; ".join((exchange.problem, *damage[:1]))
    else:
        exchange.notes += tuple(damage)
