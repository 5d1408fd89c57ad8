"""The floor of serve-query: uvicorn with httptools and an application that unquotes, parses, checks the MD5 and answers.

No limits, no rules, no log, no time-outs: python bare_server.py PORT [reader|granian]

`reader`: it reads the body and answers 200, the floor of capture. `granian`: the first application on another server.
"""

import hashlib
import sys
from urllib.parse import unquote_to_bytes

import uvicorn
from lxml import etree

_ANSWER = (
    b'<?xml version="1.0" encoding="ISO-8859-1"?><ApiCall xmlns="http://tempuri.org/" encoding="ISO-8859-1"><Status><Result>0</Result>'
    b"<ResultText></ResultText></Status><CustVars><CustVar><VarName>PEDIDO</VarName><VarValue>%d</VarValue></CustVar></CustVars></ApiCall>"
)
_NS = "{http://tempuri.org/}"


async def app(scope, receive, send):
    """Answer a query."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    variable, _, value = body.partition(b"=")
    root = etree.fromstring(unquote_to_bytes(value.replace(b"+", b" ")))
    user = root.find(f"{_NS}UserID")
    text = user.findtext(f"{_NS}LineNumber") + user.findtext(f"{_NS}CallSequence") + "3956"
    good = variable == b"apiInfocaller" and hashlib.md5(text.encode("latin-1")).hexdigest() == user.findtext(f"{_NS}Signature")
    variables = {one.findtext(f"{_NS}VarName"): one.findtext(f"{_NS}VarValue") for one in root.iter(f"{_NS}CustVar")}
    answer = _ANSWER % (2 if variables.get("NUMPEDIDO") else 0)
    headers = [(b"content-type", b"text/xml"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200 if good else 403, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def reader(scope, receive, send):
    """Read the body, and answer 200."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def run():
    """Serve."""
    if sys.argv[2:] == ["granian"]:
        from granian import Granian

        Granian("bare_server:app", port=int(sys.argv[1]), interface="asginl", log_enabled=False).serve()
        return
    one = reader if sys.argv[2:] == ["reader"] else app
    uvicorn.run(one, port=int(sys.argv[1]), http="httptools", loop="asyncio", log_level="critical", access_log=False)


if __name__ == "__main__":
    run()
