"""What a reader notes beside the document itself: findings, content the model cannot hold, white space trimmed."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Finding, Level, Node, Omission, Path, show_path
from .spec import MAX_FINDINGS, ROOT, Field, Section, Value

# How many findings are kept whatever they are; beyond, only the first of a rule and level, so that no verdict depends on the limit
ROOM = MAX_FINDINGS - 100


class Limit:
    """Keeps a list of findings below MAX_FINDINGS, and says how many had no room. A hostile document could cause a million."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        self._seen = {(finding.code, finding.level) for finding in findings}
        self._left: dict[tuple[str, Level], int] = {}

    def keeps(self, code: str, level: Level) -> bool:
        """Whether one more finding has a place in the list."""
        kind = (code, level)
        if len(self.findings) < ROOM or kind not in self._seen:
            self._seen.add(kind)
            return True
        self._left[kind] = self._left.get(kind, 0) + 1
        return False

    def end(self) -> None:
        """Add a line for each rule some of whose findings are left out."""
        for (code, level), number in self._left.items():
            last = next(finding for finding in reversed(self.findings) if (finding.code, finding.level) == (code, level))
            self.findings.append(last._replace(message=f"{number:,} more like it are not listed"))


class Notes:
    """Collects what one reading of one document found. `format` decides how paths are written."""

    def __init__(self, format: str) -> None:
        self.format = format
        self.findings: list[Finding] = []
        self.places: dict[str, Path] = {}  # of findings without a row: the path as it is shown, and the path itself
        self.omitted: list[Omission] = []
        self.lost: list[Finding] = []  # findings about what is not in the document: attributes, text between elements
        self.untrimmed: dict[Path, str] = {}
        self.single: set[Path] = set()  # repeated sections that came as one object
        self._seen: set[str] = set()
        self._limit: Limit | None = None
        self._lost_unlisted = False

    def add(self, code: str, level: Level, path: Path, message: str, row: int | None = None) -> None:
        """Note a finding, while there is room for it."""
        if self._has_room(code, level):
            shown = self.show(path)
            if row is None:
                self.places[shown] = path
            self.findings.append(Finding(code, level, shown, message, row))

    def _has_room(self, code: str, level: Level) -> bool:
        if len(self.findings) < ROOM:
            return True
        self._limit = self._limit or Limit(self.findings)
        return self._limit.keeps(code, level)

    def end(self) -> None:
        """Say what there was no room for."""
        if self._limit:
            listed = len(self.findings)
            self._limit.end()
            if self._lost_unlisted:
                self.lost += [each for each in self.findings[listed:] if each.code == "IC004" and each.level == "warning"]

    def add_once(self, code: str, level: Level, path: Path, message: str, row: int | None = None) -> None:
        """Note a finding unless the same was noted before: one foreign namespace is one slip, not sixty."""
        if code + message not in self._seen:
            self._seen.add(code + message)
            self.add(code, level, path, message, row)

    def in_source(self, path: Path) -> Path:
        """The path as it is in the source: without an index where no array is."""
        for single in self.single:
            if path[: len(single)] == single and path[len(single) : len(single) + 1] == (0,):
                path = single + path[len(single) + 1 :]
        return path

    def show(self, path: Path) -> str:
        """The path as a user sees it."""
        return show_path(self.in_source(path) if self.single else path, self.format)

    def add_lost(self, path: Path, message: str, row: int | None) -> None:
        """Note something undocumented that the document cannot carry."""
        noted = len(self.findings)
        self.add("IC004", "warning", path, message, row)
        self.lost += self.findings[noted:]
        self._lost_unlisted |= len(self.findings) == noted

    def trimmed(self, path: Path, text: str) -> None:
        """Keep a text whose surrounding white space was dropped; a cost's zeros are no such thing."""
        if text.strip() != text:
            self.untrimmed[path] = text

    def duplicate(self, path: Path, what: str, row: int | None = None) -> None:
        """A documented name given twice: the first is kept, nobody can say what the document means, and it cannot be written."""
        name = path[-1] if path else ROOT
        self.add("IC005", "error", path, f"{what} {name} stands twice: two readers could pick two different values", row)
        self.omit(path, "stands twice", ambiguous=True)

    def undocumented(self, path: Path, names: Iterable[str], row: int | None = None) -> None:
        """A name that nobody documents, and that is carried across."""
        self.add("IC004", "warning", path, f"undocumented field {_short(path[-1])}{_meant(path[-1], names)}", row)

    def undocumented_twice(self, path: Path, row: int | None = None) -> None:
        """An undocumented name given twice: no receiver looks at either, but only the first can be carried across."""
        self.add("IC004", "warning", path, f"undocumented field {_short(path[-1])} stands twice; the first is kept", row)
        self.omit(path, "is undocumented and stands twice")

    def nested(self, path: Path, names: Iterable[str], row: int | None = None) -> None:
        """An undocumented name with fields inside, which the model cannot hold."""
        name = f"{_short(path[-1])}{_meant(path[-1], names)}"
        what = f"undocumented field {name} with fields inside, which cannot be carried across"
        self.add("IC004", "warning", path, what, row)
        self.omit(path, "is undocumented and holds other fields")

    def beside_root(self, pointer: str) -> None:
        """A key of a JSON document's outermost object that is not ApiCall."""
        if self._has_room("IC004", "warning"):
            self.findings.append(Finding("IC004", "warning", pointer, f"undocumented key beside {ROOT}"))
        self.omitted.append(Omission(pointer, f"stands beside {ROOT}", ambiguous=False))

    def omit(self, path: Path, why: str, *, ambiguous: bool = False) -> None:
        """Keep in mind what the document cannot hold."""
        self.omitted.append(Omission(self.show(path), why, ambiguous))


def _short(name: str | int) -> str:
    return str(name)[:40]


def _meant(name: str | int, names: Iterable[str]) -> str:
    """Which of the names that belong there differs only in case, in words; "" if none does."""
    meant = next((each for each in names if each.lower() == str(name).lower()), "")
    return f" (names are case-sensitive: {meant})" if meant else ""


# What reading does to the text of a field
KEEP, TRIM, COST = 0, 1, 2


def text_rule(field: Field) -> int:
    """KEEP, TRIM or COST: what reading does to the text of a field."""
    return {Value.TEXT: KEEP, Value.COST: COST}.get(field.value, TRIM)


def empty(section: Section) -> Node:
    """An empty section as the model holds it: a list for what repeats."""
    return {part.name: [] for part in section.parts if isinstance(part, Section) and part.many}
