"""Captures to measure with: the same realistic FIN documents in every run, made by nothing of the project itself."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

PASSWORD = "3956"
_FIRST = datetime(2026, 11, 2, 8, 0, 0)  # noqa: DTZ001  the provider writes local times
_LINES = ("123456789", "912000111", "900805089")
_NAMES = {
    1: ("Bienvenida", "Locución de espera", "Fuera de horario", "Petición registrada"),
    2: ("Llamada al agente", "Desvío a móvil", "Centralita Cádiz"),
    4: ("Número de pedido", "Código postal", "DNI sin letra"),
    6: ("Menú principal", "Menú de averías", "¿Español o inglés?"),
    8: ("Ir a menú", "Volver al inicio"),
    16: ("Cola de atención", "Cola técnica & averías"),
    17: ("ESTADO PEDIDO", "Consulta cliente"),
    18: ("Cliente con póliza", "Horario < 20:00"),
}
_VARIABLES = {
    "NUMPEDIDO": ("20261102", "778812", "55"),
    "NOMBRE": ("José Núñez", "Íñigo Peña & hijos", "Montserrat Güell", 'A. "Paco" Ruiz'),
    "CIUDAD": ("A Coruña", "Cádiz", "L'Hospitalet", "Málaga"),
    "IDIOMA": ("español", "català", "english"),
}


def document(number: int) -> bytes:
    """One FIN document, signed, in ISO-8859-1. Every third is indented, as people's tools write it; the others are compact."""
    chance = random.Random(number)
    start = _FIRST + timedelta(seconds=37 * number)
    actions, seconds = _actions(chance, start)
    root = (
        ("UserID", _user_id(chance, number)),
        ("Infocaller", _call(chance, start, seconds)),
        ("Status", (("Events", [("Event", action) for action in actions]),)),
        ("CustVars", _variables(chance)),
    )
    inner = "\n" if number % 3 == 0 else ""
    text = f'<?xml version="1.0" encoding="ISO-8859-1"?>{inner}<ApiCall xmlns="http://tempuri.org/">{_xml(root, inner)}</ApiCall>'
    return text.encode("iso-8859-1")


def _user_id(chance: random.Random, number: int) -> list[tuple[str, str]]:
    line, call = chance.choice(_LINES), str(98565656 + number)
    return [("LineNumber", line), ("LineNumberInt", f"34{line}"), ("CallSequence", call), ("Signature", signature(line, call))]


def signature(line: str, call: str) -> str:
    """The signature of a line and a call id."""
    return hashlib.md5(f"{line}{call}{PASSWORD}".encode()).hexdigest()


def _call(chance: random.Random, start: datetime, seconds: int) -> list[tuple[str, str]]:
    caller = "X" if chance.random() < 0.1 else f"6{chance.randrange(10**8):08}"
    called = chance.choice(_LINES)
    return [
        ("CallType", "R"),
        ("CallerNumber", caller),
        ("CallerNumberInt", caller if caller == "X" else f"34{caller}"),
        ("InboundNumber", called),
        ("InboundNumberInt", f"34{called}"),
        ("OutboundNumber", ""),
        ("idcall", ""),
        ("CallSeconds", str(seconds)),
        ("StartDate", start.isoformat()),
        ("EndDate", (start + timedelta(seconds=seconds)).isoformat()),
        ("CostRX", f"{chance.random():.6f}"),
        ("CostTX", f"{chance.random():.6f}"),
    ]


def _actions(chance: random.Random, start: datetime) -> tuple[list[list[tuple[str, str]]], int]:
    """The actions of a call, and how long they took."""
    at = 0
    actions = [_action(14, start, "Inicio de llamada", [""] * 5)]
    for _ in range(chance.randint(3, 5)):
        at += chance.randint(1, 40)
        code = chance.choice(list(_NAMES))
        actions.append(_action(code, start + timedelta(seconds=at), chance.choice(_NAMES[code]), _details(chance, code)))
    actions.append(_action(7, start + timedelta(seconds=at), "Fin de llamada", ["", "", "", "0.000000", ""]))
    return actions, at


def _action(code: int, when: datetime, name: str, details: list[str]) -> list[tuple[str, str]]:
    known = [("EventType", str(code)), ("EventDate", when.isoformat()), ("EventName", name)]
    return known + [(f"EventAddInfo{index}", text) for index, text in enumerate(details, 1)]


def _details(chance: random.Random, code: int) -> list[str]:
    """The additional data of an action; some senders leave out what is empty."""
    known = {
        2: ["", "", str(chance.randint(1, 300)), f"{chance.random():.6f}", ""],
        4: [str(chance.randrange(10**6))],
        6: [str(chance.randint(1, 9))],
    }
    details = known.get(code, ["0"] if code == 17 else [])
    return details + [""] * (5 - len(details)) if chance.random() < 0.6 else details


def _variables(chance: random.Random) -> list[tuple[str, object]]:
    names = chance.sample(list(_VARIABLES), chance.randint(0, 3))
    return [("CustVar", [("VarName", name), ("VarValue", chance.choice(_VARIABLES[name]))]) for name in names]


def _xml(parts: object, newline: str) -> str:
    """Elements one after the other; `newline` is "" for compact output, else the line break and indent of what is around them."""
    if isinstance(parts, str):
        return escape(parts, {'"': "&quot;", "'": "&apos;"})
    inner = f"{newline}  " if newline else ""
    return "".join(f"{inner}<{name}>{_xml(below, inner)}</{name}>" for name, below in parts) + (newline if parts else "")


def record(number: int) -> bytes:
    """The line of a capture that holds the document."""
    data = document(number)
    call = str(98565656 + number)
    when = (_FIRST + timedelta(seconds=37 * number + 300)).isoformat() + "+01:00"
    row = {
        "ts": when,
        "method": "POST",
        "url": "http://127.0.0.1:8080/infocaller",
        "header": {"Content-Type": ["application/x-www-form-urlencoded"], "Host": ["127.0.0.1:8080"]},
        "body": base64.b64encode(f"apiInfocaller={quote_plus(data)}".encode()).decode(),
        "kind": "fin",
        "line": random.Random(number).choice(_LINES),
        "call": call,
        "resp": {"status": 200, "header": {"Content-Type": ["text/plain"]}, "body": base64.b64encode(b"OK").decode(), "ms": 1.7},
    }
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def records(count: int) -> Iterator[bytes]:
    """The lines of a capture of so many documents."""
    return map(record, range(count))


def write(folder: Path, count: int) -> tuple[Path, Path]:
    """Write payload.xml and capture.ndjson."""
    payload, capture = folder / "payload.xml", folder / "capture.ndjson"
    payload.write_bytes(document(0))
    with capture.open("wb") as stream:
        stream.writelines(records(count))
    return payload, capture


def repeat(capture: Path, times: int) -> Path:
    """A capture that holds another one several times."""
    long = capture.with_name("long.ndjson")
    with long.open("wb") as target:
        for _ in range(times):
            with capture.open("rb") as source:
                shutil.copyfileobj(source, target)
    return long
