"""password_command: what runs, when, how often, and that what it prints is seen by nobody."""

import hashlib
import os

import pytest

from infocaller_cli.config.passwords import Passwords
from infocaller_cli.config.settings import Settings
from infocaller_cli.errors import UsageError
from infocaller_cli.traffic.queries.environment import Log

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are the shell's")
LINE = "123456789"


@pytest.fixture
def configured(run, tmp_path):
    """A function: a trusted configuration whose lines have these commands (TOML); each run of `./tell` leaves a mark in `ran`."""
    tell = tmp_path / "tell"
    tell.write_text('#!/bin/sh\necho "$1" >> ran\nprintf "%s" "$1"\n')
    tell.chmod(0o700)

    def write(**commands):
        path = tmp_path / "infocaller.toml"
        path.write_text("".join(f"[lines.{line[1:]}]\npassword_command = {command}\n" for line, command in commands.items()))
        path.chmod(0o600)
        assert run("config", "trust").code == 0
        return path

    return write


@pytest.fixture
def ran(tmp_path):
    """A function: what `./tell` was run with, in order."""

    def read():
        path = tmp_path / "ran"
        return path.read_text().split() if path.exists() else []

    return read


def digest(password, line=LINE):
    return hashlib.md5(f"{line}98565656".encode() + password).hexdigest()


def sign(run, line=LINE, **more):
    return run("sign", "--line", line, "--call", "98565656", **more)


@pytest.mark.parametrize(
    ("command", "password"),
    [
        ('"echo 3956"', b"3956"),
        ('"printf 3956 | cat"', b"3956"),
        ("'''printf '3956\\r\\n' '''", b"3956"),
        ("'''printf ' 39 56 ' '''", b" 39 56 "),
        ('["echo", "39 $HOME 56"]', b"39 $HOME 56"),  # no shell sees it
        ('["./tell", "3956"]', b"3956"),
        ('"./tell 3956"', b"3956"),
        ("'''printf 'pe\\303\\261on' '''", "peñon".encode("iso-8859-1")),
        ("'''printf 'pe\\361on' '''", "peñon".encode("iso-8859-1")),
    ],
)
def test_what_it_prints_is_the_password(run, configured, command, password):
    configured(_123456789=command)
    done = sign(run)
    assert (done.code, done.err, done.out.strip()) == (0, "", digest(password))


def test_it_runs_in_the_folder_of_the_configuration(run, configured, tmp_path):
    path = configured(_123456789='"./tell 3956"')
    (tmp_path / "below").mkdir()
    done = sign(run, cwd=tmp_path / "below", env={"INFOCALLER_CONFIG": str(path)})
    assert (done.code, done.out.strip()) == (0, digest(b"3956"))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ('"echo geheim99; exit 3"', "exit code 3"),
        ('"echo geheim99; kill -9 $$"', "signal 9"),
        ('"true"', "printed nothing"),
        ('"echo"', "printed nothing"),
        ('"no-such-program geheim99"', "exit code 127 (a command in it was not found)"),
        ('["no-such-program", "geheim99"]', "'no-such-program' cannot be run"),
        ("[\"./infocaller.toml\", 'geheim99']", "cannot be run"),
        ('"echo geheim99; echo note"', "several lines"),
        ('"echo geheim99€"', "ISO-8859-1"),
        ('"yes geheim99"', "far more than a password"),
        ('["echo", "geheim99\\u0000"]', "cannot be run"),
    ],
)
def test_a_failure_is_wrong_usage_and_shows_nothing(run, configured, command, words):
    configured(_123456789=command)
    done = run("--debug", "-v", "sign", "--line", LINE, "--call", "1", stderr=-1)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    said = done.err.replace("no-such-program geheim99", "")
    assert "geheim" not in said
    assert digest(b"geheim99") not in said


@pytest.mark.parametrize("command", ['"exec sleep 60"', '"(sleep 60 | cat) 2>/dev/null"', '"echo 3956; exec >&-; exec sleep 60"'])
def test_one_that_takes_too_long(run, configured, command):
    configured(_123456789=command)
    script = (
        "import sys\nfrom infocaller_cli.config import command\nfrom infocaller_cli.cli.main import main\n"
        "command.TIMEOUT = 0.3\nsys.exit(main(sys.argv[1:]))"
    )
    done = sign(run, code=script, stderr=-1)
    assert (done.code, done.out) == (2, "")
    assert "it took longer than 0.3 s" in done.err


def test_its_stderr_is_seen_and_its_stdin_is_empty(run, configured):
    configured(_123456789='"echo unlock the store >&2; cat; echo 3956"')
    done = run("verify", "-", stdin="<a>", env={})
    assert done.code == 3  # the document was not eaten
    done = sign(run, stdin=b"eaten")
    assert (done.code, done.out.strip(), done.err) == (0, digest(b"3956"), "unlock the store\n")


def test_it_may_ask_on_the_terminal(terminal, configured):
    configured(_123456789='"printf Master: >/dev/tty; read answer </dev/tty; echo $answer"')
    done = terminal("sign", "--line", LINE, "--call", "98565656", answers=[(b"Master:", b"3956\n")], piped=True)
    assert (done.code, done.out.strip()) == (0, digest(b"3956"))


def test_ctrl_c_while_it_runs(terminal, configured):
    configured(_123456789='"echo waiting >&2; sleep 60"')
    done = terminal("sign", "--line", LINE, "--call", "1", answers=[(b"waiting", b"\x03")])
    assert done.code == 130
    assert "Traceback" not in done.err


# ---- when, and how often ----


def test_once_for_many_documents(run, configured, signed, ran, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    configured(_123456789='"./tell 3956"')
    assert run("verify", "a.xml", "a.xml", "a.xml").code == 0
    assert ran() == ["3956"]


def test_a_failure_is_not_tried_again(run, configured, signed, ran, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    configured(_123456789='"./tell x; exit 1"')
    done = run("verify", "a.xml", "a.xml")
    assert (done.code, done.err.count("gave no password")) == (2, 2)
    assert ran() == ["x"]


@pytest.mark.parametrize(
    "command",
    [
        ("rules",),
        ("convert", "a.xml"),
        ("config", "show"),
        ("sample", "response"),
        ("sample", "inicio", "--line", "5"),
        ("verify", "b.xml"),
    ],
    ids=" ".join,
)
def test_not_without_need_nor_for_another_line(run, configured, signed, ran, tmp_path, command):
    (tmp_path / "a.xml").write_text(signed())
    (tmp_path / "b.xml").write_text(signed("1111", line="222"))
    configured(_123456789='"./tell 3956"', _222='"echo 1111"')
    assert run(*command).code == 0
    assert ran() == []


def test_not_where_the_environment_or_a_file_has_it(run, configured, ran, tmp_path):
    configured(_123456789='"./tell 3956"')
    (tmp_path / "pw").write_text("1111")
    (tmp_path / "pw").chmod(0o600)
    assert sign(run, env={"INFOCALLER_PASSWORD": "1111"}).code == 0
    assert run("sign", "--line", LINE, "--call", "1", "--password-file", "pw").code == 0
    assert ran() == []


def test_explain_runs_no_command_of_another_line(run, configured, signed, ran, tmp_path):
    """But it knows what was asked for anyway."""
    (tmp_path / "own.xml").write_text(signed("8888"))
    (tmp_path / "other.xml").write_text(signed("8888", line="222"))
    configured(_123456789='"./tell 8888"', _222='"./tell 1111"')
    done = run("verify", "--explain", "other.xml")
    assert (done.code, ran()) == (1, ["1111"])
    assert "no usual mistake" in done.out
    done = run("verify", "--explain", "own.xml", "other.xml")
    assert done.code == 1
    assert f"the password of line {LINE} was used" in done.out


# ---- servers ----


def test_a_server_asks_before_it_serves_and_never_again(server, configured, form, ran, tmp_path):
    (tmp_path / "app.py").write_text("def answer(query):\n    return {}\n")
    configured(_123456789='"./tell 3956"', _222='"./tell 1111"', _333='"./tell x; exit 1"')
    running = server("serve-query", "--handler", "app:answer", env={"INFOCALLER_PASSWORD": ""})
    assert sorted(ran()) == ["1111", "3956", "x"]
    assert any("password_command of line 333 gave no password" in line for line in running.lines())
    for line, password, status in ((LINE, "3956", 200), ("222", "1111", 200), ("333", "x", 403), ("444", "y", 403), (LINE, "no", 403)):
        assert running.post(form("Q", line=line, password=password))[0] == status
    assert len(ran()) == 3
    assert running.stop() == 0


@pytest.mark.parametrize("options", [("--workers", "2"), ("--reload",)], ids=" ".join)
def test_several_processes_ask_once(server, configured, form, ran, tmp_path, options):
    (tmp_path / "app.py").write_text("def answer(query):\n    return {}\n")
    configured(_123456789='"./tell 3956"', _222='"./tell x; exit 1"')
    running = server("serve-query", "--handler", "app:answer", *options, env={"INFOCALLER_PASSWORD": ""})
    assert running.post(form("Q"))[0] == 200
    assert running.post(form("Q", password="no"))[0] == 403
    assert sorted(ran()) == ["3956", "x"]
    assert sum("password_command of line 222" in line for line in running.lines()[:2]) == 1
    assert running.stop() == 0


def test_capture_and_stdin(server, run, configured, form, ran, tmp_path):
    (tmp_path / "app.py").write_text("def answer(query):\n    return {}\n")
    configured(_123456789='"./tell 3956"', _222='"./tell 1111"')
    done = run("serve-query", "--handler", "app:answer", "--stdin", stdin=form("Q"))
    assert (done.code, ran()) == (0, ["3956"])  # one document, one line
    running = server("capture", "--out", "calls.ndjson", env={"INFOCALLER_PASSWORD": ""})
    assert sorted(ran()) == ["1111", "3956", "3956"]
    running.post(form("Q"))
    running.wait_for(" valid ")
    assert running.stop() == 0


# ---- whose file it is ----


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, False), (0o664, True), (0o602, True)])
def test_a_named_file_others_can_change_is_warned_about(run, configured, mode, warned):
    """One that is trusted is followed as it was when it was trusted, whoever may change it."""
    configured(_123456789='"echo 3956"').chmod(mode)
    done = run("--config", "infocaller.toml", "sign", "--line", LINE, "--call", "98565656")
    assert (done.code, done.err.count("others can change it")) == (0, warned)
    assert (sign(run).code, sign(run).err) == (0, "")


def test_a_failure_asked_for_again_and_again_does_not_grow(configured):
    """A server asks for the same line at every query."""
    path = configured(_123456789='"exit 1"')
    passwords = Passwords(Settings(Log(quiet=True), str(path)), None, prompt=False)
    depths = []
    for _ in range(3):
        with pytest.raises(UsageError) as failed:
            passwords.of(LINE)
        depths.append(len(failed.traceback))
    assert len(set(depths)) == 1
