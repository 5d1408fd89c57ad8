"""What became of a sent value on its way through an application: who knows what went out need not guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote

_READ, _ESCAPED = "IC402", "IC405"
# A shorter value may stand in another text by chance
_TELLING = 4


class Damage:
    """Knows the values that were sent, and each form in which a wrong decoding gives them back."""

    def __init__(self, sent: Iterable[str]) -> None:
        self._forms = {form: (value, code, cause) for value in sent for form, code, cause in _forms(value) if form != value}

    def of(self, came: str) -> tuple[str, str] | None:
        """The rule that a text with such a value breaks, and what happened to it in words; None where it is whole."""
        for form, (value, code, cause) in self._forms.items():
            if form == came or (len(value) >= _TELLING and form in came and value not in came):
                return code, f"{form!r} is the value {value!r} that was sent: {cause}"
        return None


def _forms(value: str) -> Iterator[tuple[str, str, str]]:
    escaped = "it is still percent-encoded: decode the form variable once more, to bytes"
    yield quote(value, safe=""), _ESCAPED, escaped
    if value.isascii():
        return
    with suppress(UnicodeError):
        yield value.encode().decode("cp1252"), _READ, "its UTF-8 bytes were read as windows-1252"
    yield value.encode().decode("iso-8859-1"), _READ, "its UTF-8 bytes were read as ISO-8859-1"
    with suppress(UnicodeError):
        latin = value.encode("iso-8859-1")
        yield latin.decode("utf-8", "replace"), _READ, "its ISO-8859-1 bytes were read as UTF-8"
        yield quote(latin, safe=""), _ESCAPED, escaped
