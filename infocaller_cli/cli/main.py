"""Where a command line begins: what is always the same is answered at once, for all else the application is imported."""

import os
import sys


def run() -> None:
    """The command in a process of its own: the console script, `python -m infocaller_cli`."""
    if not _answered(sys.argv[1:]):
        from .execute import run_as_process

        run_as_process()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line: every error becomes a message and the exit code that is returned."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if _answered(arguments):
        return 0
    from .execute import execute

    return execute(arguments)


def _answered(arguments: list[str]) -> bool:
    """Whether it was one of these: the completion of a word, `--version`, `--help` on a terminal that has room for it."""
    if "_INFOCALLER_COMPLETE" in os.environ:
        from .complete import answer

        answer(arguments)
        return True
    try:
        text = _text(arguments)
        if text is None or sys.stdout is None:
            return False
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # as Report does
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, AttributeError):  # the pipe was closed, the disk is full: the application says so
        return False
    return True


def _text(arguments: list[str]) -> str | None:
    """What the application would print; None where it has to be asked."""
    if arguments in (["--version"], ["-V"]):
        from ..version import __version__

        return f"infocaller {__version__}\n"
    from . import terminal, texts

    if terminal.columns() < terminal.HELP_WIDTH or (path := texts.asked_for(arguments)) is None:
        return None
    text = texts.read(texts.name_of(path))
    return texts.bold(text) if sys.stdout.isatty() and not terminal.no_color_because() else text
