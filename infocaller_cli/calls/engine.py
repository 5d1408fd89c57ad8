"""The engine: plays a script. It takes keys, outcomes and answers, and gives what is heard, wanted and sent.

It knows no clock, socket or terminal: a driver does what an event asks and gives the reply to `Play.next`. Time is the call's own: a
message lasts a second for 15 characters, a key a second, a query as long as it took, a diverted call as its outcome says (all ours).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from types import NoneType
from typing import TYPE_CHECKING, ClassVar

from ..codec import spec
from ..codec.sample import CALL_BEGINS, CALL_ENDS, sample
from ..errors import UsageError
from .actions import MAX_ACTIONS
from .conditions import BUILT_IN, filled
from .events import HANG_UP, NOT_SENT, Answer, Chosen, Ended, Event, Heard, Input, Noted, Pressed, Send, WantKeys, WantOutcome
from .script import END, WHOLE, Script, Step
from .values import Outcome, is_number, pressed_problem

if TYPE_CHECKING:
    from ..codec.sample import CallFields

_SPOKEN = 15  # characters a second
_ANY = datetime(2000, 1, 1)  # noqa: DTZ001  the wire has local times
_LAST_YEAR = 9999
# What may follow each event, but HANG_UP and NOT_SENT; nothing follows the others
_REPLIES: dict[type, type] = {WantKeys: Pressed, WantOutcome: Outcome, Send: Answer}
Playing = Generator[Event, Input, int]  # gives the step that comes next


class _HungUpError(Exception):
    """The caller has hung up."""


@lru_cache(maxsize=64)
def _built_in(fields: CallFields) -> dict[str, str]:
    """What the call's own variables hold from its beginning on. Raises UsageError for a call that no document can tell of."""
    opening = sample("INICIO", spec.XML, fields, "", fields.start or _ANY)
    places = (("UserID", "LineNumber"), ("Infocaller", "InboundNumber"), ("Infocaller", "CallerNumber"))
    return {name: opening.get(*place) or "" for name, place in zip(BUILT_IN, places, strict=False)}


class Play:
    """One call. `next()` gives the first event, `next(reply)` each that follows, None after the last.

    `variables` are the call's, `t` its clock in seconds, `actions` what FIN will list (as `CallFields.actions`), `end` how it ended
    ("" until then), `reached` what of `Script.coverable` it came to. All may be read at any time.
    """

    def __init__(self, script: Script, fields: CallFields) -> None:
        """`fields`: the call's, with its `start`; `variables` are those it begins with. Raises UsageError for impossible ones."""
        if fields.start is None:
            raise ValueError("a call has a start")
        self.script = script
        self.fields = fields._replace(cost_rx=fields.cost_rx or "0", cost_tx=fields.cost_tx or "0", variables=fields.variables or ())
        self.variables: dict[str, str] = dict(self.fields.variables or ())
        self.t = 0.0
        self.actions: list[tuple[str, ...]] = []
        self.end = ""
        self.reached: set[tuple[int, int]] = set()
        self._moments: list[int] = []
        self._connected = False
        # Calls differ in these two; what is unusual about them is for `sample` to refuse
        usual = fields.call.isascii() and fields.call.isdigit() and fields.start.year < _LAST_YEAR
        self._built_in = _built_in(self.fields._replace(call=spec.EXAMPLE_CALL, start=_ANY) if usual else self.fields)
        self._event: Event | None = None
        self._playing = self._call()

    def next(self, reply: Input = None) -> Event | None:
        """What happens next. Raises UsageError for keys nobody can press, TypeError for a reply that is none to the last event.

        HANG_UP is a reply to anything: what is left is end_of_call, FIN and Ended. After an error the same event waits for another reply.
        """
        self._judge(reply)
        try:
            self._event = self._playing.send(reply)
        except StopIteration:
            self._event = None
        return self._event

    def _judge(self, reply: Input) -> None:
        event = self._event
        if reply is HANG_UP and event is not None:
            return
        if reply is NOT_SENT and isinstance(event, Send) and not event.is_query:
            return
        if not isinstance(reply, _REPLIES.get(type(event), NoneType)):
            raise TypeError(f"{type(reply).__name__} is no reply to {type(event).__name__}")
        if isinstance(event, WantKeys) and isinstance(reply, Pressed) and (why := pressed_problem(event.kind, reply.text)):
            raise UsageError(f"{reply.text!r} cannot be pressed" if event.kind != "voice" else f"{reply.text!r} cannot be sent", why)

    # ------------------------------------------------------------------------------------------------------------ the call

    def _call(self) -> Generator[Event, Input, None]:
        self._act(CALL_BEGINS)
        try:
            yield from self._send("INICIO", "INICIO", END)
            self.end = yield from self._steps(self.script.start)
        except _HungUpError:
            self.end = "caller"
        with suppress(_HungUpError):
            if (yield from self._steps(self.script.end_of_call)) == "loop":
                self.end = "loop"
        self._act(CALL_ENDS)
        with suppress(_HungUpError):
            yield from self._send("FIN", "FIN", END)
        yield Ended(self.t, END, self.end, int(self.t), len(self.actions))

    def _steps(self, id: int) -> Generator[Event, Input, str]:
        """Run steps from one on; how that ended."""
        for _ in range(MAX_ACTIONS):
            if id == END:
                return "script"
            step = self.script.steps[id]
            self.reached.add((id, WHOLE))
            id = yield from self._DO[step.action](self, step)
            if step.kind.ends:
                return step.action if step.action in ("call", "machine") else "script"
        return "script" if id == END else "loop"

    def _ask(self, event: Event) -> Generator[Event, Input, Input]:
        reply = yield event
        if reply is HANG_UP:
            raise _HungUpError
        return reply

    def _act(self, action: tuple[str, ...]) -> None:
        self.actions.append(action)
        self._moments.append(int(self.t))

    def _note(self, step: Step, *more: str) -> None:
        """The action of a step in FIN, with its EventName and EventAddInfos."""
        self._act((str(step.kind.code), *more))

    @property
    def known(self) -> dict[str, str]:
        """All variables, the built-in ones among them."""
        return self.variables | self._built_in | {"_LlamadaConectada": str(int(self._connected))}

    def _text(self, step: Step) -> str:
        text: str = step.values[step.action]
        return filled(text, self.known) if "[" in text else text

    def _send(
        self, name: str, kind: str, step: int, *, url: str = "", wait: float | None = None, to: str | None = None
    ) -> Generator[Event, Input, Input]:
        fields = self.fields._replace(variables=tuple(self.variables.items()), query_name=name)
        if kind == "FIN":
            fields = fields._replace(seconds=int(self.t), actions=tuple(self.actions), moments=tuple(self._moments))
        url = url or (self.script.queries if kind == "QUERY" else self.script.urls).get(name, "")
        return (yield from self._ask(Send(self.t, step, name, kind, fields, url, wait, to)))

    # ---------------------------------------------------------------------------------------------------------- the actions

    def _message(self, step: Step) -> Playing:
        self._note(step, self._text(step))
        yield from self._hear(step)
        return step.next

    def _hear(self, step: Step) -> Generator[Event, Input, None]:
        self._began = len(self.actions), int(self.t)
        text = self._text(step)
        yield from self._ask(Heard(self.t, step.id, text))
        self.t += -(-len(text) // _SPOKEN)

    def _note_at(self, step: Step, *more: str) -> None:
        """An action that was under way for a while: FIN tells when it began."""
        self._note(step, self._text(step), *more)
        self._moments[-1] = self._began[1]

    def _keys(self, step: Step) -> Generator[Event, Input, str]:
        """What the caller answers; who hangs up has answered nothing."""
        yield from self._hear(step)
        options = tuple(step.values.get("options", ()))
        event = WantKeys(self.t, step.id, step.action, self._text(step), step.values.get("variable", ""), options)
        try:
            reply = yield from self._ask(event)
        except _HungUpError:
            self._note_at(step)
            raise
        text = reply.text if isinstance(reply, Pressed) else ""
        self.t += -(-len(text) // _SPOKEN) if step.action == "voice" else len(text)
        self._note_at(step, text)
        return text

    def _data(self, step: Step) -> Playing:
        text = yield from self._keys(step)
        if text:
            self.variables[step.values["variable"]] = text
        return step.next

    def _menu(self, step: Step) -> Playing:
        option = yield from self._keys(step)
        label = step.values["options"].get(option) or step.values.get("otherwise")
        return self.script.labels[label] if label else step.next

    def _query(self, step: Step) -> Playing:
        name, began = step.values["query"], int(self.t)
        answer = Answer(False)
        try:
            reply = yield from self._send(name, "QUERY", step.id, url=step.values.get("url", ""), wait=step.values.get("wait"))
            answer = reply if isinstance(reply, Answer) else answer
        finally:
            self._note(step, name, "0" if answer.done else "1")
            self._moments[-1] = began
        if not step.late:  # the call is over then: its clock stands
            self.t += max(answer.seconds, 0.0)
        if answer.done:
            self.variables.update(answer.variables)
        label = None if answer.done else step.values.get("on_error")
        return self.script.labels[label] if label else step.next

    def _conditions(self, step: Step) -> Playing:
        ours: list[str] = []
        for index, branch in enumerate(step.branches):
            verdict = branch.condition.judge(self.known) if branch.condition else None
            if verdict and verdict.ours and verdict.ours not in ours:
                ours.append(verdict.ours)
            if verdict is None or verdict.holds:
                self.reached.add((step.id, index))
                self._note(step, branch.text)
                yield from self._ask(Chosen(self.t, step.id, index, branch.text, tuple(ours)))
                return branch.start
        yield from self._ask(Chosen(self.t, step.id, END, "", tuple(ours)))
        return step.next

    def _goto(self, step: Step) -> Playing:
        label = step.values["goto"]
        self._note(step, label)
        yield from self._ask(Noted(self.t, step.id, "goto", label))
        return self.script.labels[label]

    def _divert(self, step: Step) -> Playing:
        number, began = self._text(step), int(self.t)
        outcome = Outcome(False, 0, "")
        try:
            if is_number(number):
                reply = yield from self._ask(WantOutcome(self.t, step.id, number))
            else:  # what a variable held cannot be called (ours: the diversion fails)
                reply = yield from self._ask(Noted(self.t, step.id, "call", number))
            outcome = reply if isinstance(reply, Outcome) else outcome
            self._connected = outcome.answered
            name = "DESVIO_CORRECTO" if outcome.answered else "DESVIO_FALLIDO"
            yield from self._send(name, name, step.id, to=number)
            self.t += outcome.seconds
        finally:
            amount = (self.fields.cost_tx or "0") if outcome.answered else "0"
            self._note(step, number, "", "", str(int(self.t) - began), amount)
            self._moments[-1] = began
        return END

    def _noted(self, step: Step) -> Playing:
        text = self._text(step)
        self._note(step, text)
        yield from self._ask(Noted(self.t, step.id, step.action, text))
        return step.next

    def _end(self, step: Step) -> Playing:
        yield from ()
        return END

    # What each action of the table does
    _DO: ClassVar = {
        "message": _message,
        "keypad": _data,
        "menu": _menu,
        "voice": _data,
        "query": _query,
        "conditions": _conditions,
        "goto": _goto,
        "call": _divert,
        "email": _noted,
        "sms": _noted,
        "machine": _noted,
        "transfer": _noted,
        "queue": _noted,
        "end": _end,
    }
