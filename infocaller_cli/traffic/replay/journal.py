"""What a replay has finished: one line a request, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ...errors import UsageError
from ..captures.line_file import LineFile

_BEGINS = b'{"file":'
# A path of 4,096 bytes, each escaped, and two numbers
_LONGEST = 32 * 1024
_PAGE = 1 << 15


class Journal:
    """{"file", "size", "line"} of each finished request, appended with one write. Raises UsageError where it cannot be used.

    `files` are those to be replayed: a journal about another file, or another size of one, is refused. With `read_only` nothing
    is written, and nothing can be added. `resumed` requests are finished, `unreadable` lines are none of ours.
    """

    def __init__(self, path: str, files: list[str], *, read_only: bool = False) -> None:
        if path == "-":
            raise UsageError("--journal cannot be -", "only a file can be read again", "--journal FILE")
        self._known = {name: _identity(name) for name in files}
        self._heads = {name: f'{{"file":{json.dumps(file)},"size":{size},"line":'.encode() for name, (file, size) in self._known.items()}
        self._done: dict[str, _Numbers] = {file: _Numbers() for file, _ in self._known.values()}
        self.unreadable = 0
        self.resumed = self._load(path)
        self._file = LineFile(os.devnull if read_only else path, begins=_BEGINS)

    def _load(self, path: str) -> int:
        """How many requests the journal says are finished."""
        if Path(path).exists() and not Path(path).is_file():  # a device without end, a pipe that nobody reads
            raise UsageError(f"the journal {path} cannot be read", "it is no regular file")
        try:
            stream = open(path, "rb")  # noqa: SIM115  closed below
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise UsageError(f"the journal {path} cannot be read", error.strerror or str(error)) from None
        sizes = dict(self._known.values())
        count = 0
        with stream:
            for row in iter(lambda: stream.readline(_LONGEST), b""):
                entry = _entry(row)
                if entry is None:
                    self.unreadable += row.endswith(b"\n")  # else torn by the end of the run before
                    continue
                file, size, line = entry
                if sizes.get(file) != size:
                    what = f"it is about {file}" if file not in sizes else f"{file} had {size:,} bytes then and has {sizes[file]:,} now"
                    raise UsageError(f"the journal {path} is not about this replay", what, "another --journal, or the file it is about")
                count += self._done[file].add(line)
        return count

    def has(self, name: str, line: int) -> bool:
        """Whether a request was finished before."""
        return line in self._done[self._known[name][0]]

    def add(self, name: str, line: int) -> None:
        """A request is finished. Raises OSError."""
        self._file.append(b"%s%d}\n" % (self._heads[name], line))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Numbers:
    """A set of line numbers, a bit each, in pages: a line of nonsense in the journal costs no more than one that means something."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number // _PAGE)
        return page is not None and bool(page[number % _PAGE >> 3] & 1 << (number & 7))

    def add(self, number: int) -> bool:
        """Whether it is new."""
        new = number not in self
        self._pages.setdefault(number // _PAGE, bytearray(_PAGE // 8))[number % _PAGE >> 3] |= 1 << (number & 7)
        return new


def _entry(row: bytes) -> tuple[str, int, int] | None:
    """File, size and line of a journal's line; None where it is none."""
    try:
        entry = json.loads(row)
        found = entry["file"], entry["size"], entry["line"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    file, size, line = found
    return found if isinstance(file, str) and type(size) is type(line) is int and line > 0 else None


def _identity(name: str) -> tuple[str, int]:
    path = Path(name)
    if name == "-" or not path.is_file():
        raise UsageError(f"--journal cannot go with {name}", "only a file can be found again", "write it to a file first")
    return os.path.realpath(path), path.stat().st_size
