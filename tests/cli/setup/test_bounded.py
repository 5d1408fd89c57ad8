"""Password files and configurations that are endless, silent, or no files at all."""

import os
import threading
import time

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="FIFOs and /dev/zero")
SIGN = ("sign", "--line", "123456789", "--call", "98565656")
SIGNATURE = "ae73e4b16a280726fb2e0e6bfb43902a"
# The same command with little patience: nothing else of it changes
IMPATIENT = (
    "import sys\nfrom infocaller_cli.config import bounded\nfrom infocaller_cli.cli.main import main\n"
    "bounded.PATIENCE = 0.3\nsys.exit(main(sys.argv[1:]))"
)


@pytest.mark.parametrize("size", [65536, 65537])
@pytest.mark.parametrize("name", ["pw", "-"])
def test_64_kib_are_read_and_no_more(run, tmp_path, size, name):
    (tmp_path / "pw").write_bytes(b"0" * size)
    (tmp_path / "pw").chmod(0o600)
    with (tmp_path / "pw").open("rb") as stream:
        done = run(*SIGN, "--password-file", name, stdin=stream)
    assert done.code == (0 if size == 65536 else 3)
    assert ("holds more than 65,536 bytes" in done.err) == (size > 65536)


@pytest.mark.parametrize(
    ("name", "words"),
    [("/dev/zero", "no regular file and no pipe"), ("/dev/tty", "no regular file and no pipe"), (".", "Is a directory"), ("pw\0x", "null")],
)
def test_a_device_is_no_password_file(run, tmp_path, name, words):
    if "\0" in name:  # an argument cannot hold it, a configuration can
        (tmp_path / "infocaller.toml").write_text('[lines.123456789]\npassword_file = "pw\\u0000x"\n')
        done = run("--config", "infocaller.toml", *SIGN)
    else:
        done = run(*SIGN, "--password-file", name)
    assert (done.code, done.out) == (3, "")
    assert words in done.err
    assert "bug" not in done.err


@pytest.mark.parametrize("name", ["/dev/zero", "-"])
def test_what_never_ends_is_refused_at_once(run, name):
    with open("/dev/zero", "rb") as stream:
        done = run(*SIGN, "--password-file", name, stdin=stream, preexec_fn=_little_memory)
    assert (done.code, done.out) == (3, "")


def _little_memory():
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def test_a_pipe_is_a_password_file(run, tmp_path):
    read, write = os.pipe()
    os.write(write, b"3956\n")
    os.close(write)
    done = run(*SIGN, "--password-file", f"/dev/fd/{read}", pass_fds=[read])
    os.close(read)
    assert (done.code, done.out.strip()) == (0, SIGNATURE)


def test_a_fifo_is_waited_for(run, tmp_path):
    os.mkfifo(tmp_path / "pw", 0o600)

    def answer():
        with (tmp_path / "pw").open("wb", buffering=0) as stream:
            stream.write(b"39")
            time.sleep(0.1)
            stream.write(b"56\n")

    writer = threading.Thread(target=answer)
    writer.start()
    done = run(*SIGN, "--password-file", "pw")
    writer.join()
    assert (done.code, done.out.strip()) == (0, SIGNATURE)


@pytest.mark.parametrize("opened", [False, True], ids=["nobody writes", "somebody says nothing"])
@pytest.mark.parametrize("use", ["password", "configuration"])
def test_a_silent_fifo_ends(run, tmp_path, opened, use):
    os.mkfifo(tmp_path / "pw", 0o600)
    held = os.open(tmp_path / "pw", os.O_RDWR) if opened else None
    done = run(*SIGN, "--password-file", "pw", code=IMPATIENT) if use == "password" else run("--config", "pw", *SIGN, code=IMPATIENT)
    if held is not None:
        os.close(held)
    assert (done.code, done.out) == (3 if use == "password" else 2, "")
    assert "nothing more came within 0.3 s" in done.err


@pytest.mark.parametrize(
    ("name", "words"), [("/dev/zero", "no regular file and no pipe"), (".", "Is a directory"), ("big", "holds more than 1,048,576 bytes")]
)
def test_a_configuration_is_bounded_too(run, tmp_path, name, words):
    (tmp_path / "big").write_bytes(b"#" * (1 << 20) + b"\n")
    done = run("--config", name, *SIGN, env={"INFOCALLER_PASSWORD": "3956"})
    assert (done.code, done.out, words in done.err) == (2, "", True)


def test_a_password_in_place_of_a_file_s_name(run, tmp_path):
    done = run(*SIGN, "--password-file", "3956")
    assert (done.code, done.out) == (3, "")
    assert done.err.splitlines()[-1] == ("  try: --password-file takes the name of a file; INFOCALLER_PASSWORD takes the password itself")
    (tmp_path / "infocaller.toml").write_text('[lines.123456789]\npassword_file = "3956"\n')
    done = run(*SIGN)
    assert done.code == 3
    assert 'try: password = "..." in [lines.123456789]' in done.err
