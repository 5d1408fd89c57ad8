"""What a replay has finished: one line a request, so that an interrupted one goes on where it stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ...errors import UsageError
from ..captures.line_file import Tape

_BEGINS = b'{"file":'


class Journal:
    """{"file", "size", "line"} of each finished request, appended with one write. Raises UsageError where it cannot be used.

    `files` are those to be replayed: a journal about another file, or another size of one, is refused. With `read_only` nothing
    is written, and nothing can be added.
    """

    def __init__(self, path: str, files: list[str], *, read_only: bool = False) -> None:
        if path == "-":
            raise UsageError("--journal cannot be -", "only a file can be read again", "--journal FILE")
        self._known = {name: _identity(name) for name in files}
        self._heads = {name: f'{{"file":{json.dumps(file)},"size":{size},"line":'.encode() for name, (file, size) in self._known.items()}
        self._done: dict[str, bytearray] = {file: bytearray() for file, _ in self._known.values()}
        self.resumed = self._load(path)
        self._tape = Tape(os.devnull if read_only else path, begins=_BEGINS)

    def _load(self, path: str) -> int:
        """How many requests the journal says are finished."""
        try:
            stream = open(path, "rb")  # noqa: SIM115  closed below
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise UsageError(f"the journal {path} cannot be read", error.strerror or str(error)) from None
        sizes = dict(self._known.values())
        count = 0
        with stream:
            for row in stream:
                try:
                    entry = json.loads(row)
                    file, size, line = entry["file"], entry["size"], int(entry["line"])
                except (ValueError, TypeError, KeyError):
                    continue  # torn by the end of the run before
                if sizes.get(file) != size:
                    what = f"it is about {file}" if file not in sizes else f"{file} had {size:,} bytes then and has {sizes[file]:,} now"
                    raise UsageError(f"the journal {path} is not about this replay", what, "another --journal, or the file it is about")
                count += not self._has(file, line)
                self._set(file, line)
        return count

    def _set(self, file: str, line: int) -> None:
        bits = self._done[file]
        if len(bits) <= line >> 3:
            bits.extend(bytes((line >> 3) - len(bits) + 1))
        bits[line >> 3] |= 1 << (line & 7)

    def _has(self, file: str, line: int) -> bool:
        bits = self._done[file]
        return len(bits) > line >> 3 and bool(bits[line >> 3] & 1 << (line & 7))

    def has(self, name: str, line: int) -> bool:
        """Whether a request was finished before."""
        return self._has(self._known[name][0], line)

    def add(self, name: str, line: int) -> None:
        """A request is finished. Raises OSError."""
        self._tape.append(b"%s%d}\n" % (self._heads[name], line))

    def close(self) -> None:
        """Close the file."""
        self._tape.close()


def _identity(name: str) -> tuple[str, int]:
    path = Path(name)
    if name == "-" or not path.is_file():
        raise UsageError(f"--journal cannot go with {name}", "only a file can be found again", "write it to a file first")
    return os.path.realpath(path), path.stat().st_size
