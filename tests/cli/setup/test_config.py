"""The configuration: where it is looked for, what it may hold, and what is said of a wrong one."""

import json
import os

import pytest

LINE = 'password = "{}"\n'


@pytest.fixture
def configured(tmp_path):
    """A function: write a configuration (owner-only) at a path in the folder of the test."""

    def write(text, name="infocaller.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        return path

    return write


def line(password, number="123456789"):
    return f'[lines.{number}]\npassword = "{password}"\n'


# ---- which one applies ----


def test_order_of_the_places(run, configured, signed):
    """--config, INFOCALLER_CONFIG, the current folder, the user's folder: taken away one after the other."""
    named = configured(line("pw1"), "a/named.toml")
    environment = {"INFOCALLER_CONFIG": str(configured(line("pw2"), "b/environment.toml"))}
    here = configured(line("pw3"))
    user = configured(line("pw4"), "xdg/infocaller/infocaller.toml")

    def verifies(password, *options, env=None):
        done = run(*options, "verify", "-", stdin=signed(password), env=env)
        assert (done.code, done.err) == (0, "")

    verifies("pw1", "--config", str(named), env=environment)
    verifies("pw2", env=environment)
    assert run("config", "trust").code == 0
    verifies("pw3")
    verifies("pw3", env={"INFOCALLER_CONFIG": ""})  # an empty variable counts as unset
    here.unlink()
    verifies("pw4")
    user.unlink()
    done = run("verify", "-", stdin=signed())
    assert (done.code, done.out) == (2, "")


def test_flag_before_configuration(run, configured):
    configured('format = "json"\ncountry = "351"\n')
    assert run("sample", "inicio").out.startswith("{")
    assert run("sample", "inicio", "--format", "xml").out.startswith("<")
    user = json.loads(run("sample", "inicio", "--line", "5").out)["ApiCall"]["UserID"]
    assert user["LineNumberInt"] == "3515"
    user = json.loads(run("sample", "inicio", "--line", "5", "--country", "49").out)["ApiCall"]["UserID"]
    assert user["LineNumberInt"] == "495"


def test_dev_null_is_an_empty_configuration_without_a_warning(run, configured, signed):
    configured(line("3956"))  # and hides this one
    for options, env in ((("--config", os.devnull), None), ((), {"INFOCALLER_CONFIG": os.devnull})):
        done = run(*options, "sample", "inicio", env={**(env or {}), "INFOCALLER_PASSWORD": "3956"})
        assert (done.code, done.err) == (0, "")
        assert run(*options, "verify", "-", stdin=signed(), env=env).code == 2


def test_it_is_read_only_when_something_asks(run, configured, signed):
    configured("this is no TOML")
    done = run("verify", "-", stdin=signed(), env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.err) == (0, "")
    assert run("rules").code == 0


def test_everything_known_at_once(run, configured, signed):
    text = (
        '\ufeffformat = "xml"\ncountry = "34"\n[lines.123456789]\npassword_file = "secrets/pw"\n[lines.987654321]\npassword = "ñ"\n'
        '[urls]\nINICIO = "http://localhost/i?n=[_NumLlamante]"\nDESVIO_CORRECTO = "http://localhost"\n'
        'DESVIO_FALLIDO = "http://localhost"\nFIN = "http://localhost"\n[queries]\n"NUMERO EXTENSION" = "http://localhost/q"\n'
    )
    configured("3956\n", "etc/secrets/pw")  # password_file is looked up beside the configuration, not in the current folder
    path = configured(text, "etc/i.toml")
    done = run("--config", str(path), "-v", "verify", "-", stdin=signed())
    assert done.code == 0
    assert str(path) in done.err  # -v says where it comes from
    assert "3956" not in done.err + done.out


def test_password_file_of_a_line_in_the_home_folder(run, configured, signed):
    configured('[lines.123456789]\npassword_file = "~/mine/pw"\n')
    configured("3956", "mine/pw")
    assert run("verify", "-", stdin=signed()).code == 0


def test_a_lines_password_file_that_is_missing(run, configured, signed):
    configured('[lines.123456789]\npassword_file = "no/pw"\n')
    done = run("verify", "-", stdin=signed())
    assert (done.code, done.out) == (3, "")
    assert "no/pw" in done.err


# ---- what is wrong with it ----


@pytest.mark.parametrize(
    ("text", "named", "nearest"),
    [
        ('fromat = "xml"', "fromat", "did you mean format?"),
        ('[line.1]\npassword = "x"', "line", "did you mean lines?"),
        ('[lines.123]\npasword = "x"', "lines.123.pasword", "did you mean password?"),
        ('[lines.123]\npassword-file = "x"', "lines.123.password-file", "did you mean password_file?"),
        ('[urls]\nINICO = "x"', "urls.INICO", "did you mean INICIO?"),
        ('[urls]\ninicio = "x"', "urls.inicio", "did you mean INICIO?"),
        ('[url]\nFIN = "x"', "url", "did you mean urls?"),
        ('[querys]\n"Q" = "x"', "querys", "did you mean queries?"),
        ('pais = "34"', "pais", "known are"),
    ],
)
def test_an_unknown_key_names_the_nearest(run, configured, text, named, nearest):
    configured(text)
    done = run("sample", "inicio")
    assert (done.code, done.out) == (2, "")
    assert f"unknown key {named}" in done.err
    assert nearest in done.err
    assert "infocaller.toml" in done.err
    assert len(done.err.splitlines()) <= 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lines = 3", "lines"),
        ("[lines]\n123 = 4", "lines.123"),
        ("[lines.123]\npassword = 3956", "lines.123.password"),
        ('[lines.123]\npassword = ""', "lines.123.password"),
        ('[lines.123]\npassword = "x"\npassword_file = "y"', "lines.123"),
        ('[lines."+34 123"]\npassword = "x"', "lines.+34 123"),
        ("[urls]\nFIN = 1", "urls.FIN"),
        ('[urls]\nFIN = ""', "urls.FIN"),
        ('[queries]\n"Q" = ["x"]', "queries.Q"),
        ('queries = "x"', "queries"),
        ('format = "csv"', "format"),
        ("format = []", "format"),
        ("country = 34", "country"),
        ('country = "+34"', "country"),
        ("no toml", "infocaller.toml"),
        (b'[lines.123]\npassword = "\xf1"', "infocaller.toml"),
        ('format = "xml"\nformat = "json"', "infocaller.toml"),
        ("a = " + 5000 * "[", "infocaller.toml"),
        ("a = " + 5000 * "9", "infocaller.toml"),
    ],
)
def test_a_wrong_value_is_wrong_usage_and_named(run, configured, text, named):
    configured(text)
    done = run("sample", "inicio")
    assert (done.code, done.out) == (2, "")
    assert named in done.err
    assert 1 <= len(done.err.splitlines()) <= 3
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["missing.toml", ".", "missing/infocaller.toml"])
def test_one_that_is_named_must_be_readable(run, name):
    for options, env in ((("--config", name), None), ((), {"INFOCALLER_CONFIG": name})):
        done = run(*options, "sample", "inicio", env=env)
        assert (done.code, done.out) == (2, "")
        assert "cannot be read" in done.err
        assert ("--config" if options else "INFOCALLER_CONFIG") in done.err


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True), (0o700, False)])
@pytest.mark.parametrize("where", ["password", "password_file"])
def test_passwords_that_others_can_read_are_warned_about(run, configured, signed, mode, warned, where):
    path = configured(f'[lines.123456789]\n{where} = "3956"\n')
    secret = path if where == "password" else configured("3956", "3956")
    secret.chmod(mode)
    done = run("verify", "-", stdin=signed())
    assert done.code == 0
    assert done.out.startswith("-: valid")
    assert done.err.count("others can read it") == warned
    assert (f"chmod 600 {secret.name}" in done.err) == warned
    assert run("-q", "verify", "-", stdin=signed()).err == ""


def test_a_password_file_others_can_read_is_warned_about_once(run, configured, signed, tmp_path):
    configured('[lines.123456789]\npassword_file = "pw"\n')
    configured("3956", "pw").chmod(0o644)
    (tmp_path / "a.xml").write_text(signed(signature="0" * 32))
    done = run("verify", "--explain", "a.xml", "a.xml")
    assert done.err.count("others can read it") == 1


def test_a_configuration_without_passwords_may_be_read_by_all(run, configured):
    configured('format = "json"\n[lines.1]\npassword_file = "nowhere"\n').chmod(0o644)
    done = run("-v", "sample", "response")
    assert done.code == 0
    assert "others can read" not in done.err


@pytest.mark.parametrize("arguments", [("rules", "IC001"), ("verify", "a.xml")], ids=" ".join)
def test_a_configuration_named_on_the_command_line_is_read_even_where_nothing_asks(run, signed, tmp_path, arguments):
    (tmp_path / "a.xml").write_text(signed())
    done = run("--config", "missing.toml", *arguments, env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.out) == (2, "")
    assert "missing.toml" in done.err


@pytest.mark.parametrize(
    ("system", "environment"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/xdg", "HOME": "/home/me"}),
        ("linux", {"XDG_CONFIG_HOME": "", "HOME": "/home/me"}),
        ("linux", {"HOME": "/home/me"}),
        ("darwin", {"XDG_CONFIG_HOME": "/xdg", "HOME": "/Users/me"}),
    ],
)
def test_the_user_s_folder_is_where_other_programs_have_theirs(monkeypatch, system, environment):
    """As Typer finds it, which most programs of this kind are made with."""
    import typer

    from infocaller_cli.config.places import user_folder

    monkeypatch.setattr("sys.platform", system)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if environment.get("XDG_CONFIG_HOME") == "":  # Typer takes it for the current folder
        assert str(user_folder()) == "/home/me/.config/infocaller"
    else:
        assert str(user_folder()) == typer.get_app_dir("infocaller")


@pytest.mark.parametrize(
    "command",
    [("verify", "a.xml"), ("capture", "--out", "/dev/null"), ("serve-query", "--handler", "app:answer", "--workers", "2")],
    ids=" ".join,
)
def test_what_is_to_be_said_of_it_is_said_once(run, server, signed, tmp_path, command):
    path = tmp_path / "named.toml"
    path.write_text(line("3956"))
    path.chmod(0o644)
    (tmp_path / "a.xml").write_text(signed())
    (tmp_path / "app.py").write_text("def answer(query):\n    return {}\n")
    if command[0] == "verify":
        said = run("--config", "named.toml", *command).err.splitlines()
    else:
        running = server("--config", "named.toml", *command, env={"INFOCALLER_PASSWORD": ""})
        assert running.stop() == 0
        said = running.lines()
    assert sum("others can read it" in one for one in said) == 1
