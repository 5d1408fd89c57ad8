"""Bodies as captures hold them: base64, read strictly."""

from __future__ import annotations

import binascii
from importlib import import_module
from typing import Any

_fast: Any
try:
    _fast = import_module("pybase64")
except ImportError:  # a system's own package may lack it: the same, ten times slower
    _fast = None


def to_text(data: bytes) -> str:
    """Bytes as base64."""
    text: str = _fast.b64encode_as_string(data) if _fast else binascii.b2a_base64(data, newline=False).decode("ascii")
    return text


def to_bytes(text: str) -> bytes:
    """What base64 holds. Raises ValueError in the standard library's words, which judges what the fast reader does not take."""
    if _fast:
        try:
            data: bytes = _fast.b64decode(text, validate=True)
        except ValueError:
            pass
        else:
            return data
    return binascii.a2b_base64(text, strict_mode=True)
