"""What the user sees: data on stdout, everything else on stderr, text of documents always escaped.

Colour is plain SGR codes: importing a library for them would cost more than verifying a document.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from ..streams import Notices, stdout, visible
from .terminal import columns, no_color_because

if TYPE_CHECKING:
    from ..errors import InfocallerError

_SGR = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "dim": "2", "bold": "1"}

_LABELS = {"note": "cyan", "warning": "yellow"}


class Report(Notices):
    """Where a command writes. `color` is auto, always or never; `json` asks for machine output."""

    def __init__(self, color: str = "auto", *, quiet: bool = False, verbose: bool = False, json: bool = False) -> None:
        super().__init__(quiet=quiet, verbose=verbose)
        self.color = color
        self.json = json
        self._colored: dict[TextIO, bool] = {}  # asked for every line, and it never changes
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure:  # a terminal in another charset must not be the end of a report
                with suppress(OSError):  # it flushes: a full disk is reported by who wrote
                    reconfigure(errors="backslashreplace")

    def colored(self, stream: TextIO) -> bool:
        """Whether to colour what goes to a stream. An explicit --color beats NO_COLOR."""
        if self.color != "auto":
            return self.color == "always"
        if stream not in self._colored:
            self._colored[stream] = stream.isatty() and not no_color_because()
        return self._colored[stream]

    def style(self, text: str, style: str, stream: TextIO) -> str:
        """The text in a style, if the stream is coloured. The text is trusted: escape what comes from documents first."""
        return styled(text, style) if self.colored(stream) else text

    def out(self, text: str, style: str = "", rest: str = "") -> None:
        """A line of data on stdout: `text` in the style, `rest` plain. Both are escaped here."""
        text = visible(text)
        print((self.style(text, style, sys.stdout) if style else text) + visible(rest))

    def verdict(self, where: str, label: str, style: str, reason: str) -> None:
        """A judgement on stdout: where, the coloured label, why. All are escaped here."""
        if self.colored(sys.stdout):
            print(f"{visible(where)}{styled(visible(label), style)}: {visible(reason)}")
        else:
            print(visible(f"{where}{label}: {reason}"))

    def row(self, data: dict[str, Any]) -> None:
        """One JSON object, one line, on stdout."""
        print(dump(data))

    def data(self, data: bytes) -> None:
        """Bytes on stdout, as they are; visible text on a terminal."""
        stdout().write(data)

    def ready(self, url: str) -> None:
        """What a server says on stderr once it answers; --quiet or not, as a script waits for it."""
        print(f"listening on {visible(url)}", file=sys.stderr, flush=True)

    def tell(self, label: str, text: str) -> None:
        """A line on stderr behind its coloured label; a terminal's breaks are between words. Both are escaped here."""
        sys.stdout.flush()
        print(f"{self.style(label, _LABELS[label], sys.stderr)}: {folded(visible(text), len(label) + 2)}", file=sys.stderr)

    def note_with(self, text: str, below: list[str]) -> None:
        """A notice, and what there is to copy: each in a line of its own, never broken."""
        self.note(text)
        for line in [] if self.quiet else below:
            print(f"  {visible(line)}", file=sys.stderr)

    def error(self, error: InfocallerError, file: str = "", index: int | None = None) -> int:
        """What, why and what to do, on stderr; a JSON object with --json. Returns the error's exit code."""
        with suppress(OSError):  # stdout may be what failed
            sys.stdout.flush()
        file = file or error.file
        if self.json:
            print(dump(self._error_row(error, file, index)), file=sys.stderr)
            return error.exit_code
        where = place(file, index, getattr(error, "row", None), getattr(error, "column", None))
        code = getattr(error, "code", "")
        print(
            f"{self.style('error', 'red', sys.stderr)}: {visible(where)}{visible(error.what)}{f' ({code})' if code else ''}",
            file=sys.stderr,
        )
        if error.why:
            print(f"  why: {visible(error.why)}", file=sys.stderr)
        if error.hint:
            print(f"  try: {visible(error.hint)}", file=sys.stderr)
        return error.exit_code

    def _error_row(self, error: InfocallerError, file: str, index: int | None) -> dict[str, Any]:
        row: dict[str, Any] = {"error": error.what, "why": error.why, "hint": error.hint, "exit": int(error.exit_code)}
        row |= {"file": file or None, "index": index}
        row |= {key: getattr(error, key) for key in ("code", "row", "column") if hasattr(error, key)}
        return row


def styled(text: str, style: str) -> str:
    """The text in a style."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m"


def folded(text: str, before: int, *, everywhere: bool = False) -> str:
    """The text for stderr behind so many characters: in lines of a terminal's width, broken between words; elsewhere as it is.

    What is longer than a line stays whole, so that it can be copied, unless it may be broken `everywhere`.
    """
    if not sys.stderr.isatty() or before + len(text) <= (width := max(columns(sys.stderr), 20)):
        return text
    import textwrap

    lines = textwrap.wrap(" " * before + text, width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=everywhere)
    return "\n".join(lines)[before:]


def place(file: str, index: int | None = None, row: int | None = None, column: int | None = None) -> str:
    """`calls.ndjson#17:3:4: `: the file, the record in it, the row and the column, as far as they are known."""
    if not file:
        return ""
    text = file + (f"#{index}" if index is not None else "")
    if row is not None:
        text += f":{row}" + (f":{column}" if column is not None else "")
    return text + ": "


def dump(data: object) -> str:
    """JSON for a line of output, whatever the text in it (file names need not be Unicode)."""
    import json

    return json.dumps(data, ensure_ascii=True)
