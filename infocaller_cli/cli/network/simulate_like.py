"""A recorded call, played again: what was pressed comes from its FIN, and what goes another way is shown."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from ...calls.actions import ANSWERED, HANGUP, LONGEST_DIVERSION, NO_ANSWER
from ...codec import spec
from ...codec.values import whole
from ...errors import ExitCode, InfocallerError, UsageError
from ..inputs.items import decode_item, source_items
from ..inputs.source import open_source

if TYPE_CHECKING:
    from ...calls import Play
    from ...codec.model import Document, Node
    from ..report import Report

_ASKED = ("4", "5", "6")
# Codes whose first datum tells the way, and those whose name does; other names are as the panel has them, and prove nothing
_BY_DATUM, _BY_NAME = ("4", "5", "6", "17"), ("2", "18")
# What the call keeps of the recorded one: field of CallFields -> field of Infocaller
_KEPT = {"caller": "CallerNumber", "called": "InboundNumber", "call_type": "CallType", "outbound": "OutboundNumber", "idcall": "idcall"}


class Recorded(NamedTuple):
    """A recorded call: what was pressed and answered, its fields, its actions as (code, name, datum)."""

    keys: list[str]
    diverts: list[str]
    fields: dict[str, Any]
    actions: list[tuple[str, str, str]]
    call: str

    def compare(self, play: Play, report: Report) -> int:
        """Show, action by action, where the call went another way. 1 where it did."""
        now = [_short(action) for action in play.actions]
        steps = SequenceMatcher(None, list(map(_key, self.actions)), list(map(_key, now)), autojunk=False).get_opcodes()
        differs = any(tag != "equal" for tag, *_ in steps)
        if report.json:
            before, after = ([list(one) for one in some] for some in (self.actions, now))
            report.row({"event": "compared", "call": self.call, "same": not differs, "recorded": before, "played": after})
            return int(ExitCode.NO if differs else ExitCode.OK)
        if not differs:
            report.out(f"the same way as call {self.call}: {len(now)} actions", "green")
            return ExitCode.OK
        report.out(f"another way than call {self.call} (-: recorded, +: now)", "yellow")
        for tag, first, last, begin, end in steps:
            if tag == "equal":
                for one in now[begin:end]:
                    report.out(f"  {_words(one)}")
            else:
                for one in self.actions[first:last]:
                    report.out(f"- {_words(one)}", "red")
                for one in now[begin:end]:
                    report.out(f"+ {_words(one)}", "green")
        return ExitCode.NO


def recorded_call(file: str, report: Report) -> Recorded:
    """The call of the one FIN in a FILE (a document, a body, a capture). Raises InputError, UsageError."""
    found = _fins(file, report)
    if len(found) != 1:
        calls = ", ".join(document.call or "?" for document in found[:10])
        what = "holds no FIN" if not found else f"holds {len(found)} FINs"
        raise UsageError(f"{file} {what}", f"of the calls {calls}" if found else "it tells what was pressed", "a file with one call")
    document = found[0]
    actions = [_action(node) for node in document.actions]
    keys = [datum for code, _, datum in actions if code in _ASKED]
    if keys and not keys[-1] and _is_last_asked(actions):
        keys[-1] = HANGUP
    diverts = [_outcome(node) for node in document.actions if node.get("EventType", "").strip() == "2"]
    fields = {name: value for name, field in _KEPT.items() if (value := document.get("Infocaller", field))}
    if document.line:
        fields["line"] = document.line
    return Recorded(keys, diverts, fields, actions, document.call or "?")


def _fins(file: str, report: Report) -> list[Document]:
    source = open_source(file, spec.MAX_DOCUMENT, exact=False)
    found = []
    try:
        for item in source_items(source, report):
            try:
                document = decode_item(item, lenient=False, max_size=spec.MAX_DOCUMENT).document
            except InfocallerError as error:
                report.warn(f"{file}: {error}")
                continue
            if document.kind is spec.Kind.FIN:
                found.append(document)
    finally:
        source.reader.close()
    return found


def _short(action: tuple[str, ...]) -> tuple[str, str, str]:
    code, name, datum, *_ = (*action, "", "")
    return code, name, datum


def _action(node: Node) -> tuple[str, str, str]:
    return node.get("EventType", "").strip(), node.get("EventName", ""), node.get("EventAddInfo1", "")


def _is_last_asked(actions: list[tuple[str, str, str]]) -> bool:
    """Whether the call went no further than a question. FIN does not tell who pressed nothing from who hung up: there it is the same."""
    during = [code for code, *_ in actions if (number := whole(code)) not in spec.ACTIONS or not spec.ACTIONS[number].after_end]
    return bool(during) and during[-1] in _ASKED


def _outcome(node: Node) -> str:
    seconds = whole(node.get("EventAddInfo3", ""))
    return f"{ANSWERED} {min(seconds, LONGEST_DIVERSION)}" if seconds else NO_ANSWER


def _key(action: tuple[str, str, str]) -> tuple[str, str]:
    code, name, datum = action
    if code in _BY_DATUM:
        return code, datum
    return code, "".join(name.split()) if code in _BY_NAME else ""


def _words(action: tuple[str, str, str]) -> str:
    code, name, datum = action
    number = whole(code)
    known = spec.ACTIONS.get(number) if number is not None else None
    what = known.name if known else f"action {code}"
    return f"{what} {name}".rstrip() + (f": {datum}" if datum else "")
