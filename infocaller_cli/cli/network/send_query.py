"""`infocaller send-query`: a Query as the script of a call asks it, and its answer judged."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from .. import options
from ..call_fields import variable
from .send import Options, message_to_send, nowhere, print_request, refuse_mixed_up, request_for, sending, takes_send_options


@functools.partial(takes_send_options, kind="QUERY")
def send_query(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name the user gave the Query.")],
    given: Options,
    expect: Annotated[
        list[str] | None, typer.Option("--expect", metavar="NAME=VALUE", help="A variable the call must have afterwards; repeatable.")
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", min=1, metavar="N", help="Send it N times, and tell p50 and p95.")] = 1,
) -> int:
    """Send a Query and wait for its answer, as the script of a call does.

    The answer is judged by the rules; then come the variables the call would have.
    """
    settings = options.settings(context)
    settings.report.json = given.json
    refuse_mixed_up(name, "NAME", 'send-query "ESTADO PEDIDO"', given)
    expected = dict(variable(text, "--expect") for text in expect or ())
    url = given.to or next((url for key, url in settings.config.queries.items() if key.strip() == name.strip()), None)
    if not url:
        raise nowhere(f"the query {name!r}", f'"{name}" = URL in [queries]')
    if not given.to:
        settings.tell_origin(f"the URL of the query {name!r}")
    message = message_to_send("QUERY", given, {"query_name": name}, settings)
    request = request_for(url, None, message, given, settings)
    if given.dry_run or given.curl:
        return print_request(request, given, settings)
    from .send_report import queries_sent

    return queries_sent(sending(request, given), message, request, settings.report, expected=expected, repeat=repeat, timeout=given.timeout)
