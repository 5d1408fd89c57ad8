"""Percentiles of any number of times in constant memory."""

from __future__ import annotations

from math import log

# Neighbouring buckets differ by 2 %, so a percentile is within 1 % of the truth
_GROWTH = 1.02
_LEAST = 0.001
_SCALE = 1 / log(_GROWTH)


class Histogram:
    """Times in milliseconds, counted in buckets that grow by 2 %."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.most = 0.0

    def add(self, ms: float) -> None:
        """Count a time."""
        bucket = int(log(ms / _LEAST) * _SCALE) if ms > _LEAST else 0
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self.count += 1
        self.most = max(self.most, ms)

    def percentile(self, percent: float) -> float | None:
        """The time in ms that so many percent do not exceed; None without any."""
        if not self.count:
            return None
        wanted = max(1, -(-self.count * percent // 100))
        seen = 0
        for bucket in sorted(self._counts):
            seen += self._counts[bucket]
            if seen >= wanted:
                return min(_LEAST * float(_GROWTH ** (bucket + 0.5)), self.most)
        return self.most

    def bars(self, rows: int) -> list[tuple[float, float, int]]:
        """At most so many ranges of equal proportion, each with its count: (from ms, to ms, count)."""
        if not self.count:
            return []
        low, high = min(self._counts), max(self._counts)
        width = -(-(high - low + 1) // rows)
        counts = [0] * -(-(high - low + 1) // width)
        for bucket, count in self._counts.items():
            counts[(bucket - low) // width] += count
        edges = [_LEAST * _GROWTH ** (low + width * row) for row in range(len(counts) + 1)]
        return [(edges[row], edges[row + 1], count) for row, count in enumerate(counts)]
