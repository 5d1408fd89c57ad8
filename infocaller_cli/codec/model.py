"""A document in memory: nested dictionaries in the shape of the JSON form, and what reading it found.

A field that is absent has no key, an empty one is "", a present one is its text: three different things that survive
a round trip. Costs hold at least six decimals; every digit received is kept. Fields nobody documents stand beside the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import spec
from .spec import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# str -> str (a field), Node (a section) or list[Node] (a repeated section)
Node = dict[str, Any]
# Names from below the root down; an int (from 0) after the name of a repeated section
Path = tuple[str | int, ...]
Level = Literal["error", "warning"]


class Finding(NamedTuple):
    """Something a rule says about a document. `row` is the line in the source from 1, None where unknown."""

    code: str
    level: Level
    path: str
    message: str
    row: int | None = None


class Variable(NamedTuple):
    """A user variable. A missing VarName or VarValue reads as ""."""

    name: str
    value: str


class Omission(NamedTuple):
    """Something the bytes held and the model cannot: where it stood, and why it is left out.

    `ambiguous` where a documented field or section was given twice: two readers could see two different documents.
    """

    path: str
    why: str
    ambiguous: bool


def kind_of(*, answers: bool, asks: bool, ends: bool) -> Kind:
    """What a document is that has a Result, or nothing of a call; a QueryName; an action, an end or a duration: the first that fits."""
    return Kind.RESPONSE if answers else Kind.QUERY if asks else Kind.FIN if ends else Kind.EVENT


class Outline(NamedTuple):
    """Of a document only what it is, of which call, and its format."""

    kind: Kind
    line: str | None
    call: str | None
    format: str


class Document(NamedTuple):
    """One document. Treat `root` as read-only; `changed` gives a copy.

    `omitted` lists what the bytes held and `root` cannot: such a document can be looked at and judged, but not written.
    """

    root: Node
    omitted: tuple[Omission, ...] = ()

    def get(self, section: str, field: str) -> str | None:
        """The text of a field of UserID, Infocaller or Status; None if the field or its section is absent."""
        value = self.root.get(section, {}).get(field)
        return value if isinstance(value, str) else None

    @property
    def line(self) -> str | None:
        """LineNumber."""
        return self.get("UserID", "LineNumber")

    @property
    def call(self) -> str | None:
        """CallSequence."""
        return self.get("UserID", "CallSequence")

    @property
    def ambiguous(self) -> str | None:
        """Where the first documented field or section that was given twice stands; None if none was."""
        return next((each.path for each in self.omitted if each.ambiguous), None) if self.omitted else None

    @property
    def kind(self) -> Kind:
        """What the document is."""
        root = self.root
        infocaller = root.get("Infocaller", {})
        return kind_of(
            answers="Result" in root.get("Status", {}) or ("UserID" not in root and "Infocaller" not in root),
            asks="QueryName" in infocaller,
            ends=bool(self.actions or infocaller.get("EndDate") or infocaller.get("CallSeconds", "").strip("0")),
        )

    @property
    def actions(self) -> list[Node]:
        """The Event sections of a FIN, in order; empty where there are none."""
        found: list[Node] = self.root.get("Status", {}).get("Events", {}).get("Event", [])
        return found

    @property
    def variables(self) -> list[Variable]:
        """The user variables, in order, duplicates included."""
        found: list[Node] = self.root.get("CustVars", {}).get("CustVar", [])
        return [Variable(node.get("VarName", ""), node.get("VarValue", "")) for node in found]

    def changed(self, section: str, **fields: str) -> Document:
        """A copy with these fields of one section (created if absent) set."""
        root = {**self.root, section: {**self.root.get(section, {}), **fields}}
        return Document(root, self.omitted)

    def without(self, section: str, *names: str) -> Document:
        """A copy without these fields of one section, if it is there."""
        kept = {name: value for name, value in self.root.get(section, {}).items() if name not in names}
        return Document({**self.root, section: kept} if section in self.root else self.root, self.omitted)


def pointer(parts: Sequence[str | int]) -> str:
    """The JSON Pointer of a place, from the top of the JSON value."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def show_path(path: Sequence[str | int], format: str) -> str:
    """`ApiCall/CustVars/CustVar[2]/VarName` for XML, the JSON Pointer for JSON."""
    if format == spec.JSON:
        return pointer((spec.ROOT, *path))
    text = spec.ROOT
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"/{part}"
    return text


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every field below a node with its path."""
    for name, value in node.items():
        if isinstance(value, str):
            yield (*path, name), value
        elif isinstance(value, dict):
            yield from walk(value, (*path, name))
        else:
            for index, item in enumerate(value):
                yield from walk(item, (*path, name, index))
