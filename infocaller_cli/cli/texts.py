"""What is always the same, from `texts/`: the help of every command as the application prints it, and the words that Tab completes.

`python man/source` writes it there from the application, and a test compares. Nothing is imported here that Python has not
imported at its start: Typer alone costs five times what reading a file does.
"""

import os

FOLDER = "texts"
WORDS = "words.txt"


def read(name: str) -> str:
    """A text of `texts/`. Raises OSError where it is missing."""
    loader = globals()["__loader__"]  # of a package in an archive, too
    text: str = loader.get_data(os.path.join(os.path.dirname(__file__), FOLDER, name)).decode()
    return text


def name_of(path: str) -> str:
    """The file with the help of a command, by its words ("" is `infocaller` itself)."""
    return f"{'-'.join(('infocaller', *path.split()))}.txt"


def asked_for(arguments: list[str]) -> str | None:
    """The words of the command whose help is asked for, and nothing else ("": of `infocaller`); None for any other command line."""
    if arguments[:1] == ["help"]:
        words = arguments[1:]
    elif not arguments or arguments[-1] in ("-h", "--help"):
        words = arguments[:-1]
    else:
        return None
    path = " ".join(words)
    return path if path.split() == words and f"c\t{path}\t" in read(WORDS) else None


def bold(text: str) -> str:
    """The help with its headings in bold: `Usage:` at the beginning of a line, and lines of words that end with a colon."""
    return "\n".join(map(_bold, text.split("\n")))


def _bold(line: str) -> str:
    words = line[:-1].replace(" ", "")
    heading = line if line[-1:] == ":" and "A" <= line[0] <= "Z" and words.isascii() and words.isalpha() else ""
    heading = "Usage:" if line.startswith("Usage:") else heading
    return f"\x1b[1m{heading}\x1b[0m{line[len(heading) :]}" if heading else line
