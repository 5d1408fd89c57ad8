"""TLS on a connection that was accepted. Only imported where a server speaks it."""

from __future__ import annotations

from asyncio.sslproto import SSLProtocol
from functools import partial
from typing import TYPE_CHECKING, Any

from .connection import PATIENCE, Connection

if TYPE_CHECKING:
    import asyncio
    import ssl
    from collections.abc import Callable

# Seconds for a client's goodbye, once all is said; asyncio waits half a minute, with a descriptor
_GOODBYE = 1


class Handshake(SSLProtocol):
    """asyncio's TLS, of a connection that counts from the moment it is accepted.

    Left to asyncio, a server hears of a connection once the handshake is over: those whose clients never begin it would take
    all descriptors, unseen.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, create: Callable[[], Connection], context: ssl.SSLContext) -> None:
        self._connection = create()
        waiter: Any = None  # nobody waits for it
        super().__init__(
            loop, self._connection, context, waiter, server_side=True, ssl_handshake_timeout=int(PATIENCE), ssl_shutdown_timeout=_GOODBYE
        )

    def connection_made(self, transport: Any) -> None:
        self._connection.accepted(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connection.connections.discard(self._connection)  # it never hears of the end if the handshake failed
        super().connection_lost(exc)


def shake_hands(loop: asyncio.AbstractEventLoop) -> None:
    """Let the servers of a loop that speak TLS speak it so."""
    plain = loop.create_server

    async def create_server(create: Callable[[], Connection], *, ssl: ssl.SSLContext, **more: Any) -> asyncio.Server:
        return await plain(partial(Handshake, loop, create, ssl), **more)

    loop.create_server = create_server  # type: ignore[method-assign, assignment]
