"""The reader of git."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.command_facts import Cloned, CloneRefused, Restored
from zr4lint.facts.commands.program_table import reads
from zr4lint.facts.permissions import mounted_over
from zr4lint.model.quoting import code
from zr4lint.programs.git import (
    Clone,
    filled_folder,
    misspelt,
    needs_repository,
    parse_clone,
    read_git,
    refused_word,
    restored,
)
from zr4lint.programs.image_paths import absolute, under
from zr4lint.shell import Reach
from zr4lint.shell.found_files import Kind

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact

_UPDATES = frozenset({"config", "fetch", "init", "mv", "pull", "remote", "rm"})
"""Commands other than checkout that change which repository a folder contains."""
_COUNTS = frozenset("123456789")
_MOUNTS = ("/dev/", "/proc/", "/run/", "/sys/")
"""Folders whose content may differ in each RUN."""
_MOST_CLONES = 100
"""The most clones that a folder is compared with if it is not in a clone."""


@reads("git")
def git(call: Call) -> Iterator[Fact]:
    """Read a call of git: clone a repository, or fill or change a clone's folder."""
    if len(call.state.git_aliases) or any("alias." in (argument.value or "").lower() for argument in call.arguments):
        from zr4lint.facts.commands.git_aliases import by_shell, renamed  # few files have aliases

        other = renamed(call)
        if other is not None and other.program == "!":
            yield from by_shell(other)
            return
        call = other or call
    clone = parse_clone(call.arguments)
    if clone is None:
        yield from _filled(call)
        if call.state.remotes is not None or any(argument.value in _UPDATES for argument in call.arguments[1:6]):
            from zr4lint.facts.commands.git_updates import updated  # few files do more than check out a commit

            yield from updated(call)
        return
    clone = _instead(call, clone)
    if clone.refused is not None:
        yield CloneRefused(call.at(), clone.refused, call.slice(call.command.span))
        call.fails(clone.refused, f"git does not accept {code(call.slice(clone.refused), 40)}", part="word")
        return
    folder = call.path(clone.folder) if clone.folder != "" else call.folder
    target = clone.target
    path = absolute(target, folder) if target is not None else None
    known = path is not None and path in call.state.repositories and call.state.is_folder(path)
    if path is not None and known and _is_left(call, path):
        call.fails(call.command.span, f"{code(path, 40)} already contains a clone", part="command")
        return
    if path is not None and (there := call.found(path)) is not None and there.kind is Kind.FILE:
        call.fails(call.command.span, f"{code(path, 40)} is a file, so git can't clone into it", part="command")
    words = " ".join(argument.value or "" for argument in call.arguments)
    at = call.online(call.kept(call.at(relative=True), path))
    if not clone.empty:
        cloned = Cloned(at, clone, path, words)
        yield cloned
        if at.reach is Reach.ALWAYS:
            call.state.make_folder(path)
            call.state.repositories = call.state.repositories.put(path or "", cloned)
        return
    option = clone.parsed.get("no-checkout")
    if option is not None:
        yield CloneRefused(call.at(), option.span, call.slice(call.command.span), empty=True)
    if path is not None and at.reach is not Reach.NEVER:
        call.state.empty_clones = call.state.empty_clones.put(path, Cloned(at, clone, path, words))


def _is_left(call: Call, path: str) -> bool:
    """Return whether a clone certainly still exists: no later command may have removed it, and no mount hides it."""
    from zr4lint.facts.looking import may_remove  # few builds clone twice

    clone = call.state.repositories[path]
    after = takewhile(lambda fact: fact is not clone, reversed(call.script.reading.facts))
    if path.startswith(_MOUNTS) or mounted_over(call.instruction, call.state, path) is not None:
        return False
    return not any(may_remove(fact, path) for fact in after)


def _instead(call: Call, clone: Clone) -> Clone:
    """Return a clone with the URL that git uses instead of the written one."""
    url = clone.url.value
    remotes = call.state.remotes
    count = call.variables.get("GIT_CONFIG_COUNT") or "0"
    given = [
        (call.variables.get(f"GIT_CONFIG_KEY_{i}") or "", call.variables.get(f"GIT_CONFIG_VALUE_{i}") or "")
        for i in range(int(count) if count in _COUNTS else 0)
    ]
    swapped = [(value, key[4:-10]) for key, value in given if value and key.lower().endswith(".insteadof")]
    for prefix, other in (*swapped, *(remotes.instead if remotes is not None else ())):
        if url is not None and url.startswith(prefix):
            return structs.replace(clone, url=structs.replace(clone.url, value=other + url.removeprefix(prefix)))
    return clone


def _filled(call: Call) -> Iterator[Fact]:
    """Yield the clone that a checkout fills if it was made without files, and remark on calls that fail."""
    git = read_git(call.arguments, call.variables)
    folder = git.folder
    path = call.path(folder or ".") if folder is not None and needs_repository(git) else None
    if git.name == "clone" and not git.arguments:
        call.fails(call.command.span, "`git clone` names no repository", part="command")
    elif (refused := refused_word(git)) is not None:
        detached = f"--detach {call.slice(refused.span)}"
        call.fails(refused.span, f"`git {git.name}` takes no commit without `--detach`", instead=detached)
    elif (meant := misspelt(git.name)) is not None:
        call.fails(call.arguments[git.at].span, f"git has no command {code(git.name, 40)}", instead=meant)
    clone = _clone_around(call, path) if path is not None else None
    if path is not None and _no_repository(call, path):
        where = "this folder" if not folder else code(folder, 40)
        call.fails(
            call.command.span,
            f"{where} is not a git repository",
            f"git looks for one in {path} and above.",
            part="command",
        )
    elif path is not None and folder and clone is None and call.is_missing(path):
        call.fails(call.command.span, f"{code(folder, 40)} does not exist yet")
    if path is not None and clone is not None and (words := restored(git)):
        paths = (clone if word == ":/" else absolute(word, path) or clone for word in words)
        yield Restored(call.at(relative=True), tuple(paths))
    if path is not None and filled_folder(git) is not None and path in call.state.empty_clones:
        cloned = call.state.empty_clones[path]
        at = structs.replace(cloned.at, order=call.at().order, reach=min(cloned.at.reach, call.command.reach))
        yield structs.replace(cloned, at=at)


def _clone_around(call: Call, path: str) -> str | None:
    """Return the folder of the clone that contains a folder or is that folder, or None."""
    while path not in call.state.repositories and path not in call.state.empty_clones:
        above = posixpath.dirname(path)
        if above == path:
            return None
        path = above
    return path


def _no_repository(call: Call, path: str) -> bool:
    """Return whether a folder is certainly no repository: it contains a clone, or a clone's path in other case.

    This is unknown if the build copies folders into the image or creates repositories itself.
    """
    if _clone_around(call, path) is not None or call.state.outside is None or call.state.brings_folders:
        return False
    clones = islice(chain(call.state.repositories, call.state.empty_clones), _MOST_CLONES)
    return any((under(clone, path) and clone != path) or clone.lower() == path.lower() for clone in clones)
