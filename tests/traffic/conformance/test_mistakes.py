"""Small applications with one mistake each: exactly the checks that name it fail, and no other. Without one, all pass."""

import base64
import hashlib
import http.server
import json
import re
import shutil
import socket
import subprocess
import threading
import time
import traceback
from typing import ClassVar
from urllib.parse import unquote_plus, unquote_to_bytes
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
FORMATS = ("xml", "json")
# What only a warning is: the sound application answers every query by whatever name, and has no certificate
ASKED = (
    "--query",
    "ESTADO PEDIDO",
    "--echo",
    "NOMBRE=ECO",
    "--expect",
    "PEDIDO=2",
    "--skip",
    "CE411",
    "--skip",
    "CE608",
    "--output",
    "json",
)


class RefusedError(Exception):
    """What is answered with a status."""


class Sound(http.server.BaseHTTPRequestHandler):
    """An application in the standard library alone. Each mistake is a class that does one thing otherwise."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        text = ""
        try:
            text = self.text_of(body)
            user, _, variables = (self.read_json if self.is_json(text) else self.read_xml)(text)
            self.authenticate(user)
            values = self.look_up(variables)
        except RefusedError as error:
            self.respond(403, *self.written(text, "1", str(error), {}))
        except Exception:
            self.broken(text)
        else:
            self.respond(200, *self.written(text, "0", "OK", values))

    def text_of(self, body):
        data = self.document(body)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("iso-8859-1")

    def document(self, body):
        if self.headers["Content-Type"].startswith("multipart/"):
            return body.partition(b"\r\n\r\n")[2].partition(b"\r\n--")[0]
        return unquote_to_bytes(body.partition(b"apiInfocaller=")[2].replace(b"+", b" "))

    def is_json(self, text):
        return text.startswith("{")

    def read_json(self, text):
        call = json.loads(text)["ApiCall"]
        return call["UserID"], call["Infocaller"]["QueryName"], {one["VarName"]: one["VarValue"] for one in call["CustVars"]["CustVar"]}

    def read_xml(self, text):
        if "<!DOCTYPE" in text:
            raise ValueError("no entities here")
        call = self.parsed(text)
        user = {part.tag.partition("}")[2]: part.text or "" for part in call.find("{*}UserID")}
        variables = {one.findtext("{*}VarName"): one.findtext("{*}VarValue") or "" for one in call.iter("{http://tempuri.org/}CustVar")}
        return user, call.findtext("{*}Infocaller/{*}QueryName"), self.named(call.tag, variables)

    def named(self, root, variables):
        if not root.endswith("}ApiCall"):
            raise ValueError("another root")
        return variables

    def parsed(self, text):
        return ElementTree.fromstring(text.partition("?>")[2] if text.startswith("<?xml") else text)

    def authenticate(self, user):
        signed = f"{user['LineNumber']}{user['CallSequence']}3956".encode("iso-8859-1")
        if user.get("Signature", "").lower() != hashlib.md5(signed).hexdigest():
            raise RefusedError("wrong signature")

    def look_up(self, variables):
        return {"PEDIDO": "2", "ECO": variables.get("NOMBRE", "")}

    def broken(self, text):
        self.respond(400, *self.written(text, "1", "not readable", {}))

    def written(self, text, result, words, values):
        if self.is_json(text):
            pairs = [{"VarName": name, "VarValue": value} for name, value in values.items()]
            document = {"ApiCall": {"Status": {"Result": result, "ResultText": words}, "CustVars": {"CustVar": pairs}}}
            return "application/json", json.dumps(document)
        return self.as_xml(result, words, values)

    def as_xml(self, result, words, values):
        quotes = {"'": "&apos;", '"': "&quot;"}
        pairs = "".join(f"<CustVar><VarName>{n}</VarName><VarValue>{escape(v, quotes)}</VarValue></CustVar>" for n, v in values.items())
        status = f"<Status><Result>{result}</Result><ResultText>{words}</ResultText></Status>"
        return "text/xml", f'<ApiCall xmlns="http://tempuri.org/">{status}<CustVars>{pairs}</CustVars></ApiCall>'

    def respond(self, status, content_type, text):
        body = text.encode("ascii", "xmlcharrefreplace")
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.respond(405, "text/plain", "")

    def log_message(self, *_):
        """Nothing."""


class Unsigned(Sound):
    def authenticate(self, user):
        """Whoever asks is answered."""


class FormAsUtf8(Sound):
    def text_of(self, body):
        if self.headers["Content-Type"].startswith("multipart/"):
            return super().text_of(body)
        return unquote_plus(body.partition(b"apiInfocaller=")[2].decode("ascii"), "utf-8", "replace")


class XmlAlways(Sound):
    def written(self, text, result, words, values):
        return self.as_xml(result, words, values)


class TraceShown(Sound):
    def broken(self, text):
        self.respond(500, "text/plain", traceback.format_exc())


class WarningBefore(Sound):
    def respond(self, status, content_type, text):
        warning = "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/var/www/html/orders.php</b> on line <b>12</b><br />\n"
        super().respond(status, content_type, warning + text)


class Global(Sound):
    name = ""

    def look_up(self, variables):
        Global.name = variables.get("NOMBRE", "")
        time.sleep(0.02)
        return {"PEDIDO": "2", "ECO": Global.name}


class Slow(Sound):
    def look_up(self, variables):
        time.sleep(0.3)
        return super().look_up(variables)


class SecretTold(Sound):
    def authenticate(self, user):
        try:
            super().authenticate(user)
        except RefusedError:
            signed = hashlib.md5(f"{user['LineNumber']}{user['CallSequence']}3956".encode()).hexdigest()
            raise RefusedError(f"expected {signed}") from None


class EntitiesRead(Sound):
    def parsed(self, text):
        text = re.sub(r'<!DOCTYPE ApiCall \[<!ENTITY x SYSTEM "file:///etc/passwd">\]>', "", text)
        return super().parsed(text.replace("&x;", "root:x:0:0:root:/root:/bin/sh"))

    def read_xml(self, text):
        return super().read_xml(self._without(text))

    def _without(self, text):
        found = re.search(r'<!DOCTYPE ApiCall \[<!ENTITY x SYSTEM "file:///etc/passwd">\]>', text)
        return text.replace(found[0], "").replace("&x;", "root:x:0:0:root:/root:/bin/sh") if found else text


class ZerosLost(Sound):
    def look_up(self, variables):
        name = variables.get("NOMBRE", "")
        return {"PEDIDO": "2", "ECO": str(int(name)) if name.isdecimal() and len(name) == 6 and name.startswith("0001") else name}


class AnyRoot(Sound):
    def named(self, root, variables):
        return variables


class SaysHtml(Sound):
    def respond(self, status, content_type, text):
        super().respond(status, "text/html", text)


class Wordless(Sound):
    def as_xml(self, result, words, values):
        content_type, text = super().as_xml(result, words, values)
        return content_type, text.replace(f"<ResultText>{words}</ResultText>", "")


class OnceACall(Sound):
    """It takes a call that asks again for a replay."""

    seen: ClassVar = set()

    def authenticate(self, user):
        super().authenticate(user)
        if user["CallSequence"] in self.seen:
            raise RefusedError("this call has asked before")
        self.seen.add(user["CallSequence"])


class CaseMatters(Sound):
    def authenticate(self, user):
        if user.get("Signature", "").isupper():
            raise RefusedError("wrong signature")
        super().authenticate(user)


class Unstable(Sound):
    def look_up(self, variables):
        return {"PEDIDO": "2", "ECO": "", "AHORA": str(time.perf_counter_ns())}


MISTAKES = [
    (Sound, "xml", {}),
    (Sound, "json", {}),
    (Unsigned, "xml", {"CE301", "CE302", "CE303", "CE304"}),
    (Unsigned, "json", {"CE301", "CE302", "CE303", "CE304"}),
    (FormAsUtf8, "xml", {"CE101"}),
    (FormAsUtf8, "json", {}),
    (XmlAlways, "xml", {}),
    (XmlAlways, "json", {"CE001", "CE501"}),
    (TraceShown, "xml", {"CE408", "CE409"}),
    (TraceShown, "json", {"CE408", "CE409"}),
    (WarningBefore, "xml", {"CE001", "CE505"}),
    (WarningBefore, "json", {"CE001", "CE505"}),
    (Global, "xml", {"CE602"}),
    (Slow, "json", {"CE606", "CE607"}),
    (SecretTold, "json", {"CE308"}),
    (EntitiesRead, "xml", {"CE309"}),
    (ZerosLost, "json", {"CE205"}),
    (AnyRoot, "xml", {"CE404"}),
    (SaysHtml, "json", {"CE502"}),
    (Wordless, "xml", {"CE506"}),
    (OnceACall, "json", {"CE601"}),
    (CaseMatters, "xml", {"CE305"}),
]


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A connection that was hung up is no news."""


@pytest.fixture
def serving():
    """A function: the URL of an application that runs in threads."""
    servers = []

    def start(application):
        server = Server(("127.0.0.1", 0), application)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/orders"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def rows_of(done):
    *rows, last = map(json.loads, done.out.splitlines())
    return rows, last["summary"]


@pytest.mark.parametrize(("application", "format", "named"), MISTAKES, ids=[f"{one.__name__}-{format}" for one, format, _ in MISTAKES])
def test_a_mistake_fails_the_checks_that_name_it_and_no_other(application, format, named, serving, run):
    waiting = ("--timeout", "0.2") if application is Slow else ()
    done = run("check-endpoint", serving(application), *ASKED, "--format", format, *waiting, env=PASSWORD)
    rows, summary = rows_of(done)
    failed = {row["code"]: row["came"] for row in rows if row["verdict"] in ("fail", "warn")}
    assert failed.keys() == set(named), failed
    musts = {row["code"] for row in rows if row["verdict"] == "fail"}
    assert done.code == (1 if musts else 0)
    assert summary["requests"] <= 300
    assert all(row["came"] for row in rows if row["verdict"] == "skip")


def test_without_format_the_configuration_says_it_and_no_other_is_sent(serving, run, tmp_path):
    (tmp_path / "infocaller.toml").write_text('format = "json"\n')
    done = run("check-endpoint", serving(Sound), *ASKED, "--only", "CE1", "--out", "calls.ndjson", env=PASSWORD)
    assert {row["format"] for row in rows_of(done)[0] if row["verdict"] == "pass"} == {"json"}
    bodies = [base64.b64decode(json.loads(line)["body"]) for line in (tmp_path / "calls.ndjson").read_text().splitlines()]
    assert not [body for body in bodies if b"tempuri" in body]


def test_what_cannot_be_compared_is_skipped_and_no_pass(serving, run):
    done = run("check-endpoint", serving(Unstable), "--query", "ESTADO PEDIDO", "--output", "json", env=PASSWORD)
    rows, _ = rows_of(done)
    verdicts = {row["code"]: row["verdict"] for row in rows}
    assert done.code == 1
    assert (verdicts["CE001"], verdicts["CE101"], verdicts["CE601"]) == ("pass", "skip", "skip")
    assert (verdicts["CE301"], verdicts["CE401"]) == ("pass", "pass")
    assert "answered in another way" in next(row["came"] for row in rows if row["code"] == "CE101")


# ---- PHP ----

PHP_READS = """<?php
$root = @simplexml_load_string($_POST['apiInfocaller'] ?? '');
if (!$root || $root->getName() !== 'ApiCall') { http_response_code(400); exit; }
$call = $root->children('http://tempuri.org/');
if (md5($call->UserID->LineNumber . $call->UserID->CallSequence . '3956') !== strtolower($call->UserID->Signature)) {
    http_response_code(403); exit; }
header('Content-Type: text/xml');
echo '<ApiCall xmlns="http://tempuri.org/"><Status><Result>0</Result><ResultText>OK</ResultText></Status><CustVars/></ApiCall>';
"""
PHP_WARNS = PHP_READS.replace("header('Content-Type", "ini_set('display_errors', '1'); echo $nobody; header('Content-Type")
PHP = {
    # Without a declaration, libxml reads UTF-8 and nothing else
    "simplexml": (PHP_READS, {"CE101"}),
    "warning": (PHP_WARNS, {"CE001", "CE505"}),
}


@pytest.mark.skipif(not shutil.which("php"), reason="php is not installed")
@pytest.mark.parametrize("mistake", PHP)
def test_a_mistake_in_php(mistake, tmp_path, run):
    source, named = PHP[mistake]
    (tmp_path / "orders.php").write_text(source)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with subprocess.Popen(["php", "-S", f"127.0.0.1:{port}", "orders.php"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.05)
            url = f"http://127.0.0.1:{port}/orders.php"
            done = run(
                "check-endpoint", url, "--query", "ESTADO PEDIDO", "--format", "xml", "--skip", "CE411", "--output", "json", env=PASSWORD
            )
        finally:
            process.kill()
    rows, _ = rows_of(done)
    failed = {row["code"]: row["came"] for row in rows if row["verdict"] in ("fail", "warn")}
    assert failed.keys() == named, failed
    assert done.code == 1
    assert all(row["mend"].startswith("PHP: ") for row in rows if row["verdict"] == "fail")
