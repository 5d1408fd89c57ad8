"""The conditions of a script: `NAME OP VALUE`, one table of operators, and what holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..codec import spec
from ..codec.values import decimal
from ..errors import UsageError
from ..spelling import nearest

# Variables that every call has, and what they hold
BUILT_IN = {
    "_NumInfocaller": "the line",
    "_NumLlamado": "the number that was called",
    "_NumLlamante": "the caller, X if hidden",
    "_LlamadaConectada": "1 once a diverted call was answered, else 0",
}
_NAME = rf"_[A-Za-z]+|{spec.VAR_NAME}"
_REFERENCE = re.compile(rf"\[({_NAME})\]")


class Operator(NamedTuple):
    """How two values are compared: as numbers where both are some (ours) if `numeric`, else as text."""

    about: str
    holds: Callable[[object, object], bool]
    numeric: bool = False


OPERATORS = {
    "=": Operator("equal", lambda a, b: a == b, numeric=True),
    "!=": Operator("not equal", lambda a, b: a != b, numeric=True),
    ">=": Operator("greater or equal", lambda a, b: a >= b, numeric=True),  # type: ignore[operator]
    ">": Operator("greater", lambda a, b: a > b, numeric=True),  # type: ignore[operator]
    "<=": Operator("less or equal", lambda a, b: a <= b, numeric=True),  # type: ignore[operator]
    "<": Operator("less", lambda a, b: a < b, numeric=True),  # type: ignore[operator]
    "does not start with": Operator("does not start with", lambda a, b: not str(a).startswith(str(b))),
    "starts with": Operator("starts with", lambda a, b: str(a).startswith(str(b))),
    "does not contain": Operator("does not contain", lambda a, b: str(b) not in str(a)),
    "contains": Operator("contains", lambda a, b: str(b) in str(a)),
    "does not end with": Operator("does not end with", lambda a, b: not str(a).endswith(str(b))),
    "ends with": Operator("ends with", lambda a, b: str(a).endswith(str(b))),
}
_SIGNS = "|".join(map(re.escape, sorted((one for one in OPERATORS if not one[0].isalpha()), key=len, reverse=True)))
_WORDS = "|".join(one.replace(" ", r"\s+") for one in OPERATORS if one[0].isalpha())
_CONDITION = re.compile(rf"\s*(?P<name>[^\s=!<>]+)(?:\s*(?P<sign>{_SIGNS})\s*|\s+(?P<word>{_WORDS})(?:\s+|$))(?P<value>.*)", re.DOTALL)
_FORM = "it is NAME OPERATOR VALUE"


class Verdict(NamedTuple):
    """Whether a condition holds; `ours` says which decision of ours it rests on, "" where on none."""

    holds: bool
    ours: str = ""


class Condition(NamedTuple):
    """A condition that was read: the variable, the operator (a key of OPERATORS), the value as it stands."""

    name: str
    operator: str
    value: str

    @property
    def names(self) -> set[str]:
        """The variables it looks at."""
        other = _REFERENCE.fullmatch(self.value)
        return {self.name} | ({other[1]} if other else set())

    def judge(self, variables: Mapping[str, str]) -> Verdict:
        """Whether it holds for these variables, the built-in ones among them."""
        for name in sorted(self.names):
            if name not in variables:
                return Verdict(False, f"{name} is not set, so no condition on it holds")
        other = _REFERENCE.fullmatch(self.value)
        left, right = variables[self.name], variables[other[1]] if other else self.value
        operator = OPERATORS[self.operator]
        as_text = operator.holds(left, right)
        numbers = decimal(left), decimal(right)
        if not operator.numeric or None in numbers:
            return Verdict(as_text)
        as_numbers = operator.holds(*numbers)
        return Verdict(as_numbers, "" if as_numbers == as_text else f"{left} and {right} are compared as numbers")


def parse(text: str) -> Condition:
    """Read a condition. Raises UsageError that says what is wrong with it, and the nearest right word."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        word = re.sub(r"^\s*\S+\s*", "", text)
        near = nearest(word.rpartition(" ")[0] or word, OPERATORS)
        raise UsageError(f"the condition {text!r} cannot be read", f"{_FORM}; the operators are {', '.join(OPERATORS)}", near)
    name, value = found["name"].removeprefix("[").removesuffix("]"), found["value"].strip()
    operator = found["sign"] or re.sub(r"\s+", " ", found["word"])
    if why := name_problem(name, built_in=True):
        raise UsageError(f"the condition {text!r} cannot be read", why[0], why[1])
    other = _REFERENCE.fullmatch(value)
    if other and (why := name_problem(other[1], built_in=True)):
        raise UsageError(f"the condition {text!r} cannot be read", why[0], why[1])
    if not value and operator not in ("=", "!="):
        raise UsageError(f"the condition {text!r} cannot be read", f"{_FORM}; there is no value", f"{name} {operator} 2")
    return Condition(name, operator, value)


def name_problem(name: str, *, built_in: bool = False) -> tuple[str, str] | None:
    """Why a name is none of a variable (IC401), and the nearest that is; None where it is one."""
    if built_in and name in BUILT_IN:
        return None
    if name.startswith("_"):
        if built_in:
            return f"there is no variable {name}; those with _ are {', '.join(BUILT_IN)}", nearest(name, BUILT_IN)
        return f"{name!r}: names with _ are the provider's", ""
    if re.fullmatch(spec.VAR_NAME, name):
        return None
    plain = re.sub("[^A-Za-z0-9]", "", name)[: spec.VAR_NAME_LENGTH]
    return f"{name!r} is no name: 1 to {spec.VAR_NAME_LENGTH} of A-Z a-z 0-9, without spaces", f"{plain} is one" if plain else ""


def references(text: str) -> list[str]:
    """The variables a text asks for, as [VARIABLE]."""
    return _REFERENCE.findall(text)


def filled(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables; one that is not set leaves nothing (ours)."""
    return _REFERENCE.sub(lambda found: variables.get(found[1], ""), text)
