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

AMPERSANDS = frozenset({"&>", "&>>"})
"""Redirections that dash reads as "&", which sends the command to the background, and ">"."""

_UNKNOWN = frozenset(
    {"array", "process_substitution", "herestring_redirect", "c_style_for_statement", "|&", "function"}
)
_SIGNS = ("=(", "<(", ">(", "<<<", "((", "|&", "function", "${")
"""Without any of these a script has none of them."""

_BAD_SUBSTITUTION = r"\$\{(?:!\w|\w+(?:\[|/|\^|,|:[ \d(]))"
_OWN = frozenset({"raw_string", "heredoc_body", "comment"})


def refuses(root: Node, text: str) -> bool:
    """Whether dash stops at a script: at its syntax, or at an expansion that it calls a bad substitution."""
    if not any(sign in text for sign in _SIGNS):
        return False
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node.type in _UNKNOWN and (node.is_named or node.type in ("|&", "function")):
            return True
        if node.type == "expansion" and re.match(_BAD_SUBSTITUTION, text[node.start_byte : node.end_byte]):
            return True
        if node.type not in _OWN:
            nodes += node.children
    return False


def ends_at(command: Command) -> bool:
    """Whether dash ends at a command with an error, as it does at `set -o pipefail`."""
    words = [word.literal or "" for word in command.words]
    options = [word for word, following in pairwise(words) if following == "pipefail"]
    return words[:1] == ["set"] and any(option[:1] == "-" and option[-1:] == "o" for option in options)
