"""`infocaller config show`: every setting, its value, where it comes from; and no password."""

import json
import os
import pathlib
import re

import pytest

FILE = """
format = "json"
[urls]
FIN = "http://user:geheim99@127.0.0.1:8080/ev?call=[_IdLlamada]"
[queries]
"ESTADO \\u001b[31mPEDIDO" = "http://127.0.0.1:8080/orders"
[lines.1]
password = "geheim99"
[lines.2]
password_file = "no/such/file"
[lines.3]
password_command = "echo geheim99 | tee ran"
[lines.4]
keyring = true
"""
KEYS = ["config", "color", "password", "handler", "timeout", "format", "country"]
URLS = ["urls.INICIO", "urls.DESVIO_CORRECTO", "urls.DESVIO_FALLIDO", "urls.FIN"]


@pytest.fixture
def configured(tmp_path):
    """A function: a configuration at a path in the folder of the test."""

    def write(text=FILE, name="infocaller.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    return write


def rows(run, *options, **more):
    done = run(*options, "config", "show", "--json", **more)
    assert (done.code, done.err) == (0, "")
    return {row["key"]: row for row in map(json.loads, done.out.splitlines())}


def test_without_anything(run):
    found = rows(run)
    assert list(found) == KEYS + URLS
    assert {row["origin"] for row in found.values()} == {"default"}
    assert {key: row["value"] for key, row in found.items() if row["value"] is not None} == {
        "color": "auto",
        "timeout": "5",
        "format": "xml",
        "country": "34",
    }
    done = run("config", "show")
    assert "config: none" in done.out
    assert "country: 34 (default)" in done.out.splitlines()


def test_the_file_and_its_entries(run, configured, tmp_path):
    path = configured()
    found = rows(run)
    assert list(found)[: len(KEYS) + 4] == KEYS + URLS
    assert found["config"] == {
        "key": "config",
        "value": path,
        "origin": "default",
        "source": None,
        "note": "(found in the current folder)",
    }
    assert found["format"] == {"key": "format", "value": "json", "origin": "file", "source": path}
    assert found["country"]["origin"] == "default"
    assert found["urls.FIN"]["value"] == "http://user:***@127.0.0.1:8080/ev?call=[_IdLlamada]"
    assert found["urls.INICIO"]["value"] is None
    assert found["queries.ESTADO \x1b[31mPEDIDO"]["value"] == "http://127.0.0.1:8080/orders"
    lines = {key: (row["value"], row["note"], row["source"]) for key, row in found.items() if key.startswith("lines.")}
    assert lines == {
        "lines.1": ("***", "in this file", path),
        "lines.2": ("***", f"from password_file {tmp_path / 'no/such/file'}", path),
        "lines.3": ("***", "from password_command, refused until `infocaller config trust`", path),
        "lines.4": ("***", "from keyring", path),
    }
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_password_is_shown(run, configured, options):
    configured()
    environment = {"INFOCALLER_PASSWORD": "geheim98", "https_proxy": "http://u:geheim97@proxy:1"}
    done = run("--debug", "-v", "config", "show", *options, env=environment)
    assert done.code == 0
    assert "geheim" not in done.out + done.err
    assert "\x1b" not in done.out


def test_which_file_and_why(run, configured):
    configured("")
    user = configured("", "xdg/infocaller/infocaller.toml")
    named = configured("country = '49'", "named.toml")
    for options, env, origin, source in (
        (("--config", "named.toml"), {"INFOCALLER_CONFIG": "other"}, "flag", "--config"),
        ((), {"INFOCALLER_CONFIG": named}, "environment", "INFOCALLER_CONFIG"),
    ):
        found = rows(run, *options, env=env)
        assert (found["config"]["value"], found["config"]["origin"], found["config"]["source"]) == (named, origin, source)
        assert (found["country"]["value"], found["country"]["source"]) == ("49", named)
    found = rows(run, cwd=os.path.dirname(user))["config"]
    assert found["note"] == "(found in the current folder)"
    os.unlink(os.path.join(os.path.dirname(named), "infocaller.toml"))
    found = rows(run)["config"]
    assert (found["value"], found["note"]) == (user, "(found in the user's configuration folder)")


def test_the_environment(run):
    environment = {
        "INFOCALLER_PASSWORD": "geheim99",
        "INFOCALLER_HANDLER": "app:a\n\nNAME=app:b\n",
        "INFOCALLER_TIMEOUT": "7",
        "NO_COLOR": "1",
        "HTTP_PROXY": "http://proxy:3128",
        "no_proxy": "",
    }
    found = rows(run, env=environment)
    seen = {key: (row["value"], row["source"]) for key, row in found.items() if row["origin"] == "environment"}
    assert seen == {
        "color": ("never", "NO_COLOR"),
        "password": ("***", "INFOCALLER_PASSWORD"),
        "handler": ("app:a; NAME=app:b", "INFOCALLER_HANDLER"),
        "timeout": ("7", "INFOCALLER_TIMEOUT"),
        "HTTP_PROXY": ("http://proxy:3128", "HTTP_PROXY"),
    }
    assert rows(run, env={"INFOCALLER_PASSWORD": "", "NO_COLOR": "", "INFOCALLER_TIMEOUT": ""})["timeout"]["origin"] == "default"


@pytest.mark.parametrize(
    ("options", "env", "expected"),
    [
        (("--color", "always"), {"NO_COLOR": "1"}, ("always", "flag", "--color")),
        (("--color", "never"), {}, ("never", "flag", "--color")),
        (("--color", "auto"), {}, ("auto", "flag", "--color")),
        (("--color", "auto"), {"NO_COLOR": "1"}, ("never", "environment", "NO_COLOR")),
        ((), {"TERM": "dumb"}, ("never", "environment", "TERM")),
        ((), {}, ("auto", "default", None)),
    ],
)
def test_color(run, options, env, expected):
    found = rows(run, *options, env=env)["color"]
    assert (found["value"], found["origin"], found["source"]) == expected


def test_every_variable_the_code_reads_is_shown(run):
    """What stands in the sources as INFOCALLER_* is a row."""
    folder = pathlib.Path(__file__).parents[3] / "infocaller_cli"
    names = {name for path in folder.rglob("*.py") for name in re.findall(r"\bINFOCALLER_[A-Z]+", path.read_text())}
    assert len(names) >= 4
    environment = dict.fromkeys(names, "1") | {"INFOCALLER_CONFIG": "/dev/null"}
    assert {row["source"] for row in rows(run, env=environment).values()} >= names


@pytest.mark.parametrize("columns", [80, 100, 20])
def test_aligned_on_a_terminal(terminal, configured, columns):
    configured()
    done = terminal("config", "show", env={"COLUMNS": str(columns), "NO_COLOR": "1", "INFOCALLER_PASSWORD": "x"})
    assert done.code == 0
    lines = done.err.splitlines()
    found = [re.search(r"  (file|default|environment [A-Z_]+)$", line) for line in lines]
    starts = [match.start(1) for match in found if match]
    assert len(starts) >= len(KEYS) + 4 + 1 + 4  # every row has its origin
    if columns > 20:
        assert len(set(starts)) == 1  # in one column
        assert all(len(line) <= columns for line in lines if "/" not in line)  # a path or a URL stays whole
    assert "http://user:***@127.0.0.1:8080/ev?call=[_IdLlamada]" in done.err
    assert "geheim" not in done.err
    assert "\x1b" not in done.err


def test_a_wrong_file(run, configured):
    configured("fromat = 'xml'")
    done = run("config", "show")
    assert (done.code, done.out) == (2, "")
    assert "did you mean format?" in done.err
    done = run("config", "show", "--json")
    assert (done.code, done.out, json.loads(done.err)["exit"]) == (2, "", 2)


# ---- a command with commands ----


def test_alone_it_prints_its_help(run):
    done = run("config")
    assert (done.code, done.err) == (0, "")
    for name in ("show", "init", "set-password", "Exit codes: 0"):
        assert name in done.out
    assert done.out == run("config", "--help").out == run("config", "-h").out
    assert "config" in run("--help").out


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("config", "shwo"), ["'config shwo'", "did you mean show?"]),
        (("config", "set-pasword", "1"), ["did you mean set-password?"]),
        (("config", "xyz"), ["show, init, trust, set-password"]),
        (("confg", "show"), ["'confg'", "did you mean config?"]),
        (("config", "show", "--jsno"), ["--jsno", "did you mean --json?"]),
        (("config", "set-password"), ["infocaller config set-password --help"]),
        (("config", "--json", "show"), ["infocaller config show --help"]),
        (("show",), ["infocaller show --help"]),
    ],
    ids=" ".join,
)
def test_mistyped(run, command, words):
    done = run(*command)
    assert (done.code, done.out) == (2, "")
    assert all(word in done.err for word in words)


@pytest.mark.parametrize("name", ["show", "init", "trust", "set-password"])
def test_help_of_each(run, name):
    done = run("config", name, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"infocaller config {name}" in done.out
    assert "Exit codes: 0" in done.out
