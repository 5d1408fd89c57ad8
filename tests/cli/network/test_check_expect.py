"""`check-endpoint` and Expect: 100-continue: the body waits, as a real client's does."""

import json
import re
import socket

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
QUERY = ("--query", "ESTADO PEDIDO")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 153\r\n\r\n" + (
    b'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars></CustVars></ApiCall>'
).ljust(153)


def rows_of(done):
    return [row for row in map(json.loads, done.out.splitlines()) if "code" in row]


def head_of(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1)
        if not piece:
            return data
        data += piece
    return data


def rest_of(connection, head):
    left = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    data = b""
    while len(data) < left:
        data += connection.recv(left - len(data))
    return data


def expecting(asked, *, hint, final=ANSWER):
    """An endpoint's behaviour: what it does with a request that holds its body back."""

    def behave(connection, number):
        head = head_of(connection)
        if b"expect: 100-continue" in head.lower():
            connection.settimeout(0.3)
            try:
                asked.append(connection.recv(1, socket.MSG_PEEK))
            except TimeoutError:
                asked.append(b"nothing")
            connection.settimeout(30)
            connection.sendall(hint)
            if final is not ANSWER:
                connection.sendall(final)
                return
        rest_of(connection, head)
        connection.sendall(ANSWER)

    return behave


@pytest.mark.parametrize("hint", [b"HTTP/1.1 100 Continue\r\n\r\n", b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"], ids=["100", "none", "103"])
def test_a_body_is_held_back_until_it_is_asked_for_or_a_second_is_over(hint, endpoint, run):
    asked = []
    done = run("check-endpoint", endpoint(expecting(asked, hint=hint)).url, *QUERY, "--only", "CE605", "--output", "json", env=PASSWORD)
    assert (asked, rows_of(done)[-1]["verdict"], done.code) == ([b"nothing"], "pass", 0)


def test_an_answer_in_the_place_of_100_is_the_answer(endpoint, run):
    asked = []
    final = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"
    url = endpoint(expecting(asked, hint=b"", final=final)).url
    done = run("check-endpoint", url, *QUERY, "--only", "CE605", "--output", "json", env=PASSWORD)
    row = rows_of(done)[-1]
    assert (asked, row["code"], row["verdict"]) == ([b"nothing"], "CE605", "warn")
    assert "the status is 417" in row["came"]
