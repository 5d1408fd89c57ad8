"""The same bare WSGI application twice: one calls `answer`, one unquotes, parses with lxml, checks the MD5 and answers by hand."""

import hashlib
from urllib.parse import unquote_to_bytes

from lxml import etree

from infocaller_cli import answer

_ANSWER = (
    b'<?xml version="1.0" encoding="ISO-8859-1"?><ApiCall xmlns="http://tempuri.org/" encoding="ISO-8859-1"><Status><Result>0</Result>'
    b"<ResultText></ResultText></Status><CustVars><CustVar><VarName>PEDIDO</VarName><VarValue>%d</VarValue></CustVar></CustVars></ApiCall>"
)
_NS = "{http://tempuri.org/}"


def status(query):
    """The handler."""
    return {"PEDIDO": 2 if query.variables.get("NUMPEDIDO") else 0}


def with_answer(environ, start_response):
    """No limits but those of `answer`."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    reply = answer(body, status, password="3956", content_type=environ["CONTENT_TYPE"])
    start_response(f"{reply.status} Answered", [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))])
    return [reply.body]


def by_hand(environ, start_response):
    """No rules, no limits, nothing told: what is not as expected is a traceback."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    variable, _, value = body.partition(b"=")
    root = etree.fromstring(unquote_to_bytes(value.replace(b"+", b" ")))
    user = root.find(f"{_NS}UserID")
    text = user.findtext(f"{_NS}LineNumber") + user.findtext(f"{_NS}CallSequence") + "3956"
    good = variable == b"apiInfocaller" and hashlib.md5(text.encode("latin-1")).hexdigest() == user.findtext(f"{_NS}Signature")
    variables = {one.findtext(f"{_NS}VarName"): one.findtext(f"{_NS}VarValue") for one in root.iter(f"{_NS}CustVar")}
    reply = _ANSWER % (2 if variables.get("NUMPEDIDO") else 0)
    start_response("200 OK" if good else "403 Forbidden", [("Content-Type", "text/xml"), ("Content-Length", str(len(reply)))])
    return [reply]
