"""Who answers in a simulated call at a terminal: a person."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ...calls import HANG_UP, Input, Play, Pressed, WantKeys, WantOutcome, parse_outcome, pressed_problem
from ...calls.actions import HANGUP
from ...errors import UsageError
from ...streams import stdin, visible
from ...traffic.simulate.lines import prompt, ringing
from ..terminal import columns
from ..waking import waking

if TYPE_CHECKING:
    from collections.abc import Callable

_HELP = """\
?        this help
!vars    the variables of the call
Ctrl-D   hang up: FIN is still sent
Ctrl-C   hang up, and end with exit code 130
Digits, * and # are keys; nothing but Enter presses nothing."""


class Person:
    """A person at a terminal. `play` is set before the call; what was answered is kept as a case has it."""

    def __init__(self) -> None:
        self.play: Play | None = None
        self.used: list[str] = []
        self.used_diverts: list[str] = []
        with suppress(ImportError):  # editing and history of keys, where there is one
            import readline  # noqa: F401

    @staticmethod
    def is_there() -> bool:
        """Whether there is a terminal to ask on."""
        return sys.stdin is not None and sys.stdin.isatty() and (sys.stdout.isatty() or sys.stderr.isatty())

    def keys(self, event: WantKeys) -> Input:
        """What is typed, asked again until a telephone has it."""

        def read(text: str) -> Input:
            if why := pressed_problem(event.kind, text):
                raise UsageError(why)
            return Pressed(text)

        reply, text = self._ask(f"       {prompt(event)}", read)
        self.used.append(text)
        return reply

    def outcome(self, event: WantOutcome) -> Input:
        """What becomes of the diverted call."""
        reply, text = self._ask(f"       {ringing(event)}", parse_outcome)
        self.used_diverts.append(text)
        return reply

    def _ask(self, question: str, read: Callable[[str], Input]) -> tuple[Input, str]:
        while True:
            try:
                text = line(question).strip()
            except EOFError:
                print(file=sys.stderr)
                return HANG_UP, HANGUP
            except KeyboardInterrupt:
                print(file=sys.stderr)
                raise
            if text == "?":
                print(_HELP, file=sys.stderr)
            elif text == "!vars":
                self._show_variables()
            elif text == HANGUP:
                return HANG_UP, HANGUP
            else:
                try:
                    return read(text), text
                except UsageError as error:
                    print(f"       {visible(error.in_full)}", file=sys.stderr)

    def _show_variables(self) -> None:
        known = self.play.known if self.play else {}
        width = max(map(len, known), default=0)
        for name, value in known.items():
            print(f"       {visible(name):{width}} = {visible(value)}", file=sys.stderr)


def line(question: str) -> str:
    """A line that is typed. Raises EOFError at its end."""
    question = visible(question)
    sys.stderr.flush()
    if sys.stdout.isatty():
        if len(question) >= columns():  # readline would show its end only
            print(question.removesuffix("> "))
            question = "> "
        sys.stdout.flush()
        with waking():
            return input(question)
    sys.stdout.flush()
    print(question, end="", file=sys.stderr, flush=True)
    with waking():
        data = stdin(typed=True).readline()
    if not data:
        raise EOFError
    return data.decode("utf-8", "replace")
