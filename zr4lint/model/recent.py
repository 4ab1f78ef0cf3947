"""What was worked out for the last few texts.

The search for causes lints a text anew with a few words changed: all RUNs but one have the scripts that they had.
"""

from __future__ import annotations

from typing import Generic, TypeVar

_V = TypeVar("_V")
_MOST = 64
_LONGEST = 2_000


class Recent(Generic[_V]):
    """Values by text, of the last texts that are not long."""

    def __init__(self) -> None:
        self._values: dict[str, _V] = {}

    def get(self, text: str) -> _V | None:
        """The value for a text, None where it isn't there any more."""
        return self._values.get(text)

    def put(self, text: str, value: _V) -> None:
        """Keep a value, in the place of the oldest one where there are many."""
        if len(text) > _LONGEST:
            return
        values = self._values
        if len(values) >= _MOST:
            values.pop(next(iter(values)), None)
        values[text] = value
