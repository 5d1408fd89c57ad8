"""The XML form, read. The only importer of lxml."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from lxml import etree

from ..errors import DecodeError
from .model import Node, Path, show_path
from .reading import COST, KEEP, Notes, empty, text_rule
from .spec import APICALL, NAMESPACE, REPEATED, ROOT, XML, Section
from .text import LATIN1, Text, is_html, label_problem
from .values import cost_text

# Entities are never expanded (there is no DOCTYPE to define any), comments never cut a text, nothing is fetched
_PARSER = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)

_DECLARATION = re.compile(r"<\?xml\s[^?]*\?>")
_DECLARED = re.compile(r"""encoding\s*=\s*["']([^"']*)["']""")
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
        raise _wrong_root(chars, local, root.sourceline)
    if prefix != f"{{{NAMESPACE}}}":
        _note_namespace(prefix, (), notes, root.sourceline)
    _judge_root(root, declaration, text, notes)
    node = _section(root, _parts(APICALL, prefix), prefix, (), notes)
    # An attribute needs an equals sign; most documents have none behind the root tag
    if "=" in body[body.find(">") :]:
        _note_attributes(root, (), notes)
    return node


def _parse(body: str, declaration: str, text: Text) -> Any:
    if declaration and _DECLARATION.match(body):
        raise DecodeError("not well formed", "there are two XML declarations", "leave one", row=1, column=len(declaration) + 1)
    try:
        return etree.fromstring(body.encode("utf-8"), _PARSER)
    except etree.XMLSyntaxError as error:
        recovered = _odd_namespace(body) if error.code == etree.ErrorTypes.WAR_NS_URI else None
        if recovered is None:
            raise _syntax_error(text.chars, error, _position(declaration, error)) from None
        return recovered


def _judge_root(root: Any, declaration: str, text: Text, notes: Notes) -> None:
    """Labels (IC006) and attributes (IC004) of the declaration and the root tag."""
    declared = _DECLARED.search(declaration)
    labels = [declared[1]] if declared else []
    for key in root.attrib:
        if key == "encoding":
            labels.append(root.get(key))
        elif not key.startswith("{http://www.w3.org/"):
            notes.add_lost((), f"undocumented attribute {_split(key)[1]!r} is not carried across", root.sourceline)
    if declaration and not declared and text.charset == LATIN1:
        notes.add("IC006", "warning", (), "a declaration without an encoding means UTF-8, but the bytes are ISO-8859-1", root.sourceline)
    for label in labels:
        problem = label_problem(label, text)
        if problem:
            notes.add_once("IC006", "warning", (), problem, root.sourceline)


def _odd_namespace(chars: str) -> Any:
    """The root of a document whose only slip is a namespace that is no URI (" http://tempuri.org/"): IC003. Else None."""
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, recover=True)
    root = etree.fromstring(chars.encode("utf-8"), parser)
    if any(entry.type != etree.ErrorTypes.WAR_NS_URI for entry in parser.error_log):
        return None
    from xml.parsers import expat

    try:  # recovering, lxml says nothing of what follows the root
        expat.ParserCreate("utf-8").Parse(chars.encode("utf-8"), True)
    except expat.ExpatError:
        return None
    return root


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
                _keep_undocumented(child, name, node, path, notes)
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


def _keep_undocumented(child: Any, name: str, node: Node, path: Path, notes: Notes) -> None:
    """An undocumented element: kept as it is, unless it holds elements or stands twice."""
    place = (*path, name)
    if len(child):
        notes.nested(place, child.sourceline)
    elif name in node:
        notes.undocumented_twice(place, child.sourceline)
    else:
        notes.add("IC004", "warning", place, f"undocumented field {name[:40]}", child.sourceline)
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


def _position(declaration: str, error: Any) -> tuple[int | None, int | None]:
    """Row and column of an error in the source; the parser never saw the declaration."""
    row, column = error.position or (0, 0)
    if row == declaration.count("\n") + 1:
        column += len(declaration.rpartition("\n")[2])
    return row or None, column or None


def _syntax_error(chars: str, error: Any, position: tuple[int | None, int | None]) -> DecodeError:
    row, column = position
    message = str(error.msg).split(", line ")[0]
    why, hint = message, ""
    entity = re.match(r"Entity '(\w+)' not defined", message)
    before = re.search(r"<\?xml\s|<ApiCall\b", chars)
    if is_html(chars) and not before:
        why, hint = "it is an HTML page (an error page?)", "look at what answered"
    elif entity:
        why, hint = f"&{entity[1]}; is an HTML entity, which XML does not know", "write the character itself or its number (&#241;)"
    elif before and before.start() and not chars[: before.start()].strip() and before[0].startswith("<?xml"):
        why, hint = "a blank line or white space stands before the XML declaration", "send nothing before it"
    elif before and before.start() and (before[0].startswith("<?xml") or not chars.lstrip().startswith(("<!--", "<?", "<ApiCall"))):
        begins = chars.count("\n", 0, before.start()) + 1
        why, hint = f"something stands before the document, which begins in row {begins} (a PHP warning?)", "send nothing before it"
    elif "\0" in chars:
        why = "it holds a NUL character, which XML forbids"
    elif "Excessive depth" in message or "depth" in message.lower():
        why = "elements are nested too deep"
    return DecodeError("not well formed", why, hint, row=row, column=column)


def _wrong_root(chars: str, local: str, row: int) -> DecodeError:
    if is_html(chars):
        return DecodeError("this is no document", "it is an HTML page (an error page?)", "look at what answered", row=row, column=1)
    hint = f"names are case-sensitive: <{ROOT}>" if local.lower() == ROOT.lower() else ""
    return DecodeError(f"the root element is not {ROOT}", f"it is <{local[:40]}>", hint, code="IC002", row=row)


def _nested(child: Any, path: Path) -> DecodeError:
    inner = _split(str(child[0].tag))[1]
    return DecodeError("not readable", f"{show_path(path, XML)} holds an element, <{inner[:40]}>, where text belongs", row=child.sourceline)
