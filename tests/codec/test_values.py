"""Values of single fields: costs keep their digits, dates are real dates."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.codec.values import cost_text, decimal, is_json_cost, moment, whole

COSTS = {
    "0": "0.000000",
    "0.12": "0.120000",
    "0.120000": "0.120000",
    "1.2345678": "1.2345678",
    "1.23456780": "1.23456780",
    " 3.5\n": "3.500000",
    "\u00a03.5": "3.500000",
    "+2": "2.000000",
    "-0.5": "-0.500000",
    "007": "7.000000",
    "00.25": "0.250000",
    ".5": "0.500000",
    "5.": "5.000000",
    "123456789012345678901234567890.1": "123456789012345678901234567890.100000",
}
NO_COSTS = ["", "0,12", "1e5", "1.2.3", "1 2", "abc", ".", "-", "+", "--1", "+-1", "NaN", "Infinity", "1_000", "٣", "1.٣", "0x1"]


@pytest.mark.parametrize(("text", "kept"), COSTS.items())
def test_a_cost_keeps_every_digit_and_has_at_least_six_decimals(text, kept):
    assert cost_text(text) == kept
    assert is_json_cost(kept)


@pytest.mark.parametrize("text", NO_COSTS)
def test_what_is_no_decimal_number_stays_as_it_is(text):
    assert cost_text(text) == text
    assert not is_json_cost(text)
    assert decimal(text) is None


@pytest.mark.parametrize(
    "text", ["0.12", "1", "00.120000", "+0.120000", "01.120000", ".120000", "0.12000", "-", "--0.120000", "0.120000\n"]
)
def test_only_the_written_form_is_a_number_on_the_json_wire(text):
    assert not is_json_cost(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_padding_never_changes_the_number(number):
    text = format(number, "f")
    kept = cost_text(text)
    assert Decimal(kept) == Decimal(text)
    assert len(kept.partition(".")[2]) >= 6
    assert cost_text(kept) == kept


@pytest.mark.parametrize(("text", "number"), [("0.120000", "0.12"), (" 1 ", "1"), (".5", "0.5"), ("5.", "5"), ("-2", "-2"), ("+2", "2")])
def test_decimal_reads_plain_decimal_numbers(text, number):
    assert decimal(text) == Decimal(number)


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 61 ", 61), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_whole_reads_whole_numbers(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["", " ", "-1", "+1", "1.0", "1e3", "٣", "²", "1_0", "9" * 19, "9" * 5000])
def test_whole_refuses_everything_else(text):
    assert whole(text) is None


@pytest.mark.parametrize(("text", "rest"), [("", ""), (".5", ".5"), ("Z", "Z"), ("+02:00", "+02:00"), (".123-0300", ".123-0300")])
def test_moment_reads_the_date_and_says_what_stood_behind_it(text, rest):
    assert moment(f" 2024-02-29T23:59:58{text}\n") == (datetime.fromisoformat("2024-02-29T23:59:58"), rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-02-29T00:00:00",
        "2023-13-01T00:00:00",
        "2023-01-01T25:00:00",
        "2023-01-01T00:60:00",
        "0000-01-01T00:00:00",
        "2023-01-01 00:00:00",
        "2023-01-01",
        "01/02/2023 10:00:00",
        "2023-01-01T00:00:00+2",
        "2023-1-1T00:00:00",
        "٢٠٢٣-01-01T00:00:00",
    ],
)
def test_moment_refuses_what_is_no_real_date(text):
    assert moment(text) is None
