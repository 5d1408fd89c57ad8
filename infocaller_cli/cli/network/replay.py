"""`infocaller replay`: sends recorded requests again."""

from __future__ import annotations

import re
import signal
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...codec import spec
from ...errors import ExitCode, UsageError
from .. import options
from ..inputs.recorded import RecordedRequests
from ..inputs.source import record_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...traffic.captures.line_file import LineFile
    from ...traffic.http.message import Failure, RawResponse, Target
    from ...traffic.replay.jobs import Jobs
    from ...traffic.replay.journal import Journal
    from ...traffic.replay.player import Job, Pace
    from ..settings import Settings
    from .replay_report import Tally

_DRAW_SECONDS = 0.1
# What may be one, in a recorded query string: with the line and the call beside it, a few digits of a password follow from it
_SIGNATURE = re.compile(r"(?:(?<=%[0-9A-Fa-f]{2})|(?<![0-9A-Fa-f]))[0-9A-Fa-f]{32}(?![0-9A-Fa-f])")
# Failures that --verbose tells one by one
_SHOWN = 20
_KINDS = {name.lower(): kind.value for name, kind in spec.NAMED_KINDS.items() if kind in spec.ALL} | {"event": spec.Kind.EVENT.value}
# What `capture` takes fits, request and answer
_LARGEST = "8M"
Many = list[str] | None


def replay(
    context: typer.Context,
    files: options.Files,
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Where the requests go.")],
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=1000, metavar="N", help="Connections side by side.")] = 8,
    rate: Annotated[float | None, typer.Option("--rate", metavar="N", help="Requests a second, evenly spaced. Else: as they go.")] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", metavar="X", help="The recorded gaps: 1 as they were, 10 ten times faster.")
    ] = None,
    kind: Annotated[Many, typer.Option("--kind", metavar="event|fin|query", help="Only events, fins or queries; repeatable.")] = None,
    line: Annotated[Many, typer.Option("--line", metavar="LINE", help="Only this line; repeatable.")] = None,
    call: Annotated[Many, typer.Option("--call", metavar="ID", help="Only this call; repeatable.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="TIME", help="Only from this time on (ISO 8601, UTC).")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only before this time.")] = None,
    resign: Annotated[bool, typer.Option("--resign", help="Sign anew; every other character stays.")] = False,
    keep_path: Annotated[bool, typer.Option("--keep-path", help="Add the recorded path and query to URL.")] = False,
    retries: Annotated[
        int, typer.Option("--retries", min=0, max=100, metavar="N", help="Tries more after no answer, 429 or 5xx, with back-off.")
    ] = 0,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="What an answer may take.")] = 10.0,
    check: Annotated[bool, typer.Option("--check", help="Judge answers to queries as send-query does; no success has failed.")] = False,
    failed: Annotated[str | None, typer.Option("--failed", metavar="OUT", help="Write what failed here, as a capture.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --failed overwrite a capture, once something failed.")] = False,
    journal: Annotated[
        str | None, typer.Option("--journal", metavar="FILE", help="Note what is finished; an interrupted replay goes on from there.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    latency_plot: Annotated[bool, typer.Option("--latency-plot", help="Draw the distribution of the latencies.")] = False,
    insecure: options.Insecure = False,
    ca_bundle: options.CaBundle = None,
    password_file: options.PasswordFile = None,
    max_size: options.MaxSize = _LARGEST,
    json: options.Json = False,
) -> int:
    """Send recorded requests again, byte for byte.

    Requests of one call stay in order, one at a time; calls run side by side. A failed request stops neither its call nor
    the run.
    """
    settings = options.settings(context)
    settings.report.json = json
    options.seconds(timeout)
    for option, value in (("--rate", rate), ("--speed", speed)):
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"{option} cannot be {value:g}", "it is a number above 0", f"{option} 10")
    if rate and speed:
        raise UsageError("--rate and --speed exclude each other", "one is a pace of its own, the other the recorded one")
    if force and not failed:
        raise UsageError("--force goes with --failed", "nothing else is overwritten")
    names = [record_named(file)[0] for file in files]
    _refuse_overwriting(names, failed, journal)
    from ...traffic.http.content import MAX_ANSWER
    from ...traffic.http.message import Target
    from ...traffic.replay.jobs import Jobs
    from ...traffic.replay.player import Pace
    from ...traffic.replay.selection import Selection, time_option

    times = time_option("--since", since), time_option("--until", until)
    selection = Selection(frozenset(map(_kind, kind or ())), frozenset(line or ()), frozenset(call or ()), *times)
    target = Target.parse(to, insecure=insecure, ca_bundle=ca_bundle)
    password = None
    if resign:
        from ...config.passwords import Passwords

        passwords = Passwords(settings, password_file, prompt=False)
        password = passwords.need
        if not passwords.any():  # else only each request would say so
            passwords.need(None)
    with ExitStack() as stack:
        book, kept = _outputs(None if dry_run else failed, journal, names, stack, force=force, read_only=dry_run)
        source = RecordedRequests(files, settings.report, options.size(max_size))
        jobs = Jobs(source, target, selection, password=password, book=book, speed=speed, keep_path=keep_path, check=check)
        if book and book.unreadable:
            settings.report.note(f"{journal}: lines that are none of a journal, skipped: {book.unreadable:,}")
        if dry_run:
            return max(_say(jobs, settings, target.url.origin), source.code)
        _note_proxies(to, settings)
        pace = Pace(concurrency, rate, retries, timeout, MAX_ANSWER if check else 0)
        return _play(jobs, source, target, pace, settings, book, kept, latency_plot)


def _kind(text: str) -> str:
    name = text.lower().replace("-", "_").removesuffix("s")
    name = {"querie": "query"}.get(name, name)
    if name not in _KINDS:
        from ...spelling import nearest

        raise UsageError(f"--kind cannot be {text!r}", "a request is an event, a fin or a query", nearest(text, _KINDS))
    return _KINDS[name]


def _refuse_overwriting(files: list[str], *outputs: str | None) -> None:
    for out in outputs:
        for name in files:
            if out and Path(out).exists() and Path(name).exists() and Path(out).samefile(name):
                raise UsageError(f"{out} is read and written", "it would be lost while it is replayed", "name another file")


def _outputs(
    failed: str | None, journal: str | None, files: list[str], stack: ExitStack, *, force: bool, read_only: bool
) -> tuple[Journal | None, LineFile | None]:
    """The journal and the file of what failed. An existing capture is gone on with, or overwritten only if that was asked for."""
    from ...traffic.captures.line_file import LineFile
    from ...traffic.replay.journal import Journal

    book = kept = None
    goes_on = bool(journal) and Path(journal or "").exists()
    if journal:
        book = Journal(journal, files, read_only=read_only)
        stack.callback(book.close)
    if failed:
        kept = LineFile(failed, late=True, fresh=force and not goes_on)
        stack.callback(kept.close)
        if not (kept.empty or force or goes_on):
            raise UsageError(f"{failed} holds requests already", "what failed now would take their place", "another file, or --force")
    return book, kept


def _note_proxies(url: str, settings: Settings) -> None:
    import os

    names = ("all_proxy", f"{url.partition(':')[0].lower()}_proxy")
    found = next((name for name in os.environ if name.lower() in names and os.environ[name]), None)
    if found:
        settings.report.note(f"{found} is set, but replay does not use proxies")


def _say(jobs: Jobs, settings: Settings, base: str) -> int:
    """What would be sent."""
    count = refused = 0
    for job in jobs:
        count += job.refusal is None
        refused += job.refusal is not None
        head = job.wire.partition(b" HTTP/1.1\r\n")[0].decode("latin-1")
        method, _, path = head.partition(" ")
        what = f"line {job.key[0]}, call {job.key[1]}" if job.key else "no call"
        path = _SIGNATURE.sub("***", path)
        where = f"{job.file}#{job.line}"
        if settings.report.json:
            row = {"file": job.file, "index": job.line, "method": method, "url": base + path}
            row |= {"line": job.key[0] if job.key else None, "call": job.key[1] if job.key else None}
            settings.report.row(
                row if job.refusal is None else {"file": job.file, "index": job.line, "problem": f"not sendable: {job.refusal}"}
            )
        elif job.refusal is not None:
            settings.report.out(f"{where}: not sendable: {job.refusal}")
        else:
            settings.report.out(f"{where}: {method} {base}{path} ({what})")
    _remark_untimed(jobs, settings)
    settings.report.note(
        f"{count:,} request{'s' * (count != 1)} would be sent, {jobs.skipped:,} skipped"
        + (f", {refused:,} not sendable" if refused else "")
    )
    return ExitCode.OK


def _play(
    jobs: Jobs,
    source: RecordedRequests,
    target: Target,
    pace: Pace,
    settings: Settings,
    book: Journal | None,
    kept: LineFile | None,
    latency_plot: bool,
) -> int:
    import asyncio

    from ...traffic.http.resources import prepare_process
    from ...traffic.replay.read_ahead import ReadAhead
    from . import replay_report as replayed

    tally = replayed.Tally(checks=bool(pace.keep))
    report = settings.report
    shown = 0

    def finished(job: Job, reply: RawResponse | None, failure: Failure | None) -> None:
        nonlocal shown
        why = tally.add(job, reply, failure)
        if why:
            shown += 1
            if shown <= _SHOWN:
                report.detail(f"{job.file}#{job.line}: {why}")
            if kept is not None:
                kept.append(job.raw)
        if book is not None and (not why or kept is not None):
            book.add(job.file, job.line)

    prepare_process()
    try:
        with replayed.progress(tally, report, source.total, source.position) as draw:
            asyncio.run(_run(ReadAhead(jobs) if source.waits else iter(jobs), target, pace, finished, tally, draw))
    except OSError as error:
        tally.end()
        replayed.show(tally, report, plot=False)
        raise UsageError(
            "the replay has stopped: --failed or --journal cannot be written", error.strerror or str(error), "what was sent is in the table"
        ) from None
    tally.end()
    tally.skipped = jobs.skipped
    replayed.show(tally, report, plot=latency_plot)
    _remarks(jobs, source, tally, settings)
    return tally.exit_code if tally.interrupted else max(source.code, tally.exit_code)


def _remark_untimed(jobs: Jobs, settings: Settings) -> None:
    if jobs.untimed:
        done = "--speed sends them at once, and no --since or --until lets them through"
        settings.report.warn(f"requests whose time (ts) is not readable: {jobs.untimed:,}; {done}")


def _remarks(jobs: Jobs, source: RecordedRequests, tally: Tally, settings: Settings) -> None:
    _remark_untimed(jobs, settings)
    if jobs.unsigned:
        settings.report.note(f"sent as recorded, for want of a signature to make anew: {jobs.unsigned:,}")
    if not tally.sent and not tally.interrupted and not source.code:
        settings.report.warn("nothing was sent: no request passes the filters, or all were finished before")


async def _run(
    jobs: Iterator[Job | None],
    target: Target,
    pace: Pace,
    finished: Callable[[Job, RawResponse | None, Failure | None], None],
    tally: Tally,
    draw: Callable[[], None],
) -> None:
    import asyncio

    from ...traffic.replay.player import Player
    from ...traffic.replay.read_ahead import ReadAhead

    player = Player(target, pace, jobs, finished)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        tally.interrupted = True
        player.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run itself
            loop.add_signal_handler(number, stop)

    def tick() -> None:
        draw()
        loop.call_later(_DRAW_SECONDS, tick)

    tick()
    if isinstance(jobs, ReadAhead):
        jobs.start(player.wake)
    await player.play()
