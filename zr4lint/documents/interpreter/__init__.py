"""Interprets a verification command on a text without running it; the result is true, false or unknown."""

from zr4lint.documents.interpreter.partial_text import UNKNOWN, UnknownError
from zr4lint.documents.interpreter.shell import Ended, Printed, Shell

__all__ = ["UNKNOWN", "Ended", "Printed", "Shell", "UnknownError"]
