"""`infocaller sample`: a realistic, signed, valid document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..codec import spec
from ..config.passwords import Passwords
from ..errors import ExitCode, UsageError
from . import options

if TYPE_CHECKING:
    from datetime import datetime

    from ..codec.model import Document
    from ..codec.sample import CallFields
    from .settings import Settings

CallType = Annotated[str | None, typer.Option("--call-type", metavar="R|E", help="R received, E issued. Else R, or E with --outbound.")]
Actions = Annotated[
    list[str] | None,
    typer.Option("--action", metavar="TYPE[:NAME[:INFO1[:...]]]", help="An action of a fin, in order; repeatable."),
]
Variables = Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A variable; repeatable.")]


def _text(name: str, metavar: str, help: str) -> object:
    return typer.Option(name, metavar=metavar, help=help)


def sample(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="inicio, desvio_correcto, desvio_fallido, fin, query or response.")],
    format: Annotated[options.Format | None, typer.Option(help="Else the configuration's, else xml.", case_sensitive=False)] = None,
    variables: Variables = None,
    line: Annotated[str | None, _text("--line", "NUMBER", "LineNumber.")] = None,
    call: Annotated[str | None, _text("--call", "ID", "CallSequence.")] = None,
    call_type: CallType = None,
    caller: Annotated[str | None, _text("--caller", "NUMBER", "CallerNumber; X is a hidden one.")] = None,
    called: Annotated[str | None, _text("--called", "NUMBER", "InboundNumber.")] = None,
    outbound: Annotated[str | None, _text("--outbound", "NUMBER", "OutboundNumber.")] = None,
    idcall: Annotated[str | None, _text("--idcall", "ID", "idcall.")] = None,
    country: Annotated[
        str | None, _text("--country", "CODE", "Country code of the international forms. Else the configuration's, else 34.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(min=0, max=10**8, metavar="N", help="CallSeconds of a fin.")] = None,
    start: Annotated[str | None, _text("--start", "DATE", "StartDate of a fin, yyyy-mm-ddThh:mm:ss. Else so that it ends now.")] = None,
    cost_rx: Annotated[str | None, _text("--cost-rx", "COST", "CostRX of a fin.")] = None,
    cost_tx: Annotated[str | None, _text("--cost-tx", "COST", "CostTX of a fin.")] = None,
    action: Actions = None,
    name: Annotated[str | None, _text("--name", "TEXT", "QueryName of a query.")] = None,
    result: Annotated[str | None, _text("--result", "CODE", "Result of a response.")] = None,
    result_text: Annotated[str | None, _text("--result-text", "TEXT", "ResultText of a response.")] = None,
    compact: Annotated[bool, typer.Option("--compact", help="On one line.")] = False,
    encoding: Annotated[
        options.Encoding | None, typer.Option(help="How characters are written. Else ascii for XML, utf-8 for JSON.", case_sensitive=False)
    ] = None,
    as_printed: Annotated[
        bool,
        typer.Option("--as-printed", help="The root as the provider's page prints it, in ISO-8859-1: the hardest case for a receiver."),
    ] = False,
    password_file: options.PasswordFile = None,
) -> int:
    """Write a realistic, signed, valid document.

    Without a known password it is signed with the provider's example password.
    """
    settings = options.settings(context)
    kind_name = options.kind_name(kind)
    given = {
        "--line": line, "--call": call, "--call-type": call_type, "--caller": caller, "--called": called, "--outbound": outbound,
        "--idcall": idcall, "--country": country, "--seconds": seconds, "--start": start, "--cost-rx": cost_rx, "--cost-tx": cost_tx,
        "--action": action, "--name": name, "--result": result, "--result-text": result_text,
    }  # fmt: skip
    _refuse_foreign(kind_name, {option for option, value in given.items() if value is not None})
    chosen = format.value if format else settings.config.format or spec.XML
    if chosen == spec.JSON and (as_printed or encoding is options.Encoding.LATIN1):
        raise UsageError("JSON is always UTF-8 or ASCII", "--as-printed and --encoding iso-8859-1 are about XML", "--format xml")
    if as_printed and encoding is not None:
        raise UsageError("--as-printed and --encoding exclude each other", "the page prints ISO-8859-1")
    if country is not None and not (country.isascii() and country.isdigit()):
        raise UsageError(f"--country cannot be {country!r}", "it is a country code, digits without a plus", "--country 34")
    from ..codec.sample import CallFields

    values = {
        "line": line, "call": call, "call_type": call_type and call_type.upper(), "caller": "X" if caller == "x" else caller,
        "called": called, "outbound": outbound, "idcall": idcall, "country": country or settings.config.country, "seconds": seconds,
        "start": _date(start) if start is not None else None, "cost_rx": cost_rx, "cost_tx": cost_tx,
        "actions": tuple(tuple(text.split(":")) for text in action) if action is not None else None,
        "variables": tuple(map(_variable, variables)) if variables is not None else None,
        "query_name": name, "result": result, "result_text": result_text,
    }  # fmt: skip
    fields = CallFields(**{key: value for key, value in values.items() if value is not None})  # type: ignore[arg-type]
    document = _made(kind_name, chosen, fields, settings, password_file)
    from ..codec import encode

    data = encode(
        document, chosen, indent=not compact and not as_printed, charset=encoding.value if encoding else "", as_printed=as_printed
    )
    settings.report.data(data + b"\n")
    return ExitCode.OK


_FIN_ONLY = {"--seconds", "--start", "--cost-rx", "--cost-tx", "--action"}
_RESPONSE_ONLY = {"--result", "--result-text"}


def _refuse_foreign(kind: str, given: set[str]) -> None:
    """An option the kind has no field for would be accepted and lost."""
    if kind == "RESPONSE":
        foreign = given - _RESPONSE_ONLY
    else:
        foreign = given & (_RESPONSE_ONLY | (set() if kind == "FIN" else _FIN_ONLY) | (set() if kind == "QUERY" else {"--name"}))
    if foreign:
        raise UsageError(f"{', '.join(sorted(foreign))} does not go with {kind.lower()}", "such a document has no field for it")


def _made(kind: str, format: str, fields: CallFields, settings: Settings, password_file: str | None) -> Document:
    from datetime import datetime

    from ..codec.sample import sample as make

    password = None if kind == "RESPONSE" else Passwords(settings, password_file, prompt=False).of(fields.line)
    if password is None:
        password = spec.EXAMPLE_PASSWORD
        if kind != "RESPONSE":
            settings.report.note(f"signed with the example password of the provider's page, {password}: no other is known")
    document = make(kind, format, fields, password, datetime.now())  # noqa: DTZ005  the wire has local times
    _refuse_invalid(document, kind, format)
    return document


def _refuse_invalid(document: Document, kind: str, format: str) -> None:
    """A sample is valid: what the rules forbid is refused, with the rule's own words."""
    from ..codec import decode, encode
    from ..codec.rules import validate

    for finding in validate(decode(encode(document, format)), spec.NAMED_KINDS[kind]):
        if finding.level == "error":
            raise UsageError(
                f"the sample would not be valid ({finding.code})", finding.message, f"infocaller rules {finding.code} explains it"
            )


def _date(text: str) -> datetime:
    from ..codec.values import moment

    read = moment(text)
    if read is None or read.rest:
        raise UsageError(f"--start cannot be {text!r}", "it is a real date as yyyy-mm-ddThh:mm:ss", "--start 2026-11-23T10:00:00")
    return read.when


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--var cannot be {text!r}", "it is NAME=VALUE", "--var NUMPEDIDO=123456789")
    return name, value
