"""The facts of shell commands, with the folder and the variables that each one sees."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
from zr4lint.facts.state import StageState
from zr4lint.shell import Argument, Command, Reach, expand, expand_all
from zr4lint.source import Span
from zr4lint.tools.apt import PROGRAMS as APT
from zr4lint.tools.apt import parse_apt, parse_repository
from zr4lint.tools.files import absolute
from zr4lint.tools.git import parse_clone
from zr4lint.tools.options import Grammar, parse_options
from zr4lint.tools.pip import parse_pip

_VENV = Grammar({"p": "python"}, frozenset({"python", "prompt", "upgrade-deps"}), frozenset())
_SETTINGS = ("PIP_", "UV_")
_VERSION = re.compile(r"=?\s*\d")


class _Scope(NamedTuple):
    """What one shell knows."""

    folder: str | None
    variables: dict[str, str | None]


class CommandReader:
    """Reads the commands of one RUN in order and adds their facts."""

    def __init__(self, facts: list[Fact], state: StageState, instruction: Instruction, stage: int) -> None:
        self.facts = facts
        self.state = state
        self.instruction = instruction
        self.stage = stage
        self.scopes: dict[tuple[int, ...], _Scope] = {(): _Scope(state.workdir, dict(state.variables))}
        self.moved: set[tuple[int, ...]] = set()

    def scope(self, key: tuple[int, ...]) -> _Scope:
        """The scope of that name; a new one starts with what the scope around it has by then."""
        if key not in self.scopes:
            around = self.scope(key[:-1])
            self.scopes[key] = _Scope(around.folder, dict(around.variables))
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
        variables: dict[str, str | None],
    ) -> None:
        """Hand a command to the reader of its program."""
        if program in ("cd", "pushd"):
            self.change_folder(arguments, command, scope)
        elif program in APT:
            if apt := parse_apt(arguments):
                self.facts.append(AptRun(self.at(command), apt))
        elif program in ("add-apt-repository", "apt-add-repository"):
            if name := parse_repository(arguments):
                self.facts.append(RepositoryAdded(self.at(command), name.value, name.span))
        elif program == "git":
            self.git(arguments, command, scope)
        elif program == "chmod":
            self.chmod(arguments, command, scope)
        elif program in ("rm", "mv"):
            self.remove(program, arguments, command, scope)
        elif program == "virtualenv":
            self.venv(arguments, arguments[1:], command, scope)
        elif program.startswith("python") and [a.value for a in arguments[1:3]] in (
            ["-m", "venv"],
            ["-m", "virtualenv"],
        ):
            self.venv(arguments, arguments[3:], command, scope)
        elif pip := parse_pip(arguments):
            settings = {n: v for n, v in variables.items() if n.startswith(_SETTINGS)}
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
        self.facts.append(Cloned(self.at(command, relative=True), clone, path, words))

    def chmod(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        rest = [a.value for a in arguments[1:]]
        recursive = False
        while rest and rest[0] is not None and rest[0].startswith("-") and not set(rest[0][1:]) <= set("rwxXst,-+="):
            flag = rest.pop(0) or ""
            recursive = recursive or flag == "--recursive" or (not flag.startswith("--") and "R" in flag)
        if "-R" in rest[1:]:
            rest.remove("-R")
            recursive = True
        if len(rest) < 2 or rest[0] is None:
            return
        paths = tuple(p for value in rest[1:] if (p := self.path(value, scope)) is not None)
        relative = any(not (v or "").startswith("/") for v in rest[1:])
        self.facts.append(ModeChanged(self.at(command, relative=relative), rest[0], paths, recursive))

    def remove(self, program: str, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        parsed = parse_options(arguments[1:], Grammar({}, frozenset({"target-directory"}), frozenset()))
        operands = parsed.operands[:-1] if program == "mv" else parsed.operands
        paths = tuple(p for a in operands if (p := self.path(a.value, scope)) is not None)
        recursive = program == "mv" or any(o.name in ("r", "R", "recursive") for o in parsed.options)
        relative = any(not (a.value or "").startswith("/") for a in operands)
        self.facts.append(Removed(self.at(command, relative=relative), paths, recursive))

    def venv(self, arguments: Sequence[Argument], rest: Sequence[Argument], command: Command, scope: _Scope) -> None:
        parsed = parse_options(rest, _VENV)
        program = (arguments[0].value or "").rpartition("/")[2]
        if program == "virtualenv" and (python := parsed.get("python")):
            program = python.value or ""
        for operand in parsed.operands:
            path = self.path(operand.value, scope)
            self.facts.append(VenvCreated(self.at(command), program, path, operand.span))


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
