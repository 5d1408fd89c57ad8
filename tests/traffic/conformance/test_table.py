"""The table of checks: codes are stable, every row says all of itself."""

import re

import pytest

from infocaller_cli.errors import UsageError
from infocaller_cli.traffic.conformance.mends import LANGUAGES, MENDS
from infocaller_cli.traffic.conformance.table import CHECKS, chosen


@pytest.mark.parametrize("code", CHECKS)
def test_a_check_is_whole(code):
    check = CHECKS[code]
    assert re.fullmatch(r"CE[0-7][0-9]{2}", code)
    assert check.level in ("must", "should")
    assert all((check.title, check.varied, check.judged, check.why, check.source))
    assert check.why.endswith(".")
    assert check.shots or check.courses or (check.after and check.over)
    assert MENDS[check.mend].keys() in ({"any"}, set(LANGUAGES))


def test_codes_are_in_order_and_never_given_anew():
    assert list(CHECKS) == sorted(CHECKS)
    counted = {group: sum(code[2] == group for code in CHECKS) for group in "01234567"}
    assert counted == {"0": 1, "1": 21, "2": 6, "3": 10, "4": 11, "5": 7, "6": 8, "7": 14}


def test_what_is_looked_at_is_there():
    for check in CHECKS.values():
        assert all(any(code.startswith(prefix) for code in CHECKS) for prefix in check.over)


def test_prefixes_choose():
    assert [check.code for check in chosen(["ce30"], ["CE309", "CE308"])] == ["CE001", *(f"CE30{number}" for number in range(1, 8))]
    assert [check.code for check in chosen([], ["CE"])] == ["CE001"]
    with pytest.raises(UsageError, match="CE999"):
        chosen(["CE999"], [])
