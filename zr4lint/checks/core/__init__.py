"""Kinds of check for any Dockerfile: the vocabulary of pack core and of every specification."""

from zr4lint.checks.core import (
    counts,
    form,
    images,
    platforms,
    ports,
    stage_names,
    start,
    suppression,
    users,
    variables,
)

__all__ = [
    "counts",
    "form",
    "images",
    "platforms",
    "ports",
    "stage_names",
    "start",
    "suppression",
    "users",
    "variables",
]
