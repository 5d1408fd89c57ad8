"""One request as Infocaller sends it: its URL, headers and body, the same for sending, printing and curl."""

from __future__ import annotations

import re
import shlex
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from ...errors import UsageError
from ...version import __version__

Headers = list[tuple[str, str]]

# What a path and a query may hold as it is; everything else is percent-encoded, so that nobody on the way does it differently
_PATH = "/%!$&'()*+,;=:@-._~"
_QUERY = _PATH + "?"
# A longer argument does not fit on a command line
_LONGEST_ARGUMENT = 100_000
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Request:
    """A POST. `url` has no user and password: they are in `headers`."""

    url: str
    headers: Headers
    body: bytes

    @property
    def endpoint(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def request(url: str, content_type: str, body: bytes) -> Request:
    """The request that posts a body. Raises UsageError for what is no http or https URL."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{masked(url)!r} is no URL", str(error), "http://127.0.0.1:8080/path") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise UsageError(f"{masked(url)!r} cannot be sent to", "it is no http or https URL with a host", "http://127.0.0.1:8080/path")
    try:
        host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{masked(url)!r} is no URL", "its host is no name") from None
    if any(character in host for character in ' \t\r\n"<>\\^`{|}'):
        raise UsageError(f"{masked(url)!r} is no URL", "its host is no name")
    authority = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None and port != _DEFAULT_PORTS[parts.scheme] else "")
    path = quote(_without_dots(parts.path or "/"), safe=_PATH)
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    headers = [
        ("Host", authority),
        ("User-Agent", f"infocaller/{__version__}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        ("Content-Type", content_type),
    ]
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.append(("Authorization", f"Basic {b64encode(user.encode()).decode()}"))
    return Request(f"{parts.scheme}://{authority}{path}{query}", headers, body)


def _without_dots(path: str) -> str:
    """The path without . and .. segments, as a client sends it: so all show and send the same."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if segment not in (".", ".."):
            kept.append(segment)
    return "/".join(kept) + ("/" if path.endswith(("/.", "/..")) else "")


def masked(url: str) -> str:
    """The URL without a password."""
    return re.sub(r"(//[^:@/?#]*):[^/?#]*@", r"\1:***@", url, count=1)  # also in what is no URL


def as_text(request: Request) -> bytes:
    """The request as it would be on the wire."""
    head = [
        f"POST {request.target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in request.headers),
        f"Content-Length: {len(request.body)}",
    ]
    return "\n".join((*head, "", "")).encode() + request.body


def as_curl(request: Request, timeout: float, *, insecure: bool, ca_bundle: str | None) -> str:
    """The curl command that, run by bash, delivers the same request. It globs nothing, follows nothing, and adds no header."""
    words = ["curl", "--silent", "--show-error", "--include", "--globoff", "--path-as-is", "--http1.1", "--max-time", f"{timeout:g}"]
    if insecure:
        words.append("--insecure")
    if ca_bundle:
        words += ["--cacert", ca_bundle]
    for name, value in request.headers:
        words += ["--header", f"{name}: {value}"]
    words += ["--header", "Expect:", "--request", "POST"]
    body = request.body
    plain = body.isascii() and b"\0" not in body and body.decode("ascii").isprintable()
    if plain and len(body) < _LONGEST_ARGUMENT:
        return shlex.join([*words, "--data-raw", body.decode("ascii"), request.url])
    # printf is part of bash: no limit on its arguments, and it writes any byte
    printed = f"%s {shlex.quote(body.decode('ascii'))}" if plain else shlex.quote("".join(f"\\x{byte:02x}" for byte in body))
    return f"printf {printed} | {shlex.join([*words, '--data-binary', '@-', request.url])}"
