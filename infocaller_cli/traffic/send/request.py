"""One request as Infocaller sends it: its URL, headers and body, the same for sending, printing and curl."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ...version import __version__
from ..http.url import Url, parse_url

Headers = list[tuple[str, str]]

# A longer argument does not fit on a command line
_LONGEST_ARGUMENT = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """A POST; the user and password of its URL are in `headers`."""

    url: Url
    headers: Headers
    body: bytes


def request(url: str, content_type: str, body: bytes) -> Request:
    """The request that posts a body. Raises UsageError for what is no http or https URL."""
    where = parse_url(url)
    headers = [
        ("Host", where.authority),
        ("User-Agent", f"infocaller/{__version__}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        ("Content-Type", content_type),
    ]
    if where.login:
        headers.append(("Authorization", where.login.decode()))
    return Request(where, headers, body)


def as_text(request: Request) -> bytes:
    """The request as it would be on the wire."""
    head = [
        f"POST {request.url.target} HTTP/1.1",
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
        return shlex.join([*words, "--data-raw", body.decode("ascii"), str(request.url)])
    # printf is part of bash: no limit on its arguments, and it writes any byte
    printed = f"%s {shlex.quote(body.decode('ascii'))}" if plain else shlex.quote("".join(f"\\x{byte:02x}" for byte in body))
    return f"printf {printed} | {shlex.join([*words, '--data-binary', '@-', str(request.url)])}"
