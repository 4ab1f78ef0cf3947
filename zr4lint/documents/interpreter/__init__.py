"""The verdict of a verification command on a text, without running it: true, false or unknown."""

from zr4lint.documents.interpreter.shell import Ended, Printed, Shell
from zr4lint.documents.interpreter.values import UNKNOWN, UnknownError

__all__ = ["UNKNOWN", "Ended", "Printed", "Shell", "UnknownError"]
