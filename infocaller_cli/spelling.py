"""The nearest word that there is, for what was mistyped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str:
    """`did you mean ...?`, or "" if nothing is near. A word that begins others (`send`) means any of them."""
    import difflib

    lower = {known.lower(): known for known in words}
    begun = [known for low, known in lower.items() if low.startswith(f"{word.lower()}-")]
    if word and begun:
        return f"did you mean {' or '.join(begun)}?"
    found = difflib.get_close_matches(word.lower(), list(lower), n=1)
    return f"did you mean {lower[found[0]]}?" if found else ""


def named(what: str, text: str, names: Iterable[str]) -> str:
    """The name that a text spells: in any case, and with - for _. Raises UsageError with the nearest one."""
    __tracebackhide__ = True  # in a test the line that gave the text is shown
    known = {name.lower(): name for name in names}
    found = known.get(text.lower().replace("-", "_"))
    if found is None:
        raise UsageError(f"there is no {what} {text!r}", f"the {what}s are {', '.join(known.values())}", nearest(text, known.values()))
    return found
