"""Programs of the image that a build took away, or put others in the place of."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from msgspec import Struct

from zr4lint.programs.image_paths import covers, under

GONE = ""
"""The resolution of a word whose program was removed."""
_MERGED = r"/(?=s?bin/)"
_STANDARD = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
_EMPTY = frozenset({"/usr/local/sbin", "/usr/local/bin"})
"""Folders in which packages of Debian put nothing."""
_OF_VENV = r"(?:pip|python)[\d.]*\Z"
_BUILTIN = frozenset({
    ".", ":", "[", "alias", "bg", "cd", "command", "echo", "eval", "exec", "exit", "export", "false", "kill", "printf",
    "pwd", "read", "set", "shift", "test", "trap", "true", "type", "ulimit", "umask", "unset", "wait",
})  # fmt: skip
_MOST = 64


class ReplacedPrograms(Struct, frozen=True):
    """The changes to programs, in order.

    Each step is a pattern of paths, whether it goes into folders, and the program that is there since then, `GONE` for
    none.
    """

    steps: tuple[tuple[str, bool, str], ...] = ()

    def replace(self, path: str, program: str) -> ReplacedPrograms:
        """The same after another program was put at a path."""
        return self._with((_merged(path), False, program)) if is_program(path) else self

    def remove(self, patterns: Sequence[str], *, recursive: bool) -> ReplacedPrograms:
        """The same after files or folders were removed."""
        lost = [p for p in map(_merged, patterns) if is_program(p) or (recursive and posixpath.basename(p) == "bin")]
        return self._with(*((p, recursive, GONE) for p in lost))

    def restore(self, folder: str) -> ReplacedPrograms:
        """The same after an environment was made in a folder, with programs of its own."""
        kept = tuple(step for step in self.steps if not under(step[0], folder) and not under(folder, step[0]))
        return self if len(kept) == len(self.steps) else ReplacedPrograms(kept)

    def _with(self, *steps: tuple[str, bool, str]) -> ReplacedPrograms:
        full = not steps or len(self.steps) + len(steps) > _MOST
        return self if full else ReplacedPrograms((*self.steps, *steps))

    def called(self, word: str, path: str | None) -> str:
        """The program that a word calls, with this PATH; `GONE` if it is not there."""
        name = posixpath.basename(word)
        if "/" in word:
            found = self.at(word)
            return name if found is None else found
        if name in _BUILTIN:
            return name
        folders = [_merged(f"{folder}/")[:-1] for folder in (path or "").split(":") if folder.startswith("/")]
        for folder in dict.fromkeys((*folders, *_STANDARD)):
            found = self.at(f"{folder}/{name}")
            if found is not None and (found != GONE or folder not in _EMPTY):
                return found
            if folder not in _STANDARD and found is None and re.match(_OF_VENV, name):
                break
        return name

    def at(self, path: str) -> str | None:
        """The program at a path; None if it is unknown."""
        path = _merged(path)
        found = (program for p, recursive, program in reversed(self.steps) if covers(p, path, recursive=recursive))
        return next(found, None)


def is_program(path: str) -> bool:
    """Whether a path is one in a folder of programs."""
    return posixpath.dirname(path).endswith(("/bin", "/sbin"))


def _merged(path: str) -> str:
    """A path in the folder that /bin and /sbin are links to."""
    return re.sub(_MERGED, "/usr/", path, count=1) if path.startswith(("/bin/", "/sbin/")) else path
