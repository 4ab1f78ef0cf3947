"""Makes the linters of open files; settings and packs are found as on the command line and cached until they change."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.app.assignment import Assignment, lint_options
from zr4lint.filesystem.paths import display, repository
from zr4lint.filesystem.shipped import rules_folder
from zr4lint.linting.pipeline import Linter
from zr4lint.packs.loading import pack_names
from zr4lint.project import Finder
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.parsing import read

if TYPE_CHECKING:
    from zr4lint.lsp.buffers import Buffer
    from zr4lint.model.deadline import Deadline


class Chosen(Struct, frozen=True):
    """The linter of a file, and the files of its packs by the packs' names."""

    linter: Linter
    files: Mapping[str, str]


class Linters:
    """Makes the linters of open files.

    `folders` are open in the editor. `configuration` is the only configuration to use, or None if each file uses the
    closest one upwards. Broken packs and configurations raise UsageError and ConfigError.
    """

    def __init__(self, folders: Sequence[str] = (), configuration: str | None = None) -> None:
        self._folders = sorted(folders, key=len, reverse=True)
        self._configuration = configuration
        self._pack_files = PackFiles()
        self._assignment: Assignment | None = None
        self._finders: dict[str | None, Finder] = {}

    def choose(self, buffer: Buffer, deadline: Deadline) -> Chosen | None:
        """Return the linter of a Dockerfile, or None for a file that is excluded or that no pack matches.

        A file that the editor treats as a Dockerfile is linted as one, whatever its name.
        """
        if self._assignment is None:
            self._assignment = Assignment((), self._pack_files)
        path = display(buffer.path) if buffer.path is not None else buffer.name
        finder = self._finder(buffer.path, self._assignment)
        settings = finder.settings(buffer.path or "-")
        if settings.excludes(path):
            return None
        packs = self._assignment.packs_for(path, settings)
        if not packs and buffer.language_id == "dockerfile":
            packs = self._assignment.packs_for("-", settings)
        if not packs:
            return None
        folder = os.path.dirname(buffer.path) if buffer.path is not None else None
        names = settings.packs_for(path) or tuple(pack_names())
        files = {self._pack_files.load(name).name: file_of(name) for name in names}
        return Chosen(Linter(packs, lint_options(path, settings, folder), deadline=deadline), files)

    def check_configuration(self, buffer: Buffer) -> None:
        """Read the text of a configuration; raises ConfigError with its problems."""
        path = buffer.path or buffer.name
        folder = os.path.dirname(os.path.abspath(path))
        if self._assignment is None:
            self._assignment = Assignment((), self._pack_files)
        read(buffer.text, path, self._assignment.packs, self._pack_files, repository(folder) or folder)

    def _finder(self, path: str | None, assignment: Assignment) -> Finder:
        """Return the finder of the innermost open folder that contains a file."""
        inside = (f for f in self._folders if path is not None and path.startswith(f.rstrip(os.sep) + os.sep))
        top = next(inside, None)
        if top not in self._finders:
            self._finders[top] = Finder(assignment.packs, only=self._configuration, files=self._pack_files, top=top)
        return self._finders[top]


def file_of(name: str) -> str:
    """Return the file of a pack, by the name that the pack is loaded with."""
    return os.path.join(rules_folder(), f"{name}.toml") if name in pack_names() else os.path.abspath(name)
