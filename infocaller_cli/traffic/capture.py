"""The capture format: NDJSON, one recorded request a line, with the field names of vegeta's JSON targets.

{"ts", "method", "url", "header": {name: [values]}, "body": base64, "kind", "line", "call",
 "resp": {"status", "header", "body": base64, "ms"}}; any of them may be missing, unknown keys are kept.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ..errors import DecodeError, InputError

# One of these in a JSON object makes it a record and not a document
KEYS = frozenset({"body", "header", "method", "resp", "ts", "url"})


@dataclass(frozen=True, slots=True)
class Record:
    """One recorded request, with its answer if there was one. `data` is the JSON object as it stood."""

    data: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The request's body. Raises DecodeError where it is no base64."""
        return _bytes(self.data.get("body"))

    @property
    def content_type(self) -> str:
        """The request's Content-Type; "" without one."""
        return _header(self.data, "content-type") or ""

    @property
    def answer(self) -> tuple[bytes, str | None] | None:
        """The recorded response's body and Content-Type; None where none was recorded. Raises DecodeError."""
        response = self.data.get("resp")
        if not isinstance(response, dict) or response.get("body") is None:
            return None
        return _bytes(response["body"]), _header(response, "content-type")


def parse_line(line: bytes) -> Record | None:
    """The record on a line of a capture; None where the line is no complete record (a crash tears the last one)."""
    try:
        data = _loads(line)
    except ValueError:
        return None
    return Record(data) if isinstance(data, dict) and not KEYS.isdisjoint(data) else None


def _loads(text: bytes) -> Any:
    """orjson where it is loaded already or worth its start-up; it refuses lone surrogates, which the standard library reads."""
    import orjson

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except RecursionError:
            raise ValueError("nested too deep") from None


def _bytes(text: object) -> bytes:
    if text is None:
        return b""
    try:
        return binascii.a2b_base64(text, strict_mode=True) if isinstance(text, str) else b""
    except ValueError as error:
        raise DecodeError("the record is not readable", f"its body is no base64 ({error})") from None


def _header(message: dict[str, Any], name: str) -> str | None:
    headers = message.get("header")
    if not isinstance(headers, dict):
        return None
    for key, values in headers.items():
        if key.lower() == name:
            value = values[0] if isinstance(values, list) and values else values
            return value if isinstance(value, str) else None
    return None


def har_records(data: bytes) -> Iterator[Record | None]:
    """The requests of a HAR 1.2 file as records; None for an entry that cannot hold a document. Raises InputError."""
    try:
        archive = _loads(data)
    except ValueError as error:
        raise InputError("the HAR file is not readable", str(error).splitlines()[0]) from None
    log = archive.get("log") if isinstance(archive, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise InputError("the HAR file is not readable", "it has no list log.entries")
    for entry in entries:
        yield _har_record(entry)


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
    if not _header(data, "content-type") and isinstance(post.get("mimeType"), str):
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
    for header in message.get("headers") or []:
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
