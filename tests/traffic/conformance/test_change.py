"""What became of a state: numbers that went up, lines that came and went, whatever a command prints."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.traffic.conformance.change import beyond, change, counts, in_common, in_words, is_like


def usual(*states, ids=("1000001", "1000002")):
    """What two new calls change alike."""
    return in_common(change(states[0], states[1], ids[:1]), change(states[1], states[2], ids[1:]))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("17\n", "17\n", "nothing"),
        ("17", "18", "'#' by +1"),
        ("calls: 9", "calls: 10", "'calls: #' by +1"),
        ("1,234 calls", "1,239 calls", "'# calls' by +5"),
        ("999 calls", "1,000 calls", "'# calls' by +1"),
        ("0.95", "1.05", "'#' by +0.10"),
        ("FIN|3\nINICIO|3", "FIN|4\nINICIO|3", "'FIN|#' by +1"),
        ("", "call 1000009", "+ 'call ID'"),
        ("a\nb", "b\na", "nothing"),
        ("a\na", "a", "- 'a'"),
        ('{"calls": {"n": 1}}', '{"calls":\n{"n": 3}}', "'\"n\": #' by +2"),
        ("[1", "[2", "'[#' by +1"),
        ("7 at 10:00:01 on 2026-11-26", "8 at 10:00:02 on 2026-11-27", "'# at @ on @' by +1"),
        ("3/5", "4/5", "'#/#' by +1"),
    ],
)
def test_a_change_in_words(before, after, words):
    assert in_words(change(before, after, ["1000009"])) == words


def test_what_differs_between_two_calls_does_not_count():
    states = ["1|1000001|12:00:01", "1|1000001|12:00:01\n2|1000002|12:00:03"]
    one = usual("", *states)
    third, twice = "\n3|1000003|12:00:09", "\n3|1000003|12:00:09\n4|1000003|12:00:09"
    assert is_like(one, change(states[1], states[1] + third, ["1000003"]))
    assert not is_like(one, change(states[1], states[1] + twice, ["1000003"]))
    assert not is_like(one, change(states[1], states[1], ["1000003"]))


def test_a_count_a_call():
    states = ["", "1000001|1", "1000001|1\n1000002|1"]
    found = change(states[2], states[2] + "\n1000003|5", ["1000003"])
    assert not is_like(usual(*states), found)
    assert in_words(found) == "+ 'ID|5'"


def test_other_lines_have_nothing_in_common():
    assert usual("", "FIN|1", "FIN|2") is None


def test_what_is_another_for_each_call_is_no_change():
    one = usual("7 1764182420.1", "8 1764182421.5", "9 1764182423.5")
    assert counts(one)
    assert beyond(one, change("9 1764182423.5", "9 1764182424.5")) == ()
    assert beyond(one, change("9 1764182423.5", "10 1764182424.5"))
    assert beyond(one, change("9 1", "9 1\nx"))
    assert not counts(usual("7 1764182420.1", "7 1764182421.5", "7 1764182423.5"))


def test_a_short_call_id_is_no_word_of_its_own():
    assert in_words(change("17", "18", ["17", "18"])) == "'#' by +1"


TEXTS = st.text(alphabet="0123456789abc.,|#- \n{}[]\"':é\x1b", max_size=200)


@given(TEXTS, TEXTS)
def test_every_text_has_a_change_and_the_same_text_has_none(before, after):
    assert change(before, before) == ()
    assert is_like(change(before, after), change(before, after))
    assert in_words(change(before, after))


@given(st.integers(0, 10**20), st.integers(0, 10**20), st.sampled_from(["{}", "calls: {}", "{:,} calls", "a\n{}\nb", '{{"n": {}}}']))
def test_a_number_goes_up_by_the_difference(one, other, form):
    found = change(form.format(one), form.format(other))
    assert [line.values for line in found] == ([(Decimal(other - one),)] if one != other else [])


@pytest.mark.parametrize("text", ["a" * 200_000, "1" * 200_000, "1,111" * 40_000, "," * 200_000, "[" * 200_000, "1.1" * 60_000])
def test_a_long_line_is_no_trouble(text):
    assert change(text, text + "1")
