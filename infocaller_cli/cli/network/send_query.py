"""`infocaller send-query`: a Query as the script of a call asks it, and its answer judged."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import options
from ..call_fields import CallOptions, takes_call_fields, variable
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
def send_query(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name the user gave the Query.")],
    file: File = None,
    *,
    fields: CallOptions,
    to: To = None,
    expect: Annotated[
        list[str] | None, typer.Option("--expect", metavar="NAME=VALUE", help="A variable the call must have afterwards; repeatable.")
    ] = None,
    repeat: Annotated[int, typer.Option("--repeat", min=1, metavar="N", help="Send it N times, and tell p50 and p95.")] = 1,
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
    """Send a Query and wait for its answer, as the script of a call does.

    The answer is judged by the rules; then come the variables the call would have.
    """
    settings = options.settings(context)
    settings.report.json = json
    given = Options(
        to, fields, format, encoding, as_printed, diverted_to, uuid, options.seconds(timeout), dry_run, curl, insecure, ca_bundle,
        password_file, lenient, options.size(max_size),
    )  # fmt: skip
    expected = dict(variable(text, "--expect") for text in expect or ())
    url = to or next((url for key, url in settings.config.queries.items() if key.strip() == name.strip()), None)
    if not url:
        raise nowhere(f"the query {name!r}", f'"{name}" = URL in [queries]')
    if not to:
        settings.tell_origin(f"the URL of the query {name!r}")
    message = message_to_send("QUERY", file, given, {"query_name": name}, settings)
    request = request_for(url, None, message, given, settings)
    if dry_run or curl:
        return print_request(request, given, settings)
    from .send_report import queries_sent

    return queries_sent(sending(request, given), message, request, settings.report, expected=expected, repeat=repeat, timeout=timeout)
