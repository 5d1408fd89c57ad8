"""What is wrong with a script as a whole: labels nobody has, steps nobody reaches, variables nothing sets, loops without end."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from ..spelling import nearest
from .conditions import BUILT_IN, references
from .rows import Path
from .script import END, Problem, Script, Step

# Keys that hold a label
_JUMPS = ("goto", "on_error", "otherwise")


def judge(script: Script) -> Iterator[Problem]:
    """Errors first; what follows them is only asked of a script whose labels are right."""
    wrong = list(_labels(script))
    yield from wrong
    if not wrong:
        yield from _unreachable(script)
        yield from _unset(script)
        yield from _loops(script)


def jumps(step: Step) -> Iterator[tuple[Path, str]]:
    """The labels that a step names, and where."""
    for key in _JUMPS:
        if key in step.values:
            yield (key,), step.values[key]
    for option, label in step.values.get("options", {}).items():
        yield ("options", option), label


def after(script: Script, step: Step) -> set[int]:
    """The steps that may follow a step at once; END is among them where the script may be over."""
    found = {script.labels[label] for _, label in jumps(step)} | {branch.start for branch in step.branches}
    goes_on = not step.kind.ends and step.action != "goto"
    if step.action == "menu":
        goes_on = "otherwise" not in step.values
    if step.branches and step.branches[-1].condition is None:
        goes_on = False
    return found | ({step.next} if goes_on else set()) | ({END} if step.kind.ends else set())


def _labels(script: Script) -> Iterator[Problem]:
    for step in script.steps:
        for path, label in jumps(step):
            target = script.labels.get(label)
            where = ".".join(map(str, path))
            if target is None:
                why = f"the labels are {', '.join(script.labels)}" if script.labels else "no step has a label"
                yield Problem(
                    "error", step.number, step.row, f"{where}: nobody has the label {label!r}", why, nearest(label, script.labels)
                )
            elif script.steps[target].late != step.late:
                why = "what runs at the end of the call, and what before, cannot reach each other"
                yield Problem("error", step.number, step.row, f"{where}: {label!r} cannot be reached from here", why)


def _reached(script: Script, starts: set[int]) -> set[int]:
    found: set[int] = set()
    waiting = list(starts)
    while waiting:
        id = waiting.pop()
        if id != END and id not in found:
            found.add(id)
            waiting.extend(after(script, script.steps[id]))
    return found


def _unreachable(script: Script) -> Iterator[Problem]:
    reached = _reached(script, {script.start, script.end_of_call})
    for step in script.steps:
        if step.id not in reached:
            yield Problem("error", step.number, step.row, "no path reaches it", "", "give it a label that something goes to, or remove it")


def _uses(step: Step) -> Iterator[tuple[str, str]]:
    """The variables that a step looks at, and what in it does."""
    for branch in step.branches:
        for name in sorted(branch.condition.names if branch.condition else ()):
            yield name, f"the condition {branch.text!r}"
    for value in step.values.values():
        for name in references(value) if isinstance(value, str) else ():
            yield name, f"[{name}]"


def _unset(script: Script) -> Iterator[Problem]:
    set_by: dict[str, set[int]] = {}
    any_by: set[int] = set()  # an answer may bring any variable
    for step in script.steps:
        if step.action == "query":
            any_by.add(step.id)
        elif "variable" in step.values:
            set_by.setdefault(step.values["variable"], set()).add(step.id)
    for step in script.steps:
        for name, where in _uses(step):
            setters = set_by.get(name, set()) | any_by
            if name not in BUILT_IN and not any(_comes_after(script, setter, step) for setter in setters):
                why = "no step before it asks for it, and no query"
                yield Problem("warning", step.number, step.row, f"{where}: nothing sets {name}", why, nearest(name, set_by))


def _comes_after(script: Script, setter: int, step: Step) -> bool:
    if step.late and not script.steps[setter].late:
        return True
    return step.id in _reached(script, after(script, script.steps[setter]))


def _loops(script: Script) -> Iterator[Problem]:
    """A circle in which nobody is asked goes on by itself, unless an answer or a condition ends it."""
    asks = {step.id for step in script.steps if step.kind.asks}
    graph = {step.id: {id for id in after(script, step) if id != END and id not in asks} for step in script.steps if step.id not in asks}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        numbers = [script.steps[id].number for id in reversed(error.args[1][1:])]
        first = script.steps[error.args[1][-1]]
        yield Problem("warning", first.number, first.row, "a loop without a keypad in it", f"steps {' -> '.join((*numbers, numbers[0]))}")
