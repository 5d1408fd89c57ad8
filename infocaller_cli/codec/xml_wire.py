"""The XML form, read. With `xml_errors`, which explains its refusals, the only importer of lxml."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from ..errors import DecodeError
from .model import Node, Path, show_path
from .reading import COST, KEEP, Notes, empty, text_rule
from .spec import APICALL, NAMESPACE, REPEATED, ROOT, XML, Section
from .text import FORBIDDEN, LATIN1, Text, is_html, label_problem
from .values import cost_text

# Entities are never expanded (there is no DOCTYPE to define any), comments never cut a text, nothing is fetched
_OPTIONS = {"encoding": "utf-8", "resolve_entities": False, "no_network": True, "remove_comments": True, "remove_pis": True}
_PARSER = etree.XMLParser(**_OPTIONS)
_AROUND = "infocaller.around"

_DECLARATION = re.compile(r"<\?xml\s[^?]*\?>")
_FORBIDDEN = re.compile(FORBIDDEN)
_DECLARED = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")
# xsi:nil, xsi:type and xsi:schemaLocation, which .NET writes; xml:space
_SILENT = "{http://www.w3.org/"
_WHITE = " \t\r\n"


class _Part(NamedTuple):
    """A part of a section as the reader looks it up by tag. `below` None: a field. `empty`: what a section has without any content."""

    name: str
    rule: int
    below: dict[str, _Part] | None
    many: bool
    empty: Node


@lru_cache(maxsize=8)  # hostile documents can invent namespaces
def _parts(section: Section, prefix: str) -> dict[str, _Part]:
    """The parts of a section by full tag; `prefix` is "{namespace}" or ""."""
    parts = {}
    for part in section.parts:
        if isinstance(part, Section):
            parts[prefix + part.name] = _Part(part.name, KEEP, _parts.__wrapped__(part, prefix), part.many, empty(part))
        else:
            parts[prefix + part.name] = _Part(part.name, text_rule(part), None, False, {})
    return parts


def read(text: Text, notes: Notes) -> Node:
    """The document's sections. Raises DecodeError (IC001, IC002, IC007)."""
    chars = text.chars
    if "<!DOCTYPE" in chars or "<!doctype" in chars:
        _refuse_doctype(chars)
    match = _DECLARATION.match(chars)
    declaration = match[0] if match else ""
    # Its line breaks stay, so rows stay
    body = "\n" * declaration.count("\n") + chars[len(declaration) :]
    root = _parse(body, declaration, text)
    prefix, local = _split(root.tag)
    if local != ROOT:
        raise _wrong_root(chars, local, root)
    if prefix != f"{{{NAMESPACE}}}":
        _note_namespace(prefix, (), notes, root.sourceline)
    _judge_root(root, declaration, text, notes)
    node = _section(root, _parts(APICALL, prefix), prefix, (), notes)
    # An attribute needs an equals sign; most documents have none behind the root tag
    if "=" in body[body.find(">") :]:
        _note_attributes(root, (), notes)
    return node


def _parse(body: str, declaration: str, text: Text) -> Any:
    if forbidden := _FORBIDDEN.search(declaration):  # which the parser would refuse anywhere else
        from .xml_errors import syntax_error

        at = forbidden.start()
        row, column = declaration.count("\n", 0, at) + 1, at - declaration.rfind("\n", 0, at)
        raise syntax_error(declaration, etree.ErrorTypes.ERR_INVALID_CHAR, row, column)
    if declaration and _DECLARATION.match(body):
        raise DecodeError("not well formed", "there are two XML declarations", "leave one", row=1, column=len(declaration) + 1)
    try:
        return etree.fromstring(body.encode("utf-8"), _PARSER)
    except etree.XMLSyntaxError as error:
        from .xml_errors import syntax_error

        code, (row, column) = error.code, error.position
        if code == etree.ErrorTypes.WAR_NS_URI:
            root, other = _recovered(body)
            if root is not None:
                return root
            if other is not None:
                code, row, column = other.type, other.line, other.column - (len(_AROUND) + 2 if other.line == 1 else 0)
        if row == declaration.count("\n") + 1:  # which the parser never saw
            column += len(declaration.rpartition("\n")[2])
        raise syntax_error(text.chars, code, row or None, column or None) from None


def _judge_root(root: Any, declaration: str, text: Text, notes: Notes) -> None:
    """Labels (IC006) and attributes (IC004) of the declaration and the root tag."""
    declared = _DECLARED.search(declaration)
    labels = [declared[1]] if declared else []
    for key in root.attrib:
        if key == "encoding":
            labels.append(root.get(key))
        elif not key.startswith(_SILENT):
            notes.add_lost((), f"undocumented attribute {_split(key)[1]!r} is not carried across", root.sourceline)
    if declaration and not declared and text.charset == LATIN1:
        notes.add("IC006", "warning", (), "a declaration without an encoding means UTF-8, but the bytes are ISO-8859-1", root.sourceline)
    for label in labels:
        problem = label_problem(label, text)
        if problem:
            notes.add_once("IC006", "warning", (), problem, root.sourceline)


def _recovered(body: str) -> tuple[Any, Any]:
    """The root of a document whose only slip is a namespace that is no URI (" http://tempuri.org/"): IC003. Else None and the true error.

    It is read inside another element, for what follows the root: recovering, the parser says nothing of what follows its own.
    """
    parser = etree.XMLParser(**_OPTIONS, recover=True)
    outer = etree.fromstring(f"<{_AROUND}>{body}</{_AROUND}>".encode(), parser)
    other = next((entry for entry in parser.error_log if entry.type != etree.ErrorTypes.WAR_NS_URI), None)
    alone = len(outer) == 1 and not f"{outer.text or ''}{outer[0].tail or ''}".strip(_WHITE)
    return (outer[0] if alone and other is None and _AROUND not in body else None), other


def _section(element: Any, parts: dict[str, _Part], prefix: str, path: Path, notes: Notes) -> Node:
    """The content of a section. Written for speed: this loop sees every field of every document."""
    node: Node = {}
    between = element.text
    if between and between.strip(_WHITE):
        _note_stray(between, path, notes, element)
    for child in element:
        name, rule, below, many, nothing = parts.get(child.tag) or _unlisted(child, parts, prefix, path, notes)
        between = child.tail
        if between and between.strip(_WHITE):
            _note_stray(between, path, notes, child)
        if below is None:
            if rule == _UNKNOWN:
                _keep_undocumented(child, parts, node, (*path, name), notes)
            elif len(child):
                raise _nested(child, (*path, name))
            elif name in node:
                notes.duplicate((*path, name), "field", child.sourceline)
            else:
                value = child.text or ""
                if rule > 0 and value:
                    kept = cost_text(value) if rule == COST else value.strip()
                    if kept != value:
                        notes.trimmed((*path, name), value)
                    value = kept
                node[name] = value
        elif many:
            items = node.setdefault(name, [])
            items.append(_section(child, below, prefix, (*path, name, len(items)), notes))
        elif name in node:
            notes.duplicate((*path, name), "section", child.sourceline)
        else:
            inner = _section(child, below, prefix, (*path, name), notes)
            for repeated in nothing:
                inner.setdefault(repeated, [])
            node[name] = inner
    return node


def _keep_undocumented(child: Any, parts: dict[str, _Part], node: Node, place: Path, notes: Notes) -> None:
    """An undocumented element: kept as it is, unless it holds elements or stands twice."""
    name = str(place[-1])
    if len(child):
        notes.nested(place, (part.name for part in parts.values()), child.sourceline)
    elif name in node:
        notes.undocumented_twice(place, child.sourceline)
    else:
        notes.undocumented(place, (part.name for part in parts.values()), child.sourceline)
        node[name] = child.text or ""


_UNKNOWN = -1


def _unlisted(child: Any, parts: dict[str, _Part], prefix: str, path: Path, notes: Notes) -> _Part:
    """The part for a tag outside the table: a known name in another namespace, or a field nobody documents."""
    namespace, local = _split(child.tag)
    if namespace != prefix:
        _note_namespace(namespace, (*path, local), notes, child.sourceline)
    return parts.get(prefix + local) or _Part(local, _UNKNOWN, None, many=False, empty={})


def _split(tag: str) -> tuple[str, str]:
    """("{namespace}", "local"); the first is "" without a namespace."""
    end = tag.rfind("}") + 1
    return tag[:end], tag[end:]


def _note_namespace(prefix: str, path: Path, notes: Notes, row: int | None) -> None:
    if prefix in ("", f"{{{NAMESPACE}}}"):
        notes.add_once("IC003", "warning", path, f"no namespace where {NAMESPACE} belongs", row)
    elif prefix[1:-1] + "/" == NAMESPACE:
        notes.add_once("IC003", "error", path, f"the namespace {prefix[1:-1]} lacks its final slash: it is {NAMESPACE}", row)
    else:
        notes.add_once("IC003", "error", path, f"namespace {prefix[1:-1]} where {NAMESPACE} belongs", row)


def _note_stray(text: str, path: Path, notes: Notes, element: Any) -> None:
    notes.add_lost(path, f"text between elements is not carried across: {text.strip()[:40]!r}", element.sourceline)


def _note_attributes(element: Any, path: Path, notes: Notes) -> None:
    counts: dict[str, int] = {}
    for child in element:
        local = _split(child.tag)[1]
        place: Path = (*path, local)
        if local in REPEATED:
            counts[local] = counts.get(local, -1) + 1
            place = (*place, counts[local])
        for key in child.attrib:
            if not key.startswith(_SILENT):
                notes.add_lost(place, f"undocumented attribute {_split(key)[1]!r} is not carried across", child.sourceline)
        _note_attributes(child, place, notes)


def _refuse_doctype(chars: str) -> None:
    """Raise if a DOCTYPE stands before the root element; the same text inside a value or comment is harmless."""
    from .spans import skip

    at = 0
    white = re.compile(r"\s*")
    while True:
        at = white.match(chars, at).end()  # type: ignore[union-attr]
        after = skip(chars, at)
        if after is None:
            return
        if after == at:
            break
        at = after
    if chars[at : at + 9].upper() == "<!DOCTYPE":
        row = chars.count("\n", 0, at) + 1
        if is_html(chars[at:]):
            raise DecodeError("this is no document", "it is an HTML page (an error page?)", "look at what answered", row=row, column=1)
        raise DecodeError(
            "a DOCTYPE is refused", "nothing in it is read or expanded", "send the document without it", code="IC007", row=row
        )


def _wrong_root(chars: str, local: str, root: Any) -> DecodeError:
    row = root.sourceline
    if is_html(chars):
        return DecodeError("this is no document", "it is an HTML page (an error page?)", "look at what answered", row=row, column=1)
    from .no_document import wrong_root

    inside = [_split(child.tag)[1] for child in root[:20]]
    if f"<{ROOT}" in (root.text or "")[:400]:  # as text: <string>&lt;ApiCall...
        inside = [ROOT]
    hint = wrong_root(local, inside, XML)
    return DecodeError(f"the root element is not {ROOT}", f"it is <{local[:40]}>", hint, code="IC002", row=row)


def _nested(child: Any, path: Path) -> DecodeError:
    inner = _split(str(child[0].tag))[1]
    return DecodeError("not readable", f"{show_path(path, XML)} holds an element, <{inner[:40]}>, where text belongs", row=child.sourceline)
