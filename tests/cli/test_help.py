"""`--help`: what it is for in a line, examples near the top, options in groups, exit codes, all in 80 columns."""

import re

import pytest
from typer.main import get_command

from infocaller_cli.cli.app import app
from infocaller_cli.cli.examples import EXAMPLES, Example


def paths():
    """The words of every command, groups of commands left out."""
    group = get_command(app)
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from (f"{name} {below}" for below in command.list_commands(None))
        else:
            yield name


@pytest.mark.parametrize("path", list(paths()))
def test_help_of_a_command(run, path):
    done = run(*path.split(), "--help", env={"COLUMNS": "80"})
    assert (done.code, done.err) == (0, "")
    usage, _, rest = done.out.partition("\n\n")
    assert usage.startswith(f"Usage: infocaller {path} [OPTIONS]")
    summary, _, rest = rest.partition("\n\n")
    assert re.fullmatch(r"  [A-Z](.|\n)+\.", summary)
    examples = rest.partition("Examples:\n")[2].partition("\n\n")[0]
    assert len(re.findall(r"^    \$ ", examples, flags=re.MULTILINE)) >= 3
    assert len(re.findall(rf"\binfocaller .*{path}\b|\binfocaller {path}\b", examples)) >= 3
    assert rest.index("Examples:") < rest.index("\nOptions:")
    assert "-h, --help" in rest
    assert re.search(r"Exit codes: 0 done, .* 1 the answer is no; .* 130\s+interrupted\.$", rest.rstrip(), flags=re.DOTALL)
    assert max(map(len, done.out.splitlines())) <= 80


def test_help_of_the_application(run):
    done = run("--help", env={"COLUMNS": "80"})
    assert (done.code, done.err) == (0, "")
    for path in paths():
        assert re.search(rf"^  {path.split()[0]}  +[A-Z]", done.out, flags=re.MULTILINE), path
    assert "INFOCALLER_CONFIG" in done.out
    assert "NO_COLOR" in done.out
    assert "..." not in done.out.partition("Documents:")[2].partition("Global")[0]  # no summary is cut
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("path", ["", "sign", "rules"])
def test_help_fits_a_narrow_terminal(run, path):
    shown = run(*path.split(), "--help", env={"COLUMNS": "44"}).out
    lines = [line for line in shown.splitlines() if not re.match(r" {4}(\$| {6})", line)]  # the words of an example stay whole
    assert len(lines) > 20
    assert max(map(len, lines)) <= 44


def test_options_stand_in_groups(run):
    shown = run("send-event", "--help").out
    call = shown.partition("\nThe call:\n")[2].partition("\n\n")[0]
    assert "--caller NUMBER" in call
    assert "--insecure" not in call
    assert "[default: 10]" in shown
    assert "INFOCALLER_PASSWORD" in shown


def test_headings_are_bold_where_colour_is_wanted(run, terminal):
    assert "\x1b" not in run("verify", "--help").out
    assert "\x1b[1mExamples:\x1b[0m" in run("--color", "always", "verify", "--help").out
    assert b"\x1b[1mUsage:\x1b[0m" in terminal("verify", "--help").stderr
    assert b"\x1b[1m" not in terminal("verify", "--help", env={"NO_COLOR": "1"}).stderr


def test_long_examples_are_cut_where_bash_goes_on():
    example = Example("x", "infocaller verify 'two words' --password-file password payload.xml")
    assert example.lines(30) == ["infocaller verify \\", "    'two words' \\", "    --password-file password \\", "    payload.xml"]
    assert example.lines(200) == [example.line]


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["vrify"], "verify"),
        (["verify", "--exlain"], "--explain"),
        (["--colour", "never"], "--color"),
        (["--color", "alway", "rules"], "always"),
        (["convert", "--to", "jsn", "x"], "json"),
        (["send-event", "FINN", "--to", "http://127.0.0.1/"], "FIN"),
        (["sample", "fun"], "fin"),
        (["rules", "IC4O4"], "IC404"),
        (["completion", "bsh"], "bash"),
    ],
)
def test_a_mistyped_word_suggests_the_nearest(run, words, near):
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert re.search(rf"^  try: did you mean {near}", done.err, flags=re.MULTILINE)
    assert "Traceback" not in done.err


def test_numbers_that_are_none(run):
    done = run("replay", "x", "--to", "http://127.0.0.1/", "--concurrency", "many")
    assert done.err.splitlines()[0] == "error: Invalid value for '--concurrency': 'many' is not a whole number"


def test_no_example_names_a_command_that_is_not_there():
    assert set(EXAMPLES) - {""} >= set(paths())


@pytest.mark.parametrize("path", ["", "verify", "config", "config init"])
def test_help_as_a_command(run, path):
    asked = run("help", *path.split())
    assert asked == run(*path.split(), "--help")
    assert (asked.code, asked.err) == (0, "")


def test_help_of_what_is_not_there(run):
    done = run("help", "verfy")
    assert (done.code, done.out) == (2, "")
    assert "did you mean verify" in done.err


def test_version(run):
    assert run("-V") == run("--version")
