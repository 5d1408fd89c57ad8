"""What a handler gets and gives: a Query in; a dict of variables, an Answer, None or a QueryError out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...codec import spec
from ...codec.model import Document
from ...codec.values import as_text


@dataclass(slots=True)
class Query:
    """What the script of a call asks.

    `name` is trimmed; `variables` are the call's so far; `caller` is None if hidden; `call_type` is R (received) or
    E (issued); `document` is all that was sent. Fields the document leaves out are "". Source: the page, section 2, "Interactive API".
    """

    name: str
    variables: dict[str, str]
    line: str
    call: str
    caller: str | None
    called: str
    call_type: str
    outbound: str
    idcall: str
    document: Document = field(repr=False)  # it holds the signature, and all of the above once more


@dataclass(slots=True)
class Answer:
    """What the call gets: variables to change or add (1 to 15 of A-Z a-z 0-9; values str or int), Result ("0" is done), a text."""

    variables: Mapping[str, str | int] = field(default_factory=dict)
    result: str | int = spec.DONE
    text: str = ""


class QueryError(Exception):
    """Raised by a handler: the call gets this text and a Result that is not 0, and the query's error action runs.

    Raises ValueError for a Result of 0 or nothing, TypeError for one that is neither str nor int.
    """

    # For a class below it that does not call __init__
    text: str = ""
    result: str = "1"

    def __init__(self, text: str = "", result: str | int = "1") -> None:
        super().__init__(text)
        self.text = text
        self.result = as_text(result, "the result")
        if self.result.strip() in ("", spec.DONE):
            raise ValueError("the result of a QueryError cannot be 0 or empty")


def query_of(document: Document) -> Query:
    """The question in a document of the kind query."""
    return Query(name=document.root.get("Infocaller", {}).get("QueryName", "").strip(), **call_fields(document))


def call_fields(document: Document) -> dict[str, Any]:
    """What a query and an event tell of their call, by attribute."""
    call = document.root.get("Infocaller", {}).get
    user = document.root.get("UserID", {}).get
    caller = call("CallerNumber", "")
    return {
        "variables": dict(document.variables),
        "line": user("LineNumber", ""),
        "call": user("CallSequence", ""),
        "caller": None if caller in (spec.HIDDEN, "") else caller,
        "called": call("InboundNumber", ""),
        "call_type": call("CallType", ""),
        "outbound": call("OutboundNumber", ""),
        "idcall": call("idcall", ""),
        "document": document,
    }


def answer_of(returned: object) -> Answer:
    """What a handler meant by what it returned. Raises TypeError for what is neither a dict, an Answer nor None."""
    if returned is None:
        return Answer()
    if isinstance(returned, Answer):
        return returned
    if isinstance(returned, dict) or isinstance(returned, Mapping):  # noqa: SIM101  what is no dict is asked for at length
        return Answer(returned)
    raise TypeError(f"a handler returns a dict of variables, an Answer or None, not {type(returned).__name__}")


def response_of(answer: Answer) -> Document:
    """The response that carries an answer. Raises TypeError for a name, value, result or text of another type."""
    variables = answer.variables
    if not isinstance(variables, dict) and not isinstance(variables, Mapping):
        raise TypeError(f"variables are a dict, not {type(variables).__name__}")
    if not isinstance(answer.text, str):
        raise TypeError(f"the text is a str, not {type(answer.text).__name__}")
    for name in variables:
        if not isinstance(name, str):
            raise TypeError(f"the name of a variable is a str, not {type(name).__name__}")
    status = {"Result": as_text(answer.result, "the result").strip(), "ResultText": as_text(answer.text, "the text")}
    found = [
        {"VarName": as_text(name, "a name"), "VarValue": as_text(value, f"the value of {name!r}")} for name, value in variables.items()
    ]
    return Document({"Status": status, "CustVars": {"CustVar": found}})
