"""Hostile text through every command, on a terminal: nothing comes through that a terminal obeys, and no line that we did not write."""

import json
import os
import re
from urllib.parse import quote

import pytest

# A title, a colour by one byte, a turned direction, markup, DEL, and a line of its own
HOSTILE = "H\x1b]0;owned\x07\x9b31m\u202e[bold red]x[/]\x7f\r\nFORGED: valid"
# A name of a file: the same, and a byte that is no UTF-8; no slash
NAME = os.fsdecode(HOSTILE.replace("/", "|").encode() + b"\x9b")
# What comes in one line of HTTP or TOML
LINE = HOSTILE.replace("\r\n", "")
DOCUMENT = json.dumps(
    {
        "ApiCall": {
            "UserID": {"LineNumber": HOSTILE, "CallSequence": HOSTILE, "Signature": HOSTILE},
            "Infocaller": {"CallType": HOSTILE, "CallerNumber": HOSTILE, "QueryName": HOSTILE, "StartDate": HOSTILE, HOSTILE: HOSTILE},
            "Status": {"Events": {"Event": [{"EventType": "4", "EventDate": HOSTILE, "EventName": HOSTILE, "EventAddInfo1": HOSTILE}]}},
            "CustVars": {"CustVar": [{"VarName": HOSTILE, "VarValue": HOSTILE}]},
            HOSTILE: {HOSTILE: HOSTILE},
        }
    },
    ensure_ascii=False,
)
ANSWER = json.dumps({"ApiCall": {"Status": {"Result": HOSTILE, "ResultText": HOSTILE}, "CustVars": {"CustVar": []}, HOSTILE: HOSTILE}})
HANDLER = f"def answer(query):\n    print({HOSTILE!r})\n    raise ValueError({HOSTILE!r})\n"
CONFIG = f"[urls]\nfin = {json.dumps('http://127.0.0.1:9/' + quote(LINE))}\nquery = {json.dumps(LINE)}\n"
_TEXT = json.dumps(HOSTILE)  # a TOML string too
SCRIPT = (
    f"name = {_TEXT}\n[[step]]\nlabel = {_TEXT}\nmessage = {_TEXT}\n[[step]]\nquery = {_TEXT}\nerror = {_TEXT}\n"
    f"[[step]]\n{_TEXT} = {_TEXT}\n[[case]]\nname = {_TEXT}\nkeys = [{_TEXT}]\nexpect = {{ heard = [{_TEXT}], {_TEXT} = 1 }}\n"
)
_HELD = json.dumps("H\u202e[bold red]x[/]")  # what a document can hold of it
PLAYED = (
    f'name = {_HELD}\n[[step]]\nmessage = {_HELD}\n[[step]]\nkeypad = {_HELD}\nvariable = "A"\n[[step]]\nquery = {_HELD}\n'
    f'[[case]]\nname = {_HELD}\nkeys = ["1"]\nexpect = {{ heard = [{_HELD}, {_HELD}], variables = {{ A = {_HELD} }} }}\n'
)

# No colours: every escape is theirs. A progress bar, which `-q` leaves out, has some of its own
PLAIN = {"NO_COLOR": "1"}

ON_FILE = [
    ("verify", "FILE"),
    ("verify", "--explain", "FILE"),
    ("verify", "--json", "FILE"),
    ("sign", "FILE"),
    ("sign", "SIGNABLE"),
    ("sign", "SOUND", "--out", "FILE/x"),
    ("convert", "FILE"),
    ("convert", "--encoding", "utf-8", "FILE"),
    ("convert", "--to", "json", "FILE"),
    ("convert", "--check", "FILE"),
    ("convert", "FILE", "--output-dir", "FILE"),
    ("convert", "FILE", "FILE", "--output-dir", "out"),
    ("convert", "FILE", "-o", "FILE"),
    ("validate", "FILE"),
    ("validate", "--json", "FILE"),
    ("validate", "--output", "github", "FILE"),
    ("validate", "--output", "junit", "FILE"),
    ("validate", "--output", "sarif", "FILE"),
    ("show", "FILE"),
    ("show", "--json", "FILE"),
    ("show", "FILE", "--html", "FILE"),
    ("show", "FILE", "--svg", "FILE/x"),
    ("send-event", "fin", "FILE", "--dry-run", "--to", "http://127.0.0.1:9/"),
    ("send-query", "FILE", "--dry-run", "--to", "http://127.0.0.1:9/"),
    ("serve-query", "--once", "FILE", "--handler", "answering:answer"),
    ("replay", "FILE", "--to", "http://127.0.0.1:9/", "--dry-run"),
    ("-q", "replay", "FILE", "--to", "http://127.0.0.1:9/"),
    ("replay", "FILE", "--to", "http://127.0.0.1:9/", "--failed", "FILE"),
    ("show", "--calls", "FILE"),
    ("verify", "FILE#9"),
    ("simulate", "FILE", "--check"),
    ("simulate", "SCRIPT", "--check"),
    ("simulate", "SCRIPT", "--check", "--json"),
    ("simulate", "SCRIPT", "--to", "http://127.0.0.1:9/", "--keys", "1"),
    ("simulate", "PLAYED", "--to", "http://127.0.0.1:9/", "--test"),
    ("simulate", "PLAYED", "--to", "http://127.0.0.1:9/", "--test", "--output", "github"),
    ("simulate", "PLAYED", "--to", "http://127.0.0.1:9/", "--like", "FILE"),
    ("check-endpoint", "http://127.0.0.1:9/", "--baseline", "FILE"),
    ("config", "trust", "FILE"),
]
ON_TEXT = [
    ("TEXT",),
    ("--TEXT",),
    ("--color", "TEXT", "rules"),
    ("--config", "TEXT", "config", "show"),
    ("verify", "--TEXT"),
    ("verify", "--password-file", "TEXT", "SOUND"),
    ("sign", "--line", "TEXT", "--call", "TEXT"),
    ("convert", "--to", "TEXT", "SOUND"),
    ("validate", "--ignore", "TEXT", "SOUND"),
    ("validate", "--max-size", "TEXT", "SOUND"),
    ("rules", "TEXT"),
    ("sample", "TEXT"),
    ("sample", "query", "--name", "TEXT", "--var", "TEXT=TEXT"),
    ("schema", "TEXT"),
    ("schema", "fin", "--out", "TEXT/x"),
    ("send-event", "TEXT", "--to", "TEXT"),
    ("send-event", "fin", "--to", "TEXT"),
    ("send-event", "fin", "--line", "1", "--call", "2", "--caller", "TEXT", "--to", "http://TEXT/"),
    ("send-query", "TEXT", "--var", "TEXT", "--to", "http://127.0.0.1:9/TEXT"),
    ("send-query", "TEXT", "--curl", "--to", "http://127.0.0.1:9/TEXT"),
    ("serve-query", "--handler", "TEXT"),
    ("serve-query", "--handler", "answering:TEXT"),
    ("serve-query", "--handler", "answering:answer", "--host", "TEXT"),
    ("capture", "--out", "TEXT/x", "--port", "0"),
    ("capture", "--out", "out", "--forward-to", "TEXT"),
    ("replay", "SOUND", "--to", "TEXT"),
    ("replay", "SOUND", "--to", "http://127.0.0.1:9/", "--since", "TEXT"),
    ("replay", "SOUND", "--to", "http://127.0.0.1:9/", "--kind", "TEXT"),
    ("config", "TEXT"),
    ("config", "init", "--yes", "--out", "TEXT/x"),
    ("config", "set-password", "TEXT"),
    ("config", "trust", "TEXT"),
    ("completion", "TEXT"),
    ("help", "TEXT"),
    ("validate", "sound.xml#TEXT"),
    ("simulate", "TEXT", "--check"),
    ("simulate", "--example", "TEXT"),
    ("simulate", "PLAYED", "--to", "TEXT", "--keys", "1"),
    ("simulate", "PLAYED", "--to", "http://127.0.0.1:9/", "--keys", "TEXT"),
    ("simulate", "PLAYED", "--to", "http://127.0.0.1:9/", "--divert", "TEXT"),
    ("simulate", "PLAYED", "--to", "http://127.0.0.1:9/", "--test", "--case", "TEXT"),
    ("check-endpoint", "TEXT"),
    ("check-endpoint", "http://127.0.0.1:9/TEXT"),
    ("check-endpoint", "http://127.0.0.1:9/", "--only", "TEXT"),
    ("check-endpoint", "http://127.0.0.1:9/", "--query", "TEXT", "--var", "TEXT"),
    ("check-endpoint", "http://127.0.0.1:9/", "--echo", "TEXT"),
]


def judge(done, where):
    """Nothing that is obeyed, no line that begins with our forgery (those of a document's own text apart)."""
    assert done.code >= 0, where
    text = done.stderr.decode("utf-8").replace("\r\n", "\n")
    steering = [character for character in text if not character.isprintable() and character not in "\n\t"]
    assert not steering, (where, text)
    assert "bug of ours" not in text, (where, text)
    assert "No such option" not in text or any("--TEXT" in word for word in where), (where, text)
    assert text.strip(), where
    if where[-1] != "data":  # in a table, where it is folded, it may stand first in its column
        assert not re.search(r"^FORGED", text, re.MULTILINE), (where, text)


@pytest.fixture
def hostile(tmp_path, signed):
    """A folder with a file of a hostile name and content, and what fills in the words of the tables."""
    (tmp_path / NAME).write_bytes(DOCUMENT.encode())
    signable = DOCUMENT.replace(json.dumps(HOSTILE, ensure_ascii=False), '"1"', 3)  # line, call and signature
    (tmp_path / "signable.json").write_bytes(signable.encode())
    (tmp_path / "sound.xml").write_text(signed())
    (tmp_path / "answering.py").write_text(HANDLER, encoding="utf-8")
    (tmp_path / "script.toml").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "played.toml").write_text(PLAYED, encoding="utf-8")

    meant = {"FILE": NAME, "TEXT": HOSTILE, "SOUND": "sound.xml", "SIGNABLE": "signable.json"}
    meant |= {"SCRIPT": "script.toml", "PLAYED": "played.toml"}

    def fill(words):
        return [re.sub("|".join(meant), lambda found: meant[found[0]], word) for word in words]

    return fill


def test_no_command_is_left_out():
    from infocaller_cli.cli.app import COMMANDS, SUBCOMMANDS

    tried = {next((word for word in words if not word.startswith("-")), "") for words in (*ON_FILE, *ON_TEXT)}
    assert tried >= {*COMMANDS}
    assert {words[1] for words in ON_TEXT if words[0] == "config"} >= {*SUBCOMMANDS["config"]} - {"show"}  # which takes no argument


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "debug"])
@pytest.mark.parametrize("words", [*ON_FILE, *ON_TEXT], ids=" ".join)
def test_files_and_arguments(terminal, hostile, words, debug):
    shown = words[0] in ("sign", "convert") and not {"FILE", "SIGNABLE"}.isdisjoint(words)
    done = terminal("-v", *debug, *hostile(words), stdin=b"", env=PLAIN | {"INFOCALLER_PASSWORD": "3956"})
    # A traceback has the error's own lines; a converted document the document's
    judge(done, (*words, "data" if debug or shown else ""))


@pytest.mark.parametrize(
    "command", [("config", "show"), ("send-event", "fin", "sound.xml"), ("send-query", "STOCK"), ("verify", "sound.xml")]
)
@pytest.mark.parametrize("key", [LINE, f"urls.{LINE}", f"lines.{LINE}", "lines.1.password_command", "format"])
def test_a_configuration(terminal, hostile, tmp_path, command, key):
    table, _, name = key.rpartition(".")
    (tmp_path / NAME).write_text(
        f"[{'.'.join(map(json.dumps, table.split('.')))}]\n" * bool(table) + f"{json.dumps(name)} = {json.dumps(LINE)}\n"
    )
    judge(terminal("--config", NAME, *command, stdin=b"", env=PLAIN | {"INFOCALLER_PASSWORD": "3956"}), (command, key))
    (tmp_path / NAME).write_text(CONFIG + HOSTILE, encoding="utf-8")
    judge(terminal("--config", NAME, *command, stdin=b"", env=PLAIN | {"INFOCALLER_PASSWORD": "3956"}), (command, key))


RAW = LINE.encode()
HTTP = [
    b"HTTP/1.1 500 " + RAW + b"\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://" + RAW + b"/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: " + RAW + b"\r\n" + RAW + b": x\r\nContent-Length: %d\r\n\r\n" % len(RAW) + RAW,
    RAW + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: " + RAW + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER.encode()) + ANSWER.encode(),
]


@pytest.mark.parametrize("answer", HTTP, ids=range(len(HTTP)))
@pytest.mark.parametrize(
    "command",
    [
        ("send-event", "fin", "sound.xml", "--to", "URL"),
        ("send-query", "FILE", "--to", "URL"),
        ("send-query", "STOCK", "--line", "1", "--call", "2", "--to", "URL"),
        ("-q", "replay", "sound.xml", "--to", "URL"),
        ("simulate", "PLAYED", "--to", "URL", "--keys", "1"),
        ("simulate", "PLAYED", "--to", "URL", "--test"),
        ("-q", "check-endpoint", "URL", "--only", "CE0,CE1"),
    ],
    ids=["send-event", "send-query FILE", "send-query", "replay", "simulate", "simulate --test", "check-endpoint"],
)
def test_answers(terminal, hostile, endpoint, command, answer):
    one = endpoint(answer)
    words = [word.replace("URL", one.url) for word in hostile(command)]
    judge(terminal("-v", *words, stdin=b"", env=PLAIN | {"INFOCALLER_PASSWORD": "3956"}), (*command, "data"))


@pytest.mark.parametrize("command", [("serve-query", "--handler", "answering:answer"), ("capture", "--out", "FILE-out")])
def test_requests(server, hostile, command):
    one = server(*hostile(command))
    target = "/" + quote(HOSTILE)
    one.post(b"apiInfocaller=" + quote(DOCUMENT).encode(), target)
    one.post(DOCUMENT.encode(), target, User_Agent=LINE.encode("utf-8"))
    for raw in (
        b"GET /" + RAW + b" HTTP/1.1\r\nHost: " + RAW + b"\r\n\r\n",
        RAW + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + RAW + b": x\r\n\r\n",
    ):
        with one.connect() as connection:
            connection.sendall(raw)
            connection.recv(65536)
    one.stop()
    said = "\n".join(one.lines())
    assert not [character for character in said if not character.isprintable() and character != "\n"], said
    assert not re.search(r"^FORGED", said, re.MULTILINE), said


def test_completion(run, hostile, tmp_path):
    """What a shell would show: words of a configuration."""
    (tmp_path / "infocaller.toml").write_text(f"[urls.query]\n{json.dumps(LINE)} = 'http://127.0.0.1:9/'\n")
    for words in (("send-query", ""), ("config", "set-password", ""), ("--config", "infocaller.toml", "send-query", "H")):
        said = run(*words, env={"_INFOCALLER_COMPLETE": "zsh"}).out
        assert not [character for character in said if not character.isprintable() and character not in "\n\t"]
