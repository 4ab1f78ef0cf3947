"""Shell text as commands: who runs, with which words, where each word stands, and whether it runs at all."""

from zr4lint.shell.commands import Argument, Command, Expansion, Pipe, Reach, Redirection, Word, Wrapper
from zr4lint.shell.expansion import expand, expand_all
from zr4lint.shell.walk import parse_script

__all__ = [
    "Argument",
    "Command",
    "Expansion",
    "Pipe",
    "Reach",
    "Redirection",
    "Word",
    "Wrapper",
    "expand",
    "expand_all",
    "parse_script",
]
