"""What `send-event` and `send-query` share: their options, the document that is sent, the request."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from ...codec import spec
from ...config.passwords import Passwords
from ...errors import ExitCode, InputError, UsageError
from .. import options
from ..call_fields import CallOptions, known_or_example, made_up, refuse_encoding, refuse_invalid, takes_call_fields, with_line

if TYPE_CHECKING:
    import ssl

    from ...codec import Decoded
    from ...codec.model import Document
    from ...traffic.send.request import Request
    from ...traffic.send.sender import Response
    from ..inputs.items import Item
    from ..report import Report
    from ..settings import Settings


_LOOK_AGAIN = 0.1  # seconds


class Options(NamedTuple):
    """What both commands take: the one declaration of it."""

    fields: CallOptions
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A document or body to send; - is standard input. Else one is made up.")
    ] = None
    to: Annotated[str | None, typer.Option("--to", metavar="URL", help="Where to. Else the configuration's URL for it.")] = None
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="The deadline of the whole exchange.")] = 10.0
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for a server that is starting, before sending.")
    ] = 0.0
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the request; send nothing.")] = False
    curl: Annotated[bool, typer.Option("--curl", help="Print the curl command that delivers the same request; send nothing.")] = False
    format: Annotated[
        options.Format | None,
        typer.Option(
            "--format", rich_help_panel=options.WRITING, help="xml or json. Else the configuration's, else xml.", case_sensitive=False
        ),
    ] = None
    encoding: options.WrittenAs = None
    as_printed: options.AsPrinted = False
    charset_label: Annotated[
        str | None,
        typer.Option(
            "--charset-label",
            metavar="TEXT",
            rich_help_panel=options.WRITING,
            help="A charset in the request's Content-Type, whether true or not.",
        ),
    ] = None
    diverted_to: options.DivertedTo = None
    uuid: Annotated[
        str | None,
        typer.Option(
            "--uuid", metavar="UUID", rich_help_panel=options.CALL, help="What [_UUID] stands for. Else derived from line and call."
        ),
    ] = None
    insecure: options.Insecure = False
    ca_bundle: options.CaBundle = None
    password_file: options.PasswordFile = None
    lenient: options.Lenient = False
    max_size: options.MaxSize = options.DEFAULT_SIZE
    json: options.Json = False

    @property
    def limit(self) -> int:
        """The most bytes of a document."""
        return options.size(self.max_size)


def takes_send_options(function: Callable[..., int], kind: str = "FIN") -> Callable[..., int]:
    """Give a command all these options; its parameter `given` gets them. `kind`: as in `takes_call_fields`."""

    @functools.wraps(function)
    def command(**arguments: Any) -> int:
        given = Options(**{name: arguments.pop(name) for name in Options._fields})
        options.seconds(given.timeout)
        options.size(given.max_size)
        return function(**arguments, given=given)

    kinds = get_type_hints(Options, include_extras=True)
    ours = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=Options._field_defaults.get(name, inspect.Parameter.empty), annotation=kind
        )
        for name, kind in kinds.items()
    ]
    own = [one for name, one in inspect.signature(function, eval_str=True).parameters.items() if name != "given"]
    command.__signature__ = inspect.Signature([one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *ours)])  # type: ignore[attr-defined]
    del command.__wrapped__  # the signature is this one
    return takes_call_fields(command, kind)


class Outgoing(NamedTuple):
    """What is sent: the document, the body that holds it and its Content-Type, and where it came from."""

    item: Item
    decoded: Decoded
    content_type: str
    body: bytes


def refuse_mixed_up(word: str, place: str, command: str, given: Options) -> None:
    """Raises UsageError where a URL or a file stands in the place (EVENT, NAME) of the first word, or a URL in that of FILE."""
    from ...traffic.http.url import is_url, masked

    if is_url(word):
        raise UsageError(f"a URL stands where {place} belongs", "--to says where it goes", f"infocaller {command} --to {masked(word)}")
    if given.file is None and os.path.isfile(word):
        raise UsageError(f"{word} is a file, and {place} comes first", "nothing would be read from it", f"infocaller {command} {word}")
    if given.file is not None and given.to is None and is_url(given.file):
        raise UsageError("a URL stands where FILE belongs", "--to says where it goes", f"infocaller {command} --to {masked(given.file)}")


def nowhere(what: str, entry: str) -> UsageError:
    """The error where no URL is known. `entry`: the one of the configuration that would say it."""
    why = "there is no --to, and no URL for it in the configuration"
    return UsageError(f"where {what} goes is not known", why, f"--to URL, or {entry} of infocaller.toml")


# ------------------------------------------------------------------------------------------------------------ what is sent


def message_to_send(kind: str, given: Options, more: dict[str, str], settings: Settings) -> Outgoing:
    """The document, given or made up. `more` are fields the command's own arguments give."""
    given.fields.refuse_foreign(kind)
    label = given.charset_label
    if label is not None and not re.fullmatch(r"[!#-+\--:<-~]+", label):
        raise UsageError(
            f"--charset-label cannot be {label!r}", "it stands in a header: letters, digits and signs", "--charset-label UTF-8"
        )
    message = _made_up(kind, given, more, settings) if given.file is None else _given(kind, given.file, given, more, settings)
    return message if label is None else message._replace(content_type=f"{message.content_type}; charset={label}")


def _made_up(kind: str, given: Options, more: dict[str, str], settings: Settings) -> Outgoing:
    format = given.format.value if given.format else settings.config.format
    refuse_encoding(format, given.encoding, given.as_printed)
    values = with_line(given.fields.values() | more, settings)
    password = Passwords(settings, given.password_file, prompt=False).of(values.get("line", spec.EXAMPLE_LINE))
    return _written(made_up(kind, format, values, password, settings), format, given, None)


def _written(document: Document, format: str, given: Options, file: str | None) -> Outgoing:
    from ...codec import decode, encode
    from ...codec.form import FORM_TYPE, wrap
    from ..inputs.items import Item

    charset = given.encoding.value if given.encoding else ""
    data = encode(document, format, charset=charset, as_printed=given.as_printed)
    return Outgoing(Item(file or ""), decode(data), FORM_TYPE, wrap(data))


def _given(kind: str, file: str, given: Options, more: dict[str, str], settings: Settings) -> Outgoing:
    from ...codec.form import as_posted
    from ..inputs.items import decode_item, envelope_of
    from ..inputs.naming import note_findings

    try:
        item = _only_item(file, given.limit, settings.report)
        envelope = envelope_of(item)
        decoded = decode_item(item, lenient=given.lenient, max_size=given.limit, envelope=envelope)
    except InputError as error:
        error.file = file
        raise
    note_findings(decoded, item, settings.report, only="IC011")
    document = decoded.document
    if document.kind is not spec.NAMED_KINDS[kind]:
        raise UsageError(f"{file} is no {kind.lower()}", f"it is of the kind {document.kind}", "send it as what it is")
    name = (document.get("Infocaller", "QueryName") or "").strip()
    if "query_name" in more and name != more["query_name"].strip():
        raise UsageError(f"{file} is another query", f"its name is {name!r}", f"infocaller send-query {name!r}")
    if given.fields.given or given.format or given.encoding or given.as_printed:
        return _rewritten(kind, file, decoded, given, settings)
    body = item.body
    if any(finding.code == "IC011" for finding in decoded.findings):
        body = envelope.replace(0, len(envelope.document), decoded.text.to_bytes(decoded.text.chars))
    return Outgoing(item, decoded, *as_posted(body))


def _only_item(file: str, limit: int, report: Report) -> Item:
    """The one document of a file; the one request of a capture is as good as any. Raises UsageError for several."""
    from ..inputs.items import source_items
    from ..inputs.source import open_source

    source = open_source(file, limit, exact=False)
    try:
        items = source_items(source, report)
        item = next(items)
        if next(items, None) is not None:
            raise UsageError(f"{file} holds several documents", "one is sent at a time", f"infocaller replay {file} --to URL")
    finally:
        source.reader.close()
    return item


def _rewritten(kind: str, file: str, decoded: Decoded, given: Options, settings: Settings) -> Outgoing:
    from ...codec.rewrite import rewritten, signed

    format = given.format.value if given.format else decoded.format
    refuse_encoding(format, given.encoding, given.as_printed)
    values = given.fields.values()
    document = rewritten(decoded.document, values, values.get("country") or settings.config.country)
    password = Passwords(settings, given.password_file, prompt=False).of(document.line)
    document = signed(document, known_or_example(kind, password, settings))
    refuse_invalid(document, kind, format)
    return _written(document, format, given, file)


# --------------------------------------------------------------------------------------------------------------- the request


def request_for(url: str, event: str | None, message: Outgoing, given: Options, settings: Settings) -> Request:
    """The request that takes a message to a URL, its variables expanded. Raises UsageError."""
    from ...traffic.send.request import request
    from ...traffic.send.urls import expand

    expanded = expand(url, message.decoded.document, event, diverted_to=given.diverted_to, uuid=given.uuid)
    if event is None and expanded.used:
        settings.report.warn(f"[{min(expanded.used)}] stands in a query's URL: the provider gives variables to the URLs of events only")
    if given.diverted_to is not None and "_NumDesvio" not in expanded.used:
        settings.report.note(options.DIVERTED_TO_IS_LOST)
    return request(expanded.url, message.content_type, message.body)


def print_request(request: Request, given: Options, settings: Settings) -> int:
    """The request, or the curl command for it, on stdout."""
    from ...traffic.send.request import as_curl, as_text

    if given.curl:
        settings.report.data(as_curl(request, given.timeout, insecure=given.insecure, ca_bundle=given.ca_bundle).encode() + b"\n")
    else:
        settings.report.data(as_text(request) + b"\n")
    return ExitCode.OK


def sending(request: Request, given: Options) -> Callable[[], Response]:
    """A function that sends the request and waits for its answer."""
    from ...traffic.send.sender import send

    tls: ssl.SSLContext | None = None
    if request.url.scheme == "https":
        from ...traffic.http.message import tls_context

        tls = tls_context(insecure=given.insecure, ca_bundle=given.ca_bundle)
    if given.wait:
        _await(request.url.host, request.url.port, given.wait)
    return lambda: send(request, given.timeout, tls=tls)


def _await(host: str, port: int, seconds: float) -> None:
    """Wait until somebody listens there. Nothing is sent: a request must not arrive twice. Who never comes is told of by sending."""
    import socket
    import time
    from contextlib import suppress

    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        with suppress(OSError), socket.create_connection((host, port), timeout=left):
            return
        time.sleep(min(_LOOK_AGAIN, left))
