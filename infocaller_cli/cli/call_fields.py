"""The options that say what a made-up call is like, once, for every command that takes them."""

from __future__ import annotations

import copy
import functools
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..codec import spec
from ..errors import UsageError
from . import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..codec.model import Document
    from .settings import Settings


def _text(name: str, metavar: str, help: str) -> Any:
    return Annotated[str | None, typer.Option(name, metavar=metavar, rich_help_panel=options.CALL, help=help)]


_NAMED = 5  # lines in a notice
# The names are those of `codec.sample.CallFields`, but for what repeats
_FIELDS = {"action": "actions", "var": "variables"}
# Parameter -> its option
_OPTIONS: dict[str, Any] = {
    "line": _text("--line", "LINE", "LineNumber. Else the configuration's, if it has one, else 123456789."),
    "call": _text("--call", "ID", "CallSequence; new is a fresh one. Else 98565656."),
    "call_type": _text("--call-type", "R|E", "R received, E issued. Else R, or E with --outbound."),
    "caller": _text("--caller", "NUMBER", "CallerNumber; X is a hidden one. Else 911888920, of an issued call the line."),
    "called": _text("--called", "NUMBER", "InboundNumber. Else the line, of an issued call none."),
    "outbound": _text("--outbound", "NUMBER", "OutboundNumber. Else none, of an issued call 611222333."),
    "idcall": _text("--idcall", "ID", "idcall. Else none, of an issued call 55667788."),
    "country": _text("--country", "CODE", "Country code of the international forms. Else the configuration's, else 34."),
    "seconds": Annotated[
        int | None,
        typer.Option("--seconds", min=0, max=10**8, metavar="N", rich_help_panel=options.CALL, help="CallSeconds of a fin. Else 95."),
    ],
    "start": _text("--start", "DATE", "StartDate of a fin, yyyy-mm-ddThh:mm:ss. Else so that it ends now."),
    "cost_rx": _text("--cost-rx", "COST", "CostRX of a fin. Else 0.12, of an issued call 0."),
    "cost_tx": _text("--cost-tx", "COST", "CostTX of a fin. Else 0.34."),
    "action": Annotated[
        list[str] | None,
        typer.Option(
            "--action",
            metavar="TYPE[:NAME[:INFO1[:...]]]",
            rich_help_panel=options.CALL,
            help="An action of a fin, in order; repeatable. Else those of a call that asks for an order and is diverted.",
        ),
    ],
    "var": Annotated[
        list[str] | None,
        typer.Option(
            "--var",
            metavar="NAME=VALUE",
            rich_help_panel=options.CALL,
            help="A variable; repeatable. Else as the kind has it: NUMPEDIDO=123456789, PEDIDO=2, EXTENSION=204.",
        ),
    ],
}


@dataclass(slots=True)
class CallOptions:
    """What was given of them, by parameter."""

    given: dict[str, Any] = field(default_factory=dict)

    def refuse_foreign(self, kind: str, more: frozenset[str] = frozenset()) -> None:
        """An option the kind (a key of `spec.NAMED_KINDS`) has no field for would be accepted and lost. Raises UsageError.

        `more` are options of the command itself that it has no field for.
        """
        from ..codec.call import foreign, refuse_foreign

        names = foreign(kind, {_FIELDS.get(name, name) for name in self.given}) | more
        refuse_foreign(kind, [f"--{name.replace('_', '-')}" for name in (*self.given, *more) if _FIELDS.get(name, name) in names])

    def values(self) -> dict[str, Any]:
        """What was given, as `CallFields` takes it. Raises UsageError."""
        from ..codec.call import FIELDS

        values: dict[str, Any] = {}
        for name, value in self.given.items():
            if name == "var":
                values["variables"] = tuple(map(variable, value))
            else:
                field = _FIELDS.get(name, name)
                text = fresh_call() if name == "call" and value == "new" else value
                values[field] = FIELDS[field].read(text, f"--{name.replace('_', '-')}")
        return values


def fresh_call() -> str:
    """A call id that no other call has, as far as chance goes: eight digits."""
    import secrets

    return str(secrets.randbelow(90_000_000) + 10_000_000)


def with_line(values: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """The fields of a made-up call, on the configured line where there is one; with several, a notice names them."""
    lines = list(settings.config.lines)
    if "line" in values or not lines:
        return values
    if len(lines) == 1:
        return values | {"line": lines[0]}
    more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    settings.report.note(
        f"the line is the page's, {spec.EXAMPLE_LINE}: --line takes one of the configuration's, {', '.join(lines[:_NAMED])}{more}"
    )
    return values


def takes_call_fields(
    function: Callable[..., int], kind: str = "FIN", refused: frozenset[str] = frozenset(), said: dict[str, str] | None = None
) -> Callable[..., int]:
    """Give a command all these options; its parameter `fields` gets what was given of them.

    Typer reads a command's options from its signature, so this writes one: the command's own parameters, with those of `_OPTIONS` in
    the place of `fields`. Those that a document of `kind` (a key of `spec.NAMED_KINDS`) has no field for, and those that the command
    says are `refused`, are there, to be refused in plain words, but not shown. `said`: what the help of an option says of this command.
    """
    from ..codec.call import foreign

    @functools.wraps(function)
    def command(**arguments: Any) -> int:
        given = {name: value for name in _OPTIONS if (value := arguments.pop(name)) is not None and value != []}
        return function(**arguments, fields=CallOptions(given))

    hidden = foreign(kind, {_FIELDS.get(name, name) for name in _OPTIONS}) | {_FIELDS.get(name, name) for name in refused}
    own = [one for name, one in inspect.signature(function, eval_str=True).parameters.items() if name != "fields"]
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    for name, option in _OPTIONS.items():
        shown = _with(option, hidden=True) if _FIELDS.get(name, name) in hidden else option
        if said and name in said:
            shown = _with(shown, help=said[name])
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=shown))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    del command.__wrapped__  # Typer would look at the annotations below it
    return command


def _with(option: Any, **changes: Any) -> Any:
    """The same option, but for what --help makes of it."""
    info = copy.copy(option.__metadata__[0])
    for name, value in changes.items():
        setattr(info, name, value)
    return Annotated[option.__origin__, info]


def refuse_encoding(format: str, encoding: options.Encoding | None, as_printed: bool) -> None:
    """Raises UsageError for a combination that does not exist."""
    if format == spec.JSON and (as_printed or encoding is options.Encoding.LATIN1):
        raise UsageError("JSON is always UTF-8 or ASCII", "--as-printed and --encoding iso-8859-1 are about XML", "--format xml")
    if as_printed and encoding is not None:
        raise UsageError("--as-printed and --encoding exclude each other", "the page prints ISO-8859-1")


def made_up(kind: str, format: str, values: dict[str, Any], password: str | None, settings: Settings) -> Document:
    """A document of the kind, signed with the password, else with the page's. Raises UsageError where it would not be valid."""
    from datetime import datetime

    from ..codec.sample import CallFields, sample

    fields = CallFields(**{"country": settings.config.country, **values})
    document = sample(kind, format, fields, known_or_example(kind, password, settings), datetime.now())  # noqa: DTZ005  the wire has local times
    refuse_invalid(document, kind, format)
    return document


def known_or_example(kind: str, password: str | None, settings: Settings) -> str:
    """The password, or the one the provider's page prints, which is said."""
    if password is not None:
        return password
    if kind != "RESPONSE":
        settings.report.note(f"signed with the example password of the provider's page, {spec.EXAMPLE_PASSWORD}: no other is known")
    return spec.EXAMPLE_PASSWORD


def refuse_invalid(document: Document, kind: str, format: str) -> None:
    """What the rules forbid is refused, with the rule's own words. Raises UsageError."""
    from ..codec.rules import error_of

    if wrong := error_of(document, format, spec.NAMED_KINDS[kind]):
        raise UsageError(f"the sample would not be valid ({wrong.code})", wrong.message, f"infocaller rules {wrong.code} explains it")


def variable(text: str, option: str = "--var") -> tuple[str, str]:
    """NAME=VALUE. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{option} cannot be {text!r}", "it is NAME=VALUE", f"{option} NUMPEDIDO=123456789")
    return name, value
