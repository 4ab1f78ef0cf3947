"""The facts of shell commands, with the folder and the variables that each one sees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, structs

from zr4lint.dockerfile import Instruction
from zr4lint.facts.command_facts import (
    AptRun,
    Cloned,
    ModeChanged,
    Overwritten,
    PipRun,
    Ran,
    Redirected,
    Removed,
    RepositoryAdded,
    VenvCreated,
)
from zr4lint.facts.fact import At, Fact
from zr4lint.facts.instruction_facts import Written
from zr4lint.facts.permissions import may_not_write, mounted_over, offline, unprivileged
from zr4lint.facts.reading import Reading
from zr4lint.facts.stage_state import Variables
from zr4lint.model.source import MappedText, Span
from zr4lint.programs.apt import PROGRAMS as APT
from zr4lint.programs.apt import parse_apt, parse_dpkg, parse_repository
from zr4lint.programs.files import absolute, has_wildcard
from zr4lint.programs.git import parse_clone
from zr4lint.programs.options import Grammar, parse_options
from zr4lint.programs.pip import PipCommand, Requirement, parse_config, parse_pip, parse_requirements
from zr4lint.programs.python import python_module
from zr4lint.shell import Argument, Command, Reach, Redirection, expand, expand_all

_VENV = Grammar({"p": "python"}, frozenset({"python", "prompt"}), frozenset({"clear", "upgrade", "upgrade-deps"}))
_FILES = Grammar(
    {"t": "target-directory", "m": "mode", "o": "owner", "g": "group"},
    frozenset({"target-directory", "mode", "owner", "group"}),
    frozenset(),
    abbreviate=False,
)
_SETTINGS = ("PIP_", "UV_")
_SETS_VARIABLES = frozenset({".", "source", "read", "mapfile", "readarray", "getopts", "eval", "printf", "set"})
_MODE_LETTERS = frozenset("rwxXst,-+=")
_SPECIFIER = r"=?\s*\d[\w.*+!~=,-]*"
_VERSION = r"=?\s*\d"


class _Scope(Struct, frozen=True):
    """What one shell knows."""

    folder: str | None
    variables: Variables


class CommandReader:
    """Reads the commands of one RUN in order and adds their facts."""

    def __init__(self, reading: Reading, instruction: Instruction) -> None:
        self.facts: list[Fact] = reading.facts
        self.reading = reading
        self.state = state = reading.state
        self.instruction = instruction
        self.scopes: dict[tuple[int, ...], _Scope] = {(): _Scope(state.workdir, state.variables)}
        self.moved: set[tuple[int, ...]] = set()
        self.literal_stars = False

    def scope(self, key: tuple[int, ...]) -> _Scope:
        """The scope of that name; a new one starts with what the scope around it has by then."""
        if key not in self.scopes:
            around = self.scope(key[:-1])
            self.scopes[key] = _Scope(around.folder, around.variables)
            if key[:-1] in self.moved:
                self.moved.add(key)
        return self.scopes[key]

    def read(self, command: Command) -> None:
        """Add the facts of one command."""
        scope = self.scope(command.scope)
        if command.folder is not None:
            folder = expand(command.folder, scope.variables)
            scope = structs.replace(scope, folder=self.path(folder, scope))
        values = {name: expand(word, scope.variables) for name, word in command.assignments}
        if not command.words:
            known = command.reach is not Reach.MAYBE
            if command.reach is not Reach.NEVER:
                self.change_variables(command, scope, values if known else dict.fromkeys(values))
            return
        variables = {**scope.variables, **values} if values else scope.variables
        if (command.words[0].literal or "") in _SETS_VARIABLES:
            scope = self.change_variables(command, scope, {}, anything=True)
        arguments = expand_all(command.words, scope.variables)
        if self.literal_stars:
            arguments = [structs.replace(argument, glob=False) for argument in arguments]
        if not arguments:
            return
        program = (arguments[0].value or "").rpartition("/")[2]
        self.facts.append(self.ran(program, arguments, command, scope, variables))
        if arguments[0].value is not None:
            self.dispatch(program, arguments, command, scope, variables)
        if command.redirections:
            self.write(program, command, scope)
            self.redirected(command, scope)

    def ran(
        self,
        program: str,
        arguments: Sequence[Argument],
        command: Command,
        scope: _Scope,
        variables: Mapping[str, str | None],
    ) -> Ran:
        redirections = tuple(self.redirection(r, scope) for r in command.redirections)
        return Ran(
            self.at(command),
            program,
            tuple(arguments),
            variables,
            scope.folder,
            redirections,
            command.wrappers,
            command.pipes,
        )

    def redirection(self, redirection: Redirection, scope: _Scope) -> Redirected:
        value = expand(redirection.target, scope.variables) if redirection.target is not None else None
        return Redirected(redirection.operator, self.path(value, scope), redirection.span)

    def change_variables(
        self, command: Command, scope: _Scope, values: Mapping[str, str | None], *, anything: bool = False
    ) -> _Scope:
        """Give a scope other variables; the facts so far keep those they saw."""
        variables = scope.variables.copy()
        variables.update(values)
        if anything:
            variables.outside = None
        self.scopes[command.scope] = structs.replace(scope, variables=variables)
        return self.scopes[command.scope]

    def write(self, program: str, command: Command, scope: _Scope) -> None:
        """Take note of a file whose text the command holds."""
        target = next((r.target for r in command.redirections if r.operator in (">", ">>", ">|") and r.target), None)
        text: MappedText | None = None
        if program in ("cat", "tee"):
            text = command.stdin
        elif program == "echo" and len(command.words) == 2:
            text = command.words[1].text
        if program == "tee" and target is None and len(command.words) > 1:
            target = command.words[1]
        if text is not None and target is not None:
            path = self.path(expand(target, scope.variables), scope)
            self.facts.append(Written(self.at(command, relative=True), path, text))
            self.state.written[path] = text

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
        elif program in (".", "source", "activate"):
            self.activate(arguments, command, scope)
        elif program in APT:
            if apt := parse_apt(arguments):
                self.facts.append(AptRun(self.for_root(self.at(command)), apt))
        elif program in ("add-apt-repository", "apt-add-repository"):
            if change := parse_repository(arguments):
                at = self.for_root(self.at(command))
                self.facts.append(
                    RepositoryAdded(at, change.name.value, change.name.span, change.removed, change.updates)
                )
        elif program == "git":
            self.git(arguments, command, scope)
        elif program == "chmod":
            self.chmod(arguments, command, scope)
        elif program in ("rm", "mv", "cp", "install", "ln", "find"):
            self.files(program, arguments, command, scope)
        elif program == "dpkg":
            if dpkg := parse_dpkg(arguments):
                at = self.at(command)
                if unprivileged(self.instruction, self.state):
                    at = structs.replace(at, reach=Reach.NEVER)
                self.facts.append(AptRun(at, dpkg))
        elif program == "set":
            flags = [a.value or "" for a in arguments[1:]]
            self.literal_stars = (
                self.literal_stars or any(f[:1] == "-" and "f" in f for f in flags) or "noglob" in flags
            )
        elif program == "virtualenv":
            self.venv(arguments, arguments[1:], "virtualenv", command, scope)
        elif (module := python_module(arguments)) and module.name in ("venv", "virtualenv"):
            self.venv(arguments, module.arguments, module.name, command, scope)
        elif setting := parse_config(arguments):
            self.state.pip_config[setting[0]] = setting[1]
        elif pip := parse_pip(arguments):
            self.pip(pip, command, scope, variables)
        elif program == "chown" and command.reach is not Reach.NEVER:
            self.state.hands_over = True

    def pip(self, pip: PipCommand, command: Command, scope: _Scope, variables: Mapping[str, str | None]) -> None:
        settings = {n: v for n, v in variables.items() if n.startswith(_SETTINGS)}
        settings = {**self.state.pip_config, **settings}
        named = pip.parsed.all("requirement")
        files = tuple((self.seen(self.path(option.value, scope)), option.span) for option in named)
        at = self.at(command, relative=any(not (o.value or "").startswith("/") for o in named))
        path = variables.get("PATH")
        programs = pip.program.rpartition("/")[0] or (path or "").partition(":")[0]
        at = self.kept(at, (programs.removesuffix("/bin") or "/") if programs.startswith("/") else None)
        if pip.action == "install" and offline(self.instruction):
            at = structs.replace(at, reach=Reach.NEVER)
        if pip.action == "install":
            pip = structs.replace(pip, requirements=(*pip.requirements, *self.listed(files, command)))
        lost = _lost_specifiers(command)
        self.facts.append(PipRun(at, pip, settings, path, files, lost, variables, scope.folder))

    def listed(self, files: Iterable[tuple[str | None, Span]], command: Command) -> Iterable[Requirement]:
        """The requirements of the files whose text stands in the Dockerfile: on standard input, or written before."""
        for path, _ in files:
            text = command.stdin if path == "/dev/stdin" else self.state.written.get(path)
            yield from parse_requirements(text) if text is not None and path is not None else ()

    def seen(self, path: str | None) -> str | None:
        """The file that a command finds at `path`: one of the context, relative, where a mount puts it there."""
        source = mounted_over(self.instruction, path)
        return path if source is None else source.lstrip("/") or None

    def at(self, command: Command, *, relative: bool = False) -> At:
        """Where a command stands; `relative` tells that it works from the folder it runs in."""
        names = [e.name for word in command.words for e in word.expansions if e.name]
        supports = self.state.users(names)
        if relative and command.scope not in self.moved:
            supports |= self.state.workdir_set_by
        at = self.reading.at(self.instruction, supports)
        return structs.replace(at, span=command.span, reach=command.reach, operator=command.operator)

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
        self.scopes[command.scope] = structs.replace(scope, folder=folder)

    def activate(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        """A virtual environment's script puts the environment's programs before all others."""
        script = self.path(arguments[1].value, scope) if len(arguments) > 1 else None
        if script is None or not script.endswith("/bin/activate") or command.reach is not Reach.ALWAYS:
            return
        environment = script.removesuffix("/bin/activate")
        before = scope.variables.get("PATH")
        path = f"{environment}/bin:{before}" if before is not None else None
        self.change_variables(command, scope, {"PATH": path, "VIRTUAL_ENV": environment})

    def git(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        clone = parse_clone(arguments)
        if clone is None:
            return
        folder = self.path(clone.folder, scope) if clone.folder else scope.folder
        target = clone.target
        path = absolute(target, folder) if target is not None else None
        words = " ".join(a.value or "" for a in arguments)
        at = self.kept(self.at(command, relative=True), path)
        if offline(self.instruction):
            at = structs.replace(at, reach=Reach.NEVER)
        self.facts.append(Cloned(at, clone, path, words))

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
        paths = self.paths(rest[1:], scope)
        if any(may_not_write(self.instruction, self.state, path) for path in paths):
            at = structs.replace(at, reach=Reach.NEVER)
        self.facts.append(ModeChanged(at, rest[0].value, paths, recursive))

    def files(self, program: str, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        """What rm, mv, cp, install, ln and find do to files."""
        if program == "find":
            self.find(arguments, command, scope)
            return
        parsed = parse_options(arguments[1:], _FILES)
        relative = any(not (a.value or "").startswith("/") for a in parsed.operands)
        folder = parsed.get("target-directory")
        sources = parsed.operands if program == "rm" or folder is not None else parsed.operands[:-1]
        if program in ("rm", "mv"):
            recursive = program == "mv" or any(o.name in ("r", "R", "recursive") for o in parsed.options)
            paths = self.paths(sources, scope)
            self.facts.append(Removed(self.at(command, relative=relative), paths, recursive))
        if program == "rm" or (folder is None and len(parsed.operands) < 2):
            return
        destination = folder.value if folder is not None else parsed.operands[-1].value
        target = self.path(destination, scope)
        into = folder is not None or (destination or "").endswith("/") or self.state.is_folder(target)
        for source in sources if target is not None else ():
            name = (source.value or "").rstrip("/").rpartition("/")[2]
            path = f"{target}/{name}" if into else str(target)
            self.facts.append(Overwritten(self.at(command, relative=relative), path))

    def find(self, arguments: Sequence[Argument], command: Command, scope: _Scope) -> None:
        """`find FOLDER -delete` and `-exec chmod`, as far as nothing but kinds, depths and a name narrows it."""
        values = [a.value or "" for a in arguments]
        if "-exec" in values:
            self.find_and_change(arguments, values, command, scope)
            return
        tests = {v for v in values[1:] if v.startswith("-") and len(v) > 2}
        if "-delete" in tests and tests <= {"-delete", "-type", "-mindepth", "-depth", "-xdev"}:
            roots = arguments[1 : values.index(next(v for v in values if v.startswith("-")))]
            self.facts.append(Removed(self.at(command), self.paths(roots, scope), True))

    def find_and_change(
        self, arguments: Sequence[Argument], values: Sequence[str], command: Command, scope: _Scope
    ) -> None:
        """`find FOLDER -name PATTERN -exec chmod MODE {} +`: the folder's own files of that name."""
        at = values.index("-exec")
        first = next(i for i, v in enumerate(values) if i and v.startswith("-"))
        tests = dict(zip(values[first:at:2], values[first + 1 : at : 2], strict=False))
        action = [v for v in values[at + 1 :] if v not in (";", "+", "{}")]
        if action[:1] != ["chmod"] or len(action) != 2 or not tests.keys() <= {"-name", "-type", "-maxdepth"}:
            return
        name = tests.get("-name", "*")
        folders = self.paths(arguments[1:first], scope)
        paths = tuple(f"{folder.rstrip('/')}/{name}" for folder in folders)
        self.facts.append(ModeChanged(self.at(command), action[1], paths, False))

    def redirected(self, command: Command, scope: _Scope) -> None:
        """Files that are overwritten by a redirection."""
        for redirection in command.redirections:
            if redirection.operator in (">", ">|", "&>") and redirection.target is not None:
                path = self.path(expand(redirection.target, scope.variables), scope)
                if path is not None and not path.startswith("/dev/"):
                    self.facts.append(Overwritten(self.at(command), path))

    def venv(
        self, arguments: Sequence[Argument], rest: Sequence[Argument], module: str, command: Command, scope: _Scope
    ) -> None:
        parsed = parse_options(rest, _VENV)
        program = (arguments[0].value or "").rpartition("/")[2]
        if program == "virtualenv" and (python := parsed.get("python")):
            program = python.value or ""
        clears = parsed.get("clear") is not None
        for operand in parsed.operands:
            path = self.path(operand.value, scope)
            at = self.at(command)
            self.facts.append(VenvCreated(self.kept(at, path), program, module, path, operand.span, clears))

    def kept(self, at: At, path: str | None) -> At:
        """The place of something written to `path`: not from a mount of this RUN, nor where the user may not write."""
        hidden = mounted_over(self.instruction, path) is not None
        if hidden or may_not_write(self.instruction, self.state, path):
            return structs.replace(at, reach=Reach.NEVER)
        return at

    def for_root(self, at: At) -> At:
        """The place of something that needs root and the network."""
        barred = offline(self.instruction) or unprivileged(self.instruction, self.state)
        return structs.replace(at, reach=Reach.NEVER) if barred else at

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
        if redirection.operator not in ("<", ">") or not re.match(_VERSION, target):
            continue
        start = redirection.span.start
        touching = next((w.span for w in command.words if w.span.end == start), None)
        if found and found[-1].end == start:
            found[-1] = Span(found[-1].start, _end(redirection))
        elif touching is not None or target.startswith("="):
            found.append(Span(touching.start if touching else start, _end(redirection)))
    return tuple(found)


def _end(redirection: Redirection) -> int:
    """Where a specifier ends that is read as a redirection: before the quotes that end an outer pair."""
    target = redirection.target
    specifier = re.match(_SPECIFIER, target.text.text) if target is not None and target.quoted else None
    return redirection.span.end if target is None or specifier is None else target.span.start + specifier.end()
