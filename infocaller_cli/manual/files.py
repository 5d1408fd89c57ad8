"""Everything that is written: the pages, the completion scripts, the picture of the README."""

from __future__ import annotations

from ..cli.completion import SCRIPTS
from .pages import pages


def files() -> dict[str, bytes]:
    """Path from the root of the repository -> content. The same on every machine."""
    found = {f"completions/{name}": script.encode() for script, name in SCRIPTS.values()}
    found |= {f"man/{name}": text.encode() for name, text in pages().items()}
    return found
