"""`infocaller send-event`: an event as Infocaller sends it."""

from __future__ import annotations

from typing import Annotated

import typer

from ...codec import spec
from ...errors import UsageError
from ...spelling import named
from .. import options
from ..call_fields import CallOptions, takes_call_fields
from .send import (
    Curl,
    DivertedTo,
    DryRun,
    File,
    FormatOption,
    Options,
    Timeout,
    To,
    Uuid,
    message_to_send,
    nowhere,
    print_request,
    request_for,
    sending,
)


@takes_call_fields
def send_event(
    context: typer.Context,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO or FIN.")],
    file: File = None,
    *,
    fields: CallOptions,
    to: To = None,
    format: FormatOption = None,
    encoding: options.WrittenAs = None,
    as_printed: options.AsPrinted = False,
    diverted_to: DivertedTo = None,
    uuid: Uuid = None,
    timeout: Timeout = 10.0,
    dry_run: DryRun = False,
    curl: Curl = False,
    insecure: options.Insecure = False,
    ca_bundle: options.CaBundle = None,
    password_file: options.PasswordFile = None,
    lenient: options.Lenient = False,
    max_size: options.MaxSize = options.DEFAULT_SIZE,
    json: options.Json = False,
) -> int:
    """Send an event, as Infocaller does.

    A FILE goes out byte for byte, unless a field of the call, a format or an encoding is given: then it is rewritten and signed anew.
    """
    settings = options.settings(context)
    settings.report.json = json
    name = _event(event)
    given = Options(
        to, fields, format, encoding, as_printed, diverted_to, uuid, options.seconds(timeout), dry_run, curl, insecure, ca_bundle,
        password_file, lenient, options.size(max_size),
    )  # fmt: skip
    url = to or settings.config.urls.get(name)
    if not url:
        raise nowhere(name, f"{name} = URL in [urls]")
    if not to:
        settings.tell_origin(f"the URL of {name}")
    message = message_to_send(name, file, given, {}, settings)
    request = request_for(url, name, message, given, settings)
    if dry_run or curl:
        return print_request(request, given, settings)
    from .send_report import event_sent

    return event_sent(sending(request, given)(), message, request, settings.report)


def _event(text: str) -> str:
    try:
        return named("event", text, spec.EVENTS)
    except UsageError as error:
        if text.upper() == "QUERY":
            error.hint = "infocaller send-query NAME"
        raise
