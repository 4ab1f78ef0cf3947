"""git."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from zr4lint.facts.command_facts import Cloned, CloneRefused
from zr4lint.facts.commands.call import Call
from zr4lint.facts.commands.table import reads
from zr4lint.facts.fact import Fact
from zr4lint.model.quoting import code
from zr4lint.programs.files import absolute
from zr4lint.programs.git import filled_folder, parse_clone
from zr4lint.shell import Reach


@reads("git")
def git(call: Call) -> Iterator[Fact]:
    """Clone a repository."""
    clone = parse_clone(call.arguments)
    if clone is None:
        yield from _filled(call)
        return
    if clone.refused is not None:
        yield CloneRefused(call.at(), clone.refused, call.slice(call.command.span))
        call.fails(clone.refused, f"git does not accept {code(call.slice(clone.refused), 40)}")
        return
    folder = call.path(clone.folder) if clone.folder else call.folder
    target = clone.target
    path = absolute(target, folder) if target is not None else None
    words = " ".join(argument.value or "" for argument in call.arguments)
    at = call.online(call.kept(call.at(relative=True), path))
    if not clone.empty:
        yield Cloned(at, clone, path, words)
    elif path is not None and at.reach is not Reach.NEVER:
        call.state.empty_clones = call.state.empty_clones.put(path, Cloned(at, clone, path, words))


def _filled(call: Call) -> Iterator[Fact]:
    """A checkout fills the folder of a clone that was made without one."""
    folder = filled_folder(call.arguments)
    path = call.path(folder or ".") if folder is not None else None
    if path is not None and path in call.state.empty_clones:
        cloned = call.state.empty_clones[path]
        at = structs.replace(cloned.at, order=call.at().order, reach=min(cloned.at.reach, call.command.reach))
        yield structs.replace(cloned, at=at)
