"""The command that repeats one check, as the shell takes it: it works as it stands, and no login is in it."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

from ...traffic.http.url import masked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...traffic.conformance.check import Check

# Where no variable of the environment holds the login
VARIABLE = "CHECKED_URL"
KEPT_BACK = f"the URL has a login, which is not printed: {VARIABLE} must hold the URL for the commands that repeat a failure"
_MASK = ":***@"
# Those that choose and report
_LEFT_OUT = frozenset(("list_", "only", "skip", "format", "output", "out", "baseline", "strict", "verbose", "quiet", "color"))


def alone(context: Any, check: Check, format: str) -> str:
    """The options that were given, but for those that choose and report, and the one check."""
    before = list(_given(context.parent)) if context.parent else []
    return " ".join(["infocaller", *before, "check-endpoint", *_given(context), "--format", format, "--only", check.code])


def is_kept_back(url: str) -> bool:
    """Whether the printed command needs VARIABLE: nothing else holds the URL's login."""
    return f'"${VARIABLE}"' == _address(url) and os.environ.get(VARIABLE) != url


def _given(context: Any) -> Iterator[str]:
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        source = context.get_parameter_source(name)
        if value in (None, False, (), []) or name in _LEFT_OUT or source is None or source.name != "COMMANDLINE":
            continue
        for one in value if isinstance(value, list | tuple) else [value]:
            if parameter.param_type_name == "argument":
                yield _address(str(one))
            else:
                yield parameter.opts[0] if one is True else f"{parameter.opts[0]} {shlex.quote(str(one))}"


def _address(url: str) -> str:
    """A URL as the shell takes it. Its login is told by the variable that holds it, or the whole URL: it came from there, mostly."""
    shown = masked(url)
    if shown == url:
        return shlex.quote(url)
    known = {value: name for name, value in sorted(os.environ.items()) if re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII)}
    if url in known:
        return f'"${known[url]}"'
    front, _, back = shown.partition(_MASK)
    password = url[len(front) + 1 : len(url) - len(back) - 1]
    if password in known:
        return f'{shlex.quote(front + ":")}"${known[password]}"{shlex.quote("@" + back)}'
    return f'"${VARIABLE}"'
