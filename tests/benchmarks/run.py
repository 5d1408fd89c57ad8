"""How fast the project is, beside floors and peers in the same run: python tests/benchmarks/run.py [--quick] [--json OUT] [--readme]

Prints one table, with the machine and all versions. A ratio is the median over pairs of runs beside each other, of whole processes
but for library calls. Exit code 1 if one is not what it must be; --quick is too short to tell, and judges none. Needs the extra
`bench`, and wrk or hey for the servers.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import answering
import calling
import capturing
import growing
import replaying
import serving
import starting
from measure import Row, say, show

PARTS = {
    "starting": starting,
    "capturing": capturing,
    "replaying": replaying,
    "serving": serving,
    "answering": answering,
    "calling": calling,
    "growing": growing,
}
# What works beside what it is measured against
VERSIONS = (
    "typer lxml orjson pybase64 httptools uvicorn httpx aiohttp granian gunicorn httpie xmltodict check-jsonschema".split()  # noqa: SIM905
)


def main() -> int:
    """Measure, print the table. Returns the exit code."""
    options = _options()
    began = Path.cwd()
    rows: list[Row] = []
    for name in options.only or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)  # no configuration of the user's
            # Installed programs find their modules compiled, also where these may not be written. The warm-up compiles them
            os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder, "bytecode"))
            rows += PARTS[name].rows(Path(folder), options.quick)
            os.chdir(began)
    if options.cpu:
        rows = [row if row.cpu is None or "cores" in row.what else row._replace(ratio=row.cpu) for row in rows]
    about = {"day": datetime.datetime.now(tz=datetime.UTC).date().isoformat(), "machine": machine(), "versions": versions()}
    if options.json:
        found = [row._asdict() | {"missed": None if options.quick else row.missed} for row in rows]
        options.json.write_text(json.dumps(about | {"quick": options.quick, "rows": found}))
    print(f"{about['day']}; {about['machine']}; {', '.join(f'{name} {one}' for name, one in about['versions'].items())}")
    show(rows, judged=not options.quick)
    if options.readme:
        print(f"\n{readme(rows, about['machine'], about['day'])}")
    return int(not options.quick and any(row.missed for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast the project is, beside floors and peers in the same run.")
    parser.add_argument("--quick", action="store_true", help="two minutes: for a look, not for a verdict")
    parser.add_argument("--cpu", action="store_true", help="judge what runs in one process by processor time: for a busy machine")
    parser.add_argument("--json", metavar="OUT", type=lambda name: Path(name).absolute(), help="write the table there too")
    parser.add_argument("--readme", action="store_true", help="print the README's table too")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part of the table; repeatable")
    return parser.parse_args()


def machine() -> str:
    """What it ran on, without its name."""
    model = platform.processor() or platform.machine()
    if (known := Path("/proc/cpuinfo")).exists():
        model = next((line.partition(":")[2].strip() for line in known.read_text().splitlines() if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores of {model}, {platform.system()} {platform.release().partition('-')[0]}"


def versions() -> dict[str, str]:
    """Of Python, what we stand on and our peers, as far as they are installed."""
    found = {"Python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            say(f"{name} is not installed")
    return found


def readme(rows: list[Row], machine: str, day: str) -> str:
    """The README's table: a column for each row that has a short name."""
    found = [row for row in rows if row.short]
    cells = [[row.short for row in found], ["---"] * len(found), [f"{row.ratio:.2f}" for row in found]]
    return "\n".join((f"{day}, {machine}:", *(f"| {' | '.join(line)} |" for line in cells)))


if __name__ == "__main__":
    sys.exit(main())
