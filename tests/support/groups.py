"""Combine many cases of one kind into one test, to save the overhead of a test for each case."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeVar

import pytest

T = TypeVar("T")


def in_groups(
    items: Iterable[T], group: Callable[[T], str], name: Callable[[T], str] = str
) -> Callable[[Callable[[T], None]], Callable[[str], None]]:
    """Turn a test of one item into a test of each group of items. It tries every item and names those that fail."""
    groups: dict[str, list[T]] = {}
    for item in items:
        groups.setdefault(group(item), []).append(item)

    def decorate(check: Callable[[T], None]) -> Callable[[str], None]:
        @wraps(check)
        def test(group: str) -> None:
            failed = {name(item): reason for item in groups[group] if (reason := _failure(check, item))}
            if failed:
                summary = f"{len(failed)} of {len(groups[group])} failed: {', '.join(failed)}"
                reasons = "\n".join(f"{name}\n{reason}" for name, reason in failed.items())
                pytest.fail(f"{summary}\n\n{reasons}", pytrace=False)

        test.__signature__ = inspect.signature(test, follow_wrapped=False)  # type: ignore[attr-defined]
        return pytest.mark.parametrize("group", groups)(test)

    return decorate


def _failure(check: Callable[[T], None], item: T) -> str:
    """Return why an item fails, with its traceback lines, or an empty result if it passes."""
    try:
        check(item)
    except (Exception, pytest.fail.Exception) as error:
        here = error.__traceback__
        return "".join(traceback.format_exception(type(error), error, here and here.tb_next))
    return ""
