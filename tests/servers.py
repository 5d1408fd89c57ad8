"""Servers the tests talk to: a command that serves, and endpoints that misbehave."""

import contextlib
import http.client
import itertools
import re
import signal
import socket
import threading

# Far above what any command takes, even on a busy machine: a hang is a failure, slowness is none
PATIENCE = 120


class Running:
    """A server of ours in a process of its own, ready to answer."""

    def __init__(self, process):
        self.process = process
        self._lines = []
        self._came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.wait_for("listening on ").rpartition(" ")[2]
        self.host, _, port = self.url.partition("://")[2].rpartition(":")
        self.port = int(port)

    def _read(self):
        with self.process.stderr as stream:
            for line in stream:
                with self._came:
                    self._lines.append(line.decode().rstrip("\n"))
                    self._came.notify_all()
        with self._came:
            self._lines.append(None)
            self._came.notify_all()

    def lines(self):
        """What it has printed on stderr so far."""
        with self._came:
            return [line for line in self._lines if line is not None]

    def wait_for(self, text, count=1):
        """The line that holds a text, once it has come so many times."""
        found = []

        def there():
            found[:] = [line for line in self._lines if line is not None and text in line]
            return len(found) >= count or None in self._lines

        with self._came:
            assert self._came.wait_for(there, PATIENCE), f"{text!r} never came, only {self._lines}"
            assert len(found) >= count, f"it ended without {text!r}: {self._lines}"
        return found[count - 1]

    def stop(self, number=signal.SIGTERM):
        """Send a signal, and wait for the exit code and the last line."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        with self._came:
            self._came.wait_for(lambda: None in self._lines, 10)
        return code

    def post(self, body, path="/", **headers):
        """Status, headers and body of the answer to a POST."""
        return self.request("POST", path, body, **headers)

    def request(self, method, path="/", body=None, **headers):
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            named.setdefault("Content-Type", "application/x-www-form-urlencoded")
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def connect(self):
        """A bare connection."""
        return socket.create_connection((self.host, self.port), timeout=PATIENCE)


class Endpoint:
    """A server that does what a test says with each connection, in a thread: `behave(connection, number)`, numbers from 0."""

    def __init__(self, behave):
        self._behave = behave
        self._sock = socket.create_server(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.requests = []
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        for number in itertools.count():
            try:
                connection = self._sock.accept()[0]
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._run, args=(connection, number), daemon=True).start()

    def _run(self, connection, number):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(PATIENCE)
            self._behave(connection, number)

    def read(self, connection):
        """The next request on a connection: (head, body); None at its end. It is kept in `requests`."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while len(body) < int(length[1] if length else 0):
            body += connection.recv(65536)
        self.requests.append((head, body))
        return head, body

    def close(self):
        with contextlib.suppress(OSError):  # who waits in accept would still take one
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
