"""Why XML is not well formed, in our words: by libxml2's error codes and what stands at the place, never by its texts.

Only called once a document is refused.
"""

from __future__ import annotations

import re

from lxml.etree import ErrorTypes as Code

from ..errors import DecodeError
from .spans import tags
from .text import FORBIDDEN, is_html

_DECLARATION = 'write <?xml version="1.0" encoding="ISO-8859-1"?>, or none'
_ESCAPE = "write a plain & as &amp;"
_TOO_MUCH = ("elements are nested too deep, or a name or text is too long", "")
_BAD_DECLARATION = ("the XML declaration is not well formed", _DECLARATION)
_TAG = re.compile(r"<[^<>]*>?")
_RESOURCE_LIMIT = getattr(Code, "ERR_RESOURCE_LIMIT", 114)  # lxml before 6 has no name for it
_FORBIDDEN = re.compile(FORBIDDEN)
_REFERENCE = re.compile(r"&#?\w*;?\Z")

# Why, and what to do; {0} is what stands from the place on, {1} the reference that ends there.
# Codes that only a DOCTYPE can cause are missing
_WORDS = {
    Code.ERR_INTERNAL_ERROR: _TOO_MUCH,
    Code.ERR_NO_MEMORY: _TOO_MUCH,
    Code.ERR_NAME_TOO_LONG: _TOO_MUCH,
    _RESOURCE_LIMIT: _TOO_MUCH,
    Code.ERR_DOCUMENT_EMPTY: ("no element begins there: {0}", ""),
    Code.ERR_DOCUMENT_END: ("something stands behind the document: {0} (a PHP warning?)", "send nothing after it"),
    Code.ERR_EXTRA_CONTENT: ("something stands behind the document: {0} (a PHP warning?)", "send nothing after it"),
    Code.ERR_INVALID_HEX_CHARREF: ("{1} is no character reference", "it is &#x, hexadecimal digits and a semicolon"),
    Code.ERR_INVALID_DEC_CHARREF: ("{1} is no character reference", "it is &#, digits and a semicolon"),
    Code.ERR_ENTITYREF_NO_NAME: ("a bare & stands in it", _ESCAPE),
    Code.ERR_ENTITYREF_SEMICOL_MISSING: ("{1} has no semicolon behind it", _ESCAPE),
    Code.ERR_STRING_NOT_STARTED: _BAD_DECLARATION,
    Code.ERR_STRING_NOT_CLOSED: _BAD_DECLARATION,
    Code.ERR_XMLDECL_NOT_FINISHED: _BAD_DECLARATION,
    Code.ERR_VERSION_MISSING: _BAD_DECLARATION,
    Code.ERR_UNKNOWN_VERSION: _BAD_DECLARATION,
    Code.ERR_STANDALONE_VALUE: _BAD_DECLARATION,
    Code.ERR_ENCODING_NAME: _BAD_DECLARATION,
    Code.ERR_UNKNOWN_ENCODING: _BAD_DECLARATION,
    Code.ERR_UNSUPPORTED_ENCODING: _BAD_DECLARATION,
    Code.ERR_INVALID_ENCODING: ("half of a surrogate pair, which is no character", ""),
    Code.ERR_LT_IN_ATTRIBUTE: ("a < stands in an attribute: is a quote missing before it?", ""),
    Code.ERR_ATTRIBUTE_NOT_STARTED: ("an attribute's value has no quotes around it: {0}", ""),
    Code.ERR_ATTRIBUTE_NOT_FINISHED: ("an attribute's value does not end with its quote", ""),
    Code.ERR_ATTRIBUTE_WITHOUT_VALUE: ("an attribute has no value", ""),
    Code.ERR_ATTRIBUTE_REDEFINED: ("an attribute is given twice", "leave one"),
    Code.NS_ERR_ATTRIBUTE_REDEFINED: ("an attribute is given twice", "leave one"),
    Code.ERR_COMMENT_NOT_FINISHED: ("a comment does not end", ""),
    Code.ERR_COMMENT_ABRUPTLY_ENDED: ("a comment does not end", ""),
    Code.ERR_HYPHEN_IN_COMMENT: ("two hyphens stand in a comment", ""),
    Code.ERR_PI_NOT_STARTED: ("<? begins an instruction without a name", "write a plain < as &lt;"),
    Code.ERR_PI_NOT_FINISHED: ("an instruction, <?..., does not end with ?>", ""),
    Code.ERR_RESERVED_XML_NAME: ("an XML declaration stands where none belongs", "leave the one at the start"),
    Code.ERR_XMLDECL_NOT_STARTED: ("an XML declaration stands where none belongs", "leave the one at the start"),
    Code.ERR_MISPLACED_CDATA_END: ("]]> stands in a text", "write its > as &gt;"),
    Code.ERR_CDATA_NOT_FINISHED: ("a CDATA section does not end", ""),
    Code.ERR_SPACE_REQUIRED: ("a tag goes on with something that is no attribute: {0}", ""),
    Code.ERR_NAME_REQUIRED: ("no name stands where one belongs: {0}", ""),
    Code.ERR_LT_REQUIRED: ("a tag does not begin with <: {0}", ""),
    Code.ERR_GT_REQUIRED: ("a tag does not end with >: {0}", ""),
    Code.ERR_LTSLASH_REQUIRED: ("no end tag stands where one belongs: {0}", ""),
    Code.ERR_EQUAL_REQUIRED: ("no = stands where one belongs: {0}", ""),
    Code.ERR_NOT_WELL_BALANCED: ("its tags do not match", ""),
    Code.NS_ERR_XML_NAMESPACE: ("a namespace is declared for a prefix that may not have it, or is empty", ""),
    Code.NS_ERR_EMPTY: ("a namespace is declared for a prefix that may not have it, or is empty", ""),
    Code.NS_ERR_UNDEFINED_NAMESPACE: ("a prefix stands for no namespace", "declare it, xmlns:prefix=..., or leave it out"),
    Code.NS_ERR_QNAME: ("a name has a colon where none belongs: {0}", ""),
    Code.NS_ERR_COLON: ("a name has a colon where none belongs: {0}", ""),
    Code.WAR_NS_URI: ("a namespace is no URI, and something stands behind the document", "send nothing after it"),
    Code.DTD_XMLID_VALUE: ("an xml:id is no name", "leave it out"),
}  # fmt: skip

# Told by what stands at the place
_BY_PLACE = {Code.ERR_INVALID_CHAR, Code.ERR_INVALID_CHARREF, Code.ERR_UNDECLARED_ENTITY, Code.ERR_TAG_NAME_MISMATCH}
KNOWN = frozenset(_WORDS) | _BY_PLACE | {Code.ERR_TAG_NOT_FINISHED}


def syntax_error(chars: str, code: int, row: int | None, column: int | None) -> DecodeError:
    """The error for a text that the parser refuses with this code at this place (from 1; None where unknown)."""
    why, hint = _something_before(chars) or _at(chars, code, _offset(chars, row, column))
    return DecodeError("not well formed", why, hint, row=row, column=column)


def _offset(chars: str, row: int | None, column: int | None) -> int:
    begin = 0
    for _ in range((row or 1) - 1):
        begin = chars.find("\n", begin) + 1
    return begin + (column or 1) - 1


def _something_before(chars: str) -> tuple[str, str] | None:
    """Why and hint where the document itself may be right, but is not alone."""
    found = re.search(r"<\?xml\s|<ApiCall\b", chars)
    if found is None:
        return ("it is an HTML page (an error page?)", "look at what answered") if is_html(chars) else None
    begin = found.start()
    if begin == 0:
        return None
    if found[0] != "<ApiCall" and not chars[:begin].strip():
        return "a blank line or white space stands before the XML declaration", "send nothing before it"
    if found[0] != "<ApiCall" or not chars.lstrip().startswith(("<!--", "<?", "<ApiCall")):
        row = chars.count("\n", 0, begin) + 1
        return f"something stands before the document, which begins in row {row} (a PHP warning?)", "send nothing before it"
    return None


def _at(chars: str, code: int, at: int) -> tuple[str, str]:
    """Why and hint for a code at an offset."""
    before = _REFERENCE.search(chars, max(at - 40, 0), at)
    reference = before[0] if before else "&"
    if code in (Code.ERR_INVALID_CHAR, Code.ERR_INVALID_CHARREF) or _FORBIDDEN.match(chars, at):
        return _forbidden_character(chars[at : at + 1], reference)
    if code == Code.ERR_NAME_REQUIRED and chars[at - 1 : at] == "&":
        return _WORDS[Code.ERR_ENTITYREF_NO_NAME]
    if code in (Code.ERR_UNDECLARED_ENTITY, Code.WAR_UNDECLARED_ENTITY):
        return _entity(reference)
    if code == Code.ERR_NAME_REQUIRED and chars[at - 1 : at] == "<" and chars[at : at + 1] not in ("", "\u00a0"):
        return f"a bare < stands in it: {_excerpt(chars, at - 1)}", "write a plain < as &lt;"
    if code == Code.ERR_TAG_NAME_MISMATCH or not chars[at:].strip():
        return _open_or_crossed(chars, at, code, reference)
    why, hint = _WORDS.get(code, ("it is no XML from here on: {0}", ""))
    return why.format(_excerpt(chars, at), reference), hint


def _excerpt(chars: str, at: int) -> str:
    return repr(chars[at : at + 40])


def _forbidden_character(character: str, reference: str) -> tuple[str, str]:
    hint = "leave it out: XML has no way to write it"
    if not _FORBIDDEN.match(character):
        return f"{reference} stands for a character that XML forbids", hint
    name = "a NUL character" if character == "\0" else f"U+{ord(character):04X}"
    return f"it holds {name}, which XML forbids", hint


def _entity(reference: str) -> tuple[str, str]:
    from html.entities import html5

    meant = html5.get(reference[1:])
    if meant is None:
        return f"{reference} is an entity that XML does not know", _ESCAPE
    number = "".join(f"&#{ord(character)};" for character in meant)
    return f"{reference} is an HTML entity, which XML does not know", f"write the character itself or its number, {number}"


def _open_or_crossed(chars: str, at: int, code: int, reference: str) -> tuple[str, str]:
    """An end tag that fits none that is open, or a text that ends before its elements do."""
    opened: list[tuple[str, int]] = []  # names of the elements, and rows of their start tags
    row, counted = 1, 0
    for tag in tags(chars[:at], _TAG):
        row += chars.count("\n", counted, tag.start())
        counted = tag.start()
        name = re.split(r"[\s/>]", tag[0].lstrip("</"), maxsplit=1)[0]
        if not tag[0].endswith(">"):
            opened = opened or [(name, row)]
            break
        if not tag[0].startswith("</"):
            opened += () if tag[0].endswith("/>") else ((name, row),)
        elif opened and opened[-1][0] == name:
            opened.pop()
        elif opened:
            return f"</{name[:40]}> stands where </{opened[-1][0][:40]}> (row {opened[-1][1]}) belongs", ""
    if chars[at:].strip() or not opened or code in _NEVER_CUT_OFF:
        why, hint = _WORDS.get(code, ("its tags do not match", ""))
        return why.format(_excerpt(chars, at), reference), hint
    return f"it ends in the middle of {opened[-1][0][:40]}: was it cut off, by a log or a column?", ""


# What began and does not end explains the rest better than the end of the text
_NEVER_CUT_OFF = (Code.ERR_COMMENT_NOT_FINISHED, Code.ERR_PI_NOT_FINISHED, Code.ERR_CDATA_NOT_FINISHED, _RESOURCE_LIMIT)
