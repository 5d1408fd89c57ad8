"""Microseconds for one document in a library call, beside the parser alone. Prints a JSON object."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from time import process_time

import data
from lxml import etree

from infocaller_cli.codec import Document, convert, decode, encode

_DOCUMENTS = 60


def run() -> None:
    """Measure; the argument is the number of rounds."""
    documents = [data.document(number) for number in range(_DOCUMENTS)]
    decoded: list[Document] = [decode(document).document for document in documents]
    as_json = [encode(document, "json") for document in decoded]
    calls: dict[str, tuple[Callable, list]] = {
        "lxml.etree.fromstring": (etree.fromstring, documents),
        "decode xml": (decode, documents),
        "decode json": (decode, as_json),
        "encode json": (lambda document: encode(document, "json"), decoded),
        "encode xml": (lambda document: encode(document, "xml"), decoded),
        "convert xml to json": (convert, documents),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(int(sys.argv[1])):
        for name, (call, arguments) in calls.items():
            start = process_time()
            for argument in arguments:
                call(argument)
            times[name].append((process_time() - start) / _DOCUMENTS * 1e6)
    print(json.dumps({name: statistics.median(values) for name, values in times.items()}))
