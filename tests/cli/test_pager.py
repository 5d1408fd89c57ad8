"""Long output on a terminal goes to a pager: PAGER, else less; short output, pipes and what is live do not. In real terminals."""

import json
import re
import signal
import sys
import time
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")
TIMEOUT = 30
ROOT = Path(__file__).parents[2]
ENDED = pexpect.EOF
PROMPT = "\r\n:\x1b\\[K"  # of less
SGR = re.compile(r"\x1b\[[\d;]*m")
# Says that it runs, with what was set for it, and shows what it gets in pieces the test can find
PAGER = """
import os, sys
print("PAGER IS HERE", os.environ.get("LESS"), os.environ.get("LV"), flush=True)
text = sys.stdin.read()
print(text, end="")
print("LINES", len(text.splitlines()), flush=True)
"""


@pytest.fixture
def folder(tmp_path, signed):
    (tmp_path / "page.py").write_text(PAGER)
    (tmp_path / "good.xml").write_text(signed())
    (tmp_path / "bad.xml").write_text(signed(signature="0" * 32))
    lines = [signed(call=str(call)).replace("\n", "") for call in range(70700001, 70700101)]
    (tmp_path / "hundred.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "last-is-bad.txt").write_text("\n".join([*lines, signed(signature="0" * 32).replace("\n", "")]) + "\n")
    return tmp_path


@pytest.fixture
def start(folder):
    """A function: the command on a terminal of 24 lines; `pager` is PAGER (None: not set)."""
    started = []

    def begin(*words, pager=f"{sys.executable} page.py", rows=24, **environment):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm"}
        env |= {"INFOCALLER_PASSWORD": "3956"} | ({} if pager is None else {"PAGER": pager}) | environment
        child = pexpect.spawn(
            sys.executable,
            ["-m", "infocaller_cli", *words],
            cwd=str(folder),
            env=env,
            dimensions=(rows, 100),
            encoding="utf-8",
            timeout=TIMEOUT,
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.close(force=True)


def end(child):
    """All that was shown, without its colours, and the exit code."""
    child.expect(ENDED)
    child.close()
    return SGR.sub("", child.before), child.exitstatus


@pytest.mark.parametrize(
    "command",
    [("show", "hundred.txt"), ("show", "--calls", "hundred.txt"), ("validate", "hundred.txt"), ("rules",), ("schema", "fin")],
    ids=" ".join,
)
def test_what_is_longer_than_the_screen_goes_to_the_pager(run, start, folder, command):
    shown, code = end(start(*command))
    assert "PAGER IS HERE FRX -c" in shown
    assert code == 0
    lines = int(re.search(r"LINES (\d+)", shown)[1])
    assert lines > 24
    plain, code = end(start(*command, "--no-pager"))
    assert "PAGER" not in plain
    assert (len(plain.splitlines()), code) == (lines, 0)


@pytest.mark.parametrize(
    ("command", "rows"),
    [(("show", "good.xml"), 24), (("rules", "IC404"), 40), (("validate", "hundred.txt"), 110), (("rules", "--help"), 10)],
    ids=str,
)
def test_what_fits_on_the_screen_needs_none(start, command, rows):
    shown, code = end(start(*command, rows=rows))
    assert "PAGER IS HERE" not in shown
    assert len(shown.splitlines()) > 3
    assert code == 0


def test_lines_that_wrap_count_as_what_they_take(start, folder, signed):
    (folder / "wide.xml").write_text(signed().replace("Bilbao", "x" * 3000))
    shown, _ = end(start("show", "wide.xml"))
    assert "PAGER IS HERE" in shown


@pytest.mark.parametrize("pager", ["", "cat", " "])
def test_no_pager_is_wanted(start, pager):
    shown, code = end(start("show", "hundred.txt", pager=pager))
    assert "70700001" in shown
    assert "70700100" in shown
    assert code == 0


def test_none_on_a_dumb_terminal_or_in_a_pipe(run, start, folder):
    assert "PAGER IS HERE" not in end(start("show", "hundred.txt", TERM="dumb"))[0]
    done = run("show", "hundred.txt", env={"PAGER": f"{sys.executable} page.py"})
    assert ("PAGER IS HERE" in done.out, done.code) == (False, 0)


def test_none_where_more_may_come_only_later(folder, tmp_path):
    """A live capture is seen as it comes: the first record before the second."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT), "TERM": "xterm", "PAGER": f"{sys.executable} page.py"}
    script = "(head -n 30 hundred.txt; sleep 60) | exec " + f"{sys.executable} -m infocaller_cli show -"
    child = pexpect.spawn("/bin/sh", ["-c", script], cwd=str(folder), env=env, dimensions=(24, 100), encoding="utf-8", timeout=TIMEOUT)
    child.expect("70700029")
    assert "PAGER IS HERE" not in child.before
    child.close(force=True)


def test_the_exit_code_and_the_order_stay(start):
    """Notices and errors come where they belong, in the pager."""
    shown, code = end(start("validate", "hundred.txt", "missing.xml", "bad.xml"))
    assert code == 3
    assert shown.index("PAGER IS HERE") < shown.index("missing.xml: cannot be read") < shown.index("bad.xml:")
    shown, code = end(start("validate", "last-is-bad.txt"))
    assert ("PAGER IS HERE" in shown, code) == (True, 1)


def test_an_error_that_ends_it_is_told_without_a_pager(start):
    shown, code = end(start("show", "missing.xml"))
    assert ("PAGER IS HERE" in shown, "error: missing.xml: cannot be read" in shown, code) == (False, True, 3)


@pytest.mark.parametrize("pager", ["no-such-pager -R", "./page.py"])
def test_a_pager_that_is_not_there_is_named_and_nothing_is_lost(start, pager):
    shown, code = end(start("show", "hundred.txt", pager=pager))
    assert f"warning: the pager '{pager}' is not there: set PAGER to one that is; --no-pager does without" in " ".join(shown.split())
    assert "70700100" in shown
    assert code == 0


def test_a_pager_that_fails_is_named(start):
    shown, _ = end(start("show", "hundred.txt", pager="false"))
    assert "the pager 'false' ended with 1" in shown
    assert "--no-pager" in shown
    shown, code = end(start("validate", *["hundred.txt"] * 60, pager="exit 3; "))
    assert "error: the pager 'exit 3; ' ended with 3" in shown
    assert "try: set PAGER to another; --no-pager does without" in shown
    assert code == 3


def test_a_command_of_a_shell_is_one(start):
    shown, _ = end(start("rules", pager=f"{sys.executable} page.py | grep -c IC"))
    assert int(shown) > 24


# ---- less itself ----


@pytest.fixture
def less(start):
    if not Path("/usr/bin/less").exists():
        pytest.skip("needs less")
    return lambda *words, **more: start(*words, pager=None, **more)


def test_less_shows_a_screen_keeps_colours_and_gives_the_terminal_back(less):
    child = less("validate", "hundred.txt")
    child.expect("\x1b\\[32mvalid")
    child.expect(PROMPT)
    assert "#40" not in child.before
    child.send("G")
    child.expect("hundred.txt#100")
    child.send("q")
    shown, code = end(child)
    assert "ESC[" not in shown
    assert "\x1b[?1049" not in shown  # the text stays on the screen
    assert code == 0


def test_whoever_leaves_early_hears_of_no_error(less, folder):
    (folder / "many.txt").write_text((folder / "hundred.txt").read_text() * 100)
    child = less("validate", "many.txt")
    child.expect(PROMPT)
    child.send("q")
    shown, code = end(child)
    assert "rror" not in shown
    assert "Traceback" not in shown
    assert code == 0


def test_ctrl_c_is_the_pager_s(less):
    """All is made: less stays, and the exit code is the command's."""
    child = less("validate", "last-is-bad.txt")
    child.expect(PROMPT)
    time.sleep(1)  # were the command not done, Ctrl-C would end it, with 130: this test would fail, never pass wrongly
    for _ in range(2):
        child.sendintr()
        child.send("g")
        child.expect("hundred.txt#1|last-is-bad.txt#1:")
    child.send("q")
    shown, code = end(child)
    assert "Traceback" not in shown
    assert code == 1


def test_ctrl_c_while_it_is_made_leaves_the_pager_in_its_place(start, folder):
    (folder / "many.txt").write_text((folder / "hundred.txt").read_text() * 400)
    child = start("validate", "--jobs", "1", "many.txt", pager=None)
    child.expect(PROMPT)
    child.sendintr()
    child.send("g")
    child.expect("many.txt#1:")
    child.send("q")
    shown, code = end(child)
    assert "Traceback" not in shown
    assert code in (130, 0)


def test_a_signal_leaves_no_pager_behind(less, folder):
    child = less("validate", "hundred.txt")
    child.expect(PROMPT)
    child.kill(signal.SIGTERM)
    child.expect(ENDED)
    child.close()
    assert child.signalstatus == signal.SIGTERM


def test_json_is_paged_as_it_is(start):
    shown, code = end(start("validate", "--json", "hundred.txt"))
    assert "PAGER IS HERE" in shown
    rows = [json.loads(line) for line in shown.splitlines() if line.startswith("{")]
    assert (len(rows), code) == (100, 0)
