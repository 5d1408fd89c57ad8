"""A run of `check-endpoint`: what is said before, the state and the certificate that are looked at, how it ends."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ...errors import ExitCode, UsageError
from ...traffic.conformance.case import VERIFIED, Case
from ...traffic.conformance.observer import Observer, UnobservedError
from ...traffic.conformance.runner import MOST_REQUESTS, Run
from ...traffic.http.client import Dialer
from ...traffic.http.message import Failure, Target

if TYPE_CHECKING:
    from ..settings import Settings
    from .check_report import Outcomes


class Looks(NamedTuple):
    """What is looked at beside the answers: the command that prints the application's state, and how the certificate is judged."""

    observe: str | None
    insecure: bool
    ca_bundle: str | None


def play(run: Run, cases: list[Case], looks: Looks, outcomes: Outcomes) -> int:
    """The exit code. Raises UsageError, before anything is sent, where --observe tells nothing; UnreachableError."""
    interrupted = False
    try:
        asyncio.run(_playing(run, cases, looks))
    except (asyncio.CancelledError, KeyboardInterrupt):
        interrupted = True
    finally:
        outcomes.clear()
    outcomes.finish(run.sent, interrupted=interrupted)
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.NO if outcomes.failed or run.unstable or run.unobserved else ExitCode.OK


async def _playing(run: Run, cases: list[Case], looks: Looks) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C ends asyncio.run itself
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    if looks.observe is not None:
        observer = Observer(looks.observe)
        try:
            await observer.look()
        except UnobservedError as error:
            raise UsageError(
                "--observe tells nothing", str(error), "run it by hand: it must print what the application counted, and end with 0"
            ) from None
        for case in cases:
            case.state = observer.look
    if run.target.tls is not None:
        trusted = await _certificate(run.target, cases[0].waiting, looks) if looks.insecure else VERIFIED
        for case in cases:
            case.tls = trusted
    await run.play(cases)


async def _certificate(target: Target, seconds: float, looks: Looks) -> str:
    """What a client would say of the certificate that --insecure accepts: a connection on which nothing is sent."""
    dialer = Dialer(Target.parse(str(target.url), ca_bundle=looks.ca_bundle), seconds)
    try:
        (await dialer.dial()).close()
    except Failure as failure:
        return str(failure)
    finally:
        dialer.close()
    return VERIFIED


def warn(target: Target, settings: Settings) -> None:
    """Made-up calls go to somebody's application: said before the first."""
    host = target.url.host
    local = host == "localhost" or host.endswith(".localhost")
    with suppress(ValueError):
        local = local or ipaddress.ip_address(host.strip("[]")).is_loopback
    text = f"made-up requests, nonsense among them, go to {target.url.origin}: at most {MOST_REQUESTS}, each with a call id of its own"
    if not local:
        settings.report.warn(text)
    elif sys.stderr.isatty():
        settings.report.note(text)
