"""What came: the document in a body and its signature, or why they are refused; and whether it came damaged."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ...codec import decode, spec
from ...codec.form import open_body
from ...codec.rules import validate
from ...codec.signature import verify
from ...errors import DecodeError, SignatureError
from ..http.asgi import LARGE

if TYPE_CHECKING:
    from ...codec import Decoded
    from .exchange import Exchange
    from .passwords import Password

MAX_BODY = spec.MAX_DOCUMENT
# The rule about characters that a value cannot have
_DAMAGED = "IC402"


class RefusedError(Exception):
    """The request gets no answer of a handler. `text` is for the sender, `why` for the developer; `header` tells what would be taken."""

    def __init__(
        self,
        status: int,
        text: str,
        why: str = "",
        format: str = spec.XML,
        *,
        header: tuple[str, str] | None = None,
        trace: BaseException | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.why = why
        self.format = format
        self.headers = (header,) if header else ()
        self.trace = trace


class UnfitError(DecodeError):
    """A body that is not taken, whatever could be read of it. What it says first is for the sender, too."""

    def __init__(self, what: str, why: str, *, code: str = "IC001", status: int = 400) -> None:
        super().__init__(what, why, code=code)
        self.status = status


def read_document(body: bytes, content_type: str) -> Decoded:
    """The query or event in a body. Raises DecodeError."""
    if len(body) > MAX_BODY:
        raise too_large()
    decoded = decode(open_body(body, content_type).document, hint=False)
    document = decoded.document
    if document.kind is spec.Kind.RESPONSE:
        raise UnfitError("the document is no query", "it is of the kind response", code="IC008")
    if document.ambiguous:
        raise UnfitError("the document is ambiguous", f"{document.ambiguous} stands twice", code="IC005")
    return decoded


def refused_for(error: DecodeError, body: bytes, content_type: str) -> RefusedError:
    """How a body is refused that cannot be read: in JSON where it begins like that, else in XML."""
    format = spec.XML
    with suppress(DecodeError):
        document = open_body(body[:MAX_BODY], content_type).document
        format = spec.JSON if document.lstrip()[:1] in (b"{", b"[") else spec.XML
    if isinstance(error, UnfitError):
        return RefusedError(error.status, error.what, error.why, format)
    return RefusedError(error.status, "the document is not readable", error.in_full, format)


def check_head(method: str, coding: str) -> None:
    """Refuse what is not posted, or compressed: the method and the Content-Encoding say so. Raises RefusedError."""
    if method != "POST":
        raise RefusedError(405, "a query is sent with POST", f"it came with {method}", header=("allow", "POST"))
    coding = coding.strip().lower()
    if coding not in ("", "identity"):
        why = f"Content-Encoding is {coding}: bodies are taken as they are"
        raise RefusedError(415, "the body is compressed", why, header=("accept-encoding", "identity"))


def too_large() -> UnfitError:
    """The error for a body over the limit."""
    return UnfitError("the body is too large", f"the limit is {MAX_BODY:,} bytes", status=413)


def check_signature(decoded: Decoded, password: Password) -> None:
    """Judge a signature by what is known of its line's password. Raises SignatureError; UsageError for a password that makes none."""
    document = decoded.document
    if password.text is None:
        if password.needed:
            raise SignatureError("the signature is not valid", f"no password is known for line {document.line}")
        return
    verdict = verify(document, password.text, spec.Kind.QUERY)  # or an event: what carries no signature is refused before
    if not verdict.valid:
        raise SignatureError("the signature is not valid", verdict.reason)


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
