"""The engine: what each action does, and how a call ends."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from infocaller_cli.calls import (
    HANG_UP,
    NOT_SENT,
    Answer,
    Chosen,
    Ended,
    Heard,
    Noted,
    Play,
    Pressed,
    Send,
    WantKeys,
    WantOutcome,
    check,
    parse_outcome,
    read,
)
from infocaller_cli.calls.actions import ACTIONS, MAX_ACTIONS
from infocaller_cli.codec.sample import CallFields
from infocaller_cli.errors import UsageError

START = datetime(2026, 11, 26, 10, 0, 0)  # noqa: DTZ001  the wire has local times


def play(text, *replies, fields=None, answer=None):
    """Play a script: keys as text, outcomes as parse_outcome reads them. Returns the events and the call."""
    call = Play(read(text), fields or CallFields(start=START))
    waiting = list(replies)
    events = []
    event = call.next()
    while event is not None:
        events.append(event)
        reply = None
        if isinstance(event, WantKeys | WantOutcome):
            text = waiting.pop(0)
            reply = HANG_UP if text == "hangup" else Pressed(text) if isinstance(event, WantKeys) else parse_outcome(text)
        elif isinstance(event, Send):
            reply = answer(event) if answer and event.is_query else NOT_SENT if not event.is_query else Answer(True, 0.5, {"A": "2"})
        event = call.next(reply)
    assert not waiting
    return events, call


def names(events):
    return [event.name for event in events if isinstance(event, Send)]


def heard(events):
    return [event.text for event in events if isinstance(event, Heard)]


def test_the_table_and_the_engine_have_the_same_actions():
    assert Play._DO.keys() == ACTIONS.keys()


def test_it_is_pure():
    """Beside the codec: nothing that opens a file or a socket, or asks the clock, is imported for it."""
    script = "import sys\nimport infocaller_cli.calls\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    modules = set(done.stdout.split())
    ours = {name for name in modules if name.startswith("infocaller_cli.")}
    assert {name.split(".")[1] for name in ours} <= {"calls", "codec", "errors", "spelling", "version", "__init__"}
    assert not modules & {"socket", "ssl", "httpx", "readline", "typer", "asyncio", "time_machine", "select", "subprocess"}


def test_a_message_lasts_a_second_for_fifteen_characters_and_a_key_a_second():
    events, call = play('[[step]]\nmessage = "0123456789012345"\n[[step]]\nkeypad = "k"\nvariable = "A"\n', "123")
    assert [(event.t, type(event)) for event in events] == [
        (0, Send), (0, Heard), (2, Heard), (3, WantKeys), (6, Send), (6, Ended)
    ]  # fmt: skip
    assert call.variables == {"A": "123"}
    assert call.actions == [("14", "Inicio de llamada"), ("1", "0123456789012345"), ("4", "k", "123"), ("7", "Fin de llamada")]
    assert events[-1] == Ended(6.0, -1, "script", 6, 4)


def test_nothing_pressed_leaves_the_variable_as_it_was():
    _, call = play('[[step]]\nkeypad = "k"\nvariable = "A"\n', "", fields=CallFields(start=START, variables=(("A", "1"),)))
    assert call.variables == {"A": "1"}


MENU = """
[[step]]
menu = "m"
options = { "1" = "one", "*" = "star" }
otherwise = "other"
[[step]]
label = "one"
goto = "end"
[[step]]
label = "star"
goto = "end"
[[step]]
label = "other"
message = "other"
[[step]]
label = "end"
end = true
"""


@pytest.mark.parametrize(("key", "way"), [("1", [("8", "end")]), ("*", [("8", "end")]), ("5", [("1", "other")]), ("", [("1", "other")])])
def test_a_menu_goes_to_a_label(key, way):
    _, call = play(MENU, key)
    assert call.actions[1:-1] == [("6", "m", key), *way]


def test_a_menu_without_otherwise_goes_on():
    events, _ = play('[[step]]\nlabel = "a"\nmenu = "m"\noptions = { "1" = "a" }\n[[step]]\nmessage = "on"\n', "1", "2")
    assert heard(events) == ["m", "m", "on"]


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ('keypad = "k"\nvariable = "A"', "12a"),
        ('menu = "m"\noptions = { "1" = "a" }', "12"),
        ('voice = "v"\nvariable = "A"', "two \u20ac"),
    ],
)
def test_what_no_telephone_can_give_is_refused_and_asked_again(step, text):
    call = Play(read(f'[[step]]\nlabel = "a"\n{step}\n'), CallFields(start=START))
    call.next()
    call.next(NOT_SENT)
    wanted = call.next()
    assert isinstance(wanted, WantKeys)
    with pytest.raises(UsageError):
        call.next(Pressed(text))
    with pytest.raises(TypeError):
        call.next(None)
    assert call.next(Pressed("")) is not None


def test_a_query_counts_or_not():
    text = '[[step]]\nquery = "Q"\non_error = "e"\n[[step]]\nmessage = "[A]"\n[[step]]\nlabel = "e"\nmessage = "end"\n'
    events, call = play(text)
    assert heard(events) == ["2", "end"]
    assert call.actions[1] == ("17", "Q", "0")
    assert next(event.t for event in events if isinstance(event, Heard)) == 0.5
    events, call = play(text, answer=lambda _: Answer(False, 10.0, {"A": "3"}))
    assert (heard(events), call.variables, call.actions[1]) == (["end"], {}, ("17", "Q", "1"))
    assert call.t == 11


def test_where_a_query_goes_and_how_long_it_may_take():
    text = (
        '[[step]]\nquery = "Q"\nurl = "http://a"\nwait = 2.5\n[[step]]\nquery = "R"\n[queries]\nR = "http://b"\n[urls]\nFIN = "http://c"\n'
    )
    events, _ = play(text)
    sent = [(event.name, event.kind, event.url, event.wait) for event in events if isinstance(event, Send)]
    assert sent == [
        ("INICIO", "INICIO", "", None), ("Q", "QUERY", "http://a", 2.5), ("R", "QUERY", "http://b", None), ("FIN", "FIN", "http://c", None)
    ]  # fmt: skip
    assert dict(events[2].fields.variables) == {"A": "2"}


@pytest.mark.parametrize(
    ("outcome", "event", "seconds"),
    [("answered 60", "DESVIO_CORRECTO", 60), ("busy", "DESVIO_FALLIDO", 0), ("no answer", "DESVIO_FALLIDO", 0)],
)
def test_a_diverted_call_ends_the_script(outcome, event, seconds):
    text = (
        'end_of_call = [{ conditions = [["_LlamadaConectada = 1", { email = "yes" }], ["otherwise", { email = "no" }]] }]\n'
        '[[step]]\ncall = "[A]"\n'
    )
    fields = CallFields(start=START, variables=(("A", "911"),), cost_tx="0.34")
    events, call = play(text, outcome, fields=fields)
    assert names(events) == ["INICIO", event, "FIN"]
    assert [one.diverted_to for one in events if isinstance(one, Send)] == [None, "911", None]
    assert (call.end, call.t) == ("call", seconds)
    assert call.actions[1] == ("2", "911", "", "", str(seconds), "0.34" if seconds else "0")
    assert call.actions[-2] == ("11", "yes" if seconds else "no")


def test_what_is_no_number_cannot_be_called():
    events, call = play('[[step]]\ncall = "[A]"\n')
    assert [event for event in events if isinstance(event, Noted)] == [Noted(0.0, 0, "call", "")]
    assert names(events) == ["INICIO", "DESVIO_FALLIDO", "FIN"]
    assert call.end == "call"


# The codes are those of the page's list of actions
@pytest.mark.parametrize(
    ("step", "reply", "action", "end"),
    [
        ('message = "m"', None, ("1", "m"), "script"),
        ('machine = "m"', None, ("3", "m"), "machine"),
        ('keypad = "k"\nvariable = "A"', "12", ("4", "k", "12"), "script"),
        ('voice = "v"\nvariable = "A"', "dos palabras", ("5", "v", "dos palabras"), "script"),
        ('menu = "m"\noptions = { "1" = "b" }', "1", ("6", "m", "1"), "script"),
        ('goto = "b"', None, ("8", "b"), "script"),
        ('email = "e [A]"', None, ("11", "e "), "script"),
        ('sms = "s"', None, ("12", "s"), "script"),
        ('transfer = "t"', None, ("15", "t"), "script"),
        ('queue = "q"', None, ("16", "q"), "script"),
    ],
)
def test_what_each_action_leaves_in_fin(step, reply, action, end):
    after = "" if end == "machine" else '[[step]]\nlabel = "b"\nend = true\n'
    _, call = play(f"[[step]]\n{step}\n{after}", *([reply] if reply else []))
    assert call.actions[1] == action
    assert [code for code, *_ in call.actions] == ["14", action[0], "7"]
    assert call.end == end


def test_nothing_is_left_of_the_call_before():
    script = read('[[step]]\nmessage = "[A]"\n[[step]]\nquery = "Q"\n')
    for _ in range(2):
        call = Play(script, CallFields(start=START))
        texts = []
        event = call.next()
        while event is not None:
            texts += [event.text] if isinstance(event, Heard) else []
            event = call.next(Answer(True, 0.0, {"A": "1"}) if isinstance(event, Send) else None)
        assert texts == [""]
        assert call.variables == {"A": "1"}


def test_the_first_condition_that_holds_and_what_is_ours_of_it():
    text = (
        '[[step]]\nquery = "Q"\n[[step]]\nconditions = [["B = 1", { end = true }], ["A = 2.0", { message = "two" }], ["otherwise"]]\n'
        '[[step]]\nmessage = "after"\n'
    )
    events, call = play(text)
    (chosen,) = (event for event in events if isinstance(event, Chosen))
    assert (chosen.branch, chosen.text) == (1, "A = 2.0")
    assert [said.split()[0] for said in chosen.ours] == ["B", "2"]
    assert heard(events) == ["two", "after"]
    assert ("18", "A = 2.0") in call.actions
    assert call.reached == {(step.id, -1) for step in call.script.steps if step.number != "2.1.1"} | {(1, 1)}
    assert call.script.coverable - call.reached == {(1, 0), (1, 2), (3, -1)}


def test_no_condition_holds():
    events, call = play('[[step]]\nconditions = [["_NumLlamante = 1", { end = true }]]\n[[step]]\nmessage = "after"\n')
    assert heard(events) == ["after"]
    assert [action[0] for action in call.actions] == ["14", "1", "7"]


def test_built_in_variables():
    events, _ = play(
        '[[step]]\nmessage = "[_NumInfocaller] [_NumLlamado] [_NumLlamante] [_LlamadaConectada]"\n',
        fields=CallFields(start=START, line="111", called="222", caller="X"),
    )
    assert heard(events) == ["111 222 X 0"]


def test_hanging_up_is_a_reply_to_anything_and_the_end_of_the_call_still_runs():
    text = (
        'end_of_call = [{ query = "LAST" }, { sms = "s" }]\n[[step]]\nmessage = "a"\n[[step]]\nquery = "Q"\n'
        '[[step]]\nkeypad = "k"\nvariable = "A"\n[[step]]\ncall = "911"\n'
    )
    whole, _ = play(text, "1", "busy")
    for length in range(1, len(whole)):
        call = Play(read(text), CallFields(start=START))
        event = call.next()
        for _ in range(length - 1):
            reply = None
            if isinstance(event, Send):
                reply = Answer(True)
            elif isinstance(event, WantKeys):
                reply = Pressed("1")
            elif isinstance(event, WantOutcome):
                reply = parse_outcome("busy")
            event = call.next(reply)
        rest = [call.next(HANG_UP)]
        while rest[-1] is not None:
            rest.append(call.next(Answer(True) if isinstance(rest[-1], Send) else None))
        assert isinstance(rest[-2], Ended) or length == len(whole) - 1
        assert [action[0] for action in call.actions][:: len(call.actions) - 1] == ["14", "7"]


def test_the_clock_stands_once_the_call_is_over():
    _, call = play('end_of_call = [{ query = "LAST" }]\n[[step]]\nmessage = "a"\n', answer=lambda _: Answer(True, 5.0))
    assert call.t == 1


def test_fin_tells_when_each_action_began():
    text = '[[step]]\nmessage = "0123456789012345"\n[[step]]\nkeypad = "k"\nvariable = "A"\n[[step]]\nquery = "Q"\n[[step]]\ncall = "911"\n'
    events, call = play(text, "12", "answered 7", answer=lambda _: Answer(True, 4.0))
    fin = next(event for event in events if isinstance(event, Send) and event.name == "FIN").document("xml", "3956")
    began = [action["EventDate"].rpartition(":")[2] for action in fin.actions]
    assert [(action[0], second) for action, second in zip(call.actions, began, strict=True)] == [
        ("14", "00"), ("1", "00"), ("4", "02"), ("17", "05"), ("2", "09"), ("7", "16")
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["answered", "answered -1", "answered 86401", "busy 1", "taken", "", "answered 1.5"])
def test_what_is_no_outcome(text):
    with pytest.raises(UsageError, match="a diverted call cannot be"):
        parse_outcome(text)


def test_a_loop_is_ended_and_the_end_of_the_call_runs():
    events, call = play('end_of_call = [{ sms = "s" }]\n[[step]]\nlabel = "a"\ngoto = "a"\n')
    assert (call.end, names(events)) == ("loop", ["INICIO", "FIN"])
    assert len(call.actions) == MAX_ACTIONS + 3
    assert call.actions[-2] == ("12", "s")


@pytest.mark.parametrize("name", ["order-status", "extension"])
def test_the_examples_have_nothing_wrong_with_them_and_reach_every_branch(name):
    text = Path(sys.modules["infocaller_cli.calls"].__file__).with_name("examples").joinpath(f"{name}.toml").read_text("utf-8")
    assert check(text) == []
    script = read(text)
    reached = set()
    orders = {"100": "0", "101": "1", "102": "2", "103": "3"}
    for case in script.cases:
        replies = [*case.keys, *case.diverts]

        def answer(event, case=case):
            given = dict(event.fields.variables)
            found = {"PEDIDO": orders.get(given.get("NUMPEDIDO"), "")}
            if name == "extension":
                found = {"TELEFONO": "911888204" if given["EXTENSION"] == "204" else "0"}
            return Answer(event.name not in case.faults, 0.1, found)

        events, call = play(text, *replies, answer=answer)
        reached |= call.reached
        assert call.end == case.expect.end
        assert tuple(names(events)) == case.expect.requests
        for variable, value in (case.expect.variables or {}).items():
            assert call.variables.get(variable, "") == value
    assert reached == script.coverable
