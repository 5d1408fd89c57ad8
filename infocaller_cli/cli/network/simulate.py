"""`infocaller simulate`: a whole call without a telephone. The script decides, the application answers, a person or a list presses keys."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ...errors import ExitCode, UsageError
from .. import options
from ..call_fields import CallOptions, takes_call_fields
from .send import Options
from .simulate_output import TestOutput

if TYPE_CHECKING:
    from ...calls import Play
    from ...traffic.simulate.exchange import Posted
    from ...traffic.simulate.listed import Listed
    from ...traffic.simulate.loading import Loaded
    from ..settings import Settings
    from .simulate_callers import Person


# What happens in the call makes them
_MADE = frozenset({"seconds", "action"})
_SAID = {
    "call": "CallSequence. Else a fresh one.",
    "start": "StartDate of the fin, yyyy-mm-ddThh:mm:ss. Else now.",
    "cost_rx": "CostRX of the fin. Else 0.",
    "cost_tx": "CostTX of the fin. Else 0.",
    "var": "A variable that the call begins with; repeatable. Else none.",
}


@functools.partial(takes_call_fields, refused=_MADE, said=_SAID)
def simulate(
    context: typer.Context,
    script: Annotated[str | None, typer.Argument(metavar="[SCRIPT]", help="The script (TOML), or a file of cases that names it.")] = None,
    *,
    fields: CallOptions,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="Where everything goes. Else as the script says, else the configuration.")
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--keys", metavar="KEYS", help='What the caller answers, in order; "" is nothing, hangup hangs up; repeatable.'),
    ] = None,
    divert: Annotated[
        list[str] | None,
        typer.Option("--divert", metavar="OUTCOME", help='A diverted call: "answered SECONDS", busy or "no answer"; repeatable.'),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="FILE", help="Play a recorded call again: its FIN says what was pressed; see what differs."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say what is wrong with the script.")] = False,
    example: Annotated[
        str | None, typer.Option("--example", metavar="EXAMPLE", help="Print a script of the provider's page: order-status or extension.")
    ] = None,
    save_case: Annotated[
        str | None, typer.Option("--save-case", metavar="TEXT", help="Append the call to SCRIPT, as a case of this name.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Play the cases of SCRIPT and judge them; with what no case reaches.")] = False,
    case: Annotated[str | None, typer.Option("--case", metavar="TEXT", help="With --test: only the case of this name.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=1000, metavar="N", help="With --test: so many calls at a time.")] = 8,
    output: Annotated[TestOutput, typer.Option(help="With --test: how to report.", case_sensitive=False)] = TestOutput.TEXT,
    out: Annotated[str | None, typer.Option("--out", metavar="OUT", help="Append all requests and answers to this capture.")] = None,
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="How long an answer may take.")] = 10.0,
    format: Annotated[
        options.Format | None,
        typer.Option(rich_help_panel=options.WRITING, help="xml or json. Else the configuration's, else xml.", case_sensitive=False),
    ] = None,
    encoding: options.WrittenAs = None,
    as_printed: options.AsPrinted = False,
    uuid: Annotated[
        str | None,
        typer.Option(
            "--uuid", metavar="UUID", rich_help_panel=options.CALL, help="What [_UUID] stands for. Else derived from line and call."
        ),
    ] = None,
    insecure: options.Insecure = False,
    ca_bundle: options.CaBundle = None,
    password_file: options.PasswordFile = None,
    json: options.Json = False,
) -> int:
    """Play the script of a call: send what Infocaller would send, and press the keys yourself.

    At a terminal you are the caller. With --keys or --divert the call is played unattended.
    """
    settings = options.settings(context)
    settings.report.json = json
    options.seconds(timeout)
    for name in _MADE & fields.given.keys():
        raise UsageError(f"--{name} does not go with simulate", "what happens in the call makes it", f"leave --{name} out")
    if example is not None:
        return _print_example(example, script, settings)
    if script is None:
        raise UsageError(
            "there is no SCRIPT", "it says what happens in the call", "infocaller simulate --example order-status > order-status.toml"
        )
    if check:
        from .simulate_script import checked

        return checked(script, settings.report)
    given = Options(
        fields, None, to, timeout, format=format, encoding=encoding, as_printed=as_printed, uuid=uuid, insecure=insecure,
        ca_bundle=ca_bundle, password_file=password_file, json=json,
    )  # fmt: skip
    from .simulate_script import load

    if test:
        from .simulate_test import play_cases

        if keys or divert or like or save_case:
            raise UsageError("--test does not go with --keys, --divert, --like and --save-case", "the cases say what is pressed")
        return play_cases(load(script), given, settings, case=case, jobs=jobs, output=TestOutput.JSON if json else output, out=out)
    if case is not None or output is not TestOutput.TEXT:
        raise UsageError("--case and --output go with --test", "without it one call is played", f"infocaller simulate {script} --test")
    return _Call(load(script), given, settings, out, save_case).play(keys, divert, like)


def _print_example(name: str, script: str | None, settings: Settings) -> int:
    from .simulate_script import example

    if script is not None:
        raise UsageError("--example does not go with a SCRIPT", "it prints one", f"infocaller simulate --example {name} > {name}.toml")
    settings.report.data(example(name))
    return ExitCode.OK


class _Call:
    """One call, by hand or unattended."""

    def __init__(self, loaded: Loaded, given: Options, settings: Settings, out: str | None, save_case: str | None) -> None:
        self._loaded = loaded
        self._given = given
        self._settings = settings
        self._out = out
        self._save_case = save_case

    def play(self, keys: list[str] | None, divert: list[str] | None, like: str | None) -> int:
        """Play it; returns the exit code."""
        from ...calls import Play
        from ...traffic.simulate.drive import drive
        from ...traffic.simulate.listed import Listed
        from .simulate_callers import Person
        from .simulate_delivery import Delivery, Post, call_fields, endpoint, open_out
        from .simulate_report import Transcript
        from .simulate_signals import hanging_up

        report = self._settings.report
        recorded = None
        if like is not None:
            from .simulate_like import recorded_call

            if keys or divert:
                raise UsageError("--like does not go with --keys and --divert", "the recorded call says what was pressed")
            recorded = recorded_call(like, report)
        by_hand = keys is None and divert is None and recorded is None
        if by_hand and not Person.is_there():
            raise UsageError("there is no terminal to press keys on", "nor are there --keys", "--keys 123456789, or --keys hangup")
        if self._save_case is not None:
            from .simulate_save import refuse_case

            refuse_case(self._loaded, self._save_case)
        fields = call_fields(self._given, self._settings, recorded.fields if recorded else None)
        caller: Person | Listed
        if by_hand:
            caller = Person()
        elif recorded:
            caller = Listed(recorded.keys, recorded.diverts)
        else:
            # Where nobody is asked, an empty --keys says no more than that nobody is there
            asks = any(step.kind.asks for step in self._loaded.script.steps)
            caller = _listed(keys or [] if asks or keys != [""] else [], divert or [])
        play = Play(self._loaded.script, fields)
        post = Post(self._given)
        where = endpoint(self._given, self._settings, play.fields.line, post)
        delivery = Delivery(where, post, self._loaded.script, self._settings)
        post.out = open_out(self._out, report)
        if isinstance(caller, Person):
            caller.play = play
        if not report.json:
            self._head(play, by_hand)
        with hanging_up():
            interrupted = drive(play, caller, delivery, Transcript(report, play, typed=by_hand and sys.stdout.isatty()))
        if post.out is not None:
            post.out.close()
        code = max(delivery.code, ExitCode.NO if play.end == "loop" else ExitCode.OK)
        if recorded is not None:
            code = max(code, recorded.compare(play, report))
        elif isinstance(caller, Listed):
            for problem in caller.problems():
                report.warn(problem)
                code = max(code, ExitCode.NO)
        if interrupted:
            return ExitCode.INTERRUPTED
        self._save(play, caller, delivery.exchanges, by_hand)
        return code

    def _head(self, play: Play, by_hand: bool) -> None:
        caller = play.known["_NumLlamante"]
        hint = ". You are the caller: keys and Enter; ?: help, Ctrl-D: hang up" if by_hand else ""
        self._settings.report.out(f"call {play.fields.call} of line {play.fields.line}, from {caller}{hint}", "bold")

    def _save(self, play: Play, caller: Person | Listed, sent: list[Posted], by_hand: bool) -> None:
        from .simulate_save import offer_case, save_case

        name = self._save_case
        if name is None and by_hand and not self._settings.report.json:
            name = offer_case(self._loaded)
        if name:
            save_case(self._loaded, name, play, caller.used, caller.used_diverts, sent, self._settings.report)


def _listed(keys: list[str], divert: list[str]) -> Listed:
    """Raises UsageError for an outcome that is none, before anything is sent."""
    from ...calls import parse_outcome
    from ...calls.actions import HANGUP
    from ...traffic.simulate.listed import Listed

    for text in divert:
        if text != HANGUP:
            parse_outcome(text)
    return Listed(keys, divert)
