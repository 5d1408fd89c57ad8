"""What became of the state that a command prints: which numbers went up, which lines came and went.

Two new calls that are each sent once show what a call changes; what differs between the two (a time, a key that counts up) does not count.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

# Bounded: an output is whatever a command prints
_WORD = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,7}(?:\.[0-9]{1,25})?(?!\w)|[0-9]{1,25}(?:\.[0-9]{1,25})?(?!\w)|\w+")
# Dates and times count nothing: 2026-11-26, 26/11/2026, 10:00, 10:00:01.5
_MOMENT = re.compile(r"(?<![0-9])(?:[0-9]{1,4}([-/:])[0-9]{1,2}\1[0-9]{1,4}|[0-9]{1,2}:[0-9]{2})(?:[.,][0-9]{1,9})?(?![0-9])")
_DIGIT = re.compile(r"[0-9]")
_NUMBER = re.compile(r"[0-9]{1,25}(?:\.[0-9]{1,25})?")
_GONE, _CAME, _CHANGED = "gone", "came", "changed"
_SHORTEST = 6  # characters of a call id; a shorter one is found in other numbers too
_SHOWN = 60

_STILL = (0, "", None)

# A number, what it went up by, another word that holds a digit; None where it is another for each call
Value = Decimal | str | None


class Line(NamedTuple):
    """A line that came, is gone or has changed: its words without a digit, and the values in the place of the others."""

    how: str
    text: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        if self.how == _CHANGED:
            ups = [f"{one:+}" for one in self.values if isinstance(one, Decimal) and one]
            return f"{_cut(self.text)!r} by {', '.join(ups) or 'another text'}"
        values = iter(self.values)
        text = re.sub("#", lambda _: "#" if (value := next(values, None)) is None else str(value), self.text)
        return f"{'+' if self.how == _CAME else '-'} {_cut(text)!r}"


Change = tuple[Line, ...]


def change(before: str, after: str, ids: Iterable[str] = ()) -> Change:
    """What is different. `ids` are words of the calls that were sent (call id, signature), which are another each time."""
    names = sorted({one for one in ids if len(one) >= _SHORTEST}, key=len, reverse=True)
    mine = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)") if names else None
    old, new = (Counter(_lines(text, mine)) for text in (before, after))
    found: dict[str, tuple[list[list[str]], list[list[str]]]] = defaultdict(lambda: ([], []))
    for side, lines in enumerate((old - new, new - old)):
        for line in sorted(lines.elements()):
            text, words = _split(line)
            found[text][side].append(words)
    made = []
    for text, (gone, came) in found.items():
        for was, now in zip_longest(gone, came):
            if now is None:
                made.append(Line(_GONE, text, tuple(was)))
            elif was is None:
                made.append(Line(_CAME, text, tuple(now)))
            else:
                made.append(Line(_CHANGED, text, tuple(map(_difference, was, now))))
    return tuple(sorted(made, key=lambda line: (line.how, line.text, tuple(map(str, line.values)))))


def in_common(one: Change, other: Change) -> Change | None:
    """What two calls change alike; None where lines of another kind came or went."""
    if [line[:2] for line in one] != [line[:2] for line in other]:
        return None
    return tuple(
        Line(a.how, a.text, tuple(x if x == y else None for x, y in zip(a.values, b.values, strict=True)))
        for a, b in zip(one, other, strict=True)
    )


def is_like(usual: Change, other: Change) -> bool:
    """Whether a change is the usual one."""
    found = in_common(usual, other)
    return found is not None and found == usual


def counts(usual: Change) -> bool:
    """Whether calls change anything alike."""
    return any(line.how != _CHANGED or any(value not in _STILL for value in line.values) for line in usual)


def beyond(usual: Change, found: Change) -> Change:
    """What of a change is more than the values that are another for each call anyway."""
    free = {line.text: line.values for line in usual if line.how == _CHANGED}

    def is_free(line: Line) -> bool:
        values = zip(line.values, free.get(line.text, (0,) * len(line.values)), strict=True)
        return line.how == _CHANGED and all(value in _STILL or allowed is None for value, allowed in values)

    return tuple(line for line in found if not is_free(line))


def in_words(found: Change) -> str:
    """A change on one line."""
    return ("; ".join(map(str, found[:3])) + (f" and {len(found) - 3} lines more" if len(found) > 3 else "")) or "nothing"


def _lines(text: str, mine: re.Pattern[str] | None) -> list[str]:
    if text.lstrip()[:1] in ("{", "["):
        with suppress(ValueError, RecursionError):  # it only begins like JSON
            text = json.dumps(json.loads(text), indent=0, ensure_ascii=False)
    if mine:
        text = mine.sub("ID", text)
    return [line.strip() for line in _MOMENT.sub("@", text).splitlines()]


def _split(line: str) -> tuple[str, list[str]]:
    """A line with # in the place of its words that hold a digit, and those."""
    words: list[str] = []

    def taken(found: re.Match[str]) -> str:
        if not _DIGIT.search(found[0]):
            return found[0]
        words.append(found[0].replace(",", ""))
        return "#"

    return _WORD.sub(taken, line.replace("#", " ")), words


def _difference(was: str, now: str) -> Value:
    if _NUMBER.fullmatch(was) and _NUMBER.fullmatch(now):
        return Decimal(now) - Decimal(was)
    return "" if was == now else now


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
