"""The floor of `convert`: the loop one would write for a single known form of capture, without any check: bare_loop.py CAPTURE [as-ours]

The fastest parts for each step: orjson reads the line and writes the document, lxml parses the bytes as they are. With `as-ours` percent
escapes are read by the decoder of quoted-printable, which is in C: the standard library's own loop over them is in Python.
"""

from __future__ import annotations

import base64
import sys
from binascii import a2b_qp
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from lxml import etree

_NAMESPACE = len("{http://tempuri.org/}")
_FORM = len("apiInfocaller=")
_MANY = ("Event", "CustVar")


def walk(element: Any) -> dict[str, Any]:
    """The fields below an element."""
    node: dict[str, Any] = {}
    for child in element:
        name = child.tag[_NAMESPACE:]
        value = walk(child) if len(child) else child.text or ""
        if name in _MANY:
            node.setdefault(name, []).append(value)
        else:
            node[name] = value
    return node


_MARKS = bytes.maketrans(b"%", b"=")


def quoted_printable(text: bytes) -> bytes:
    """Percent escapes to bytes, where every line break is one."""
    return a2b_qp(text.replace(b"=", b"%3D").translate(_MARKS))


def run() -> None:
    """Convert the capture named on the command line."""
    out = sys.stdout.buffer
    unquote = quoted_printable if sys.argv[2:] == ["as-ours"] else unquote_to_bytes
    with open(sys.argv[1], "rb") as stream:
        for line in stream:
            body = base64.b64decode(orjson.loads(line)["body"])
            root = etree.fromstring(unquote(body[_FORM:].replace(b"+", b" ")))
            out.write(orjson.dumps({"ApiCall": walk(root)}) + b"\n")
