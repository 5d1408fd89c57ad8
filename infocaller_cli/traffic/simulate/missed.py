"""What a case expected of a call and did not get."""

from __future__ import annotations

from ...calls import Case
from .driver import Call


def missed(call: Call, case: Case) -> list[str]:
    """A line for each expectation that was missed, and each answer that was missing, impossible or left over; none: it passes."""
    expect = case.expect
    lines = []
    if expect.heard is not None:
        lines += _not_heard(expect.heard, call.heard)
    for name, value in (expect.variables or {}).items():
        found = call.variables.get(name, "")
        if found != value:
            lines.append(f"variable {name}: expected {_or_unset(value)}, {_or_unset(found)} at the end")
    if expect.requests is not None and list(expect.requests) != call.requests:
        lines.append(f"requests: expected {_listed(expect.requests)}; sent {_listed(call.requests)}")
    if expect.end is not None and expect.end != call.end:
        lines.append(f"end: expected {expect.end}, it was {call.end}")
    if expect.within is not None and call.slowest > expect.within:
        lines.append(f"within: expected {expect.within:g} s for the slowest query, it took {call.slowest:.3f} s")
    return lines + call.problems


def _not_heard(parts: tuple[str, ...], heard: list[str]) -> list[str]:
    """The first part that was not heard after those before it; the rest cannot be judged."""
    text, at = "\n".join(heard), 0
    for part in parts:
        where = text.find(part, at)
        if where < 0:
            rest = [line for line in text[at:].split("\n") if line]
            then = f"; then came {_listed(rest)}" if rest else "; nothing more was heard"
            return [f"heard: expected {part!r}{then}{' (it was heard earlier)' if part in text else ''}"]
        at = where + len(part)
    return []


def _or_unset(value: str) -> str:
    return repr(value) if value else "not set"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(map(repr, names)) or "nothing"
