"""The state of a stage while its instructions are read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from zr4lint.facts.model import INHERITED


class StageState:
    """Variables, WORKDIR and SHELL in force, and which instructions set them."""

    def __init__(self) -> None:
        self.env: dict[str, str | None] = {}
        self.args: dict[str, str | None] = {}
        self.set_by: dict[str, int] = {}
        self.workdir: str | None = "/"
        self.workdir_set_by: frozenset[int] = frozenset()
        self.folders: set[str] = {"/"}
        self.shell: tuple[str, ...] = ("/bin/sh", "-c")
        self._variables: dict[str, str | None] | None = None

    @classmethod
    def outside(cls) -> StageState:
        """The state of a stage on an image from outside, of which only the shape of PATH is known."""
        state = cls()
        state.env["PATH"] = INHERITED
        return state

    def child(self) -> StageState:
        """The state at the start of a stage that builds on this one; build arguments are not handed on."""
        state = StageState()
        state.env = dict(self.env)
        state.set_by = {name: index for name, index in self.set_by.items() if name in self.env}
        state.workdir = self.workdir
        state.workdir_set_by = self.workdir_set_by
        state.folders = set(self.folders)
        state.shell = self.shell
        return state

    @property
    def variables(self) -> dict[str, str | None]:
        """What `$NAME` stands for; ENV comes before ARG."""
        if self._variables is None:
            self._variables = {**self.args, **self.env}
        return self._variables

    def set_env(self, name: str, value: str | None, index: int) -> None:
        """Take note of an ENV."""
        self.env[name] = value
        self.set_by[name] = index
        self._variables = None

    def set_arg(self, name: str, value: str | None, index: int) -> None:
        """Take note of an ARG."""
        self.args[name] = value
        self.set_by.setdefault(name, index)
        self._variables = None

    def users(self, names: Iterable[str]) -> frozenset[int]:
        """The instructions that set these variables."""
        return frozenset(self.set_by[name] for name in names if name in self.set_by)

    def enter(self, path: str | None, index: int) -> None:
        """Take note of a WORKDIR, which makes the folder and those above it."""
        self.workdir = path
        self.workdir_set_by = frozenset({index})
        while path is not None and path not in self.folders:
            self.folders.add(path)
            path = posixpath.dirname(path)

    def is_folder(self, path: str | None) -> bool:
        """Whether this path is known to be a folder by then."""
        return path in self.folders
