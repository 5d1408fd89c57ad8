"""What a document is, and of which call, told without reading it: by one pattern for each format, in a tenth of the time.

The pattern is made of the same tables as the readers, and fits only what they take without fail: the documented parts in their order,
none twice, their texts in the usual spelling. What it says is what the readers would; of all else it says nothing.
"""

from __future__ import annotations

import re
from functools import cache

from .model import Outline, kind_of
from .spec import APICALL, JSON, MAX_DOCUMENT, NAMESPACE, ROOT, XML, Field, Section, Value

# What tells, in the order of the table: its texts are groups, of a section an empty one, of those that repeat all of them
_TELLING = frozenset(("UserID", "LineNumber", "CallSequence", "Infocaller", "QueryName", "CallSeconds", "EndDate", "Event", "Result"))
_WHITE = r"[ \t\r\n]*+"
# What tells has no text that could be trimmed or escaped
_XML_WORD, _JSON_WORD = "[!-%'-;=?-~]*+", "[!#-[\\]-~]*+"
_XML_RUN, _JSON_RUN = r"[^<>&\0-\x1f]*+", r'[^"\\\0-\x1f]*+'
_XML_TEXT = f"{_XML_RUN}(?:&(?:amp|lt|gt|quot|apos);{_XML_RUN})*+"
_ESCAPE = r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4})'
_JSON_TEXT = f'"{_JSON_RUN}(?:{_ESCAPE}{_JSON_RUN})*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?"
_LABEL = r'encoding="[ !#-%(-;=@-~]*"'
_SPACE = re.escape(NAMESPACE)
_XML_HEAD = rf"""(?:<\?xml version="1\.0"(?: {_LABEL})?\?>)?{_WHITE}<{ROOT} xmlns=(?:"{_SPACE}"|'{_SPACE}')(?: {_LABEL})?>{_WHITE}"""


def outline(data: bytes) -> Outline | None:
    """The kind, line and call that `decode` gives of a document in plain XML or JSON; None where only that can tell."""
    format = XML if data[:1] == b"<" else JSON
    # The patterns are of ASCII, as UTF-8 and ISO-8859-1 are, but that U+FFFE is no character of XML
    if len(data) > MAX_DOCUMENT or (format == XML and b"\xef" in data):
        return None
    found = _pattern(format).fullmatch(data)
    if found is None:
        return None
    user, line, call, infocaller, query, seconds, end, actions, result = found.groups()
    kind = kind_of(
        answers=result is not None or (user is None and infocaller is None),
        asks=query is not None,
        ends=bool(actions or end or (seconds and seconds.strip(b"0"))),
    )
    return Outline(kind, None if line is None else line.decode("ascii"), None if call is None else call.decode("ascii"), format)


@cache
def _pattern(format: str) -> re.Pattern[bytes]:
    if format == XML:
        text = f"{_XML_HEAD}{_inside(APICALL, XML)[0]}</{ROOT}>{_WHITE}"
    else:
        text = rf'{_WHITE}\{{{_WHITE}"{ROOT}"{_WHITE}:{_WHITE}\{{{_WHITE}{_inside(APICALL, JSON)[0]}\}}{_WHITE}\}}{_WHITE}'
    return re.compile(text.encode("ascii"))


def _inside(section: Section, format: str) -> tuple[str, bool]:
    """The pattern of a section's content, and whether there are groups in it."""
    pattern = ""
    any_groups = False
    for part in section.parts:
        groups = part.name in _TELLING
        below = ""
        if isinstance(part, Section):
            below, below_groups = _inside(part, format)
            groups = groups or below_groups
        one = (_in_xml if format == XML else _in_json)(part, below, "(" if part.name in _TELLING else "(?:")
        pattern += one + ("?" if groups else "?+")  # Python 3.11 loses groups in what is not tried twice
        any_groups = any_groups or groups
    return pattern, any_groups


def _in_xml(part: Field | Section, below: str, opening: str) -> str:
    """A part as one group; `below` is the pattern of its content."""
    if isinstance(part, Field):
        inside = f"{opening}{_XML_TEXT if part.value is Value.TEXT else _XML_WORD})"
    else:
        inside = f"{'' if part.many else f'{opening})'}{_WHITE}{below}"
    one = f"(?:<{part.name}>{inside}</{part.name}>{_WHITE})"
    return f"(?:{opening}{one}*+))" if isinstance(part, Section) and part.many else one


def _in_json(part: Field | Section, below: str, opening: str) -> str:
    """The same in JSON: behind each member stands a comma and another member, or the end."""
    if isinstance(part, Section):
        one = rf"\{{{_WHITE}{below}\}}"
        value = rf"\[{_WHITE}{opening}(?:{one}{_next('{', ']')})*+)\]" if part.many else f"{opening}){one}"
    elif part.name in _TELLING and part.value is not Value.TEXT:
        value = f'"{opening}{_JSON_WORD})"'
    else:
        value = f"{opening}{_NUMBER if part.value is Value.COST else _JSON_TEXT})"
    return f'(?:"{part.name}"{_WHITE}:{_WHITE}{value}{_next(chr(34), "}")})'


def _next(begin: str, end: str) -> str:
    return rf"{_WHITE}(?:,{_WHITE}(?=\{begin})|(?=\{end}))"
