"""Reads the facts of a RUN's commands: one module per family of programs, each registered by name."""

from zr4lint.facts.commands import debian, file_changes, find_calls, git_calls, package_calls, python_calls, shell_state
from zr4lint.facts.commands.call import Script
from zr4lint.facts.commands.script_reader import read_command

FAMILIES = (debian, file_changes, find_calls, git_calls, package_calls, python_calls, shell_state)
"""The modules with readers; importing them registers these."""

__all__ = ["FAMILIES", "Script", "read_command"]
