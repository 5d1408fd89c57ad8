"""What each command ends with and reads from the environment: what pages say and the application alone does not tell."""

from __future__ import annotations

from infocaller_cli.config.keys import SETTINGS
from infocaller_cli.errors import EXIT_MEANINGS, ExitCode

# What a command may end with besides 0, 2, 70 and 130, which all have; "" has nothing better to say than `--help`
_UNWRITTEN = {ExitCode.INPUT: "standard output cannot be written"}
_LISTENING = {ExitCode.UNREACHABLE: "the address cannot be listened on"}
STATUSES: dict[str, dict[ExitCode, str]] = {
    "verify": {ExitCode.NO: "a signature does not match, or is missing", ExitCode.INPUT: ""},
    "sign": {ExitCode.NO: "the document has no place for a signature: it is a response", ExitCode.INPUT: ""},
    "convert": {ExitCode.NO: "with `--check`: something would change", ExitCode.INPUT: ""},
    "validate": {ExitCode.NO: "a document is not valid", ExitCode.INPUT: "input missing or unreadable (malformed is not valid: 1)"},
    "rules": _UNWRITTEN,
    "show": {ExitCode.INPUT: ""},
    "sample": _UNWRITTEN,
    "schema": _UNWRITTEN,
    "send-event": {ExitCode.NO: "the endpoint answered with another status than 2xx", ExitCode.INPUT: "", ExitCode.UNREACHABLE: ""},
    "send-query": {
        ExitCode.NO: "the answer is not valid, its Result is not 0, or an expectation was missed",
        ExitCode.INPUT: "",
        ExitCode.UNREACHABLE: "",
    },
    "simulate": {
        ExitCode.NO: (
            "a request did not get what is wanted (an event: a status of 2xx; a query: an appropriate response), "
            "keys were missing or left over, the script loops, with `--like` the call went another way, with `--test` a case failed"
        ),
        ExitCode.INPUT: "",
        ExitCode.UNREACHABLE: "no request that went out got an answer",
    },
    "serve-query": {
        ExitCode.NO: "with `--stdin`: the answer's Result is not 0",
        ExitCode.INPUT: "with `--stdin`: input unreadable or malformed",
        **_LISTENING,
    },
    "check-endpoint": {
        ExitCode.NO: "a check that must pass failed, the plain request is answered in another way each time, or `--observe` tells nothing",
        ExitCode.INPUT: "`--baseline` is no report",
        ExitCode.UNREACHABLE: "",
    },
    "capture": _LISTENING,
    "replay": {
        ExitCode.NO: "a request failed: no answer, or another status than 2xx",
        ExitCode.INPUT: "",
        ExitCode.UNREACHABLE: "no request that went out got an answer",
    },
    "config": _UNWRITTEN,
    "config show": _UNWRITTEN,
    "config init": _UNWRITTEN,
    "config trust": {},
    "config set-password": {},
    "completion": _UNWRITTEN,
}
# Variables that no setting has, and those that would be said badly by theirs; the option that a command must have to read it
ENVIRONMENT = {
    "NO_COLOR, TERM": ("Where NO_COLOR is set or TERM is dumb, nothing is coloured unless `--color` says so.", ""),
    "COLUMNS": ("The width of help and tables; else that of the terminal.", ""),
    "PAGER, LESS, LINES": (
        "The pager, its options, and the height of the screen; else less or more, FRX, and what the terminal says. See infocaller(1).",
        "--no-pager",
    ),
    "XDG_CONFIG_HOME": ("The user's configuration folder; else ~/.config.", "INFOCALLER_CONFIG"),
    "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY": (
        "The proxies to send through, and the hosts that need none. Lower-case names beat them.",
        "--curl",
    ),
    "SSL_CERT_FILE, SSL_CERT_DIR": (
        "The certificates to trust, in a file and a folder; else the system's. `--ca-bundle` beats them.",
        "--ca-bundle",
    ),
    "INFOCALLER_TIMEOUT": ("What a handler may take, in seconds. `--timeout` beats it.", "--handler"),
    "PYTHON_KEYRING_BACKEND": ("The keyring to use; else the library chooses.", "--delete"),
}
# Who would be thought to read the variable, and does not
UNREAD = {
    "INFOCALLER_CONFIG": {"rules", "convert", "config init", "config trust"},
    "INFOCALLER_PASSWORD": {"config set-password"},
    "SSL_CERT_FILE, SSL_CERT_DIR": {"config show"},
    "PYTHON_KEYRING_BACKEND": {"config show"},
}


def statuses(path: str) -> dict[ExitCode, str]:
    """What the exit status of a command means; of all of them for ""."""
    meanings = dict(EXIT_MEANINGS)
    if path:
        own = STATUSES[path]
        for status in (ExitCode.NO, ExitCode.INPUT, ExitCode.UNREACHABLE):
            if status not in own:
                del meanings[status]
            elif own[status]:
                meanings[status] = own[status]
        if ExitCode.NO not in own:
            meanings[ExitCode.OK] = "done"
    return meanings


def variables(path: str, options: set[str]) -> dict[str, str]:
    """The variables that a command with these options reads, and what they do. `config show` shows what others read."""
    known = {one.variable: (f"{one.meaning} `{one.flag}` beats it.", one.flag) for one in SETTINGS if one.variable[:4] == "INFO"}
    known["INFOCALLER_CONFIG"] = (known["INFOCALLER_CONFIG"][0], "")
    found: dict[str, str] = {}
    for variable, (text, needed) in (known | ENVIRONMENT).items():
        read = not needed or needed in options or needed in found or path in ("", "config show")
        if read and path not in UNREAD.get(variable, ()):
            found[variable] = text
    return found
