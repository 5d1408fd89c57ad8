"""What a script may hold, as tables: the actions, the keys of their steps and of everything around them, and what each key holds.

They drive reading, checking, the JSON Schema and the manual. Adding an action is one entry here and one function in `engine`.
The actions are those of the provider's panel; their codes are EventType's in a FIN (the page, action codes).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from ..codec import spec

# Sends and actions of one call: a script that does more loops. Ours
MAX_ACTIONS = 500
# An outcome, and a faulty application, in words
BUSY, NO_ANSWER, ANSWERED = "busy", "no answer", "answered"
HANGUP = "hangup"
SLOW = "slow"
OTHERWISE = "otherwise"
# How a call can end: its script did, it was diverted, a machine took it, the caller hung up, it went in a circle
ENDS = ("script", "call", "machine", "caller", "loop")
LONGEST_DIVERSION = 86_400  # seconds; no call is longer than a day. Ours


class Holds(Enum):
    """What a key holds, in words."""

    TEXT = "a text, which may hold [VARIABLE]"
    NAME = "a text that is not empty"
    NUMBER = "a telephone number, or [VARIABLE]"
    VARIABLE = f"the name of a variable: 1 to {spec.VAR_NAME_LENGTH} of A-Z a-z 0-9"
    LABEL = "the label of a step"
    OPTIONS = "a table: the key (0-9, * or #) and the label to go to"
    URL = "an http or https URL"
    URLS = "a table: the event and its URL"
    QUERIES = "a table: the name of the query and its URL"
    SECONDS = "a number of seconds above 0"
    CONDITIONS = 'a list of lists: a condition or "otherwise", then the steps to run'
    STEPS = "a list of steps"
    TRUE = "true"
    CASES = "a list of cases"
    KEYS = "a list of texts: what is pressed, one answer each"
    OUTCOMES = f'a list of "{ANSWERED} SECONDS", "{BUSY}" or "{NO_ANSWER}"'
    FAULTS = f'a table: the query or event, and "{NO_ANSWER}", "{SLOW}" or a status such as "500"'
    EXPECT = "a table of expectations"
    TEXTS = "a list of texts"
    VALUES = 'a table: the variable and its value ("": not set)'
    END = f"one of {', '.join(ENDS)}"


class Key(NamedTuple):
    """A key of a table: what it holds, what it is for, and whether it must be there."""

    name: str
    holds: Holds
    about: str
    needed: bool = False


class Action(NamedTuple):
    """One action of a script. The first of its `keys` names it in a step; `code` is its EventType (None: it has none of its own).

    `ends` the script; `late`: it may stand in end_of_call, when nobody is on the line any more (ours).
    """

    about: str
    keys: tuple[Key, ...]
    code: int | None
    ends: bool = False
    late: bool = False
    asks: bool = False

    @property
    def name(self) -> str:
        """The key that names it."""
        return self.keys[0].name


_VARIABLE = Key("variable", Holds.VARIABLE, "the variable that takes what was given", needed=True)

_ALL = (
    Action("plays a message", (Key("message", Holds.TEXT, "what is heard", needed=True),), 1),
    Action(
        "asks for keys (keypad data entry); nothing pressed leaves the variable as it was",
        (Key("keypad", Holds.TEXT, "what the caller hears", needed=True), _VARIABLE),
        4,
        asks=True,
    ),
    Action(
        "asks for one key (numeric menu) and goes to the label it stands for",
        (
            Key("menu", Holds.TEXT, "what the caller hears", needed=True),
            Key("options", Holds.OPTIONS, "where each key leads", needed=True),
            Key(OTHERWISE, Holds.LABEL, "where every other key leads, and none; else to the next step"),
        ),
        6,
        asks=True,
    ),
    Action(
        "asks for words (data request by voice); none leave the variable as it was",
        (Key("voice", Holds.TEXT, "what the caller hears", needed=True), _VARIABLE),
        5,
        asks=True,
    ),
    Action(
        "sends a query and waits; the answer's variables become the call's",
        (
            Key("query", Holds.NAME, "the name of the query", needed=True),
            Key("url", Holds.URL, "where it goes; else as [queries] says, or the configuration"),
            Key("wait", Holds.SECONDS, "how long an answer may take; else as --timeout says"),
            Key("on_error", Holds.LABEL, "where the call goes on without an appropriate answer; else at the next step"),
        ),
        17,
        late=True,
    ),
    Action(
        "runs the steps of the first condition that holds",
        (Key("conditions", Holds.CONDITIONS, "conditions and their steps, in order", needed=True),),
        18,
        late=True,
    ),
    Action("goes on at a label", (Key("goto", Holds.LABEL, "where to", needed=True),), 8, late=True),
    Action(
        "diverts the call to a number: DESVIO_CORRECTO is sent if it is answered, else DESVIO_FALLIDO; ends the script",
        (Key("call", Holds.NUMBER, "the number", needed=True),),
        2,
        ends=True,
    ),
    Action("sends an e-mail (noted only)", (Key("email", Holds.TEXT, "what it is called", needed=True),), 11, late=True),
    Action("sends an SMS (noted only)", (Key("sms", Holds.TEXT, "what it is called", needed=True),), 12, late=True),
    Action(
        "hands over to an answering machine (noted only); ends the script",
        (Key("machine", Holds.TEXT, "what it is called", needed=True),),
        3,
        ends=True,
    ),
    Action("transfers the call (noted only)", (Key("transfer", Holds.TEXT, "what it is called", needed=True),), 15),
    Action("puts the call in a waiting queue (noted only)", (Key("queue", Holds.TEXT, "what it is called", needed=True),), 16),
    Action("ends the script", (Key("end", Holds.TRUE, "true", needed=True),), None, ends=True, late=True),
)
ACTIONS = {action.name: action for action in _ALL}

LABEL = Key("label", Holds.NAME, "the name by which goto, options, otherwise and on_error find the step")

# The tables around the steps
SCRIPT = (
    Key("name", Holds.NAME, "what the script is called"),
    Key("step", Holds.STEPS, "the steps, in order", needed=True),
    Key("end_of_call", Holds.STEPS, "the steps that run last, whatever happened"),
    Key("urls", Holds.URLS, "where the events go"),
    Key("queries", Holds.QUERIES, "where the queries go"),
    Key("case", Holds.CASES, "calls to play as tests"),
)
CASES = (
    Key("script", Holds.NAME, "the file of the script, beside this one", needed=True),
    Key("case", Holds.CASES, "calls to play as tests", needed=True),
)
CASE = (
    Key("name", Holds.NAME, "what the case is called", needed=True),
    Key("keys", Holds.KEYS, f'what the caller answers, in order; "" is nothing, "{HANGUP}" hangs up'),
    Key("diverts", Holds.OUTCOMES, "what becomes of each diverted call, in order"),
    Key("faults", Holds.FAULTS, "what the application is made to have answered"),
    Key("expect", Holds.EXPECT, "what must come of it"),
)
EXPECT = (
    Key("heard", Holds.TEXTS, "parts of what was heard, in that order"),
    Key("variables", Holds.VALUES, "the call's variables at its end"),
    Key("requests", Holds.TEXTS, "the events and queries that were sent, all of them, in order"),
    Key("end", Holds.END, "how the call ended"),
    Key("within", Holds.SECONDS, "how long the slowest query took at most"),
)
