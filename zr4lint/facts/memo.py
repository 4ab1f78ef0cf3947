"""Caches computed values in the object that needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Memo:
    """Cached values by key. A value must not refer to the memo, which would keep both alive as a cycle."""

    def __init__(self) -> None:
        self._values: dict[object, Any] = {}

    def get(self, key: object, make: Callable[[], _T]) -> _T:
        """Return the value of a key; call `make` for it the first time."""
        if key not in self._values:
            self._values[key] = make()
        value: _T = self._values[key]
        return value
