"""Everything that is written: the pages, the completion scripts, the texts of `--help` and Tab, the picture of the README."""

from __future__ import annotations

from datetime import datetime

from pages import pages
from texts import texts

from infocaller_cli.cli.documents import show_picture as picture
from infocaller_cli.cli.documents.show_summary import summarize
from infocaller_cli.cli.setup.completion import SCRIPTS
from infocaller_cli.codec import decode, encode, spec
from infocaller_cli.codec.sample import CallFields, sample


def files() -> dict[str, bytes]:
    """Path from the root of the repository -> content. The same on every machine, but that Rich may draw the picture anew."""
    found = {f"completions/{name}": script.encode() for script, name in SCRIPTS.values()}
    found |= {f"man/man{name[-1]}/{name}": text.encode() for name, text in pages().items()}
    found |= {f"infocaller_cli/cli/texts/{name}": text.encode() for name, text in texts().items()}
    found["man/infocaller-show.svg"] = _picture().encode()
    return found


def _picture() -> str:
    """A finished call as `show --svg` draws it."""
    began = datetime(2026, 11, 23, 10)  # noqa: DTZ001  the wire has local times
    document = sample("FIN", spec.XML, CallFields(start=began), spec.EXAMPLE_PASSWORD, began)
    console = picture.export_console()
    picture.draw(summarize(decode(encode(document, spec.XML)), spec.EXAMPLE_PASSWORD), "payload.xml", console)
    return picture.svg(console, "infocaller show payload.xml")
