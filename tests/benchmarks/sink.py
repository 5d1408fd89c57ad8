"""An endpoint that answers 200 to everything, as cheaply as Python can: python sink.py PORT"""

import asyncio
import re
import sys

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Sink(asyncio.Protocol):
    """Counts bytes, and answers at the end of each request."""

    def connection_made(self, transport):
        self._transport = transport
        self._data = b""

    def data_received(self, data):
        data = self._data + data
        answers = 0
        while (head := data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(data, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(data) < end:
                break
            answers += 1
            data = data[end:]
        self._data = data
        if answers:
            self._transport.write(_ANSWER * answers)


async def _serve(port):
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def run():
    """Serve."""
    asyncio.run(_serve(int(sys.argv[1])))
