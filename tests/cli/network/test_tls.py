"""https: the senders' and the servers', with a certificate made here."""

import contextlib
import http.client
import socket
import ssl
import subprocess
import time
from functools import partial

import pytest

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


@pytest.mark.parametrize("command", [("serve-query", "--handler", "app:answer"), ("capture", "--out", "c.ndjson")], ids=lambda it: it[0])
def test_silent_handshakes_give_way_to_a_live_client(certificate, server, tmp_path, command):
    """More than there are descriptors; the first are ended for it, long before their time is over, and the last are not."""
    resource = pytest.importorskip("resource")
    few = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (300, 300))
    one = server(*command, *certificate, preexec_fn=few)
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(one.connect()) for _ in range(400)]
        live = http.client.HTTPSConnection(one.host, one.port, timeout=60, context=context)
        live.request("POST", "/", b"x")
        assert live.getresponse().status in (200, 400)
        live.close()
        for connection in silent:
            connection.setblocking(False)
        assert ended(silent[0])
        assert not ended(silent[-1])
        assert 0 < sum(not ended(connection) for connection in silent) < 300
        assert not any("have to wait" in line for line in one.lines())
        assert one.stop() == 0  # it waits for none of them


def ended(connection):
    """Whether the other side has ended a connection that does not block."""
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_client_that_says_no_goodbye_is_not_waited_for(certificate, server, tmp_path):
    one = server("serve-query", "--handler", "app:answer", *certificate)
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")

    def step(action):
        while True:
            try:
                return action()
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                incoming.write(connection.recv(65536))

    with one.connect() as connection:
        step(client.do_handshake)
        client.write(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        connection.sendall(outgoing.read())
        assert step(partial(client.read, 65536)).startswith(b"HTTP/1.1 400")
        began = time.monotonic()
        while connection.recv(65536):
            pass
        assert time.monotonic() - began < 15  # asyncio waits for half a minute
    assert one.stop() == 0
