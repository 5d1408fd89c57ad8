"""`infocaller schema`: what other tools need to check documents."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from ...codec import spec
from ...codec.schemas import JSON_SCHEMA, XSD
from ...codec.schemas import schema as written
from ...errors import ExitCode, UsageError
from .. import options
from ..output import write


class Form(StrEnum):
    """The two languages of schemas, and the formats they are for."""

    XSD = XSD
    JSON_SCHEMA = JSON_SCHEMA
    XML = spec.XML
    JSON = spec.JSON


SCRIPT = "script"


def _of_scripts(format: Form | None) -> str:
    """The schema of what `simulate` plays; TOML has but one kind of schema."""
    from ...calls.schema import write as scripts

    if format in (Form.XSD, Form.XML):
        raise UsageError("a script has no XML Schema", "it is TOML, which editors check by a JSON Schema", "leave --format out")
    return scripts()


def schema(
    context: typer.Context,
    kind: Annotated[
        str, typer.Argument(metavar="KIND|script", help="inicio, desvio_correcto, desvio_fallido, fin, query, response; or script.")
    ],
    *,
    format: Annotated[
        Form | None,
        typer.Option(help="xsd (or xml), or json-schema (or json). Else for the configuration's format, else xsd.", case_sensitive=False),
    ] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="OUT", help="Write here and not to standard output.")] = None,
    _no_pager: options.NoPager = False,
) -> int:
    """Write the XML Schema (1.0) or JSON Schema (2020-12) of a document.

    What is missing or written wrongly fails; so does a form that is only read with a warning: in XML no namespace, unknown elements; in
    JSON a number for a text, an object for an array. Whether the signature matches and values agree, only validate can tell.
    """
    if kind.lower() == SCRIPT:
        write(_of_scripts(format).encode(), out)
        return ExitCode.OK
    name = options.kind_name(kind)
    form = format or options.settings(context).config.format
    write(written(name, JSON_SCHEMA if form in (JSON_SCHEMA, spec.JSON) else XSD).encode(), out)
    return ExitCode.OK
