"""Why JSON is not well formed, in our words: by what stands at the place, never by the texts of a library.

Only called once a document is refused.
"""

from __future__ import annotations

import re

from ..errors import DecodeError

_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_WHITE = " \t\r\n"
# What other languages write -> what JSON has
_OTHER_WORDS = {"None": "null", "True": "true", "False": "false", "undefined": "null", "nil": "null"}
_KEY = re.compile(r'"([^"\\]{1,40})"\s*:')


def syntax_error(chars: str, at: int) -> DecodeError:
    """The error for a text that the parser refuses at this offset."""
    why, hint = _at(chars, at)
    row = chars.count("\n", 0, at) + 1
    return DecodeError("not well formed", why, hint, row=row, column=at - chars.rfind("\n", 0, at))


def _at(chars: str, at: int) -> tuple[str, str]:
    character = chars[at : at + 1]
    if not chars[at:].strip(_WHITE) or (character == '"' and not _STRING.match(chars, at)):
        return _cut_off(chars), ""
    if character < " ":
        hint = "write line breaks as \\n" if character in "\r\n" else ""
        return f"a raw control character (U+{ord(character):04X}) stands where none may", hint
    if character == "\u00a0":
        return "a no-break space stands where white space belongs", ""
    word = re.match(r"\w+", chars[at : at + 20])
    if word and word[0] in _OTHER_WORDS:
        return f"{word[0]} is no JSON", f"write {_OTHER_WORDS[word[0]]}"
    if character == "'":
        return "JSON has no single quotes", 'write "..." around keys and strings'
    excerpt = repr(chars[at : at + 20])
    if "\\" in chars[max(at - 1, 0) : at + 1]:
        return f"a backslash begins no escape that JSON knows: {chars[max(at - 1, 0) : at + 10]!r}", "write it twice"
    before = chars[:at].rstrip(_WHITE)[-1:]
    if before == ",":
        return f"a comma stands before {excerpt}, but nothing follows it", ""
    if before in (":", "["):
        return f"a value belongs where {excerpt} stands", ""
    if before == "{":
        return f'a key in "..." belongs where {excerpt} stands', ""
    return f"a comma, a colon or an end is missing before {excerpt}", ""


def _cut_off(chars: str) -> str:
    """Where a text ends before its objects and strings do."""
    if chars.rstrip(_WHITE)[-1:] in ("}", "]"):
        return "it ends before the outermost object does: was it cut off, by a log or a column?"
    keys = _KEY.findall(chars, max(len(chars) - 10_000, 0))
    return f"it ends in the middle of {keys[-1] if keys else 'a text'}: was it cut off, by a log or a column?"
