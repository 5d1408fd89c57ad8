"""The plain requests that `check-endpoint` varies, and where they go."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

from ...codec import spec
from ...config.passwords import Passwords
from ...errors import UsageError
from ...traffic.conformance.case import Case, Echo
from ...traffic.http.url import parse_url
from .. import options
from ..call_fields import CallOptions, known_or_example, made_up, with_line

if TYPE_CHECKING:
    from ..settings import Settings


def asked_events(event: str | None) -> tuple[str, ...]:
    """The events that --event asks for. Raises UsageError."""
    events: tuple[str, ...] = () if event is None else tuple(spec.EVENTS) if event.lower() == "all" else (options.kind_name(event),)
    if not set(events) <= spec.EVENTS.keys():
        raise UsageError(f"--event cannot be {event!r}", f"the events are {', '.join(spec.EVENTS)}, or all", "--event all")
    return events


def configured_urls(query: str | None, events: tuple[str, ...], settings: Settings) -> dict[str, str]:
    """The URLs of the configuration: by event, or that of the query. Raises UsageError."""
    if query is not None:
        what, entry = f"the query {query!r}", f'"{query}" = URL in [queries]'
        urls = {name: url for name, url in settings.config.queries.items() if name.strip() == query.strip()}
    else:
        what, entry = " and ".join(events), f"{events[-1]} = URL in [urls]"
        urls = {name: settings.config.urls.get(name, "") for name in events}
    if not urls or not all(urls.values()):
        missing = [name for name, url in urls.items() if not url] or [what]
        raise UsageError(
            "which URL is checked is not known",
            f"none is given, and the configuration has none for {' and '.join(missing)}",
            f"infocaller check-endpoint URL --query NAME, or {entry} of infocaller.toml",
        )
    if len({parse_url(url)[:3] for url in urls.values()}) > 1:
        raise UsageError(f"{what} go to several servers", "one is checked at a time", f"--event {events[-1]}, or a URL")
    settings.tell_origin(f"the URL of {what}")
    return urls


def echo_of(text: str | None) -> Echo | None:
    """What --echo says. Raises UsageError."""
    if text is None:
        return None
    sent, _, came = text.partition("=")
    if not sent:
        raise UsageError(f"--echo cannot be {text!r}", "it is the name of a variable, or SENT=CAME", "--echo NOMBRE")
    return Echo(sent, came or sent)


def cases_of(
    query: str | None,
    events: tuple[str, ...],
    formats: tuple[str, ...],
    fields: CallOptions,
    password_file: str | None,
    settings: Settings,
    more: dict[str, Any],
) -> list[Case]:
    """The plain requests, a format each. Raises UsageError."""
    main = "QUERY" if query is not None else events[-1]
    fields.refuse_foreign(main)
    values = with_line(fields.values() | ({} if query is None else {"query_name": query}), settings)
    password = known_or_example(main, Passwords(settings, password_file, prompt=False).of(values.get("line", spec.EXAMPLE_LINE)), settings)
    ids = itertools.count(int(values["call"]) if values.get("call", "").isdecimal() else int(time.time()) * 1000)
    cases = []
    for format in formats:
        document = made_up(main, format, values, password, settings)
        others = {name: made_up(name, format, _fitting(name, values), password, settings) for name in events}
        cases.append(Case(document, format, password, None if query is not None else main, others, ids=ids, **more))
    return cases


def _fitting(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values that a kind of event has a field for."""
    from ...codec.call import foreign

    return {field: value for field, value in values.items() if field not in foreign(name, set(values))}
