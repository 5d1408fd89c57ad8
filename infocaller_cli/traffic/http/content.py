"""What an answer's headers say of its bytes: Content-Encoding taken off, as far as a limit, and the charset of Content-Type."""

from __future__ import annotations

import codecs
import re
import zlib

from ...errors import DecodeError

# The most an answer may hold, as it came and unpacked
MAX_ANSWER = 16 * 1024 * 1024
_CHARSET = r"(?i)charset\s*=\s*[\"']?([^\"';\s]+)"
_MOST_CODINGS = 3


def unpacked(body: bytes, encoding: str, limit: int = MAX_ANSWER) -> bytes:
    """A body without its Content-Encoding (gzip, deflate); a body that is none stays. `limit` in bytes.

    Raises DecodeError where it is cut off, damaged, larger than the limit once unpacked, or packed in another way.
    """
    codings = [coding for part in encoding.lower().split(",") if (coding := part.strip()) not in ("", "identity")]
    if len(codings) > _MOST_CODINGS:
        raise _unreadable(f"its Content-Encoding {encoding} packs it {len(codings)} times")
    for coding in reversed(codings):
        try:
            body = _inflated(body, coding, limit) if body else body
        except DecodeError:
            if _is_text(body):
                break
            raise
    return body


def charset_of(content_type: str | None) -> str:
    """The charset that a Content-Type names; "" without one."""
    found = re.search(_CHARSET, content_type or "")
    return found[1] if found else ""


def text_of(data: bytes, *, cut: bool = False) -> str:
    """Bytes as text for a reader: UTF-8, else ISO-8859-1. `cut`: the last character may be incomplete."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, not cut)
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def _inflated(body: bytes, coding: str, limit: int) -> bytes:
    if coding in ("gzip", "x-gzip"):
        window = 16 + zlib.MAX_WBITS
    elif coding == "deflate":  # with zlib's head, as it should be, or without
        window = zlib.MAX_WBITS if body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0 else -zlib.MAX_WBITS
    else:
        raise _unreadable(f"its Content-Encoding {coding} is neither gzip nor deflate")
    stream = zlib.decompressobj(window)
    try:
        whole = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise _unreadable(f"it is not packed as its Content-Encoding says ({error})") from None
    if len(whole) > limit:
        raise _unreadable(f"unpacked it is over {limit:,} bytes")
    if not stream.eof:
        raise _unreadable("it is cut off in the middle of its compression")
    return whole


def _is_text(body: bytes) -> bool:
    """Whether it begins as packed bodies seldom do: a recorder may have unpacked it, and kept the headers."""
    return all(byte > 31 or byte in b"\t\r\n" for byte in body[:100])


def _unreadable(why: str) -> DecodeError:
    return DecodeError("the answer is not readable", why)
