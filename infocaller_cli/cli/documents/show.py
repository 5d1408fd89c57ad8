"""`infocaller show`: a document as a person wants to see it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...config.passwords import Passwords
from ...errors import ExitCode, UsageError
from .. import options
from ..inputs.naming import name_of
from ..inputs.spread import every
from .show_items import Named, Render, Show, named, tell

if TYPE_CHECKING:
    from rich.console import Console

    from ...codec import Decoded
    from ..inputs.items import Item
    from .show_calls import Call
    from .show_summary import Summary


def show(
    context: typer.Context,
    files: options.Files,
    html: Annotated[str | None, typer.Option("--html", metavar="OUT", help="Write a page of HTML.")] = None,
    svg: Annotated[str | None, typer.Option("--svg", metavar="OUT", help="Write an SVG picture.")] = None,
    calls: Annotated[bool, typer.Option("--calls", help="The records of each call as one, on one time axis.")] = False,
    no_signature: options.NoSignature = False,
    jobs: options.Jobs = None,
    _no_pager: options.NoPager = False,
    password_file: options.PasswordFile = None,
    lenient: options.Lenient = False,
    exact: options.Exact = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
    json: options.Json = False,
) -> int:
    """Show who called whom, when, at what cost, the variables, and a fin's actions as a timeline.

    The signature is checked where the password is known; nothing is asked.
    """
    settings = options.settings(context)
    report = settings.report
    report.json = json
    if (html is not None) + (svg is not None) + json > 1:
        raise UsageError("--html, --svg and --json exclude each other", "each says how to show")
    passwords = None if no_signature else Passwords(settings, password_file, optional=True)
    limit = options.size(max_size)
    out = html if html is not None else svg
    if out is not None:
        from ..output import refuse_input

        refuse_input(files, out)

    def shown(render: Render, draw: Callable[[Any], None]) -> int:
        found = every(files, Show(render, lenient, limit, passwords, answers=not calls), report, limit, jobs, exact=exact)
        return max((tell(one, draw, report) for one in found), default=int(ExitCode.OK))

    title = f"infocaller show {'--calls ' if calls else ''}{' '.join(files)}"
    colored = report.colored(sys.stdout)
    if calls:
        return _by_call(shown, title, html=html, svg=svg, json=json, colored=colored)
    if html is not None:
        return _page(title, html, lambda draw: shown(named, draw))
    if svg is not None:
        return _svg(title, svg, lambda draw: shown(named, draw))
    if json:
        from .show_text import row

        return shown(row, print)
    if not sys.stdout.isatty():
        return shown(_Lines(colored), print)
    return shown(named, _on_a_terminal(colored))


def _by_call(
    shown: Callable[[Render, Callable[[Any], None]], int], title: str, *, html: str | None, svg: str | None, json: bool, colored: bool
) -> int:
    """The same with a picture a call instead of one a document."""
    from .show_calls import Calls, entry
    from .show_timeline import picture, where

    def each(show: Callable[[Call], None]) -> int:
        calls = Calls(show)
        code = shown(entry, calls.add)
        calls.finish()
        return code

    def drawn(draw: Callable[[Named], None]) -> int:
        return each(lambda call: draw(Named(where(call), *call.key, picture(call))))

    if html is not None:
        return _page(title, html, drawn)
    if svg is not None:
        return _svg(title, svg, drawn)
    if sys.stdout.isatty() and not json:
        return drawn(_on_a_terminal(colored))
    from .show_text import call_row, lines

    if json:
        return each(lambda call: print(call_row(call)))
    return drawn(lambda one: print(lines(one.summary, one.name, bold=colored)))


def _page(title: str, out: str, drawn: Callable[[Callable[[Named], None]], int]) -> int:
    """The page of HTML, written as it goes; none where nothing could be read."""
    from ..output import open_out
    from .show_page import Page

    page = Page(title)
    with open_out(out) as stream:

        def draw(one: Named) -> None:
            stream.write(page.document(one).encode("utf-8", "backslashreplace"))

        code = drawn(draw)
        for piece in page.foot():
            stream.write(piece.encode("utf-8", "backslashreplace"))
    return code


def _svg(title: str, out: str, drawn: Callable[[Callable[[Named], None]], int]) -> int:
    """The picture; none where nothing could be read."""
    from ..output import write
    from . import show_picture as picture

    console = picture.export_console()
    code = drawn(_drawing(console))
    if console.export_text(clear=False):
        write(picture.svg(console, title).encode("utf-8", "backslashreplace"), out)
    return code


def _on_a_terminal(colored: bool) -> Callable[[Named], None]:
    from . import show_picture as picture

    return _drawing(picture.terminal_console(colored))


def _drawing(console: Console) -> Callable[[Named], None]:
    from . import show_picture as picture

    return lambda one: picture.draw(one.summary, one.name, console)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Renders documents for a pipe."""

    bold: bool

    def __call__(self, item: Item, decoded: Decoded, summary: Summary) -> str:
        from .show_text import lines

        return lines(summary, name_of(item), bold=self.bold)
