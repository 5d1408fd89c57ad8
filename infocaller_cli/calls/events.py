"""What goes into the engine and comes out of it. Each event has the call's time `t` in seconds and the id of its `step` (END: none)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from ..codec import spec
from .values import Outcome

if TYPE_CHECKING:
    from ..codec.model import Document
    from ..codec.sample import CallFields


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in a call."""

    t: float
    step: int


@dataclass(frozen=True, slots=True)
class Heard(Event):
    """The caller hears a text, its variables filled in."""

    text: str


@dataclass(frozen=True, slots=True)
class Noted(Event):
    """Something that nobody hears: `what` is the action's name (goto, email, sms, machine, transfer, queue;
    call, where what should be called is no number).
    """

    what: str
    text: str


@dataclass(frozen=True, slots=True)
class Chosen(Event):
    """A list of conditions was gone through. `branch` from 0; END where none holds, and `text` is "" then.

    `ours` are the decisions of ours that the verdict rests on, where the provider's page is silent.
    """

    branch: int
    text: str
    ours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantKeys(Event):
    """The caller is asked; the reply is Pressed or HANG_UP. `kind` is keypad, menu or voice; `variable` "" in a menu."""

    kind: str
    prompt: str
    variable: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WantOutcome(Event):
    """The call rings at a number; the reply is an Outcome, or HANG_UP."""

    number: str


@dataclass(frozen=True, slots=True)
class Send(Event):
    """A request to the application; the reply is an Answer, or NOT_SENT where nobody wants the event.

    `kind` is a key of `spec.NAMED_KINDS`, `name` that too or the query's name; `url` what the script says ("": nothing), `wait` in
    seconds (None: nothing). `fields` is what the document says.
    """

    name: str
    kind: str
    fields: CallFields
    url: str = ""
    wait: float | None = None
    diverted_to: str | None = None

    @property
    def is_query(self) -> bool:
        """Whether the call waits for what is answered."""
        return spec.NAMED_KINDS[self.kind] is spec.Kind.QUERY

    def document(self, format: str, password: str) -> Document:
        """The document, signed. Raises UsageError for a field that no document can hold."""
        from ..codec.sample import sample

        if self.fields.start is None:
            raise ValueError("a call has a start")
        return sample(self.kind, format, self.fields, password, self.fields.start)


@dataclass(frozen=True, slots=True)
class Ended(Event):
    """The call is over and FIN was sent; the last event. `end` is one of `actions.ENDS`; `actions` how many FIN lists."""

    end: str
    seconds: int
    actions: int


class Pressed(NamedTuple):
    """What the caller answers: keys, or words to a request by voice; "" is nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. `done`: a query's answer counts, and these `variables` change; `why` says why it does not."""

    done: bool
    seconds: float = 0.0
    variables: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


class Sign(Enum):
    """Replies that say nothing more."""

    HANG_UP = "the caller hangs up"
    NOT_SENT = "nobody wants the event"


HANG_UP, NOT_SENT = Sign.HANG_UP, Sign.NOT_SENT
Input = Pressed | Outcome | Answer | Sign | None
