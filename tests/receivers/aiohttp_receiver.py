"""Receives Infocaller's events and queries with aiohttp. Run: INFOCALLER_PASSWORD=3956 PORT=8000 python aiohttp_receiver.py"""

import os

from aiohttp import web
from documents import respond


async def receive(request: web.Request) -> web.Response:
    # The raw body, not request.post(): that decodes ISO-8859-1 as UTF-8
    status, content_type, body = respond(await request.read())
    return web.Response(text=body, status=status, content_type=content_type)


app = web.Application()
app.router.add_post("/{_:.*}", receive)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]))
