"""A script's cases as tests of pytest, one item a case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from ..streams import visible

if TYPE_CHECKING:
    from ..traffic.simulate.loading import Loaded

# What no other TOML has: cases, and either steps or the script that they are of
_CASES = re.compile(rb"^\s*\[\[\s*case\s*\]\]", re.MULTILINE)
_STEPS = re.compile(rb"^\s*(\[\[\s*step\s*\]\]|script\s*=)", re.MULTILINE)
_LARGEST = 4 << 20  # bytes


def has_cases(path: Path) -> bool:
    """Whether a file looks like a script with cases, or like the cases of one."""
    with path.open("rb") as stream:
        data = stream.read(_LARGEST)
    return bool(_CASES.search(data) and _STEPS.search(data))


class MissedError(Exception):
    """A case did not come to what it expected; the lines say it."""


class ScriptFile(pytest.Module):
    """The file, which to fixtures is a module."""

    def _getobj(self) -> ModuleType:
        return ModuleType(self.path.stem)

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        from ..errors import InfocallerError
        from ..traffic.simulate.loading import load

        try:
            loaded = load(self.path)
        except InfocallerError as error:
            row = getattr(error, "row", None)
            raise self.CollectError(visible(f"{error.file or self.path}{f':{row}' if row else ''}: {error.in_full}")) from None
        for number, case in enumerate(loaded.cases):
            yield CaseItem.from_parent(self, name=visible(case.name), callobj=_test(loaded, number))


def _test(loaded: Loaded, number: int) -> Any:
    def played(infocaller_app: object, infocaller_password: str) -> None:
        from ..traffic.simulate.lines import lines
        from ..traffic.simulate.missed import missed
        from .calls import called

        case = loaded.cases[number]
        app, to = (None, infocaller_app) if isinstance(infocaller_app, str) else (infocaller_app, None)
        call = called(loaded.script, case, app, to, infocaller_password)
        if wrong := missed(call, case):
            raise MissedError("\n".join(map(visible, (*wrong, "", *lines(call)))))

    played.case = loaded.cases[number]  # type: ignore[attr-defined]
    return played


class CaseItem(pytest.Function):
    """One case."""

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands."""
        row = self.obj.case.row
        return self.path, None if row is None else row - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any, **more: Any) -> Any:
        """What was missed and the whole call; of errors of ours the words alone. Code of ours is nothing to look at."""
        from ..errors import InfocallerError

        error = excinfo.value
        if isinstance(error, MissedError):
            row = self.obj.case.row
            return f"{self.path.name}{f':{row}' if row else ''}: {self.name}\n{error}"
        if isinstance(error, InfocallerError):
            return f"{self.path.name}: {self.name}: {visible(error.in_full)}"
        return super().repr_failure(excinfo, *args, **more)
