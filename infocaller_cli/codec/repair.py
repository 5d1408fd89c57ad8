"""`--lenient`: repairs the slips of the page's printed samples, and nothing else.

Curly or unbalanced quotes in the root tag, no-break spaces where white space belongs, end tags in another case or
cut short by a letter, trailing commas, missing final braces. No repair changes a value, and none moves a row.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .spans import tags
from .spec import JSON

NBSP = "\u00a0"
# Also as Windows-1252 bytes read as ISO-8859-1
_CURLY = re.compile("[\u201c\u201d\u201e\u201f\u2033\u0093\u0094]")
_CURLY_SINGLE = re.compile("[\u2018\u2019\u0091\u0092]")
_TAG = re.compile(r"<[^<>]*>")
_TAG_NAME = re.compile(r"</?([^\s/<>]+)")
_WHITE = "[ \\t\\r\\n]"
_ATTRIBUTE = rf"""{_WHITE}+[^\s=<>]+{_WHITE}*={_WHITE}*(?:"[^"<]*"|'[^'<]*')"""
_SOUND_TAG = re.compile(rf"<[^\s/<>]+(?:{_ATTRIBUTE})*+{_WHITE}*/?>")
_OPEN_AT_END = re.compile(r"""=\s*(?:"[^"'<>]*|'[^"'<>]*)$""")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[{}\[\]]|,(?=[ \t\r\n\u00a0]*[}\]])|\u00a0+', re.DOTALL)

_SPACE = "no-break space where white space belongs"


class Repair(NamedTuple):
    """One slip that was repaired, and its row."""

    message: str
    row: int


class _Edits:
    """Replacements on one text, and the repair each one belongs to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[str] = []
        self.done = 0
        self.repairs: list[Repair] = []
        self._row, self._row_at = 1, 0

    def replace(self, start: int, end: int, new: str, *messages: str) -> None:
        self.pieces += (self.text[self.done : start], new)
        self.done = end
        self._row += self.text.count("\n", self._row_at, start)
        self._row_at = start
        for message in messages:
            repair = Repair(message, self._row)
            if repair not in self.repairs[-4:]:  # several no-break spaces in one row are one slip
                self.repairs.append(repair)

    def result(self) -> tuple[str, list[Repair]]:
        return "".join((*self.pieces, self.text[self.done :])), self.repairs


def repair(text: str, format: str) -> tuple[str, list[Repair]]:
    """The text with its slips repaired, and what was repaired (empty: the text is as it was)."""
    return _repair_json(text) if format == JSON else _repair_xml(text)


def _repair_xml(text: str) -> tuple[str, list[Repair]]:
    edits = _Edits(text)
    open_tags: list[str] = []
    last_end, last_was_start = 0, False
    for token in tags(text, _TAG):
        tag = token[0]
        ends = tag.startswith("</")
        between = text[last_end : token.start()]
        # Text between a start tag and its end tag is a value; anywhere else it is layout
        if NBSP in between and not between.strip() and not (last_was_start and ends):
            for space in re.finditer(NBSP + "+", between):
                edits.replace(last_end + space.start(), last_end + space.end(), " " * len(space[0]), _SPACE)
        last_end, last_was_start = token.end(), not ends and not tag.endswith("/>")
        name_match = _TAG_NAME.match(tag)
        if name_match is None:
            continue
        if ends:
            new, messages = _mend_end_tag(tag, name_match[1], open_tags.pop() if open_tags else "")
        else:
            new, messages = _mend_start_tag(tag, root=not open_tags)
            if last_was_start:
                open_tags.append(name_match[1])
        if new != tag:
            edits.replace(token.start(), token.end(), new, *messages)
    return edits.result()


def _mend_start_tag(tag: str, root: bool) -> tuple[str, list[str]]:
    if _SOUND_TAG.fullmatch(tag):
        return tag, []
    messages = []
    new = tag
    if root:
        new = _CURLY_SINGLE.sub("'", _CURLY.sub('"', new))
        if new != tag:
            messages.append("curly quotes in the root tag")
        body = new[:-1].rstrip()
        found = _OPEN_AT_END.search(body)
        if found:
            new = body + found[0].lstrip("= \t\r\n")[0] + new[len(body) :]
            messages.append("unbalanced quotes in the root tag")
    if NBSP in new and (root or not re.search("[\"']", new)):
        new = new.replace(NBSP, " ")
        messages.append(_SPACE)
    return (new, messages) if _SOUND_TAG.fullmatch(new) else (tag, [])


def _mend_end_tag(tag: str, name: str, opened: str) -> tuple[str, list[str]]:
    new, messages = tag, []
    if NBSP in new:
        new = new.replace(NBSP, " ")
        messages.append(_SPACE)
    if name != opened and (name.lower() == opened.lower() or name.lower() == opened[:-1].lower() != ""):
        new = new.replace(name, opened, 1)
        messages.append(f"</{name}> where </{opened}> belongs")
    return new, messages


def _repair_json(text: str) -> tuple[str, list[Repair]]:
    edits = _Edits(text)
    stack: list[str] = []
    for token in _JSON_TOKEN.finditer(text):
        part = token[0]
        if part[0] == NBSP:
            edits.replace(token.start(), token.end(), " " * len(part), _SPACE)
        elif part == ",":
            edits.replace(token.start(), token.end(), " ", "trailing comma")
        elif part in ("{", "["):
            stack.append(part)
        elif part in ("}", "]") and stack:
            stack.pop()
    if stack and set(stack) == {"{"} and text.rstrip()[-1:] in ("}", "]"):
        edits.replace(len(text), len(text), "}" * len(stack), f"{len(stack)} final brace{'s' * (len(stack) > 1)} missing")
    return edits.result()
