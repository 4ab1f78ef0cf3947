"""Facts of the commands of a RUN: one module for each family of programs, registered by name."""

from zr4lint.facts.commands import debian, file_changes, find_calls, git_calls, package_calls, python_calls, shell_state
from zr4lint.facts.commands.call import Script
from zr4lint.facts.commands.script_reader import read_command

FAMILIES = (debian, file_changes, find_calls, git_calls, package_calls, python_calls, shell_state)
"""The modules whose readers are in the table; importing them puts them there."""

__all__ = ["FAMILIES", "Script", "read_command"]
