"""Who answers in a simulated call where nobody is there: lists of keys and outcomes."""

from __future__ import annotations

from collections.abc import Iterable

from ...calls import HANG_UP, Input, Outcome, Pressed, WantKeys, WantOutcome, parse_outcome, pressed_problem
from ...calls.actions import HANGUP, NO_ANSWER


class Listed:
    """Answers from lists; `problems` tells what did not fit the call."""

    def __init__(self, keys: Iterable[str], diverts: Iterable[str]) -> None:
        self.keys_left = list(keys)
        self.diverts_left = list(diverts)
        self._wrong: list[str] = []
        self.used: list[str] = []  # both as a case has them
        self.used_diverts: list[str] = []

    def keys(self, event: WantKeys) -> Input:
        """The next keys; without any, or with what no telephone has, the caller hangs up."""
        if not self.keys_left:
            self._wrong.append(f"keys for {event.prompt!r} were missing: the caller hung up")
            return HANG_UP
        text = self.keys_left.pop(0)
        self.used.append(text)
        if text == HANGUP:
            return HANG_UP
        if why := pressed_problem(event.kind, text):
            self._wrong.append(f"{text!r} cannot be given to {event.prompt!r}: {why}: the caller hung up")
            return HANG_UP
        return Pressed(text)

    def outcome(self, event: WantOutcome) -> Input:
        """The next outcome; without any nobody answers."""
        if not self.diverts_left:
            self._wrong.append(f"what becomes of the call to {event.number} was missing: no answer")
            return Outcome(False, 0, NO_ANSWER)
        text = self.diverts_left.pop(0)
        self.used_diverts.append(text)
        return HANG_UP if text == HANGUP else parse_outcome(text)

    def problems(self) -> list[str]:
        """What was missing, impossible or left over, in words."""
        found = self._wrong + [f"the keys {text!r} were left over" for text in self.keys_left]
        return found + [f"the outcome {text!r} was left over" for text in self.diverts_left]
