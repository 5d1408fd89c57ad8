"""Sign, verify, convert, validate, show, send, answer, capture and replay the documents of Infocaller's API.

The command line is `infocaller`; the library is `infocaller_cli.codec`; handlers of queries use `Query`, `Answer` and
`QueryError`. Importing this package imports nothing else: the three are looked up when they are asked for.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .traffic.query import Answer, Query, QueryError

__all__ = ["Answer", "Query", "QueryError", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in __all__:
        from .traffic import query

        return getattr(query, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
