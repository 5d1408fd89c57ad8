"""`infocaller check-endpoint`: whether an application holds up against what the provider sends, and what strangers do."""

from __future__ import annotations

import functools
import time
from contextlib import ExitStack, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...codec import spec
from ...errors import ExitCode, UsageError
from .. import options
from ..call_fields import CallOptions, known_or_example, made_up, takes_call_fields, variable, with_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...traffic.conformance.case import Case, Trial
    from ...traffic.conformance.check import Check
    from ...traffic.conformance.runner import Told
    from ...traffic.http.message import Target
    from ..settings import Settings
    from .check_report import Outcomes


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
        str | None, typer.Argument(metavar="[URL]", help="The application's URL; with --list a check's code, such as CE301.")
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
        typer.Option(
            "--observe", metavar="CMD", help="Prints how many calls the application knows, or their list: are events counted once?"
        ),
    ] = None,
    diverted_to: Annotated[
        str, typer.Option("--diverted-to", metavar="NUMBER", rich_help_panel=options.CALL, help="What [_NumDesvio] stands for in the URL.")
    ] = "204",
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
    if url is None:
        raise UsageError("which URL is checked is not known", "none is given", "infocaller check-endpoint URL --query NAME")
    if (query is None) == (event is None):
        raise UsageError(
            "what the URL does is not known", "it answers a query or takes events: one of the two", "--query NAME, or --event all"
        )
    from ...traffic.conformance.delivery import VERIFIED
    from ...traffic.http.message import Target

    target = Target.parse(url, insecure=insecure, ca_bundle=ca_bundle)
    known = check_report.known_failures(baseline) if baseline is not None else frozenset()
    formats: tuple[str, ...] = (settings.config.format,) if format is None else spec.FORMATS if format is Sent.BOTH else (format.value,)
    more = {"expected": dict(variable(text, "--expect") for text in expect or ()), "echo": _echo(echo), "waiting": timeout}
    more |= {"observer": _observer(observe, query), "diverted_to": diverted_to}
    if target.tls is not None:
        more["tls"] = _trust(Target.parse(url, ca_bundle=ca_bundle)) if insecure else VERIFIED
    cases = _cases(query, event, formats, fields, password_file, settings, more)
    outcomes = check_report.outcomes(output, settings.report, known, functools.partial(_alone, context), total=len(checks) * len(cases))
    with ExitStack() as stack:
        kept = _kept(out, stack)
        return _run(url, target, checks, cases, outcomes, kept, settings, strict=strict, named=bool(only))


def _trust(verifying: Target) -> str:
    """What CE608 is told where --insecure lets every certificate pass."""
    import asyncio

    from ...traffic.conformance.runner import trust

    return asyncio.run(trust(verifying))


def _echo(text: str | None) -> Any:
    from ...traffic.conformance.case import Echo

    if text is None:
        return None
    sent, _, came = text.partition("=")
    if not sent:
        raise UsageError(f"--echo cannot be {text!r}", "it is the name of a variable, or SENT=CAME", "--echo NOMBRE")
    return Echo(sent, came or sent)


def _observer(command: str | None, query: str | None) -> Any:
    from ...traffic.conformance.observing import Observer

    if command is None:
        return None
    if query is not None:
        raise UsageError("--observe has nothing to look at", "only events are counted, and this URL answers a query", "--event all")
    observer = Observer(command)
    observer.begin()
    return observer


def _cases(
    query: str | None,
    event: str | None,
    formats: tuple[str, ...],
    fields: CallOptions,
    password_file: str | None,
    settings: Settings,
    more: dict[str, Any],
) -> list[Case]:
    """The plain requests, a format each."""
    import itertools

    from ...config.passwords import Passwords
    from ...traffic.conformance.case import Case

    events: tuple[str, ...] = () if event is None else tuple(spec.EVENTS) if event.lower() == "all" else (options.kind_name(event),)
    if not set(events) <= spec.EVENTS.keys():
        raise UsageError(f"--event cannot be {event!r}", f"the events are {', '.join(spec.EVENTS)}, or all", "--event all")
    main = "QUERY" if query is not None else events[-1]
    fields.refuse_foreign(main)
    values = with_line(fields.values() | ({} if query is None else {"query_name": query}), settings)
    password = known_or_example(main, Passwords(settings, password_file, prompt=False).of(values.get("line", spec.EXAMPLE_LINE)), settings)
    ids = itertools.count(int(values["call"]) if values.get("call", "").isdecimal() else int(time.time()) * 1000)
    cases = []
    for format in formats:
        document = made_up(main, format, values, password, settings)
        others = {name: made_up(name, format, _fitting(name, values), password, settings) for name in events}
        cases.append(Case(document, format, password, None if query is not None else main, others, ids=ids, **more))
    return cases


def _fitting(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values that a kind of event has a field for."""
    from ...codec.call import foreign

    return {field: value for field, value in values.items() if field not in foreign(name, set(values))}


def _kept(out: str | None, stack: ExitStack) -> Callable[[Trial], None] | None:
    """What writes each exchange to --out."""
    if out is None:
        return None
    from ...traffic.captures.line_file import LineFile
    from .check_report import as_line

    file = LineFile(out)
    stack.callback(file.close)
    return lambda exchange: file.append(as_line(exchange))


def _alone(context: typer.Context, check: Check, format: str) -> str:
    """The command that repeats one check: the options that were given, but for those that choose and report.

    A URL's password stands in no report: there the shell's variable URL is to hold it.
    """
    from shlex import join, quote

    from ...traffic.http.url import masked

    words: list[str] = []
    where = ""
    left_out = ("list_", "only", "skip", "format", "output", "out", "baseline", "strict")
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        source = context.get_parameter_source(name)
        if value in (None, False, (), []) or name in left_out or source is None or source.name != "COMMANDLINE":
            continue
        texts = [str(one) for one in (value if isinstance(value, list | tuple) else [value])]
        if parameter.param_type_name == "argument":
            where = quote(texts[0]) if masked(texts[0]) == texts[0] else '"$URL"'
        else:
            words += [parameter.opts[0]] if value is True else [word for text in texts for word in (parameter.opts[0], text)]
    return f"infocaller check-endpoint {where} {join([*words, '--format', format, '--only', check.code])}"


def _run(
    url: str,
    target: Target,
    checks: list[Check],
    cases: list[Case],
    outcomes: Outcomes,
    kept: Callable[[Trial], None] | None,
    settings: Settings,
    *,
    strict: bool,
    named: bool,
) -> int:
    import asyncio

    from ...traffic.conformance.runner import MOST_REQUESTS, Run, Told

    _warn(target, settings, MOST_REQUESTS)
    told: Told = Told(outcomes.add, kept or (lambda _: None), outcomes.progress)
    run = Run(url, target, checks, told, strict=strict, named=named)
    interrupted = False
    try:
        asyncio.run(_playing(run, cases))
    except (asyncio.CancelledError, KeyboardInterrupt):
        interrupted = True
    finally:
        outcomes.clear()
    outcomes.finish(run.sent, interrupted=interrupted)
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.NO if outcomes.failed or run.unstable else ExitCode.OK


async def _playing(run: Any, cases: list[Case]) -> None:
    import asyncio
    import signal

    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run itself
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await run.play(cases)


def _warn(target: Target, settings: Settings, most: int) -> None:
    """Made-up calls go to somebody's application: said before the first."""
    import ipaddress
    import sys

    host = target.url.host
    local = host == "localhost" or host.endswith(".localhost")
    with suppress(ValueError):
        local = local or ipaddress.ip_address(host.strip("[]")).is_loopback
    text = f"made-up requests, nonsense among them, go to {target.url.origin}: at most {most}, each with a call id of its own"
    if not local:
        settings.report.warn(text)
    elif sys.stderr.isatty():
        settings.report.note(text)
