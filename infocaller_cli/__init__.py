"""Sign, verify, convert, validate, show, send, answer, capture and replay the documents of Infocaller's API.

The command line is `infocaller`. What applications import is here, and nowhere else: where things are inside may change.
Importing this package imports nothing else: each name is looked up when it is asked for. `infocaller_cli.testing` is for tests.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .codec import Decoded, Document, Finding, convert, decode, encode
    from .codec.rules import validate
    from .codec.signature import Verdict, sign, verify
    from .errors import DecodeError, EncodeError, InfocallerError, InputError, SignatureError, UsageError
    from .traffic.queries.answering import Reply
    from .traffic.queries.applications import create_app, create_wsgi_app
    from .traffic.queries.direct import answer, answer_async
    from .traffic.queries.event import Event
    from .traffic.queries.query import Answer, Query, QueryError
    from .traffic.queries.receiving import receive
    from .traffic.queries.sqlite_seen import SqliteSeen
    from .version import __version__

# Name -> the module that has it
_HOMES = {
    "__version__": "version",
    **dict.fromkeys(("Decoded", "Document", "Finding", "convert", "decode", "encode"), "codec"),
    "validate": "codec.rules",
    **dict.fromkeys(("Verdict", "sign", "verify"), "codec.signature"),
    **dict.fromkeys(("DecodeError", "EncodeError", "InfocallerError", "InputError", "SignatureError", "UsageError"), "errors"),
    **dict.fromkeys(("Answer", "Query", "QueryError"), "traffic.queries.query"),
    "receive": "traffic.queries.receiving",
    "SqliteSeen": "traffic.queries.sqlite_seen",
    "Event": "traffic.queries.event",
    "Reply": "traffic.queries.answering",
    **dict.fromkeys(("create_app", "create_wsgi_app"), "traffic.queries.applications"),
    **dict.fromkeys(("answer", "answer_async"), "traffic.queries.direct"),
}

__all__ = [
    "Answer",
    "DecodeError",
    "Decoded",
    "Document",
    "EncodeError",
    "Event",
    "Finding",
    "InfocallerError",
    "InputError",
    "Query",
    "QueryError",
    "Reply",
    "SignatureError",
    "SqliteSeen",
    "UsageError",
    "Verdict",
    "__version__",
    "answer",
    "answer_async",
    "convert",
    "create_app",
    "create_wsgi_app",
    "decode",
    "encode",
    "receive",
    "sign",
    "validate",
    "verify",
]


if not TYPE_CHECKING:  # who checks types would take any misspelt name for one that is looked up

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
