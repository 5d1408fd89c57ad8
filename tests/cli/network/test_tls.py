"""https: the senders' and the servers', with a certificate made here."""

import subprocess
import time

KNOWN = {"INFOCALLER_PASSWORD": "3956"}


def test_from_end_to_end(certificate, server, run, tmp_path):
    behind = server("serve-query", "--handler", "app:answer", *certificate)
    assert behind.url.startswith("https://")
    front = server("capture", "--out", "c.ndjson", "--forward-to", behind.url, "--ca-bundle", "cert.pem", *certificate)
    ask = ("send-query", "Q", "--to", front.url, "--expect", "A=1")
    assert run(*ask, "--ca-bundle", "cert.pem", env=KNOWN).code == 0
    assert run(*ask, "--insecure", env=KNOWN).code == 0
    refused = run(*ask, env=KNOWN)
    assert (refused.code, refused.stdout) == (4, b"")
    assert "the certificate is not trusted" in refused.err
    assert "--ca-bundle FILE" in refused.err
    again = ("replay", "c.ndjson", "--to", behind.url)
    assert run(*again, "--ca-bundle", "cert.pem").code == 0
    assert run(*again, "--insecure").code == 0
    untrusted = run(*again)
    assert untrusted.code == 4
    assert "tls 2" in untrusted.out
    plain = run("send-event", "FIN", "--to", behind.url.replace("https", "http"), env=KNOWN)
    assert plain.code == 4
    assert (behind.stop(), front.stop()) == (0, 0)


def test_an_application_whose_certificate_is_not_trusted(certificate, server, run):
    behind = server("serve-query", "--handler", "app:answer", *certificate)
    front = server("capture", "--out", "c.ndjson", "--forward-to", behind.url)
    assert front.post(b"x")[0] == 502
    front.wait_for("the certificate is not trusted")


def test_a_key_of_another_certificate(certificate, run, tmp_path):
    subprocess.run(["openssl", "genrsa", "-out", "other.pem", "2048"], cwd=tmp_path, check=True, capture_output=True)
    done = run("serve-query", "--handler", "app:answer", "--tls-cert", "cert.pem", "--tls-key", "other.pem", "--port", "0", env=KNOWN)
    assert done.code == 2
    assert "the certificate cannot be used" in done.err


def test_https_to_a_server_that_speaks_none(certificate, server, run):
    plain = server("serve-query", "--handler", "app:answer")
    done = run("send-query", "Q", "--to", plain.url.replace("http", "https"), env=KNOWN)
    assert (done.code, done.stdout) == (4, b"")
    assert "Traceback" not in done.err


def test_a_client_that_never_begins_its_handshake_is_dropped(certificate, server):
    one = server("serve-query", "--handler", "app:answer", *certificate)
    with one.connect() as connection:
        began = time.monotonic()
        assert connection.recv(1) == b""
        assert 8 < time.monotonic() - began < 30
    assert one.stop() == 0
    assert one.lines() == [f"listening on {one.url}"]
