"""Finds installs of Node projects that require a lock file, in the build context."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import LockMissing, NodeListed
from zr4lint.facts.origins import context_path
from zr4lint.filesystem.context import found_above
from zr4lint.filesystem.gitignore import GitIgnore
from zr4lint.model.quoting import code
from zr4lint.programs.image_paths import folders_above
from zr4lint.programs.node_project import COMPARED, Manifest, read_manifest

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.context_files import ContextFiles
    from zr4lint.model.source import Span
    from zr4lint.programs.package_managers import PackageCommand
    from zr4lint.shell import Argument

_LOCKS = {
    "npm": ("npm-shrinkwrap.json", "package-lock.json"),
    "yarn": ("yarn.lock",),
    "pnpm": ("pnpm-lock.yaml",),
}
_HOLD_PROJECTS = frozenset({
    "/", "/home", "/home/node", "/opt", "/root", "/srv", "/usr", "/usr/local", "/usr/src", "/var", "/var/www",
})  # fmt: skip
"""Folders of images that are not the root of a workspace, unless a file is copied there."""
_FROM_LOCKS = ("ci", "clean-install", "install-clean")
_RUN = ("run", "run-script")
_BUILT_IN = ("env", "start", "restart", "test")
"""Scripts that npm runs even if package.json has none; `test` only before npm 7."""
_SILENT = ("-s", "--silent")
_NAME = r"[\w.:@/][\w.:@/-]*\Z(?<!-)"
_EDITED = r"\bnpm (?:pkg|init|set-script)\b|if[-_]present|\b(?:node|json|perl|python3?) [^&;|]*package"
"""Matches a command that may add a script to package.json, and npm's option to pass over missing ones."""
_ELSEWHERE = ("prefix", "C", "workspace", "w", "workspaces", "global", "g", "cwd", "dir", "filter", "F")


def insists(command: PackageCommand) -> bool:
    """Return whether a call of npm, yarn or pnpm fails if the lock file is missing or contradicts package.json."""
    if command.options.has(*_ELSEWHERE):
        return False
    if command.program == "npm":
        return command.subcommand in _FROM_LOCKS
    frozen = command.options.get("frozen-lockfile") or command.options.get("immutable")
    return command.subcommand in ("install", "i") and frozen is not None and frozen.value != "false"


def by_node(call: Call, program: str, words: Span) -> Iterator[NodeListed | LockMissing]:
    """Yield the package.json that such a call reads and its lock file, or nothing if package.json is unknown."""
    found = _manifest(call, words)
    if found is None:
        return
    manifest, source, files = found
    lock = ""
    stale: tuple[tuple[Argument, str], ...] = ()
    for name in _LOCKS[program]:
        beside = posixpath.join(posixpath.dirname(source), name)
        locked = files.read(beside, words) if files.kind(beside) == "file" else None
        if locked is not None:
            lock = name
            stale = () if manifest.open else tuple(COMPARED[program](manifest, locked.text))
            break
    yield NodeListed(call.at(), words, manifest.node, lock, stale)
    if program != "yarn" and (missing := lock_missing(call, files, source, words, _LOCKS[program])) is not None:
        yield missing


def _manifest(call: Call, words: Span) -> tuple[Manifest, str, ContextFiles] | None:
    """Return the package.json of the working folder and its path in the build context, or None if it is unknown."""
    reading = call.script.reading
    files = reading.files_for(call.instruction)
    path = call.path("package.json")
    source = context_path(reading, files, call.instruction, path) if files is not None and path is not None else None
    if files is None or source is None or files.kind(source) != "file":
        return None
    text = files.read(source, words)
    manifest = read_manifest(text) if text is not None else None
    return (manifest, source, files) if manifest is not None else None


def run_script(call: Call) -> None:
    """Report `npm run` of a script that package.json lacks.

    Nothing is reported if a folder above the context has a package.json, too, since the build may use that folder.
    """
    words = [argument for argument in call.arguments[1:] if argument.value not in _SILENT]
    if len(words) < 2 or words[0].value not in _RUN or re.match(_NAME, words[1].value or "") is None:
        return
    behind = (argument.value or "-" for argument in takewhile(lambda argument: argument.value != "--", words[2:]))
    if any(value.startswith("-") for value in behind) or re.search(_EDITED, call.script.reading.text):
        return
    found = _manifest(call, words[1].span)
    if found is None:
        return
    manifest, source, files = found
    if words[1].value in (*manifest.scripts, *_BUILT_IN):
        return
    if not found_above(os.path.dirname(os.path.abspath(files.folder)), source):
        call.fails(words[1].span, f"package.json has no script {code(words[1].value or '', 40)}")


def lock_missing(
    call: Call, files: ContextFiles, manifest: str, words: Span, names: tuple[str, ...]
) -> LockMissing | None:
    """Return the lock file that is certainly missing, in the context (beside the manifest or above) or in the image."""
    folder = posixpath.dirname(manifest)
    if call.folder is None or any(_may_hold(call, above, names) for above in folders_above(call.folder)):
        return None
    there = [posixpath.join(folder, name) for name in names]
    if any(files.kind(path) == "file" for path in there):
        paths = [call.path(name) for name in names]
        gone = all(path is not None and call.is_missing(path) for path in paths)
        return LockMissing(call.at(), words, names[-1], copied=False) if gone else None
    ignored = GitIgnore(files.folder)
    there += [posixpath.join(above, name) for above in folders_above(folder) for name in names]
    if any(ignored.matches(posixpath.join(files.folder, path)) for path in there):
        return None
    return LockMissing(call.at(), words, names[-1], copied=True)


def _may_hold(call: Call, folder: str, names: tuple[str, ...]) -> bool:
    """Return whether a folder of the image may have one of the lock files."""
    there = [call.is_there(posixpath.join(folder, name)) for name in names]
    return True in there or (None in there and folder not in _HOLD_PROJECTS)
