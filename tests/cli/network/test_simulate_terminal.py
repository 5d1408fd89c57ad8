"""`simulate` at a terminal: keys, hanging up, Ctrl-C, a narrow window, no colour, and an application that would steer it."""

import re
import signal
import sys
from pathlib import Path

import pytest

from infocaller_cli.calls import read

pexpect = pytest.importorskip("pexpect")
TIMEOUT = 20
ROOT = Path(__file__).parents[3]
# What readline itself writes: the marks of pasted text, and the bell
OWN = re.compile(r"\x1b\[\?2004[hl]|\x07")


def answer(value):
    text = "fine" if value.isdigit() else "\u202e" + value
    body = (
        f'<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>{text}</ResultText></Status>'
        f"<CustVars><CustVar><VarName>PEDIDO</VarName><VarValue>{value}</VarValue></CustVar></CustVars></ApiCall>"
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.fixture
def terminal(run, endpoint, tmp_path):
    """A function: the command on a pseudo-terminal, against an application that answers each query with a value."""
    started = []
    script = tmp_path / "order-status.toml"
    script.write_text(run("simulate", "--example", "order-status").out, "utf-8")

    def start(value="2", *words, columns=100, **environment):
        sink = endpoint(answer(value))
        child = pexpect.spawn(
            sys.executable,
            ["-m", "infocaller_cli", *words, "simulate", str(script), "--to", sink.url],
            cwd=str(tmp_path),
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
                "LANG": "C.UTF-8",
                "TERM": "xterm",
                "INFOCALLER_PASSWORD": "3956",
                **environment,
            },
            dimensions=(24, columns),
            encoding="utf-8",
            timeout=TIMEOUT,
        )
        child.logfile_read = Log()
        started.append(child)
        return child, sink

    yield start
    for child in started:
        child.close(force=True)


class Log(list):
    """What the terminal got."""

    write = list.append

    def flush(self):
        """Nothing waits."""

    def text(self):
        return OWN.sub("", "".join(self))


def ended(child):
    child.expect(pexpect.EOF)
    child.wait()
    return child.exitstatus


def names(sink):
    """FIN alone has an end."""
    return ["FIN" if b"EndDate%3E" in body else "QUERY" if b"QueryName" in body else "EVENT" for _, body in sink.requests]


def test_a_call_by_hand(terminal, tmp_path):
    child, sink = terminal()
    child.expect("You are the caller: keys and Enter")
    child.expect("NUMPEDIDO> ")
    child.sendline("?")
    child.expect("Ctrl-D   hang up")
    child.expect("NUMPEDIDO> ")
    child.sendline("12a")
    child.expect("a telephone has the keys 0 to 9")
    child.expect("NUMPEDIDO> ")
    child.sendline("!vars")
    child.expect("_NumLlamante +(\x1b\\S+)?= 911888920")
    child.expect("NUMPEDIDO> ")
    child.sendline("123456789")
    child.expect("Result 0 in \\d+ ms: PEDIDO = 2")
    child.expect('00:13  "Su pedido ha sido enviado')
    child.expect("FIN -> ")
    child.expect("17 s, 7 actions")
    child.expect("keep it as a case")
    child.sendline("")
    assert ended(child) == 0
    assert names(sink) == ["EVENT", "QUERY", "FIN"]
    assert "[[case]]" in (tmp_path / "order-status.toml").read_text("utf-8")


def test_what_is_typed_can_be_edited(terminal, tmp_path):
    pytest.importorskip("readline")
    child, _ = terminal("0")
    child.expect("NUMPEDIDO> ")
    child.sendline("!vars")
    child.expect("_NumLlamante")
    child.expect("NUMPEDIDO> ")
    child.send("\x1b[A\r")  # the line before
    child.expect("_NumLlamante")
    child.expect("NUMPEDIDO> ")
    child.send("12\x7f3\x1b[D9\r")  # backspace, then a key before the last one
    child.expect("keep it as a case")
    child.sendline("edited")
    assert ended(child) == 0
    assert read((tmp_path / "order-status.toml").read_text("utf-8")).cases[-1].keys == ("193",)


def test_the_call_is_kept_as_a_case(terminal, tmp_path):
    child, _ = terminal("3")
    child.expect("NUMPEDIDO> ")
    child.sendline("7")
    child.expect("ringing 911888921 .answered SECONDS, busy, no answer.> ")
    child.sendline("perhaps")
    child.expect("it is answered SECONDS")
    child.sendline("answered 20")
    child.expect("DESVIO_CORRECTO -> \\S*200")
    child.expect("keep it as a case")
    child.sendline("the caller hangs up")
    child.expect("there is a case 'the caller hangs up' already")
    child.sendline("by hand")
    assert ended(child) == 0
    case = read((tmp_path / "order-status.toml").read_text("utf-8")).cases[-1]
    assert (case.name, case.keys, case.diverts) == ("by hand", ("7",), ("answered 20",))
    assert case.expect.requests == ("INICIO", "ESTADO PEDIDO", "DESVIO_CORRECTO", "FIN")
    assert case.expect.end == "call"


def test_hanging_up_still_sends_fin(terminal):
    child, sink = terminal()
    child.expect("NUMPEDIDO> ")
    child.sendeof()
    child.expect("end of call: the caller hung up")
    child.expect("FIN -> ")
    child.expect("keep it as a case")
    child.sendeof()
    assert ended(child) == 0
    assert names(sink) == ["EVENT", "FIN"]


def test_ctrl_c_hangs_up_and_ends_with_130(terminal):
    child, sink = terminal()
    child.expect("NUMPEDIDO> ")
    child.sendintr()
    child.expect("end of call: the caller hung up")
    child.expect("FIN -> ")
    assert ended(child) == 128 + signal.SIGINT
    assert names(sink) == ["EVENT", "FIN"]
    assert "Traceback" not in child.logfile_read.text()


@pytest.mark.parametrize("columns", [20, 200])
def test_without_colour_no_escape_is_written_whatever_the_width(terminal, columns):
    child, _ = terminal("0", columns=columns, NO_COLOR="1", TERM="dumb")
    child.expect("NUMPEDIDO> ")
    child.sendline("1")
    child.expect("keep")
    child.sendline("")
    assert ended(child) == 0
    assert "\x1b" not in child.logfile_read.text()


def test_with_colour(terminal):
    child, _ = terminal()
    child.expect("NUMPEDIDO> ")
    child.sendline("1")
    child.expect("keep it")
    child.sendline("")
    assert ended(child) == 0
    assert "\x1b[32m00:00  INICIO -> \x1b[0m200 in " in child.logfile_read.text()


def test_an_application_cannot_steer_it(terminal):
    child, _ = terminal("&#x9b;2J&#x85;FORGED&#x202e;", NO_COLOR="1", TERM="dumb")
    child.expect("NUMPEDIDO> ")
    child.sendline("1")
    child.expect("ringing 911888921")
    child.sendline("busy")
    child.expect("keep it")
    child.sendline("")
    assert ended(child) == 1
    assert not re.search("[\x1b\x9b\x85\u202e]|^FORGED", child.logfile_read.text(), re.MULTILINE)
    assert "error IC402" in child.logfile_read.text()
