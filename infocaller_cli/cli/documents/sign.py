"""`infocaller sign`: a document signed in its own bytes, or a signature alone."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from ...config.passwords import Passwords
from ...errors import DecodeError, ExitCode, InfocallerError, InputError, UsageError
from .. import options
from ..inputs.items import decode_item, envelope_of, source_items
from ..inputs.naming import note_findings
from ..inputs.source import open_source

if TYPE_CHECKING:
    from ...codec import Decoded
    from ..settings import Settings


def sign(
    context: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="Document or form body; - is standard input.")] = None,
    line: Annotated[str | None, typer.Option("--line", metavar="LINE", help="LineNumber, to print the signature alone.")] = None,
    call: Annotated[str | None, typer.Option("--call", metavar="ID", help="CallSequence, to print the signature alone.")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="OUT", help="Write here and not to standard output.")] = None,
    password_file: options.AskedPasswordFile = None,
    lenient: options.Lenient = False,
    exact: options.Exact = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
) -> int:
    """Sign a document in its own format and bytes, or print the signature of a line and a call.

    Only the signature's characters change; an absent one is added in its place; a form body comes out as a form body.
    """
    settings = options.settings(context)
    if (file is None) == (line is None and call is None):
        raise UsageError(
            "sign takes a FILE, or --line and --call",
            "",
            "infocaller sign payload.xml, or infocaller sign --line 123456789 --call 98565656",
        )
    passwords = Passwords(settings, password_file, prompt=True)
    if file is None:
        data = _signature(line, call, passwords)
    else:
        try:
            data = _signed(file, settings, passwords, lenient, exact, options.size(max_size))
        except InfocallerError as error:
            return settings.report.error(error, file)
    from ..output import write

    write(data, out)
    return ExitCode.OK


def _signature(line: str | None, call: str | None, passwords: Passwords) -> bytes:
    from ...codec.signature import sign as signature

    for name, value in (("--line", line), ("--call", call)):
        if value is None or not (value.isascii() and value.isdigit()):
            why = "it is missing" if value is None else f"it is {value!r}"
            raise UsageError(f"{name} must be digits", why, "infocaller sign --line 123456789 --call 98565656")
    return f"{signature(line or '', call or '', passwords.need(line))}\n".encode()


def _signed(file: str, settings: Settings, passwords: Passwords, lenient: bool, exact: bool, limit: int) -> bytes:
    from ...codec.edit import edited, signing_edit

    source = open_source(file, limit, exact=exact)
    with closing(source.reader):
        items = [] if source.many else list(source_items(source, settings.report))
        if len(items) != 1:
            raise UsageError(
                "sign takes one document",
                "this is a capture or holds several",
                "infocaller replay --resign signs what it sends",
            )
        item = items[0]
    envelope = envelope_of(item)
    decoded = decode_item(item, lenient=lenient, max_size=limit, envelope=envelope)
    note_findings(decoded, item, settings.report, only="IC011")
    # Asked for before the password: a response needs none
    edit = signing_edit(decoded, lambda: passwords.need(decoded.document.line))
    data = edited(envelope, decoded, edit)
    _read_back(data, decoded, passwords)
    return data


def _read_back(data: bytes, decoded: Decoded, passwords: Passwords) -> None:
    """Signing must change the signature and nothing else that anybody reads. Raises InputError, before anything is written."""
    from ...codec import decode
    from ...codec.form import open_body
    from ...codec.signature import verify

    hint = "the signature is where its bytes change their meaning: empty it, write the document in one encoding, and sign it again"
    try:
        back = decode(open_body(data).document, max_size=len(data)).document
    except DecodeError as error:
        raise InputError("not signed", f"the signed document could not be read: {error}", hint) from None
    signature = back.get("UserID", "Signature") or ""
    if back != decoded.document.changed("UserID", Signature=signature):
        raise InputError("not signed", "the rest of the signed document would read otherwise than before", hint)
    if not verify(back, passwords.need(back.line)).valid:
        raise InputError("not signed", "the signed document would not verify", hint)
