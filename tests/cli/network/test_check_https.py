"""`check-endpoint` and https: the certificate is a check, and what nobody trusts is told."""

import json
import shlex
import subprocess

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}


def rows_of(done):
    return [row for row in map(json.loads, done.out.splitlines()) if "code" in row]


def test_https_whose_certificate_is_trusted(certificate, server, run):
    one = server("serve-query", "--handler", "app:answer", *certificate)
    done = run("check-endpoint", one.url, "--query", "Q", "--ca-bundle", "cert.pem", "--output", "json", "--strict", env=PASSWORD)
    rows = rows_of(done)
    assert [(row["code"], row["came"]) for row in rows if row["verdict"] not in ("pass", "skip")] == [("CE411", rows_came(rows, "CE411"))]
    assert {row["code"]: row["verdict"] for row in rows}["CE608"] == "pass"


def rows_came(rows, code):
    return next(row["came"] for row in rows if row["code"] == code)


def test_https_whose_certificate_nobody_trusts(certificate, server, run):
    """Without --insecure nothing goes out; with it CE608 says what a client would."""
    one = server("serve-query", "--handler", "app:answer", *certificate)
    asked = ("check-endpoint", one.url, "--query", "Q", "--only", "CE608", "--only", "CE603", "--output", "json")
    refused = run(*asked, env=PASSWORD)
    assert (refused.code, refused.out) == (4, "")
    assert "the certificate is not trusted" in refused.err
    assert "--insecure" in refused.err
    done = run(*asked, "--insecure", env=PASSWORD)
    rows = rows_of(done)
    assert [(row["code"], row["verdict"]) for row in rows] == [("CE001", "pass"), ("CE603", "pass"), ("CE608", "warn")]
    assert "self-signed certificate" in rows_came(rows, "CE608")
    assert run(*asked, "--insecure", "--ca-bundle", "cert.pem", "--strict", env=PASSWORD).code == 0


def test_a_chain_whose_intermediate_is_not_sent(server, run, tmp_path):
    """The authority is trusted; who issued the server's certificate in its name is not known, unless the server says it."""
    for command in CHAIN:
        subprocess.run(["openssl", *shlex.split(command)], cwd=tmp_path, check=True, capture_output=True)
    leaf, middle = ((tmp_path / name).read_text() for name in ("leaf.pem", "middle.pem"))
    (tmp_path / "whole.pem").write_text(leaf + middle)
    (tmp_path / "app.py").write_text("def answer(query):\n    return {'A': 1}\n")
    verdicts = {}
    for file in ("leaf.pem", "whole.pem"):
        one = server("serve-query", "--handler", "app:answer", "--tls-cert", file, "--tls-key", "leaf.key")
        asked = ("check-endpoint", one.url, "--query", "Q", "--only", "CE608", "--ca-bundle", "root.pem", "--insecure", "--output", "json")
        rows = rows_of(run(*asked, env=PASSWORD))
        verdicts[file] = rows[-1]["verdict"], rows[-1]["came"]
    assert verdicts["whole.pem"] == ("pass", None)
    assert verdicts["leaf.pem"][0] == "warn"
    assert verdicts["leaf.pem"][1].endswith("local issuer certificate (is the intermediate missing that issued it?)")


_ISSUED = "req -x509 -newkey rsa:2048 -nodes -days 2"
CHAIN = (
    f"{_ISSUED} -keyout root.key -out root.pem -subj /CN=root -addext basicConstraints=critical,CA:TRUE",
    f"{_ISSUED} -keyout middle.key -out middle.pem -subj /CN=middle -addext basicConstraints=critical,CA:TRUE -CA root.pem -CAkey root.key",
    f"{_ISSUED} -keyout leaf.key -out leaf.pem -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -CA middle.pem -CAkey middle.key",
)
