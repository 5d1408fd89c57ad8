"""`infocaller sample`: a realistic, signed, valid document."""

from __future__ import annotations

from typing import Annotated

import typer

from ...codec import spec
from ...config.passwords import Passwords
from ...errors import ExitCode
from .. import options
from ..call_fields import CallOptions, made_up, refuse_encoding, takes_call_fields, with_line


@takes_call_fields
def sample(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="inicio, desvio_correcto, desvio_fallido, fin, query or response.")],
    *,
    fields: CallOptions,
    format: Annotated[
        options.Format | None,
        typer.Option(rich_help_panel=options.WRITING, help="xml or json. Else the configuration's, else xml.", case_sensitive=False),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="QueryName of a query. Else ESTADO PEDIDO.")] = None,
    result: Annotated[str | None, typer.Option("--result", metavar="RESULT", help="Result of a response. Else 0.")] = None,
    result_text: Annotated[
        str | None, typer.Option("--result-text", metavar="TEXT", help="ResultText of a response. Else Petición correcta.")
    ] = None,
    compact: Annotated[bool, typer.Option("--compact", rich_help_panel=options.WRITING, help="On one line.")] = False,
    encoding: options.WrittenAs = None,
    as_printed: options.AsPrinted = False,
    password_file: options.PasswordFile = None,
) -> int:
    """Write a realistic, signed, valid document.

    Without a known password it is signed with the provider's example password.
    """
    settings = options.settings(context)
    kind_name = options.kind_name(kind)
    own = {"name": (name, "QUERY"), "result": (result, "RESPONSE"), "result_text": (result_text, "RESPONSE")}
    given = {option: value for option, (value, _) in own.items() if value is not None}
    fields.refuse_foreign(kind_name, frozenset(option for option in given if own[option][1] != kind_name))
    chosen = format.value if format else settings.config.format
    refuse_encoding(chosen, encoding, as_printed)
    values = fields.values() | {"query_name" if option == "name" else option: value for option, value in given.items()}
    values = values if kind_name == "RESPONSE" else with_line(values, settings)
    password = (
        None if kind_name == "RESPONSE" else Passwords(settings, password_file, prompt=False).of(values.get("line", spec.EXAMPLE_LINE))
    )
    document = made_up(kind_name, chosen, values, password, settings)
    from ...codec import encode

    indent = not compact and not as_printed
    settings.report.data(encode(document, chosen, indent=indent, charset=encoding.value if encoding else "", as_printed=as_printed) + b"\n")
    return ExitCode.OK
