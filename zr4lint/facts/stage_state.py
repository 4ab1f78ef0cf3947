"""The state of a stage while its instructions are read."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from zr4lint.facts.fact import INHERITED, PREDEFINED_ARGS
from zr4lint.facts.persistent import Map
from zr4lint.facts.replaced_programs import ReplacedPrograms
from zr4lint.filesystem.globs import matches
from zr4lint.programs.image_paths import covers, has_wildcard
from zr4lint.shell import Dialect
from zr4lint.shell.dash import BASH_SETS

if TYPE_CHECKING:
    from zr4lint.facts.command_facts import Cloned
    from zr4lint.facts.remotes import Remotes
    from zr4lint.model.source import MappedText

NO_USERS = frozenset[int]()
"""The empty set on which most facts depend, shared by them."""
_ABSENT = "\0absent"  # no value of a variable has a NUL
_MOST_FILES = 200
_STANDARD_FOLDERS = frozenset({
    "/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin",
    "/usr/share", "/var", "/var/lib", "/var/log", "/var/tmp",
})  # fmt: skip
"""Folders that every distribution has."""
_SET_ANYWAY = frozenset({
    "HOME", "HOSTNAME", "IFS", "LINENO", "OLDPWD", "OPTIND", "PPID", "PS1", "PS2", "PS3", "PS4", "PWD", "SHELL", "TERM",
    "USER", *PREDEFINED_ARGS,
})  # fmt: skip
"""Variables that the builder or any shell may set without the Dockerfile."""


SH = frozenset({"/bin/sh", "/usr/bin/sh"})
"""The paths of the shell that reads a RUN in shell form."""


class StageVariables(Mapping[str, "str | None"]):
    """Variables by name, with None for unknown values; immutable.

    `outside` are patterns of the names that the base image sets, or None if they are unknown. A name that is neither
    here nor among them is empty. `arguments` are build arguments without a value. They are listed here with None, but
    are not `in` the variables, since `${NAME:-default}` is the default in a build that doesn't set them.
    """

    __slots__ = ("_values", "arguments", "outside")

    def __init__(
        self, values: Map[str | None], outside: tuple[str, ...] | None, arguments: tuple[str, ...] = ()
    ) -> None:
        self._values = values
        self.outside = outside
        self.arguments = arguments

    def __getitem__(self, name: str) -> str | None:
        if name in self.arguments:
            return self._values.find(name, None)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        yield from self._values
        yield from (name for name in self.arguments if name not in self._values)

    def __len__(self) -> int:
        return sum(1 for _ in self) if self.arguments else len(self._values)

    def get(self, name: str, _: object = None) -> str | None:
        """Return the value of a variable, or None if it is unknown."""
        value = self._values.find(name, _ABSENT)
        if value is not _ABSENT:
            return value
        return None if name in self.arguments else _unset(name, self.outside)

    def changed(self, values: Mapping[str, str | None]) -> StageVariables:
        """Return the variables with some values changed."""
        changed = self._values
        for name, value in values.items():
            changed = changed.put(name, value)
        return StageVariables(changed, self.outside, self.arguments)

    def without(self, names: Collection[str]) -> StageVariables:
        """Return the variables without some names, which the shell does not export to a program."""
        values = {name: value for name, value in self._values.items() if name not in names}
        return StageVariables(Map(values), self.outside, self.arguments)

    def beside(self, names: tuple[str, ...]) -> StageVariables:
        """Return the variables with some names, which the shell sets, marked as unknown."""
        return self if self.outside is None else StageVariables(self._values, (*self.outside, *names), self.arguments)

    def with_argument(self, name: str) -> StageVariables:
        """Return the variables with a build argument that has no value."""
        return StageVariables(self._values, self.outside, (*self.arguments, name))

    def forgotten(self) -> StageVariables:
        """Return the variables after a command that may have set any other variable."""
        return StageVariables(self._values, None, self.arguments)


@lru_cache(maxsize=512)
def _unset(name: str, outside: tuple[str, ...] | None) -> str | None:
    """Return the value of a variable that neither ENV nor ARG sets, or None if it is unknown."""
    if outside is None or name in _SET_ANYWAY or not name.isidentifier():
        return None
    return None if any(matches(name, pattern) for pattern in outside) else ""


class StageState:
    """The variables, WORKDIR, SHELL and USER in effect, and the instructions that set them.

    - `outside` are patterns of the variables that the base image sets, or None if they are unknown.
    - `sh_dialect` is the dialect of /bin/sh, and `user` is None if it is unknown.
    - `written` are the texts of files that the build wrote, by path. `lost` are those of them that it removed again.
    - `hands_over` tells that files were given to another user, who may be the current one.
    - `empty_clones` are the clones without a checkout, by folder, and `repositories` the others.
    - `remotes` are remotes that differ from the clones' own, or None. `git_aliases` are git's aliases with their
      commands.
    - `programs` are the removed and replaced programs.
    - `brings_folders` tells that a COPY may have brought any folders.
    """

    def __init__(self, outside: tuple[str, ...] | None = None) -> None:
        self.outside = outside
        self.variables = StageVariables(Map(), outside)
        self._env: Map[str | None] = Map()
        self._set_by: Map[int] = Map()
        self._env_set_by: Map[int] = Map()
        self.workdir: str | None = "/"
        self.workdir_set_by: frozenset[int] = frozenset()
        self._folders: Map[bool] = Map({"/": True})
        self.pip_config: Map[str | None] = Map()
        self.empty_clones: Map[Cloned] = Map()
        self.repositories: Map[Cloned] = Map()
        self.brings_folders = False
        self.written: Map[MappedText | None] = Map()
        self.lost: Map[bool] = Map()
        self.programs = ReplacedPrograms()
        self.remotes: Remotes | None = None
        self.git_aliases: Map[str] = Map()
        self.shell: tuple[str, ...] = ("/bin/sh", "-c")
        self.sh_dialect = Dialect.SH
        self.is_linux = False
        self.user: str | None = "root"
        self.hands_over = False

    @classmethod
    def on_image(
        cls, outside: tuple[str, ...] | None, values: Mapping[str, str] = MappingProxyType({}), user: str = "root"
    ) -> StageState:
        """Return the state of a stage on an outside image, of which only some variables and the user are known."""
        state = cls(outside)
        state._env = Map({"PATH": INHERITED, **values})
        state.user = user
        state.variables = StageVariables(state._env, outside)
        return state

    def child(self) -> StageState:
        """Return the initial state of a stage of this file that builds on this one; BuildKit keeps its ARGs."""
        return self._handed_on(self.variables, self._set_by)

    def of_image(self) -> StageState:
        """Return the initial state of another build on this stage's image, which has its ENV but no ARG."""
        return self._handed_on(StageVariables(self._env, self.outside), self._env_set_by)

    def _handed_on(self, variables: StageVariables, set_by: Map[int]) -> StageState:
        state = StageState(self.outside)
        vars(state).update(vars(self))  # all values are immutable
        state.variables = variables
        state._set_by = set_by
        return state

    def set_env(self, name: str, value: str | None, index: int) -> None:
        """Record an ENV, which overrides any ARG."""
        self._env = self._env.put(name, value)
        self.variables = self.variables.changed({name: value})
        self._set_by = self._set_by.put(name, index)
        self._env_set_by = self._env_set_by.put(name, index)

    def set_arg(self, name: str, value: str | None, index: int) -> None:
        """Record an ARG."""
        if name not in self._env:
            self.variables = self.variables.changed({name: value})
        if name not in self._set_by:
            self._set_by = self._set_by.put(name, index)

    def open_arg(self, name: str, index: int) -> None:
        """Record an ARG that only some builds set; in the others, `${NAME:-default}` is the default."""
        self.variables = self.variables.with_argument(name)
        if name not in self._set_by:
            self._set_by = self._set_by.put(name, index)

    def is_argument(self, name: str) -> bool:
        """Return whether a variable is a build argument, which each build may set."""
        return name in self._set_by and name not in self._env

    def write(self, path: str | None, text: MappedText | None, *, new: bool = False) -> None:
        """Record the text of a file, None if it is unknown; `new` records an unknown text even for a new path."""
        if path is not None and (new or text is not None or path in self.written):
            self.written = self.written.put(path, text)
            if self.lost.get(path):
                self.lost = self.lost.put(path, False)

    def lose(self, patterns: Iterable[str], *, recursive: bool) -> None:
        """Record that files were removed, some of which the build may have written itself."""
        for pattern in patterns:
            exact = not recursive and not has_wildcard(pattern)
            for path in (pattern,) if exact else islice(self.written, _MOST_FILES):
                if path in self.written and covers(pattern, path, recursive=recursive):
                    self.write(path, None)
                    self.lost = self.lost.put(path, True)

    @property
    def script_variables(self) -> StageVariables:
        """Return the variables of a script, some of which bash itself sets."""
        in_dash = self.sh_dialect.is_dash and self.shell[:1] == ("/bin/sh",)
        return self.variables if in_dash else self.variables.beside(BASH_SETS)

    def users(self, names: Iterable[str]) -> frozenset[int]:
        """Return the instructions that set these variables."""
        return frozenset(i for name in names if (i := self._set_by.find(name, None)) is not None) or NO_USERS

    def enter(self, path: str | None, index: int) -> None:
        """Record a WORKDIR, which creates the folder and its parents."""
        self.workdir = path
        self.workdir_set_by = frozenset({index})
        self.make_folder(path)

    def make_folder(self, path: str | None) -> None:
        """Record a folder and its parents."""
        while path is not None and not self.is_folder(path):
            self._folders = self._folders.put(path, True)
            path = posixpath.dirname(path)

    def lose_folder(self, path: str) -> None:
        """Record that a folder, or those that a pattern matches, and all folders below were removed."""
        for folder in (path, *islice(self._folders, _MOST_FILES)):
            if folder in self._folders and folder != "/" and covers(path, folder, recursive=True):
                self._folders = self._folders.put(folder, False)

    def is_folder(self, path: str | None) -> bool:
        """Return whether a path is known to be a folder now."""
        return path is not None and self._folders.get(path, path in _STANDARD_FOLDERS)
