"""One HTTP request as bytes: where it goes, what of recorded headers goes along, what came back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ...errors import UsageError
from .url import Url, parse_url

if TYPE_CHECKING:
    import ssl

# Names and values as bytes, in order
Headers = list[tuple[bytes, bytes]]

# How a target or URL begins that names its host; what looks like it further on is part of a path
ABSOLUTE = re.compile(rb"(?i)[a-z][a-z0-9+.-]*://")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
NOT_SENDABLE = "not sendable"  # the word of a Failure whose request never went out
_TARGET = re.compile(rb"[!-~\x80-\xff]+")
_BODILESS = (b"GET ", b"HEAD ", b"OPTIONS ", b"DELETE ")
_UNSENDABLE = re.compile(rb"[\x00\r\n]")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# Those of one connection, and those that are made anew for each
_DROPPED = frozenset(
    (
        b"host", b"content-length", b"expect", b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate",
        b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade",
    )
)  # fmt: skip


class Failure(Exception):  # noqa: N818  it is no error of ours: the endpoint did not answer
    """A request got no answer. `word` is one for a table: timeout, refused, unresolved, tls, reset, closed, garbage, ..."""

    def __init__(self, word: str, why: str = "") -> None:
        super().__init__(why or word)
        self.word = word


class RawResponse(NamedTuple):
    """An answer; the body only where it was asked for. `ms` from the request's first byte to the answer's last."""

    status: int
    headers: Headers
    body: bytes
    ms: float
    reason: bytes = b""


class Target(NamedTuple):
    """Where requests go, and what certificates are trusted there."""

    url: Url
    tls: ssl.SSLContext | None

    @classmethod
    def parse(cls, text: str, *, insecure: bool = False, ca_bundle: str | None = None) -> Target:
        """Raises UsageError for what is no http or https URL, or a bundle that cannot be used."""
        url = parse_url(text)
        return cls(url, tls_context(insecure=insecure, ca_bundle=ca_bundle) if url.scheme == "https" else None)

    def dressed(self, headers: Headers) -> Headers:
        """Recorded headers as they go here: an own Authorization takes the place of theirs."""
        kept = forwardable(headers)
        if not self.url.login:
            return kept
        return [*(header for header in kept if header[0].lower() != b"authorization"), (b"Authorization", self.url.login)]


def header(headers: Headers, name: bytes) -> bytes:
    """The first value of a header by its lower-case name; b"" without one."""
    for key, value in headers:
        if key == name or key.lower() == name:
            return value
    return b""


def tls_context(*, insecure: bool, ca_bundle: str | None) -> ssl.SSLContext:
    """What certificates are trusted. Raises UsageError for a bundle that cannot be used."""
    import ssl

    try:
        context = ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(f"--ca-bundle {ca_bundle} cannot be used", error.strerror or str(error), "a file of PEM certificates") from None
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def forwardable(headers: Headers) -> Headers:
    """The headers that mean the same on another connection: not Host, lengths, Expect and those of one hop."""
    dropped = set(_DROPPED)
    for name, value in headers:
        if name.lower() == b"connection":
            dropped.update(part.strip().lower() for part in value.split(b","))
    return [header for header in headers if header[0].lower() not in dropped]


def writable(headers: Headers) -> Headers:
    """An answer's headers as a server may write them: control characters are blanks, and a name that is none is left out."""
    return [(name, _CONTROL.sub(b" ", value)) for name, value in headers if _TOKEN.fullmatch(name)]


def request_bytes(method: str, path: bytes, authority: str, headers: Headers, body: bytes) -> bytes:
    """A whole request. Raises Failure where it could be read as two."""
    return with_body(request_head(method, path, authority, headers), body)


def with_body(head: bytes, body: bytes) -> bytes:
    """A head with its body, and the length of that."""
    length = b"Content-Length: %d\r\n" % len(body) if body or not head.startswith(_BODILESS) else b""
    return b"%s%s\r\n%s" % (head, length, body)


def request_head(method: str, path: bytes, authority: str, headers: Headers) -> bytes:
    """The lines before a body's length. Raises Failure where they could be read as more."""
    verb = method.encode("latin-1", "replace")
    if not _TOKEN.fullmatch(verb) or not _TARGET.fullmatch(path):
        raise Failure(NOT_SENDABLE, "its method or path holds a blank or a control character")
    lines = [b"%s %s HTTP/1.1\r\nHost: %s\r\n" % (verb, path, authority.encode())]
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or _UNSENDABLE.search(value):
            raise Failure(NOT_SENDABLE, "a header holds a line break or a zero byte")
        lines.append(b"%s: %s\r\n" % (name, value))
    return b"".join(lines)
