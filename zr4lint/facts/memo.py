"""Values that are worked out once, and kept by the object that needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

_T = TypeVar("_T")


class Memo:
    """Values by key. Nothing that is kept here may hold the memo itself: it would live on as a cycle."""

    def __init__(self) -> None:
        self._values: dict[object, object] = {}

    def get(self, key: object, make: Callable[[], _T]) -> _T:
        """The value of a key, made where there is none yet."""
        if key not in self._values:
            self._values[key] = make()
        return cast("_T", self._values[key])
