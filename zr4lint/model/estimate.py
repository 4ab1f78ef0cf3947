"""Estimates such as "5-8 min" and "4-5 GB" of the build time and the size of a layer."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from zr4lint.startup import lazy_pattern

TIME_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
SIZE_UNITS = {"MB": 1.0, "GB": 1000.0}
_UNITS = TIME_UNITS | SIZE_UNITS

_NUMBER = r"\d+(?:\.\d+)?"
TIME = rf"^(?:< ?{_NUMBER}|{_NUMBER}(?:-{_NUMBER})?) (?:s|min|h)$"
SIZE = rf"^(?:< ?{_NUMBER}|{_NUMBER}(?:-{_NUMBER})?) (?:MB|GB)$"
"""The pattern of the text of an estimate."""

_PARTS = lazy_pattern(rf"(< ?)?({_NUMBER})(?:-({_NUMBER}))? (\w+)")


class Estimate(Struct, frozen=True):
    """A range of seconds or of megabytes."""

    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> Estimate:
        """Parse an estimate; raises ValueError if the text is not an estimate."""
        found = _PARTS.fullmatch(text)
        if found is None or found[4] not in _UNITS:
            raise ValueError(f"{text!r} is not an estimate such as 5-8 min")
        unit = _UNITS[found[4]]
        first = float(found[2]) * unit
        if found[1]:
            return cls(0, first)
        return cls(first, float(found[3]) * unit if found[3] else first)


def total(estimates: Iterable[Estimate]) -> Estimate:
    """Return the sum of estimates."""
    found = list(estimates)
    return Estimate(sum(one.low for one in found), sum(one.high for one in found))


def in_words(estimate: Estimate, unit: str) -> str:
    """Return an estimate in a unit, such as "5-8 min"."""
    low, high = (f"{value / _UNITS[unit]:.1f}".removesuffix(".0") for value in (estimate.low, estimate.high))
    return f"{low} {unit}" if low == high else f"{low}-{high} {unit}"
