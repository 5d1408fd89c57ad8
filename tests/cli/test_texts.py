"""What is answered without the application is byte for byte what it answers. `-q` before a command has the application asked."""

import os

import pytest
from pages import commands, groups_of_commands
from texts import help_of
from typer.main import get_command

from infocaller_cli.cli.app import app

PATHS = ["", *(path for path, _ in (*groups_of_commands(get_command(app)), *commands(get_command(app))))]


@pytest.mark.parametrize("path", PATHS)
def test_every_help_at_every_width(run, path):
    for columns in ("30", "79", "80", "81", "200"):
        done = run(*path.split(), "--help", env={"COLUMNS": columns})
        assert (done.code, done.out, done.err) == (0, help_of(path, int(columns)), "")


@pytest.mark.parametrize("columns", ["", "0", "-5", "wide", "1000000"])
def test_columns_that_are_no_width(run, columns):
    assert run("--help", env={"COLUMNS": columns}).out == help_of("", 80)


@pytest.mark.parametrize("path", ["", "verify", "config", "config init"])
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"NO_COLOR": ""}, {"TERM": "dumb"}, {"COLUMNS": "60"}])
def test_on_a_terminal(terminal, path, environment):
    at_once, asked = (terminal(*words, *path.split(), "--help", env=environment) for words in ((), ("-q",)))
    assert at_once == asked
    assert (b"\x1b[1mUsage:\x1b[0m" in at_once.stderr) == (environment in ({}, {"NO_COLOR": ""}, {"COLUMNS": "60"}))


@pytest.mark.parametrize("words", [[], ["-h"], ["help"], ["--help"]])
def test_other_ways_to_ask(run, words):
    assert run(*words) == run("-q", *words, "--help") == run("--help")


@pytest.mark.parametrize(
    "words",
    [
        ["config show", "--help"],
        ["config-show", "--help"],
        ["verify\tCheck", "--help"],
        ["", "--help"],
        ["..", "-h"],
        ["help", "help"],
        ["help", "--help"],
        ["verify", "x", "--help"],
        ["--version", "--help"],
        ["--help", "verify"],
        ["verify", "--help", "x"],
    ],
)
def test_what_is_not_quite_that_is_left_to_the_application(run, words):
    assert run(*words) == run("-q", *words)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["verify", "--help"]])
def test_an_output_that_is_full_or_closed(run, words):
    with open("/dev/full", "wb") as full:
        done = run(*words, stdout=full)
        assert done == run("-q", *words, stdout=full)
    assert (done.code, done.err.splitlines()[0]) == (3, "error: the output cannot be written")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as closed:
        done = run(*words, stdout=closed)
    assert (done.code, done.err) == (0, "")
