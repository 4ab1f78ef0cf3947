"""The files of the build context that commands of a build read."""

from __future__ import annotations

import os
import stat
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from zr4lint.filesystem.context import read_file, resolved
from zr4lint.filesystem.paths import display
from zr4lint.model.budgets import LISTING_SIZE, LISTINGS
from zr4lint.model.source import BOM, FILE_SIZE, MappedText, SourceFile, Span

if TYPE_CHECKING:
    from zr4lint.filesystem.dockerignore import DockerIgnore


STEPS = 2_000_000
"""Facts that are looked at for the way of files from the context into the image, for one Dockerfile."""


class Included(Struct, frozen=True):
    """A file that a command reads; offsets in it count from `start`. `anchor` are the words that name it."""

    start: int
    source: SourceFile
    anchor: Span

    def local(self, span: Span) -> Span:
        """A span of the file with offsets in its own text."""
        return Span(span.start - self.start, max(min(span.end, self.start + FILE_SIZE) - self.start, 0))


class ContextFiles:
    """The build context of one Dockerfile, and the files of it that were read.

    Nothing outside of the folder is looked at, whatever links say, nor what `.dockerignore` leaves out.
    """

    def __init__(self, folder: str, dockerfile: str) -> None:
        self.folder = folder
        self._dockerfile = dockerfile
        self.included: list[Included] = []
        self.steps = STEPS

    @cached_property
    def ignored(self) -> DockerIgnore | None:
        """What the context leaves out."""
        from zr4lint.filesystem.dockerignore import dockerignore  # few builds read a file of their context

        return dockerignore(self.folder, self._dockerfile)

    def kind(self, path: str) -> Literal["file", "folder"] | None:
        """The kind of a path of the context; None where nothing is there."""
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

    @property
    def full(self) -> bool:
        """Whether no more files are read."""
        return len(self.included) >= LISTINGS

    def read(self, path: str, anchor: Span) -> MappedText | None:
        """The text of a file that the words at `anchor` name; None where it is too large, or no more are read."""
        text = None if self.full or self.kind(path) != "file" else read_file(self.folder, path, LISTING_SIZE)
        if text is None:
            return None
        shown = display(os.path.join(self.folder, *(resolved(self.folder, path) or ())))
        source = SourceFile(text.removeprefix(BOM), shown, bom=text.startswith(BOM))
        start = (len(self.included) + 1) * FILE_SIZE
        self.included.append(Included(start, source, anchor))
        return MappedText(source.text, (0,), (start,))
