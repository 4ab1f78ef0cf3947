"""What the commands of a RUN do: one module for a family of programs, each reader registered under their names."""

from zr4lint.facts.commands import debian, files, found, git, packages, python, shell_state
from zr4lint.facts.commands.call import Script
from zr4lint.facts.commands.script_reader import read_command

FAMILIES = (debian, files, found, git, packages, python, shell_state)
"""The modules whose readers are in the table; importing them puts them there."""

__all__ = ["FAMILIES", "Script", "read_command"]
