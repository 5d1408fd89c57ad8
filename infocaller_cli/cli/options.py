"""The options commands share, once."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ..codec import spec
from ..errors import UsageError
from ..spelling import named

if TYPE_CHECKING:
    from .settings import Settings


class Format(StrEnum):
    """The two forms of a document."""

    XML = spec.XML
    JSON = spec.JSON


class Encoding(StrEnum):
    """What characters are written as."""

    ASCII = "ascii"
    LATIN1 = "iso-8859-1"
    UTF8 = "utf-8"


# The headings that options stand under in --help and in the manual; one without is the command's own
READING = "Reading and passwords"
WRITING = "How it is written"
CALL = "The call"
TLS = "TLS"

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Document, form body, capture or HAR file; FILE#17 is one record of it, - standard input."),
]
Lenient = Annotated[
    bool,
    typer.Option("--lenient", rich_help_panel=READING, help="Repair the slips of the provider's printed samples; each repair is reported."),
]
Exact = Annotated[
    bool, typer.Option("--exact", rich_help_panel=READING, help="Read a FILE as it is: no search for a document in a log, a dump, a paste.")
]
MaxSize = Annotated[
    str, typer.Option("--max-size", metavar="SIZE", rich_help_panel=READING, help="Largest document read, in bytes or with K, M, G.")
]


def _password_file(more: str) -> typer.models.OptionInfo:
    known = f"File with the telephone password. Else INFOCALLER_PASSWORD, the configuration's entry for the line{more}."
    found: typer.models.OptionInfo = typer.Option("--password-file", metavar="FILE", rich_help_panel=READING, help=known)
    return found


PasswordFile = Annotated[str | None, _password_file("")]
AskedPasswordFile = Annotated[str | None, _password_file(", a prompt")]
NoSignature = Annotated[
    bool, typer.Option("--no-signature", help="Leave the signature out: with it, a password of a few digits is guessed at once.")
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, metavar="N", help="Processes for a capture. Else one a core, for a pipe one.")]
Json = Annotated[bool, typer.Option("--json", help="Machine output: one JSON object a line.")]
NoPager = Annotated[
    bool,
    typer.Option("--no-pager", help="On a terminal, write what is longer than the screen as it is. Else PAGER, less or more shows it."),
]
Host = Annotated[str, typer.Option("--host", metavar="HOST", help="Address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, metavar="PORT", help="Port to listen on; 0 takes a free one.")]
TlsCert = Annotated[str | None, typer.Option("--tls-cert", metavar="FILE", rich_help_panel=TLS, help="Certificate (PEM): serve https.")]
TlsKey = Annotated[
    str | None, typer.Option("--tls-key", metavar="FILE", rich_help_panel=TLS, help="Its key (PEM), if not in the same file.")
]
Insecure = Annotated[bool, typer.Option("--insecure", rich_help_panel=TLS, help="Accept any certificate.")]
CaBundle = Annotated[str | None, typer.Option("--ca-bundle", metavar="FILE", rich_help_panel=TLS, help="Certificates (PEM) to trust.")]
DivertedTo = Annotated[
    str | None,
    typer.Option("--diverted-to", metavar="NUMBER", rich_help_panel=CALL, help="What [_NumDesvio] stands for; only the URL has it."),
]
DIVERTED_TO_IS_LOST = "--diverted-to has no effect: only the URL carries it, as [_NumDesvio]"
WrittenAs = Annotated[
    Encoding | None,
    typer.Option(
        "--encoding", rich_help_panel=WRITING, help="How characters are written. Else ascii for XML, utf-8 for JSON.", case_sensitive=False
    ),
]
AsPrinted = Annotated[
    bool,
    typer.Option(
        "--as-printed",
        rich_help_panel=WRITING,
        help="The root as the provider's page prints it, in ISO-8859-1: the hardest case for a receiver.",
    ),
]
DEFAULT_SIZE = "1M"
LONGEST = 1_000_000  # seconds; what clocks and sockets take ends at different, larger numbers

_SIZE = r"(?i)(\d{1,12})\s*([kmg]?)i?b?"


def settings(context: typer.Context) -> Settings:
    """The global options."""
    found: Settings = context.obj
    return found


def size(text: str, option: str = "--max-size") -> int:
    """A size in bytes ("1M" is 1,048,576). Raises UsageError."""
    match = re.fullmatch(_SIZE, text.strip())
    if match is None or not int(match[1]):
        raise UsageError(f"{option} cannot be {text!r}", "it is a number of bytes, or one with K, M or G", f"{option} 4M")
    return int(match[1]) << 10 * " kmg".index(match[2].lower() or " ")


def seconds(value: float, option: str = "--timeout") -> float:
    """A time in seconds above 0. Raises UsageError."""
    if not 0 < value <= LONGEST:
        raise UsageError(f"{option} cannot be {value:g}", f"it is a number of seconds above 0, at most {LONGEST:,}", f"{option} 10")
    return value


def kind_name(text: str) -> str:
    """A KIND as `spec.NAMED_KINDS` spells it, from any case. Raises UsageError naming the nearest."""
    return named("kind", text, map(str.lower, spec.NAMED_KINDS)).upper()
