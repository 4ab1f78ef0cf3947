"""The error of a run that cannot start."""

from __future__ import annotations


class UsageError(Exception):
    """A run that cannot start; each line of the message is printed on its own."""
