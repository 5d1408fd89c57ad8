"""What a script can get wrong is said with the step, the line and the nearest right word."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.calls import ScriptError, check, read, read_cases, script_named
from infocaller_cli.calls.actions import ACTIONS
from infocaller_cli.errors import ExitCode

END = "[[step]]\nend = true\n"

# A script, and the problem: level, step, row, a part of what is said
WRONG = {
    "no toml": ("[[step]]\nmessage = \n", ("error", "", 2, "no TOML")),
    "no step": ('name = "a"\n', ("error", "", None, "step is missing")),
    "an empty list": ("step = []\n", ("error", "", 1, "there is no step")),
    "a key at the top": (f'nmae = "a"\n{END}', ("error", "", 1, "did you mean name?")),
    "a key of a step": ('[[step]]\nmesage = "a"\n', ("error", "1", 2, "did you mean message?")),
    "a key of an action": ('[[step]]\nkeypad = "a"\nvariabel = "A"\n', ("error", "1", 3, "did you mean variable?")),
    "a key that is missing": (f'{END}[[step]]\nkeypad = "a"\n', ("error", "2", 3, "variable is missing")),
    "two actions": ('[[step]]\nmessage = "a"\ncall = "1"\n', ("error", "1", 1, "a step has one action")),
    "no action": ('[[step]]\nlabel = "a"\n', ("error", "1", 1, "it has no action")),
    "a type": ("[[step]]\nmessage = 1\n", ("error", "1", 2, "it is no text")),
    "a number": ('[[step]]\ncall = "nine"\n', ("error", "1", 2, "telephone number")),
    "end is false": ("[[step]]\nend = false\n", ("error", "1", 2, "it is not true")),
    "a wait": ('[[step]]\nquery = "A"\nwait = -1\n', ("error", "1", 3, "out of bounds")),
    "a query's name, with a case": (
        '[[step]]\nquery = 1\n[[case]]\nname = "a"\nexpect = { requests = ["Q"] }\n',
        ("error", "1", 2, "it is no text"),
    ),
    "a url": ('[[step]]\nquery = "A"\nurl = "ftp://a"\n', ("error", "1", 3, "http or https")),
    "a character": ('[[step]]\nmessage = "\\u0000"\n', ("error", "1", 2, "no document can hold")),
    "a variable": ('[[step]]\nkeypad = "a"\nvariable = "NUM-PEDIDO"\n', ("error", "1", 3, "1 to 15")),
    "a variable of the provider": ('[[step]]\nkeypad = "a"\nvariable = "_UUID"\n', ("error", "1", 3, "the provider's")),
    "a built-in variable": ('[[step]]\nmessage = "[_NumLlamente]"\n', ("error", "1", 2, "_NumLlamente")),
    "an option": ('[[step]]\nlabel = "a"\nmenu = "m"\noptions = { "12" = "a" }\n', ("error", "1", 4, "no key of a telephone")),
    "a label": ('[[step]]\nlabel = "the end"\nmessage = "a"\n[[step]]\ngoto = "the ned"\n', ("error", "2", 4, "did you mean the end?")),
    "a label that is taken": (
        '[[step]]\nlabel = "a"\nmessage = "a"\n[[step]]\nlabel = "a"\nend = true\n',
        ("error", "2", 5, "each names one step"),
    ),
    "an option's label": ('[[step]]\nmenu = "m"\noptions = { "1" = "b" }\n', ("error", "1", 1, "options.1: nobody has the label 'b'")),
    "unreachable": (f'{END}\n[[step]]\nmessage = "a"\n', ("error", "2", 4, "no path reaches it")),
    "a condition": (
        '[[step]]\nconditions = [\n  ["A = 1", { end = true }],\n  ["A eq 2", { end = true }],\n]\n',
        ("error", "1", 4, "'A eq 2' cannot be read"),
    ),
    "a step in a branch": (
        '[[step]]\nconditions = [\n  ["otherwise", { end = true }],\n]\n[[step]]\nconditions = [\n  ["A = 1",\n    { mesage = "a" }],\n]\n',
        ("error", "2.1.1", 8, "did you mean message?"),
    ),
    "a branch that is none": ('[[step]]\nconditions = ["A = 1"]\n', ("error", "1", 2, "a branch is a list")),
    "otherwise first": (
        '[[step]]\nconditions = [["otherwise", { end = true }], ["A = 1", { end = true }]]\n',
        ("error", "1", 2, "never looked at"),
    ),
    "keys at the end": (f'end_of_call = [{{ keypad = "a", variable = "A" }}]\n{END}', ("error", "end_of_call 1", 1, "the call is over")),
    "a goto into the end": (
        'end_of_call = [{ label = "z", email = "a" }]\n[[step]]\ngoto = "z"\n',
        ("error", "1", 2, "cannot be reached from here"),
    ),
    "a key of a case": (f'{END}[[case]]\nname = "a"\nexpext = {{}}\n', ("error", "", 5, "did you mean expect?")),
    "an expectation": (f'{END}[[case]]\nname = "a"\nexpect = {{ end = "over" }}\n', ("error", "", 5, "script, call, machine")),
    "an end that is none": (f'{END}[[case]]\nname = "a"\nexpect = {{ end = "scrpt" }}\n', ("error", "", 5, "did you mean script?")),
    "a variable that is none": ('[[step]]\nkeypad = "a"\nvariable = "NUM PEDIDO"\n', ("error", "1", 3, "NUMPEDIDO is one")),
    "a variable of the provider's": ('[[step]]\nkeypad = "a"\nvariable = "_N"\n', ("error", "1", 3, "names with _ are the provider's")),
    "a request nobody sends": (
        f'{END}[[case]]\nname = "a"\nexpect = {{ requests = ["INICO"] }}\n',
        ("error", "", 5, "did you mean INICIO?"),
    ),
    "a fault": (f'{END}[[case]]\nname = "a"\nfaults = {{ FIN = "broken" }}\n', ("error", "", 5, "neither no answer, slow nor a status")),
    "an outcome": (f'{END}[[case]]\nname = "a"\ndiverts = ["answered"]\n', ("error", "", 5, "answered SECONDS")),
    "a case's name": (f'{END}[[case]]\nname = "a"\n[[case]]\nname = "a"\n', ("error", "", 6, "is taken")),
    "an event": (f'{END}[urls]\nINICO = "http://a"\n', ("error", "", 3, "the events are INICIO")),
    "conditions in conditions": (
        "[[step]]\nconditions = [" + '["otherwise", { conditions = [' * 21 + "]}]" * 21 + "]\n",
        ("error", "1" + ".1.1" * 20, 2, "20 in each other are enough"),
    ),
    "nested too deep": ("a = " + "[" * 5000 + "]" * 5000 + "\n", ("error", "", None, "nested too deep")),
}
WARNED = {
    "nothing sets it": (
        '[[step]]\nkeypad = "a"\nvariable = "PEDIDO"\n[[step]]\nconditions = [["PEDID = 1", { end = true }]]\n',
        ("warning", "2", 4, "did you mean PEDIDO?"),
    ),
    "set too late": (
        '[[step]]\nmessage = "[A]"\n[[step]]\nkeypad = "a"\nvariable = "A"\n',
        ("warning", "1", 1, "nothing sets A"),
    ),
    "a loop": (
        '[[step]]\nlabel = "a"\nquery = "Q"\n[[step]]\nconditions = [["A = 1", { end = true }]]\n[[step]]\ngoto = "a"\n',
        ("warning", "1", 1, "a loop without a keypad"),
    ),
}


@pytest.mark.parametrize("name", [*WRONG, *WARNED])
def test_what_is_wrong_is_said_with_its_place(name):
    text, (level, step, row, said) = (WRONG | WARNED)[name]
    first = check(text)[0]
    assert (first.level, first.step, first.row) == (level, step, row)
    assert said in f"{first.message} {first.why} {first.hint}"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_script_is_not_read(name):
    text, (_, _, row, _) = WRONG[name]
    with pytest.raises(ScriptError) as error:
        read(text, "a.toml")
    assert (error.value.exit_code, error.value.row, error.value.file) == (ExitCode.USAGE, row, "a.toml")


@pytest.mark.parametrize("name", WARNED)
def test_a_script_that_is_only_warned_about_is_read(name):
    assert read(WARNED[name][0]).steps


SILENT = {
    "an answer may bring it": '[[step]]\nquery = "Q"\n[[step]]\nconditions = [["A = 1", { end = true }]]\n',
    "a loop that asks": '[[step]]\nlabel = "a"\nkeypad = "k"\nvariable = "A"\n[[step]]\ngoto = "a"\n',
    "built-in": '[[step]]\nconditions = [["_NumLlamante = X", { end = true }]]\n',
    "a branch falls through to the next step": '[[step]]\nconditions = [["_NumLlamante = X"], ["otherwise"]]\n[[step]]\nend = true\n',
    "the end of the call knows what came before": ('end_of_call = [{ email = "[A]" }]\n[[step]]\nkeypad = "k"\nvariable = "A"\n'),
    "a step by a label only": '[[step]]\ngoto = "b"\n[[step]]\nlabel = "a"\nend = true\n[[step]]\nlabel = "b"\ngoto = "a"\n',
    "windows": '[[step]]\r\nmessage = """a\r\nb"""\r\n',
}


@pytest.mark.parametrize("name", SILENT)
def test_what_is_right_is_not_complained_of(name):
    assert check(SILENT[name]) == []


def test_numbers_and_rows_of_steps():
    script = read(
        'end_of_call = [{ sms = "s" }]\n[[step]]\nmessage = "a"\n[[step]]\nconditions = [\n  ["_NumLlamante = X", { message = "b" },\n'
        '    { end = true }],\n  ["otherwise", { goto = "z" }],\n]\n[[step]]\nlabel = "z"\nend = true\n'
    )
    assert sorted((step.number, step.row) for step in script.steps) == [
        ("1", 2), ("2", 4), ("2.1.1", 6), ("2.1.2", 7), ("2.2.1", 8), ("3", 10), ("end_of_call 1", 1)
    ]  # fmt: skip
    assert [branch.row for step in script.steps for branch in step.branches] == [6, 8]


def test_cases_of_a_file_of_their_own():
    script = read('[[step]]\nquery = "Q"\n')
    text = 'script = "a.toml"\n[[case]]\nname = "one"\nkeys = ["1"]\nexpect = { requests = ["Q"] }\n'
    assert script_named(text) == "a.toml"
    assert script_named('[[step]]\nquery = "Q"\n') == ""
    (case,) = read_cases(text, script)
    assert (case.name, case.row, case.keys, case.expect.requests, case.expect.heard) == ("one", 2, ("1",), ("Q",), None)
    with pytest.raises(ScriptError, match=r"names 'Q'.*Q1"):
        read_cases(text, read('[[step]]\nquery = "Q1"\n'))


VALUE = st.recursive(
    st.sampled_from(['"A = 1"', '"otherwise"', '"a"', "true", "1", '"[A]"', '"911"', '""', "1.5"]),
    lambda below: (
        st.lists(below, max_size=3).map(lambda some: f"[{', '.join(some)}]")
        | st.dictionaries(st.sampled_from([*ACTIONS, "label", "variable", "options", "x"]), below, max_size=3).map(
            lambda some: "{ " + ", ".join(f"{key} = {value}" for key, value in some.items()) + " }"
        )
    ),
    max_leaves=8,
)
KEYS = [*(key.name for action in ACTIONS.values() for key in action.keys), "label", "x"]
STEP = st.dictionaries(st.sampled_from(KEYS), VALUE, max_size=3).map(
    lambda some: "[[step]]\n" + "".join(f"{key} = {value}\n" for key, value in some.items())
)
CASE = st.dictionaries(st.sampled_from(["name", "keys", "diverts", "faults", "expect", "x"]), VALUE, max_size=3).map(
    lambda some: "[[case]]\n" + "".join(f"{key} = {value}\n" for key, value in some.items())
)


@given(st.lists(STEP | CASE, max_size=4).map("".join) | st.text(max_size=60))
def test_whatever_is_written_problems_come_and_no_traceback(text):
    problems = check(text)
    try:
        read(text)
    except ScriptError:
        assert problems[0].level == "error"
    else:
        tomllib.loads(text)
        assert all(problem.level == "warning" for problem in problems)
