"""`send-*` and the proxies that the environment names: http, https through a tunnel, exceptions, broken ones."""

import socket
import threading

import pytest

KNOWN = {"INFOCALLER_PASSWORD": "3956"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def proxy(endpoint):
    """A proxy; what it is asked is kept in its `requests`."""

    def behave(connection, number):
        head, _ = one.read(connection)
        verb, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        if verb != "CONNECT":
            connection.sendall(OK)
            return
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as behind:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=pump, args=(connection, behind), daemon=True).start()
            pump(behind, connection)

    one = endpoint(behave)
    one.named = one.url.replace("//", "//us:hunter2@")
    return one


def test_a_request_goes_through_the_proxy(run, proxy):
    done = run("send-event", "FIN", "--to", "http://127.0.0.1:9/a?b", env=KNOWN | {"HTTP_PROXY": proxy.named})
    assert done.code == 0, done.err
    head = proxy.requests[0][0]
    assert head.startswith(b"POST http://127.0.0.1:9/a?b HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXM6aHVudGVyMg==" in head


def test_https_goes_through_a_tunnel(certificate, server, run, proxy):
    behind = server("serve-query", "--handler", "app:answer", *certificate)
    ask = ("send-query", "Q", "--to", behind.url, "--expect", "A=1")
    named = KNOWN | {"HTTPS_PROXY": proxy.named}
    assert run(*ask, "--ca-bundle", "cert.pem", env=named).code == 0
    assert proxy.requests[0][0].startswith(f"CONNECT 127.0.0.1:{behind.port} ".encode())
    refused = run(*ask, env=named)
    assert refused.code == 4
    assert "the certificate is not trusted" in refused.err
    assert run(*ask, "--insecure", env=named | {"NO_PROXY": "127.0.0.1"}).code == 0
    assert len(proxy.requests) == 2


def test_a_proxy_that_is_not_there(run):
    done = run("send-event", "FIN", "--to", "http://127.0.0.1:9/", env=KNOWN | {"ALL_PROXY": "http://us:hunter2@127.0.0.1:9"})
    assert done.code == 4
    assert "is it the proxy that the environment names?" in done.err
    assert "hunter2" not in done.err


def test_a_proxy_that_opens_no_tunnel(run, endpoint):
    refuses = endpoint(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    done = run("send-event", "FIN", "--to", "https://127.0.0.1:9/", env=KNOWN | {"HTTPS_PROXY": refuses.url})
    assert done.code == 4
    assert "the proxy gave no connection" in done.err


@pytest.mark.parametrize("url", ["foo://us:hunter2@x", "::::"])
def test_a_proxy_that_is_none(run, url):
    done = run("send-event", "FIN", "--to", "http://127.0.0.1:9/", env=KNOWN | {"ALL_PROXY": url})
    assert (done.code, done.stdout) == (2, b"")
    assert "the proxy of the environment cannot be used" in done.err
    assert "hunter2" not in done.err
