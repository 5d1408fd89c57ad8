"""What the applications get from their surroundings: handlers, time limits, passwords, and a place for their lines."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ...config.passwords import Asked, Passwords
from ...errors import InfocallerError, UsageError
from ...streams import Notices, visible
from .exchange import Exchange, exchange_lines
from .handlers import GivenHandlers, Handler, by_event, by_name
from .passwords import GivenPassword, Password, known_by

if TYPE_CHECKING:
    from ...config.settings import Settings


class Log(Notices):
    """One plain line a request, and warnings, on stderr. What comes in one turn of the loop is written at once."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, fold: Callable[[str, int], str] | None = None) -> None:
        """`fold` breaks a notice that stands behind so many characters into a terminal's lines."""
        super().__init__(quiet=quiet, verbose=verbose)
        self._fold = fold
        self._stream = sys.stderr
        self._lines: list[str] = []
        self._lock = threading.Lock()  # behind WSGI there are threads

    def line(self, text: str) -> None:
        """A line of any text: what a terminal would obey is escaped."""
        self.shown(visible(text))

    def shown(self, text: str) -> None:
        """A line that is escaped already, and perhaps coloured."""
        self._add(text + "\n")

    def tell(self, label: str, text: str) -> None:
        """A line behind its label."""
        text = visible(text)
        self.shown(f"{label}: {self._fold(text, len(label) + 2) if self._fold else text}")

    def error(self, text: str) -> None:
        """What --quiet does not silence."""
        self.tell("error", text)

    def exchange(self, exchange: Exchange) -> None:
        """What became of a query. With --quiet only what went wrong."""
        if self.quiet and not exchange.problem:
            return
        for line in exchange_lines(exchange):
            self.line(line)

    def _add(self, text: str) -> None:
        with self._lock:
            self._lines.append(text)
            waiting = len(self._lines) > 1
        if not waiting:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:
                self.flush()

    def flush(self) -> None:
        """Write what was held back. A reader that has gone is no reason to stop."""
        with self._lock:
            text = "".join(self._lines)
            self._lines.clear()
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def handlers(given: GivenHandlers, on: GivenHandlers = None) -> tuple[dict[str | None, Handler], dict[str | None, Handler]]:
    """The handlers by query name, and those `on` events by event; under None the one of all others.

    Those of queries are in INFOCALLER_HANDLER where none are given; with handlers of events there need be none. Raises UsageError.
    """
    if given is None:
        given = [line for line in os.environ.get("INFOCALLER_HANDLER", "").splitlines() if line.strip()]
    for_queries = by_name(given)
    if not for_queries and not on:
        raise UsageError("there is no handler", "none is given, and INFOCALLER_HANDLER is not set", "--handler app:answer")
    return for_queries, by_event(on)


def timeout(given: float | None, default: float) -> float:
    """Seconds a handler may take: as given, else INFOCALLER_TIMEOUT, else the default. Raises UsageError."""
    text = os.environ.get("INFOCALLER_TIMEOUT") or default if given is None else given
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not math.isfinite(seconds) or seconds <= 0:
        raise UsageError(f"the time-out cannot be {text!r}", "it is a number of seconds above 0", "INFOCALLER_TIMEOUT=5")
    return seconds


def known_passwords(
    settings: Settings[Notices], given: GivenPassword = None, file: str | None = None, asked: Asked | None = None, *, optional: bool = False
) -> Callable[[str], Password]:
    """What is known of the password of a line. Without any password at all, says once that nothing is checked. Raises UsageError.

    The commands and the keyring of the configuration are asked at once, unless what they said is given (`Passwords.ahead`).
    `optional`: an untrusted configuration is warned about, not refused.
    """
    if given is not None:
        return known_by(given)
    passwords = Passwords(settings, file, asked=asked, optional=optional)
    needed = passwords.any()
    for answer in (passwords.ahead() if asked is None else asked).values():
        if isinstance(answer, InfocallerError):
            settings.report.warn(str(answer))
    if not needed:
        settings.report.warn(
            "no telephone password is known: signatures are not checked (--password-file, INFOCALLER_PASSWORD, [lines.NUMBER])"
        )

    def known(line: str) -> Password:
        try:
            return Password(passwords.of(line), needed)
        except InfocallerError as error:  # a password file that went away
            settings.report.warn(str(error))
            return Password(None, needed=True)

    return known
