"""Receives Infocaller's events and queries with Flask. Run: INFOCALLER_PASSWORD=3956 flask --app flask_receiver run --port 8000"""

from documents import respond
from flask import Flask, Response, request

app = Flask(__name__)


@app.post("/")
@app.post("/<path:_>")
def receive(_: str = "") -> Response:
    # The raw body, before anything asks for request.form: that would decode ISO-8859-1 as UTF-8, and leave nothing here
    status, content_type, body = respond(request.get_data())
    return Response(body, status, content_type=content_type)
