"""Kinds of check for any Dockerfile: the vocabulary of pack core and of every specification."""

from zr4lint.checks.core import (
    caches,
    commands,
    counts,
    form,
    images,
    packages,
    pipes,
    platforms,
    ports,
    run_steps,
    secrets,
    stage_names,
    start,
    suppression,
    users,
    variables,
)

__all__ = [
    "caches",
    "commands",
    "counts",
    "form",
    "images",
    "packages",
    "pipes",
    "platforms",
    "ports",
    "run_steps",
    "secrets",
    "stage_names",
    "start",
    "suppression",
    "users",
    "variables",
]
