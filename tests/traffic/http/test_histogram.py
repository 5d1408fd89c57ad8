"""Percentiles within 1 % of the exact ones, whatever the times."""

import math

from hypothesis import given
from hypothesis import strategies as st

from infocaller_cli.traffic.http.histogram import Histogram

times = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=300)


@given(times, st.sampled_from([1, 50, 95, 99, 100]))
def test_a_percentile_is_within_one_percent(values, percent):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[math.ceil(len(values) * percent / 100) - 1]
    assert math.isclose(histogram.percentile(percent), exact, rel_tol=0.0101)
    assert histogram.most == max(values)


@given(times, st.integers(1, 20))
def test_bars_count_everything_once(values, rows):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    bars = histogram.bars(rows)
    assert 1 <= len(bars) <= rows
    assert sum(count for *_, count in bars) == len(values)
    assert all(low < high for low, high, _ in bars)


def test_nothing_has_no_percentiles():
    assert Histogram().percentile(50) is None
    assert Histogram().bars(5) == []


def test_a_time_of_nothing_counts():
    histogram = Histogram()
    histogram.add(0.0)
    assert histogram.percentile(50) == 0.0
