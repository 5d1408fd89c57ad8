"""A file of lines: whose name it has, who may read it."""

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
