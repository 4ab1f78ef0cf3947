"""Tracks programs of the image that a build removes or replaces."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from msgspec import Struct

from zr4lint.filesystem.globs import matches
from zr4lint.programs.image_paths import covers, has_wildcard, under

GONE = ""
"""The name that stands for a removed program."""
_MERGED = r"/(?=s?bin/)"
"""Matches the start of a path in /bin or /sbin, which link to folders of /usr."""
_STANDARD = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin")
_EMPTY = frozenset({"/usr/local/sbin", "/usr/local/bin"})
"""Folders in which Debian's packages put nothing."""
_OF_VENV = r"(?:pip|python)[\d.]*\Z"
"""Matches the programs that a virtual environment on PATH contains."""
_BUILTIN = frozenset({
    ".", ":", "[", "alias", "bg", "cd", "command", "echo", "eval", "exec", "exit", "export", "false", "kill", "printf",
    "pwd", "read", "set", "shift", "test", "trap", "true", "type", "ulimit", "umask", "unset", "wait",
})  # fmt: skip
_PUT_NONE = _BUILTIN - {".", "eval", "exec"} | {
    "adduser", "addgroup", "apt-get", "apt", "apt-mark", "apt-key", "add-apt-repository", "base64", "basename", "cat",
    "chgrp", "chmod", "chown", "cp", "cut", "date", "dd", "dirname", "dpkg-reconfigure", "du", "env", "find", "getent",
    "grep", "groupadd", "gpg", "head", "hostname", "id", "install", "ldconfig", "ln", "locale-gen", "ls", "mkdir",
    "mktemp", "mv", "nproc", "readlink", "realpath", "rm", "rmdir", "sed", "seq", "sha256sum", "sleep", "sort", "stat",
    "tail", "tee", "touch", "tr", "truncate", "uname", "uniq", "unlink", "useradd", "usermod", "wc", "which", "whoami",
}  # fmt: skip
"""Programs that install no others, or whose readers record the files that they write."""
_MOST = 64
"""The most changes that are kept; later ones are ignored."""


class ReplacedPrograms(Struct, frozen=True):
    """The changes to programs, in order.

    Each step is a pattern of paths, whether it includes the content of folders, and the program now there, or `GONE`.
    """

    steps: tuple[tuple[str, bool, str], ...] = ()

    def replace(self, path: str, program: str) -> ReplacedPrograms:
        """Return the changes after another program was put at a path."""
        return self._with((_merged(path), False, program)) if is_program(path) else self

    def remove(self, patterns: Sequence[str], *, recursive: bool) -> ReplacedPrograms:
        """Return the changes after files or folders were removed."""
        lost = [p for p in map(_merged, patterns) if is_program(p) or (recursive and posixpath.basename(p) == "bin")]
        return self._with(*((p, recursive, GONE) for p in lost))

    def restore(self, path: str | None) -> ReplacedPrograms:
        """Return the changes after a file or a folder was written to a path, which may contain any programs.

        A program of the same name in another folder of programs may be called now. The last part of the path may be a
        pattern. If the path is None, which stands for an unknown one, any removed program may be there again.
        """
        if not self.steps:
            return self
        if path is None:
            return ReplacedPrograms(tuple(step for step in self.steps if step[2] != GONE))
        folder, name = posixpath.split(path)
        place = folder if has_wildcard(name) else path

        def kept(step: tuple[str, bool, str]) -> bool:
            alike = step[2] == GONE and is_program(path) and matches(posixpath.basename(step[0]), name)
            return not alike and not under(step[0], place) and not under(place, step[0])

        return ReplacedPrograms(tuple(filter(kept, self.steps)))

    def after(self, program: str) -> ReplacedPrograms:
        """Return the changes after a call of a program; one outside `_PUT_NONE` may install programs anywhere."""
        return self if program in _PUT_NONE else self.restore(None)

    def restore_packages(self, packages: Sequence[str] | None) -> ReplacedPrograms:
        """Return the changes after packages were installed, which may have the programs that their names contain.

        None stands for packages with any programs.
        """

        def restored(path: str) -> bool:
            name = posixpath.basename(path)
            return under(path, "/usr") and (packages is None or any(name in package for package in packages))

        return ReplacedPrograms(tuple(step for step in self.steps if not restored(step[0]))) if self.steps else self

    def _with(self, *steps: tuple[str, bool, str]) -> ReplacedPrograms:
        within = len(self.steps) + len(steps) <= _MOST
        return ReplacedPrograms((*self.steps, *steps)) if steps and within else self

    def called(self, word: str, path: str | None) -> str:
        """Return the program that a word calls with this PATH, or `GONE` if it was removed."""
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
        """Return the program that was put at a path, `GONE` if it was removed, or None if the path is unchanged."""
        path = _merged(path)
        found = (program for p, recursive, program in reversed(self.steps) if covers(p, path, recursive=recursive))
        return next(found, None)


def is_program(path: str) -> bool:
    """Return whether a path is directly in a folder of programs."""
    return posixpath.dirname(path).endswith(("/bin", "/sbin"))


def _merged(path: str) -> str:
    """Return a path with /bin and /sbin replaced by the folders that they link to."""
    return re.sub(_MERGED, "/usr/", path, count=1) if path.startswith(("/bin/", "/sbin/")) else path
