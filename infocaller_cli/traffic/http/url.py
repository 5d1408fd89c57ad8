"""Where requests go: one reading of a URL for sending, replaying and forwarding, so that all three write the same bytes."""

from __future__ import annotations

import re
from binascii import b2a_base64
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

from ...errors import UsageError

# What a path and a query may hold as it is; everything else is percent-encoded, so that nobody on the way does it differently
_PATH = "/%!$&'()*+,;=:@-._~"
_QUERY = _PATH + "?"
_NO_HOST = re.compile(r'[\x00-\x20\x7f"<>\\^`{|}]')
# A host and a port, or a host that is plainly one, without a scheme: as typed after --to
_NO_SCHEME = re.compile(r"(?:localhost|(?:[\w-]+\.)+[\w-]+|[\w-]+(?=:\d)|\[[0-9a-fA-F:.]+\])(?::\d+)?(?=[/?#]|$)")
# A URL where a file or a word belongs; a name with dots is no host there
_URL = re.compile(r"(?i)https?://|(?:localhost(?=[:/]|$)|[\w.-]+(?=:\d)|\[[0-9a-f:.]+\])(?::\d+)?(?=[/?#]|$)")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXAMPLE = "http://127.0.0.1:8080/path"


class Url(NamedTuple):
    """An http or https URL, ready to be sent: `host` in ASCII, `path` (empty where there is none) and `query` percent-encoded.

    `authority` is the Host header, without the default port; `login` the Authorization that user and password ask for, or empty.
    """

    scheme: str
    host: str
    port: int
    authority: str
    path: bytes
    query: bytes
    login: bytes

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def target(self) -> str:
        """What the request line names: path and query."""
        return (self.path or b"/").decode() + (f"?{self.query.decode()}" if self.query else "")

    def __str__(self) -> str:
        """The URL without user and password."""
        return self.origin + self.target


def is_url(text: str) -> bool:
    """Whether what stands somewhere else is meant as a URL: with its scheme, or `localhost`, or a host and its port."""
    return _URL.match(text) is not None


def parse_url(text: str) -> Url:
    """`localhost:8000/ev` means http. Raises UsageError for what is no http or https URL."""
    shown = repr(masked(text))
    text = text.strip()
    try:
        parts = urlsplit(f"http://{text}" if _NO_SCHEME.match(text) else text)
        port = parts.port
        host = parts.hostname or ""
        if ":" not in host:
            host = host.encode("idna").decode()
        user, _, place = parts.netloc.rpartition("@")
        login = user.encode("utf-8", "surrogateescape")
    except ValueError:  # its text would show a password
        raise UsageError(f"{shown} is no URL", "its host is no name, or its port no number", _EXAMPLE) from None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise UsageError(f"{shown} cannot be sent to", "it is no http or https URL with a host", _EXAMPLE)
    if _NO_HOST.search(place):
        raise UsageError(f"{shown} is no URL", "its host is no name", _EXAMPLE)
    if port == 0:
        raise UsageError(f"{shown} cannot be sent to", "nobody listens on port 0", _EXAMPLE)
    default = _DEFAULT_PORTS[parts.scheme]
    authority = (f"[{host}]" if ":" in host else host) + (f":{port}" if port not in (None, default) else "")
    path = quote(_without_dots(parts.path), safe=_PATH, errors="surrogateescape")
    query = quote(parts.query, safe=_QUERY, errors="surrogateescape")
    return Url(parts.scheme, host, port or default, authority, path.encode(), query.encode(), _basic(login))


def masked(url: str) -> str:
    """The URL, or what is none, without a password."""
    # Up to the last @ of the host; where a password holds / ? or #, up to the first
    return re.sub(r"(//(?!\[[^]@]*\])[^:@/?#]*):(?:[^/?#]*|(?!\d*(?:[/?#]|$)).*?)@", r"\1:***@", url, count=1, flags=re.DOTALL)


def _without_dots(path: str) -> str:
    """The path without . and .. segments, as a client sends it: so all show and send the same."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if segment not in (".", ".."):
            kept.append(segment)
    return "/".join(kept) + ("/" if path.endswith(("/.", "/..")) else "")


def _basic(user: bytes) -> bytes:
    """Basic authentication with a URL's `user:password`; b"" without."""
    name, _, password = (unquote_to_bytes(part) for part in user.partition(b":"))
    return b"Basic " + b2a_base64(name + b":" + password, newline=False) if user else b""
