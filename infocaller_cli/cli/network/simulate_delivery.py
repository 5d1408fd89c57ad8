"""Where the requests of a simulated call go, and the capture that keeps them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...config.passwords import Passwords
from ...errors import UsageError
from ...traffic.send.call import Sent, Writing, exchange, not_sent, written
from ...traffic.send.urls import used
from ..call_fields import known_or_example, refuse_encoding

if TYPE_CHECKING:
    import ssl

    from ...calls import Script, Send
    from ...codec.sample import CallFields
    from ...traffic.captures.line_file import LineFile
    from ..settings import Settings
    from .send import Options

_DIGITS = 10**8


def call_fields(given: Options, settings: Settings, more: dict[str, Any] | None = None) -> CallFields:
    """What is said of a call: the options, before them `more` (of a recorded call); else a fresh id, and now. Raises UsageError."""
    from ...codec.sample import CallFields

    now = datetime.now().replace(microsecond=0)  # noqa: DTZ005  the wire has local times
    fresh = {"call": str(secrets.randbelow(9 * _DIGITS // 10) + _DIGITS // 10), "start": now, "country": settings.config.country}
    return CallFields(**{**fresh, **(more or {}), **given.fields.values()})


def writing(given: Options, fields: CallFields, settings: Settings) -> Writing:
    """How the call's documents are written and signed. Raises UsageError."""
    format = given.format.value if given.format else settings.config.format
    refuse_encoding(format, given.encoding, given.as_printed)
    password = Passwords(settings, given.password_file, prompt=False).of(fields.line)
    known = known_or_example("FIN", password, settings)
    return Writing(format, given.encoding.value if given.encoding else "", given.as_printed, known, given.uuid)


@dataclass
class Delivery:
    """Sends what a call sends. `out` keeps it; `sent` is all that came of it, in order."""

    given: Options
    settings: Settings
    script: Script
    how: Writing
    out: LineFile | None = None
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.sent: list[Sent] = []
        self._warned = False
        for url in {
            one
            for one in (self.given.to, *self.script.urls.values(), *self.script.queries.values(), *self.settings.config.urls.values())
            if one
        }:
            self._check(url)
        for step in self.script.steps:
            if step.action == "query":
                self._query_url(step.values["query"], step.values.get("url", ""))

    def _check(self, url: str) -> None:
        """Raises UsageError for a URL that nothing can be sent to: before the call, and not in its middle."""
        from ...traffic.http.url import parse_url

        used(url)
        if parse_url(url).scheme == "https" and self.tls is None:
            from ...traffic.http.message import tls_context

            self.tls = tls_context(insecure=self.given.insecure, ca_bundle=self.given.ca_bundle)

    def _query_url(self, name: str, own: str) -> str:
        from .send import nowhere

        config = self.settings.config
        known = next((url for key, url in config.queries.items() if key.strip() == name.strip()), "")
        url = self.given.to or own or self.script.queries.get(name) or known
        if not url:
            raise nowhere(f"the query {name!r}", f'url in the step, or "{name}" = URL in [queries]')
        self._check(url)
        if url == known and not self.given.to:
            self.settings.tell_origin(f"the URL of the query {name!r}")
        if used(url) and not self._warned:
            self._warned = True
            self.settings.report.warn(
                f"[{min(used(url))}] stands in a query's URL: the provider gives variables to the URLs of events only"
            )
        return url

    def url(self, event: Send) -> str:
        """Where a request goes; "" where nobody wants the event."""
        if event.is_query:
            return self._query_url(event.name, event.url)
        found = self.given.to or event.url or self.settings.config.urls.get(event.name, "")
        if found and "_NumDesvio" in used(found) and event.diverted_to is None:
            raise UsageError(f"[_NumDesvio] is not known at {event.name}", "nothing is diverted there", "take it out of the URL")
        return found

    def __call__(self, event: Send) -> Sent:
        """Send a request, or not; keep what came of it."""
        url = self.url(event)
        if not url:
            sent = not_sent(event)
        else:
            when = datetime.now(UTC)
            sent = exchange(written(event, url, self.how), self.given.timeout, self.tls)
            self._keep(sent, when)
        self.sent.append(sent)
        return sent

    def _keep(self, sent: Sent, when: datetime) -> None:
        if self.out is None or sent.written is None:
            return
        from ...traffic.captures.record import Record, request_row, response_row, to_line

        request, response = sent.written.request, sent.response
        headers = {name: [value] for name, value in request.headers if name != "Authorization"}
        row = request_row(when, "POST", str(request.url), headers, request.body, sent.written.decoded.document)
        if response is not None:
            headers = {"Content-Type": [response.content_type]} if response.content_type else {}
            row["resp"] = response_row(response.status, headers, response.body, response.ms)
        try:
            self.out.append(to_line(Record(row)))
        except OSError as error:
            raise UsageError("--out cannot be written", error.strerror or str(error)) from None


def exit_code(sent: list[Sent]) -> int:
    """1 where a request did not get what is wanted, 4 where none got any answer."""
    from ...errors import ExitCode

    went = [one for one in sent if one.written is not None]
    if went and all(one.error is not None for one in went):
        return ExitCode.UNREACHABLE
    return ExitCode.OK if all(one.good for one in went) else ExitCode.NO
