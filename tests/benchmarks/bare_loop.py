"""The floor of `convert`: the loop one would write for a single known form of capture, without any check.

The fastest parts for each step: orjson reads the line and writes the document, lxml parses the bytes as they are.
"""

from __future__ import annotations

import base64
import sys
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


def run() -> None:
    """Convert the capture named on the command line."""
    out = sys.stdout.buffer
    with open(sys.argv[1], "rb") as stream:
        for line in stream:
            body = base64.b64decode(orjson.loads(line)["body"])
            root = etree.fromstring(unquote_to_bytes(body[_FORM:].replace(b"+", b" ")))
            out.write(orjson.dumps({"ApiCall": walk(root)}) + b"\n")
