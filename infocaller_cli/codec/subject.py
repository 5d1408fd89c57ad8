"""What the checks are given, and what they give back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from .clock import Times, times_of
from .model import Document, Level, Path, pointer, show_path
from .signature import Verdict, verify
from .spec import JSON, Kind

if TYPE_CHECKING:
    from . import Decoded


class Hit(NamedTuple):
    """A rule that fired; `level` where it differs from the catalogue's."""

    code: str
    path: Path
    message: str
    level: Level | None = None


@dataclass(frozen=True)
class Subject:
    """What is judged: a document, the kind it is judged as, the password if one is known, its source if there is one."""

    document: Document
    kind: Kind
    password: str | None
    decoded: Decoded | None

    @cached_property
    def times(self) -> Times:
        """The times of the call."""
        return times_of(self.document)

    @cached_property
    def signature(self) -> Verdict:
        """What is known of the signature. Raises UsageError for a password outside ISO-8859-1."""
        return verify(self.document, self.password, self.kind)

    def has(self, section: str) -> bool:
        """Whether a section of the root is there."""
        return section in self.document.root

    def value(self, field: str, section: str = "Infocaller") -> str:
        """The text of a field; "" where it is absent."""
        return self.document.get(section, field) or ""

    def in_source(self, path: Path) -> str:
        """The text of a field as the source has it; "" where there is no source or no such field."""
        if self.decoded is None:
            return ""
        from .spans import Places

        span = Places(self.decoded.text.chars, self.decoded.format).get(path)
        return "" if span is None else self.decoded.text.chars[span.inner_start : span.inner_end].strip()

    @cached_property
    def strays(self) -> tuple[str, ...]:
        """What stands in an answer's CustVars where only CustVar belongs, as the reader shows its path: no caller gets any of it."""
        if self.kind is not Kind.RESPONSE:
            return ()
        inside = show_path(("CustVars",), self.decoded.format if self.decoded else JSON)
        kept = [inside + pointer((name,)) for name in self.document.root.get("CustVars", {}) if name != "CustVar"]
        omitted = [each.path for each in self.document.omitted if not each.ambiguous and each.path.startswith(f"{inside}/")]
        # An array with a gap in its keys comes from PHP as an object with numbers for keys
        nested = [path for path in omitted if "/" not in path[len(inside) + 1 :] or path.removeprefix(f"{inside}/CustVar/").isdigit()]
        beside = (
            [each.path for each in self.decoded.lost if each.path == inside and each.message.startswith("text ")] if self.decoded else []
        )
        return (*kept, *nested, *beside)


def quote(value: str) -> str:
    """A value in a message, cut where it is long."""
    return repr(value if len(value) <= 40 else value[:39] + "…")
