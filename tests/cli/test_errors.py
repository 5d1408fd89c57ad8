"""Errors: what, why, what to do next, in one to three lines on stderr; the exit codes; pipes and signals."""

import json
import os
import re
import signal
import threading

import pytest

PASSWORD = {"INFOCALLER_PASSWORD": "3956"}
FORM = re.compile(r"error: [^\n]+\n(  why: [^\n]+\n)?(  try: [^\n]+\n)?")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")

# Command line -> exit code and words of the error
USAGE = [
    (("verfy", "a.xml"), ["'verfy'", "did you mean verify?"]),
    (("verify", "--config", "x", "a.xml"), ["--config", "global option", "before the command: infocaller --config ... verify"]),
    (("--explain", "verify", "a.xml"), ["--explain", "option of verify", "behind the command: infocaller verify --explain"]),
    (("xyzzy",), ["'xyzzy'", "sample"]),
    (("--colr", "always", "verify", "a.xml"), ["--colr", "--color"]),
    (("--color", "allways", "verify", "a.xml"), ["allways", "always"]),
    (("verify", "--jsno", "a.xml"), ["--jsno", "--json"]),
    (("verify", "--explian", "a.xml"), ["--explian", "--explain"]),
    (("verify",), ["FILE"]),
    (("sign", "a.xml", "b.xml"), ["b.xml"]),
    (("sample", "inico"), ["'inico'", "did you mean inicio?"]),
    (("sample", "desvio"), ["'desvio'", "desvio_correcto"]),
    (("validate", "--as", "quary", "a.xml"), ["'quary'", "did you mean query?"]),
    (("validate", "--output", "jsn", "a.xml"), ["jsn", "json"]),
    (("validate", "--ignore", "IC4O4", "a.xml"), ["IC4O4", "did you mean IC404?"]),
    (("rules", "IC4O4"), ["IC4O4", "did you mean IC404?"]),
    (("convert", "--to", "yaml", "a.xml"), ["yaml", "xml", "json"]),
    (("verify", "--max-size", "much", "a.xml"), ["much", "4M"]),
    (("verify", "--max-size", "0", "a.xml"), ["--max-size"]),
    (("-v",), ["--help"]),
]


@pytest.mark.parametrize(("command", "words"), USAGE, ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_wrong_usage(run, command, words):
    done = run(*command, env=PASSWORD)
    assert (done.code, done.out) == (2, "")
    assert FORM.fullmatch(done.err)
    assert all(word in done.err for word in words)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("verify", "--json", "--jsno", "a.xml"), 2),
        (("verify", "--json"), 2),
        (("verify", "--json", "--max-size", "much", "a.xml"), 2),
        (("verify", "--json", "missing.xml"), 3),
        (("verify", "--json", "--password-file", "missing", "a.xml"), 3),
        (("show", "--json", "."), 3),
        (("validate", "--json", "missing.xml"), 3),
        (("validate", "--output", "json", "missing.xml"), 3),
        (("validate", "--json", "--as", "quary", "a.xml"), 2),
        (("validate", "--output", "json", "--as", "quary", "a.xml"), 2),
        (("rules", "--json", "IC999"), 2),
        (("nonsense", "--json"), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_errors_for_machines_are_one_object(run, command, code):
    done = run(*command, env=PASSWORD)
    assert (done.code, done.out) == (code, "")
    assert done.err.count("\n") == 1
    error = json.loads(done.err)
    assert error["error"]
    assert error["exit"] == code
    assert {"why", "hint", "file", "index"} <= set(error)


BAD_FILES = {
    "missing.xml": None,
    "folder": ".",
    "empty.xml": "",
    "blank.xml": " \n",
    "torn.xml": "<ApiCall><UserID>",
    "page.xml": "<!DOCTYPE html><html></html>",
    "entity.xml": '<!DOCTYPE a [<!ENTITY b "c">]><ApiCall/>',
    "text.txt": "hello",
    "nan.json": '{"ApiCall": {"UserID": {"LineNumber": NaN}}}',
    "deep.json": '{"ApiCall": ' + 100_000 * "[",
    "other.json": '{"Api": {}}',
    "zip.gz": b"\x1f\x8b\x08nonsense",
    "zst.zst": b"\x28\xb5\x2f\xfdnonsense",
    "binary": bytes(range(256)),
    "calls.ndjson": '{"method": "POST", "bo\n{"method": "PO\n',
    "twice.txt": "apiInfocaller=a&apiInfocaller=b",
    "x" * 300: None,
}


@pytest.mark.parametrize("command", ["verify", "sign", "show", "convert"])
def test_bad_files_one_by_one(run, tmp_path, command):
    """Through the commands that read in different ways; each error in the usual form, with the file's name in it."""
    bad = make_bad(tmp_path)
    if command != "sign":  # takes one FILE
        done = run("-q", command, *bad, env=PASSWORD)
        errors = re.findall(r"error: .*\n(?:  .*\n)*", done.err)
        assert "".join(errors) == done.err
    else:
        runs = [run("-q", command, name, env=PASSWORD) for name in bad[:6]]
        assert {done.code for done in runs} == {3}
        errors = [done.err for done in runs]
        done = runs[-1]
        bad = bad[:6]
    assert (done.code, done.out) == (3, "")
    assert len(errors) == len(bad)
    for name, error in zip(bad, errors, strict=True):
        assert FORM.fullmatch(error)
        assert error.startswith(f"error: {name}:")


def make_bad(folder):
    for name, content in BAD_FILES.items():
        if content == ".":
            (folder / name).mkdir()
        elif content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(BAD_FILES)


def test_one_bad_file_never_hides_the_others(run, signed, tmp_path):
    for number in (1, 2, 3):
        (tmp_path / f"good{number}.xml").write_text(signed())
    bad = make_bad(tmp_path)
    half = len(bad) // 2
    done = run("verify", "good1.xml", *bad[:half], "good2.xml", *bad[half:], "good3.xml", env=PASSWORD)
    assert [line[:16] for line in done.out.splitlines()] == [f"good{number}.xml: valid" for number in (1, 2, 3)]
    assert done.err.count("error: ") == len(bad)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ("good", 0),
        ("good wrong good", 1),
        ("wrong missing good", 3),
        ("missing wrong", 3),
        ("missing unknown wrong", 3),
        ("unknown wrong", 2),
    ],
)
def test_the_highest_exit_code_applies(run, signed, tmp_path, files, code):
    (tmp_path / "infocaller.toml").write_text('[lines.123456789]\npassword = "3956"\n')
    (tmp_path / "good").write_text(signed())
    (tmp_path / "wrong").write_text(signed(signature="0" * 32))
    (tmp_path / "unknown").write_text(signed(line="987654321"))
    assert run("verify", *files.split()).code == code


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(run, tmp_path):
    (tmp_path / "a.xml").write_text("<ApiCall/>")
    (tmp_path / "a.xml").chmod(0)
    done = run("verify", "a.xml", env=PASSWORD)
    assert done.code == 3
    assert "a.xml: cannot be read" in done.err


@pytest.mark.parametrize("command", [(), ("--help",), ("-h",), ("verify", "--help"), ("sample", "-h"), ("--version",)])
def test_help_and_version_are_data(run, command):
    done = run(*command)
    assert (done.code, done.err) == (0, "")
    if command == ("--version",):
        assert re.fullmatch(r"infocaller \d+\.\d+\S*\n", done.out)
    else:  # the exit codes stand in every help
        words = " ".join(done.out.split())
        assert all(f"{code} " in words for code in (0, 1, 2, 3, 4, 70, 130))


# ---- a bug of ours ----

BUG = """
import sys, infocaller_cli.codec.signature as signature
from infocaller_cli.cli.main import main
def verify(document, password):
    raise ZeroDivisionError("boom")
signature.verify = verify
sys.exit(main(sys.argv[1:]))
"""


def test_a_bug_is_70_with_a_traceback_only_for_debug(run, signed):
    done = run("verify", "-", stdin=signed(), env=PASSWORD, code=BUG)
    assert (done.code, done.out) == (70, "")
    assert FORM.fullmatch(done.err)
    assert "ZeroDivisionError: boom" in done.err
    assert "--debug" in done.err
    done = run("--debug", "verify", "-", stdin=signed(), env=PASSWORD, code=BUG)
    assert done.code == 70
    assert "Traceback" in done.err
    done = run("verify", "--json", "-", stdin=signed(), env=PASSWORD, code=BUG)
    assert json.loads(done.err)["exit"] == 70


# ---- streams that end early ----


@pytest.fixture
def many(signed, tmp_path):
    """A file of more documents than any buffer holds the verdicts of."""
    line = re.sub(r"\n\s*", "", signed())
    (tmp_path / "many").write_text((line + "\n") * 1500)
    (tmp_path / "one").write_text(signed())
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ("verify", "one"),
        ("verify", "many"),
        ("verify", "--json", "many"),
        ("validate", "many"),
        ("show", "many"),
        ("convert", "many"),
        ("convert", "--jobs", "2", "many"),
        ("sign", "one"),
        ("sample", "fin"),
        ("rules",),
        ("--help",),
        ("verify", "--help"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_a_closed_pipe_is_no_error(run, many, command):
    """As after `| head`: the reader is gone before the first byte."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(*command, stdout=writer, env=PASSWORD)
    finally:
        os.close(writer)
    assert (done.code, done.err) == (0, "")


def test_a_pipe_closed_on_the_way(run, many):
    """The reader takes some bytes and goes, as `head` does."""
    reader, writer = os.pipe()
    first = []

    def read_a_little():
        first.append(os.read(reader, 10))
        os.close(reader)

    thread = threading.Thread(target=read_a_little)
    thread.start()
    try:
        done = run("verify", "many", stdout=writer, env=PASSWORD)
    finally:
        os.close(writer)
        thread.join()
    assert first == [b"many#1: va"]
    assert (done.code, done.err) == (0, "")


@needs_full
@pytest.mark.parametrize(
    "command", [("verify", "one"), ("verify", "many"), ("sign", "one"), ("--help",), ("convert", "many")], ids=" ".join
)
def test_a_full_disk_is_an_error_said_once(run, many, command):
    with open("/dev/full", "wb") as full:
        done = run(*command, stdout=full, env=PASSWORD)
    assert done.code in (2, 3)
    assert FORM.fullmatch(done.err)


@needs_full
def test_stderr_that_cannot_be_written_changes_no_exit_code(run):
    with open("/dev/full", "wb") as full:
        done = run("verify", "missing", stderr=full, env=PASSWORD)
    assert (done.code, done.out) == (3, "")


CLOSED = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, [sys.executable, '-m', 'infocaller_cli', *sys.argv[2:]])"


@pytest.mark.parametrize(("closed", "command", "codes"), [(0, "verify -", (3,)), (1, "verify one", (0, 2, 3)), (2, "verify missing", (3,))])
def test_a_stream_closed_from_the_start(run, many, closed, command, codes):
    """As with `2>&-`, or under a careless daemon."""
    done = run(str(closed), *command.split(), code=CLOSED, env=PASSWORD)
    assert done.code in codes
    assert "Traceback" not in done.err
    assert done.out == ""


# ---- Ctrl-C ----


@pytest.mark.parametrize("command", [("verify",), ("verify", "--json"), ("sign",), ("validate",), ("show",)], ids=" ".join)
def test_ctrl_c_is_130_without_a_traceback(terminal, tmp_path, command):
    (tmp_path / "pw").write_text("3956")
    done = terminal("-v", *command, "--password-file", "pw", "-", answers=[(b"password: from pw", b"\x03")])
    # CPython ends itself by the signal where the key comes while it builds a named tuple; a shell says 130 for both
    assert done.code in (130, -signal.SIGINT)
    assert "Traceback" not in done.err
    assert "error" not in done.err


def test_ctrl_c_before_and_after_typer_is_130_too(monkeypatch, capsys):
    """Typer tells of the one that comes while a command runs; one comes while the output is flushed."""
    from infocaller_cli.cli import execute

    def interrupted(*_arguments, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(execute, "app", interrupted)
    monkeypatch.setattr(execute.gc, "freeze", lambda: None)  # what is frozen is hidden from Hypothesis, in tests that follow
    assert execute.execute(["verify", "x.xml"]) == 130
    assert capsys.readouterr() == ("", "\n")
