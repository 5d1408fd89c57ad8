"""What is known of the telephone password of a line, from what a program gives: a text, a function of the line, or None."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...codec.signature import check_password
from ...errors import UsageError

# A password for all lines; or what gives that of a line, None for a line it does not know; or None: nothing is checked
GivenPassword = str | Callable[[str], str | None] | None


class Password(NamedTuple):
    """What is known of a line's password: `text` None with `needed` means that its documents are refused."""

    text: str | None
    needed: bool


def known_by(given: GivenPassword) -> Callable[[str], Password]:
    """What tells it for a line. Raises UsageError for a text that makes no signature or is empty, TypeError for what is none of the three.

    So does what it gives, for what the function gives.
    """
    if given is None or isinstance(given, str):
        known = Password(None if given is None else _checked(given), needed=given is not None)
        return lambda _: known
    if not callable(given):
        raise TypeError(f"a password is a str, a function of the line, or None, not {type(given).__name__}")

    def of(line: str) -> Password:
        text = given(line)
        if text is not None and not isinstance(text, str):
            raise TypeError(f"the function gave a {type(text).__name__}, not a str or None")
        return Password(None if text is None else _checked(text), needed=True)

    return of


def _checked(password: str) -> str:
    if not password:  # a variable that is not set
        raise UsageError("the telephone password is empty", "anybody could sign with it", "None, where nothing is to be checked")
    return check_password(password)
