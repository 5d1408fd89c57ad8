"""`infocaller config set-password` and `keyring = true`, with a keyring that is a file: the real library, a backend of our own."""

import json
from pathlib import Path

import pytest

pytest.importorskip("keyring")

BACKEND = Path(__file__).parents[1].joinpath("filering.py").read_text()
LINE = "123456789"
ENTRY = f"[lines.{LINE}]\nkeyring = true\n"


@pytest.fixture
def env(tmp_path):
    (tmp_path / "filering.py").write_text(BACKEND)
    return {"PYTHON_KEYRING_BACKEND": "filering.Keyring"}


@pytest.fixture
def stored(tmp_path):
    """A function: what the keyring holds."""

    def read():
        path = tmp_path / "store.json"
        return json.loads(path.read_text()) if path.exists() else {}

    return read


@pytest.fixture
def user_file(tmp_path):
    return tmp_path / "xdg" / "infocaller" / "infocaller.toml"


def set_password(run, env, password="3956\n", line=LINE, options=()):
    return run(*options, "config", "set-password", line, "--password-file", "-", stdin=password, env=env)


def sign(run, env, line=LINE):
    return run("sign", "--line", line, "--call", "98565656", env=env)


# ---- set-password ----


def test_stored_written_down_and_used(run, env, stored, user_file):
    done = set_password(run, env)
    assert (done.code, done.out) == (0, "")
    assert "a file" in done.err
    assert str(user_file) in done.err
    assert "3956" not in done.err
    assert stored() == {f"infocaller/{LINE}": "3956"}
    assert user_file.read_text() == ENTRY
    assert user_file.stat().st_mode & 0o777 == 0o600
    assert user_file.parent.stat().st_mode & 0o777 == 0o700
    done = sign(run, env)
    assert (done.code, done.err, done.out.strip()) == (0, "", "ae73e4b16a280726fb2e0e6bfb43902a")


def test_asked_twice_and_unseen(terminal, env, stored):
    first, second = b"Telephone password of line 123456789: ", b"The same once more: "
    answers = [(first, "Peñón7\n".encode()), (second, b"other\n"), (first, "Peñón7\n".encode()), (second, "Peñón7\n".encode())]
    done = terminal("config", "set-password", LINE, answers=answers, env=env, piped=True)
    assert (done.code, done.out) == (0, "")
    assert "not the same" in done.err
    assert "Pe" not in done.err.replace("Telephone", "")
    assert stored() == {f"infocaller/{LINE}": "Peñón7"}


@pytest.mark.parametrize(("keys", "code"), [(b"\x03", 130), (b"\n", 2), (b"\x04", 2), ("€\n".encode(), 2)])
def test_nothing_is_stored_without_a_password(terminal, env, stored, user_file, keys, code):
    done = terminal("config", "set-password", LINE, answers=[(b"Telephone password", keys)], env=env)
    assert (done.code, stored(), user_file.exists()) == (code, {}, False)
    assert "Traceback" not in done.err


@pytest.mark.parametrize("password", ["", "\n", "geheim€"])
def test_one_that_cannot_sign(run, env, stored, user_file, password):
    done = set_password(run, env, password)
    assert (done.code, done.out, stored(), user_file.exists()) == (2, "", {}, False)
    assert "geheim" not in done.err


def test_wrong_usage(run, env, stored):
    for arguments in ((LINE,), (LINE, "--delete", "--password-file", "pw"), ("+34 1", "--password-file", "-"), ()):
        done = run("config", "set-password", *arguments, env=env, stdin="3956")
        assert (done.code, done.out, stored()) == (2, "", {})
    done = run("config", "set-password", LINE, "3956", env=env)
    assert done.code == 2


def test_appended_to_the_configuration_in_force(run, env, tmp_path, user_file):
    path = tmp_path / "infocaller.toml"
    for before in ("# mine\n[lines.222]\npassword = '1111'  # old\n", "# mine\nformat = 'json'", "", "\ufeffcountry = '34'\r\n"):
        path.write_bytes(before.encode())
        path.chmod(0o640)
        done = set_password(run, env)
        assert done.code == 0
        text = path.read_bytes().decode()
        assert text.startswith(before)
        assert text.endswith(ENTRY)
        assert path.stat().st_mode & 0o777 == 0o640
        assert sign(run, env).out.strip() == "ae73e4b16a280726fb2e0e6bfb43902a"
    assert not user_file.exists()
    named = tmp_path / "named.toml"
    named.write_text("")
    assert set_password(run, env, options=("--config", "named.toml")).code == 0
    assert named.read_text() == ENTRY


def test_the_entry_is_written_once(run, env, stored, user_file):
    assert set_password(run, env).code == 0
    assert set_password(run, env, "1111").code == 0
    assert set_password(run, env, "2222", line="222").code == 0
    assert stored() == {f"infocaller/{LINE}": "1111", "infocaller/222": "2222"}
    assert user_file.read_text() == f"{ENTRY}\n[lines.222]\nkeyring = true\n"


def test_each_line_has_its_own(run, env, signed, tmp_path):
    assert set_password(run, env, "1111").code == 0
    assert set_password(run, env, "2222", line="222").code == 0
    (tmp_path / "a.xml").write_text(signed("1111"))
    (tmp_path / "b.xml").write_text(signed("2222", line="222"))
    assert run("verify", "a.xml", "b.xml", env=env).code == 0


@pytest.mark.parametrize(("password", "said"), [("3956", 1), ("39a6", 0)])
def test_few_digits_are_said(run, env, password, said):
    done = set_password(run, env, password)
    assert (done.code, done.err.count("finds it by trying them all")) == (0, said)


def test_a_trusted_configuration_stays_so(run, env, signed, tmp_path):
    """It is the user who changed it; one that was not trusted is not by that."""
    path = tmp_path / "infocaller.toml"
    for trusted in (False, True):
        path.write_text("[lines.222]\npassword_command = 'echo 1111'\n")
        assert not trusted or run("config", "trust").code == 0
        assert set_password(run, env).code == 0
        assert path.read_text().endswith(ENTRY)
        assert run("verify", "-", stdin=signed("1111", line="222"), env=env).code == (0 if trusted else 2)


@pytest.mark.parametrize("source", ["password = 'geheim99'", "password_file = 'pw'", "password_command = 'echo geheim99'"])
def test_an_entry_with_another_source_is_left_alone(run, env, stored, tmp_path, source):
    path = tmp_path / "infocaller.toml"
    path.write_text(f"[lines.{LINE}]\n{source}\n")
    path.chmod(0o600)
    done = set_password(run, env)
    assert (done.code, stored(), path.read_text()) == (2, {}, f"[lines.{LINE}]\n{source}\n")
    assert source.partition(" ")[0] in done.err
    assert "keyring = true" in done.err
    assert "geheim" not in done.err


def test_a_configuration_nothing_can_be_appended_to(run, env, stored, tmp_path):
    path = tmp_path / "infocaller.toml"
    path.write_text("lines = {222 = {keyring = true}}\n")
    done = set_password(run, env)
    assert (done.code, path.read_text()) == (2, "lines = {222 = {keyring = true}}\n")
    assert "by hand" in done.err or "write into it" in done.err
    done = set_password(run, env, options=("--config", "/dev/null"))
    assert done.code == 2


def test_delete(run, env, stored, user_file):
    assert set_password(run, env).code == 0
    done = run("config", "set-password", LINE, "--delete", env=env)
    assert (done.code, done.out, stored()) == (0, "", {})
    assert f"stays in {user_file}" in done.err
    assert user_file.read_text() == ENTRY
    done = run("config", "set-password", LINE, "--delete", env=env)
    assert (done.code, done.out) == (2, "")
    assert "no password of line 123456789" in done.err
    done = sign(run, env)
    assert (done.code, done.out) == (2, "")
    assert f"infocaller config set-password {LINE}" in done.err


# ---- who is asked ----


def test_only_lines_that_say_so_ask_it(run, env, signed, tmp_path):
    assert set_password(run, env).code == 0
    (tmp_path / "asked").unlink()
    (tmp_path / "a.xml").write_text(signed("1111", line="222"))
    config = tmp_path / "xdg" / "infocaller" / "infocaller.toml"
    config.write_text(f"{ENTRY}[lines.222]\npassword = '1112'\n")
    for command in (("verify", "--explain", "a.xml"), ("config", "show"), ("sample", "fin", "--line", "7")):
        assert run(*command, env=env).code in (0, 1)
    assert not (tmp_path / "asked").exists()
    assert run("verify", "-", stdin=signed(), env=env).code == 0
    assert (tmp_path / "asked").read_text() == "x"


def test_nothing_imports_it_otherwise(run, env, signed, tmp_path):
    script = (
        "import sys\nfrom infocaller_cli.cli.main import main\ncode = main(sys.argv[1:])\nprint('keyring' in sys.modules)\nsys.exit(code)"
    )
    path = tmp_path / "infocaller.toml"
    path.write_text(f"[lines.{LINE}]\npassword = '3956'\n[lines.222]\nkeyring = true\n")
    path.chmod(0o600)
    assert run("verify", "-", stdin=signed(), env=env, code=script).out.splitlines()[-1] == "False"
    assert run("config", "show", env=env, code=script).out.splitlines()[-1] == "False"


def test_a_server_asks_before_it_serves(server, env, form, run, tmp_path):
    assert set_password(run, env).code == 0
    (tmp_path / "asked").unlink()
    (tmp_path / "app.py").write_text("def answer(query):\n    return {}\n")
    running = server("serve-query", "--handler", "app:answer", env={"INFOCALLER_PASSWORD": "", **env})
    assert [running.post(form("Q", line=line))[0] for line in (LINE, "222", LINE, "333")] == [200, 403, 200, 403]
    assert (tmp_path / "asked").read_text() == "x"
    assert running.stop() == 0


# ---- what goes wrong with it ----


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("keyring.backends.fail.Keyring", "pip install 'infocaller-cli[keyring]'"),
        ("no.such.Keyring", "ModuleNotFoundError"),
        ("filering.Nothing", "AttributeError"),
    ],
)
def test_no_usable_keyring(run, env, tmp_path, backend, words):
    environment = env | {"PYTHON_KEYRING_BACKEND": backend}
    (tmp_path / "named.toml").write_text(ENTRY)
    for done in (set_password(run, environment), sign(run, environment | {"INFOCALLER_CONFIG": "named.toml"})):
        assert (done.code, done.out) == (2, "")
        assert words in done.err
        assert len(done.err.splitlines()) <= 3


def test_a_keyring_that_keeps_nothing(run, env, user_file):
    done = set_password(run, env | {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert (done.code, done.out, user_file.exists()) == (2, "", False)
    assert "did not keep" in done.err


def test_one_that_is_locked(run, env, tmp_path, user_file):
    environment = env | {"PYTHON_KEYRING_BACKEND": "filering.Locked"}
    (tmp_path / "named.toml").write_text(ENTRY)
    done = sign(run, environment | {"INFOCALLER_CONFIG": "named.toml"})
    assert (done.code, done.out) == (2, "")
    assert "KeyringLocked: the collection is locked" in done.err
    done = set_password(run, environment, "geheim99")
    assert (done.code, done.out, user_file.exists()) == (2, "", False)
    assert "cannot store ***" in done.err
    assert "geheim" not in done.err


def test_without_the_library(run, env, tmp_path):
    (tmp_path / "named.toml").write_text(ENTRY)
    script = "import sys\nsys.modules['keyring'] = None\nfrom infocaller_cli.cli.main import main\nsys.exit(main(sys.argv[1:]))"
    for arguments in (
        ("config", "set-password", LINE),
        ("config", "set-password", LINE, "--delete"),
        ("sign", "--line", LINE, "--call", "1"),
    ):
        done = run("--config", "named.toml", *arguments, env=env, code=script)
        assert (done.code, done.out) == (2, "")
        assert "pip install 'infocaller-cli[keyring]'" in done.err
        assert "Traceback" not in done.err


def test_what_is_not_stored_by_us_is_no_password(run, env, tmp_path):
    (tmp_path / "named.toml").write_text(ENTRY)
    (tmp_path / "store.json").write_text(json.dumps({f"infocaller/{LINE}": "gehe€im", "infocaller/222": ""}))
    done = sign(run, env | {"INFOCALLER_CONFIG": "named.toml"})
    assert (done.code, done.out) == (2, "")
    assert "ISO-8859-1" in done.err


def test_only_true_counts(run, env, tmp_path):
    for text in ("keyring = false", 'keyring = "true"', "keyring = 1", ""):
        (tmp_path / "infocaller.toml").write_text(f"[lines.{LINE}]\n{text}\n")
        done = sign(run, env)
        assert (done.code, done.out) == (2, "")
        assert f"lines.{LINE}" in done.err
