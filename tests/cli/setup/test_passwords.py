"""The telephone password: where it comes from, as what bytes, and that nobody ever sees it."""

import hashlib
import os
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[2] / "vectors"
QUESTION = b"Telephone password of line 123456789: "


@pytest.fixture
def secret(tmp_path):
    """A function: write a password file that only its owner can read."""

    def write(data, name="pw"):
        path = tmp_path / name
        path.write_bytes(data)
        path.chmod(0o600)
        return name

    return write


def digest(password):
    return hashlib.md5(b"12345678998565656" + password).hexdigest()


def sign(run, *options, env=None):
    """The signature alone, which tells which bytes were signed."""
    done = run("sign", "--line", "123456789", "--call", "98565656", *options, env=env)
    assert (done.code, done.err) == (0, "")
    return done.out.strip()


# ---- where it comes from ----


def test_order(run, secret, tmp_path):
    """--password-file, INFOCALLER_PASSWORD, the configuration's entry for the line."""
    secret(b'[lines.123456789]\npassword = "from-config"\n', "infocaller.toml")
    environment = {"INFOCALLER_PASSWORD": "from-environment"}
    assert sign(run, "--password-file", secret(b"from-file"), env=environment) == digest(b"from-file")
    assert sign(run, env=environment) == digest(b"from-environment")
    assert run("config", "trust").code == 0  # or a notice would say where it comes from
    assert sign(run, env={"INFOCALLER_PASSWORD": ""}) == digest(b"from-config")  # an empty variable counts as unset
    assert sign(run) == digest(b"from-config")


def test_no_option_takes_it_as_an_argument(run, signed):
    for command in ("verify", "sign", "validate", "show", "sample"):
        done = run(command, "--password", "geheim99", "-", stdin=signed())
        assert (done.code, done.out) == (2, "")
        assert "geheim99" not in done.err


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (b"3956", b"3956"),
        (b"3956\n", b"3956"),
        (b"3956\r\n", b"3956"),
        (b"3956\n\n", b"3956\n"),
        (b"3956\r", b"3956\r"),
        (b" 3956 \n", b" 3956 "),
        ("peñón".encode(), "peñón".encode("iso-8859-1")),
        ("peñón\r\n".encode("iso-8859-1"), "peñón".encode("iso-8859-1")),
        (b"\xc3\xb1", b"\xf1"),  # ISO-8859-1 could be meant; UTF-8 comes first
        (b"\xff\x80", b"\xff\x80"),
        (b"0" * 5000, b"0" * 5000),
    ],
)
def test_bytes_of_a_file_and_of_the_environment(run, secret, data, password):
    assert sign(run, "--password-file", secret(data)) == digest(password)
    if os.name == "posix":
        assert sign(run, env={"INFOCALLER_PASSWORD": data}) == digest(password)


def test_a_file_may_be_standard_input(run):
    done = run("sign", "--line", "123456789", "--call", "98565656", "--password-file", "-", stdin=b"3956\n")
    assert (done.code, done.out.strip()) == (0, "ae73e4b16a280726fb2e0e6bfb43902a")


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n"])
def test_an_empty_file_is_wrong_usage(run, secret, signed, data):
    done = run("verify", "--password-file", secret(data), "-", stdin=signed(""))
    assert (done.code, done.out) == (2, "")
    assert "empty" in done.err


@pytest.mark.parametrize("name", ["missing", ".", "no/such"])
def test_a_missing_file(run, signed, name):
    done = run("verify", "--password-file", name, "-", stdin=signed(), env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.out) == (3, "")
    assert f"password file {name}" in done.err


@pytest.mark.parametrize("command", [("verify", "-"), ("sign", "-"), ("validate", "-"), ("show", "-"), ("sample", "inicio")])
def test_outside_iso_8859_1_is_wrong_usage(run, secret, signed, command):
    document = signed()
    for options, env in (
        (("--password-file", secret("geheim€".encode())), None),
        ((), {"INFOCALLER_PASSWORD": "geheim€"}),
    ):
        done = run("--debug", "-v", *command, *options, stdin=document, env=env)
        assert (done.code, done.out) == (2, "")
        assert "ISO-8859-1" in done.err
        assert "geheim" not in done.err


def test_outside_iso_8859_1_in_the_configuration(run, secret, signed):
    secret('[lines.123456789]\npassword = "geheim€"\n'.encode(), "infocaller.toml")
    done = run("--debug", "verify", "-", stdin=signed())
    assert (done.code, done.out) == (2, "")
    assert "ISO-8859-1" in done.err
    assert "geheim" not in done.err


def test_without_any(run, signed):
    """`verify` and `sign` cannot answer; `sample` takes the page's own and says so; `validate` and `show` go without."""
    for command in (("verify", "-"), ("sign", "-"), ("sign", "--line", "1", "--call", "2")):
        done = run(*command, stdin=signed())
        assert (done.code, done.out) == (2, "")
        assert "--password-file" in done.err
    done = run("sample", "inicio", "--line", "123456789", "--call", "98565656")
    assert done.code == 0
    assert "ae73e4b16a280726fb2e0e6bfb43902a" in done.out
    assert "3956" in done.err
    assert run("validate", "-", stdin=signed("other")).code == 0
    assert run("show", "-", stdin=signed("other")).code == 0


def test_a_response_is_made_without_one(run):
    """It carries no signature, so a password that cannot be used is nobody's business."""
    assert run("sample", "response", env={"INFOCALLER_PASSWORD": "€"}).code == 0


def test_a_file_others_can_read_is_warned_about(run, secret, tmp_path):
    (tmp_path / secret(b"3956")).chmod(0o644)
    done = run("sign", "--line", "1", "--call", "2", "--password-file", "pw")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert "others can read it" in done.err
    assert run("-q", "sign", "--line", "1", "--call", "2", "--password-file", "pw").err == ""


# ---- the prompt ----


def test_the_hidden_prompt(terminal, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed("Peñón7"))
    done = terminal("verify", "a.xml", "a.xml", answers=[(QUESTION, "Peñón7\n".encode())], piped=True)
    assert (done.code, done.out.count("a.xml: valid")) == (0, 2)  # asked once for two documents of one line
    assert done.err.count("Telephone password") == 1
    assert "Pe" not in done.err


def test_the_prompt_leaves_standard_input_to_the_document(terminal, signed):
    done = terminal("verify", "-", stdin=signed().encode(), answers=[(QUESTION, b"3956\n")], piped=True)
    assert (done.code, done.out[:9]) == (0, "-: valid:")


def test_the_prompt_asks_for_each_line(terminal, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed("1111"))
    (tmp_path / "b.xml").write_text(signed("2222", line="222"))
    answers = [(QUESTION, b"1111\n"), (b"Telephone password of line 222: ", b"2222\n")]
    assert terminal("verify", "a.xml", "b.xml", answers=answers).code == 0


@pytest.mark.parametrize(("keys", "code"), [(b"wrong\n", 1), (b"\n", 2), (b"\x04", 2), (b"\x03", 130), ("€\n".encode(), 2)])
def test_other_answers_to_the_prompt(terminal, signed, tmp_path, keys, code):
    (tmp_path / "a.xml").write_text(signed())
    done = terminal("verify", "a.xml", answers=[(QUESTION, keys)])
    assert done.code == code
    assert "Traceback" not in done.err
    assert "wrong" not in done.err


def test_sign_prompts_and_keeps_the_data_apart(terminal, signed):
    done = terminal("sign", "-", stdin=signed(signature="").encode(), answers=[(QUESTION, b"3956\n")], piped=True)
    assert (done.code, done.out) == (0, signed())


@pytest.mark.parametrize("command", ["validate", "show"])
def test_validate_and_show_never_prompt(terminal, signed, tmp_path, command):
    (tmp_path / "a.xml").write_text(signed("other"))
    done = terminal(command, "a.xml")
    assert done.code == 0
    assert "Telephone" not in done.err


def test_nothing_is_asked_where_the_password_is_known(terminal, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    done = terminal("verify", "a.xml", env={"INFOCALLER_PASSWORD": "3956"})
    assert done.code == 0
    assert "Telephone" not in done.err


def test_a_response_needs_none(terminal, tmp_path):
    (tmp_path / "r.json").write_text('{"ApiCall": {"Status": {"Result": "0", "ResultText": ""}, "CustVars": {"CustVar": []}}}')
    assert terminal("verify", "r.json").code == 1
    assert terminal("sign", "r.json").code == 1


# ---- standard input ----


def test_standard_input_is_never_read_unasked(run, signed, tmp_path):
    (tmp_path / "a.xml").write_text(signed())
    (tmp_path / "stdin").write_text("3956\n")
    for command in (
        ("verify", "a.xml"),
        ("sign", "a.xml"),
        ("sign", "--line", "1", "--call", "2"),
        ("sample", "fin"),
        ("validate", "a.xml"),
        ("show", "a.xml"),
        ("verify",),
    ):
        with (tmp_path / "stdin").open("rb", buffering=0) as stream:
            run(*command, stdin=stream)
            assert stream.tell() == 0, command


# ---- secrecy ----


def test_nothing_secret_is_ever_written(run, secret, signed, tmp_path):
    password = "geheim99"
    (tmp_path / "good.xml").write_text(signed(password))
    (tmp_path / "wrong.xml").write_text(signed(signature="0" * 32))
    (tmp_path / "torn.xml").write_text(signed(password)[:200])
    secret(password.encode())
    secret(f'[lines.123456789]\npassword = "{password}"\n'.encode(), "infocaller.toml")
    secret(f'[lines.123456789]\npassword = "{password}"\nfoo\n'.encode(), "broken.toml")
    secret(f'[lines.123456789]\npassword = "{password}\n'.encode(), "open.toml")
    secret(f"[lines.123456789]\npassword = {password}\n".encode(), "bare.toml")
    secret(f'[lines.123456789]\npassword = ["{password}"]\n'.encode(), "list.toml")
    secret(f'[lines.123456789]\npassword = "{password}"\n'.encode() + b'a = "\xff"', "latin.toml")
    files = ("good.xml", "wrong.xml", "torn.xml", "missing.xml")
    runs = [
        (("verify", *files), {}),
        (("verify", "--json", "--explain", *files, "--password-file", "pw"), {}),
        (("verify", *files), {"INFOCALLER_PASSWORD": password}),
        (("validate", *files), {}),
        (("validate", "--output", "sarif", *files), {}),
        (("show", *files), {}),
        (("show", "--json", *files), {}),
        (("verify", "--nonsense", "good.xml"), {"INFOCALLER_PASSWORD": password}),
        (("sample", "nonsense"), {"INFOCALLER_PASSWORD": password}),
    ]
    broken = ("broken.toml", "open.toml", "bare.toml", "list.toml", "latin.toml")
    runs += [(("verify", "good.xml"), {"INFOCALLER_CONFIG": name}) for name in broken]
    for command, env in runs:
        done = run("--debug", "-v", *command, env=env)
        said = (done.out + done.err).lower()
        assert done.code in (1, 2, 3), command
        assert password not in said, command
        if "show" not in command:  # which shows good.xml's signature as part of the document
            assert "good.xml" in said or "toml" in said or "nonsense" in said
            assert digest(password.encode()) not in said, command


def test_the_prompt_shows_a_document_s_text_and_obeys_none_of_it(terminal, tmp_path):
    """A line of a window's title, a cleared screen and a turned direction of writing."""
    (tmp_path / "a.json").write_bytes((VECTORS / "seen" / "escape-sequences-in-the-line.json").read_bytes())
    shown = rb"Telephone password of line \x1b]0;OWNED\x07\x1b[2J123456789\u202e: "
    done = terminal("verify", "a.json", answers=[(shown, b"3956\n")])
    assert done.code == 1
    assert [one for one in (b"\x1b]", b"\x1b[2J", b"\x07", "\u202e".encode()) if one in done.stderr] == []
