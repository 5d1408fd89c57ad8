"""Many callers at once: a user for Locust that plays a script's cases. Needs the extra `load`.

    # locustfile.py
    from infocaller_cli.load import Caller

    class Orders(Caller):
        script = "order-status.toml"

    locust -f locustfile.py --host http://127.0.0.1:8080/orders --headless -u 200 -r 50 -t 1m

Also with `--processes 2`, or with `--master` and `--worker` on many machines. Locust's figures have a row for each event and query by its
name, and one for each case, a whole call: its time is that of all its requests. Requests are those of `infocaller simulate`, on a
connection that stays open; cookies are not sent back, redirections not followed.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gevent.event import Event
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from locust import FastHttpUser, task
from locust.exception import StopTest, StopUser

from .calls import Case, Ended
from .codec import spec
from .codec.sample import CallFields
from .codec.signature import check_password
from .errors import DecodeError, InfocallerError, UnreachableError
from .traffic.http.content import unpacked
from .traffic.http.url import parse_url
from .traffic.send.sender import Response
from .traffic.simulate.driver import Happened, play
from .traffic.simulate.exchange import Endpoint, Posted
from .traffic.simulate.loading import Loaded, load
from .traffic.simulate.missed import missed

if TYPE_CHECKING:
    from locust.env import Environment

# What stands in the column "Type" of Locust's figures
_EVENT, _QUERY, _CALL = "EVENT", "QUERY", "CALL"
# What the client raises: no connection, none in time, no HTTP, no way through a proxy, a target that is none
_NO_ANSWER = (OSError, HTTPConnectionClosed, HTTPParseError, RuntimeError, ValueError)
_parsed = lru_cache(maxsize=256)(parse_url)
_loaded: dict[str, Loaded] = {}  # by file: read once, whoever plays it


class WrongError(Exception):
    """A request that was not answered as it should be, or a call that did not come to what its case expects."""


class Caller(FastHttpUser):
    """Plays the cases of `script` (a file) one after the other; without cases, one that presses nothing.

    `pace`: how much of a call's own time passes: 1.0 as people speak and press, 0 (the default) as fast as answers come. Between calls
    Locust's `wait_time` is waited. `password` signs, else INFOCALLER_PASSWORD, else the example of the provider's page. `format` is xml or
    json, `line` the LineNumber; `timeout` in seconds, where a query's step has no `wait`. All requests go to Locust's host, else where the
    script says. At the end of a run the call that goes on is hung up, and has its FIN.
    """

    abstract = True
    script: str = ""
    pace: float = 0.0
    password: str | None = None
    format: str = spec.XML
    line: str = spec.EXAMPLE_LINE
    timeout: float = 10.0

    def __init__(self, environment: Environment) -> None:
        """Read the script. Raises StopTest, with what is wrong, where that or the password cannot be used."""
        try:
            if self.script not in _loaded:
                _loaded[self.script] = load(self.script)
            password = check_password(self.password or os.environ.get("INFOCALLER_PASSWORD") or spec.EXAMPLE_PASSWORD)
        except InfocallerError as error:
            raise StopTest(f"{error.file or self.script}: {error.in_full}") from None
        self._script, cases, *_ = _loaded[self.script]
        waits = [step.values["wait"] for step in self._script.steps if "wait" in step.values]
        self.network_timeout = self.connection_timeout = max(self.timeout, *waits) if waits else self.timeout
        given = self.host or environment.host or ""
        self.host = given or "http://localhost"  # Locust wants one; the URLs that the script gives are whole
        super().__init__(environment)
        # The agent that Locust puts around the connections follows cookies and redirections, which Infocaller does not
        agent = self.client.client
        self._clients: dict[str, Any] = {}
        self._last, self._hang_up, self._idle = Event(), Event(), Event()
        self._hung_up = False
        self._idle.set()
        self._headers = {**dict(agent.default_headers.items()), "Accept-Encoding": "identity"}
        self._pool = agent.clientpool
        self._endpoint = Endpoint(self._post, password, given, format=self.format, timeout=self.timeout)
        cases = cases or (Case("a call"),)
        # Each user begins with any of them
        self._cases = itertools.islice(itertools.cycle(cases), random.randrange(len(cases)), None)  # noqa: S311

    @task
    def call(self) -> None:
        """Play one call, and tell Locust of each request and of the whole."""
        if self._last.is_set():  # between two calls it may wake before the end comes
            raise StopUser
        self._idle.clear()
        try:
            self._call(next(self._cases))
        except KeyboardInterrupt:
            if not self._hung_up:
                raise
        finally:
            self._idle.set()

    def stop(self, force: bool = False) -> bool:
        """Locust ends this user. The call that goes on has its FIN: hung up with `force`, else played to its end. Whether it was ended."""
        self._last.set()
        if force:
            self._hang_up.set()
            self._idle.wait(2 * self.network_timeout)  # of a request that goes on, and FIN
        return bool(super().stop(force))

    def _call(self, case: Case) -> None:
        # Twelve digits: workers know nothing of each other
        fields = CallFields(line=self.line, call=str(random.randrange(10**11, 10**12)), start=datetime.now().replace(microsecond=0))  # noqa: DTZ005, S311
        self._began = time.perf_counter()
        try:
            call = play(self._script, case, fields, self._endpoint, self._watch)
        except InfocallerError as error:
            self._fire(_CALL, case.name, 0.0, 0, error.in_full)
            return
        wrong = missed(call, case)
        self._fire(_CALL, case.name, call.waited, sum(map(_size, call.exchanges)), "; ".join(wrong))

    def _watch(self, happened: Happened) -> None:
        one = happened.exchange
        if one is not None and one.url:
            kind = _QUERY if one.send.is_query else _EVENT
            self._fire(kind, one.name, one.answer.seconds, _size(one), one.problem)
        if self.pace:
            ahead = happened.event.t * self.pace - (time.perf_counter() - self._began)
            if ahead > 0:
                self._hang_up.wait(ahead)  # others go on
        if self._hang_up.is_set() and not (
            self._hung_up or isinstance(happened.event, Ended) or (one is not None and one.send.kind == "FIN")
        ):
            self._hung_up = True
            raise KeyboardInterrupt

    def _fire(self, kind: str, name: str, seconds: float, size: int, wrong: str) -> None:
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=seconds * 1000,
            response_length=size,
            exception=WrongError(wrong) if wrong else None,
            context=self.context(),
        )

    def _post(self, url: str, content_type: str, body: bytes, timeout: float) -> Response:
        """Post on this user's connection. Raises UnreachableError, and UsageError for what is no URL."""
        client, target, login = self._place(url)
        headers = {**self._headers, "Content-Type": content_type, **login}
        began = time.perf_counter()
        try:
            answer = client.request("POST", target, body, headers)
            content = answer.read()
        except _NO_ANSWER as error:
            raise UnreachableError("there was no answer", str(error) or type(error).__name__) from None
        ms = (time.perf_counter() - began) * 1000
        if ms > timeout * 1000:
            raise UnreachableError("no answer in time", f"there was none within {timeout:g} s")
        given = answer.info().getlist
        kind, location, encoding = (next(iter(given(name)), None) for name in ("content-type", "location", "content-encoding"))
        if encoding:
            try:
                content = unpacked(content, encoding)
            except DecodeError as error:
                raise UnreachableError("the answer cannot be unpacked", error.why) from None
        return Response(answer.get_code(), "", kind, location, content, ms, encoding or "")

    def _place(self, url: str) -> tuple[Any, str, dict[str, str]]:
        """The connections to where a URL leads, what the request line names there, and the header for its user and password."""
        read = _parsed(url)
        if read.origin not in self._clients:
            self._clients[read.origin] = self._pool.get_client(read.origin)
        return self._clients[read.origin], read.target, {"Authorization": read.login.decode()} if read.login else {}


def _size(exchange: Posted) -> int:
    return len(exchange.response.body) if exchange.response else 0
