"""HAR 1.2 files read as captures, entry by entry: memory does not grow with the file."""

from __future__ import annotations

import binascii
import codecs
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from ...errors import InputError
from .record import MOST_CONTAINERS, Record, header_of

_PIECE = 64 * 1024
_ENTRIES = re.compile(r'"entries"\s*:\s*\[')


def har_records(read: Callable[[int], bytes], limit: int) -> Iterator[Record | None]:
    """The requests of a HAR file as records; None for an entry that cannot hold a document.

    `read(size)` gives the next bytes of the file, b"" at its end; `limit` is the most characters of one entry. Raises InputError.
    """
    return (_har_record(entry) for entry in _entries(read, limit))


def _entries(read: Callable[[int], bytes], limit: int) -> Iterator[Any]:
    # A quote inside a string is escaped, so the key cannot stand in one; bytes that are no UTF-8 come back in `_har_bytes`
    decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
    text = ""
    while not (found := _ENTRIES.search(text)):
        piece = read(_PIECE)
        if not piece:
            raise InputError("the HAR file is not readable", "it has no list log.entries")
        text = text[-_PIECE:] + decode(piece)
    scan = json.JSONDecoder().raw_decode
    at = found.end()
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if text.startswith("]", at):
            return
        try:
            entry, end = scan(text, at)
        except (ValueError, RecursionError) as error:
            text, at = text[at:], 0
            piece = read(max(_PIECE, len(text)))
            if not piece or len(text) > limit or isinstance(error, RecursionError):
                why = "an entry is not complete, too long or no JSON"
                raise InputError("the HAR file is not readable to its end", why, "what came before was read") from None
            text += decode(piece)
            if len(text) > MOST_CONTAINERS and sum(text.count(mark) for mark in "[{,") > MOST_CONTAINERS:
                raise InputError("the HAR file is not readable to its end", "an entry holds too many values") from None
        else:
            at = end
            yield entry
            if at > _PIECE:
                text, at = text[at:], 0


def _har_record(entry: Any) -> Record | None:
    request = entry.get("request") if isinstance(entry, dict) else None
    post = request.get("postData") if isinstance(request, dict) else None
    if not isinstance(request, dict) or not isinstance(post, dict) or not isinstance(post.get("text"), str):
        return None
    body = _har_bytes(post["text"], post.get("encoding"), request.get("bodySize"))
    if not body.strip():
        return None
    data = {
        "ts": entry.get("startedDateTime"),
        "method": request.get("method"),
        "url": request.get("url"),
        "header": _har_headers(request),
        "body": binascii.b2a_base64(body, newline=False).decode(),
    }
    if not header_of(data, "content-type") and isinstance(post.get("mimeType"), str):
        data["header"] = {**data["header"], "Content-Type": [post["mimeType"]]}
    response = entry.get("response")
    content = response.get("content") if isinstance(response, dict) else None
    if isinstance(content, dict) and isinstance(content.get("text"), str):
        answer = _har_bytes(content["text"], content.get("encoding"), content.get("size"))
        data["resp"] = {
            "status": response.get("status"),
            "header": _har_headers(response),
            "body": binascii.b2a_base64(answer, newline=False).decode(),
            "ms": entry.get("time"),
        }
    return Record(data)


def _har_headers(message: dict[str, Any]) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    given = message.get("headers")
    for header in given if isinstance(given, list) else []:
        if isinstance(header, dict) and isinstance(header.get("name"), str):
            headers.setdefault(header["name"], []).append(str(header.get("value", "")))
    return headers


def _har_bytes(text: str, encoding: object, size: object) -> bytes:
    """The bytes an exporter meant: exporters differ, so the reading whose length is the declared one wins."""
    readings = []
    with suppress(ValueError):
        readings.append(binascii.a2b_base64(text, strict_mode=True))
    if encoding != "base64":  # not said: base64 only if nothing else has the right length
        plain = [text.encode("utf-8", "surrogateescape" if _escaped(text) else "surrogatepass")]
        if text.isascii() is False and all(ord(character) < 256 for character in text):
            plain.append(text.encode("iso-8859-1"))
        readings = plain + readings
    return next((reading for reading in readings if len(reading) == size), readings[0] if readings else b"")


def _escaped(text: str) -> bool:
    """Whether every surrogate stands for one byte that was no UTF-8 (as mitmproxy writes them)."""
    return all(0xDC80 <= ord(character) <= 0xDCFF for character in text if 0xD800 <= ord(character) <= 0xDFFF)
