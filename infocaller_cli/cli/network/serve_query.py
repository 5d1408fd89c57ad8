"""`infocaller serve-query`: answers Queries from a plain function, and hands events to others."""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import ExitCode, InfocallerError, InputError, UsageError
from .. import options

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from ...config.passwords import Asked
    from ...traffic.http.server import Tls
    from ...traffic.queries.environment import Log
    from ...traffic.queries.responder import Responder
    from ..settings import Settings

Handlers = Annotated[
    list[str] | None,
    typer.Option(
        "--handler",
        metavar="[NAME=]MODULE:FUNCTION",
        help="Answers every query, or those of one name; repeatable. Else INFOCALLER_HANDLER.",
    ),
]
On = Annotated[
    list[str] | None,
    typer.Option(
        "--on",
        metavar="EVENT=MODULE:FUNCTION",
        help="Takes an event: INICIO, DESVIO_CORRECTO, DESVIO_FALLIDO, FIN, or event for all others; repeatable.",
    ),
]


def serve_query(
    context: typer.Context,
    handler: Handlers = None,
    on: On = None,
    host: options.Host = "127.0.0.1",
    port: options.Port = 8080,
    once: Annotated[bool, typer.Option("--once", help="End after one query with a good signature.")] = False,
    count: Annotated[int | None, typer.Option("--count", min=1, metavar="N", help="End after N queries with a good signature.")] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="SECONDS", help="What a handler may take. Else INFOCALLER_TIMEOUT, else 5.")
    ] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew when a Python file in this folder changes.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, metavar="N", help="Processes that answer.")] = 1,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Answer the document on standard input on standard output; no network.")] = False,
    password_file: options.PasswordFile = None,
) -> int:
    """Answer Queries from a plain function.

    A handler takes a Query and returns a dict of variables, an Answer or None; `raise QueryError("text")` answers a Result that
    is not 0. It may be async. Its module is looked up in the current folder first. Events are accepted, and handed to the functions
    that --on names.
    """
    settings = options.settings(context)
    if once and count not in (None, 1):
        raise UsageError("--once and --count exclude each other", "--once is --count 1")
    most = 1 if once else count
    if most and (workers > 1 or reload):
        raise UsageError("--once and --count do not go with --workers or --reload", "no process knows what the others have answered")
    if workers > 1 and reload:
        raise UsageError("--workers and --reload exclude each other", "--reload watches one process")
    if password_file == "-" and (stdin or reload or workers > 1):  # noqa: S105  it is no password
        raise UsageError("--password-file - does not go with --stdin, --workers or --reload", "standard input is read once")
    if stdin and (most or reload or workers > 1 or tls_cert or tls_key):
        raise UsageError("--stdin answers one document", "--once, --count, --reload, --workers and TLS are about a server")
    report = settings.report
    service = Service(
        tuple(handler) if handler else None,
        tuple(on) if on else None,
        timeout,
        settings.config_path,
        password_file,
        report.quiet,
        report.verbose,
        settings.debug,
    )
    if stdin:
        return _answer_stdin(service)
    return _serve(service, host, port, most, reload, workers, (tls_cert, tls_key), settings)


@dataclass(frozen=True)
class Service:
    """Everything a process needs to answer queries; worker processes get it as it is."""

    handlers: tuple[str, ...] | None
    on: tuple[str, ...] | None
    timeout: float | None
    config: str | None
    password_file: str | None
    quiet: bool
    verbose: bool
    debug: bool
    told: bool = False  # the notices of the start have been given
    asked: Asked | None = field(default=None, repr=False)  # of commands and keyring; None: ask before serving

    def responder(self, log: Log, answered: Callable[[], None] | None = None) -> Responder:
        """The application. Raises UsageError, InputError."""
        from ...config.settings import Settings as AnySettings
        from ...traffic.queries import environment
        from ...traffic.queries.answering import DEFAULT_TIMEOUT, Answering
        from ...traffic.queries.responder import Responder

        seconds = environment.timeout(self.timeout, DEFAULT_TIMEOUT)
        settings = AnySettings(environment.Log(quiet=True) if self.told else log, self.config)
        known = environment.known_passwords(settings, file=self.password_file, asked=self.asked)
        handlers, on = environment.handlers(self.handlers, self.on)  # last: from here on modules of the user's are found first
        return Responder(Answering(handlers, known, on=on, timeout=seconds), log=log.exchange, warn=log.warn, answered=answered)

    def asking(self) -> Service:
        """The same, with the answers of the commands and the keyring: several processes must not ask one person. Raises UsageError."""
        from ...config.passwords import Passwords
        from ...config.settings import Settings as AnySettings
        from ...traffic.queries import environment

        if self.password_file is not None:  # which beats them
            return replace(self, asked={})
        return replace(self, asked=Passwords(AnySettings(environment.Log(quiet=True), self.config), None).ahead())

    def log(self) -> Log:
        """Where its lines go."""
        from ...traffic.queries.environment import Log
        from ..report import folded

        return Log(quiet=self.quiet, verbose=self.verbose, fold=folded)

    def __call__(self) -> Responder:
        """The application in a worker process, where an error can only be told and end the process."""
        from ..report import Report

        try:
            return self.responder(self.log())
        except InfocallerError as error:
            if self.debug:
                raise
            sys.exit(Report().error(error))


def _serve(
    service: Service,
    host: str,
    port: int,
    most: int | None,
    reload: bool,
    workers: int,
    tls_files: tuple[str | None, str | None],
    settings: Settings,
) -> int:
    from ...traffic.http import server

    tls = server.tls_of(*tls_files)
    sock = server.listen(host, port)
    try:
        if reload or workers > 1:
            return _supervise(service, sock, reload, workers, tls, settings)
        log = service.log()
        limit = _Count(most)
        responder = service.responder(log, limit.one if most else None)

        def ready(running: server.Server) -> None:
            limit.stop = running.finish
            settings.report.ready(server.url_of(sock, tls))

        try:
            return server.serve(server.configure(responder, tls), sock, ready)
        finally:
            log.flush()
    finally:
        sock.close()


class _Count:
    """Stops the server after so many queries."""

    def __init__(self, most: int | None) -> None:
        self._left = most or 0
        self.stop: Callable[[], None] = lambda: None

    def one(self) -> None:
        self._left -= 1
        if not self._left:
            self.stop()


def _supervise(service: Service, sock: socket, reload: bool, workers: int, tls: Tls | None, settings: Settings) -> int:
    from ...traffic.http import supervisor
    from ...traffic.http.server import url_of

    service = service.asking()
    if not reload:  # what is wrong with it is wrong in every process: say it once
        before = sys.path.copy()
        service.responder(service.log())
        sys.path[:] = before  # each process puts the user's folder there itself, once it has imported what is ours
        service = replace(service, told=True)

    def ready() -> None:
        settings.report.ready(url_of(sock, tls))

    return supervisor.run(service, sock, tls, workers=workers, reload=reload, ready=ready, say=settings.report.note)


def _answer_stdin(service: Service) -> int:
    import asyncio

    from ...codec import decode, spec
    from ...codec.form import open_body
    from ...streams import stdin, stdout
    from ...traffic.queries.exchange import Exchange

    try:
        body = stdin().read()
    except OSError as error:
        raise InputError("standard input cannot be read", error.strerror or str(error)) from None
    decode(open_body(body).document)  # what is no document is said as everywhere
    log = service.log()
    service = replace(service, asked={})  # one document: its line alone is asked for
    exchange = Exchange()
    with redirect_stdout(sys.stderr):  # what a handler prints is no part of the answer
        responder = service.responder(log)
        began = time.perf_counter()
        response = asyncio.run(responder.answer(body, "", exchange))
        exchange.ms = (time.perf_counter() - began) * 1000
    stdout().write(response.body and response.body + b"\n")
    log.exchange(exchange)
    log.flush()
    done = exchange.status == 200 if exchange.answer is None else exchange.answer.get("Status", "Result") == spec.DONE
    return ExitCode.OK if done else ExitCode.NO
