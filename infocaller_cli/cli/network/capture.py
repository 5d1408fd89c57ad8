"""`infocaller capture`: records every request byte for byte, and answers it or passes it on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import UsageError
from .. import options

if TYPE_CHECKING:
    from ...traffic.captures.forward import Forward


def capture(
    context: typer.Context,
    out: Annotated[str, typer.Option("--out", "-o", metavar="OUT", help="Append here (mode 0600); - is standard output.")],
    host: options.Host = "127.0.0.1",
    port: options.Port = 8765,
    forward_to: Annotated[
        str | None,
        typer.Option("--forward-to", metavar="URL", help="Pass requests on to this application, and record its answers too."),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="What the application may take.")] = 10.0,
    rotate: Annotated[
        str | None, typer.Option("--rotate", metavar="SIZE", help="Begin a new file at this size, in bytes or with K, M, G.")
    ] = None,
    fsync: Annotated[bool, typer.Option("--fsync", help="A record is on the disk before its request is answered: for power cuts.")] = False,
    insecure: options.Insecure = False,
    ca_bundle: options.CaBundle = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    password_file: options.PasswordFile = None,
) -> int:
    """Record every request byte for byte in a capture.

    Events are answered with 200, queries with a Result of 1; with --forward-to the application's own answer goes back. Signatures
    are checked where the password is known; a wrong one is said, and recorded like any other.
    """
    settings = options.settings(context)
    size = options.size(rotate, "--rotate") if rotate else 0
    options.seconds(timeout)
    if (insecure or ca_bundle) and not forward_to:
        raise UsageError("--insecure and --ca-bundle need --forward-to", "they are about the application's certificate")
    from ...config.settings import Settings
    from ...traffic.captures.caught import Caught
    from ...traffic.captures.line_file import LineFile
    from ...traffic.captures.recorder import Recorder
    from ...traffic.http import server
    from ...traffic.http.recording import RecordingConnection
    from ...traffic.queries import environment
    from ..report import folded
    from .capture_lines import Lines

    report = settings.report
    log = environment.Log(quiet=report.quiet, verbose=report.verbose, fold=folded)
    tls = server.tls_of(tls_cert, tls_key)
    forward = _forward(forward_to, timeout, insecure, ca_bundle) if forward_to else None
    known = environment.known_passwords(Settings(log, settings.config_path), file=password_file, optional=True)
    records = LineFile(out, rotate=size, fsync=fsync)
    try:
        sock = server.listen(host, port)
        base = server.url_of(sock, tls)

        lines = Lines(report, forwarding=forward is not None)

        def show(caught: Caught) -> None:
            log.shown(lines.line(caught))

        def warn(text: str) -> None:
            log.shown(lines.error(text))

        recorder = Recorder(records, base, known, forward=forward, log=show, warn=warn, quiet=report.quiet)

        def ready(running: server.Server) -> None:
            recorder.unread = running.stop
            if records.open_to_others:
                report.warn(f"other users can read {out} or write in it: chmod 600 {out}")
            report.note("give the capture to nobody: the lines' passwords can be computed from it")
            for text, below in _where_to_enter(base):
                report.note_with(text, below)
            report.ready(base)
            if not report.quiet:
                log.shown(lines.title())

        try:
            return server.serve(server.configure(recorder, tls, RecordingConnection, date_header=False), sock, ready)
        finally:
            recorder.finish()
            log.flush()
            sock.close()
            if sys.stderr.isatty():
                print(file=sys.stderr)  # below the ^C
            report.note_with(*_what_came(recorder.recorded, out, rotated=bool(size)))
    finally:
        records.close()


def _where_to_enter(base: str) -> list[tuple[str, list[str]]]:
    """What to do at the provider's ("the page", sections 1 and 1.1), so that requests come: notices, with what each has to copy."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    address = urlsplit(base)
    host = ip_address((address.hostname or "").partition("%")[0])
    origin = base if host.is_global else "https://YOUR-TUNNEL"
    urls = [f"{origin}/inicio for INICIO", f"{origin}/fin for FIN"]
    found = [("enter in Infocaller, tab 'home' (inicio), section 'API', a URL an event:", urls)]
    if not host.is_global:
        where = "a firewall or router may be in the way" if host.is_unspecified else f"{address.hostname} is not reached from outside"
        found.append((f"{where}; a tunnel helps, such as:", [f"cloudflared tunnel --url http://localhost:{address.port}"]))
    return found


def _what_came(recorded: int, out: str, *, rotated: bool) -> tuple[str, list[str]]:
    """How many requests, where they are, and what to do with them."""
    from shlex import quote

    if not recorded:
        return "no request was recorded: does the URL that Infocaller was told lead here?", []
    count = f"{recorded:,} request{'s' if recorded > 1 else ''}"
    if out == "-":
        return f"{count} went to standard output", []
    file = quote(out)
    commands = [f"infocaller show {file}", f"infocaller replay {file} --to URL", f"infocaller validate {file}"]
    return f"{count} recorded in {out}{' and its numbered files' if rotated else ''}; see, send again, judge:", commands


def _forward(url: str, timeout: float, insecure: bool, ca_bundle: str | None) -> Forward:
    from ...traffic.captures.forward import Forward
    from ...traffic.captures.recorder import MAX_BODY
    from ...traffic.http.client import Pool
    from ...traffic.http.message import Target

    target = Target.parse(url, insecure=insecure, ca_bundle=ca_bundle)
    return Forward(target, Pool(target, timeout, MAX_BODY))
