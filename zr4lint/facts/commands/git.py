"""git."""

from __future__ import annotations

from collections.abc import Iterator

from zr4lint.facts.command_facts import Cloned
from zr4lint.facts.commands.call import Call
from zr4lint.facts.commands.table import reads
from zr4lint.facts.fact import Fact
from zr4lint.programs.files import absolute
from zr4lint.programs.git import parse_clone


@reads("git")
def git(call: Call) -> Iterator[Fact]:
    """Clone a repository."""
    clone = parse_clone(call.arguments)
    if clone is None:
        return
    folder = call.path(clone.folder) if clone.folder else call.folder
    target = clone.target
    path = absolute(target, folder) if target is not None else None
    words = " ".join(argument.value or "" for argument in call.arguments)
    yield Cloned(call.online(call.kept(call.at(relative=True), path)), clone, path, words)
