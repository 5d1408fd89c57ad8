"""What a user would otherwise convert with: xmltodict and the standard library."""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from urllib.parse import unquote_to_bytes

import xmltodict


def run() -> None:
    """Convert the capture named on the command line."""
    out = sys.stdout
    with open(sys.argv[1], encoding="utf-8") as stream:
        for line in stream:
            body = b64decode(json.loads(line)["body"])
            document = unquote_to_bytes(body.partition(b"=")[2].replace(b"+", b" "))
            data = xmltodict.parse(document, force_list=("Event", "CustVar"), xml_attribs=False)
            out.write(json.dumps(data, ensure_ascii=False) + "\n")
