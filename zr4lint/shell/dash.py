"""What dash, the /bin/sh of Debian and Ubuntu, does not take from a script that bash would run."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from zr4lint.shell.commands import Command

if TYPE_CHECKING:
    from tree_sitter import Node

MISSING = frozenset({"source", "pushd", "popd", "shopt", "declare", "typeset", "let", "mapfile", "readarray"})
"""Commands of bash that dash does not find."""

SPECIAL = frozenset(
    {
        *(".", ":", "break", "continue", "eval", "exec", "exit", "export"),
        *("readonly", "return", "set", "shift", "times", "trap", "unset"),
    }
)
"""Builtins whose names dash doesn't give to functions."""

BASH_SETS = (
    *("BASH", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_COMMAND", "BASH_LINENO"),
    *("BASH_SOURCE", "BASH_SUBSHELL", "BASH_VERSINFO", "BASH_VERSION", "COLUMNS", "DIRSTACK", "EPOCHREALTIME"),
    *("EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "HOSTTYPE", "LINES", "MACHTYPE", "OSTYPE"),
    *("PIPESTATUS", "RANDOM", "SECONDS", "SHELLOPTS", "SRANDOM", "UID"),
)
"""Variables that bash sets and dash does not."""

AMPERSANDS = frozenset({"&>", "&>>"})
"""Redirections that dash reads as "&", which sends the command to the background, and ">"."""

_SUBSTITUTION = r"\$\{(?:#?(?:\w+|[@*#?$!-])\}|(?:\w+|[@*#?$!-])(?::?[-+=?]|##?|%%?))"
"""What dash takes for `${...}`; at anything else it ends."""
_OWN = frozenset({"raw_string", "heredoc_body", "comment"})


def bad_substitution(node: Node, text: str) -> bool:
    """Whether a word or a command holds an expansion at which dash ends."""
    if "${" not in text[node.start_byte : node.end_byte]:
        return False
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if node.type in ("expansion", "ERROR"):
            written = text[node.start_byte : node.end_byte]
            if written.startswith("${") and not re.match(_SUBSTITUTION, written):
                return True
        if node.type not in _OWN:
            nodes += node.children
    return False


def ends_at(command: Command) -> bool:
    """Whether dash ends at a command with an error, as it does at `set -o pipefail`."""
    words = [word.literal or "" for word in command.words]
    options = [word for word, following in pairwise(words) if following == "pipefail"]
    return words[:1] == ["set"] and any(option[:1] == "-" and option[-1:] == "o" for option in options)
