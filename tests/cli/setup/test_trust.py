"""A configuration that was found in the current folder, as in any cloned repository: what it may not do, and how it is allowed to."""

import json
import os

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are the shell's")
LINE = "123456789"
COMMAND = f'[lines.{LINE}]\npassword_command = "touch ran; echo 3956"\n'
HANDLER = "def answer(query):\n    return {}\n"


@pytest.fixture
def cloned(tmp_path, signed):
    """A function: a repository with this configuration, made the current folder of no command yet. `secret` stands beside it."""
    folder = tmp_path / "cloned"
    folder.mkdir()
    (tmp_path / "secret").write_text("3956\n")
    (tmp_path / "secret").chmod(0o600)
    (folder / "a.xml").write_text(signed())
    (folder / "app.py").write_text(HANDLER)
    (folder / "call.toml").write_text('[[step]]\nquery = "Q"\n[[case]]\nname = "a"\n')

    def write(text):
        (folder / "infocaller.toml").write_text(text)
        (folder / "infocaller.toml").chmod(0o600)
        return folder

    return write


@pytest.fixture
def capture(tmp_path, form):
    """A capture of one signed query."""
    import base64

    path = tmp_path / "calls.ndjson"
    record = {"ts": "2026-11-23T10:00:00Z", "method": "POST", "url": "http://127.0.0.1:1/", "body": base64.b64encode(form("Q")).decode()}
    path.write_text(json.dumps(record) + "\n")
    return str(path)


def outside(tmp_path, folder):
    """Ways to a password file outside of a folder."""
    (folder / "link").symlink_to(tmp_path / "secret")
    return ["../secret", str(tmp_path / "secret"), "~/secret", "link", "./../cloned/../secret"]


NEEDED = [
    ("verify", "a.xml"),
    ("sign", "a.xml"),
    ("sign", "--line", LINE, "--call", "1"),
    ("sample", "inicio"),
    ("send-event", "INICIO", "--to", "http://127.0.0.1:1/", "--dry-run"),
    ("send-event", "INICIO", "--to", "http://127.0.0.1:1/", "--curl"),
    ("send-event", "INICIO", "--to", "http://127.0.0.1:1/"),
    ("send-event", "INICIO", "a.xml", "--caller", "600", "--to", "http://127.0.0.1:1/", "--dry-run"),
    ("send-query", "Q", "--to", "http://127.0.0.1:1/", "--dry-run"),
    ("simulate", "call.toml", "--to", "http://127.0.0.1:1/", "--keys", "1"),
    ("simulate", "call.toml", "--to", "http://127.0.0.1:1/", "--test"),
    ("check-endpoint", "http://127.0.0.1:1/", "--query", "Q"),
    ("serve-query", "--handler", "app:answer", "--port", "0"),
    ("serve-query", "--handler", "app:answer", "--port", "0", "--workers", "2"),
    ("serve-query", "--handler", "app:answer", "--stdin"),
    ("replay", "CAPTURE", "--to", "http://127.0.0.1:1/", "--resign"),
    ("replay", "CAPTURE", "--to", "http://127.0.0.1:1/", "--resign", "--dry-run"),
]


@pytest.mark.parametrize("command", NEEDED, ids=" ".join)
def test_who_needs_the_password_gets_an_error_and_nothing_runs(run, cloned, capture, form, command):
    folder = cloned(COMMAND)
    done = run(*[capture if word == "CAPTURE" else word for word in command], cwd=folder, stdin=form("Q"))
    assert (done.code, done.out) == (2, "")
    assert f"password_command of line {LINE} is refused" in done.err
    assert "infocaller config trust" in done.err
    assert "--config" in done.err
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    "command", [("validate", "a.xml", "a.xml"), ("validate", "--json", "a.xml"), ("show", "a.xml", "a.xml")], ids=" ".join
)
def test_who_goes_on_without_says_so_once(run, cloned, command):
    folder = cloned(COMMAND)
    done = run(*command, cwd=folder)
    assert (done.code, done.err.count("is refused"), done.err.count("infocaller config trust")) == (0, 1, 1)
    assert not (folder / "ran").exists()


@pytest.mark.parametrize(
    "command",
    [("rules",), ("convert", "a.xml"), ("config", "show"), ("sample", "response"), ("sample", "inicio", "--line", "5")],
    ids=" ".join,
)
def test_who_needs_none_says_nothing(run, cloned, command):
    folder = cloned(COMMAND)
    done = run(*command, cwd=folder)
    assert (done.code, "refused" in done.err) == (0, False)
    assert not (folder / "ran").exists()


def test_capture_records_unchecked(server, cloned, form, tmp_path):
    folder = cloned(COMMAND)
    script = f"import os, sys\nos.chdir({str(folder)!r})\nfrom infocaller_cli.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    running = server("capture", "--out", tmp_path / "calls.ndjson", env={"INFOCALLER_PASSWORD": ""}, code=script)
    assert sum("is refused" in line and "infocaller config trust" in line for line in running.lines()) == 1
    for _ in range(2):
        assert running.post(form("Q"))[0] == 200
    assert running.stop() == 0
    assert sum("is refused" in line for line in running.lines()) == 1
    assert not any(" valid " in line for line in running.lines())
    assert not (folder / "ran").exists()


def test_uvicorn_is_told_too(run, cloned):
    folder = cloned(COMMAND)
    script = "from infocaller_cli import create_app\ncreate_app(lambda query: {})"
    done = run(cwd=folder, code=script)
    assert "is refused" in done.err
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("number", range(5))
def test_a_password_file_outside_of_the_folder(run, cloned, tmp_path, number):
    folder = cloned("")
    cloned(f"[lines.{LINE}]\npassword_file = {json.dumps(outside(tmp_path, folder)[number])}\n")
    done = run("verify", "a.xml", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert f"password_file of line {LINE} is refused" in done.err
    assert f"{tmp_path}" in done.err or ".." in done.err or "link" in done.err
    assert run("config", "trust", cwd=folder).code == 0
    done = run("verify", "a.xml", cwd=folder)
    assert (done.code, done.err) == (0, "")


def test_one_inside_is_read_and_said(run, cloned):
    folder = cloned(f"[lines.{LINE}]\npassword_file = 'below/pw'\n")
    (folder / "below").mkdir()
    (folder / "below" / "pw").write_text("3956")
    (folder / "below" / "pw").chmod(0o600)
    done = run("verify", "a.xml", "a.xml", cwd=folder)
    assert done.code == 0
    assert done.err == (
        f"note: the password of line {LINE} comes from ./infocaller.toml, found in the current folder: "
        "infocaller config trust ends this notice\n"
    )
    assert run("-q", "verify", "a.xml", cwd=folder).err == ""
    (folder / "below").rename(folder.parent / "below")
    (folder / "below").symlink_to(folder.parent / "below")
    assert run("verify", "a.xml", cwd=folder).code == 2


@pytest.mark.parametrize(
    ("table", "command", "what"),
    [
        ('[urls]\nINICIO = "http://127.0.0.1:1/"\n', ("send-event", "INICIO", "--dry-run"), "the URL of INICIO"),
        ('[queries]\nQ = "http://127.0.0.1:1/"\n', ("send-query", "Q", "--dry-run"), "the URL of the query 'Q'"),
    ],
)
def test_a_url_from_it_is_said(run, cloned, table, command, what):
    folder = cloned(table)
    environment = {"INFOCALLER_PASSWORD": "3956"}
    done = run(*command, cwd=folder, env=environment)
    assert (done.code, done.err.count(f"note: {what} comes from ./infocaller.toml")) == (0, 1)
    done = run(*command, "--to", "http://127.0.0.1:2/", cwd=folder, env=environment)
    assert (done.code, done.err) == (0, "")
    done = run("--config", "infocaller.toml", *command, cwd=folder, env=environment)
    assert (done.code, done.err) == (0, "")


def test_servers_say_once_whose_the_passwords_are(run, cloned, form):
    folder = cloned("".join(f"[lines.{line}]\npassword = '3956'\n" for line in (LINE, "2", "3", "4", "5", "6")))
    done = run("serve-query", "--handler", "app:answer", "--stdin", cwd=folder, stdin=form("Q"))
    assert done.code == 0
    assert done.err.count("comes from ./infocaller.toml") == 1
    assert f"the password of line {LINE}, 2, 3, 4, 5 and others comes" in done.err


@pytest.mark.parametrize("name", ["--config", "INFOCALLER_CONFIG"])
def test_who_names_it_means_it(run, cloned, name):
    folder = cloned(COMMAND)
    options, environment = (("--config", "infocaller.toml"), {}) if name == "--config" else ((), {name: "infocaller.toml"})
    done = run(*options, "verify", "a.xml", cwd=folder, env=environment)
    assert (done.code, done.err) == (0, "")
    assert (folder / "ran").exists()


def test_other_passwords_beat_it(run, cloned):
    folder = cloned(COMMAND)
    done = run("verify", "a.xml", cwd=folder, env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.err) == (0, "")
    assert run("verify", "a.xml", "--password-file", "../secret", cwd=folder).code == 0
    assert not (folder / "ran").exists()


# ---- trust ----


def test_it_is_trusted_while_it_stays_where_and_as_it_is(run, cloned, tmp_path):
    folder = cloned(COMMAND)
    done = run("config", "trust", cwd=folder)
    assert (done.code, done.out) == (0, "")
    assert f"the password_command of line {LINE}: it would run as you" in done.err
    assert run("verify", "a.xml", cwd=folder).code == 0
    assert (folder / "ran").exists()
    (folder / "ran").unlink()
    cloned(COMMAND + "# changed\n")
    assert run("verify", "a.xml", cwd=folder).code == 2
    cloned(COMMAND)
    assert run("verify", "a.xml", cwd=folder).code == 0
    folder.rename(tmp_path / "moved")
    assert run("verify", "a.xml", cwd=tmp_path / "moved").code == 2
    assert run("config", "trust", str(tmp_path / "moved" / "infocaller.toml")).code == 0
    assert run("verify", "a.xml", cwd=tmp_path / "moved").code == 0


def test_trust_is_the_user_s_alone(run, cloned, tmp_path):
    folder = cloned(COMMAND)
    assert run("config", "trust", cwd=folder).code == 0
    (entry,) = (tmp_path / "xdg" / "infocaller" / "trusted").iterdir()
    assert (entry.stat().st_mode & 0o777, entry.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert run("verify", "a.xml", cwd=folder, env={"XDG_CONFIG_HOME": str(tmp_path / "other")}).code == 2
    entry.write_text("nonsense")
    assert run("verify", "a.xml", cwd=folder).code == 2


@pytest.mark.parametrize(("text", "words"), [(None, "cannot be read"), ("a = [", "is no TOML"), ("formatt = 'xml'", "unknown key")])
def test_only_a_configuration_is_trusted(run, cloned, tmp_path, text, words):
    folder = cloned(text or "")
    if text is None:
        (folder / "infocaller.toml").unlink()
    done = run("config", "trust", "infocaller.toml", cwd=folder)
    assert (done.code, done.out, words in done.err) == (2, "", True)
    assert not (tmp_path / "xdg").exists()


def test_where_trust_cannot_be_kept(run, cloned, tmp_path):
    folder = cloned(COMMAND)
    (tmp_path / "xdg").write_text("a file")
    done = run("config", "trust", cwd=folder)
    assert (done.code, "cannot be kept" in done.err) == (2, True)


def test_what_is_shown_of_it(run, cloned):
    folder = cloned(COMMAND)
    assert "refused until `infocaller config trust`" in run("config", "show", cwd=folder).out
    assert run("config", "trust", cwd=folder).code == 0
    done = run("config", "show", cwd=folder)
    assert "refused" not in done.out
    assert "(found in the current folder, and trusted)" in done.out
