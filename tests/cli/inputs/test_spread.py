"""A capture on several processes: what is said, and in which order, is what one process says; passwords are asked for once."""

import base64
import hashlib
import json
import sys
from urllib.parse import quote_plus

import pytest

MANY = 900  # several chunks for each process, and a last one that is not full
LINES = ("123456789", "912000111", "900805089", "955555555")
PASSWORDS = dict(zip(LINES, ("3956", "1111", "2222", "3333"), strict=True))


def document(number):
    """Mostly right; every 7th has a wrong signature, every 11th is a response, every 13th breaks a rule."""
    line = LINES[number % 4]
    signature = hashlib.md5(f"{line}{number}{'x' if number % 7 == 0 else PASSWORDS[line]}".encode()).hexdigest()
    user = {"LineNumber": line, "CallSequence": str(number), "Signature": signature}
    variables = [{"VarName": "A B" if number % 13 == 0 else "NAME", "VarValue": "\xf1"}]
    root = {"UserID": user, "Infocaller": {"CallType": "R", "CallerNumber": "600000000"}, "CustVars": {"CustVar": variables}}
    if number % 5 == 0:
        root["Infocaller"]["QueryName"] = "ESTADO"
    if number % 11 == 0:
        root = {"Status": {"Result": "0", "ResultText": ""}}
    return json.dumps({"ApiCall": root})


def record(number):
    body = base64.b64encode(f"apiInfocaller={quote_plus(document(number))}".encode()).decode()
    answer = base64.b64encode(b'{"ApiCall": {"Status": {"Result": "0"}}}').decode()
    resp = {"status": 200, "header": {"Content-Type": ["application/json"]}, "body": "no base64" if number % 50 == 0 else answer}
    return json.dumps({"method": "POST", "url": "http://h/", "header": {}, "body": body, "resp": resp}) + "\n"


@pytest.fixture
def capture(tmp_path):
    lines = [record(number) for number in range(1, MANY + 1)]
    lines[2] = '{"method":"POST","bo\n'
    lines[301] = "\r\n"
    lines[302] = '{"method":"POST","url":"http://h/","header":{},"body":"*"}\n'
    lines[303] = '{"method":"POST","url":"http://h/","header":{},"body":""}\n'
    lines[MANY - 2] = "torn\n"
    (tmp_path / "calls.ndjson").write_text("".join(lines))
    return "calls.ndjson"


@pytest.fixture
def configured(tmp_path):
    """A configuration where each line has its password in another way; `asked` says how often a command was run."""
    script = tmp_path / "tell.py"
    script.write_text("import sys\nopen('asked', 'a').write(sys.argv[1] + '\\n')\nprint(sys.argv[1])\n")
    (tmp_path / "secret").write_text("1111\n")
    (tmp_path / "secret").chmod(0o600)
    command = json.dumps(f'"{sys.executable}" "{script}" 2222')
    text = '[lines.123456789]\npassword = "3956"\n[lines.912000111]\npassword_file = "secret"\n'
    text += f"[lines.900805089]\npassword_command = {command}\n"
    (tmp_path / "i.toml").write_text(text)
    (tmp_path / "i.toml").chmod(0o600)
    return ("--config", "i.toml")


OUTPUTS = [("validate", "--output", output) for output in ("text", "json", "github", "junit", "sarif")]
OUTPUTS += [("validate", "--strict", "--ignore", "IC401"), ("validate", "--as", "query"), ("verify",), ("verify", "--json")]
OUTPUTS += [("show",), ("show", "--json"), ("show", "--no-signature"), ("show", "--html", "-"), ("--color", "always", "show")]
OUTPUTS += [("verify", "--explain"), ("convert", "--to", "xml"), ("convert", "--check")]


@pytest.mark.parametrize("command", OUTPUTS, ids=" ".join)
def test_what_is_said_does_not_depend_on_the_processes(run, capture, configured, tmp_path, command):
    (tmp_path / "one.json").write_text(document(1))
    alone, *others = (run(*configured, *command, "--jobs", jobs, capture, "no such file", "one.json") for jobs in ("1", "2", "7"))
    assert alone.code == 3
    assert "no such file" in alone.err
    assert "#3: no complete record" in alone.err
    assert others == [alone, alone]


@pytest.mark.parametrize("command", [("validate", "--json"), ("verify", "--json")])
def test_with_one_password_for_all(run, capture, command):
    password = {"INFOCALLER_PASSWORD": "3956"}
    alone, two = (run(*command, "--jobs", jobs, capture, env=password) for jobs in ("1", "2"))
    assert alone == two
    assert alone.out.count("\n") > MANY - 10


@pytest.mark.parametrize("command", ["validate", "verify"])
def test_a_password_command_is_run_once(run, capture, configured, tmp_path, command):
    run(*configured, command, "--jobs", "2", capture)
    assert (tmp_path / "asked").read_text() == "2222\n"


def test_a_password_is_asked_for_once(terminal, capture):
    answers = [(f"line {line}".encode(), f"{PASSWORDS[line]}\r".encode()) for line in (LINES[1], LINES[2], LINES[0], LINES[3])]
    done = terminal("verify", "--json", "--jobs", "2", capture, answers=answers)
    assert done.stderr.count(b"Telephone password") == 4
    valid = [json.loads(line)["valid"] for line in done.err.splitlines() if line.startswith('{"file"')]
    expected = [number % 7 != 0 and number % 11 != 0 for number in range(1, MANY + 1) if number not in (3, 302, 303, 304, MANY - 1)]
    assert valid == expected


def test_the_trust_of_a_configuration_is_spoken_of_once(run, capture, configured, tmp_path):
    (tmp_path / "i.toml").rename(tmp_path / "infocaller.toml")
    alone, two = (run("validate", "--jobs", jobs, capture) for jobs in ("1", "2"))
    assert two == alone
    assert alone.err.count("the password of line 123456789 comes from") == 1
