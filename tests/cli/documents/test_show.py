"""`infocaller show`: what a person wants to see, in a pipe, on terminals, as HTML and SVG."""

import base64
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

ACTIONS = (
    ("14", "2026-11-23T10:00:00", "Inicio", {}),
    ("6", "2026-11-23T10:00:05", "Menú principal", {"EventAddInfo1": "1"}),
    ("2", "2026-11-23T10:00:20", "611222333", {"EventAddInfo3": "62", "EventAddInfo4": "0.340000"}),
    ("12", "2026-11-23T10:01:35", "Aviso", {"EventAddInfo4": "0.06"}),
)


def fin(actions=ACTIONS, variables=(("PEDIDO", "2"),), **fields):
    call = {
        "CallType": "R", "CallerNumber": "911888920", "InboundNumber": "900805089", "CallSeconds": "95",
        "StartDate": "2026-11-23T10:00:00", "EndDate": "2026-11-23T10:01:35", "CostRX": 0.12, "CostTX": 0.4,
    } | fields  # fmt: skip
    events = [{"EventType": code, "EventDate": date, "EventName": name} | more for code, date, name, more in actions]
    user = {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "ae73e4b16a280726fb2e0e6bfb43902a"}
    custvars = {"CustVar": [{"VarName": name, "VarValue": value} for name, value in variables]}
    return json.dumps({"ApiCall": {"UserID": user, "Infocaller": call, "Status": {"Events": {"Event": events}}, "CustVars": custvars}})


def record(text, answer=None):
    line = {"url": "http://h/", "body": base64.b64encode(text.encode()).decode()}
    if answer is not None:
        line["resp"] = {"status": 200, "header": {}, "body": base64.b64encode(answer.encode()).decode()}
    return json.dumps(line) + "\n"


NASTY = "\x1b[31mred\x9b0m\u202e [/x] [#ff0000] :smile: <b>&\x07\x7f"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


# ---- in a pipe: plain lines, nothing cut ----


def test_a_fin_in_a_pipe(run):
    done = run("show", "-", stdin=fin(), env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "-: fin, json: received call, 911888920 → 900805089\n"
        "  when: Mon 2026-11-23 10:00:00 → 10:01:35, 1 min 35 s\n"
        "  caller: 911888920\n"
        "  called: 900805089\n"
        "  line: 123456789\n"
        "  call: 98565656\n"
        "  cost: received 0.120000, issued 0.400000 (without taxes)\n"
        "  signature: valid: it proves line and call id\n"
        "  variable PEDIDO = 2\n"
        "  action 1: 2026-11-23T10:00:00 (+0:00) start of call (14): Inicio, lasts 5 s\n"
        "  action 2: 2026-11-23T10:00:05 (+0:05) numeric menu (6): Menú principal, option 1, lasts 15 s\n"
        "  action 3: 2026-11-23T10:00:20 (+0:20) call (2): 611222333, lasts 1 min 2 s, amount 0.340000\n"
        "  action 4: 2026-11-23T10:01:35 (+1:35) SMS sent (12): Aviso, amount 0.06\n"
        "  total: 4 actions, 1 min 35 s, amounts 0.400000\n"
    )


@pytest.mark.parametrize(
    ("password", "said"), [(None, "not checked"), ("3956", "valid: it proves line and call id"), ("wrong", "not valid: ")]
)
def test_the_state_of_the_signature(run, password, said):
    done = run("show", "-", stdin=fin(), env={"INFOCALLER_PASSWORD": password} if password else None)
    assert done.code == 0
    assert f"  signature: {said}" in done.out


def test_a_hidden_caller_is_said_in_words(run):
    done = run("show", "-", stdin=fin(CallerNumber="X"))
    assert "received call, hidden → 900805089" in done.out
    assert "  caller: hidden\n" in done.out


def test_an_issued_call_shows_whom_it_reached(run):
    done = run("show", "-", stdin=fin(CallType="E", CallerNumber="123456789", OutboundNumber="611222333"))
    assert "issued call, 123456789 → 611222333" in done.out


def test_a_clock_change_does_not_turn_time_back(run):
    actions = (("14", "2026-10-25T02:59:30", "a", {}), ("1", "2026-10-25T02:00:10", "b", {}), ("7", "2026-10-25T02:01:05", "c", {}))
    done = run("show", "-", stdin=fin(actions, StartDate="2026-10-25T02:59:30", EndDate="2026-10-25T02:01:05"))
    assert re.findall(r"\((\+[^)]*)\)", done.out) == ["+0:00", "+0:40", "+1:35"]
    assert "1 min 35 s\n" in done.out
    assert "-" not in re.findall(r"lasts (.*)", done.out)[0]


def test_a_step_back_that_call_seconds_do_not_prove_is_shown_as_it_is(run):
    actions = (("14", "2026-11-23T11:00:30", "a", {}), ("1", "2026-11-23T10:00:40", "b", {}))
    done = run("show", "-", stdin=fin(actions, StartDate="2026-11-23T10:00:00", EndDate="2026-11-23T10:01:35", CallSeconds="95"))
    assert re.findall(r"\((\+[^)]*)\)", done.out) == ["+1:00:30", "+0:40"]


@pytest.mark.parametrize(
    "date", ["", "yesterday", "2026-02-30T00:00:00", "0000-00-00T00:00:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00"]
)
def test_bad_dates_are_shown_as_they_are(run, screen, tmp_path, date):
    (tmp_path / "x").write_text(fin((("1", date, "Bienvenida", {}), *ACTIONS), StartDate=date, EndDate=date))
    done = run("show", "x")
    assert done.code == 0
    assert f"action 1: {date}" in done.out
    assert "total: 5 actions" in done.out
    assert "Bienvenida" in screen(160, "show", "x")


@pytest.mark.parametrize("seconds", ["", "0", "-5", "x", "999999999999999999", "9" * 400])
def test_durations_that_are_none_or_too_long(run, screen, tmp_path, seconds):
    (tmp_path / "x").write_text(fin(CallSeconds=seconds))
    assert run("show", "x").code == 0
    assert "611222333" in screen(120, "show", "x")


def test_no_actions_and_unknown_ones(run):
    assert "action" not in run("show", "-", stdin=fin(())).out
    done = run("show", "-", stdin=fin((("99", "2026-11-23T10:00:00", "n", {"EventAddInfo2": "x"}), ("", "", "", {}))))
    assert "unknown action (99): n, addinfo2 x" in done.out
    assert done.code == 0


def test_a_response(run):
    text = '{"ApiCall":{"Status":{"Result":"7","ResultText":"No hay"},"CustVars":{"CustVar":[{"VarName":"A","VarValue":"[_B]"}]}}}'
    done = run("show", "-", stdin=text)
    assert done.out == (
        "-: response, json: error 7\n  result: 7\n  text: No hay\n  signature: a response carries none\n  variable A = [_B]\n"
    )


def test_what_nobody_documents_is_shown_too(run):
    done = run("show", "-", stdin=fin(Extra="x", Nested={"a": "b"}))
    assert "other Infocaller/Extra = x" in done.out
    assert "Nested = (cannot be shown)" in done.out


def test_a_capture_shows_requests_and_answers(run, signed):
    answer = '{"ApiCall":{"Status":{"Result":"0","ResultText":"Sí"},"CustVars":{"CustVar":[]}}}'
    query = fin((), QueryName=" ESTADO ", CallSeconds="", StartDate="", EndDate="", CostRX=None, CostTX=None)
    done = run("show", "-", stdin=record(query, answer) + record("{") + record(signed()))
    heads = [line for line in done.out.splitlines() if not line.startswith(" ")]
    assert [head.partition(", ")[0] for head in heads] == ["-#1: query", "-#1 (response): response", "-#3: event"]
    assert "ESTADO, received call" in heads[0]
    assert (done.code, done.err.count("error: -#2")) == (3, 1)


def test_json(run):
    row = json.loads(run("show", "--json", "-", stdin=fin(CallerNumber="X"), env={"INFOCALLER_PASSWORD": "3956"}).out)
    assert row == row | {"file": "-", "index": None, "kind": "fin", "format": "json", "line": "123456789", "call": "98565656"}
    assert row == row | {"signature": "valid", "seconds": 95, "amounts": "0.400000", "variables": [{"name": "PEDIDO", "value": "2"}]}
    assert [action["action"] for action in row["actions"]] == ["start of call", "numeric menu", "call", "SMS sent"]
    assert row["actions"][2] == row["actions"][2] | {"lasts": 62, "derived": False, "offset": 20, "amount": "0.340000"}


# ---- on a terminal ----


@pytest.mark.parametrize("columns", [20, 40, 80, 160])
def test_a_timeline_fits_its_terminal(screen, tmp_path, columns):
    (tmp_path / "x").write_text(fin())
    shown = screen(columns, "--color", "never", "show", "x")
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= columns
    assert "\x1b" not in shown
    if columns >= 40:
        assert all(word in shown for word in ("start", "menu", "call", "SMS"))  # every action is named, however narrow
    if columns == 40:
        assert "call 2: 611222333, 1:02," in shown
    if columns >= 80:
        named = "FIN|received call|start of call 14|numeric menu 6|Menú principal|611222333|Total|4 actions"
        for each in named.split("|"):
            assert each in shown
        rows = [line for line in shown.splitlines() if "10:00:20" in line and "call 2" in line]
        assert [part in rows[0] for part in ("1:02", "0.340000", "█")] == [True] * 3
        assert ("0.400000" in shown, "1:35" in shown) == (True, True)


@pytest.mark.parametrize(
    ("options", "env"),
    [(["--color", "never"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}), (["--color=never"], {"FORCE_COLOR": "1"})],
)
def test_without_colour_no_escape_at_all(screen, tmp_path, options, env):
    (tmp_path / "x").write_text(fin())
    assert "\x1b" not in screen(100, *options, "show", "x", env=env)


def test_with_colour(run, screen, tmp_path):
    (tmp_path / "x").write_text(fin())
    assert "\x1b[" in screen(100, "show", "x")
    assert "\x1b[" in screen(100, "--color", "always", "show", "x", env={"NO_COLOR": "1"})
    assert "\x1b[" in run("--color", "always", "show", "x").out
    assert "\x1b" not in run("show", "x").out


def test_text_is_data_everywhere(run, screen, tmp_path):
    actions = ((NASTY, NASTY, NASTY, {"EventAddInfo4": NASTY}),)
    (tmp_path / "x").write_text(fin(actions, [(NASTY, NASTY)], CallerNumber=NASTY, StartDate=NASTY, Extra=NASTY, CostTX=NASTY))
    shown = screen(160, "-q", "--color", "never", "show", "x")
    for text in (shown, run("show", "x").out, run("show", "--json", "x").out):
        assert not CONTROL.search(text)
    for each in ("\\x1b[31mred\\x9b0m\\u202e", "[/x]", "[#ff0000]", ":smile:", "<b>&\\x07\\x7f"):
        assert each in run("show", "x").out
        assert each in re.sub(r"\s+", " ", shown)


# ---- as a file ----


class Page(HTMLParser):
    """Text, and everything that would be fetched."""

    def __init__(self, html):
        super().__init__()
        self.text, self.fetched, self.open = "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.fetched += [value for name, value in attrs if name in ("src", "href", "data", "srcset", "action")]
        self.fetched += [tag] if tag in ("script", "link", "iframe", "img", "object") else []
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def nasty_file(tmp_path):
    (tmp_path / "<a>&'.json").write_text(fin((*ACTIONS, ("4", NASTY, NASTY, {"EventAddInfo1": NASTY})), [(NASTY, NASTY)]))
    return "<a>&'.json"


def test_html(run, tmp_path, nasty_file):
    done = run("show", nasty_file, "--html", "out.html")
    assert (done.code, done.out, done.err) == (0, "", "")
    html = (tmp_path / "out.html").read_text()
    page = Page(html)
    assert page.open == []
    assert all(reached.startswith("#d") for reached in page.fetched)
    assert not re.search(r"@import|url\(|<b>&", html)
    for each in ("611222333", "numeric menu", "<b>&", nasty_file, "[/x]"):
        assert each in page.text
    assert not CONTROL.search(html)


def test_svg(run, tmp_path, nasty_file):
    done = run("show", nasty_file, "--svg", "out.svg")
    assert (done.code, done.out, done.err) == (0, "", "")
    root = ElementTree.parse(tmp_path / "out.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [element.tag for element in root.iter() if re.search("(image|use|script|foreignObject|a)$", str(element.tag).split("}")[-1])]
    svg = (tmp_path / "out.svg").read_text()
    assert re.findall(r"""(?:href|src)\s*=|@import|@font-face|url\((?!["']?#)""", svg) == []
    assert "611222333" in "".join(root.itertext())


def test_no_text_of_the_svg_begins_with_a_space_that_a_viewer_may_drop(run, tmp_path):
    (tmp_path / "a.json").write_text(fin())
    assert run("show", "a.json", "--svg", "out.svg").code == 0
    texts = [
        each for each in ElementTree.parse(tmp_path / "out.svg").iter("{http://www.w3.org/2000/svg}text") if (each.text or "").strip("\n")
    ]
    assert [each.text for each in texts if each.text[0].isspace()] == []
    bars = [float(each.get("x")) for each in texts if each.text[0] in "█▏"]
    assert len(bars) > 2
    assert bars == sorted(set(bars))  # each action starts where it does, none at the axis's beginning but the first


def test_a_picture_of_what_could_be_read(run, tmp_path):
    (tmp_path / "a.json").write_text(fin())
    for option in ("--html", "--svg"):
        done = run("show", "a.json", "missing.json", option, "out")
        assert done.code == 3
        assert "611222333" in (tmp_path / "out").read_text()
        (tmp_path / "out").unlink()


def test_wrong_usage(run, tmp_path):
    for arguments in (["--html", "a", "--svg", "b"], ["--json", "--svg", "b"], ["--html", "nowhere/a"], ["--html", "."]):
        done = run("show", "-", *arguments, stdin=fin())
        assert (done.code, done.out) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_asked(terminal, tmp_path):
    (tmp_path / "x").write_text(fin())
    done = terminal("show", "x")
    assert done.code == 0
    assert "not checked" in done.err


@pytest.mark.parametrize("answer", [b"OK", b""], ids=["plain", "empty"])
def test_the_recorded_answer_to_an_event_is_not_shown(run, signed, answer):
    # An application may answer an event with anything; only a query's answer is a document
    record = {"body": base64.b64encode(signed().encode()).decode(), "resp": {"status": 200, "body": base64.b64encode(answer).decode()}}
    done = run("show", "-", stdin=json.dumps(record) + "\n")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("-#1: event, xml: ")
    assert "(response)" not in done.out


def test_many_actions_without_a_time_of_their_own(run, tmp_path):
    """The time until the next action that has a date, however far off it is; behind the last, until the call's end."""
    dates = ["2026-01-01T10:00:00", *["?"] * 3000, "2026-01-01T10:00:40", *["?"] * 3000]
    events = "".join(f"<Event><EventDate>{date}</EventDate><EventType>1</EventType></Event>" for date in dates)
    call = "<StartDate>2026-01-01T10:00:00</StartDate><EndDate>2026-01-01T10:01:00</EndDate>"
    (tmp_path / "fin.xml").write_text(
        f"<ApiCall><Infocaller>{call}</Infocaller><Status><Events>{events}</Events></Status></ApiCall>", encoding="ascii"
    )
    (row,) = map(json.loads, run("show", "--json", "fin.xml").out.splitlines())
    lasting = [step["lasts"] for step in row["actions"]]
    assert [each for each in lasting if each is not None] == [40, 20]
