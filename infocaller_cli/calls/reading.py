"""A script from its TOML: every key and value is judged by the tables of `actions`, and what is wrong is said with step and line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..codec.spec import EVENTS
from ..errors import UsageError
from ..spelling import nearest
from . import actions, conditions
from .actions import ACTIONS, OTHERWISE, Key
from .rows import Path, row_of, rows
from .script import END, Branch, Case, Expect, Problem, Script, ScriptError, Step
from .values import PROBLEMS, hint

_DEEPEST = 20  # lists of conditions in each other


def toml(text: str, file: str = "") -> tuple[dict[str, Any], dict[Path, int]]:
    """A TOML text, and on which row each key stands. Raises ScriptError."""
    import re
    import tomllib

    text = text.replace("\r\n", "\n")
    try:
        return tomllib.loads(text), rows(text)
    except RecursionError:
        raise ScriptError(Problem("error", "", None, "the script is nested too deep"), file) from None
    except ValueError as error:
        said = re.fullmatch(r"(.*?) \(at line (\d+), column \d+\)", str(error), re.DOTALL)
        row = int(said[2]) if said else None
        raise ScriptError(Problem("error", "", row, "the script is no TOML", said[1] if said else str(error)), file) from None


class Reader:
    """Reads one text; `problems` is what was wrong. What is left out then is not there for later checks either."""

    def __init__(self, data: dict[str, Any], places: dict[Path, int]) -> None:
        self._data = data
        self._rows = places
        self.problems: list[Problem] = []
        self._steps: list[Step | None] = []
        self.labels: dict[str, int] = {}

    def row(self, path: Path) -> int | None:
        """The row of a path."""
        return row_of(self._rows, path)

    def wrong(self, path: Path, what: str, why: str = "", hint: str = "", step: str = "") -> None:
        """Note an error."""
        self.problems.append(Problem("error", step, self.row(path), what, why, hint))

    # ------------------------------------------------------------------------------------------------------------- tables

    def table(self, value: Any, keys: tuple[Key, ...], path: Path, step: str = "", what: str = "") -> dict[str, Any]:
        """What is right of a table; the rest is noted."""
        if not isinstance(value, dict):
            self.wrong(path, f"{what} is no table", step=step)
            return {}
        known = {key.name: key for key in keys}
        prefix = f"{what}: " if what else ""
        right = {}
        for name, one in value.items():
            if name not in known:
                self.wrong((*path, name), f"{prefix}unknown key {name!r}", f"known are {', '.join(known)}", nearest(name, known), step)
            elif why := PROBLEMS[known[name].holds](one):
                holds = known[name].holds
                self.wrong((*path, name), f"{prefix}{name} is wrong: it {why}", f"it is {holds.value}", hint(holds, one), step)
            else:
                right[name] = one
        for key in keys:
            if key.needed and key.name not in value and known.keys() >= value.keys():  # else it may be what was mistyped
                self.wrong(path, f"{prefix}{key.name} is missing", f"it is {key.about}: {key.holds.value}", "", step)
        return right

    # -------------------------------------------------------------------------------------------------------------- steps

    def script(self) -> Script:
        """The script, as far as it is right."""
        top = self.table(self._data, actions.SCRIPT, ())
        start = self._block(top.get("step", []), ("step",), "", END, late=False, depth=0)
        last = self._block(top.get("end_of_call", []), ("end_of_call",), "end_of_call ", END, late=True, depth=0)
        if not top.get("step") and "step" in top:
            self.wrong(("step",), "there is no step", "a script has one at least")
        steps = tuple(step for step in self._steps if step is not None)
        found = Script(top.get("name", ""), steps, start, last, self.labels, top.get("urls", {}), top.get("queries", {}))
        return replace(found, cases=self.cases(top.get("case", []), found))

    def _block(self, values: Any, path: Path, prefix: str, after: int, *, late: bool, depth: int, from_: int = 0) -> int:
        """Read steps that follow each other; returns the id of the first. `from_`: where they begin in the list."""
        count = len(values) - from_
        if count <= 0:
            return after
        first = len(self._steps)
        self._steps.extend([None] * count)
        for index in range(count):
            following = first + index + 1 if index + 1 < count else after
            number = f"{prefix}{index + 1}"
            place = (*path, from_ + index)
            self._steps[first + index] = self._step(values[from_ + index], place, number, first + index, following, late, depth)
        return first

    def _step(self, value: Any, path: Path, number: str, id: int, following: int, late: bool, depth: int) -> Step:
        stand_in = Step(id, number, self.row(path), "end", {"end": True}, "", following, late)
        if not isinstance(value, dict):
            self.wrong(path, 'a step is a table, such as { message = "..." }', step=number)
            return stand_in
        named = [name for name in ACTIONS if name in value]
        if len(named) != 1:
            self._no_action(value, named, path, number)
            return stand_in
        action = ACTIONS[named[0]]
        right = self.table(value, (*action.keys, actions.LABEL), path, number)
        if late and not action.late:
            allowed = ", ".join(one.name for one in ACTIONS.values() if one.late)
            self.wrong(path, f"{action.name} cannot stand in end_of_call", f"the call is over then; it may hold {allowed}", step=number)
        label = right.pop("label", "")
        if label in self.labels:
            self.wrong((*path, "label"), f"the label {label!r} is taken", "each names one step", step=number)
        elif label:
            self.labels[label] = id
        branches = self._branches(right.get("conditions", []), (*path, "conditions"), number, following, late, depth)
        return Step(id, number, self.row(path), action.name, right, label, following, late, branches)

    def _no_action(self, value: dict[str, Any], named: list[str], path: Path, number: str) -> None:
        if named:
            self.wrong(path, f"it has {' and '.join(named)}", "a step has one action", "make two steps of it", number)
            return
        known = {key.name for action in ACTIONS.values() for key in action.keys} | {"label"}
        for name in value:
            if name not in known:
                self.wrong((*path, name), f"unknown key {name!r}", f"the actions are {', '.join(ACTIONS)}", nearest(name, known), number)
                return
        self.wrong(path, "it has no action", f"the actions are {', '.join(ACTIONS)}", step=number)

    def _branches(self, value: list[Any], path: Path, number: str, after: int, late: bool, depth: int) -> tuple[Branch, ...]:
        found: list[Branch] = []
        if depth >= _DEEPEST:
            self.wrong(path, "conditions are nested too deep", f"{_DEEPEST} in each other are enough", step=number)
            return ()
        for index, one in enumerate(value):
            place = (*path, index)
            if not isinstance(one, list) or not one or not isinstance(one[0], str):
                self.wrong(place, "a branch is a list: its condition, then its steps", "", '["PEDIDO = 1", { message = "..." }]', number)
                continue
            if found and found[-1].condition is None and found[-1].text == OTHERWISE:
                self.wrong(place, f"{one[0]!r} is never looked at", f'"{OTHERWISE}" comes last', step=number)
            start = self._block(one, place, f"{number}.{index + 1}.", after, late=late, depth=depth + 1, from_=1)
            found.append(Branch(*self._condition(one[0], place, number), start, self.row(place)))
        return tuple(found)

    def _condition(self, text: str, path: Path, number: str) -> tuple[str, conditions.Condition | None]:
        if text.strip().lower() == OTHERWISE:
            return OTHERWISE, None
        try:
            return text.strip(), conditions.parse(text)
        except UsageError as error:
            hint = error.hint or nearest(text.strip(), [OTHERWISE])
            self.wrong(path, error.what, error.why, hint, number)
            return text, None

    # -------------------------------------------------------------------------------------------------------------- cases

    def cases(self, values: list[Any], script: Script) -> tuple[Case, ...]:
        """The cases of a script."""
        found: list[Case] = []
        for index, value in enumerate(values):
            path: Path = ("case", index)
            what = f"case {index + 1}"
            right = self.table(value, actions.CASE, path, what=what)
            name = right.get("name", what)
            if name in {case.name for case in found}:
                self.wrong((*path, "name"), f"{what}: the name {name!r} is taken", "--case finds a case by it")
            expect = self.table(right.get("expect", {}), actions.EXPECT, (*path, "expect"), what=f"{what}: expect")
            self._known_requests(right.get("faults", {}), (*path, "faults"), f"{what}: faults", script)
            self._known_requests(expect.get("requests", []), (*path, "expect"), f"{what}: expect.requests", script)
            for key in ("heard", "requests"):
                if key in expect:
                    expect[key] = tuple(expect[key])
            keys, diverts = tuple(right.get("keys", ())), tuple(right.get("diverts", ()))
            found.append(Case(name, self.row(path), keys, diverts, right.get("faults", {}), Expect(**expect)))
        return tuple(found)

    def _known_requests(self, names: Any, path: Path, what: str, script: Script) -> None:
        if any(step.action == "query" and "query" not in step.values for step in script.steps):
            return  # said of the step; which name was meant nobody knows
        known = (*EVENTS, *script.query_names)
        for name in names:
            if name not in known:
                self.wrong(path, f"{what} names {name!r}", f"the call sends {', '.join(known)}", nearest(name, known))

    def of_another(self, script: Script) -> tuple[Case, ...]:
        """The cases of a file of their own."""
        top = self.table(self._data, actions.CASES, ())
        return self.cases(top.get("case", []), script)
