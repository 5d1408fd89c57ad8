"""The schema of a document in XML Schema 1.0, written as text. Fields and sections may stand in any order, as reading takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import APICALL, NAMED_KINDS, NAMESPACE, Field, Kind, Section
from .shape import Shape, about, is_foreign, is_needed, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
# Labels of the encoding never decide. Attributes of other namespaces (xml:lang) are nobody's business
_ROOT_ATTRIBUTES = ('<xs:attribute name="encoding" type="xs:string"/>', '<xs:anyAttribute namespace="##other" processContents="skip"/>')


def write(name: str) -> str:
    """The schema of a named kind, in ASCII."""
    shapes: dict[str, Shape] = {}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}" targetNamespace="{NAMESPACE}"',
        '    elementFormDefault="qualified">',
        *_indented([_about(about(name.lower()))]),
        *_indented(_element(APICALL, NAMED_KINDS[name], shapes, "", _ROOT_ATTRIBUTES)),
        *_indented(line for one in shapes.values() for line in _type(one)),
        "</xs:schema>",
    ]
    return "\n".join(lines).encode("ascii", "xmlcharrefreplace").decode() + "\n"


def _element(part: Field | Section, kind: Kind, shapes: dict[str, Shape], occurs: str, attributes: Iterable[str] = ()) -> Iterator[str]:
    """The declaration of a field or section; the shapes of fields are collected."""
    content: Iterable[str] = ()
    named = ""
    if isinstance(part, Field):
        found = shape(part, kind)
        if found:
            shapes[found.name] = found
        named = f' type="{found.name if found else "xs:string"}"'
    elif is_foreign(part, kind):
        named = ' type="xs:anyType"'
    else:
        content = _content(part, kind, shapes, attributes)
    yield f'<xs:element name="{part.name}"{named}{occurs}>'
    yield from _indented((_about(part.about), *content))
    yield "</xs:element>"


def _content(section: Section, kind: Kind, shapes: dict[str, Shape], attributes: Iterable[str]) -> Iterator[str]:
    # The two groups without an order: xs:all, whose parts stand once at most, and a repeated choice of parts
    repeats = any(isinstance(part, Section) and part.many for part in section.parts)
    group = "choice" if repeats else "all"
    yield "<xs:complexType>"
    yield '  <xs:choice minOccurs="0" maxOccurs="unbounded">' if repeats else "  <xs:all>"
    for part in section.parts:
        occurs = "" if repeats or is_needed(part, kind) else ' minOccurs="0"'
        if not (is_needed(part, kind) or isinstance(part, Section)):
            occurs += ' nillable="true"'  # xsi:nil is how .NET writes an empty one
        yield from _indented(_indented(_element(part, kind, shapes, occurs)))
    yield f"  </xs:{group}>"
    yield from _indented(attributes)
    yield "</xs:complexType>"


def _type(one: Shape) -> Iterator[str]:
    yield f'<xs:simpleType name="{one.name}">'
    yield f'  <xs:restriction base="{"xs:token" if one.trimmed else "xs:string"}">'  # the white space of a token is collapsed
    yield f'    <xs:pattern value="{_escaped(one.pattern)}"/>'
    yield "  </xs:restriction>"
    yield "</xs:simpleType>"


def _about(text: str) -> str:
    return f'<xs:annotation><xs:documentation xml:lang="en">{_escaped(text)}</xs:documentation></xs:annotation>'


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
