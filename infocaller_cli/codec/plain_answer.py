"""A response, judged and written in one go where it is plain, as nearly all answers to queries are."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .model import Document
from .spec import VAR_NAME

if TYPE_CHECKING:
    from .model import Node

# What no rule objects to and neither format escapes: ASCII without " % & ' < > and \, and no white space around it
_INSIDE = r"!#$(-;=?-\[\]-~"
_PLAIN = re.compile(f"(?:[{_INSIDE}](?:[ {_INSIDE}]*[{_INSIDE}])?)?").fullmatch
_NAME = re.compile(VAR_NAME).fullmatch
_MARK = "~"


class _Frame(NamedTuple):
    """What stands around the values: before the result, the text, the end; and before the variables, in them, after them."""

    result: str
    text: str
    end: str
    first: str
    value: str
    next: str
    last: str


@cache
def _frame(format: str) -> _Frame:
    """Taken from what the format's own writer makes of an answer without variables, and with two."""
    from . import encode

    def written(count: int) -> list[str]:
        variables = [{"VarName": _MARK, "VarValue": _MARK}] * count
        answer = Document({"Status": {"Result": _MARK, "ResultText": _MARK}, "CustVars": {"CustVar": variables}})
        return encode(answer, format).decode().split(_MARK)

    result, text, end = written(0)
    _, _, first, value, following, _, last = written(2)
    return _Frame(result, text, end, first, value, following, last)


def plain_answer(response: Document, format: str) -> bytes | None:
    """What `encode` makes of a response made by `response_of` that no rule of answers has a word about; None where it is not plain."""
    result, text = response.root["Status"].values()
    variables: list[Node] = response.root["CustVars"]["CustVar"]
    if not result or not _PLAIN(result) or not _PLAIN(text):
        return None
    frame = _frame(format)
    if not variables:
        return f"{frame.result}{result}{frame.text}{text}{frame.end}".encode()
    names = set()
    pieces = []
    for variable in variables:
        name, value = variable.values()
        if not _NAME(name) or not _PLAIN(value):
            return None
        names.add(name.lower())
        pieces.append(f"{name}{frame.value}{value}")
    if len(names) < len(pieces):
        return None
    return f"{frame.result}{result}{frame.text}{text}{frame.first}{frame.next.join(pieces)}{frame.last}".encode()
