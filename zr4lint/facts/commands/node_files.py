"""The project that `npm ci` installs, from the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import NodeListed
from zr4lint.facts.origins import context_path
from zr4lint.filesystem.gitignore import GitIgnore
from zr4lint.programs.node_project import read_lock, read_manifest

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.context_files import ContextFiles
    from zr4lint.model.source import Span

_LOCKS = ("npm-shrinkwrap.json", "package-lock.json")


def by_npm(call: Call, words: Span) -> Iterator[NodeListed]:
    """The package.json that a call of npm reads, and its lock file; nothing where package.json is not known."""
    reading = call.script.reading
    files = reading.files_for(call.instruction)
    path = call.path("package.json")
    source = context_path(reading, files, call.instruction, path) if files is not None and path is not None else None
    if files is None or source is None or files.kind(source) != "file":
        return
    text = files.read(source, words)
    manifest = read_manifest(text) if text is not None else None
    if manifest is None:
        return
    lock = _lock(files, posixpath.dirname(source), words)
    yield NodeListed(call.at(), words, manifest.wanted, manifest.node, manifest.open, *lock)


def _lock(files: ContextFiles, folder: str, words: Span) -> tuple[bool | None, dict[str, str] | None]:
    """Whether a lock file lies beside package.json, None where git ignores it, and the versions in it."""
    for name in _LOCKS:
        path = posixpath.join(folder, name)
        if files.kind(path) == "file":
            text = files.read(path, words)
            locked = read_lock(text.text) if text is not None else None
            return True, dict(locked) if locked is not None else None
    ignored = GitIgnore(files.folder)
    hidden = any(ignored.matches(posixpath.join(files.folder, folder, name)) for name in _LOCKS)
    return (None if hidden else False), None
