"""Break one line of the product at a time, in a copy, and see whether the tests that stand beside it notice.

    python tests/mutations/run.py              # all of them, one at a time: some minutes
    python tests/mutations/run.py player cli   # those whose file or line holds one of these words
    python tests/mutations/run.py --check      # only whether every line still stands once in its file

What is not noticed wants a test, or can be taken away. A line that is gone is stale: not noticed by anybody, and said so. Not in CI.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import BREAKAGES

ROOT = Path(__file__).parents[2]
PACKAGE = "infocaller_cli"
UNWANTED = shutil.ignore_patterns("__pycache__", ".*_cache", ".hypothesis", ".venv", ".lowest", "*.egg-info", ".git", "dist")
# A breakage may make something wait for ever, which is noticed too
LIMIT = 300


def there(tests):
    """Those of these tests that there are."""
    return [test for test in tests if (ROOT / "tests" / test.partition("::")[0]).exists()]


def files_of(one):
    """The files that hold the text of a breakage: the one it names, or, once it has moved, others of that folder."""
    named = ROOT / PACKAGE / one.file
    beside = sorted(named.parent.glob("*.py"))
    return [path for path in [named] if path.is_file() and one.old in path.read_text("utf-8")] or [
        path for path in beside if one.old in path.read_text("utf-8")
    ]


def stale(one):
    """Why a breakage cannot be tried; "" where it can."""
    count = sum(path.read_text("utf-8").count(one.old) for path in files_of(one))
    if count != 1:
        return f"the text stands there {count} times"
    return "" if there(one.tests) else "its tests are gone"


def judge(tree, tests):
    """What the tests say of a tree: the first that fails, "" where none does."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *(f"tests/{test}" for test in there(tests))]
    environment = {**os.environ, "PYTHONPATH": str(tree), "CI": "1"}
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return "it did not end"
    if done.returncode == 0:
        return ""
    found = re.search(r"^(?:FAILED|ERROR) tests/(.+?)(?: - .*)?$", done.stdout, flags=re.MULTILINE)
    return found[1] if found else (done.stdout + done.stderr).strip().splitlines()[-1]


def attempt(one, tree):
    """What became of a breakage: (noticed, fails anyway, stale or UNNOTICED; why)."""
    why = stale(one)
    if why:
        return "stale", why
    path = tree / files_of(one)[0].relative_to(ROOT)
    sound = path.read_text("utf-8")
    _write(path, sound.replace(one.old, one.new))
    try:
        failed = judge(tree, one.tests)
    finally:
        _write(path, sound)
    if not failed:
        return "UNNOTICED", " ".join(one.tests)
    if "::" in failed and judge(tree, [failed]):
        return "fails anyway", failed
    return "noticed", failed


def _write(path, text):
    """Python tells by a file's time whether what it has compiled is still that file; two changes may come in one second."""
    later = path.stat().st_mtime + 2
    path.write_text(text, "utf-8")
    os.utime(path, (later, later))


def main():
    """Try them, and say how many were noticed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only those that hold one of these")
    parser.add_argument("--check", action="store_true", help="only look whether every line is still there")
    options = parser.parse_args()
    chosen = [one for one in BREAKAGES if not options.words or any(word in f"{one.file} {one.old}" for word in options.words)]
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        if not options.check:
            shutil.copytree(ROOT, tree, ignore=UNWANTED)
        for one in chosen:
            began = time.monotonic()
            said, why = (("stale", stale(one)) if stale(one) else ("there", "")) if options.check else attempt(one, tree)
            counts[said] = counts.get(said, 0) + 1
            if said != "there":
                print(
                    f"{said}: {one.file}: {one.old.strip()!r} -> {one.new.strip()!r}: {why} ({time.monotonic() - began:.0f} s)", flush=True
                )
    print(f"{len(chosen)} breakages:", ", ".join(f"{number} {said}" for said, number in sorted(counts.items())))
    return int(bool(counts.keys() - {"noticed", "there"}))


if __name__ == "__main__":
    sys.exit(main())
