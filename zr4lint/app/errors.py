"""The error of a run that can't start."""

from __future__ import annotations


class UsageError(Exception):
    """The error of a run that can't start; each line of the message is printed on its own."""
