"""Runs an ASGI application on uvicorn, hardened. It and `connection` are the only importers of uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import uvicorn
from uvicorn import Config
from uvicorn.server import Server as UvicornServer

from ...errors import ExitCode, UnreachableError, UsageError
from .connection import RELIED_ON, Connection
from .resources import prepare_process

# Connections that the system may hold for us, and how many of them we take at a time: over the limit of descriptors asyncio takes
# none for a second, and before the next turn `Connection` has made room
BACKLOG = 2048
_AT_A_TIME = 20
# What of uvicorn is used that it promises nobody, and the versions that are known to have it (before, pipelined requests were lost)
_RELIED_ON = RELIED_ON | {UvicornServer: "capture_signals handle_exit startup run servers server_state should_exit"}
_KNOWN_VERSIONS = "0.45 to 0.54"
_ADDRESS = "--host 127.0.0.1, or an address of this machine"


class Tls(NamedTuple):
    """A certificate and its key, as names of PEM files."""

    certificate: str
    key: str | None


def tls_of(certificate: str | None, key: str | None) -> Tls | None:
    """What --tls-cert and --tls-key name; None without them. Raises UsageError for what cannot be used."""
    if certificate is None:
        if key is not None:
            raise UsageError("--tls-key needs --tls-cert", "a key without its certificate is no use")
        return None
    for option, name in (("--tls-cert", certificate), ("--tls-key", key)):
        if name is not None and not os.access(name, os.R_OK):
            raise UsageError(f"{option} {name} cannot be read", "it is missing, or this user may not read it")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        why = getattr(error, "reason", None) or str(error)
        raise UsageError(
            "the certificate cannot be used",
            why.replace("_", " ").lower(),
            "both are PEM files; the key belongs to the certificate and has no pass phrase",
        ) from None
    return Tls(certificate, key)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises UnreachableError where the address cannot be had."""
    try:
        name = host.encode() if host.isascii() else host  # for a text, Python imports its tables of international names
        family, _, _, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # With the protocol 0 that is the default, asyncio would not set TCP_NODELAY on what it accepts: 40 ms an answer
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnreachableError(f"cannot listen on {host}", why, _ADDRESS) from None
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        hint = "--port 0 takes a free one" if port else _ADDRESS
        raise UnreachableError(f"cannot listen on {host} port {port}", error.strerror or str(error), hint) from None
    sock.set_inheritable(True)
    return sock


def url_of(sock: socket.socket, tls: Tls | None) -> str:
    """http://HOST:PORT of a listening socket."""
    host, port = sock.getsockname()[:2]
    return f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def configure(app: Any, tls: Tls | None, connection: type[Connection] = Connection, **more: Any) -> Config:
    """uvicorn's configuration: silent, no headers of its own but Date, our connections. Raises UsageError for a uvicorn without these."""
    _check_uvicorn()
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    return Config(
        app,
        http=connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level=logging.CRITICAL + 1,
        backlog=_AT_A_TIME,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        **more,
    )


def _check_uvicorn() -> None:
    for relied_on, names in _RELIED_ON.items():
        codes = [method.__code__ for method in vars(relied_on).values() if inspect.isfunction(method)]
        there = set(dir(relied_on)).union(*(code.co_names for code in codes))
        if missing := set(names.split()) - there:
            raise UsageError(
                f"uvicorn {uvicorn.__version__} cannot be used",
                f"its {relied_on.__name__} has no {', '.join(sorted(missing))}",
                f"uvicorn {_KNOWN_VERSIONS} have what the servers need",
            )


class Server(UvicornServer):
    """A server that ends with 0 once the requests in flight are answered, and at once at a second Ctrl-C."""

    def __init__(self, config: Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._interrupts = 0
        self._full = False

    def stop(self) -> None:
        """End as on SIGTERM."""
        self.should_exit = True

    def finish(self) -> None:
        """End, and take no request more from this moment on. To be called in the server's loop."""
        self.stop()
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._mishap)
        if self.config.is_ssl:
            from .handshake import shake_hands

            shake_hands(loop)
        await super().startup(sockets)
        for sock in sockets or ():
            sock.listen(BACKLOG)
        self._ready()

    def _mishap(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """asyncio would print a traceback for every connection that it cannot accept."""
        error = context.get("exception")
        if self._full and self.should_exit:  # its next try finds the socket closed
            return
        if not isinstance(error, OSError):
            loop.default_exception_handler(context)
        elif not self._full:
            self._full = True
            print(f"error: connections have to wait ({error.strerror or error})", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn would raise the signal again at the end, and the process would die of it."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self.handle_exit) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """The first Ctrl-C ends politely, the second at once."""
        if sig == signal.SIGINT:
            self._interrupts += 1
            if self._interrupts > 1:
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.flush()
                os._exit(ExitCode.INTERRUPTED)
        self.should_exit = True


def serve(config: Config, sock: socket.socket, ready: Callable[[Server], None]) -> int:
    """Serve until a signal or `Server.stop`; `ready` gets the server once it accepts connections. Returns the exit code."""
    server = Server(config, lambda: ready(server))
    Connection.most = prepare_process()
    server.run(sockets=[sock])
    return ExitCode.OK
