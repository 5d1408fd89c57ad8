"""The documents of FILEs, each given to the same work: in this process or, of a long capture, on all cores. Results come in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ...errors import InfocallerError, InputError
from .items import Item, complete, line_item, source_items
from .source import CAPTURE, LINES, Source, open_source

if TYPE_CHECKING:
    from ..report import Report

# Enough lines that a worker's answer outweighs the messages, few enough that memory stays flat
CHUNK = 200
_Lines = list[tuple[int, bytes]]
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Work(Protocol[R_co]):
    """What is done for a document: it asks whom it has to, tells nobody, and raises no InfocallerError."""

    def __call__(self, item: Item) -> R_co:
        """The result, in this process."""

    def away(self) -> Callable[[Item], R_co]:
        """What does it in another process, sent with every chunk. It raises KeyError, as `Known` does, for an item that is to be worked
        on here, in its turn.
        """


def every(names: list[str], work: Work[R], report: Report, limit: int, jobs: int | None, *, exact: bool) -> Iterator[R]:
    """The result of every document of every FILE. A file that cannot be read hides no other: the work gets an item with its error."""
    for name in names:
        try:
            source = open_source(name, limit, exact=exact)
            try:
                yield from results(source, work, report, jobs)
            finally:
                source.reader.close()
        except InfocallerError as error:
            yield work(Item(name, error=error))


def results(source: Source, work: Work[R], report: Report, jobs: int | None) -> Iterator[R]:
    """The result of every document of one input. `jobs` None: a process a core, but one for what may be live, a pipe.

    Raises InputError where the input cannot be read to its end, or nothing in it could.
    """
    if source.shape not in (CAPTURE, LINES):
        yield from (work(item) for item in source_items(source, report))
        return
    workers = jobs or (_cores() if source.reader.is_file else 1)
    in_order: Callable[[Source, Work[R], int], Iterator[tuple[int, R | None]]] = _in_turn if workers == 1 else _spread
    yield from (result for _, result in complete(source.name, in_order(source, work, workers), report))


def _in_turn(source: Source, work: Work[R], _workers: int) -> Iterator[tuple[int, R | None]]:
    return _here(source, source.lines(), work)


def _here(source: Source, lines: Iterable[tuple[int, bytes]], work: Work[R]) -> Iterator[tuple[int, R | None]]:
    for index, line in lines:
        item = line_item(source.name, source.shape, index, line)
        yield index, None if item is None else work(item)


def _spread(source: Source, work: Work[R], workers: int) -> Iterator[tuple[int, R | None]]:
    chunks = _chunks(source)
    first = next(chunks, [])
    try:
        second = next(chunks, None)
    except InputError:
        yield from _here(source, first, work)
        raise
    if second is None:
        yield from _here(source, first, work)
        return
    from ..parallel import ordered

    orders = ((work.away(), source.name, source.shape, chunk) for chunk in chain((first, second), chunks))
    for found in ordered(_away, orders, workers):
        for index, result in found:
            yield index, work(result) if isinstance(result, Item) else result


def _away(order: tuple[Callable[[Item], Any], str, str, _Lines]) -> list[tuple[int, Any]]:
    """What a worker process does. An item that it could not work on comes back in the place of its result."""
    work, name, shape, lines = order
    found: list[tuple[int, Any]] = []
    for index, line in lines:
        item = line_item(name, shape, index, line)
        try:
            found.append((index, None if item is None else work(item)))
        except KeyError:
            found.append((index, item))
    return found


def _chunks(source: Source) -> Iterator[_Lines]:
    chunk: _Lines = []
    try:
        for numbered in source.lines():
            chunk.append(numbered)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    except InputError:  # what came before comes out first
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
