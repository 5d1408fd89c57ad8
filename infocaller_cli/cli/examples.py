"""The examples of `--help` and of the manual, once. Every one is run by a test, in a folder with the files it names."""

from __future__ import annotations

import re
from typing import NamedTuple

_PIECE = r"""(?:[^\s"']|"[^"]*"|'[^']*')+"""
_WORD = re.compile(rf"(?:--?[a-z-]+ (?![-|&<>])|[<>|] |&& )?{_PIECE}")  # an option stays with its value


class Example(NamedTuple):
    """A command line for bash, what it is for, and its exit code (with the files of the test)."""

    what: str
    line: str
    code: int = 0

    def lines(self, width: int) -> list[str]:
        """The command line in lines of at most so many characters, where its words allow it, as bash reads it."""
        found = [""]
        for word in _WORD.findall(self.line):
            joint = len(self.line) > width and word[:2] in ("&&", "| ")
            if found[-1] and (joint or len(f"{found[-1]} {word} \\") > width):
                found[-1] += " \\"
                found.append(f"    {word}")
            else:
                found[-1] += f" {word}" if found[-1] else word
        return found


# The URLs stand for the application under development: 8000 takes events, 8080 answers queries
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "verify": (
        Example("Check the signature of what a server received", "infocaller verify payload.xml"),
        Example("Find the mistake behind a wrong one", "infocaller verify --explain other.xml", 1),
        Example("Check every request of a capture, for a program", "infocaller verify --json calls.ndjson"),
    ),
    "sign": (
        Example("Sign a document anew after an edit", "infocaller sign edited.xml -o signed.xml"),
        Example("Print the signature of a line and a call", "infocaller sign --line 123456789 --call 98565656"),
        Example("Sign in a pipe, with a password from a file", "infocaller sign - --password-file password < edited.xml"),
    ),
    "convert": (
        Example("The same document as JSON", "infocaller convert payload.xml"),
        Example("See whether anything would be lost on the way", "infocaller convert --check payload.xml"),
        Example("A capture as JSON, one document a line", "infocaller convert --to json calls.ndjson -o calls.jsonl"),
        Example("One file a document", "infocaller convert calls.ndjson --output-dir documents"),
    ),
    "validate": (
        Example("Judge an answer of your application", "infocaller validate --as response answer.xml"),
        Example("The same from its output", "cat answer.xml | infocaller validate -"),
        Example("Annotate a pull request on GitHub", "infocaller validate --strict --output github *.xml", 1),
        Example("Write a test report for CI", "infocaller validate --output junit calls.ndjson > report.xml"),
    ),
    "rules": (
        Example("List the rules", "infocaller rules"),
        Example("Explain one, with an example and its fix", "infocaller rules IC404"),
        Example("The catalogue for a program", "infocaller rules --json"),
    ),
    "show": (
        Example("Who called whom, and what happened", "infocaller show payload.xml"),
        Example("The same as a picture", "infocaller show payload.xml --svg call.svg"),
        Example("Each call of a capture as a picture, on a page", "infocaller show --calls calls.ndjson --html calls.html"),
        Example("Every document of a capture, for a program", "infocaller show calls.ndjson --json"),
    ),
    "sample": (
        Example("A finished call to develop with", "infocaller sample fin > payload.xml"),
        Example("A query in JSON", 'infocaller sample query --name "ESTADO PEDIDO" --var NUMPEDIDO=7 --format json'),
        Example("A call with an action of its own", "infocaller sample fin --seconds 95 --action 2:911888920:::40:0.120000"),
        Example("What the page prints, the hardest case for a receiver", "infocaller sample inicio --as-printed > hard.xml"),
    ),
    "schema": (
        Example("Check a document with xmllint", "infocaller schema fin -o fin.xsd && xmllint --noout --schema fin.xsd payload.xml"),
        Example("The schema of scripts, for your editor", "infocaller schema script -o script.schema.json"),
        Example("The schema of your answers, for your tests", "infocaller schema response --format json-schema -o response.schema.json"),
        Example(
            "Check a document with check-jsonschema",
            "infocaller schema query --format json-schema -o q.json && "
            "infocaller sample query --format json | check-jsonschema --schemafile q.json -",
        ),
    ),
    "send-event": (
        Example("Tell your application that a call has ended", "infocaller send-event FIN --to http://127.0.0.1:8000/event"),
        Example(
            "With the variables of its URL",
            "infocaller send-event INICIO --to 'http://127.0.0.1:8000/event?caller=[_NumLlamante]&id=[_UUID]'",
        ),
        Example(
            "Look at the request, and send nothing", "infocaller send-event FIN payload.xml --to http://127.0.0.1:8000/event --dry-run"
        ),
        Example("Hand it to someone who has only curl", "infocaller send-event FIN --to http://127.0.0.1:8000/event --curl"),
    ),
    "send-query": (
        Example(
            "Ask your application, as the script of a call does",
            'infocaller send-query "ESTADO PEDIDO" --to http://127.0.0.1:8080/orders --var NUMPEDIDO=123456789',
        ),
        Example(
            "Fail unless the call then has a variable",
            'infocaller send-query "ESTADO PEDIDO" --to http://127.0.0.1:8080/orders --var NUMPEDIDO=123456789 --expect PEDIDO=2',
        ),
        Example(
            "Does it answer in time?",
            'infocaller send-query "ESTADO PEDIDO" --to http://127.0.0.1:8080/orders --repeat 100 --timeout 2',
        ),
    ),
    "simulate": (
        Example(
            "A script to begin with: the first example of the provider's page", "infocaller simulate --example order-status > script.toml"
        ),
        Example("Say what is wrong with a script", "infocaller simulate --check order-status.toml"),
        Example(
            "Play a call against your application; without --keys, you press them",
            "infocaller simulate order-status.toml --to http://127.0.0.1:8080/orders --keys 123456789",
        ),
        Example(
            "Play the cases of the script in CI; here one of them",
            'infocaller simulate order-status.toml --test --case "the caller hangs up" --to http://127.0.0.1:8080/orders --output junit',
        ),
        Example(
            "Play last week's call again, and see what goes another way",
            "infocaller simulate order-status.toml --to http://127.0.0.1:8080/orders --like played.ndjson",
        ),
    ),
    "serve-query": (
        Example("Answer every query with the function status of orders.py", "infocaller serve-query --handler orders:status"),
        Example("Answer by the query's name", 'infocaller serve-query --handler "ESTADO PEDIDO=orders:status" --port 8081 --reload'),
        Example("Answer one document without a network", "infocaller serve-query --handler orders:status --stdin < query.xml"),
    ),
    "check-endpoint": (
        Example(
            "Does the application hold up against what Infocaller sends, and strangers?",
            'infocaller check-endpoint http://127.0.0.1:8080/orders --query "ESTADO PEDIDO" --var NUMPEDIDO=123456789 --expect PEDIDO=2',
        ),
        Example(
            "The same for one that takes events",
            "infocaller check-endpoint http://127.0.0.1:8000/event --event all --only CE7 --skip CE709",
        ),
        Example(
            "Is an event that comes twice counted once?",
            "infocaller check-endpoint http://127.0.0.1:8000/event --event FIN --only CE711 --observe 'wc -l < taken.ndjson'",
        ),
        Example("Explain a check, with the mend of each language", "infocaller check-endpoint --list CE301"),
    ),
    "capture": (
        Example("Record what comes, and answer it", "infocaller capture --out new.ndjson"),
        Example("Stand in front of an application", "infocaller capture --out new.ndjson --forward-to http://127.0.0.1:8080/orders"),
        Example("Record for weeks, safe from power cuts", "infocaller capture --out new.ndjson --rotate 100M --fsync"),
    ),
    "replay": (
        Example("Send a capture again", "infocaller replay calls.ndjson --to http://127.0.0.1:8080/orders"),
        Example(
            "At a steady pace, and see how long the answers take",
            "infocaller replay calls.ndjson --to http://127.0.0.1:8080/orders --rate 50 --latency-plot",
        ),
        Example(
            "Keep what fails, and go on after an interruption",
            "infocaller replay calls.ndjson --to http://127.0.0.1:8080/orders --failed failed.ndjson --journal done.journal",
        ),
        Example(
            "One call, signed with another password",
            "infocaller replay calls.ndjson --to http://127.0.0.1:8080/orders --call 98565656 --resign --password-file password",
        ),
    ),
    "config show": (
        Example("What is in force, and why", "infocaller config show"),
        Example("What another file would bring", "infocaller --config staging.toml config show"),
        Example("The same for a program", "infocaller config show --json"),
    ),
    "config init": (
        Example("A file with every setting as a commented example", "infocaller config init --yes"),
        Example("Write it elsewhere, over what is there", "infocaller config init --yes --out staging.toml --force"),
        Example("Look at it first", "infocaller config init --yes --out -"),
    ),
    "config trust": (
        Example("Follow a project's configuration, once you have read it", "cd project && infocaller config trust"),
        Example("The same from elsewhere", "infocaller config trust project/infocaller.toml"),
        Example("Read and trust it", "cat project/infocaller.toml && infocaller config trust project/infocaller.toml"),
    ),
    "config set-password": (
        Example("Store a password that a file holds", "infocaller config set-password 123456789 --password-file password"),
        Example("Store what another program prints", "cat password | infocaller config set-password 123456789 --password-file -"),
        Example("Remove it", "infocaller config set-password 987654321 --delete"),
    ),
    "completion": (
        Example("Try it in the bash you are in", 'eval "$(infocaller completion bash)"'),
        Example(
            "Keep it, in zsh, where ~/.zshrc has fpath+=~/.zfunc before compinit",
            "mkdir -p ~/.zfunc && infocaller completion zsh > ~/.zfunc/_infocaller",
        ),
        Example(
            "Keep it, in fish",
            "mkdir -p ~/.config/fish/completions && infocaller completion fish > ~/.config/fish/completions/infocaller.fish",
        ),
    ),
}
EXAMPLES["config"] = tuple(EXAMPLES[f"config {name}"][0] for name in ("show", "init", "set-password"))
# How `infocaller` alone begins
EXAMPLES[""] = (
    EXAMPLES["verify"][0],
    EXAMPLES["send-event"][0],
    EXAMPLES["serve-query"][0],
)
