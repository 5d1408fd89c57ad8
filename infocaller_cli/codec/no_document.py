"""Why a body is no document at all: the usual causes, by its first characters. Only called once a body is refused."""

from __future__ import annotations

import re

from ..errors import DecodeError
from .spec import APICALL, FORM_VARIABLE, NAMESPACE, ROOT, WHITE, XML, Section

_DOCUMENT = re.compile(r"<\?xml\b|<ApiCall\b|\{\s*\"ApiCall\"")
_ESCAPED = ("&lt;ApiCall", "&lt;?xml")
_VARIABLE = re.compile(r"(?:\A|&)([\w.%+-]{1,40})=(?:%3C|%7B|%22|[<{\"])", re.IGNORECASE)
_ARRAY = re.compile(rf"(?:\A|&){FORM_VARIABLE}(?:\[|%5B)", re.IGNORECASE)
_ENCODED = re.compile(r"%(?:25)*(?:3C|7B)", re.IGNORECASE)
# Only the status line and headers, as `curl -i` saves them
_EMPTY_ANSWER = re.compile(r"(HTTP/\d[^\r\n]*)\r?\n(?:[^\r\n]+\r?\n)*[\s]*\Z")
# How other files begin, as ISO-8859-1 shows it
_OTHER_FILES = {
    "\x89PNG": "an image (PNG)",
    "\xff\xd8\xff": "an image (JPEG)",
    "GIF8": "an image (GIF)",
    "%PDF-": "a PDF",
    "PK\x03\x04": "a ZIP file (or one of an office program)",
    "\xd0\xcf\x11\xe0": "a file of an office program",
    "RIFF": "a sound or an image (RIFF)",
    "\x7fELF": "a program",
}
_SECTIONS = tuple(part.name for part in APICALL.parts if isinstance(part, Section))


def no_document(text: str, *, answer: bool) -> DecodeError:
    """The error for characters that begin neither like XML nor like JSON; `answer`: of a body that should answer a query."""
    start = text.strip(WHITE)
    if not start:
        hint = "an answer is a document, whatever happened" if answer else "was the form already parsed? Pass the raw body, read first"
        return DecodeError("there is no document", "the body is empty", hint)
    found = _DOCUMENT.search(text)
    variable = _VARIABLE.search(start[:2000])
    if start.startswith("\ufeff"):
        why, hint = "two byte order marks stand before it", "write one, or none"
    elif empty := _EMPTY_ANSWER.match(start + "\n"):
        why, hint = f"it is an answer without a body ({empty[1][:40]})", "an answer is a document, whatever happened"
    elif _ENCODED.match(start):
        why, hint = f"it is percent-encoded, without {FORM_VARIABLE}= before it", f"write {FORM_VARIABLE}=, then the value"
    elif start.startswith('"'):
        why, hint = "it is a JSON string that holds a document: it was serialized twice", "send the text itself"
    elif start.startswith(_ESCAPED):
        why, hint = "its markup is escaped (&lt; for <), as templates do", "send the text itself"
    elif _ARRAY.search(start[:2000]):
        why, hint = f"the form variable {FORM_VARIABLE} is an array, as PHP writes one", f"send {FORM_VARIABLE}=, with the JSON or XML text"
    elif variable and (answer or variable[1] == FORM_VARIABLE):
        why, hint = f"it is a form body ({variable[1]}=...) where a bare document belongs", "send the document alone"
    elif variable:
        why, hint = f"the form variable is {variable[1]}, not {FORM_VARIABLE}", f"name it {FORM_VARIABLE}"
    elif other := next((what for begins, what in _OTHER_FILES.items() if text.startswith(begins)), ""):
        why, hint = f"it is {other}", "name a file that holds the text of a document"
    elif text.startswith("\x1f\x8b"):
        why, hint = "it is compressed (gzip)", "send it as it is"
    elif found:
        row = text.count("\n", 0, found.start()) + 1
        why, hint = f"text stands before the document, which begins in row {row} (a PHP warning?)", "send nothing before it"
        return DecodeError("not well formed", why, hint, row=1, column=1)
    else:
        why, hint = f"it begins with {start[:20]!r}, neither XML nor JSON", ""
    return DecodeError("this is no document", why, hint, row=1, column=1)


def wrong_root(name: str, inside: list[str], format: str) -> str:
    """A hint for a root element or the keys of the outermost object that are not ApiCall; `inside`: the names below."""
    shown = f"<{ROOT}>" if format == XML else f'"{ROOT}"'
    if name.lower() == ROOT.lower():
        return f"names are case-sensitive: {shown}"
    if name in _SECTIONS:
        whole = f'<{ROOT} xmlns="{NAMESPACE}">...</{ROOT}>' if format == XML else f'{{"{ROOT}": {{...}}}}'
        return f"{name} stands inside {ROOT}: {whole}"
    if ROOT in inside:
        return f"{ROOT} stands inside it: send it without what is around"
    return ""
