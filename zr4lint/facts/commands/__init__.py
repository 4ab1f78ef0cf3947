"""Facts of the commands of a RUN: one module for each family of programs, registered by name."""

from zr4lint.facts.commands import debian, files, found, git, packages, python, shell_state
from zr4lint.facts.commands.call import Script
from zr4lint.facts.commands.script_reader import read_command

FAMILIES = (debian, files, found, git, packages, python, shell_state)
"""The modules whose readers are in the table; importing them puts them there."""

__all__ = ["FAMILIES", "Script", "read_command"]
