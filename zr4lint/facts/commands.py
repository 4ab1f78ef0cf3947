"""The facts of shell commands, with the folder and the variables that each one sees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from zr4lint.dockerfile import Instruction
from zr4lint.facts.model import (
    AptRun,
    At,
    Cloned,
    Fact,
    ModeChanged,
    PipRun,
    Removed,
    RepositoryAdded,
    VenvCreated,
)
from zr4lint.facts.state import StageState, Variables
from zr4lint.shell import Argument, Command, Reach, expand, expand_all
from zr4lint.source import Span
from zr4lint.tools.apt import PROGRAMS as APT
from zr4lint.tools.apt import parse_apt, parse_repository
from zr4lint.tools.files import absolute, covers, has_wildcard, mount_target
from zr4lint.tools.git import parse_clone
from zr4lint.tools.options import Grammar, parse_options
from zr4lint.tools.pip import parse_pip
from zr4lint.tools.python import python_module

_VENV = Grammar({"p": "python"}, frozenset({"python", "prompt", "upgrade-deps"}), frozenset())
_SETTINGS = ("PIP_", "UV_")
_SETS_VARIABLES = frozenset({".", "source", "read", "mapfile", "readarray", "getopts", "eval", "printf", "set"})
_MODE_LETTERS = frozenset("rwxXst,-+=")
_VERSION = re.compile(r"=?\s*\d")


class _Scope(NamedTuple):
    """What one shell knows."""

    folder: str | None
    variables: Variables


class CommandReader:
    """Reads the commands of one RUN in order and adds their facts."""

    def __init__(self, facts: list[Fact], state: StageState, instruction: Instruction, stage: int) -> None:
        self.facts = facts
        self.state = state
        self.instruction = instruction
        self.stage = stage
        self.scopes: dict[tuple[int, ...], _Scope] = {(): _Scope(state.workdir, state.variables.copy())}
        self.moved: set[tuple[int, ...]] = set()

    def scope(self, key: tuple[int, ...]) -> _Scope:
        """The scope of that name; a new one starts with what the scope around it has by then."""
        if key not in self.scopes:
            around = self.scope(key[:-1])
            self.scopes[key] = _Scope(around.folder, around.variables.copy())
            if key[:-1] in self.moved:
                self.moved.add(key)
        return self.scopes[key]

    def read(self, command: Command) -> None:
        """Add the facts of one command."""
        scope = self.scope(command.scope)
        values = {name: expand(word, scope.variables) for name, word in command.assignments}
        if not command.words:
            known = command.reach is not Reach.MAYBE
            if command.reach is not Reach.NEVER:
                scope.variables.update(values if known else dict.fromkeys(values))
            return
        variables = {**scope.variables, **values} if values else scope.variables
        if (command.words[0].literal or "") in _SETS_VARIABLES:
            scope.variables.outside = None
        arguments = expand_all(command.words, scope.variables)
        if not arguments or arguments[0].value is None:
            return
        self.dispatch(arguments[0].value.rpartition("/")[2], arguments, command, scope, variables)

    def dispatch(
        self,
        program: str,
        arguments: Sequence[Argument],
        command: Command,
        scope: _Scope,
        variables: Mapping[str, str | None],
    ) -> None:
        """Hand a command to the reader of its program."""
        if program in ("cd", "pushd"):
            self.change_folder(arguments, command, scope)
        elif program in APT:
            if apt := parse_apt(arguments):
                self.facts.append(AptRun(self.at(command), apt))
        elif program in ("add-apt-repository", "apt-add-repository"):
            if change := parse_repository(arguments):
                name, removed, updates = change
                self.facts.append(RepositoryAdded(self.at(command), name.value, name.span, removed, updates))
        elif program == "git":
            self.git(arguments, command, scope)
        elif program == "chmod":
            self.chmod(arguments, command, scope)
        elif program in ("rm", "mv"):
            self.remove(program, arguments, command, scope)
        elif program == "virtualenv":
            self.venv(arguments, arguments[1:], "virtualenv", command, scope)
        elif (module := python_module(arguments)) and module.name in ("venv", "virtualenv"):
            self.venv(arguments, module.arguments, module.name, command, scope)
        elif pip := parse_pip(arguments):
            settings = {n: v for n, v in variables.items() if n.startswith(_SETTINGS)}
            if settings.get("PIP_DRY_RUN") not in (None, "", "0", "false", "no", "off"):
                return
            files = tuple((self.path(option.value, scope), option.span) for option in pip.parsed.all("requirement"))
            relative = any(not (o.value or "").startswith("/") for o in pip.parsed.all("requirement"))
            at = self.at(command, relative=relative)
            self.facts.append(PipRun(at, pip, settings, variables.get("PATH"), files, _lost_specifiers(command)))

    def at(self, command: Command, *, relative: bool = False) -> At:
        """Where a command stands; `relative` tells that it works from the folder it runs in."""
        names = [e.name for word in command.words for e in word.expansions if e.name]
        supports = self.state.users(names)
        if relative and command.scope not in self.moved:
            supports |= self.state.workdir_set_by
        return At(len(self.facts), self.stage, self.instruction, command.span, command.reach, supports)

    def path(self, value: str | None, scope: _Scope) -> str | None:
        """A path as that scope sees it, made absolute."""
        return absolute(value, scope.folder) if value is not None else None

    # Programs

    def change_folder(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        if command.reach is Reach.NEVER:
            return
        target = arguments[1].value if len(arguments) > 1 else "~"
        folder = self.path(target, scope) if target != "-" and command.reach is Reach.ALWAYS else None
        if target is not None and target.startswith(("/", "~")):
            self.moved.add(command.scope)
        self.scopes[command.scope] = scope._replace(folder=folder)

    def git(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        clone = parse_clone(arguments)
        if clone is None:
            return
        folder = self.path(clone.folder, scope) if clone.folder else scope.folder
        target = clone.target
        path = absolute(target, folder) if target is not None else None
        words = " ".join(a.value or "" for a in arguments)
        self.facts.append(Cloned(self.kept(self.at(command, relative=True), path), clone, path, words))

    def chmod(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        rest = list(arguments[1:])
        recursive = False
        while rest and (flag := rest[0].value or "").startswith("-") and not set(flag[1:]) <= _MODE_LETTERS:
            recursive = recursive or flag == "--recursive" or (not flag.startswith("--") and "R" in flag)
            del rest[0]
        if late := next((a for a in rest[1:] if a.value == "-R"), None):
            rest.remove(late)
            recursive = True
        if len(rest) < 2 or rest[0].value is None:
            return
        relative = any(not (a.value or "").startswith("/") for a in rest[1:])
        at = self.at(command, relative=relative)
        self.facts.append(ModeChanged(at, rest[0].value, self.paths(rest[1:], scope), recursive))

    def remove(self, program: str, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        parsed = parse_options(arguments[1:], Grammar({}, frozenset({"target-directory"}), frozenset()))
        operands = parsed.operands[:-1] if program == "mv" else parsed.operands
        recursive = program == "mv" or any(o.name in ("r", "R", "recursive") for o in parsed.options)
        relative = any(not (a.value or "").startswith("/") for a in operands)
        self.facts.append(Removed(self.at(command, relative=relative), self.paths(operands, scope), recursive))

    def venv(
        self, arguments: Sequence[Argument], rest: Sequence[Argument], module: str, command: Command, scope: _Scope
    ) -> None:
        parsed = parse_options(rest, _VENV)
        program = (arguments[0].value or "").rpartition("/")[2]
        if program == "virtualenv" and (python := parsed.get("python")):
            program = python.value or ""
        for operand in parsed.operands:
            path = self.path(operand.value, scope)
            at = self.at(command)
            self.facts.append(VenvCreated(self.kept(at, path), program, module, path, operand.span))

    def kept(self, at: At, path: str | None) -> At:
        """The place of something written to `path`: it never comes to the image from a mount of this RUN."""
        for flag in self.instruction.flags:
            if (
                flag.name == "mount"
                and path is not None
                and covers(mount_target(flag.value or ""), path, recursive=True)
            ):
                return at._replace(reach=Reach.NEVER)
        return at

    def paths(self, arguments: Iterable[Argument], scope: _Scope) -> tuple[str, ...]:
        """The paths that arguments name; a wildcard in quotes fits no file and is left out."""
        return tuple(
            path
            for a in arguments
            if (path := self.path(a.value, scope)) is not None and (a.glob or not has_wildcard(path))
        )


def _lost_specifiers(command: Command) -> tuple[Span, ...]:
    """Words like `torch>=2.1` without quotes: the shell writes to a file named "=2.1"."""
    found: list[Span] = []
    for redirection in command.redirections:
        target = redirection.target.text.text if redirection.target is not None else ""
        if redirection.operator not in ("<", ">") or not _VERSION.match(target):
            continue
        start = redirection.span.start
        touching = next((w.span for w in command.words if w.span.end == start), None)
        if found and found[-1].end == start:
            found[-1] = Span(found[-1].start, redirection.span.end)
        elif touching is not None or target.startswith("="):
            found.append(Span(touching.start if touching else start, redirection.span.end))
    return tuple(found)
