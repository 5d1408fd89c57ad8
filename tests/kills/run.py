"""What is left after SIGKILL: python tests/kills/run.py [--capture 300] [--replay 100] [--writers 100]

- `capture` under load: every request that was answered stands in the file, which stays readable, round after round.
- `replay --journal`: the same command goes on; a request is sent twice only if it was in flight, one a connection.
- Each command that writes a file: what stands under the name is the old content or the new one, whole; what is appended is whole lines.

Prints a line of figures for each; exit code 1 where something was lost. Not in CI: it takes minutes.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from base64 import b64decode, b64encode
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote_plus

CLI = [sys.executable, "-m", "infocaller_cli"]
CLIENTS, CONNECTIONS, REQUESTS = 4, 8, 300
LOAD_SECONDS = 0.4
SCRIPT = '[[step]]\nkeypad = "the number"\nvariable = "A"\n[[step]]\nquery = "Q"\n'
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    "INFOCALLER_PASSWORD": "3956",
    "XDG_CONFIG_HOME": "home",
}


def start(folder, *arguments):
    command, quiet = [*CLI, *map(str, arguments)], subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdin=quiet, stdout=quiet, stderr=subprocess.PIPE)


def finished(folder, *arguments):
    command = [*CLI, *map(str, arguments)]
    return subprocess.run(command, check=False, cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True)


def killed(process):
    process.kill()
    process.wait()
    process.stderr.close()


def document(call):
    user = {"LineNumber": "123456789", "CallSequence": str(call), "Signature": "0" * 32}
    return json.dumps({"ApiCall": {"UserID": user, "Infocaller": {"CallType": "R", "CallerNumber": "X"}, "CustVars": {"CustVar": []}}})


def records_of(path):
    """The whole records of a capture, and how many lines are torn."""
    records, torn = [], 0
    for line in path.read_bytes().splitlines() if path.exists() else []:
        try:
            records.append(json.loads(line))
        except ValueError:
            torn += 1
    return records, torn


# ---- capture ----


def post_until_killed(port, numbers, answered):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        while True:
            with numbers[1]:
                numbers[0] += 1
                call = numbers[0]
            body = "apiInfocaller=" + quote_plus(document(call))
            connection.request("POST", "/ev", body, {"Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                answered.append(str(call))
    except (OSError, http.client.HTTPException):
        pass


def capture_kills(folder, rounds):
    answered, numbers, sizes = [], [0, threading.Lock()], []
    for _ in range(rounds):
        process = start(folder, "capture", "--out", "calls.ndjson", "--port", "0")
        port = next(int(line.rsplit(b":", 1)[1].strip(b"/ \n")) for line in process.stderr if b"listening on" in line)
        drain = threading.Thread(target=process.stderr.read)
        clients = [threading.Thread(target=post_until_killed, args=(port, numbers, answered)) for _ in range(CLIENTS)]
        for thread in (drain, *clients):
            thread.start()
        time.sleep(random.uniform(0.02, LOAD_SECONDS))
        process.kill()
        for thread in (drain, *clients):
            thread.join()
        killed(process)
        sizes.append((folder / "calls.ndjson").stat().st_size)
    records, torn = records_of(folder / "calls.ndjson")
    kept = {record["call"] for record in records}
    lost = [call for call in answered if call not in kept]
    read = finished(folder, "validate", "--json", "calls.ndjson") if rounds else None
    unreadable = 0 if read is None else len(records) - sum(b'"part": "request"' in line for line in read.stdout.splitlines())
    print(f"capture: {rounds} kills, {len(answered):,} answered, {len(lost)} lost, {torn} lines torn, {unreadable} records unreadable")
    return not lost and not unreadable and sizes == sorted(sizes)


# ---- replay ----


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    status = 200
    seen: ClassVar = Counter()
    reached = threading.Event()
    goal = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Sink.seen[body] += 1
        if sum(Sink.seen.values()) >= Sink.goal:
            Sink.reached.set()
        self.send_response(Sink.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    @classmethod
    def expect(cls, goal, status=200):
        cls.seen, cls.goal, cls.status, cls.reached = Counter(), goal, status, threading.Event()


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):  # whom we kill resets its connections
        pass


def sink_url():
    server = Server(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def write_calls(path):
    rows = [
        {"ts": "2026-11-23T10:00:00Z", "method": "POST", "url": "http://x/", "kind": "fin", "line": "1", "call": str(n),
         "body": b64encode(b"%d" % n).decode()}
        for n in range(REQUESTS)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def replay_kills(folder, rounds):
    url = sink_url()
    write_calls(folder / "calls.ndjson")
    repeated = too_often = missing = failures = after_all = 0
    for number in range(rounds):
        connections = CONNECTIONS if number % 2 else 1
        (folder / "journal").unlink(missing_ok=True)
        command = ("replay", "calls.ndjson", "--to", url, "--journal", "journal", "--concurrency", connections)
        Sink.expect(random.randint(1, REQUESTS - 20))
        process = start(folder, *command)
        Sink.reached.wait(60)
        killed(process)
        time.sleep(0.05)  # what was on the way arrives
        done = finished(folder, *command)
        failures += done.returncode != 0
        missing += REQUESTS - len(Sink.seen)
        twice = sum(Sink.seen.values()) - len(Sink.seen)
        repeated += twice
        too_often += twice > connections
        if number % 10 == 0:
            finished(folder, *command)
            after_all += sum(Sink.seen.values()) - len(Sink.seen) - twice
    print(
        f"replay --journal: {rounds} kills of {REQUESTS} requests, {missing} missing, {repeated} sent twice "
        f"({too_often} rounds with more than one a connection), {after_all} sent by a finished one, {failures} did not go on"
    )
    return not (missing or too_often or failures or after_all)


# ---- what writes ----


def is_json(data):
    try:
        return bool(json.loads(data))
    except ValueError:
        return False


def is_lines(data):
    """A file that is appended to: whole lines, but for the last, which the next that appends ends."""
    return all(map(is_json, data.split(b"\n")[:-1]))


def is_script(data):
    return data.startswith(SCRIPT.encode()) and len(tomllib.loads(data.decode()).get("case", ())) == data.count(b"[[case]]")


def writers(folder, url):
    """Name, command ({} is another word each time), whether what stands there afterwards is whole, and where."""
    (folder / "call.json").write_text(document(1))
    (folder / "documents.ndjson").write_text("".join(document(n) + "\n" for n in range(400)))
    (folder / "script.toml").write_text(SCRIPT)
    (folder / "infocaller.toml").write_text('format = "xml"\n')
    out = folder / "out"
    page = lambda data: data.startswith(b"<!DOCTYPE html>") and data.rstrip().endswith(b"</html>")  # noqa: E731
    picture = lambda data: data.rstrip().endswith(b"</svg>")  # noqa: E731
    settings = lambda data: data.count(b"\n") > 10 and data.endswith(b"\n")  # noqa: E731
    sums = lambda data: data.count(b"\n") == 1 and len(data.split()[0]) == 64  # noqa: E731
    xml = lambda data: data.rstrip().endswith(b"</ApiCall>")  # noqa: E731
    played = ("simulate", "script.toml", "--to", url, "--keys", "1")
    yield "sign --out", ("sign", "call.json", "--out", "out"), is_json, out
    yield "convert --out", ("convert", "call.json", "--out", "out"), xml, out
    yield "convert --output-dir", ("convert", "documents.ndjson", "--output-dir", "out", "--jobs", "1"), xml, out
    yield "convert --output-dir --force", ("convert", "documents.ndjson", "--output-dir", "out", "--force", "--jobs", "2"), xml, out
    yield "show --html", ("show", "call.json", "--html", "out"), page, out
    yield "show --svg", ("show", "call.json", "--svg", "out"), picture, out
    yield "schema --out", ("schema", "fin", "--format", "json", "--out", "out"), is_json, out
    yield "config init", ("config", "init", "--yes", "--out", "out", "--force"), settings, out
    yield "config trust", ("config", "trust"), sums, folder / "home" / "infocaller" / "trusted"
    yield "simulate --save-case", (*played, "--save-case", "case {}"), is_script, folder / "script.toml"
    yield "simulate --out", (*played, "--out", "out"), is_lines, out
    yield "check-endpoint --out", ("check-endpoint", url, "--query", "Q", "--out", "out"), is_lines, out


def written(path):
    """What stands under a name: a file, or the files of a folder."""
    if path.is_dir():
        return [one.read_bytes() for one in path.iterdir() if not one.name.startswith(".")]
    return [path.read_bytes()] if path.exists() else []


def cleared(path):
    for one in [*path.iterdir()] if path.is_dir() else [path]:
        one.unlink(missing_ok=True)


def writer_kills(folder, rounds):
    good = True
    url = sink_url()
    Sink.expect(1 << 30)
    for name, command, whole, out in writers(folder, url):
        cleared(folder / "out")
        if (folder / "out").is_dir():
            (folder / "out").rmdir()
        began = time.perf_counter()
        finished(folder, *(word.format("first") for word in command))
        took = time.perf_counter() - began
        first = [whole(data) for data in written(out)]
        torn = early = 0
        for number in range(rounds):
            if ("--output-dir" in command and "--force" not in command) or name == "config trust":
                cleared(out)
            process = start(folder, *(word.format(number) for word in command))
            time.sleep(random.uniform(took / 4, took * 1.1))
            early += process.poll() is None
            killed(process)
            torn += sum(not whole(data) for data in written(out))
            if whole is is_lines:  # a torn end is of this kill
                cleared(out)
        left = sum(one.name.startswith(".") and one.is_file() for one in [*folder.iterdir(), *(out.iterdir() if out.is_dir() else [])])
        print(f"{name}: {rounds} kills ({early} before its end), {torn} torn, {left} temporary files left")
        good = good and bool(first) and all(first) and not torn
    return good


def failed_kills(folder, rounds):
    """`replay --failed`: what is journalled as finished stands there."""
    url = sink_url()
    write_calls(folder / "calls.ndjson")
    lost = torn_inside = failures = 0
    for _ in range(rounds):
        for name in ("journal", "failed.ndjson"):
            (folder / name).unlink(missing_ok=True)
        command = ("replay", "calls.ndjson", "--to", url, "--journal", "journal", "--failed", "failed.ndjson")
        Sink.expect(random.randint(1, REQUESTS - 20), status=500)
        process = start(folder, *command)
        Sink.reached.wait(60)
        killed(process)
        failures += finished(folder, *command).returncode not in (0, 1)
        records, torn = records_of(folder / "failed.ndjson")
        lost += REQUESTS - len({b64decode(record["body"]) for record in records})
        torn_inside += torn > 1
    print(f"replay --failed: {rounds} kills, {lost} failures lost, {torn_inside} rounds with lines torn inside, {failures} did not go on")
    return not (lost or torn_inside or failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--capture", type=int, default=300)
    parser.add_argument("--replay", type=int, default=100)
    parser.add_argument("--writers", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    random.seed(given.seed)
    good = True
    for kills, rounds in (
        (capture_kills, given.capture),
        (replay_kills, given.replay),
        (failed_kills, given.writers),
        (writer_kills, given.writers),
    ):
        if rounds:
            with tempfile.TemporaryDirectory() as folder:
                good = kills(Path(folder), rounds) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
