"""What single values of a script may be: one test for each thing that a key can hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from ..codec import spec
from ..codec.values import whole
from ..errors import UsageError
from ..spelling import nearest
from .actions import ANSWERED, BUSY, ENDS, HANGUP, LONGEST_DIVERSION, NO_ANSWER, SLOW, Holds
from .conditions import name_problem, references

_NUMBER = re.compile(spec.PATTERNS[spec.Value.PHONE])
_KEY = re.compile("[0-9*#]")
_LONGEST_WAIT = 1_000_000  # seconds, as everywhere
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


class Outcome(NamedTuple):
    """What becomes of a diverted call: `answered` for so many `seconds`, or not (`what`: busy, no answer)."""

    answered: bool
    seconds: int
    what: str


def parse_outcome(text: str) -> Outcome:
    """Read "answered 60", "busy" or "no answer". Raises UsageError."""
    words = " ".join(text.split())
    word, _, rest = words.partition(" ")
    seconds = whole(rest)
    if word == ANSWERED and seconds is not None and seconds <= LONGEST_DIVERSION:
        return Outcome(True, seconds, ANSWERED)
    if words in (BUSY, NO_ANSWER):
        return Outcome(False, 0, words)
    raise UsageError(
        f"a diverted call cannot be {text!r}",
        f"it is {ANSWERED} SECONDS (at most {LONGEST_DIVERSION:,}), {BUSY} or {NO_ANSWER}",
        f'"{ANSWERED} 60" is one',
    )


def pressed_problem(kind: str, text: str) -> str:
    """Why a caller cannot answer this to an action ("keypad", "menu", "voice"); "" where it can."""
    if kind == "voice":
        return words_problem(text)
    if not re.fullmatch("[0-9*#]*", text):
        return "a telephone has the keys 0 to 9, * and #"
    return "a menu takes one key" if kind == "menu" and len(text) > 1 else ""


def is_number(text: str) -> bool:
    """Whether a text is a telephone number."""
    return _NUMBER.fullmatch(text) is not None


def words_problem(text: str) -> str:
    """Why a text cannot be the value of a variable, in the words of the rules; "" where it can."""
    from ..codec.model import Document
    from ..codec.subject import Subject
    from ..codec.variable_checks import variables

    document = Document({"CustVars": {"CustVar": [{"VarName": "A", "VarValue": text}]}})
    return next((hit.message for hit in variables(Subject(document, spec.Kind.EVENT, None, None))), "")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return "is no text"
    found = _UNWRITABLE.search(value)
    return f"holds {found[0]!r}, which no document can hold" if found else ""


def _filled_text(value: Any) -> str:
    if why := _text(value):
        return why
    names = re.findall(r"\[(_[A-Za-z]*)\]", value)
    return next((f"holds [{one}]: {problem[0]}" for one in names if (problem := name_problem(one, built_in=True))), "")


def _name(value: Any) -> str:
    return _text(value) or ("" if value.strip() else "is empty")


def _number(value: Any) -> str:
    if why := _filled_text(value):
        return why
    variable = references(value)
    return "" if is_number(value) or (len(variable) == 1 and value == f"[{variable[0]}]") else "is none"


def _variable(value: Any) -> str:
    if not isinstance(value, str):
        return "is no text"
    if not name_problem(value):
        return ""
    reserved = ": names with _ are the provider's" if value.startswith("_") else ""
    return f"is {value!r}{reserved}"


def _url(value: Any) -> str:
    return _text(value) or ("" if re.match(r"https?://[^/\s]", value, re.IGNORECASE) else "is none")


def _seconds(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "is no number"
    return "" if 0 < value <= _LONGEST_WAIT else "is out of bounds"


def _texts(value: Any) -> str:
    if not isinstance(value, list):
        return "is no list"
    return next((f"has {one!r}, which {why}" for one in value if (why := _text(one))), "")


def _keys(value: Any) -> str:
    # What can be pressed depends on who asks: a word may be one for a request by voice
    return _texts(value) or next((f"has {one!r}: {why}" for one in value if one != HANGUP and (why := words_problem(one))), "")


def _outcomes(value: Any) -> str:
    return _texts(value) or next((f"has {one!r}" for one in value if one != HANGUP and not _is_outcome(one)), "")


def _is_outcome(text: str) -> bool:
    try:
        parse_outcome(text)
    except UsageError:
        return False
    return True


def _table(value: Any, key: Callable[[str], str], each: Callable[[Any], str]) -> str:
    if not isinstance(value, dict):
        return "is no table"
    for name, one in value.items():
        if why := key(name):
            return f"has the key {name!r}: {why}"
        if why := each(one):
            return f"has {name} = {one!r}, which {why}"
    return ""


def _options(value: Any) -> str:
    found = _table(value, lambda name: "" if _KEY.fullmatch(name) else "it is no key of a telephone", _name)
    return found or ("" if value else "is empty")


def _event(name: str) -> str:
    return "" if name in spec.EVENTS else f"the events are {', '.join(spec.EVENTS)}"


def _fault(value: Any) -> str:
    if isinstance(value, str) and (value in (NO_ANSWER, SLOW) or re.fullmatch("[1-5][0-9][0-9]", value)):
        return ""
    return f"is neither {NO_ANSWER}, {SLOW} nor a status"


def _list(value: Any) -> str:
    return "" if isinstance(value, list) else "is no list"


def hint(holds: Holds, value: Any) -> str:
    """The nearest that is right in the place of a wrong value; "" where nothing is near."""
    if not isinstance(value, str):
        return ""
    if holds is Holds.END:
        return nearest(value, ENDS)
    problem = name_problem(value) if holds is Holds.VARIABLE else None
    return problem[1] if problem else ""


# What is wrong with a value, "" where nothing is; what is below lists of steps, cases and expectations `reading` judges
PROBLEMS: dict[Holds, Callable[[Any], str]] = {
    Holds.TEXT: _filled_text,
    Holds.NAME: _name,
    Holds.NUMBER: _number,
    Holds.VARIABLE: _variable,
    Holds.LABEL: _name,
    Holds.OPTIONS: _options,
    Holds.URL: _url,
    Holds.URLS: lambda value: _table(value, _event, _url),
    Holds.QUERIES: lambda value: _table(value, _name, _url),
    Holds.SECONDS: _seconds,
    Holds.CONDITIONS: _list,
    Holds.STEPS: _list,
    Holds.TRUE: lambda value: "" if value is True else "is not true",
    Holds.CASES: _list,
    Holds.KEYS: _keys,
    Holds.OUTCOMES: _outcomes,
    Holds.FAULTS: lambda value: _table(value, _name, _fault),
    Holds.EXPECT: lambda value: "" if isinstance(value, dict) else "is no table",
    Holds.TEXTS: _texts,
    Holds.VALUES: lambda value: _table(value, _variable, _text),
    Holds.END: lambda value: "" if value in ENDS else f"is {value!r}",
}
