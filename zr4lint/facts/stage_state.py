"""The state of a stage while its instructions are read."""

from __future__ import annotations

import posixpath
from collections import ChainMap
from collections.abc import Iterable, Mapping

from zr4lint.facts.fact import INHERITED
from zr4lint.filesystem.globs import matches
from zr4lint.model.source import MappedText

_DOCKER_SETS = ("HOME", "HOSTNAME", "PWD", "OLDPWD", "IFS", "PPID", "UID", "EUID", "USER", "SHELL", "TERM", "RANDOM")


class Variables(dict[str, str | None]):
    """Variables by name, None where the value can't be known.

    `outside` are patterns of the names that the base image sets, None where those are not known. A name that is
    neither here nor among them is empty.
    """

    def __init__(self, values: Mapping[str, str | None], outside: tuple[str, ...] | None) -> None:
        super().__init__(values)
        self.outside = outside

    def get(self, name: str, _: object = None) -> str | None:
        """The value of a variable, None if it can't be known."""
        return self[name] if name in self else _unset(name, self.outside)

    def copy(self) -> Variables:
        """Another set of the same variables."""
        return Variables(self, self.outside)


class _Live(ChainMap[str, "str | None"]):
    """The variables of a stage as they are at any moment, without a copy of them."""

    def __init__(self, state: StageState) -> None:
        super().__init__(state.env, state.args)
        self._outside = state.outside

    def get(self, name: str, _: object = None) -> str | None:
        """The value of a variable, None if it can't be known."""
        return self[name] if name in self else _unset(name, self._outside)


def _unset(name: str, outside: tuple[str, ...] | None) -> str | None:
    """The value of a variable that neither ENV nor ARG sets."""
    if outside is None or name in _DOCKER_SETS or not name.isidentifier():
        return None
    return None if any(matches(name, pattern) for pattern in outside) else ""


class StageState:
    """Variables, WORKDIR, SHELL and USER in force, and which instructions set them.

    `outside` are patterns of the variables that the base image sets, None where those are not known. `user` is None
    where it can't be known; `written` holds the texts that the stage itself wrote to files; `hands_over` tells that
    files were given to somebody, who may be that user.
    """

    def __init__(self, outside: tuple[str, ...] | None = None) -> None:
        self.outside = outside
        self.env: dict[str, str | None] = {}
        self.args: dict[str, str | None] = {}
        self.set_by: dict[str, int] = {}
        self.workdir: str | None = "/"
        self.workdir_set_by: frozenset[int] = frozenset()
        self.folders: set[str] = {"/"}
        self.pip_config: dict[str, str | None] = {}
        self.written: dict[str | None, MappedText] = {}
        self.shell: tuple[str, ...] = ("/bin/sh", "-c")
        self.sh_is_dash = False
        self.user: str | None = "root"
        self.hands_over = False
        self._variables: Variables | None = None

    @classmethod
    def on_image(cls, outside: tuple[str, ...] | None) -> StageState:
        """The state of a stage on an image from elsewhere, of which at most the names of its variables are known."""
        state = cls(outside)
        state.env["PATH"] = INHERITED
        return state

    def child(self) -> StageState:
        """The state at the start of a stage that builds on this one; build arguments are not handed on."""
        state = StageState(self.outside)
        state.env = dict(self.env)
        state.set_by = {name: index for name, index in self.set_by.items() if name in self.env}
        state.workdir = self.workdir
        state.workdir_set_by = self.workdir_set_by
        state.folders = set(self.folders)
        state.shell = self.shell
        state.sh_is_dash = self.sh_is_dash
        state.user = self.user
        state.hands_over = self.hands_over
        state.pip_config = dict(self.pip_config)
        return state

    @property
    def variables(self) -> Variables:
        """What `$NAME` stands for; ENV comes before ARG."""
        if self._variables is None:
            self._variables = Variables({**self.args, **self.env}, self.outside)
        return self._variables

    @property
    def live(self) -> Mapping[str, str | None]:
        """The same, following every change; for instructions that only read, of which a file may have thousands."""
        return self._variables if self._variables is not None else _Live(self)

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
