"""The manual: what stands in man/ and completions/ is what the application would write, and readers of pages have no complaint."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import roff
from facts import STATUSES, variables
from files import files
from pages import commands, groups_of_commands
from typer.main import get_command

from infocaller_cli.cli.app import app
from infocaller_cli.codec import spec
from infocaller_cli.codec.catalogue import RULES
from infocaller_cli.version import RELEASED, __version__

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "man").glob("man?/*"))
WRITTEN = [path for folder in ("completions", "infocaller_cli/cli/texts") for path in (ROOT / folder).iterdir()]
PICTURE = "man/infocaller-show.svg"
COMMANDS = list(commands(get_command(app)))
PAGES_OF_COMMANDS = [*COMMANDS, *groups_of_commands(get_command(app))]


def shown(page):
    """A page as it is read, without what makes it bold."""
    done = subprocess.run(["mandoc", "-Tutf8", "-Owidth=200", page], capture_output=True, check=True)
    return re.sub(".\b", "", done.stdout.decode())


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


def test_nothing_in_the_repository_is_stale():
    """Write them anew with: python man/source"""
    there = {str(path.relative_to(ROOT)): path.read_bytes() for path in (*PAGES, ROOT / PICTURE, *WRITTEN)}
    written = files()
    # Another version of Rich draws the same words in other pieces, in another order
    words = [
        re.findall(r"\w+", " ".join(re.findall(r">([^<>]+)</text>", data.pop(PICTURE).decode().replace("&#160;", " "))))
        for data in (there, written)
    ]
    assert "Bienvenida" in words[0]
    assert set(words[0]) == set(words[1])
    assert there == written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_its_edition_is_that_of_the_release(page):
    assert f'"{RELEASED}" "infocaller {__version__}"' in page.read_text("utf-8")


def test_the_changelog_begins_with_this_release():
    heading = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)[1]
    assert heading in (f"{__version__} (unreleased)", f"{__version__} ({RELEASED})")


def test_one_command_writes_them(tmp_path):
    done = subprocess.run([sys.executable, "man/source", tmp_path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == set(files())
    assert {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == files()


def test_every_command_has_a_page_and_every_text_is_used():
    names = {path.name for path in PAGES}
    assert names >= {f"infocaller-{path.replace(' ', '-')}.1" for path, _ in PAGES_OF_COMMANDS}
    texts = {path.stem for path in (ROOT / "man" / "source" / "text").iterdir()}
    assert texts == {path.replace(" ", "-") for path, _ in COMMANDS} | {
        "infocaller", "config", "infocaller-capture", "infocaller.toml", "infocaller-payload", "infocaller-library", "infocaller-script",
    }  # fmt: skip


@needs("mandoc")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_mandoc_has_no_complaint(page):
    done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs("man")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_man_has_no_complaint(page):
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MANROFFSEQ": ""}
    command = ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@needs("mandoc")
@pytest.mark.parametrize(("path", "command"), PAGES_OF_COMMANDS, ids=[path for path, _ in PAGES_OF_COMMANDS])
def test_the_page_of_a_command(path, command):
    text = shown(ROOT / "man/man1" / f"infocaller-{path.replace(' ', '-')}.1")
    headings = re.findall(r"^([A-Z][A-Z ]+)$", text, flags=re.MULTILINE)
    wanted = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES", "SEE ALSO"]
    assert [heading for heading in headings if heading in wanted] == wanted
    assert re.search(rf"^ +infocaller {path}( command)? \[options\]", text, flags=re.MULTILINE)
    for option in command.params:
        if option.param_type_name == "option" and not option.hidden:
            assert re.search(rf"^ +(.*, )?{option.opts[0]}\b", text, flags=re.MULTILINE), option.opts
    assert re.search(r"^ +130 +Interrupted\.$", text, flags=re.MULTILINE)
    for title in re.findall(r"(infocaller[\w.-]*)\((\d)\)", text):
        assert (ROOT / "man" / f"man{title[1]}" / ".".join(title)).exists(), title


def test_every_command_has_its_exit_statuses():
    assert set(STATUSES) == {path for path, _ in PAGES_OF_COMMANDS}


@pytest.mark.parametrize(
    "line",
    [
        "verify FILE", "sign FILE", "convert FILE", "validate FILE", "rules", "show FILE", "sample fin", "schema fin",
        "send-event FIN --to http://127.0.0.1:1 --dry-run", "send-query Q --to http://127.0.0.1:1 --dry-run",
        "serve-query --handler missing:function --stdin", "capture --port 0 --out FILE.new", "replay FILE --resign --to http://127.0.0.1:1",
        "config show", "config init --yes --out -", "config set-password 1 --delete",
    ],
)  # fmt: skip
def test_the_configuration_is_in_the_environment_of_those_that_read_it(run, signed, tmp_path, line):
    document = tmp_path / "fin.xml"
    document.write_text(signed())
    environment = {"INFOCALLER_CONFIG": str(tmp_path / "missing.toml")}
    done = run(*line.replace("FILE", str(document)).split(), stdin=signed(), env=environment)
    path = next(path for path, _ in COMMANDS if line.startswith(path))
    read = "missing.toml" in done.err
    assert read == ("INFOCALLER_CONFIG" in variables(path, set()))


@needs("mandoc")
def test_the_page_of_the_documents_has_every_field_action_and_rule():
    text = shown(ROOT / "man/man7/infocaller-payload.7")
    for section in ("UserID", "Infocaller", "Status", "CustVars"):
        for field in spec.fields_of(spec.section_at(section)):
            assert re.search(rf"^ +{field.name}\b", text, flags=re.MULTILINE), field.name
    for number in spec.ACTIONS:
        assert re.search(rf"^ +{number}  +\w", text, flags=re.MULTILINE), number
    for code in RULES:
        assert re.search(rf"^ +{code} \((error|warning)\)", text, flags=re.MULTILINE), code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain words.", ".PP\nPlain words."),
        ("One. Two.", ".PP\nOne.\nTwo."),
        (".dot first", ".PP\n\\&.dot first"),
        ("'quote first", ".PP\n\\&'quote first"),
        (r"a\b", r".PP" + "\n" + r"a\eb"),
        ("`--opt`", ".PP\n\\fB\\-\\-opt\\fR"),
        ("see infocaller-verify(1)", ".PP\nsee \\fBinfocaller\\-verify\\fR(1)"),
        ("# Head", '.SH "HEAD"'),
        ("# Head\nWords.", '.SH "HEAD"\n.PP\nWords.'),
        ("## Part", '.SS "Part"'),
        ("`a`::\n    what it is", ".TP\n\\fBa\\fR\nwhat it is"),
        ("    $ 'x' `y` ~ ^", ".PP\n.RS 4\n.EX\n$ \\(aqx\\(aq \\(gay\\(ga \\(ti \\(ha\n.EE\n.RE"),
    ],
)
def test_markup(text, expected):
    assert roff.markup(text) == expected
