"""Reads the files of the build context that commands of a build read."""

from __future__ import annotations

import os
import stat
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from zr4lint.filesystem.context import exists, read_file, resolved
from zr4lint.filesystem.paths import display
from zr4lint.model.budgets import LISTING_SIZE, LISTINGS
from zr4lint.model.source import BOM, FILE_SIZE, MappedText, SourceFile, Span

if TYPE_CHECKING:
    from zr4lint.filesystem.dockerignore import DockerIgnore
    from zr4lint.filesystem.gitignore import GitIgnore


STEPS = 2_000_000
"""The most facts that are searched, per Dockerfile, to trace files from the context into the image."""


class Included(Struct, frozen=True):
    """A file that a command reads; its offsets count from `start`, and `anchor` is the span that names it."""

    start: int
    source: SourceFile
    anchor: Span

    def local(self, span: Span) -> Span:
        """Return a span of the file relative to its own text."""
        return Span(span.start - self.start, max(min(span.end, self.start + FILE_SIZE) - self.start, 0))


class ContextFiles:
    """The build context of one Dockerfile, and its files that were read.

    Files outside the folder are never read, not even through links, nor files that `.dockerignore` excludes. `assumed`
    tells that the user did not name the folder.
    """

    def __init__(self, folder: str, dockerfile: str, assumed: bool = False) -> None:
        self.folder = folder
        self._assumed = assumed
        self._dockerfile = dockerfile
        self.included: list[Included] = []
        self.steps = STEPS

    @cached_property
    def ignored(self) -> DockerIgnore | None:
        """Return the rules of `.dockerignore`, or None if there are none."""
        from zr4lint.filesystem.dockerignore import dockerignore  # few builds read a file of their context

        return dockerignore(self.folder, self._dockerfile)

    @cached_property
    def _git(self) -> GitIgnore:
        from zr4lint.filesystem.gitignore import GitIgnore  # few builds ask

        return GitIgnore(self.folder)

    def kind(self, path: str) -> Literal["file", "folder"] | None:
        """Return the kind of a path in the context, or None if it doesn't exist or is excluded."""
        parts = resolved(self.folder, path)
        if parts is None:
            return None
        try:
            mode = os.lstat(os.path.join(self.folder, *parts)).st_mode
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(mode):
            return "folder"
        left_out = self.ignored is not None and self.ignored.leaves_out(path)
        return "file" if stat.S_ISREG(mode) and not left_out else None

    def lacks(self, path: str) -> bool:
        """Return whether the context certainly has nothing at a path when the build starts.

        This is unknown if the context is assumed, or if git ignores the path, which may be made before the build.
        """
        if self._assumed or exists(self.folder, path):
            return False
        return not self._git.matches_any(self.folder, path.split("/"))

    @property
    def full(self) -> bool:
        """Return whether the limit of files is reached."""
        return len(self.included) >= LISTINGS

    def read(self, path: str, anchor: Span) -> MappedText | None:
        """Return the text of a file that `anchor` names, or None if it is missing, too large or beyond the limit."""
        text = None if self.full or self.kind(path) != "file" else read_file(self.folder, path, LISTING_SIZE)
        if text is None:
            return None
        shown = display(os.path.join(self.folder, *(resolved(self.folder, path) or ())))
        source = SourceFile(text.removeprefix(BOM), shown, bom=text.startswith(BOM))
        start = (len(self.included) + 1) * FILE_SIZE
        self.included.append(Included(start, source, anchor))
        return MappedText(source.text, (0,), (start,))
