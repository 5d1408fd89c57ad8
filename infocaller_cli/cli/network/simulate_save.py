"""A call that was played, kept as a case of its script."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ...calls import Play, read, read_cases, script_named
from ...calls.actions import NO_ANSWER
from ...errors import UsageError
from ...traffic.simulate.loading import read_text

if TYPE_CHECKING:
    from ...traffic.simulate.exchange import Posted
    from ...traffic.simulate.loading import Loaded
    from ..report import Report

_SPOKEN = 40  # characters of what was heard that a case looks for


def refuse_case(loaded: Loaded, name: str) -> None:
    """Raises UsageError where a case of this name cannot be appended."""
    if loaded.file == "-":
        raise UsageError("--save-case needs a file", "standard input takes no case", "infocaller simulate SCRIPT --save-case NAME")
    if not name.strip() or not name.isprintable():
        raise UsageError(f"a case cannot be called {name!r}", "its name is a text that can be read")
    if name in {case.name for case in loaded.cases}:
        raise UsageError(f"there is a case {name!r} already", "--case finds a case by its name", "another name")
    if not os.access(loaded.file, os.W_OK):
        raise UsageError(f"{loaded.file} cannot be written", "the case would go there")


def offer_case(loaded: Loaded) -> str:
    """Ask a person whether the call is to be kept; "" for no."""
    from .simulate_callers import line

    if loaded.file == "-" or not os.access(loaded.file, os.W_OK):
        return ""
    try:
        while name := line("keep it as a case? its name, or Enter for no> ").strip():
            try:
                refuse_case(loaded, name)
            except UsageError as error:
                from sys import stderr

                from ...streams import visible

                print(visible(error.in_full), file=stderr)
                continue
            return name
    except (EOFError, KeyboardInterrupt):
        print()
    return ""


def save_case(loaded: Loaded, name: str, play: Play, keys: list[str], diverts: list[str], sent: list[Posted], report: Report) -> None:
    """Append the call: what was pressed, heard and sent, how it ended. Raises UsageError."""
    requests = [one.name for one in sent if one.sent]
    heard = [action[1] for action in play.actions if action[0] in ("1", "4", "5", "6")]
    block = f"\n[[case]]\nname = {_text(name)}\nkeys = {_texts(keys)}\n"
    if diverts:
        block += f"diverts = {_texts(diverts)}\n"
    if faults := _faults(sent):
        block += f"faults = {{ {', '.join(f'{_text(name)} = {_text(fault)}' for name, fault in faults.items())} }}\n"
    block += f"expect.heard = {_texts([text[:_SPOKEN] for text in heard if text.strip()])}\n"
    if play.variables:
        pairs = ", ".join(f"{name} = {_text(value)}" for name, value in play.variables.items())
        block += f"expect.variables = {{ {pairs} }}\n"
    block += f"expect.requests = {_texts(requests)}\nexpect.end = {_text(play.end)}\n"
    before = read_text(loaded.file)
    added = ("" if before.endswith("\n") else "\n") + block
    text = before + added
    if script_named(text):  # what is written must be read again
        read_cases(text, loaded.script, loaded.file)
    else:
        read(text, loaded.file)
    try:
        with open(loaded.file, "a", encoding="utf-8", newline="") as stream:
            stream.write(added)
    except OSError as error:
        raise UsageError(f"{loaded.file} cannot be written", error.strerror or str(error)) from None
    report.note(f"the case {name!r} stands in {loaded.file} now")


def _faults(sent: list[Posted]) -> dict[str, str]:
    """The queries that the application failed at, always in the same way: the case is to go that way again."""
    found: dict[str, set[str]] = {}
    for one in sent:
        if one.send.is_query:
            status = "" if one.response is None else str(one.response.status)
            found.setdefault(one.name, set()).add(NO_ANSWER if one.response is None else "" if status[0] == "2" else status)
    return {name: min(faults) for name, faults in found.items() if len(faults) == 1 and min(faults)}


def _text(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _texts(texts: list[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
