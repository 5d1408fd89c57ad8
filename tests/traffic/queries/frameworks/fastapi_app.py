"""FastAPI, and Starlette below it."""

from fastapi import FastAPI, Request, Response
from shop import PASSWORDS, SEEN, said, status, status_async
from starlette.routing import Route

from infocaller_cli import DecodeError, SignatureError, answer_async, create_app, receive

# A route, not a mount: that answers 307 to a URL without the final slash, and a POST does not follow it
app = FastAPI(routes=[Route("/mounted", create_app(status, password=PASSWORDS.get))])


@app.post("/orders")
async def orders(request: Request):
    body = await request.body()
    reply = await answer_async(body, status_async, password=PASSWORDS.get, content_type=request.headers.get("content-type"))
    return Response(reply.body, reply.status, {"content-type": reply.content_type})


@app.post("/late")
async def late(request: Request):
    """The body is read before: Starlette keeps it. After `request.form()` it would raise."""
    await request.body()
    return await orders(request)


@app.post("/ev")
async def events(request: Request):
    body = await request.body()
    try:
        event = receive(body, str(request.url), password=PASSWORDS.get, content_type=request.headers.get("content-type"), seen=SEEN)
    except (SignatureError, DecodeError) as error:
        return Response(str(error), error.status)
    return Response(said(event))
