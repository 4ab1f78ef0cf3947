"""Follows git's changes to an existing repository: its remotes, and the commits in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.command_facts import Cloned, Removed
from zr4lint.facts.remotes import Remotes, Repository
from zr4lint.programs.git import Clone, GitCommand, Update, parse_update, read_git
from zr4lint.programs.image_paths import absolute, folders_above
from zr4lint.programs.option_reading import Parsed
from zr4lint.programs.urls import repository as repository_of
from zr4lint.shell import Argument, Reach

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact

_INSTEAD = r"(?is)url\.(.*)\.insteadof\Z"
_SCOPES = frozenset({"--global", "--system"})


def updated(call: Call) -> Iterator[Fact]:
    """Yield the facts of a command that changes a repository, and record its new state."""
    if call.command.reach is Reach.NEVER:
        return
    git = read_git(call.arguments, call.variables)
    _configured(call, git)
    update = parse_update(git)
    folder = call.path("." if update.folder == "" else update.folder) if update is not None else None
    if update is None or folder is None:
        return
    remotes = call.state.remotes or Remotes()
    if update.kind == "init":
        if folder not in call.state.repositories and call.command.reach is Reach.ALWAYS:
            call.state.remotes = remotes.put(folder, Repository())
        return
    states = ((place, _repository(call, remotes, place)) for place in (folder, *folders_above(folder)))
    folder, found = next((state for state in states if state[1] is not None), (folder, None))
    if found is None:
        return
    if update.kind == "take":
        start = call.path("." if update.folder == "" else update.folder)
        taken = (absolute(word.value, start) for word in update.sources if word.value is not None)
        yield Removed(call.at(relative=True), tuple(path for path in taken if path is not None), recursive=True)
        return
    if update.kind == "empty":
        yield Removed(call.at(relative=True), (f"{folder}/*",), recursive=True)
        return
    changed, url = _after(found, update)
    if call.command.reach is Reach.ALWAYS:
        call.state.remotes = remotes.put(folder, changed)
    if url is not None:
        yield from _shown(call, folder, found, url)


def _repository(call: Call, remotes: Remotes, folder: str) -> Repository | None:
    """Return the known state of the repository in a folder, or None; a new clone has only its own remote."""
    known = remotes.repositories.get(folder)
    clone = call.state.repositories.get(folder) or call.state.empty_clones.get(folder)
    if known is not None and (clone is None or known.origin is None or known.origin.at.order == clone.at.order):
        return known
    return Repository(clone) if clone is not None else None


def _configured(call: Call, git: GitCommand) -> None:
    """Record `git config --global url.A.insteadOf B`."""
    values = [argument.value or "" for argument in git.arguments]
    if git.name != "config" or call.command.reach is not Reach.ALWAYS or _SCOPES.isdisjoint(values):
        return
    words = [value for value in values if not value.startswith("-")]
    found = re.match(_INSTEAD, words[0]) if len(words) > 1 else None
    if found is not None:
        remotes = call.state.remotes or Remotes()
        call.state.remotes = structs.replace(remotes, instead=((words[1], found[1]), *remotes.instead[:8]))


def _after(found: Repository, update: Update) -> tuple[Repository, Argument | None]:
    """Return the repository after an update, and the URL of another repository whose files the folder gets, or None."""
    if update.kind == "remote" and update.source is not None:
        return structs.replace(found, remotes=found.remotes.put(update.name, update.source)), None
    if update.kind == "rename" and update.source is not None:
        known = found.remotes.get(update.name) or (found.origin.clone.url if found.origin is not None else None)
        remotes = found.remotes if known is None else found.remotes.put(update.source.value or "", known)
        return structs.replace(found, remotes=remotes), None
    if update.kind == "show" and update.ref is not None:
        return found, found.url_of(update.ref.value or "")
    source = update.source.value if update.source is not None else "origin"
    url = found.remotes.get(source or "")
    if url is None and source is not None and ("://" in source or "@" in source):
        url = update.source
    if url is None:
        return found, None
    branches = found.branches.put("FETCH_HEAD", url)
    _, colon, local = ((update.ref.value or "") if update.ref is not None else "").partition(":")
    if colon:
        branches = branches.put(local.removeprefix("refs/heads/"), url)
    return structs.replace(found, branches=branches), url if update.kind == "pull" else None


def _shown(call: Call, folder: str, found: Repository, url: Argument) -> Iterator[Fact]:
    """Yield the clone that a folder becomes if it gets its first commits, or those of another repository."""
    origin = found.origin
    if url.value is None or (origin is not None and _same(origin, url.value)):
        return
    at = call.online(call.kept(call.at(relative=True), folder))
    words = " ".join(argument.value or "" for argument in call.arguments)
    if origin is None:
        clone = Clone(url, "", None, Parsed((), (), False))
        made = Cloned(at, clone, folder, f"{words} {folder}")
    else:
        made = structs.replace(origin, at=at, clone=structs.replace(origin.clone, url=url))
    if at.reach is Reach.ALWAYS:
        call.state.make_folder(folder)
        call.state.repositories = call.state.repositories.put(folder, made)
        remotes = call.state.remotes or Remotes()
        known = remotes.repositories.get(folder) or found
        call.state.remotes = remotes.put(folder, structs.replace(known, origin=made))
    yield made


def _same(origin: Cloned, url: str) -> bool:
    """Return whether a URL is that of the repository whose files are in a folder."""
    return origin.clone.url.value is not None and repository_of(origin.clone.url.value) == repository_of(url)
