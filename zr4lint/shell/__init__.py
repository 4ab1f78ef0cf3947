"""Parses shell scripts into commands, with their words, values and whether they run."""

from zr4lint.shell.commands import Argument, Command, Dialect, Expansion, Pipe, Reach, Redirection, Word, Wrapper
from zr4lint.shell.expansion import expand, expand_all
from zr4lint.shell.feeding import READ_BY_PATH
from zr4lint.shell.parsed_script import ParsedScript, parse_script

__all__ = [
    "READ_BY_PATH",
    "Argument",
    "Command",
    "Dialect",
    "Expansion",
    "ParsedScript",
    "Pipe",
    "Reach",
    "Redirection",
    "Word",
    "Wrapper",
    "expand",
    "expand_all",
    "parse_script",
]
