"""What the applications beside this share: a handler, and what is said of an event."""

from infocaller_cli import Answer, QueryError, SqliteSeen

PASSWORDS = {"123456789": "3956", "987654321": "1111"}
SEEN = SqliteSeen("events.db")


def status(query):
    if query.variables.get("NUMPEDIDO") == "0":
        raise QueryError("no such order", result=7)
    if query.variables.get("NUMPEDIDO") == "-1":
        raise ValueError("hunter2")
    return Answer({"PEDIDO": 2, "CITY": query.variables.get("CITY", "")}, text=query.name)


async def status_async(query):
    return status(query)


def said(event):
    return f"{event.kind} {event.line} {event.variables.get('CITY')} {'again' if event.repeated else 'new'}"
