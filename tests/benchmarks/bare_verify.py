"""The floor of `verify`: a Typer command that imports what a verifier needs and parses the file, nothing more."""

from __future__ import annotations

import hashlib

import typer
from lxml import etree

# Typer's leanest: no installer of completions, no rich
run = typer.Typer(add_completion=False, rich_markup_mode=None)


@run.command()
def verify(file: str) -> None:
    """Parse FILE."""
    root = etree.parse(file).getroot()
    print(f"{file}: {root.tag} {hashlib.md5().name}")
