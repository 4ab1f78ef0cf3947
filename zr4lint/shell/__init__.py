"""Shell text as commands: who runs, with which words, where each word stands, and whether it runs at all."""

from zr4lint.shell.model import Argument, Command, Expansion, Reach, Redirection, Word
from zr4lint.shell.parse import parse_script
from zr4lint.shell.words import expand, expand_all

__all__ = ["Argument", "Command", "Expansion", "Reach", "Redirection", "Word", "expand", "expand_all", "parse_script"]
