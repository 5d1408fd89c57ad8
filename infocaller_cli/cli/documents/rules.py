"""`infocaller rules`: the catalogue, or one rule explained."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import ExitCode, UsageError
from ...spelling import nearest
from .. import options
from ..terminal import columns

if TYPE_CHECKING:
    from ...codec.catalogue import Rule
    from ..report import Report


def rules(
    context: typer.Context,
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A rule's code, such as IC404, or the beginning of several: IC4.")
    ] = None,
    _no_pager: options.NoPager = False,
    json: options.Json = False,
) -> int:
    """List the rules of `validate` (all, or those whose code begins so), or explain one with an example and its fix."""
    from ...codec.catalogue import RULES

    report = options.settings(context).report
    report.json = json
    chosen = [rule for name, rule in RULES.items() if code is None or (code and name.startswith(code.upper()))]
    if not chosen:
        raise UsageError(f"there is no rule {code!r}", "infocaller rules lists them", nearest(code or "", list(RULES)))
    listed = code is None or code.upper() not in RULES
    for rule in chosen:
        if json:
            report.row(rule._asdict())
        elif listed:
            style = "red" if rule.level == "error" else "yellow"
            first, *rest = textwrap.wrap(rule.title, _width() - 15, break_on_hyphens=False)
            report.out(f"{rule.code} {rule.level:7}", style, f"  {first}")
            for line in rest:
                report.out(f"{'':15}{line}")
        else:
            _explain(rule, report)
    return ExitCode.OK


def _width() -> int:
    """How wide a line may be; in a pipe nothing is broken."""
    return max(columns(), 40) if sys.stdout.isatty() else 1000


def _explain(rule: Rule, report: Report) -> None:
    width = min(_width(), 100)
    report.out(f"{rule.code} ({rule.level})", "bold", f" {rule.title}")
    print()
    print(textwrap.fill(rule.why, width, break_on_hyphens=False))
    for title, style, example in (("Wrong", "red", rule.wrong), ("Right", "green", rule.right)):
        print()
        report.out(f"{title} (in a document of kind {rule.kind}):", style)
        for line in example.splitlines():
            report.out(f"    {line}")
