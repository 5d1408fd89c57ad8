"""Which function answers which query, and takes which event: `mod:fn` for all, `NAME=mod:fn` for one.

Modules are looked up in the current folder first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...spelling import named, nearest
from .threads import is_async

if TYPE_CHECKING:
    from types import ModuleType

Handler = Callable[[Any], Any]
# Under None the handler of every query that has none of its own
Handlers = Mapping[str | None, Handler]
# How programs give them: one function or name of one, several "NAME=mod:fn", functions by name
GivenHandlers = Handler | str | Sequence[str] | Mapping[str, Handler] | None
# What is entered before a handler is called, and left after it
Around = Callable[[], AbstractContextManager[object]]

# Ours or of Python, imported at the first request that needs them: by then the user's folder comes first, and a decimal.py of theirs
# (an orders module may well have one beside it) would be taken for Python's
_LATE = ("datetime", "decimal", "orjson", *(f"infocaller_cli.codec.{name}" for name in ("json_wire", "values", "xml_wire", "xml_writer")))
_HOW = "--handler app:answer, or --handler 'ESTADO PEDIDO=app:order_status' for one query"


def load_handlers(specs: Sequence[str]) -> dict[str | None, Handler]:
    """The functions that these name. Raises UsageError for one that is not there, or two for one query."""
    found: dict[str | None, Handler] = {}
    for spec in specs:
        name, equals, target = spec.rpartition("=")
        query = name.strip() if equals else None
        if query == "":
            raise UsageError(f"the handler {spec!r} names no query", "no query has a blank name", _HOW)
        if query in found:
            which = repr(query) if query else "all that have none of their own"
            raise UsageError(f"there are two handlers for {which}", "only one can answer", _HOW)
        found[query] = _load(target.strip())
    return found


def by_name(given: GivenHandlers) -> dict[str | None, Handler]:
    """The handlers by the name of a query; under None the one of all others. Raises UsageError."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {name.strip(): handler for name, handler in given.items()}
    if not isinstance(given, str) and callable(given):
        return {None: given}
    return load_handlers([given] if isinstance(given, str) else given)


def by_event(given: GivenHandlers) -> dict[str | None, Handler]:
    """The handlers by event; under None the one of all others, which are given as `event`. Raises UsageError."""
    from ...codec.spec import EVENTS

    found: dict[str | None, Handler] = {}
    for name, handler in by_name(given).items():
        event = None if name is None or name.lower() == "event" else named("event", name, (*EVENTS, "event"))
        if event in found:
            raise UsageError(f"there are two handlers for {event or 'event'}", "only one can take it", "--on FIN=app:ended")
        found[event] = handler
    return found


def surrounded(handler: Handler, around: Around) -> Handler:
    """The handler, called within the context manager that `around` makes."""

    async def awaited(given: Any) -> Any:
        with around():
            return await handler(given)

    def called(given: Any) -> Any:
        with around():
            return handler(given)

    return awaited if is_async(handler) else called


def _load(target: str) -> Handler:
    module_name, colon, path = target.partition(":")
    if not colon or not module_name or not path:
        raise UsageError(f"the handler {target!r} names no function", "it is a module, a colon and a function", _HOW)
    found: Any = _module(module_name)
    for name in path.split("."):
        if not hasattr(found, name):
            functions = [known for known in dir(found) if callable(getattr(found, known, None)) and not known.startswith("_")]
            raise UsageError(f"the handler {target!r} is not there", f"{module_name} has no {name}", nearest(name, functions))
        found = getattr(found, name)
    if not callable(found):
        raise UsageError(f"the handler {target!r} is no function", f"it is a {type(found).__name__}")
    handler: Handler = found
    return handler


def _module(name: str) -> ModuleType:
    folder = os.getcwd()
    if sys.path[:1] != [folder]:  # only now: a queue.py or typing.py of the user's would hide what we still import
        for ours in _LATE:
            import_module(ours)
        sys.path.insert(0, folder)
    try:
        return _shadowed(name, folder) or import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0] and error.name != name:
            raise _broken(name, error) from error
        hint = f"a module is named without its .py: {name.removesuffix('.py')}" if name.endswith(".py") else _HOW
        raise UsageError(f"there is no module {name!r}", f"neither {folder} nor the installed packages have it", hint) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever a module does while it is imported
        raise _broken(name, error) from error


def _shadowed(name: str, folder: str) -> ModuleType | None:
    """The file of this name in the current folder, where a module of the same name is loaded already; else None.

    For whoever calls their file queue.py or calls.py: an import would give the module that has the name.
    """
    path = Path(folder, f"{name}.py")
    loaded = sys.modules.get(name)
    if loaded is None or not path.is_file() or getattr(loaded, "__file__", None) == str(path):
        return None
    from importlib.util import module_from_spec, spec_from_file_location

    alias = f"_handler_{name}"
    spec = spec_from_file_location(alias, path)
    if spec is None or spec.loader is None:
        return None
    module = sys.modules[alias] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _broken(name: str, error: BaseException) -> UsageError:
    """The error for a module that cannot be imported: the user's own line, not ours."""
    import traceback

    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
    where = f" ({os.path.relpath(frames[-1].filename)}:{frames[-1].lineno})" if frames and frames[-1].filename != __file__ else ""
    return UsageError(f"the module {name!r} cannot be imported", f"{type(error).__name__}: {error}{where}", "--debug shows the traceback")
