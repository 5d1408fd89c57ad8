"""The system's keyring, through the optional library `keyring`: imported only where a line asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

SERVICE = "infocaller"
INSTALL = "pip install 'infocaller-cli[keyring]'"


def is_installed() -> bool:
    """Whether the library is there; nothing is imported."""
    from importlib.util import find_spec

    return find_spec("keyring") is not None


def name() -> str:
    """The name of the keyring in use. Raises UsageError where there is none."""
    keyring = _library()
    used = _translated("asked", keyring.get_keyring)
    if type(used).__module__ == "keyring.backends.fail":
        raise _unusable()
    return str(getattr(used, "name", "") or type(used).__name__)


def get(line: str) -> str:
    """The telephone password of a line. Raises UsageError where the keyring has none."""
    keyring = _library()
    password = _translated("asked", lambda: keyring.get_password(SERVICE, line))
    if not isinstance(password, str) or not password:
        raise UsageError(f"the keyring has no password of line {line}", "", f"infocaller config set-password {line}")
    return password


def put(line: str, password: str) -> None:
    """Store the password of a line. Raises UsageError where it is not there afterwards."""
    keyring = _library()
    _translated("written to", lambda: keyring.set_password(SERVICE, line, password), secret=password)
    if _translated("asked", lambda: keyring.get_password(SERVICE, line), secret=password) != password:
        raise UsageError("the keyring did not keep the password", f"it is {name()}", "keyring --list-backends shows the others")


def delete(line: str) -> None:
    """Remove the password of a line. Raises UsageError where there is none."""
    get(line)
    keyring = _library()
    _translated("changed", lambda: keyring.delete_password(SERVICE, line))


def _library() -> ModuleType:
    try:
        import keyring
    except ImportError as error:
        if error.name == "keyring":
            raise UsageError("the keyring cannot be used", "the library keyring is not installed", INSTALL) from None
        raise _unusable(_in_words(error)) from None
    return keyring


def _translated(what: str, ask: Callable[[], Any], secret: str = "") -> Any:
    """Any library for any keyring may be behind it, so any error may come."""
    try:
        return ask()
    except Exception as error:
        if type(error).__name__ == "NoKeyringError":
            raise _unusable() from None
        why = _in_words(error)
        raise UsageError(f"the keyring could not be {what}", why.replace(secret, "***") if secret else why) from None


def _in_words(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _unusable(why: str = "") -> UsageError:
    return UsageError(
        "there is no keyring that can be used",
        why or "none is running: Secret Service, KWallet, the macOS or the Windows one",
        f"start it ({INSTALL} has its library), or use password_file or password_command",
    )
