"""Kinds of check for any Dockerfile: the vocabulary of pack core and of every specification."""

from zr4lint.checks.core import counts, form, ports, stage_names

__all__ = ["counts", "form", "ports", "stage_names"]
