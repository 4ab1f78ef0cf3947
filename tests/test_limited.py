"""The limit on the time of commands for documents, logs and packs."""

from __future__ import annotations

import signal

import pytest

from zr4lint.app.errors import UsageError
from zr4lint.cli.limited import limited
from zr4lint.filesystem import limits


def _go_on() -> None:
    while True:
        pass


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")
def test_a_document_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TIME", 0.05)
    with pytest.raises(UsageError, match=r"a\.md: takes more than 0\.05 seconds"), limited("a.md"):
        _go_on()


def test_what_ends_in_time_is_left_alone() -> None:
    with limited("a.md"):
        done = True
    assert done
