"""What became of a query: the answer, what it means for the call, and words for what a test expected instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..streams import visible
from ..traffic.send.judgement import Judgement, beginning

if TYPE_CHECKING:
    from ..codec.model import Finding


class Variables(dict[str, str]):
    """Variables by name. As they are on the wire, values are text: 2 is "2"."""

    answer: str = ""

    def differences(self, expected: Mapping[str, object]) -> list[str]:
        """One line for each variable that is not as expected."""
        lines = []
        for name in dict.fromkeys((*expected, *self)):
            wanted, found = expected.get(name), self.get(name)
            if name not in expected:
                lines.append(f"{name}: not expected, is {found!r}")
            elif name not in self:
                lines.append(f"{name}: expected {wanted!r}, is not set")
            elif wanted != found:
                number = " (values are text, as on the wire)" if str(wanted) == found else ""
                lines.append(f"{name}: expected {wanted!r}, is {found!r}{number}")
        return lines


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """What became of a query.

    `status` of HTTP; `result` ("0" is done) and `text` of the answer, "" without them; `variables` of the answer; `call_variables`
    of the call afterwards; `problem` why the answer changes none of them, "" where it counts; `findings` of the rules;
    `body` the answer's bytes.
    """

    status: int
    result: str
    text: str
    variables: Variables
    call_variables: Variables
    problem: str
    findings: tuple[Finding, ...] = field(default=())
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the answer counts: valid, with Result 0."""
        return not self.problem

    def __repr__(self) -> str:
        text = f" ({self.text})" if self.text else ""
        problem = f", {self.problem}" if self.problem and self.problem != f"Result is {self.result}" else ""
        variables = ", ".join(f"{name}={value}" for name, value in self.variables.items())
        return visible(f"<Outcome: Result {self.result or 'missing'}{text}{problem}; variables: {variables or 'none'}>")


def outcome_of(judgement: Judgement, status: int, body: bytes, problem: str = "") -> Outcome:
    """The outcome of an answer. `problem` says more than the judgement could."""
    outcome = Outcome(
        status,
        judgement.result or "",
        judgement.text or "",
        Variables(judgement.variables),
        Variables(judgement.after),
        ": ".join(filter(None, (judgement.why, problem))),
        tuple(judgement.findings),
        body,
    )
    for variables in (outcome.variables, outcome.call_variables):
        variables.answer = repr(outcome)
    return outcome


def complaint(judgement: Judgement, status: int, body: bytes, *, strict: bool) -> str:
    """What is wrong with an answer, a line each; "" if nothing. `strict`: warnings count."""
    lines = [] if 200 <= status < 300 else [f"the status is {status}, not 2xx"]
    findings = [finding for finding in judgement.findings if strict or finding.level == "error"]
    lines += [f"{finding.level} {finding.code}: {finding.path + ': ' if finding.path else ''}{finding.message}" for finding in findings]
    if judgement.answer is None:
        lines += [f"| {line}" for line in beginning(body).splitlines()[:5]]
    return "\n".join(f"  {visible(line)}" for line in lines)
