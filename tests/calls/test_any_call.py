"""Whatever the script, and whatever keys, outcomes and answers come: a call ends, and what it sends is valid."""

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from infocaller_cli.calls import HANG_UP, Answer, Play, Pressed, Send, WantKeys, WantOutcome, check, parse_outcome, read
from infocaller_cli.calls.actions import MAX_ACTIONS
from infocaller_cli.codec import decode, encode
from infocaller_cli.codec.rules import validate
from infocaller_cli.codec.sample import CallFields

START = datetime(2026, 11, 26, 10, 0, 0)  # noqa: DTZ001  the wire has local times

LABELS = st.sampled_from(["a", "b", "c", "d"])
NAMES = st.sampled_from(["A", "B2", "PEDIDO"])
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]), max_size=30).map(
    lambda text: text.replace("[", "(").replace('"', "'").replace("\\", "/")
) | st.sampled_from(["[A] and [PEDIDO]", "<b>&amp;</b>", "]]>", ""])
OPERATORS = st.sampled_from(["=", "!=", ">", "contains", "ends with"])
CONDITION = st.tuples(NAMES, OPERATORS, st.sampled_from(["1", "2", "[A]"])).map(lambda parts: f'"{" ".join(parts)}"')


def _table(pairs):
    return "{ " + ", ".join(f"{key} = {value}" for key, value in pairs) + " }"


SIMPLE = st.one_of(
    TEXTS.map(lambda text: [("message", f'"{text}"')]),
    st.tuples(TEXTS, NAMES).map(lambda both: [("keypad", f'"{both[0]}"'), ("variable", f'"{both[1]}"')]),
    st.tuples(TEXTS, NAMES).map(lambda both: [("voice", f'"{both[0]}"'), ("variable", f'"{both[1]}"')]),
    st.tuples(TEXTS, LABELS).map(lambda both: [("menu", f'"{both[0]}"'), ("options", f'{{ "1" = "{both[1]}" }}')]),
    LABELS.map(lambda label: [("query", '"Q"'), ("on_error", f'"{label}"')]),
    LABELS.map(lambda label: [("goto", f'"{label}"')]),
    st.sampled_from(['"911"', '"[A]"']).map(lambda number: [("call", number)]),
    st.sampled_from(
        [[("end", "true")], [("email", '"e"')], [("sms", '"s"')], [("queue", '"q"')], [("transfer", '"t"')], [("machine", '"m"')]]
    ),
)
BRANCH = st.tuples(CONDITION, st.lists(SIMPLE.map(_table), max_size=2)).map(lambda both: f"[{', '.join([both[0], *both[1]])}]")
STEP = SIMPLE | st.lists(BRANCH, max_size=3).map(lambda branches: [("conditions", f"[{', '.join(branches)}]")])


@st.composite
def scripts(draw):
    """Scripts that pass the check: four labels lead into the list of steps."""
    steps = draw(st.lists(STEP, min_size=4, max_size=7))
    text = draw(st.sampled_from(["", 'end_of_call = [{ sms = "[A]" }, { query = "LAST" }, { end = true }]\n']))
    menu = ", ".join(f'"{number}" = "{label}"' for number, label in enumerate("abcdefg"[: len(steps)]))
    text += f'[[step]]\nmenu = "all are reached"\noptions = {{ {menu} }}\n'
    for label, step in zip("abcdefg", steps, strict=False):
        text += f'[[step]]\nlabel = "{label}"\n' + "".join(f"{key} = {value}\n" for key, value in step)
    return text


REPLIES = st.lists(st.tuples(st.sampled_from(["", "1", "3", "12*#", "hang up"]), st.integers(0, 3), st.booleans()), min_size=1, max_size=30)


@settings(max_examples=150)
@given(scripts(), REPLIES, st.sampled_from(["xml", "json"]))
def test_any_call_ends_and_its_documents_are_valid(text, replies, format):
    problems = [problem for problem in check(text) if problem.level == "error"]
    # Two steps of a branch, the first of which goes elsewhere: the second is reached by nothing
    if problems and all("no path reaches" in problem.what for problem in problems):
        return
    assert problems == []
    call = Play(read(text), CallFields(start=START))
    event = call.next()
    count = 0
    while event is not None:
        keys, number, yes = replies[count % len(replies)]
        count += 1
        reply = None
        if isinstance(event, WantKeys):
            reply = Pressed({"voice": "one two", "menu": "3"}.get(event.kind, "12*#") if keys else "")
        elif isinstance(event, WantOutcome):
            reply = parse_outcome(["answered 5000", "answered 0", "busy", "no answer"][number])
        elif isinstance(event, Send):
            reply = Answer(yes, number * 0.7, {"A": str(number), "PEDIDO": "\u00f1 <&>"[: number + 1].strip()})
            document = event.document(format, "3956")
            decoded = decode(encode(document, format))
            if event.kind == "FIN":
                assert validate(decoded, password="3956") == []
                fin = decoded.document
        if keys == "hang up" and count > 5:
            reply = HANG_UP
        event = call.next(reply)
        assert count < 4 * (2 * MAX_ACTIONS + 3)
    assert call.end in ("script", "call", "machine", "caller", "loop")
    assert [action["EventType"] for action in fin.actions][:1] == ["14"]
    assert fin.actions[-1]["EventType"] == "7"
    assert call.reached <= call.script.coverable
