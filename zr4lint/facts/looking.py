"""Finds the state of a path in the image from the facts of the build so far."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.command_facts import Cloned, FolderMade, ModeChanged, Moved, Overwritten, Ran, Removed, VenvCreated
from zr4lint.facts.fact import Fact
from zr4lint.facts.images import read_base
from zr4lint.facts.instruction_facts import Copied, CopyStep, Origin, WorkdirSet, Written
from zr4lint.programs.apt import UNPACKERS, unpacks
from zr4lint.programs.file_programs import FILE_PROGRAMS
from zr4lint.programs.git import BRINGS_FILES, may_restore, read_git
from zr4lint.programs.image_paths import ARCHIVES, absolute, below_context, covers, has_wildcard, under
from zr4lint.programs.modes import UNKNOWN, Mode, changed
from zr4lint.programs.python import python_module
from zr4lint.shell import Reach
from zr4lint.shell.found_files import Found, Kind

if TYPE_CHECKING:
    from zr4lint.facts.pass_state import Reading

_MOST_EVENTS = 600
_MOST_IN_SUM = 60_000
"""The facts that all look-ups of a file may read together; after that, each reads only the last few."""
_FEW_EVENTS = 60
_MOST_MOVES = 8
_SYSTEM = frozenset({
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc", "root",
    "run", "sbin", "srv", "sys", "usr", "var",
})  # fmt: skip
"""Folders of a base image with unknown content."""
_FOLDERS = frozenset(
    {"/", "/tmp", *(f"/{name}" for name in ("bin", "dev", "etc", "home", "opt", "root", "usr", "var"))}
)
_HARMLESS = frozenset({
    "[", "add-apt-repository", "apt", "apt-cache", "apt-get", "apt-mark", "awk", "basename", "cat", "command", "curl",
    "cut", "date", "df", "dirname", "dpkg", "du", "echo", "env", "exit", "export", "false", "find", "git", "grep",
    "hash", "head", "id", "ldconfig", "locale-gen", "ls", "nproc", "nvidia-smi", "printf", "pwd", "read", "readlink",
    "realpath", "return", "sed", "set", "shift", "sleep", "sort", "stat", "tail", "test", "tr", "trap", "true", "type",
    "ulimit", "umask", "uname", "uniq", "unset", "update-ca-certificates", "wait", "wc", "wget", "which", "whoami", ":",
})  # fmt: skip
"""Programs that put files only where their arguments say."""
_READERS = frozenset({"cat", "egrep", "fgrep", "grep", "head", "ls", "sed", "stat", "tail", "test", "[", "wc"})
_FOLLOWED = frozenset({
    *FILE_PROGRAMS, "cd", "chmod", "chown", "echo", "exit", "export", "false", "mkdir", "pip", "pip3", "popd", "printf",
    "pushd", "set", "touch", "true", "virtualenv", ":",
}).difference(("bunzip2", "curl", "gunzip", "rsync", "tar", "unxz", "wget")) | _READERS  # fmt: skip
"""Programs whose facts include all their effects on files."""
_PURE = frozenset({
    "[", "basename", "cat", "cd", "chmod", "chown", "cut", "date", "df", "dirname", "du", "echo", "exit", "export",
    "false", "grep", "head", "id", "ls", "mkdir", "nproc", "popd", "printf", "pushd", "pwd", "read", "readlink",
    "realpath", "rmdir", "set", "shift", "sleep", "stat", "tail", "test", "touch", "tr", "true", "type", "umask",
    "uname", "unset", "wait", "wc", "which", "whoami", ":",
})  # fmt: skip
"""Programs that make no files except those in their facts."""
_REMOVERS = frozenset({"mv", "rm", "unlink"})
_REMOVES = r"-[dfrRv]+|--force|--recursive|--verbose|--"
"""Options with which these programs certainly remove their operands."""
_FETCHERS = frozenset({"apt", "apt-get", "aria2c", "curl", "wget"})
"""Programs that may choose a file name themselves; they put the file in their working folder."""
_WRITES_OTHERS = r"-i.|--in-place=|[^\n]*w\s"
"""The pattern of a word with which sed writes another file than the one it edits."""
_MODULES = frozenset({"ensurepip", "pip", "venv", "virtualenv"})
_ENDINGS = (
    ".bin", ".c", ".cfg", ".conf", ".cpp", ".crt", ".deb", ".env", ".go", ".h", ".html", ".ini", ".jar", ".js",
    ".json", ".key", ".list", ".lock", ".md", ".patch", ".pem", ".ps1", ".py", ".rb", ".rs", ".service", ".sh", ".so",
    ".sql", ".toml", ".ts", ".txt", ".whl", ".xml", ".yaml", ".yml", ".zip",
)  # fmt: skip
"""Endings that only files have, not folders."""
_NEW = Mode(0o644)
_NEW_FILE = Found(Kind.FILE, False)
_OF_VENV = ("bin/pip", "bin/pip3", "bin/python", "bin/python3")


def found_at(reading: Reading, path: str, own: Sequence[Fact] = (), *, start: int = 0) -> Found | None:
    """Return the state of an absolute path now and after the facts `own`, or None if it is unknown.

    The last `start` facts are skipped.
    """
    most = _MOST_EVENTS if reading.looked_at < _MOST_IN_SUM else _FEW_EVENTS
    events = list(_events(reading, own, most))
    reading.looked_at += len(events)
    events = [event for event in events[start:] if type(event) in _ON_FILES]
    return _Look(events, reading, known_image=_knows_image(reading)).at(path)


def _knows_image(reading: Reading) -> bool:
    """Return whether the base image of the stage is known to have only files of its distribution and of conda."""
    if reading.state.outside is not None or not reading.stages:
        return reading.state.outside is not None
    stage = reading.stages[-1]
    while stage.parent is not None:
        stage = reading.stages[stage.parent]
    return stage.image is not None and read_base(stage.image).kind == "conda"


def _events(outer: Reading, own: Sequence[Fact], most: int) -> Iterator[Fact]:
    """Yield the facts that changed the files, the latest first, up to the limit `most`."""
    stages: set[int] = set()
    number: int | None = outer.stage
    while number is not None and number >= 0 and len(stages) < _MOST_EVENTS:
        stages.add(number)
        number = outer.stages[number].parent
    left = most
    for facts in (own, outer.facts):
        for fact in reversed(facts):
            left -= 1
            if left < 0:
                yield _TooMany(fact.at)
                return
            if fact.at.stage in stages and fact.at.reach is not Reach.NEVER and fact.at.trigger is outer.in_trigger:
                yield fact


class _TooMany(Fact, frozen=True):
    """Marks the limit of the facts that are read."""


_ON_FILES = frozenset({
    Cloned, Copied, CopyStep, FolderMade, ModeChanged, Moved, Overwritten, Ran, Removed, VenvCreated, WorkdirSet,
    Written, _TooMany,
})  # fmt: skip
"""The facts that a look-up reads."""


class _Look:
    """A look-up of a path, back through the facts."""

    def __init__(self, events: Sequence[Fact], reading: Reading, *, known_image: bool) -> None:
        self._events = events
        self._reading = reading
        self._known_image = known_image
        self._moves = 0

    def at(self, path: str, start: int = 0) -> Found | None:
        """Return the state of a path before the event `start`, or None if it is unknown."""
        modes: list[ModeChanged] = []
        opaque = grown = False
        for index in range(start, len(self._events)):
            event = self._events[index]
            if isinstance(event, ModeChanged):
                if event.unknown or any(covers(p, path, recursive=event.recursive) for p in event.paths):
                    modes.append(event)
            elif _conceals(event, path):
                return None
            elif isinstance(event, Ran):
                opaque = opaque or _is_opaque(event)
                grown = grown or (event.program == "git" and read_git(event.arguments).name in BRINGS_FILES)
            elif isinstance(event, Moved):
                if under(path, event.target):
                    return self._moved(event, path, index, modes)
                if under(event.target, path):
                    return _sure(event, Found(Kind.FOLDER))
            elif isinstance(event, FolderMade) and event.file and event.path == path:
                return _sure(event, _with_modes(_touched(self.at(path, index + 1)), modes))
            elif isinstance(event, (Copied, Cloned)) and event.target is None:
                opaque = True
            elif isinstance(event, Copied) and self._leaves_out(event, path):
                continue
            elif (found := _of_event(event, path)) is not None:
                return None if opaque and found.kind is Kind.NOTHING else _sure(event, _with_modes(found, modes))
        return None if opaque or grown or not self._known_image else _of_image(path)

    def _leaves_out(self, copied: Copied, path: str) -> bool:
        """Return whether a copied folder of the build context certainly has nothing at a path below its target.

        If the folder itself is absent, its COPY fails, which another rule reports.
        """
        if copied.origin is not Origin.CONTEXT or copied.target is None or path == copied.target:
            return False
        plain = not (has_wildcard(copied.source) or copied.flags.has("parents", "exclude"))
        files = self._reading.context_files if plain and under(path, copied.target) else None
        rest = path.removeprefix(copied.target.rstrip("/"))
        if files is None or files.lacks(below_context(copied.source)):
            return False
        return files.lacks(below_context(copied.source + rest))

    def _moved(self, event: Moved, path: str, index: int, modes: Sequence[ModeChanged]) -> Found | None:
        """Return the state of a path at which a command put something from elsewhere, or None if it is unknown."""
        if event.text_only:
            return _sure(event, _with_modes(Found(Kind.FILE), modes))
        self._moves += 1
        if event.at.reach is Reach.MAYBE or event.source is None or self._moves > _MOST_MOVES:
            return None
        if event.link and path == event.target:
            return Found(Kind.LINK)
        while index < len(self._events) and self._events[index].at.span == event.at.span:
            index += 1
        found = self.at(event.source + path.removeprefix(event.target), index)
        if found is None or found.kind is Kind.NOTHING:
            return None
        mode = changed(event.mode, UNKNOWN) if event.mode is not None else None
        known = mode.executable if mode is not None else found.executable if event.moves else None
        return _with_modes(structs.replace(found, executable=known), modes)


def is_proven_absent(reading: Reading, path: str, own: Sequence[Fact]) -> bool:
    """Return whether a path that was found missing is certainly missing, after the facts `own` of a script.

    This needs either that the script removed it and ran nothing since that may have made it, or that nothing ran
    before.
    """
    gone = False
    for fact in reversed(own):
        if fact.at.reach is Reach.NEVER:
            continue
        if isinstance(fact, Removed) and fact.at.reach is Reach.ALWAYS:
            plain = (p for p in fact.paths if not has_wildcard(p))
            gone = gone or any(covers(p, path, recursive=fact.recursive) for p in plain)
        elif isinstance(fact, Ran):
            words = [argument.value for argument in fact.arguments[1:]]
            if gone and fact.program in _REMOVERS:
                return all(word and (word[0] != "-" or re.fullmatch(_REMOVES, word)) for word in words)
            if fact.program not in _PURE or None in words or any(r.path in (None, path) for r in fact.redirections):
                return False
    if gone or under(path, "/tmp") or not reading.stages:
        return False
    return reading.runs <= 1 and not reading.copies and reading.stages[reading.stage].parent is None


def may_remove(fact: Fact, path: str) -> bool:
    """Return whether a fact may have removed a folder or something in it."""
    if fact.at.reach is Reach.NEVER:
        return False
    if isinstance(fact, Removed):
        tops = (re.split(r"/[^/]*[*?\[\0]", p, maxsplit=1)[0] or "/" for p in fact.paths)
        return any(under(path, top) or under(top, path) for top in tops)
    if not isinstance(fact, Ran):
        return isinstance(fact, Moved) and fact.source is None
    known = _is_followed(fact) or fact.program in _HARMLESS
    return not known or fact.program in ("find", "rsync") or any(a.value is None for a in fact.arguments)


def _conceals(event: Fact, path: str) -> bool:
    """Return whether a fact makes the state of a path unknown because it may have put something there."""
    if isinstance(event, Moved):
        return has_wildcard(event.target) and covers(event.target, path, recursive=True)
    if isinstance(event, Copied):
        return _may_hold(event, path)
    if isinstance(event, CopyStep):
        within = event.target is None or under(path, event.target)
        return within and any(source.value is None for source in event.sources)
    if not isinstance(event, Ran):
        return isinstance(event, _TooMany)
    if any(r.path == path for r in event.redirections) or _may_put(event, path):
        return True
    name = posixpath.basename(path)
    return not _is_followed(event) and any(name in (argument.value or name) for argument in event.arguments[1:])


def _may_put(ran: Ran, path: str) -> bool:
    """Return whether a program may put a file at a path that its words don't name."""
    if ran.program in _FETCHERS:
        top = path.split("/")[1]
        named = "apt" in ran.program and any(top in (argument.value or "") for argument in ran.arguments)
        return named or ran.folder is None or (under(path, ran.folder) and ran.folder != "/")
    if ran.program == "git":
        git = read_git(ran.arguments, ran.variables)
        folder = absolute(git.folder or ".", ran.folder) if git.folder is not None else None
        return may_restore(git) and (folder is None or f"{folder}/".split("/")[1] in ("", path.split("/")[1]))
    values = [argument.value or "" for argument in ran.arguments[1:]]
    if ran.program == "sed":
        return any(re.match(_WRITES_OTHERS, value) for value in values)
    if ran.program.startswith(("pip", "python")):
        given = (v[2:] if v[:1] == "-" and v[1:2].isalnum() else v.rpartition("=")[2] for v in values)
        folders = (absolute(value, ran.folder) for value in given if value and _may_end_in_part(value, path))
        return any(folder is not None and folder != "/" and under(path, folder) for folder in folders)
    return ran.program in FILE_PROGRAMS and ran.program != "rm" and any(posixpath.basename(path) in v for v in values)


def _may_end_in_part(value: str, path: str) -> bool:
    """Return whether a word may name a folder of `path`, by its last part; the names of most packages can't."""
    name = value.rstrip("/").rpartition("/")[2]
    return name in path or name in (".", "..") or value[0] == "~"


def _may_hold(copied: Copied, path: str) -> bool:
    """Return whether a copied source may be a folder whose content includes a path."""
    if copied.target is None or path == copied.target or under(copied.target, path):
        return False
    within = not copied.many and posixpath.basename(copied.target) == posixpath.basename(copied.source)
    folder = posixpath.dirname(copied.target) if within else copied.target
    if copied.origin is Origin.URL:
        return under(path, folder) and ("git" in copied.source)
    if copied.flags.has("parents"):
        return under(path, folder)
    return within and not _is_file(copied.source) and under(path, folder) and not under(path, copied.target)


def _is_file(source: str) -> bool:
    """Return whether a source is a file by its name; `conf.d` may be a folder."""
    return source.endswith((*_ENDINGS, *ARCHIVES))


def _is_opaque(ran: Ran) -> bool:
    """Return whether a command may put files anywhere."""
    if ran.program not in _HARMLESS and not _is_followed(ran):
        return True
    unknown = any(a.value is None for a in ran.arguments) or any(r.path is None for r in ran.redirections)
    return unknown or (ran.program in UNPACKERS and unpacks(ran.program, ran.arguments))


def _is_followed(ran: Ran) -> bool:
    """Return whether the facts of a command include all its effects on files."""
    if ran.program in _FOLLOWED:
        return True
    module = python_module(ran.arguments) if ran.program.startswith("python") else None
    return module is not None and module.name in _MODULES


def _touched(before: Found | None) -> Found:
    """Return the state of a path after touch, which creates a file only if nothing exists there."""
    if before is not None and before.kind is Kind.NOTHING:
        return _NEW_FILE
    return before if before is not None else Found(Kind.ANYTHING)


def _sure(event: Fact, found: Found) -> Found | None:
    return None if event.at.reach is Reach.MAYBE else found


def _with_modes(found: Found, modes: Sequence[ModeChanged]) -> Found:
    """Return a state with later mode changes applied; `modes` has the latest first."""
    mode = UNKNOWN if found.executable is None else Mode(0o755) if found.executable else _NEW
    for change in reversed(modes):
        mode = UNKNOWN if change.unknown or change.at.unsure else changed(change.mode, mode) or UNKNOWN
    return structs.replace(found, executable=mode.executable)


def _of_event(event: Fact, path: str) -> Found | None:
    """Return the state of a path after a fact that puts or removes it, or None for any other fact."""
    if isinstance(event, Removed):
        gone = any(covers(p, path, recursive=event.recursive) for p in event.paths)
        return Found(Kind.NOTHING) if gone else None
    if isinstance(event, (Written, Overwritten)):
        return _put(event.path, path, _NEW_FILE)
    if isinstance(event, FolderMade):
        return _put(event.path, path, _NEW_FILE if event.file else Found(Kind.FOLDER))
    if isinstance(event, WorkdirSet):
        return _put(event.path, path, Found(Kind.FOLDER))
    if isinstance(event, Copied):
        single = not event.many and (event.origin is Origin.URL or _is_file(event.source))
        whole = Kind.FOLDER if event.many else Kind.FILE if single else Kind.ANYTHING
        mode = changed(event.mode, UNKNOWN) if event.mode is not None else None
        if event.source.endswith(ARCHIVES) and event.target is not None:
            return Found(Kind.ANYTHING) if under(path, posixpath.dirname(event.target)) else None
        inside = None if event.origin is Origin.URL else Found(Kind.ANYTHING)
        return _put(event.target, path, Found(whole, mode.executable if mode is not None else None), inside)
    return _made(event, path)


def _made(event: Fact, path: str) -> Found | None:
    """Return the state of a path in a clone or a virtual environment, or None for any other fact."""
    if isinstance(event, Cloned):
        return _put(event.target, path, Found(Kind.FOLDER), Found(Kind.ANYTHING))
    if isinstance(event, VenvCreated):
        if event.path is not None and path in (f"{event.path}/{name}" for name in _OF_VENV):
            return Found(Kind.ANYTHING, True)
        return _put(event.path, path, Found(Kind.FOLDER), Found(Kind.ANYTHING))
    return None


def _put(target: str | None, path: str, there: Found, inside: Found | None = None) -> Found | None:
    """Return the state of a path if something was put at `target`; `inside` is the state of paths below it."""
    if target is None:
        return None
    if path == target:
        return there
    if under(target, path):
        return Found(Kind.FOLDER)
    return inside if inside is not None and under(path, target) else None


def _of_image(path: str) -> Found | None:
    """Return the state of a path in a base image that is known to have only the files of every distribution."""
    if path in _FOLDERS:
        return Found(Kind.FOLDER)
    top, _, rest = path.lstrip("/").partition("/")
    return Found(Kind.NOTHING) if rest and top not in _SYSTEM else None
