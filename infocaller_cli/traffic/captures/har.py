"""HAR 1.2 files read as captures, entry by entry: memory does not grow with the file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from ...codec.form import FORM_TYPE
from ...errors import InputError
from .base64 import to_bytes, to_text
from .json_stream import JsonStream
from .record import Record, header_of

# In an archive of a browser are other sites' logins: only a body that names the root of a document, escaped or not, is read as one
_MENTIONS = re.compile(rb"""(?i)(?:[<:"']|3C|3A|22|27|lt;)[ \t\r\n]*ApiCall""")
# How a value begins that its exporter left percent-encoded
_ENCODED = re.compile(r"(?i)\s*%(?:3C|7B|EF%BB%BF)")
_DECLARED_LATIN1 = re.compile(r"(?i)encoding\s*=\s*[\"']iso-8859-1")


class HarEntry(NamedTuple):
    """A request as a record; None where it cannot be a document. `rebuilt`: the file holds its form, but not its bytes."""

    record: Record | None
    rebuilt: bool = False


def is_har(head: bytes) -> bool:
    """Whether a file begins as an object with an object `log`."""
    stream = JsonStream(io.BytesIO(head).read, len(head))
    try:
        return stream.find("log") and stream.next_mark() == "{"
    except InputError:
        return False


def har_entries(read: Callable[[int], bytes], limit: int) -> Iterator[HarEntry]:
    """The entries of a HAR file.

    `read(size)` gives the next bytes of the file, b"" at its end; `limit` is the most characters of one entry. Raises InputError.
    """
    stream = JsonStream(read, limit)
    if not (stream.find("log") and stream.find("entries") and stream.next_mark() == "["):
        raise InputError("the HAR file is not readable", "it has no list log.entries")
    return map(_har_entry, stream.values())


def _har_entry(entry: Any) -> HarEntry:
    request = entry.get("request") if isinstance(entry, dict) else None
    post = request.get("postData") if isinstance(request, dict) else None
    if not isinstance(request, dict) or not isinstance(post, dict):
        return HarEntry(None)
    headers = _har_headers(request)
    rebuilt = not post.get("text")
    if rebuilt:
        body = _form(post.get("params"), request.get("bodySize"))
        headers = {name: values for name, values in headers.items() if name.lower() != "content-type"} | {"Content-Type": [FORM_TYPE]}
    else:
        body = _har_bytes(post["text"], post.get("encoding"), (request.get("bodySize"),))
    if not _MENTIONS.search(body.replace(b"\0", b"").replace(b"%00", b"")):
        return HarEntry(None)
    method = request.get("method")
    data = {
        "ts": entry.get("startedDateTime"),
        "method": method.upper() if isinstance(method, str) else method,  # some exporters write post
        "url": request.get("url"),
        "header": headers,
        "body": to_text(body),
    }
    if not header_of(data, "content-type") and isinstance(post.get("mimeType"), str):
        data["header"] = headers | {"Content-Type": [post["mimeType"]]}
    answer = _har_answer(entry.get("response"), entry.get("time"))
    return HarEntry(Record(data | ({"resp": answer} if answer else {})), rebuilt)


def _har_answer(response: Any, ms: Any) -> dict[str, Any] | None:
    content = response.get("content") if isinstance(response, dict) else None
    if not isinstance(content, dict) or not isinstance(content.get("text"), str):
        return None
    size, saved = content.get("size"), content.get("compression")
    # The format wants the decoded length; mitmproxy writes the compressed one, and beside it what compression saved
    sizes = (size, size + saved) if isinstance(size, int) and isinstance(saved, int) else (size,)
    body = _har_bytes(content["text"], content.get("encoding"), sizes)
    return {
        "status": response.get("status"),
        "header": _har_headers(response),
        "body": to_text(body),
        "ms": ms,
    }


def _har_headers(message: dict[str, Any]) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    given = message.get("headers")
    for header in given if isinstance(given, list) else []:
        if isinstance(header, dict) and isinstance(header.get("name"), str):
            headers.setdefault(header["name"], []).append(str(header.get("value", "")))
    return headers


def _form(params: Any, size: object) -> bytes:
    """The form that an exporter took apart, put together again; b"" where there is none."""
    pairs = [
        (pair["name"], pair.get("value") or "")
        for pair in (params if isinstance(params, list) else [])
        if isinstance(pair, dict) and isinstance(pair.get("name"), str) and isinstance(pair.get("value") or "", str)
    ]
    if any(_ENCODED.match(value) for _, value in pairs):
        return "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")
    forms = []
    for codec in _codecs("".join(text for pair in pairs for text in pair)):  # all in one charset
        quoted = [(quote_plus(name.encode(*codec)), quote_plus(value.encode(*codec))) for name, value in pairs]
        forms.append("&".join(f"{name}={value}" for name, value in quoted).encode())
    return next((form for form in forms if len(form) == size), forms[0])


def _har_bytes(text: object, encoding: object, sizes: tuple[object, ...]) -> bytes:
    """The bytes an exporter meant: exporters differ, so the reading whose length is the declared one wins."""
    if not isinstance(text, str):
        return b""
    readings = []
    with suppress(ValueError):
        readings.append(to_bytes(text))
    if encoding != "base64":  # not said: base64 only if nothing else has the right length
        readings = [text.encode(*codec) for codec in _codecs(text)] + readings
    return next((reading for size in sizes for reading in readings if len(reading) == size), readings[0] if readings else b"")


def _codecs(text: str) -> list[tuple[str, str]]:
    """How an exporter can have read the bytes of a text (charset, what stands for other bytes), the likelier first."""
    # A surrogate is a byte that was no UTF-8 if all of them can be, as mitmproxy writes them
    escaped = all(0xDC80 <= ord(character) <= 0xDCFF for character in text if 0xD800 <= ord(character) <= 0xDFFF)
    codecs = [("utf-8", "surrogateescape" if escaped else "surrogatepass")]
    if not text.isascii() and all(ord(character) < 0x100 for character in text):
        codecs.insert(0 if _DECLARED_LATIN1.search(text, 0, 200) else 1, ("iso-8859-1", "strict"))
    return codecs
