"""The XML form, read by one pattern where it is plain, as nearly all documents are: a twentieth of the work, and no library.

Plain is: the documented elements in their order, none twice; no attributes but the root's; text without comments, CDATA, references
by number, line breaks, or white space that would be trimmed. The pattern is made of the same tables as `xml_wire`, which reads
everything else, and which everything that there is to notice about a document is left to.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .reading import COST, KEEP, text_rule
from .spec import APICALL, ENTITIES, NAMESPACE, ROOT, Section
from .text import LATIN1, label_problem
from .values import cost_text

if TYPE_CHECKING:
    from .model import Node
    from .text import Text

# Characters: where all are of four bytes, one text of the document is still below lxml's limit of 10 MB
_MOST = 2_400_000
_WHITE = r"[ \t\r\n]*+"
# Characters as they are, and & where an entity begins; what is trimmed is ASCII without either, and has nothing to trim.
# A set of more than the first 256 characters, such as would leave out U+FFFE, takes the pattern's compiler ten times as long
_TEXT = r"[^<>\0-\x1f]*+"
_WORD = "[!-%'-;=?-~]*+"
_LABEL = 'encoding="([ !#-%(-;=@-~]*)"'
_SPACE = re.escape(NAMESPACE)
_HEAD = (
    rf'(<\?xml version="1\.0"(?: {_LABEL})?\?>)?{_WHITE}'
    rf"""<{ROOT} xmlns=(?:"{_SPACE}"|'{_SPACE}')(?: {_LABEL})?>{_WHITE}"""
)
_ENTITIES = tuple(reversed(ENTITIES.items()))
_NO_ENTITY = "&(?!(?:amp|lt|gt|quot|apos);)"


class _OddError(Exception):
    """It is not plain."""


class _Part(NamedTuple):
    """A part of a section, and the group of the pattern that is its text; of a section, an empty text where it stands.

    Sections that repeat have all of theirs as one text, and the pattern of one of them as `item`.
    """

    name: str
    group: int
    rule: int
    below: tuple[_Part, ...] | None = None
    item: str = ""


@cache
def _reader() -> tuple[re.Pattern[str], tuple[_Part, ...]]:
    inside, parts, _ = _described(APICALL, 4)
    return re.compile(f"(?s){_HEAD}{inside}</{ROOT}>{_WHITE}"), parts


_compiled = cache(re.compile)


def _described(section: Section, group: int) -> tuple[str, tuple[_Part, ...], int]:
    """The pattern of a section's content, its parts, whose groups begin with this number, and the number that is free then."""
    pattern = ""
    parts = []
    for part in section.parts:
        own, name = group, part.name
        group += 1
        if not isinstance(part, Section):
            rule = text_rule(part)
            pattern += f"(?:{_tagged(name, f'({_TEXT if rule == KEEP else _WORD})')})?"
            parts.append(_Part(name, own, rule))
        elif part.many:
            inside, below, _ = _described(part, 1)
            pattern += f"((?:{_tagged(name, '.*?')})*+)"
            parts.append(_Part(name, own, KEEP, below, _tagged(name, _WHITE + inside)))
        else:
            inside, below, group = _described(part, group)
            pattern += f"(?:{_tagged(name, f'(){_WHITE}{inside}')})?"
            parts.append(_Part(name, own, KEEP, below))
    return pattern, tuple(parts), group


def _tagged(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>{_WHITE}"


def read(text: Text) -> Node | None:
    """The document's sections, as `xml_wire.read` gives them, which would notice nothing; None where that has to read it."""
    chars = text.chars
    pattern, parts = _reader()
    found = None if _is_odd(chars) else pattern.fullmatch(chars)
    if found is None:
        return None
    groups = found.groups()
    declaration, declared, said = groups[:3]
    if declaration and declared is None and text.charset == LATIN1:
        return None
    for label in (declared,) if said == declared else (declared, said):
        if label is not None and label_problem(label, text):
            return None
    try:
        return _node(parts, (None, *groups), "&" in chars)
    except _OddError:
        return None


def _is_odd(chars: str) -> bool:
    """Whether it is too long, or holds what the patterns do not look for: what is no character of XML, an & that begins no entity."""
    return len(chars) > _MOST or "\ufffe" in chars or "\uffff" in chars or ("&" in chars and re.search(_NO_ENTITY, chars) is not None)


def _node(parts: tuple[_Part, ...], groups: tuple[str | None, ...], escaped: bool) -> Node:
    """The fields and sections that stand in these groups. Raises _OddError."""
    node: Node = {}
    for name, group, rule, below, item in parts:
        value = groups[group]
        if value is None:
            continue
        if below is None:
            if rule == COST:
                value = cost_text(value)
            elif escaped:
                value = _plain(value)
            node[name] = value
        elif not item:
            node[name] = _node(below, groups, escaped)
        else:
            node[name] = _items(value, _compiled(item), below, escaped)
    return node


def _items(text: str, item: re.Pattern[str], parts: tuple[_Part, ...], escaped: bool) -> list[Node]:
    items = []
    at = 0
    while at < len(text):
        found = item.match(text, at)
        if found is None:
            raise _OddError
        at = found.end()
        items.append(_node(parts, (None, *found.groups()), escaped))
    return items


def _plain(text: str) -> str:
    if "&" not in text:
        return text
    for character, entity in _ENTITIES:
        text = text.replace(entity, character)
    return text
