"""For the tests of your application: what Infocaller would send, a handler asked in the process, an answer judged.

With pytest the fixture `infocaller` is there once this package is installed; anywhere else, `Infocaller()` is the same object.
Importing this imports nothing else: the names are looked up when they are asked for.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kit import Infocaller
    from .message import Message
    from .outcome import Outcome, Variables

__all__ = ["Infocaller", "Message", "Outcome", "Variables"]

_MODULES = {"Infocaller": "kit", "Message": "message", "Outcome": "outcome", "Variables": "outcome"}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
