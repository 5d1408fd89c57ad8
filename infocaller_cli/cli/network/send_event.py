"""`infocaller send-event`: an event as Infocaller sends it."""

from __future__ import annotations

from typing import Annotated

import typer

from ...codec import spec
from ...errors import UsageError
from ...spelling import named
from .. import options
from .send import Options, message_to_send, nowhere, print_request, refuse_mixed_up, request_for, sending, takes_send_options


@takes_send_options
def send_event(
    context: typer.Context,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO or FIN.")],
    given: Options,
) -> int:
    """Send an event, as Infocaller does.

    A FILE goes out byte for byte, unless a field of the call, a format or an encoding is given: then it is rewritten and signed anew.
    """
    settings = options.settings(context)
    settings.report.json = given.json
    refuse_mixed_up(event, "EVENT", "send-event FIN", given)
    name = _event(event)
    url = given.to or settings.config.urls.get(name)
    if not url:
        raise nowhere(name, f"{name} = URL in [urls]")
    if not given.to:
        settings.tell_origin(f"the URL of {name}")
    message = message_to_send(name, given, {}, settings)
    request = request_for(url, name, message, given, settings)
    if given.dry_run or given.curl:
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
