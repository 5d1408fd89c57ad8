"""A file appears whole or not at all."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from infocaller_cli.files import appearing


def names(folder):
    return [path.name for path in folder.iterdir()]


def no_links(*_, **__):
    raise PermissionError


def test_it_appears_once_all_is_written_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "out"
    with appearing(path) as stream:
        stream.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_what_stood_there_stays_when_writing_fails(tmp_path, error):
    path = tmp_path / "out"
    path.write_bytes(b"before")
    with pytest.raises(type(error)), appearing(path) as stream:  # noqa: PT012  what fails is what it holds
        stream.write(b"half")
        raise error
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["out"]


def test_what_stood_there_stays_where_nothing_was_written(tmp_path):
    path = tmp_path / "out"
    path.write_bytes(b"before")
    with appearing(path):
        pass
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["out"]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="no files without a name here")
@pytest.mark.parametrize("before", [b"before", None])
def test_who_is_killed_leaves_nothing_beside_it(tmp_path, before):
    try:
        os.close(os.open(tmp_path, os.O_TMPFILE | os.O_WRONLY))
    except OSError:
        pytest.skip("no files without a name on this file system")
    path = tmp_path / "out"
    if before:
        path.write_bytes(before)
    script = (
        "import os, signal, sys\n"
        "from infocaller_cli.files import appearing\n"
        "with appearing(sys.argv[1]) as stream:\n"
        "    stream.write(b'half' * 100_000)\n"
        "    stream.flush()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60).returncode == -signal.SIGKILL
    assert names(tmp_path) == (["out"] if before else [])
    assert not before or path.read_bytes() == before


# A writer that waits before its end, where the system has no files without a name
WAITS_WRITING = """
import os, sys
vars(os).pop("O_TMPFILE", None)
from infocaller_cli.files import appearing
with appearing(sys.argv[1]) as stream:
    stream.write(b"half")
    stream.flush()
    print("now", flush=True)
    sys.stdin.read(1)
"""
# One that waits with all written, and under its temporary name
WAITS_RENAMING = """
import os, sys
from infocaller_cli.files import appearing
replace = os.replace
def slowly(*names):
    print("now", flush=True)
    sys.stdin.read(1)
    replace(*names)
os.replace = slowly
with appearing(sys.argv[1]) as stream:
    stream.write(b"whole")
"""


@pytest.fixture(params=[WAITS_WRITING, WAITS_RENAMING], ids=["writing", "renaming"])
def writer(request, tmp_path):
    """A process in the middle of `out`, with a temporary file that has a name."""
    pytest.importorskip("fcntl")
    command = [sys.executable, "-c", request.param, str(tmp_path / "out")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"now\n"
        assert len(names(tmp_path)) == 1
        yield process
        process.kill()


WRITES = "import sys\nfrom infocaller_cli.files import appearing\nwith appearing(sys.argv[1]) as stream: stream.write(b'mine')"


def test_what_a_killed_process_left_goes_with_the_next_that_writes_there(writer, tmp_path):
    writer.kill()
    writer.wait()
    assert len(names(tmp_path)) == 1
    subprocess.run([sys.executable, "-c", WRITES, str(tmp_path / "other")], check=True)
    assert names(tmp_path) == ["other"]


def test_what_a_live_process_is_writing_stays(writer, tmp_path):
    subprocess.run([sys.executable, "-c", WRITES, str(tmp_path / "out")], check=True)
    assert (tmp_path / "out").read_bytes() == b"mine"
    assert len(names(tmp_path)) == 2
    writer.communicate(b"x", timeout=60)
    assert writer.returncode == 0
    assert (tmp_path / "out").read_bytes() in (b"half", b"whole")
    assert names(tmp_path) == ["out"]


def test_nothing_else_is_taken_for_a_file_that_was_left(tmp_path):
    (tmp_path / ".out.0123456789ab").touch()
    (tmp_path / "out.0123456789ab.infocaller").touch()
    (tmp_path / ".infocaller").touch()
    (tmp_path / ".folder.0123456789ab.infocaller").mkdir()
    (tmp_path / ".link.0123456789ab.infocaller").symlink_to(".infocaller")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / ".fifo.0123456789ab.infocaller")
    before = {*names(tmp_path), "out"}
    with appearing(tmp_path / "out") as stream:
        stream.write(b"x")
    assert set(names(tmp_path)) == before


def test_a_name_as_long_as_names_may_be(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    path = tmp_path / ("\U0001f600" * 63)
    with appearing(path) as stream:
        stream.write(b"x")
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("links", [True, False])
def test_a_name_taken_meanwhile_is_not_overwritten_without_force(tmp_path, monkeypatch, links):
    path = tmp_path / "out"
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(FileExistsError), appearing(path, force=False) as stream:  # noqa: PT012  it fails at its end
        stream.write(b"ours")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["out"]
    path.unlink()
    with appearing(path, force=False) as stream:
        stream.write(b"ours")
    assert path.read_bytes() == b"ours"


def test_modes(tmp_path):
    def mode(path):
        return stat.S_IMODE(path.stat().st_mode)

    before = os.umask(0o027)
    try:
        for name, asked, expected in (("new", None, 0o640), ("private", 0o600, 0o600), ("kept", None, 0o604)):
            path = tmp_path / name
            if name == "kept":
                path.touch()
                path.chmod(0o604)
            with appearing(path, mode=asked) as stream:
                stream.write(b"x")
            assert mode(path) == expected, name
    finally:
        os.umask(before)


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"before")
    (tmp_path / "link").symlink_to("real")
    with appearing(tmp_path / "link") as stream:
        stream.write(b"after")
    assert (tmp_path / "real").read_bytes() == b"after"
    assert (tmp_path / "link").is_symlink()
