"""Receives Infocaller's events and queries with FastAPI. Run: INFOCALLER_PASSWORD=3956 uvicorn fastapi_receiver:app --port 8000"""

from documents import respond
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/{_:path}")
async def receive(request: Request, _: str) -> Response:
    # The raw body, not a form parameter: that would decode ISO-8859-1 as UTF-8. A text that is returned would become a JSON string
    status, content_type, body = respond(await request.body())
    return Response(body, status, media_type=content_type)
