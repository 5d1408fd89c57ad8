"""Colour, and text from documents: it is data. What a terminal would obey is shown escaped; markup is only text."""

import json
import re

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
SGR = re.compile(r"\x1b\[[0-9;]*m")
# What must never reach a terminal from a document, once our own colours and line ends are taken out
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")

# Text as an attacker would send it -> as it must be shown
STEERING = {
    "a\x1b[31mb": "a\\x1b[31mb",
    "a\x1b]0;title\x07b": "a\\x1b]0;title\\x07b",
    "a\x9b31mb": "a\\x9b31mb",
    "a\x7fb": "a\\x7fb",
    "a\u202eb": "a\\u202eb",
    "a\u2066b": "a\\u2066b",
    "a\u2028b": "a\\u2028b",
    "a\nvariable FAKE = 1": "a\\nvariable FAKE = 1",
    "a\rb": "a\\rb",
    "a\u200bb": "a\\u200bb",
}
MARKUP = ["[bold]", "[/x]", "[#ff0000]", ":smile:", "[_NumLlamante]", "[link=http://localhost]", "{0}%s\\n", "ñ", "[red]x[/red]"]
TEXTS = {**STEERING, **{text: text for text in MARKUP}}


def document(text, signature="0" * 32):
    """A FIN with this text wherever text can stand."""
    return json.dumps(
        {
            "ApiCall": {
                "UserID": {"LineNumber": "123456789", "CallSequence": "98565656", "Signature": signature},
                "Infocaller": {
                    "CallType": "R",
                    "CallerNumber": text,
                    "InboundNumber": text,
                    "CallSeconds": "10",
                    "StartDate": "2026-01-01T10:00:00",
                    "EndDate": "2026-01-01T10:00:10",
                    "Undocumented": text,
                },
                "Status": {
                    "Events": {"Event": [{"EventType": "4", "EventDate": "2026-01-01T10:00:01", "EventName": text, "EventAddInfo1": text}]}
                },
                "CustVars": {"CustVar": [{"VarName": "V", "VarValue": text}, {"VarName": text, "VarValue": "1"}]},
            }
        }
    )


@pytest.fixture
def one(tmp_path, signed):
    (tmp_path / "a.xml").write_text(signed())


# ---- when to colour ----

WHEN = [
    # options, environment, on a terminal, in a pipe
    ((), {}, True, False),
    (("--color", "auto"), {}, True, False),
    (("--color", "never"), {}, False, False),
    (("--color", "always"), {}, True, True),
    ((), {"NO_COLOR": "1"}, False, False),
    ((), {"NO_COLOR": ""}, True, False),  # an empty variable counts as unset
    (("--color", "always"), {"NO_COLOR": "1"}, True, True),
    (("--color=always",), {"NO_COLOR": "1"}, True, True),
    (("--color", "never"), {"NO_COLOR": ""}, False, False),
    ((), {"TERM": "dumb"}, False, False),
]


@pytest.mark.parametrize(("options", "env", "on_terminal", "in_pipe"), WHEN)
def test_when_to_colour(run, terminal, one, options, env, on_terminal, in_pipe):
    command = (*options, "verify", "a.xml", "missing")
    done = terminal(*command, env=PASSWORD | env)
    assert [f"\x1b[{code}m" in done.err for code in (32, 31)] == [on_terminal] * 2  # the verdict in green, the error in red
    assert ("\x1b" in done.err) == on_terminal
    done = run(*command, env=PASSWORD | env)
    assert [text in done.out + done.err for text in ("\x1b[32mvalid\x1b[0m", "\x1b[31merror\x1b[0m")] == [in_pipe] * 2


def test_each_stream_is_judged_alone(terminal, one):
    """stdout in a pipe, stderr on a terminal: the usual case of `infocaller ... > file`."""
    done = terminal("verify", "a.xml", "missing", piped=True, env=PASSWORD)
    assert "\x1b" not in done.out
    assert "\x1b[31merror\x1b[0m" in done.err


@pytest.mark.parametrize("options", [("--color", "never"), ("--color=never",)])
@pytest.mark.parametrize("command", [("verfy",), ("verify", "--jsno"), ("sample", "inico")])
def test_errors_that_end_the_run_obey_too(run, terminal, options, command):
    assert "\x1b" not in terminal(*options, *command).err
    assert "\x1b[31merror\x1b[0m" in run(*(option.replace("never", "always") for option in options), *command).err


@pytest.mark.parametrize("command", ["show", "validate", "rules"])
def test_without_colour_not_even_bold(terminal, one, command):
    arguments = () if command == "rules" else ("a.xml",)
    for options, env in ((("--color", "never"), {}), ((), {"NO_COLOR": "1"})):
        done = terminal(*options, command, *arguments, env=env)
        assert done.code == 0
        assert "\x1b" not in done.err
    assert "\x1b" in terminal(command, *arguments).err


def test_show_is_plain_lines_in_a_pipe_and_nothing_is_cut(run, tmp_path):
    (tmp_path / "a.json").write_text(document("x" * 400))
    done = run("show", "a.json")
    assert "\x1b" not in done.out
    assert done.out.count("x" * 400) >= 4
    assert not re.search(r"[\u2500-\u257f]", done.out)


# ---- text of documents ----


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_text_of_a_document_in_a_pipe(run, tmp_path, text):
    (tmp_path / "a.json").write_text(document(text))
    for command in (("show",), ("validate",), ("--color", "always", "show"), ("validate", "--output", "github")):
        done = run(*command, "a.json")
        assert done.code in (0, 1)
        said = SGR.sub("", done.out + done.err) if "always" in command else done.out + done.err
        assert not OBEYED.search(said)
        assert "\nvariable FAKE" not in said
        if "show" in command:
            assert f"variable V = {TEXTS[text]}\n" in said


def test_text_of_a_document_on_a_terminal(terminal, tmp_path):
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.json").write_text(document(text))
    names = [f"{number}.json" for number in range(len(TEXTS))]
    for options in ((), ("--color", "never")):
        done = terminal(*options, "show", *names)
        assert done.code == 0
        said = done.err.replace("\r\n", "\n") if options else SGR.sub("", done.err).replace("\r\n", "\n")
        assert not OBEYED.search(said)
        assert all(f"V = {shown}" in said for shown in TEXTS.values())


@pytest.mark.parametrize("output", ["--html", "--svg"])
def test_text_of_a_document_in_a_picture(run, tmp_path, output):
    hostile = "<script>alert(1)</script>"
    for number, text in enumerate([*TEXTS, hostile]):
        (tmp_path / f"{number}.json").write_text(document(text))
    assert run("show", output, "out", *(f"{number}.json" for number in range(len(TEXTS) + 1))).code == 0
    picture = (tmp_path / "out").read_text(encoding="utf-8")
    assert not OBEYED.search(picture)
    assert "<script" not in picture
    assert ":smile:" in picture


@pytest.mark.parametrize("text", [*STEERING, "[bold]", "[/x]", ":smile:"], ids=ascii)
def test_file_names_and_arguments(run, tmp_path, signed, text):
    """In verdicts, in errors, in usage errors, in machine output."""
    (tmp_path / text.replace("/", "")).write_text(signed())
    name = text.replace("/", "")
    for command in (
        ("verify", name, f"no {name}"),
        ("show", name),
        ("validate", name, f"no {name}"),
        ("verify", "--json", name, f"no {name}"),
        (text,),
        ("verify", f"--{text}"),
        ("sample", text),
        ("rules", text),
        ("--config", f"no {name}", "sample", "inicio"),
        ("sign", name, "-o", f"no {text}/out"),
    ):
        done = run(*command, env=PASSWORD if "--config" not in command else None)
        said = done.out + done.err
        assert not OBEYED.search(said), command
        assert done.code in (0, 1, 2, 3), command
        assert "Traceback" not in said
        if command[:2] == ("verify", name):
            assert f"{TEXTS[text].replace('/', '')}: valid: " in done.out
        if "--json" in command:
            assert json.loads(done.out)["file"] == name
            assert json.loads(done.err)["file"] == f"no {name}"


def test_a_file_name_that_is_no_unicode(run, tmp_path, signed):
    name = b"\xff\xfe.xml"
    try:
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_text(signed())
    except OSError:
        pytest.skip("this file system takes only Unicode")
    for command in ("verify", "show", "validate"):
        done = run(command, name, env=PASSWORD)
        assert (done.code, done.err) == (0, "")
        assert "\\udcff\\udcfe.xml" in done.out
    done = run("verify", "--json", name, env=PASSWORD)
    assert json.loads(done.out)["file"] == "\udcff\udcfe.xml"


def test_a_configuration_key_in_an_error(run, tmp_path):
    (tmp_path / "infocaller.toml").write_text('"a\\u001b[31m[bold]" = 1\n')
    done = run("sample", "inicio")
    assert done.code == 2
    assert "a\\x1b[31m[bold]" in done.err
    assert not OBEYED.search(done.err)


def test_a_terminal_in_another_charset(run, tmp_path):
    """What it cannot show is escaped; a report does not end in an encoding error."""
    (tmp_path / "a.json").write_text(document("ñ€"))
    done = run("show", "a.json", env={"PYTHONIOENCODING": "ascii", "LANG": "C"})
    assert done.code == 0
    assert "variable V = \\xf1\\u20ac" in done.out
