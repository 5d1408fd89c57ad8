"""The error tree and the exit codes. Everything a user can cause ends in one of these.

InfocallerError                what, why, hint; knows its exit code
├── UsageError            2    the command line, the configuration or a password is wrong
├── InputError            3    a file is missing, unreadable or holds no document
│   ├── DecodeError       3    the bytes are no document (carries the rule's code, row, column)
│   └── EncodeError       3    the document cannot be written without losing something
├── NoAnswerError         1    the question has no yes: a response carries no signature
├── SignatureError        1    a signature does not match, or its line's password is not known
└── UnreachableError      4    an endpoint cannot be reached, does not answer in time, or a port cannot be had
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; the highest applies where there are several documents."""

    OK = 0
    NO = 1
    USAGE = 2
    INPUT = 3
    UNREACHABLE = 4
    BUG = 70
    INTERRUPTED = 130


# What each tells whoever called; `--help` and the manual say it in these words
EXIT_MEANINGS = {
    ExitCode.OK: "done, the answer is yes",
    ExitCode.NO: "the answer is no",
    ExitCode.USAGE: "wrong usage",
    ExitCode.INPUT: "input missing, unreadable or malformed",
    ExitCode.UNREACHABLE: "endpoint unreachable or timed out",
    ExitCode.BUG: "a bug of ours",
    ExitCode.INTERRUPTED: "interrupted",
}


class InfocallerError(Exception):
    """What happened, why, and what to do about it; each is one line of plain text."""

    exit_code = ExitCode.BUG
    file = ""  # the input it is about, where it is reported far from there

    def __init__(self, what: str, why: str = "", hint: str = "") -> None:
        super().__init__(what, why, hint)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what

    @property
    def in_full(self) -> str:
        """All three on one line."""
        return f"{self}; {self.hint}" if self.hint else str(self)


class UsageError(InfocallerError):
    """The command line, the configuration or a password is wrong."""

    exit_code = ExitCode.USAGE


class InputError(InfocallerError):
    """An input is missing, unreadable or malformed."""

    exit_code = ExitCode.INPUT


class DecodeError(InputError):
    """The bytes are no document. The only error `codec.decode` lets out.

    `code` is the rule that says so (IC001, IC002 or IC007); `row` and `column` count from 1, None where unknown. `status` is the
    HTTP status for whoever sent them.
    """

    status = 400

    def __init__(
        self, what: str, why: str = "", hint: str = "", *, code: str = "IC001", row: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(what, why, hint)
        self.code = code
        self.row = row
        self.column = column


class EncodeError(InputError):
    """The document cannot be written in the format asked for without losing something. `path` says where."""

    def __init__(self, what: str, why: str = "", hint: str = "", *, path: str = "") -> None:
        super().__init__(what, why, hint)
        self.path = path


class NoAnswerError(InfocallerError):
    """The question cannot be answered with yes for this document."""

    exit_code = ExitCode.NO


class SignatureError(InfocallerError):
    """The signature of what came does not match, or the password of its line is not known. `status` is the HTTP status for the sender."""

    exit_code = ExitCode.NO
    status = 403


class UnreachableError(InfocallerError):
    """An endpoint cannot be reached or gives no answer in time, or an address cannot be listened on."""

    exit_code = ExitCode.UNREACHABLE
