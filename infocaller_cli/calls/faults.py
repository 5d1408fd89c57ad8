"""What a case makes the application have answered."""

from __future__ import annotations

from .actions import NO_ANSWER, SLOW
from .events import Answer


def faulty(fault: str, wait: float) -> Answer:
    """The answer that a fault stands for, in the place of sending. `wait`: how long the script waits, in seconds."""
    if fault == NO_ANSWER:
        return Answer(False, why="no answer, as the case wants")
    if fault == SLOW:
        return Answer(False, wait, why=f"no answer within {wait:g} s, as the case wants")
    return Answer(False, why=f"the status is {fault}, as the case wants")
