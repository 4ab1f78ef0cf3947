"""Traces a path in the image back to the file of the build context that was copied there."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import Cloned, Moved, Overwritten, Ran, Removed
from zr4lint.facts.instruction_facts import CopyStep, Origin, Written
from zr4lint.filesystem.globs import matches
from zr4lint.programs.image_paths import ARCHIVES, absolute, below_context, covers, has_wildcard, mount_options, under
from zr4lint.programs.python import is_program
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts.context_files import ContextFiles
    from zr4lint.facts.fact import Fact
    from zr4lint.facts.pass_state import Reading

_MOST_STEPS = 64
_READS_ONLY = frozenset({
    "[", "awk", "cat", "chmod", "chown", "cp", "cut", "diff", "echo", "egrep", "file", "grep", "head", "install", "ls",
    "md5sum", "mv", "pip-audit", "rm", "sha256sum", "stat", "tail", "test", "tr", "uv", "wc", "xargs", "apt-get", "apt",
    "conda", "mamba", "micromamba", "npm", "yarn", "pnpm", "poetry", "ln", "cd", "mkdir",
})  # fmt: skip
"""Programs that don't change the files they are given, or whose changes have facts of their own."""


def context_path(reading: Reading, files: ContextFiles, instruction: Instruction, path: str) -> str | None:
    """Return the path in the build context of the file now at `path` in the image, or None if it is unknown."""
    if files.full:
        return None
    for flag in instruction.flags:
        if flag.name == "mount":
            options = mount_options(flag.value or "")
            place = absolute(options["target"], reading.state.workdir) if options["target"] else None
            if place is not None and under(path, place):
                return _mounted(options, path.removeprefix(place).lstrip("/"))
    return _Search(reading, files).back(path, reading.stage, len(reading.facts))


def _mounted(options: Mapping[str, str], rest: str) -> str | None:
    if options.get("type", "bind") != "bind" or "from" in options:
        return None
    source = options["source"] or "."
    return None if "$" in source else posixpath.normpath(posixpath.join(source.lstrip("/") or ".", rest))


class _Search:
    """A search back through the facts so far, with a limit of `_MOST_STEPS` steps."""

    def __init__(self, reading: Reading, files: ContextFiles) -> None:
        self._reading = reading
        self._files = files
        self._steps = 0

    def back(self, path: str, stage: int, end: int) -> str | None:
        """Return the path in the context of the file at a path before the fact at `end`, or None."""
        self._steps += 1
        chain = self._chain(stage)
        if self._steps > _MOST_STEPS:
            return None
        for index in range(end - 1, -1, -1):
            fact = self._reading.facts[index]
            at = fact.at
            self._files.steps -= 1
            if self._files.steps < 0:
                return None
            if at.stage not in chain or at.reach is Reach.NEVER or at.trigger != self._reading.in_trigger:
                continue
            if isinstance(fact, CopyStep):
                found, done = self._copied(fact, path, index)
            elif isinstance(fact, Moved) and under(path, fact.target):
                found, done = self._before(fact, path, stage, index), True
            else:
                found, done = None, _changes(fact, path)
            if done:
                return found
        return None

    def _before(self, moved: Moved, path: str, stage: int, index: int) -> str | None:
        """Return the path in the context of a moved file, or None; other facts tell whether it was removed later."""
        if moved.source is None or moved.at.reach is not Reach.ALWAYS:
            return None
        while index and self._reading.facts[index - 1].at.span == moved.at.span:
            index -= 1
        return self.back(moved.source + path.removeprefix(moved.target), stage, index)

    def _chain(self, stage: int) -> frozenset[int]:
        found: set[int] = set()
        at: int | None = stage
        while at is not None and at >= 0 and at not in found:
            found.add(at)
            at = self._reading.stages[at].parent
        return frozenset(found)

    def _copied(self, step: CopyStep, path: str, index: int) -> tuple[str | None, bool]:
        """Return the source that an instruction copies to a path, and whether the copy determines the file there."""
        folder = step.target
        if folder is None or step.flags.has("parents", "exclude"):
            return None, folder is None or under(path, folder)
        if not under(path, folder):
            return None, False
        if step.origin is Origin.CONTEXT and not any(source.value is None for source in step.sources):
            return self._of_context(step, folder, path)
        if step.origin is Origin.STAGE:
            return self._of_stage(step, folder, path, index), True
        return None, True

    def _of_context(self, step: CopyStep, folder: str, path: str) -> tuple[str | None, bool]:
        rest = path.removeprefix(folder).lstrip("/")
        into = _goes_into(step)
        for source in reversed(step.sources):
            value = below_context(source.value or "")
            if step.keyword == "ADD" and value.endswith(ARCHIVES):
                return None, True
            if has_wildcard(value):
                above, pattern = posixpath.split(value)
                candidate = posixpath.join(above, rest)
                if "/" not in rest and matches(rest, pattern) and self._files.kind(candidate) == "file":
                    return candidate, True
                continue
            kind = self._files.kind(value or ".")
            if kind == "folder":
                candidate = posixpath.normpath(posixpath.join(value, rest))
                if rest and self._files.kind(candidate) == "file":
                    return candidate, True
            elif rest == posixpath.basename(value) or (not rest and not into):
                return (value if kind == "file" else None), True
        return None, False

    def _of_stage(self, step: CopyStep, folder: str, path: str, index: int) -> str | None:
        flag = step.flags.get("from")
        name = (flag.value or "").lower() if flag is not None else ""
        stage = self._reading.named.get(name)
        number = stage.number if stage is not None else int(name) if name.isdecimal() and len(name) < 6 else -1
        if not 0 <= number < len(self._reading.stages) or len(step.sources) != 1:
            return None
        source = absolute(step.sources[0].value or "", "/")
        rest = path.removeprefix(folder).lstrip("/")
        if source is None or has_wildcard(source):
            return None
        whole = self.back(posixpath.join(source, rest).rstrip("/"), number, index)
        if whole is None and rest == posixpath.basename(source):
            return self.back(source, number, index)
        return whole


def _goes_into(step: CopyStep) -> bool:
    """Return whether the written destination is a folder."""
    value = step.destination.value or ""
    return len(step.sources) > 1 or value.endswith("/") or value in (".", "")


def _changes(fact: Fact, path: str) -> bool:
    """Return whether a fact other than a copy puts, changes or removes the file at a path."""
    if isinstance(fact, Removed):
        return any(covers(p, path, recursive=fact.recursive) for p in fact.paths)
    if isinstance(fact, (Overwritten, Written)):
        return fact.path == path
    if isinstance(fact, Cloned):
        return fact.target is not None and under(path, fact.target)
    if not isinstance(fact, Ran) or fact.program in _READS_ONLY:
        return False
    if is_program(fact.program, "pip") or is_program(fact.program, "python"):
        return False
    name = posixpath.basename(path)
    return any(posixpath.basename(argument.value or "") == name for argument in fact.arguments[1:])
