"""Flask."""

from flask import Flask, Response, request
from shop import PASSWORDS, SEEN, said, status
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from infocaller_cli import DecodeError, SignatureError, answer, create_wsgi_app, receive

app = Flask(__name__)


@app.post("/orders")
def orders():
    reply = answer(request.get_data(), status, password=PASSWORDS.get, content_type=request.content_type)
    return Response(reply.body, reply.status, content_type=reply.content_type)


@app.post("/late")
def late():
    """The form is parsed before: too late."""
    assert request.form is not None
    reply = answer(request.get_data(), status, password=PASSWORDS.get, content_type=request.content_type)
    return Response(reply.problem, reply.status)


@app.post("/ev")
def events():
    try:
        event = receive(request.get_data(), request.url, password=PASSWORDS.get, content_type=request.content_type, seen=SEEN)
    except (SignatureError, DecodeError) as error:
        return Response(str(error), error.status)
    return said(event)


app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/mounted": create_wsgi_app(status, password=PASSWORDS.get)})
