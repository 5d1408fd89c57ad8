"""Where `check-endpoint` sends to, and the command that it prints to repeat a failure: it works, and shows no login."""

import json
import re
import shlex
import subprocess
import sys

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
QUERY = ("--query", "ESTADO PEDIDO")
REFUSES_ALL = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 153\r\n\r\n" + (
    b'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars></CustVars></ApiCall>'
).ljust(153)


def alone_of(done):
    return re.search(r"(?m)^      alone (.*)$", done.out)[1]


@pytest.mark.parametrize(
    ("user", "variables", "printed"),
    [
        ("ann:pa's%20s", {"WHERE": "{url}"}, '"$WHERE"'),
        ("ann:pa's%20s", {"PW": "pa's%20s"}, 'http://ann:"$PW"@127.0.0.1'),
        ("ann:pa's%20s", {}, '"$CHECKED_URL"'),
        ("ann", {}, "http://ann@127.0.0.1"),
    ],
    ids=["the URL", "the password", "nothing", "no password"],
)
def test_a_login_is_not_printed_and_the_command_repeats_the_failure(user, variables, printed, endpoint, run, tmp_path):
    one = endpoint(REFUSES_ALL)
    url = one.url.replace("//", f"//{user}@")
    environment = PASSWORD | {name: value.format(url=url) for name, value in variables.items()}
    done = run("check-endpoint", url, *QUERY, "--only", "CE301", env=environment)
    command = alone_of(done)
    assert command.startswith(f"infocaller check-endpoint {printed}")
    assert "pa's" not in done.out + done.err
    assert ("CHECKED_URL must hold the URL" in done.err) is ("CHECKED_URL" in command)
    again = subprocess.run(
        ["bash", "-c", command.replace("infocaller", f"{shlex.quote(sys.executable)} -m infocaller_cli", 1)],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "HOME": str(tmp_path), "CHECKED_URL": url} | environment,
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (again.returncode, re.findall(r"(?m)^fail  (\w+)", again.stdout)) == (1, ["CE301"]), again.stderr
    assert len(one.requests) == 6
    assert all(b"authorization: basic" in head.lower() for head, _ in one.requests)


def test_a_url_of_the_configuration_is_not_repeated(endpoint, run, tmp_path):
    url = endpoint(REFUSES_ALL).url.replace("//", "//ann:hidden@")
    (tmp_path / "other.toml").write_text(f'[queries]\n"ESTADO PEDIDO" = "{url}"\n')
    done = run("--config", "other.toml", "check-endpoint", *QUERY, "--only", "CE301", env=PASSWORD)
    command = shlex.split(alone_of(done))
    assert command[:6] == ["infocaller", "--config", "other.toml", "check-endpoint", *QUERY]
    assert "hidden" not in done.out + done.err
    again = run(*command[1:], env=PASSWORD)
    assert (again.code, re.findall(r"(?m)^fail  (\w+)", again.out)) == (1, ["CE301"])


def test_events_of_several_servers_are_not_checked_at_once(run, tmp_path):
    (tmp_path / "infocaller.toml").write_text('[urls]\nINICIO = "http://127.0.0.1:1/"\nFIN = "http://127.0.0.1:2/"\n')
    done = run("check-endpoint", "--event", "all", env=PASSWORD)
    assert (done.code, "DESVIO_CORRECTO and DESVIO_FALLIDO" in done.err) == (2, True)
    (tmp_path / "infocaller.toml").write_text(
        "[urls]\n" + "".join(f'{name} = "http://127.0.0.1:{number}/"\n' for number, name in enumerate(EVENTS, 1))
    )
    done = run("check-endpoint", "--event", "all", env=PASSWORD)
    assert (done.code, "one is checked at a time" in done.err) == (2, True)


EVENTS = ("INICIO", "DESVIO_CORRECTO", "DESVIO_FALLIDO", "FIN")


@pytest.mark.parametrize(("given", "number"), [((), "204"), (("--diverted-to", "911 5"), "911%205")])
def test_the_number_diverted_to(given, number, endpoint, run, tmp_path):
    url = endpoint(b"HTTP/1.1 204 No Content\r\n\r\n").url + "/?to=[_NumDesvio]"
    asked = ("--event", "DESVIO_FALLIDO", "--only", "CE701", "--out", "calls.ndjson", *given)
    assert run("check-endpoint", url, *asked, env=PASSWORD).code == 0
    rows = [json.loads(line) for line in (tmp_path / "calls.ndjson").read_text().splitlines()]
    assert {row["url"].partition("?to=")[2] for row in rows} == {number}


def test_a_number_diverted_to_that_goes_nowhere_is_told(endpoint, run):
    url = endpoint(b"HTTP/1.1 204 No Content\r\n\r\n").url
    done = run("check-endpoint", url, "--event", "FIN", "--only", "CE701", "--diverted-to", "911", env=PASSWORD)
    assert "--diverted-to has no effect" in done.err
