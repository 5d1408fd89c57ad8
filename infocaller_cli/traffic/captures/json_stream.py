"""JSON read value by value from a stream: memory does not grow with the file."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import InputError

_PIECE = 64 * 1024
# A million empty strings or lists need a hundred times their size in memory; a record holds some dozens of values
MOST_VALUES = 100_000


class JsonStream:
    """Where we are in a stream of JSON.

    `read(size)` gives the next bytes, b"" at the end; `limit` is the most characters of one value. Raises InputError for what is no
    JSON, ends too early or is too much. Bytes that are no UTF-8 come as lone surrogates, as U+DCE9 for E9.
    """

    def __init__(self, read: Callable[[int], bytes], limit: int) -> None:
        self._read = read
        self._limit = limit
        # Not orjson: it reads whole texts only, and refuses lone surrogates, which mitmproxy writes
        self._scan = json.JSONDecoder().raw_decode
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        self._text = ""
        self._at = 0

    def _more(self) -> bool:
        """Read on, twice as much each time that one value needs it; False at the end."""
        self._text, self._at = self._text[self._at :], 0
        piece = self._read(max(_PIECE, len(self._text)))
        self._text += self._decode(piece, not piece)
        return bool(piece)

    def next_mark(self) -> str:
        """The next character that is no white space, which stays; "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n":
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, mark: str) -> bool:
        """Pass over a mark, if it comes next."""
        if self.next_mark() != mark:
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        """The value that comes next, whole."""
        self.next_mark()
        while True:
            try:
                found, end = self._scan(self._text, self._at)
            except RecursionError:
                raise _unreadable("a value is nested too deep") from None
            except ValueError:
                if len(self._text) - self._at > self._limit or too_many_values(self._text[self._at :]):
                    raise _unreadable("a value is too long, or holds too many others") from None
                if not self._more():
                    raise _unreadable("a value is not complete, or no JSON") from None
            else:
                if self._text[end - 1] in '}]"' or end < len(self._text) or not self._more():  # a number may go on
                    self._at = min(end, len(self._text))
                    return found

    def find(self, key: str) -> bool:
        """Go to the value of a key of the object that comes next, passing over those before it; False where it has none."""
        if not self.take("{"):
            return False
        while self.next_mark() == '"':
            name = self.value()
            if not self.take(":"):
                return False
            if name == key:
                return True
            self.value()
            self.take(",")
        return False

    def values(self) -> Iterator[Any]:
        """The values of the list that comes next, or those that stand one after the other to the end."""
        end = "]" if self.take("[") else ""
        while self.next_mark() != end:
            yield self.value()
            self.take(",")


def too_many_values(text: str) -> bool:
    """Whether JSON, complete or not, holds more than MOST_VALUES; what stands in its strings does not count."""
    if sum(map(text.count, "[{,")) <= MOST_VALUES:
        return False
    plain = text.replace("\\\\", "").replace('\\"', "")
    count = at = 0
    while at >= 0:
        quote = plain.find('"', at)
        end = quote if quote >= 0 else len(plain)
        count += sum(plain.count(mark, at, end) for mark in "[{,")
        if count > MOST_VALUES:
            return True
        at = (plain.find('"', end + 1) + 1) or -1
    return False


def _unreadable(why: str) -> InputError:
    return InputError("not readable to its end", why, "what came before was read")
