"""A command as the reader of its program sees it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.facts.fact import At
from zr4lint.facts.permissions import has_unknown_mount, may_not_write, mounted_over, offline, unprivileged
from zr4lint.facts.stage_state import StageState, StageVariables
from zr4lint.model.finding import Applicability, Edit, Fix
from zr4lint.model.remark import COMMAND_FAILS, Remark
from zr4lint.programs.image_paths import absolute, has_wildcard
from zr4lint.shell import Argument, Command, Reach, Word

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts.pass_state import Reading
    from zr4lint.model.source import Span
    from zr4lint.shell.found_files import Found


_EMPTY_ARG = r"""(?mi)^\s*ARG\s+\w+=(?:""|'')?\s*$"""


class Scope(Struct, frozen=True):
    """The state of a shell: its variables, and its current and previous folder, None if they are unknown.

    `umask` are the bits that `chmod` without a user leaves unchanged, or None if they are unknown.
    """

    folder: str | None
    variables: StageVariables
    umask: int | None = 0o022
    previous: str | None = None


class Script:
    """The shells of a RUN, and their state after the commands read so far.

    - `literal_stars` tells that the shell doesn't expand wildcards.
    - `found` are the files that a find passes to the next command of its pipeline or to the command around it, and
      `found_in` is the scope it runs in.
    - `fatal` tells that the RUN fails if the current command fails.
    - `outermost` are the variables at the start, including `values`, which only this RUN has.
    - `aliases` are git's aliases that the current command was expanded from.
    """

    def __init__(
        self, reading: Reading, instruction: Instruction, values: Mapping[str, str | None] = MappingProxyType({})
    ) -> None:
        self.reading = reading
        self.instruction = instruction
        self.state = reading.state
        self.literal_stars = False
        self.found: tuple[Argument, ...] = ()
        self.found_in: tuple[int, ...] = ()
        self.fatal = False
        self.aliases: list[str] = []
        self.outermost = self.state.script_variables.changed(values)
        self._scopes: dict[tuple[int, ...], Scope] = {(): Scope(self.state.workdir, self.outermost)}
        self._moved: set[tuple[int, ...]] = set()
        self._used: dict[int, tuple[Sequence[Word], frozenset[int]]] = {}

    def scope(self, key: tuple[int, ...]) -> Scope:
        """Return the scope with this key; a new one starts with the current state of the scope around it."""
        if key not in self._scopes:
            around = self.scope(key[:-1])
            self._scopes[key] = Scope(around.folder, around.variables, around.umask)
            if key[:-1] in self._moved:
                self._moved.add(key)
        return self._scopes[key]

    def at(self, command: Command, *, relative: bool) -> At:
        """Return the place of a command; `relative` tells that it depends on its working folder."""
        if id(command.words) not in self._used:  # a command may have a fact, or an `-exec`, for each of its words
            names = [e.name for word in command.words for e in word.expansions if e.name]
            self._used[id(command.words)] = (command.words, self.state.users(names))
        supports = self._used[id(command.words)][1]
        if relative and command.scope not in self._moved:
            supports |= self.state.workdir_set_by
        return At(
            len(self.reading.facts),
            self.reading.stage,
            self.instruction,
            command.span,
            command.reach,
            supports,
            command.operator,
            self.reading.in_trigger,
            command.exits,
            command.guard,
            command.tested,
        )

    def enter(self, call: Call, folder: str | None, *, anywhere: bool) -> None:
        """Change the folder of a shell; `anywhere` tells that the target doesn't depend on the current folder."""
        if anywhere:
            self._moved.add(call.command.scope)
        self._scopes[call.command.scope] = structs.replace(call.scope, folder=folder, previous=call.scope.folder)

    def mask(self, call: Call, umask: int | None) -> None:
        """Change the umask of a shell."""
        self._scopes[call.command.scope] = structs.replace(self.scope(call.command.scope), umask=umask)

    def change(
        self, command: Command, scope: Scope, values: Mapping[str, str | None], *, anything: bool = False
    ) -> Scope:
        """Change variables of a shell, or with `anything` mark all as unknown; earlier facts keep theirs."""
        variables = scope.variables.changed(values)
        if anything:
            variables = variables.forgotten()
        self._scopes[command.scope] = structs.replace(scope, variables=variables)
        return self._scopes[command.scope]


class Call(Struct, frozen=True):
    """A call of `program` with its arguments, of which the first is the program.

    `variables` include those set for the call alone. `wrappers` may name more programs than the command's own, as
    `xargs` and `find` run the calls that they are given.
    """

    script: Script
    command: Command
    program: str
    arguments: Sequence[Argument]
    scope: Scope
    variables: Mapping[str, str | None]

    @property
    def folder(self) -> str | None:
        """Return the folder it runs in, or None if it is unknown."""
        return self.scope.folder

    @property
    def instruction(self) -> Instruction:
        """Return the RUN of the call."""
        return self.script.instruction

    @property
    def state(self) -> StageState:
        """Return the state of the stage."""
        return self.script.state

    def fails(self, span: Span, message: str, *notes: str, part: str = "", instead: str | None = None) -> None:
        """Remark that the call fails, if that fails the RUN.

        It would not fail without the `part` at `span`, or with `instead` in its place.
        """
        if self.script.fatal and self.command.reach is Reach.ALWAYS and not self.command.wrappers:
            fix = Fix(f"Write {instead}", Applicability.UNSAFE, (Edit.of(span, instead),)) if instead else None
            self.script.reading.remarks.append(Remark(COMMAND_FAILS, span, message, notes, fix=fix, part=part))

    def slice(self, span: Span) -> str:
        """Return the file's text at a span."""
        return self.script.reading.text[span.start : span.end]

    def at(self, *, relative: bool = False) -> At:
        """Return the place of the next fact; `relative` tells that the call depends on its working folder."""
        return self.script.at(self.command, relative=relative)

    def path(self, value: str | None) -> str | None:
        """Return a path of the call as an absolute path, or None if it is unknown."""
        return absolute(value, self.scope.folder) if value is not None else None

    def paths(self, arguments: Iterable[Argument]) -> tuple[str, ...]:
        """Return the absolute paths of arguments, without quoted wildcards, which match no file."""
        return tuple(
            path for a in arguments if (path := self.path(a.value)) is not None and (a.glob or not has_wildcard(path))
        )

    def is_missing(self, path: str) -> bool:
        """Return whether an absolute path certainly doesn't exist now, not even in a mount."""
        return self.is_there(path) is False

    def is_there(self, path: str) -> bool | None:
        """Return whether an absolute path exists now, or may exist in a mount; None if it is unknown."""
        if mounted_over(self.instruction, self.state, path) is not None:
            return True
        from zr4lint.shell.found_files import Kind  # few calls ask

        found = self.found(path)
        return found.kind is not Kind.NOTHING if found is not None else None

    @property
    def may_be_given(self) -> bool:
        """Return whether it uses a variable, and an ARG of the file with an empty default may be given a value."""
        text = self.script.reading.text
        return "$" in self.slice(self.command.span) and re.search(_EMPTY_ARG, text) is not None

    def found(self, path: str) -> Found | None:
        """Return the state of an absolute path before this call, or None if it is unknown or may be in a mount."""
        mounted = mounted_over(self.instruction, self.state, path) is not None
        if mounted or has_unknown_mount(self.instruction, self.state):
            return None
        from zr4lint.facts.looking import found_at  # few calls ask

        own = takewhile(lambda fact: fact.at.span == self.command.span, reversed(self.script.reading.facts))
        return found_at(self.script.reading, path, start=sum(1 for _ in own))  # the call's own effects come after it

    def kept(self, at: At, path: str | None) -> At:
        """Return the place of a write to `path`, with reach NEVER in a mount or where the user has no permission."""
        hidden = mounted_over(self.instruction, self.state, path) is not None
        barred = hidden or may_not_write(self.instruction, self.state, path)
        return structs.replace(at, reach=Reach.NEVER) if barred else at

    def lasting(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the paths that are kept in the image, which excludes the mounts of this RUN."""
        if not self.instruction.flags:
            return tuple(paths)
        return tuple(path for path in paths if mounted_over(self.instruction, self.state, path) is None)

    def for_root(self, at: At) -> At:
        """Return the place of an effect that needs root, with reach NEVER for another user."""
        barred = unprivileged(self.instruction, self.state)
        return structs.replace(at, reach=Reach.NEVER) if barred else at

    def online(self, at: At) -> At:
        """Return the place of an effect that needs the network, with reach NEVER without one."""
        return structs.replace(at, reach=Reach.NEVER) if offline(self.instruction) else at


def unsure(call: Call) -> Call:
    """Return the call, marked as possibly without effect, independently of other commands' conditions."""
    reach = min(call.command.reach, Reach.MAYBE)
    return structs.replace(call, command=structs.replace(call.command, reach=reach, guard=()))


def is_relative(arguments: Iterable[Argument]) -> bool:
    """Return whether any of these paths depends on the command's working folder."""
    return any(not (argument.value or "").startswith("/") for argument in arguments)
