"""Completion in the real shells: what is typed, then Tab, then what stands on the command line."""

import os
import shutil
import sys
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "completions"
# Arguments; what sets up completion, a prompt, and a key (Ctrl-G) that writes the command line to a file
BASH = rf"""
source '{SCRIPTS}/infocaller.bash'
bind -x '"\C-g": printf %s "$READLINE_LINE" > line; echo WRIT''TEN'
PS1='READY''> '
"""
ZSH = rf"""
fpath=('{SCRIPTS}' $fpath); autoload -Uz compinit; compinit -u -D
keep() {{ print -rn -- "$BUFFER" > line; zle -I; print WRIT''TEN }}; zle -N keep; bindkey '^G' keep
PS1='READY''> '
"""
FISH = rf"""
source '{SCRIPTS}/infocaller.fish'
bind \cg 'commandline > line; echo WRIT''TEN'
function fish_prompt; echo -n 'READY''> '; end
"""
SHELLS = {"bash": (["--norc", "--noprofile", "-i"], BASH), "zsh": (["-f", "-i"], ZSH), "fish": (["--no-config", "-i"], FISH)}
CONFIGURATION = (
    '[lines.123456789]\npassword = "1"\n[queries]\n"ESTADO PEDIDO" = "http://127.0.0.1/a"\n"ESTADO PAGO" = "http://127.0.0.1/b"\n'
    '"PRECIO $5" = "http://127.0.0.1/c"\n'
)


@pytest.fixture(params=list(SHELLS))
def shell(request, tmp_path):
    """A shell in a folder with a configuration, two files and a folder."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    command = tmp_path / "bin" / "infocaller"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m infocaller_cli "$@"\n')
    command.chmod(0o755)
    folder = tmp_path / "folder"
    (folder / "documents").mkdir(parents=True)
    (folder / "infocaller.toml").write_text(CONFIGURATION)
    (folder / "payload.xml").touch()
    (folder / "two words.xml").touch()
    arguments, setup = SHELLS[request.param]
    path = f"{command.parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TERM": "xterm"}
    process = pexpect.spawn(request.param, arguments, env=environment, cwd=folder, encoding="utf-8", timeout=60, dimensions=(50, 100))
    process.sendline(setup.strip().replace("\n", "; "))
    process.expect_exact("READY> ")
    yield process, folder / "line"
    process.close(force=True)


CASES = [
    ("infocaller send-ev", "infocaller send-event "),
    ("infocaller -q send-event DESVIO_C", "infocaller -q send-event DESVIO_CORRECTO "),
    ("infocaller convert --to j", "infocaller convert --to json "),
    ("infocaller convert --to=j", "infocaller convert --to=json "),
    (
        "infocaller send-event FIN --to http://127.0.0.1:80/x?a=1 --dry",
        "infocaller send-event FIN --to http://127.0.0.1:80/x?a=1 --dry-run ",
    ),
    ("infocaller rules IC30", "infocaller rules IC30"),  # several
    ("infocaller rules IC212", "infocaller rules IC212 "),
    ("infocaller sign --line 1", "infocaller sign --line 123456789 "),
    (r"infocaller send-query ESTADO\ PE", r"infocaller send-query ESTADO\ PEDIDO "),
    ("infocaller send-query 'ESTADO PE", "infocaller send-query 'ESTADO PEDIDO' "),
    ('infocaller send-query "ESTADO PE', 'infocaller send-query "ESTADO PEDIDO" '),
    ('infocaller send-query "PRE', r'infocaller send-query "PRECIO \$5" '),  # or the shell would put something in its place
    ("infocaller send-query 'PRE", "infocaller send-query 'PRECIO $5' "),
    ("infocaller verify pay", "infocaller verify payload.xml "),
    ("infocaller verify two", r"infocaller verify two\ words.xml "),
    ("infocaller verify --password-file=pay", "infocaller verify --password-file=payload.xml "),
    ("infocaller convert payload.xml --output-dir d", "infocaller convert payload.xml --output-dir documents/"),
    ("infocaller capture --host x", "infocaller capture --host x"),
]


def test_what_tab_makes_of_a_command_line(shell):
    process, line = shell
    for typed, expected in CASES:
        process.send(f"{typed}\t\x07")
        process.expect_exact("WRITTEN")
        assert line.read_text().removesuffix("\n") == expected, typed
        process.send("\x15")  # Ctrl-U: an empty line again


def test_two_tabs_list_what_there_is(shell):
    process, _ = shell
    process.send("infocaller send-event DESVIO_\t\t\t")
    process.expect_exact("DESVIO_FALLIDO")
