"""Reads numbers in words and figures, and tells exact numbers from limits and names."""

from __future__ import annotations

import re

_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen",
)  # fmt: skip
NUMBER = rf"(?:\d{{1,3}}|{'|'.join(_WORDS)})"
"""Matches a number of up to three figures, or a number from two on in words."""
_NO_NUMBER = re.compile(
    r"(?:\b(?:version|v|step|sections?|layers?|phase|part|chapter|lines?|port|release|level|stage|figure|table|issue|rule|page"
    r"|python|node(?:\.js)?|java|php|ubuntu|debian|alpine|fedora|cuda|go|ruby|http|tier|requirement|decision"
    r"|at least|at most|(?:no )?more than|fewer than|less than|over|under|up to|about|around|first|last|other|next"
    r"|remaining|another|these|those"
    r"|of the|than|or|to)\s*|[~<>\u2264\u2265\u00a7#$\u20ac]\s*|[.,\u2013/-])\Z",
    re.IGNORECASE,
)
"""Matches words before a figure that make it a name, a limit or a share."""


def value_of(text: str) -> int:
    """Return the value of a number in words or figures."""
    return int(text) if text.isdigit() else _WORDS.index(text.lower()) + 2


def is_exact(text: str, start: int) -> bool:
    """Return whether the number at `start` is an exact count."""
    return _NO_NUMBER.search(text, max(0, start - 24), start) is None
