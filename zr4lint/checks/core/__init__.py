"""Kinds of check for any Dockerfile: the vocabulary of pack core and of every specification."""

from zr4lint.checks.core import ports

__all__ = ["ports"]
