r"""Manual pages as man(7) writes them, from a light markup: what a reader of pages needs, and no more.

Paragraphs are parted by blank lines. `# Heading` and `## Heading` are lines. A paragraph that is indented stands as it is.
A paragraph whose first line ends with `::` is an entry: that line, and what it is below it. In a text, `code` is bold, and so
is the name in a reference such as infocaller-replay(1).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

_INLINE = re.compile(r"`([^`]+)`|\b([a-z][\w.-]+)\((\d)\)")
_SENTENCE = re.compile(r"(?<=[.:;!?]) +(?=[A-Z`])")
# As they are on a keyboard; in prose a hyphen stays one
_KEYS = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})


def code(text: str) -> str:
    """Text to be typed, character by character."""
    return text.translate(_KEYS)


def bold(text: str) -> str:
    """Text to be typed, in bold."""
    return rf"\fB{code(text)}\fR"


def italic(text: str) -> str:
    """What stands for a value."""
    return rf"\fI{code(text)}\fR"


def prose(text: str) -> str:
    """Running text with its markup, a sentence a line."""
    found, at = [], 0
    for match in _INLINE.finditer(text):
        found.append(text[at : match.start()].replace("\\", r"\e"))
        found.append(bold(match[1]) if match[1] else f"{bold(match[2])}({match[3]})")
        at = match.end()
    found.append(text[at:].replace("\\", r"\e"))
    return "\n".join(map(_line, _SENTENCE.sub("\n", "".join(found)).split("\n")))


def _line(text: str) -> str:
    """A line that no reader takes for a request."""
    return rf"\&{text}" if text[:1] in (".", "'") else text


def section(title: str) -> str:
    """The head of a section."""
    return f'.SH "{title.upper()}"'


def subsection(title: str) -> str:
    """The head of a part of a section."""
    return f'.SS "{title}"'


def entry(tag: str, *texts: str) -> str:
    """An entry of a list: its tag (roff) and its paragraphs (markup)."""
    return "\n.IP\n".join([f".TP\n{_line(tag)}\n{prose(texts[0])}", *map(prose, texts[1:])])


def example(lines: Iterable[str]) -> str:
    """Lines that stand as they are."""
    return "\n".join((".PP", ".RS 4", ".EX", *(_line(code(line)) for line in lines), ".EE", ".RE"))


def markup(text: str) -> str:
    """A text in the light markup."""
    alone = re.sub(r"^#+ .*$", r"\n\g<0>\n", text, flags=re.MULTILINE)
    return "\n".join(_block(block) for block in re.split(r"\n(?:[ \t]*\n)+", alone.strip("\n")) if block.strip())


def _block(block: str) -> str:
    if block.startswith("## "):
        return subsection(block[3:].strip())
    if block.startswith("# "):
        return section(block[2:].strip())
    lines = block.splitlines()
    if all(line.startswith("    ") for line in lines):
        return example(textwrap.dedent(block).splitlines())
    if lines[0].endswith("::"):
        return entry(prose(lines[0].removesuffix("::").strip()), " ".join(line.strip() for line in lines[1:]))
    return f".PP\n{prose(' '.join(line.strip() for line in lines))}"
