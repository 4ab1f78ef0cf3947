"""Finds syntax that bash accepts and dash, the /bin/sh of Debian and Ubuntu, doesn't."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

MISSING = frozenset({
    "bind", "builtin", "caller", "compgen", "complete", "compopt", "coproc", "declare", "dirs", "disown", "enable",
    "fc", "help", "history", "let", "logout", "mapfile", "popd", "pushd", "readarray", "shopt", "source", "suspend",
    "typeset",
})  # fmt: skip
"""Commands of bash that dash doesn't have."""

SPECIAL = frozenset({
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift", "times",
    "trap", "unset",
})  # fmt: skip
"""Builtins whose names dash doesn't allow for functions."""

BASH_SETS = (
    "BASH", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND",
    "BASH_EXECUTION_STRING", "BASH_LINENO", "BASH_LOADABLES_PATH", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_VERSINFO",
    "BASH_VERSION", "COLUMNS", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD",
    "HOSTTYPE", "LINES", "MACHTYPE", "OSTYPE", "OPTERR", "PIPESTATUS", "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL",
    "SRANDOM", "UID", "_",
)  # fmt: skip
"""Variables that bash sets and dash doesn't."""

AMPERSANDS = frozenset({"&>", "&>>"})
"""Redirections that dash reads as "&" (run in the background) followed by ">"."""

_SUBSTITUTION = r"\$\{(?:#?(?:\w+|[@*#?$!-])\}|(?:\w+|[@*#?$!-])(?::?[-+=?]|##?|%%?))"
"""The pattern of `${...}` that dash accepts; it exits at any other."""
_OWN = frozenset({"raw_string", "heredoc_body", "comment"})
_EXPANDED = frozenset({"command", "variable_assignment", "test_command", "for_statement", "ERROR"})


def bad_substitution(node: Node, text: str) -> Node | None:
    """Return the first expansion in a command at which dash exits, or None."""
    if node.type not in _EXPANDED or "${" not in text[node.start_byte : node.end_byte]:
        return None
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if node.type in ("expansion", "ERROR"):
            written = text[node.start_byte : node.end_byte]
            if written.startswith("${") and not re.match(_SUBSTITUTION, written):
                return node
        if node.type not in _OWN:
            nodes += node.children
    return None


_LETTERS = {".": "", "exec": "", "export": "p", "readonly": "p", "set": "abCEefIimnosuVvx", "unset": "fv"}
"""The options of the special builtins; dash exits at any other option."""
_NAMES = frozenset({
    "allexport", "debug", "emacs", "errexit", "ignoreeof", "interactive", "monitor", "noclobber", "noexec", "noglob",
    "nolog", "notify", "nounset", "stdin", "verbose", "vi", "xtrace",
})  # fmt: skip
"""The option names of `set -o`."""
_PLAIN = {"read": "pr", "wait": "", "printf": "", "type": "", "ulimit": "HSacdflmnpqrstvwe"}
"""The options of other builtins, which fail with any other option."""
PARTICULAR = frozenset({*_LETTERS, *_PLAIN, "kill", "trap"})
"""Builtins for which `ends_at` or `fails` can return True."""
_SIGNALS = frozenset({"ERR", "DEBUG", "RETURN"})


def ends_at(words: Sequence[str], *, pipefail: bool = False) -> bool:
    """Return whether dash exits at a builtin, as at `set -o ERR`; "" stands for an unknown word.

    With `pipefail`, this dash may support `set -o pipefail`.
    """
    name = words[0] if words else ""
    allowed = _LETTERS.get(name)
    if allowed is None:
        return False
    rest = iter(words[1:])
    for word in rest:
        if word[:1] not in ("-", "+") or word in ("-", "--") or (word[0] == "+" and name != "set"):
            return False
        if not set(word[1:]) <= set(allowed):
            return True
        if name == "set" and word[-1] == "o":
            option = next(rest, "")
            if option and option not in _NAMES and not (pipefail and option == "pipefail"):
                return True
    return False


def fails(words: Sequence[str]) -> bool:
    """Return whether a builtin fails in dash because of an option or a name that only bash knows."""
    name = words[0] if words else ""
    if name == "trap":
        return not _SIGNALS.isdisjoint(words[2:])
    if name == "kill":
        return words[1:2] != [] and words[1].startswith("-SIG")
    if name == "read" and len(words) == 1:
        return True
    if name == "printf" and "%q" in next((word for word in words[1:] if word != "--"), ""):
        return True
    allowed = _PLAIN.get(name)
    option = words[1] if len(words) > 1 else ""
    if allowed is None or option[:1] != "-" or option in ("-", "--"):
        return False
    return not set(option[1:]) <= set(allowed)
