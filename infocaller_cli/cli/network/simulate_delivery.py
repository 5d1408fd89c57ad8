"""Where the requests of a simulated call go, and the capture that keeps them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from ...config.passwords import Passwords
from ...errors import ExitCode, UsageError
from ...traffic.send.urls import used
from ...traffic.simulate.exchange import Endpoint, Posted, exchange
from ..call_fields import fresh_call, known_or_example, refuse_encoding, with_line

if TYPE_CHECKING:
    import ssl

    from ...calls import Script, Send
    from ...codec.sample import CallFields
    from ...traffic.captures.line_file import LineFile
    from ...traffic.send.request import Request
    from ...traffic.send.sender import Response
    from ..report import Report
    from ..settings import Settings
    from .send import Options


def call_fields(given: Options, settings: Settings, more: dict[str, Any] | None = None) -> CallFields:
    """What is said of a call: the options, before them `more` (of a recorded call); else a fresh id, and now. Raises UsageError."""
    from ...codec.sample import CallFields

    now = datetime.now().replace(microsecond=0)  # noqa: DTZ005  the wire has local times
    fresh = {"call": fresh_call(), "start": now, "country": settings.config.country}
    return CallFields(**{**fresh, **with_line({**(more or {}), **given.fields.values()}, settings)})


def endpoint(given: Options, settings: Settings, line: str, post: Post) -> Endpoint:
    """How a line's calls are written and signed, and where they go: as the options say, and the configuration. Raises UsageError."""
    format = given.format.value if given.format else settings.config.format
    refuse_encoding(format, given.encoding, given.as_printed)
    password = Passwords(settings, given.password_file, prompt=False).of(line)
    return Endpoint(
        post,
        known_or_example("FIN", password, settings),
        given.to or "",
        settings.config.urls,
        settings.config.queries,
        format,
        given.encoding.value if given.encoding else "",
        given.as_printed,
        given.timeout,
        given.uuid,
    )


def open_out(path: str | None, report: Report) -> LineFile | None:
    """The capture of --out."""
    if path is None:
        return None
    from ...traffic.captures.line_file import LineFile

    file = LineFile(path)
    if file.open_to_others:
        report.warn(f"{path} can be read by others: chmod 600 {path}")
    return file


@dataclass
class Post:
    """Posts to the network, as `send-event` does; `out` keeps every request with its answer."""

    given: Options
    out: LineFile | None = None
    tls: ssl.SSLContext | None = None
    _lock: Lock = field(default_factory=Lock)

    def prepare(self, url: str) -> None:
        """Have what https needs, which takes a while. Raises UsageError for what is no URL, or has a variable that there is not."""
        from ...traffic.http.url import parse_url

        used(url)
        if parse_url(url).scheme == "https" and self.tls is None:
            from ...traffic.http.message import tls_context

            self.tls = tls_context(insecure=self.given.insecure, ca_bundle=self.given.ca_bundle)

    def __call__(self, url: str, content_type: str, body: bytes, timeout: float) -> Response:
        """Send. Raises UnreachableError where no answer comes in time."""
        from ...traffic.send.request import request
        from ...traffic.send.sender import send

        wanted = request(url, content_type, body)
        when = time.time()
        response = None
        try:
            response = send(wanted, timeout, tls=self.tls)
        finally:
            self._keep(wanted, when, response)
        return response

    def _keep(self, request: Request, when: float, response: Response | None) -> None:
        if self.out is None:
            return
        from ...codec import decode
        from ...codec.form import open_body
        from ...traffic.captures.record import Record, request_row, response_row, to_line

        headers = {name: [value] for name, value in request.headers if name != "Authorization"}
        document = decode(open_body(request.body, headers["Content-Type"][0]).document).document
        row = request_row(when, "POST", str(request.url), headers, request.body, document)
        if response is not None:
            headers = {"Content-Type": [response.content_type]} if response.content_type else {}
            row["resp"] = response_row(response.status, headers, response.body, response.ms)
        try:
            with self._lock:  # of calls that go on side by side
                self.out.append(to_line(Record(row)))
        except OSError as error:
            raise UsageError("--out cannot be written", error.strerror or str(error)) from None


class Delivery:
    """Sends what a call sends; `exchanges` is what came of it, in order. What cannot be sent is refused before the call."""

    def __init__(self, where: Endpoint, post: Post, script: Script, settings: Settings) -> None:
        """Raises UsageError for a query without a URL, and for a URL that nothing can be sent to."""
        self._where = where
        self.exchanges: list[Posted] = []
        own = [where.to] if where.to else [*script.urls.values(), *where.urls.values()]
        queries = {step.values["query"]: self._query_url(step.values, script) for step in script.steps if step.action == "query"}
        for url in dict.fromkeys((*own, *queries.values())):
            post.prepare(url)
        for name, url in queries.items():
            if url in where.queries.values() and not where.to:
                settings.tell_origin(f"the URL of the query {name!r}")
        asked = next((used(url) for url in queries.values() if used(url)), None)
        if asked:
            settings.report.warn(f"[{min(asked)}] stands in a query's URL: the provider gives variables to the URLs of events only")

    def _query_url(self, values: dict[str, Any], script: Script) -> str:
        from .send import nowhere

        name = values["query"]
        known = next((url for key, url in self._where.queries.items() if key.strip() == name.strip()), "")
        url = self._where.to or values.get("url") or script.queries.get(name) or known
        if not url:
            raise nowhere(f"the query {name!r}", f'url in the step, or "{name}" = URL in [queries]')
        return str(url)

    def __call__(self, event: Send) -> Posted:
        """Send a request, or not; keep what came of it."""
        self.exchanges.append(exchange(event, self._where))
        return self.exchanges[-1]

    @property
    def code(self) -> int:
        """The exit code: 1 where a request did not get what is wanted, 4 where none got any answer."""
        sent = [one for one in self.exchanges if one.sent]
        if sent and all(one.response is None for one in sent):
            return ExitCode.UNREACHABLE
        return ExitCode.NO if any(one.problem for one in sent) else ExitCode.OK
