"""What users import, name by name, as the library itself says it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from roff import bold, entry, section

import infocaller_cli


def reference() -> Iterator[str]:
    """The section with every name: its parameters or fields, and its docstring."""
    yield section("Names")
    for name in infocaller_cli.__all__:
        found = getattr(infocaller_cli, name)
        if callable(found):
            about = inspect.cleandoc(found.__doc__ or "").split("\n\n")
            yield entry(bold(name) + _parameters(found), *(" ".join(paragraph.split()) for paragraph in about))


def _parameters(found: object) -> str:
    """`(body, handlers=None, *, password)`: of functions, and of classes that are called with something."""
    if inspect.isclass(found) and issubclass(found, Exception):
        return ""
    assert callable(found)
    signature = inspect.signature(found)
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    text = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
