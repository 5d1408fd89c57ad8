"""A file of lines: whose name it has, who may read it."""

import asyncio
import os

import pytest

from infocaller_cli.errors import UsageError
from infocaller_cli.traffic.captures import line_file
from infocaller_cli.traffic.captures.line_file import LineFile

LINE = b'{"ts":"2026-11-23T10:00:00Z"}\n'


def test_a_file_renamed_before_it_was_locked_is_not_the_one_that_is_meant(tmp_path, monkeypatch):
    """As another process rotates between our open and our lock."""
    path, away = tmp_path / "calls.ndjson", tmp_path / "calls.0001.ndjson"
    path.write_bytes(LINE)
    lock = line_file._lock

    def renamed_meanwhile(file, out):
        if not away.exists():
            path.rename(away)
        lock(file, out)

    monkeypatch.setattr(line_file, "_lock", renamed_meanwhile)
    file = LineFile(str(path))
    file.append(LINE * 2)
    file.close()
    assert (away.read_bytes(), path.read_bytes()) == (LINE, LINE * 2)


@pytest.mark.parametrize("fresh", [False, True])
def test_a_late_file_is_touched_by_its_first_line(tmp_path, fresh):
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_bytes(LINE[:-1])
    files = [LineFile(str(path), late=True, fresh=fresh) for path in (new, old)]
    assert (new.exists(), old.read_bytes()) == (False, LINE[:-1])
    with pytest.raises(UsageError, match="in use"):  # though it is held
        LineFile(str(old))
    for file in files:
        file.append(LINE)
        file.append(LINE)
        file.close()
    assert (new.read_bytes(), old.read_bytes()) == (LINE * 2, LINE * (2 if fresh else 3))


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
@pytest.mark.parametrize(("mode", "others"), [(0o600, False), (0o640, True), (0o606, True), (0o666, True), (0o700, False)])
def test_who_else_may_read_it(tmp_path, mode, others):
    path = tmp_path / "calls.ndjson"
    path.touch()
    path.chmod(mode)
    file = LineFile(str(path))
    assert file.open_to_others is others
    file.close()


@pytest.mark.parametrize("fsync", [False, True])
def test_lines_put_in_one_turn_are_one_write(tmp_path, monkeypatch, fsync):
    file = LineFile(str(tmp_path / "calls.ndjson"), fsync=fsync)
    lines = [LINE.replace(b"10", b"%02d" % number) for number in range(20)]
    writes, told = [], []
    write, sync = os.write, os.fsync

    def counted(*given):
        writes.append(given)
        return write(*given)

    monkeypatch.setattr(line_file.os, "write", counted)
    monkeypatch.setattr(line_file.os, "fsync", lambda number: writes.append("sync") or sync(number))

    async def run():
        for number, line in enumerate(lines):
            file.put(line, lambda error, number=number: told.append((number, error)))
        assert not told
        assert (tmp_path / "calls.ndjson").read_bytes() == b""
        await file.write(LINE)

    asyncio.run(run())
    file.close()
    assert told == [(number, None) for number in range(20)]
    assert (tmp_path / "calls.ndjson").read_bytes() == b"".join(lines) + LINE
    assert len(writes) == (2 if fsync else 1)


@pytest.mark.parametrize("fsync", [False, True])
def test_of_lines_that_cannot_be_written_together_nothing_stays_and_all_are_told(tmp_path, monkeypatch, fsync):
    path = tmp_path / "calls.ndjson"
    path.write_bytes(LINE)
    file = LineFile(str(path), fsync=fsync)
    write, told = os.write, []

    def full(number, data):
        if len(data) < len(LINE) * 3:
            raise OSError(28, "No space left on device")
        return write(number, data[: len(LINE) * 3 // 2])

    monkeypatch.setattr(line_file.os, "write", full)

    async def run():
        file.put(LINE, told.append)
        file.put(LINE, told.append)
        told.append(await file.write(LINE))
        monkeypatch.setattr(line_file.os, "write", write)
        await file.write(LINE)

    asyncio.run(run())
    file.close()
    assert [error.errno for error in told] == [28, 28, 28]
    assert path.read_bytes() == LINE * 2


@pytest.mark.parametrize("fsync", [False, True])
def test_lines_put_in_one_turn_are_spread_over_files_that_are_not_too_large(tmp_path, fsync):
    file = LineFile(str(tmp_path / "calls.ndjson"), rotate=len(LINE) * 3, fsync=fsync)
    long = LINE[:-1] + b" " * len(LINE) * 4 + b"\n"

    async def run():
        for line in (LINE, LINE, long, LINE):
            file.put(line, lambda error: None)
        for _ in range(4):
            await file.write(LINE)

    asyncio.run(run())
    file.close()
    parts = [path.read_bytes() for path in sorted(tmp_path.iterdir())]
    assert b"".join(parts).count(b"\n") == 8
    assert parts.count(long) == 1
    assert all(part == long or len(part) <= len(LINE) * 3 for part in parts)
