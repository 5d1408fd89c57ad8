"""How the time grows with what is ordinary: documents of a capture, actions and variables of one document.

Ten times as much may cost ten times the time. `growth.py` does the same with hostile bodies, and takes longer.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import data
from measure import Row, measure, ours, say

from infocaller_cli.codec import decode
from infocaller_cli.codec.rules import validate

_FEW, _MANY = 2_000, 20_000
_MOST = 1.15  # for each: caches that no longer hold it all


def _document(actions: int, variables: int) -> bytes:
    action = "<Event><EventType>1</EventType><EventDate>2026-11-02T08:00:00</EventDate><EventName>Bienvenida</EventName></Event>"
    named = "".join(f"<CustVar><VarName>N{number}</VarName><VarValue>{number}</VarValue></CustVar>" for number in range(variables))
    user = f"<LineNumber>1</LineNumber><CallSequence>2</CallSequence><Signature>{data.signature('1', '2')}</Signature>"
    begun = "2026-11-02T08:00:00"
    call = f"<CallType>R</CallType><CallSeconds>0</CallSeconds><StartDate>{begun}</StartDate><EndDate>{begun}</EndDate>"
    text = (
        f'<ApiCall xmlns="http://tempuri.org/"><UserID>{user}</UserID><Infocaller>{call}</Infocaller>'
        f"<Status><Events>{action * actions}</Events></Status><CustVars>{named}</CustVars></ApiCall>"
    )
    return text.encode()


def _judging(document: bytes) -> float:
    best = 1e9
    for _ in range(5):
        gc.collect()
        gc.disable()
        start = process_time()
        validate(decode(document, max_size=1 << 30), password=data.PASSWORD)
        best = min(best, process_time() - start)
        gc.enable()
    return best


def _row(what: str, few: float, many: float) -> Row:
    shown = (f"{seconds * 1000:.1f} ms" for seconds in (many, few))
    return Row(f"{what}: {_MANY:,} / {_FEW:,}, for each", *shown, many / few / (_MANY / _FEW), None, _MOST)


def rows(folder: Path, quick: bool) -> Iterator[Row]:
    """Everything that is measured here."""
    say("growth")
    yield _row("decode and validate, actions of a document", *(_judging(_document(count, 1)) for count in (_FEW, _MANY)))
    yield _row("decode and validate, variables of a document", *(_judging(_document(1, count)) for count in (_FEW, _MANY)))
    payload, few = data.write(folder, _FEW)
    many = data.repeat(few, _MANY // _FEW)
    rounds = 1 if quick else 3
    for command in ("validate", "verify", "show"):
        measure(ours(command, str(payload)))  # compiles
        start, *times = (min(measure(ours(command, str(one), "--jobs", "1")).cpu for _ in range(rounds)) for one in (payload, few, many))
        yield _row(f"{command}, documents of a capture", *(seconds - start for seconds in times))
    many.unlink()
