r"""The search for documents in whatever somebody saved: a log line, a dump, a paste, a proxy's file. Pure: bytes in, documents out.

A name, ApiCall, survives every layer but base64, and what stands right before it tells which layer lies on top: `<ApiCall` none,
`%3CApiCall` percent-encoding, `&lt;ApiCall` HTML entities, `\"ApiCall\"` the backslashes of a string. So one layer after the other
is taken off the whole text, never two tried at once, and the work is linear in its length.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from html import unescape
from itertools import groupby
from json import JSONDecodeError, JSONDecoder
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ...codec.form import unquote
from ...codec.spec import FORM_VARIABLE, ROOT
from ...codec.text import utf16_of

# More is no accident of a tool any more
MOST_LAYERS = 4
# An export holds many; a text that is full of beginnings is an attack
MOST_DOCUMENTS = 10_000
# Beginnings of JSON documents that end nowhere: to say so costs a look through the whole text
MOST_BROKEN = 100
# A shorter run of letters is a word
SHORTEST_BASE64 = 64

_NAME = ROOT.encode()
_OPENS = rb"<(?:[A-Za-z_][\w.-]*:)?ApiCall(?=[\s/>])"
_CLOSES = rb"</(?:[A-Za-z_][\w.-]*:)?ApiCall\s*>"
_DECLARATION = rb"<\?xml[^<>]*\?>\s*\Z"
_KEY = rb'\{\s*"ApiCall"\s*:'
# What escapes of a string leave between elements, in tags and in JSON; a lone backslash in a value is no sign
_ESCAPED = rb"=\\+[\"']|>\\+[nrt]|\\/ApiCall|\\\"ApiCall|\\[xu](?:00)?3[cC]"
_ESCAPED_TAG = rb"\s[\w:.-]+=&(?:amp;)*(?:quot|apos|#0*3[49]|#[xX]0*2[27]);"
_ESCAPED_JSON = rb"[{,]\\+[nrt]|\\'"
# Node prints a string of several lines as one a line, added up
_ADDED_UP = rb"(\\n)['\"`] \+\r?\n[ \t]*+['\"`]"
_BEFORE = 24  # bytes before the name that are looked at: the longest sign, with a prefix of the name
_STRING_HEAD = 400  # bytes: between the beginning of a string and the name, a declaration may stand
_QUOTE = rb"\"|&(?:amp;)*(?:quot|#0*34|#[xX]0*22);"
_LAYER_SIGNS = (
    ("percent", rb"%[0-9A-Fa-f]{2}[^\s<>\"&;\\]{0,12}\Z"),
    ("html", rb"&(?:amp;)*(?:lt|quot|#0*(?:60|34)|#[xX]0*(?:3[cC]|22));/?(?:[\w.-]*:)?\Z"),
    ("string", rb"\\(?:\"|u00(?:3[cC]|22)|[xX](?:3[cC]|22)|0?(?:74|42))/?(?:[\w.-]*:)?\Z"),
)
_BLIND_SIGNS = (  # where the name does not show: what base64 looks like under another layer
    ("percent", rb"%(?:25)*(?:2[2bBfF]|3[dD]|0[aAdD])"),
    ("string", rb"[A-Za-z0-9+/]\\+(?:/|[nr])[A-Za-z0-9+/=\\]|\\u00(?:22|2[bBfF]|3[dD])"),
    ("html", rb"&(?:amp;)*(?:#43|#47|#61|#x2[bBfF]|#x3[dD]);"),
)
_RUN = rb"(?:[A-Za-z0-9+/_-]{16,}+\r?\n)*[A-Za-z0-9+/_-]++={0,2}"  # a word above it is none of its lines
_STRING_ESCAPE = rb"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|([\s\S]))"
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0", b"a": b"\a", b"e": b"\x1b"}
_UNENCODED = rb"\s*apiInfocaller=\s*[<{]"
_GIVEN = rb"(?:\A|&)\s*apiInfocaller="
_HTTP_ANSWER = rb"(?m)^(?:< )?HTTP/\d"
_KEY_OF_REQUESTS = b"UserID"
_VARIABLE = rb"(?:\A|[\s&?'\"])([\w.\[\]-]{1,64})=(?:[^&\s\"<>\\]{0,400})\Z"


class Found(NamedTuple):
    """A document, the layers that lay on it (outermost first), and the row of the text in which it begins, from 1."""

    document: bytes
    layers: tuple[str, ...]
    row: int
    variable: str = ""  # the form variable it stood in, where that is another than apiInfocaller


def search(data: bytes) -> list[Found]:
    """Every document in a text, all under the same layers; none where there is none."""
    text, layers = _eight_bit(data)
    rows = _rows_of_names(text)
    variable, marks = "", len(layers)
    while True:
        if not _looks_escaped(text):
            found = _documents(text)
            if found:
                return [
                    Found(_out_of_a_string(text[begin:end]), tuple(layers), row, variable)
                    for (begin, end), row in zip(found, _rows(rows, text, found, layers), strict=True)
                ]
        layer = _layer_on_top(text)
        if layer is None or len(layers) == MOST_LAYERS + marks:
            return []
        if layer == "percent" and len(layers) == marks:
            variable = _variable(text)
        bare, rows = (_from_base64(text, rows)) if layer == "base64" else (LAYERS[layer](text), rows)
        if not bare or len(bare) >= len(text):  # a layer that takes nothing away is none
            return []
        text = bare
        layers.append(layer)


def documents_in(body: bytes) -> list[Found]:
    """What a search finds in a body that is no document, where that says more than the body itself does.

    Not what begins with a document, which has a mistake of its own or something behind it. Not a value that ends at an unencoded &
    (a server gets no more of it), or that is given twice. Nor an application's answer with something around it: Infocaller would
    not take that, and how it came to be is what matters; nor one serialized twice, or escaped whole. An answer under its HTTP headers
    was saved with them.
    """
    if re.match(_UNENCODED, body) or len(re.findall(_GIVEN, body)) > 1:
        return []
    found = search(body)
    if found and not found[0].layers and body.lstrip().startswith(found[0].document[:_BEFORE]):
        return []  # the body is a document, with a mistake of its own
    if not found or any(_KEY_OF_REQUESTS in one.document for one in found):
        return found
    if found[0].layers:
        return [] if _is_all_there_is(found[0], body) else found
    return found if re.search(_HTTP_ANSWER, body[: body.find(found[0].document)]) else []


def _is_all_there_is(found: Found, body: bytes) -> bool:
    """Whether the body is nothing but the document as a JSON string, or with its markup escaped: an application answered so."""
    for layer in found.layers:
        if layer not in ("string", "html"):
            return False
        body = LAYERS[layer](body)
    return body.strip(b'" \r\n') == found.document


def in_words(found: list[Found]) -> str:
    """`the document was found under percent-encoding, twice; its form variable is 'data', not apiInfocaller`."""
    layers = [(IN_WORDS[layer], len(list(same))) for layer, same in groupby(found[0].layers)]
    times = {1: "", 2: ", twice"}
    under = " and ".join(f"{layer}{times.get(count, f', {count} times')}" for layer, count in layers)
    what = "the document was" if len(found) == 1 else f"{len(found):,} documents were"
    text = f"{what} found {f'under {under}' if under else 'among other text'}"
    variable = found[0].variable
    return f"{text}; the form variable is {variable!r}, not {FORM_VARIABLE}" if variable else text


def _eight_bit(data: bytes) -> tuple[bytes, list[str]]:
    """UTF-16, as PowerShell saves it, as UTF-8; everything else as it is. And which mark stood before it."""
    if charset := utf16_of(data):
        return data.decode(charset, "replace").lstrip("\ufeff").encode(), ["utf-16"]
    text = data.removeprefix(b"\xef\xbb\xbf")
    return text, ["mark"] if text != data else []


def _layer_on_top(text: bytes) -> str | None:
    """Which layer to take off next: what the first name under one says; where no name shows, what hides it."""
    at = text.find(_NAME)
    while at >= 0:
        before = text[max(0, at - _BEFORE) : at]
        for layer, sign in _LAYER_SIGNS:
            if re.search(sign, before):
                return "html" if layer == "string" and _quoted_by_entity(text, at) else layer
        at = text.find(_NAME, at + len(_NAME))
    if _NAME in text:
        if re.search(_ESCAPED_TAG, text):
            return "html"
        return "string" if re.search(_ESCAPED, text) or re.search(_ESCAPED_JSON, text) else None
    return next((layer for layer, sign in _BLIND_SIGNS if re.search(sign, text)), "base64")


def _quoted_by_entity(text: bytes, at: int) -> bool:
    r"""Whether the string in which a name stands begins with `&quot;`: `&quot;{\u0022ApiCall` has HTML on top, which shows nowhere else."""
    quotes = re.findall(_QUOTE, text[max(0, at - _STRING_HEAD) : at])
    return bool(quotes) and quotes[-1] != b'"'


def _looks_escaped(text: bytes) -> bool:
    r"""Whether what looks like a document is the inside of a string: `<ApiCall xmlns=\"...` begins as one does."""
    opens = re.search(_OPENS, text)
    if not opens:
        return False
    closes = re.compile(_CLOSES).search(text, opens.end())
    head = text[: opens.start()][-200:]
    inside = head + text[opens.start() : closes.end() if closes else len(text)]
    return bool(re.search(_ESCAPED, inside) or re.search(_ESCAPED_TAG, inside) or re.search(rb"\?>\\+[nr]", head))


def _out_of_a_string(document: bytes) -> bytes:
    """A document that stands in a string, though the first one does not: an inspection site shows a form raw, and parsed again."""
    return _without_backslashes(document) if document.startswith(b"<") and re.search(_ESCAPED, document) else document


def _documents(text: bytes) -> list[tuple[int, int]]:
    """Where documents begin and end, in order."""
    opens, closes, key = re.compile(_OPENS), re.compile(_CLOSES), re.compile(_KEY)
    found: list[tuple[int, int]] = []
    at = broken = 0
    tag, brace = opens.search(text), key.search(text)
    characters = text.decode("latin-1") if brace else ""
    while (tag or brace) and len(found) < MOST_DOCUMENTS and broken < MOST_BROKEN:
        if tag and not (brace and brace.start() < tag.start()):
            closing = closes.search(text, tag.end())
            if not closing:
                tag = None
                continue
            declared = re.search(_DECLARATION, text[max(at, tag.start() - 200) : tag.start()])
            begin = tag.start() - (len(declared[0]) if declared else 0)
            found.append((begin, closing.end()))
            at = closing.end()
        elif brace:
            whole, at = _json_end(characters, brace.start())
            if whole:
                found.append((brace.start(), at))
            else:
                broken += 1
        tag = opens.search(text, at) if tag and tag.start() < at else tag
        brace = key.search(text, at) if brace and brace.start() < at else brace
    return found


def _json_end(text: str, begin: int) -> tuple[bool, int]:
    """Whether the JSON value that begins there is whole, and where it ends or breaks off."""
    try:
        return True, _JSON.raw_decode(text, begin)[1]
    except JSONDecodeError as error:
        return False, max(error.pos, begin + 1)
    except (ValueError, RecursionError):
        return False, len(text)


_JSON = JSONDecoder(strict=False, parse_int=str, parse_float=str)


# -------------------------------------------------------------------------------------------------------------------- the layers


def _without_percents(text: bytes) -> bytes:
    """As forms are decoded; but a plus sign in base64 is its own."""
    return unquote(text) if _NAME in text else unquote_to_bytes(text)


def _characters(text: bytes) -> tuple[str, str]:
    """The text's characters and the charset they came in."""
    try:
        return text.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return text.decode("iso-8859-1"), "iso-8859-1"


def _without_entities(text: bytes) -> bytes:
    characters, charset = _characters(text)
    return unescape(characters).encode(charset, "xmlcharrefreplace")


def _without_backslashes(text: bytes) -> bytes:
    r"""The text of a string: `\n`, `\"`, `é`; `\xe9` and `\351` are bytes, as dumps of bytes and logs have them."""
    charset = _characters(text)[1]

    def plain(escape: re.Match[bytes]) -> bytes:
        character, byte, octal, other = escape.groups()
        if character:
            return chr(int(character, 16)).encode(charset, "xmlcharrefreplace" if charset != "utf-8" else "surrogatepass")
        if byte:
            return bytes((int(byte, 16),))
        return bytes((int(octal, 8),)) if octal else _PLAIN.get(other, other)

    return _paired(re.sub(_STRING_ESCAPE, plain, re.sub(_ADDED_UP, rb"\1", text)), charset)


def _paired(text: bytes, charset: str) -> bytes:
    """Surrogates that stood apart, joined."""
    if charset != "utf-8" or b"\xed" not in text:
        return text
    try:
        return text.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")
    except UnicodeDecodeError:
        return text


LAYERS: dict[str, Callable[[bytes], bytes]] = {
    "percent": _without_percents,
    "html": _without_entities,
    "string": _without_backslashes,
}
# How a notice calls them, and the marks before the text
IN_WORDS = {
    "percent": "percent-encoding",
    "html": "HTML entities",
    "string": "the backslashes of a string",
    "base64": "base64",
    "utf-16": "UTF-16",
    "mark": "a byte order mark",
}


def _from_base64(text: bytes, rows: list[int]) -> tuple[bytes, list[int]]:
    """What the runs of base64 hold, one a line, and in which rows of the source the names in it stand."""
    parts: list[bytes] = []
    found: list[int] = []
    known = not rows or len(set(rows)) > 1
    for run in re.finditer(_RUN, text):
        packed = re.sub(rb"\s", b"", run[0]).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        if len(packed) < SHORTEST_BASE64:
            continue
        try:
            part = a2b_base64(packed[: len(packed) - (len(packed) % 4 == 1)] + b"==")
        except Base64Error:
            continue
        parts.append(part)
        if known:
            found += [text.count(b"\n", 0, run.start()) + 1] * part.count(_NAME)
    return b"\n".join(parts), found or rows


# -------------------------------------------------------------------------------------------------------------- where it was found


def _rows_of_names(text: bytes) -> list[int]:
    """The row of every name, in order: layers keep their number and their order."""
    rows: list[int] = []
    row, last = 1, 0
    at = text.find(_NAME)
    while at >= 0:
        row += text.count(b"\n", last, at)
        rows.append(row)
        last = at
        at = text.find(_NAME, at + 1)
    return rows


def _rows(names: list[int], text: bytes, found: list[tuple[int, int]], layers: list[str]) -> Iterator[int]:
    """The row of the source in which each document begins; under layers, the one of its name."""
    row = number = at = 0
    for begin, _ in found:
        row += text.count(b"\n", at, begin)
        number += text.count(_NAME, at, begin)
        at = begin
        yield (names[number] if number < len(names) else 1) if layers else row + 1


def _variable(text: bytes) -> str:
    """The form variable a percent-encoded document stands in; "" for the right one and where none shows."""
    at = text.find(_NAME)
    found = re.search(_VARIABLE, text[max(0, at - 500) : at])
    name = found[1].decode("latin-1") if found else ""
    return "" if name == FORM_VARIABLE else name
