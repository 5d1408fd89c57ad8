"""`infocaller config init`: a commented file, made by asking or without, and never over another."""

import os
import re
import stat

import pytest

from infocaller_cli.config import trust

LINE = b"Your line (LineNumber, digits only) [none]: "
SOURCE = b"[file]: "
PATH = b"[infocaller.password]: "
COMMAND = b"[pass show infocaller]: "
FORMAT = b"[xml]: "
COUNTRY = b"[34]: "
URL = b"events at [none]: "
KEYS = {"format", "country", "urls.INICIO", "urls.DESVIO_CORRECTO", "urls.DESVIO_FALLIDO", "urls.FIN", "queries.ESTADO PEDIDO"}
RETURN = b"\n"


def load(path):
    """The configuration in a file, and whatever was said of it."""
    from infocaller_cli.config.file import load as read

    class Said(list):
        def warn(self, text):
            self.append(text)

        def detail(self, text):
            pass

    said = Said()
    config = read(str(path))
    config.tell(said)
    return config, said


def names(folder):
    return [path.name for path in folder.iterdir()]


def settings(config):
    found = {"format": config.format, "country": config.country}
    found |= {f"urls.{name}": url for name, url in config.urls.items()} | {f"queries.{name}": url for name, url in config.queries.items()}
    return found | {f"lines.{number}.{source.key}": value_of(source) for number, source in config.lines.items()}


def value_of(source):
    """What the file says of a source; True for a keyring."""
    name = {"password": "text", "password_file": "path", "password_command": "words"}.get(source.key)
    return str(getattr(source, name)) if name else True


@pytest.fixture
def written(tmp_path):
    return tmp_path / "infocaller.toml"


# ---- without asking ----


def test_yes(run, written):
    done = run("config", "init", "--yes")
    assert (done.code, done.out) == (0, "")
    assert "infocaller.toml is written" in done.err
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert names(written.parent) == ["infocaller.toml"]
    config, said = load(written)
    assert (settings(config), said) == ({"format": "xml", "country": "34"}, [])
    assert max(map(len, written.read_text().splitlines())) <= 100


def test_the_mode_is_0600_whatever_the_umask(run, written):
    for mask in (0o000, 0o777):
        assert run("config", "init", "--yes", "--force", preexec_fn=lambda mask=mask: os.umask(mask)).code == 0
        assert stat.S_IMODE(written.stat().st_mode) == 0o600


def examples(text):
    """The commented examples, each as the lines it takes: a table's head belongs to the key below it."""
    found = []
    for line in text.splitlines():
        if re.match(r"#[^ ]", line):
            if found and found[-1][-1].startswith("#["):
                found[-1].append(line)
            else:
                found.append([line])
    return found


def test_every_example_can_be_used(run, written, tmp_path):
    """Each alone, and all at once; and every key of the table has one."""
    text = run("config", "init", "--yes", "--out", "-").out
    found = examples(text)
    other = tmp_path / "other.toml"
    keys = set()
    for example in found:
        changed = text
        for line in example:
            assert f"\n{line}\n" in changed
            changed = changed.replace(f"\n{line}\n", f"\n{line[1:]}\n")
        other.write_text(changed)
        other.chmod(0o600)
        config, said = load(other)
        assert said == []
        keys |= config.given and {key for key in settings(config) if key.partition(".")[0] in config.given}
    other.write_text(re.sub(r"^#(?=[^ ])", "", text, flags=re.MULTILINE))
    config, said = load(other)
    assert said == []
    assert set(settings(config)) == keys
    assert keys >= KEYS
    assert {line.key for line in config.lines.values()} == {"password", "password_file", "password_command", "keyring"}
    assert len(found) == len(KEYS) + 4


def test_the_examples_work(run, written, signed, tmp_path):
    text = run("config", "init", "--yes", "--out", "-").out
    written.write_text(re.sub(r"^#(?=[^ ])", "", text, flags=re.MULTILINE))
    written.chmod(0o600)
    for event in ("INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN"):
        done = run("send-event", event, "--diverted-to", "600000002", "--dry-run", "--line", "123456792")
        assert done.code == 0, done.err
        assert b"POST /event?name=" in done.stdout
    assert run("send-query", "ESTADO PEDIDO", "--dry-run", "--line", "123456792").code == 0
    assert run("verify", "-", stdin=signed(line="123456792")).code == 0


def test_standard_output(run, written):
    done = run("config", "init", "--yes", "--out", "-")
    assert (done.code, done.err, written.exists()) == (0, "", False)
    assert done.out.startswith("# Configuration of infocaller")


# ---- never over another ----


def test_nothing_is_overwritten(run, written):
    for what in ("file", "broken link"):
        written.unlink(missing_ok=True)
        if what == "file":
            written.write_text("mine")
        else:
            written.symlink_to("nowhere")
        done = run("config", "init", "--yes")
        assert (done.code, done.out) == (2, "")
        assert "there already" in done.err
        assert "--force" in done.err
    assert os.readlink(written) == "nowhere"


def test_force(run, written):
    written.write_text("wrong = 1")
    written.chmod(0o644)
    assert run("config", "init", "--yes", "--force").code == 0
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert load(written)[1] == []


@pytest.mark.parametrize("out", [".", "no/such/infocaller.toml", "/dev/null"])
@pytest.mark.parametrize("options", [(), ("--force",)])
def test_where_no_file_can_be(run, tmp_path, out, options):
    done = run("config", "init", "--yes", "--out", out, *options)
    assert (done.code, done.out) == (2, "")
    assert names(tmp_path) == []
    assert os.path.exists("/dev/null")
    assert not os.path.isfile("/dev/null")


# ---- asking ----


def answer(terminal, *answers, options=(), **more):
    return terminal("config", "init", *options, answers=list(answers), piped=True, **more)


def test_defaults(terminal, written):
    done = answer(terminal, (LINE, RETURN), (FORMAT, RETURN), (COUNTRY, RETURN), (URL, RETURN))
    assert (done.code, done.out) == (0, "")
    config, said = load(written)
    assert (settings(config), said, config.given) == ({"format": "xml", "country": "34"}, [], {"urls", "queries"})


@pytest.mark.parametrize(
    ("answers", "source", "value"),
    [
        ([(SOURCE, RETURN), (PATH, RETURN)], "password_file", "infocaller.password"),
        ([(SOURCE, b"file\n"), (PATH, 'my "pä"\\ß\n'.encode())], "password_file", 'my "pä"\\ß'),
        ([(SOURCE, b"command\n"), (COMMAND, RETURN)], "password_command", "pass show infocaller"),
        (
            [(SOURCE, b"command\n"), (COMMAND, b"op read 'op://x/y' | tr -d \"\\n\"\n")],
            "password_command",
            "op read 'op://x/y' | tr -d \"\\n\"",
        ),
        ([(SOURCE, b"keyring\n")], "keyring", True),
    ],
)
def test_a_line_and_its_password(terminal, monkeypatch, written, tmp_path, answers, source, value):
    if source == "keyring":
        pytest.importorskip("keyring")
    done = answer(terminal, (LINE, b"123\n"), *answers, (FORMAT, RETURN), (COUNTRY, RETURN), (URL, RETURN))
    assert done.code == 0
    config, said = load(written)
    assert said == []
    assert list(config.lines) == ["123"]
    expected = str(tmp_path / value) if source == "password_file" else value
    assert (config.lines["123"].key, value_of(config.lines["123"])) == (source, expected)
    assert ("config set-password 123" in done.err) == (source == "keyring")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert trust.is_trusted(written, written.read_bytes())  # who typed it knows what it says
    assert "# " in written.read_text()


def test_everything_else(terminal, written):
    url = b"http://127.0.0.1:8080/ev?n=[_NumLlamante]"
    done = answer(terminal, (LINE, b"123\n"), (SOURCE, b"none\n"), (FORMAT, b"json\n"), (COUNTRY, b"351\n"), (URL, url + b"\n"))
    assert done.code == 0
    config, said = load(written)
    assert said == []
    expected = {"format": "json", "country": "351"} | dict.fromkeys(
        ("urls.INICIO", "urls.DESVIO_CORRECTO", "urls.DESVIO_FALLIDO", "urls.FIN"), url.decode()
    )
    assert settings(config) == expected


def test_wrong_answers_are_asked_again(terminal, written):
    done = answer(
        terminal,
        (LINE, b"+34 123\n"),
        (LINE, b"12\t3\n"),
        (LINE, b"123\n"),
        (SOURCE, b"files\n"),
        (SOURCE, b"none\n"),
        (FORMAT, b"yaml\n"),
        (FORMAT, RETURN),
        (COUNTRY, b"+34\n"),
        (COUNTRY, RETURN),
        (URL, b"ftp://127.0.0.1:8080\n"),
        (URL, b"http://127.0.0.1/[_NumLlamada]\n"),
        (URL, b"http://127.0.0.1/[_NumDesvio]\n"),
        (URL, RETURN),
    )
    assert done.code == 0
    for words in (
        "digits only",
        "one of file, command",
        '"xml" or "json"',
        "country code",
        "no http or https URL",
        "did you mean",
        "diversions",
    ):
        assert words in done.err
    assert settings(load(written)[0]) == {"format": "xml", "country": "34"}


@pytest.mark.parametrize("keys", [b"\x03", b"\x04"])
def test_ctrl_c_writes_nothing(terminal, tmp_path, keys):
    done = answer(terminal, (LINE, b"123\n"), (SOURCE, keys))
    assert (done.code, done.out, names(tmp_path)) == (130, "", [])
    assert "Traceback" not in done.err


def test_nothing_is_asked_in_vain(terminal, written):
    written.write_text("mine")
    done = answer(terminal)
    assert done.code == 2
    assert "there already" in done.err


def test_without_a_terminal(run, written):
    done = run("config", "init", stdin="123\n")
    assert (done.code, done.out, written.exists()) == (2, "", False)
    assert "--yes" in done.err


def test_the_wrong_configuration_in_force_is_no_hindrance(run, written, tmp_path):
    (tmp_path / "wrong.toml").write_text("nonsense")
    assert run("config", "init", "--yes", env={"INFOCALLER_CONFIG": "wrong.toml"}).code == 0


@pytest.mark.parametrize(("password", "said"), [("3956", 1), ("39a6", 0)])
def test_a_password_of_few_digits_is_said(terminal, tmp_path, password, said):
    (tmp_path / "pw").write_text(password)
    (tmp_path / "pw").chmod(0o600)
    done = answer(terminal, (LINE, b"123\n"), (SOURCE, RETURN), (PATH, b"pw\n"), (FORMAT, RETURN), (COUNTRY, RETURN), (URL, RETURN))
    assert (done.code, done.err.count("finds it by trying them all")) == (0, said)
    assert password not in done.err
