"""Start-up is a feature: what a command does not need, it does not import. Each check looks into a process of its own."""

import sys
from importlib.metadata import version

import pytest

pytestmark = pytest.mark.skipif(
    tuple(map(int, version("typer").split(".")[:2])) >= (0, 29), reason="Typer 0.29 brings pydantic into every call: hence its cap"
)
# Each costs from some to some hundred milliseconds
NEVER = {"httpx", "rich", "asyncio", "concurrent.futures", "multiprocessing", "pydantic", "uvicorn", "hypothesis", "pytest", "email"}
NEVER |= {"ssl", "http.client", "urllib.request", "tomllib", "xml.etree.ElementTree", "getpass", "tempfile", "logging"}
NEVER |= {"unittest", "sqlite3", "backports.zstd", "compression.zstd", "markdown_it", "pygments"}

IMPORTED = """
import sys
from infocaller_cli.cli.main import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def imported(run):
    """A function: the names of all modules a command has imported by its end."""

    def start(*command, expected=0, **more):
        done = run("-q", *command, code=IMPORTED, **more) if command[0][0] != "-" else run(*command, code=IMPORTED, **more)
        assert done.code == expected, done.err
        return set(done.err.splitlines()[-1].split())

    return start


def ours(modules):
    return {name.removeprefix("infocaller_cli.") for name in modules if name.startswith("infocaller_cli.")}


@pytest.fixture
def xml(tmp_path, signed):
    (tmp_path / "a.xml").write_text(signed())
    return "a.xml"


@pytest.fixture
def json(tmp_path):
    signature = "ae73e4b16a280726fb2e0e6bfb43902a"
    user = f'{{"LineNumber": "123456789", "CallSequence": "98565656", "Signature": "{signature}"}}'
    (tmp_path / "a.json").write_text(f'{{"ApiCall": {{"UserID": {user}, "Infocaller": {{}}, "CustVars": {{"CustVar": []}}}}}}')
    return "a.json"


def test_verify_of_xml(imported, xml):
    modules = imported("verify", xml, env={"INFOCALLER_PASSWORD": "3956"})
    assert "infocaller_cli.codec.xml_plain" in modules  # or this test looks at the wrong process
    assert not modules & {"lxml", "lxml.etree", "infocaller_cli.codec.xml_wire"}
    assert not modules & (NEVER | {"orjson"})
    assert not ours(modules) & {"codec.json_wire", "codec.rules", "codec.explain", "codec.edit", "codec.repair", "codec.catalogue"}
    assert not ours(modules) & {"cli.show", "cli.validate", "cli.convert", "cli.sample", "cli.rules", "cli.verdicts", "traffic.capture"}


def test_verify_of_json(imported, json):
    modules = imported("verify", json, env={"INFOCALLER_PASSWORD": "3956"})
    assert "infocaller_cli.codec.json_wire" in modules
    assert not modules & (NEVER | {"lxml", "lxml.etree"})
    assert "codec.xml_wire" not in ours(modules)


def test_verify_of_wrong_signatures_costs_no_more(imported, xml):
    modules = imported("verify", xml, expected=1, env={"INFOCALLER_PASSWORD": "wrong"})
    assert not modules & NEVER
    assert "codec.explain" not in ours(modules)


def test_the_configuration_is_parsed_only_when_asked_for(imported, xml, tmp_path):
    (tmp_path / "infocaller.toml").write_text('[lines.123456789]\npassword = "3956"\n')
    modules = imported("verify", xml)
    assert "tomllib" in modules
    assert not modules & (NEVER - {"tomllib", "tempfile"})


AT_ONCE = [("--version",), ("--help",), ("verify", "--help"), ("help", "config", "init"), ("config", "-h")]


@pytest.fixture
def imported_alone(run):
    """A function: what a command line has imported beside what Python itself imports at its start."""

    def start(*words, env=None):
        bare = set(run(code="import sys; print(*sys.modules)").out.split())
        done = run(*words, code=IMPORTED, env=env)
        assert done.code == 0, done.err
        return {name.removeprefix("infocaller_cli.") for name in set(done.err.split()) - bare} - {"infocaller_cli", "gc"}

    return start


@pytest.mark.parametrize("command", AT_ONCE)
def test_version_and_help_import_nothing(imported_alone, command):
    assert imported_alone(*command) <= {"cli", "cli.main", "cli.terminal", "cli.texts", "version"}


def test_help_for_a_narrow_terminal_needs_typer_alone(imported):
    modules = imported("verify", "--help", env={"COLUMNS": "79"})
    assert "typer" in modules
    assert not modules & (NEVER | {"orjson", "lxml", "lxml.etree"})
    assert not {name for name in ours(modules) if name.endswith("_wire")}


@pytest.mark.parametrize("command", ["validate", "show", "sign", "convert"])
def test_other_commands_in_a_pipe(imported, xml, command):
    """Tables are drawn on terminals only, and one document needs no second process."""
    modules = imported(command, xml, env={"INFOCALLER_PASSWORD": "3956"})
    assert not modules & {"httpx", "rich", "asyncio", "concurrent.futures", "multiprocessing", "pydantic", "uvicorn", "tomllib"}


def test_completion_costs_little(imported_alone, tmp_path):
    """Someone waits at a prompt: words that are always the same cost no import, names of the configuration little."""
    (tmp_path / "infocaller.toml").write_text('[queries]\nA = "http://127.0.0.1/"\n')
    for words in (("verify", "--"), ("serve-query", "--"), ("rules", "IC"), ("replay", ""), ("",)):
        assert imported_alone(*words, env={"_INFOCALLER_COMPLETE": "bash"}) <= {"cli", "cli.main", "cli.complete", "cli.texts"}
    modules = imported_alone("send-query", "", env={"_INFOCALLER_COMPLETE": "bash"})
    assert "tomllib" in modules
    assert not modules & (NEVER - {"tomllib", "tempfile"} | {"orjson", "lxml", "lxml.etree", "typer"})
    assert not {name for name in modules if name.startswith("traffic.") or name.endswith("_wire")}


def test_only_json_is_written_with_orjson(imported, xml, json):
    assert "orjson" in imported("convert", xml)
    assert "orjson" not in imported("convert", json)


@pytest.mark.parametrize("form", ["xsd", "json-schema"])
def test_schemas_are_text(imported, form):
    modules = imported("schema", "fin", "--format", form)
    assert "infocaller_cli.codec.schemas" in modules
    assert not modules & (NEVER | {"orjson", "lxml", "lxml.etree"})


def test_importing_the_library_needs_neither_the_command_line_nor_a_format(run):
    script = "import sys, infocaller_cli.codec; print(*sorted(sys.modules))"
    modules = set(run(code=script).out.split())
    assert "infocaller_cli.codec" in modules
    assert not modules & (NEVER | {"typer", "lxml", "lxml.etree", "orjson"})
    assert not {name for name in ours(modules) if name.startswith(("cli", "traffic"))}


def test_only_the_readers_and_writers_import_lxml_and_orjson(run):
    """The whole codec but them and what explains a refusal of lxml's, and neither library comes with it."""
    script = (
        "import sys, importlib, pkgutil, infocaller_cli.codec as codec\n"
        "names = [m.name for m in pkgutil.iter_modules(codec.__path__) if not m.name.endswith('_wire') and m.name != 'xml_errors']\n"
        "[importlib.import_module(f'infocaller_cli.codec.{name}') for name in names]\n"
        "print(len(names), *sorted(sys.modules))"
    )
    count, *modules = run(code=script).out.split()
    assert int(count) > 8
    assert not set(modules) & {"lxml", "lxml.etree", "orjson", "typer"}


@pytest.mark.parametrize(
    "command", [("config",), ("config", "show"), ("config", "show", "--json"), ("config", "init", "--yes", "--out", "-")]
)
def test_config(imported, tmp_path, command):
    (tmp_path / "infocaller.toml").write_text("[lines.1]\npassword_command = 'false'\n[lines.2]\nkeyring = true\n")
    modules = imported(*command)
    assert not modules & (NEVER - {"tomllib", "tempfile"} | {"lxml", "lxml.etree", "orjson", "keyring"})


LISTENING = """
import sys
from infocaller_cli.cli.main import main
from infocaller_cli.cli.report import Report
say = Report.ready
def ready(self, url):
    print("imported:", *sorted(sys.modules), file=sys.stderr)
    say(self, url)
Report.ready = ready
sys.exit(main(sys.argv[1:]))
"""
# What nobody can do without who serves with uvicorn behind a command line of Typer's: multiprocessing, email and tempfile among it
FLOOR = """
import sys, ssl, typer.main, uvicorn, uvicorn.lifespan.off, uvicorn.loops.asyncio, uvicorn.protocols.http.httptools_impl
print(*sorted(sys.modules))
"""
PARTS_OF_A_SERVER = {"cli", "codec", "config", "errors", "files", "spelling", "streams", "traffic", "version"}
SERVERS = {  # their options, and what they need: a decimal.py of the user's must not come before Python's
    "serve-query": (("--handler", "app:answer"), {"app", "decimal", "lxml", "orjson"}),
    "capture": (("--out", "c.ndjson"), {"orjson", "pybase64"}),
}


@pytest.mark.parametrize("command", SERVERS)
def test_a_server_listens_with_little_beside_uvicorn(server, run, tmp_path, command):
    options, needed = SERVERS[command]
    (tmp_path / "app.py").write_text("def answer(query):\n    return {}\n")
    one = server("-q", command, *options, code=LISTENING)
    modules = set(one.wait_for("imported:").split()[1:])
    assert "uvicorn.server" in modules  # or this test looks at the wrong process
    beside = {name for name in modules - set(run(code=FLOOR).out.split()) if not name.startswith(("_", "infocaller_cli"))}
    assert not beside & (NEVER | {"concurrent.futures.process", "encodings.idna", "decimal"} - needed)
    assert {name.partition(".")[0] for name in beside} - sys.stdlib_module_names <= needed | {"typer"}
    assert {name.partition(".")[0] for name in ours(modules)} <= PARTS_OF_A_SERVER
    assert not ours(modules) & {"traffic.http.handshake", "traffic.http.supervisor", "traffic.http.client", "codec.explain", "codec.repair"}
    assert not {name for name in ours(modules) if name.startswith(("traffic.replay", "traffic.conformance", "traffic.simulate"))}
    assert {name for name in ours(modules) if name.startswith(("cli.documents.", "cli.setup."))} == set()
