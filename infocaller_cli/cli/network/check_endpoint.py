"""`infocaller check-endpoint`: whether an application holds up against what the provider sends, and what strangers do."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ...codec import spec
from ...errors import UsageError
from .. import options
from ..call_fields import CallOptions, takes_call_fields, variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...traffic.conformance.case import Trial


class Sent(StrEnum):
    """What the account is set to; both only for who asks for it."""

    XML = spec.XML
    JSON = spec.JSON
    BOTH = "both"


class Output(StrEnum):
    """The forms of the report."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


Codes = list[str] | None
_SAID = {"call": "CallSequence of the first request, from which the others count. Else the time in milliseconds."}


@functools.partial(takes_call_fields, kind="FIN", said=_SAID)
def check_endpoint(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="The application's URL, else the configuration's; with --list a check's code, such as CE301."),
    ] = None,
    *,
    fields: CallOptions,
    query: Annotated[str | None, typer.Option("--query", metavar="NAME", help="It answers this Query.")] = None,
    event: Annotated[
        str | None, typer.Option("--event", metavar="EVENT", help="It takes INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO, FIN, or all four.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", metavar="NAME=VALUE", help="A variable the call must have after the plain query; repeatable."),
    ] = None,
    echo: Annotated[
        str | None,
        typer.Option("--echo", metavar="NAME", help="The variable that the answer gives back, or SENT=CAME: values are then compared."),
    ] = None,
    observe: Annotated[
        str | None,
        typer.Option("--observe", metavar="CMD", help="A shell command that prints what the application counted: before and after."),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the checks, or explain one; send nothing.")] = False,
    only: Annotated[Codes, typer.Option("--only", metavar="CHECK", help="Only this check, or those that begin so; repeatable.")] = None,
    skip: Annotated[Codes, typer.Option("--skip", metavar="CHECK", help="Not this check, nor those that begin so; repeatable.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="What should hold must hold.")] = False,
    format: Annotated[
        Sent | None, typer.Option("--format", help="xml, json or both. Else the configuration's, else xml.", case_sensitive=False)
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="The Query's waiting time.")] = 10.0,
    output: Annotated[Output, typer.Option("--output", help="The form of the report.", case_sensitive=False)] = Output.TEXT,
    out: Annotated[str | None, typer.Option("--out", metavar="OUT", help="Write all requests and answers here, as a capture.")] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="FILE", help="A report of --output json: what failed there is known, and no failure."),
    ] = None,
    diverted_to: options.DivertedTo = None,
    insecure: options.Insecure = False,
    ca_bundle: options.CaBundle = None,
    password_file: options.PasswordFile = None,
) -> int:
    """Check that an application holds up: its reading, its trust, its answers.

    Made-up requests, at most 300, each a thing that the provider does or may do, or that a stranger may do.
    """
    settings = options.settings(context)
    settings.report.json = output is Output.JSON
    from . import check_report

    if list_:
        return check_report.explain(url, settings.report, json=output is Output.JSON)
    from ...traffic.conformance.table import chosen

    checks = chosen(only or (), skip or ())
    options.seconds(timeout)
    if (query is None) == (event is None):
        raise UsageError(
            "what the URL does is not known", "it answers a query or takes events: one of the two", "--query NAME, or --event all"
        )
    from ...traffic.conformance.check import Told
    from ...traffic.conformance.runner import Run
    from ...traffic.http.message import Target
    from ...traffic.send.urls import used

    if observe is not None and not observe.strip():
        raise UsageError("--observe cannot be empty", "a command prints what the application counted", "--observe 'wc -l calls.log'")
    from . import check_alone, check_cases, check_play

    events = check_cases.asked_events(event)
    urls = {} if url is not None else check_cases.configured_urls(query, events, settings)
    url = url or list(urls.values())[-1]
    target = Target.parse(url, insecure=insecure, ca_bundle=ca_bundle)
    known = check_report.known_failures(baseline) if baseline is not None else frozenset()
    formats: tuple[str, ...] = (settings.config.format,) if format is None else spec.FORMATS if format is Sent.BOTH else (format.value,)
    more = {"expected": dict(variable(text, "--expect") for text in expect or ()), "echo": check_cases.echo_of(echo), "waiting": timeout}
    cases = check_cases.cases_of(query, events, formats, fields, password_file, settings, more)
    repeat = functools.partial(check_alone.alone, context)
    outcomes = check_report.outcomes(output, settings.report, known, repeat, total=len(checks) * len(cases))
    if diverted_to is not None and not any("_NumDesvio" in used(one) for one in (url, *urls.values())):
        settings.report.note(options.DIVERTED_TO_IS_LOST)
    if not urls and check_alone.is_kept_back(url):
        settings.report.note(check_alone.KEPT_BACK)
    check_play.warn(target, settings)
    with ExitStack() as stack:
        told = Told(outcomes.add, _kept(out, stack) or (lambda _: None), outcomes.progress)
        run = Run(url, urls, target, checks, told, strict=strict, named=bool(only), diverted_to=diverted_to)
        return check_play.play(run, cases, check_play.Looks(observe, insecure, ca_bundle), outcomes)


def _kept(out: str | None, stack: ExitStack) -> Callable[[Trial], None] | None:
    """What writes each exchange to --out."""
    if out is None:
        return None
    from ...traffic.captures.line_file import LineFile
    from .check_report import as_line

    file = LineFile(out)
    stack.callback(file.close)
    return lambda exchange: file.append(as_line(exchange))
