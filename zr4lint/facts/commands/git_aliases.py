"""Expands git's aliases: `git config alias.NAME COMMAND` and `git -c alias.NAME=COMMAND`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.budgets import ALIASED_COMMANDS, ALIASES
from zr4lint.model.remark import too_large
from zr4lint.model.source import MappedText
from zr4lint.programs.git import read_git
from zr4lint.shell import Argument, Reach, parse_script

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact

_ALIAS = r"(?is)alias\.([\w-]+)(?:=(.*))?\Z"
_OWN = frozenset({
    "add", "branch", "checkout", "clean", "clone", "commit", "config", "fetch", "gc", "init", "lfs", "log", "merge",
    "mv", "pull", "push", "rebase", "remote", "reset", "restore", "rm", "show", "sparse-checkout", "stash", "status",
    "submodule", "switch", "tag", "worktree",
})  # fmt: skip
"""Commands of git, which an alias can't replace."""
_LONGEST = 2_000


def renamed(call: Call) -> Call | None:
    """Return the call that an alias expands to, or None. Record the aliases that the call defines."""
    git = read_git(call.arguments)
    aliases = call.state.git_aliases
    for setting in git.settings:
        found = re.match(_ALIAS, setting.value or "")
        if found is not None and found[2]:
            aliases = aliases.put(found[1].lower(), found[2])
    name, at = git.name, git.at
    if not name:
        return None
    if name == "config":
        _remember(call, git.arguments)
    followed = name not in _OWN and name.lower() not in call.script.aliases  # an alias that calls itself never ends
    value = aliases.get(name.lower()) if followed else None
    if value is None or len(value) > _LONGEST:
        return None
    span = call.arguments[at].span
    if value.startswith("!"):
        words = [value, *(shlex.quote(argument.value or "") for argument in git.arguments)]
        return structs.replace(
            call, program="!", arguments=[Argument(" ".join(words), span), Argument(name.lower(), span)]
        )
    try:
        stand_in = [Argument(word, span) for word in shlex.split(value)]
    except ValueError:
        return None
    return structs.replace(call, arguments=[*call.arguments[:at], *stand_in, *git.arguments])


def by_shell(call: Call) -> Iterator[Fact]:
    """Yield the facts of an alias that begins with `!`, which git passes to a shell.

    The arguments of the call are the script and the name of the alias.
    """
    from zr4lint.facts.commands.script_reader import read_command  # it also reads the calls of git

    text, start = (call.arguments[0].value or "")[1:], call.arguments[0].span.start
    script = MappedText.at_one_place(text, start)
    reading, aliases = call.script.reading, call.script.aliases
    if len(aliases) >= ALIASES:
        reading.remarks.append(too_large(call.command.span, "an alias of git", f"{ALIASES} levels"))
        return
    aliases.append(call.arguments[1].value or "")
    for command in parse_script(script).commands:
        if reading.aliased >= ALIASED_COMMANDS:
            reading.remarks.append(too_large(call.command.span, "an alias of git", f"{ALIASED_COMMANDS} commands"))
            break
        reading.deadline.check()
        reading.aliased += 1
        reach = min(command.reach, call.command.reach)
        scope = (*call.command.scope, *command.scope)
        yield from read_command(call.script, structs.replace(command, span=call.command.span, scope=scope, reach=reach))
    aliases.pop()


def _remember(call: Call, words: Sequence[Argument]) -> None:
    """Record the alias of `config alias.NAME COMMAND`."""
    given = [word for word in words if not (word.value or "").startswith("--")]
    found = re.match(_ALIAS, given[0].value or "") if len(given) > 1 else None
    if found is not None and call.command.reach is Reach.ALWAYS and given[1].value is not None:
        call.state.git_aliases = call.state.git_aliases.put(found[1].lower(), given[1].value)
