"""One command as the reader of its program sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.facts.fact import At
from zr4lint.facts.permissions import may_not_write, mounted_over, offline, unprivileged
from zr4lint.facts.stage_state import StageState, Variables
from zr4lint.model.finding import Applicability, Edit, Fix
from zr4lint.model.remark import COMMAND_FAILS, Remark
from zr4lint.programs.image_paths import absolute, has_wildcard
from zr4lint.shell import Argument, Command, Reach, Word

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts.pass_state import Reading
    from zr4lint.model.source import Span


class Scope(Struct, frozen=True):
    """The state of one shell: its folder and the one before, None where these can't be known, and its variables.

    `umask` has the bits that chmod leaves alone where it is told no user, None where they can't be known.
    """

    folder: str | None
    variables: Variables
    umask: int | None = 0o022
    previous: str | None = None


class Script:
    """The shells of one RUN, as far as its commands have come.

    `literal_stars` tells that the shell leaves wildcards alone, `found` are the files that a find hands to the next
    command of its pipeline, or to the one around it, and `found_in` is the shell it runs in. `fatal` tells that the RUN
    fails if the command that is read does. `outermost` are the variables it starts with, `values` those that only
    this RUN has. `aliases` are the aliases of git that stand for the command that is read.
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
        """The scope of that name; a new one starts with what the scope around it has by then."""
        if key not in self._scopes:
            around = self.scope(key[:-1])
            self._scopes[key] = Scope(around.folder, around.variables, around.umask)
            if key[:-1] in self._moved:
                self._moved.add(key)
        return self._scopes[key]

    def at(self, command: Command, *, relative: bool) -> At:
        """Where a command stands; `relative` tells that it works from the folder it runs in."""
        if id(command.words) not in self._used:  # a command may have a fact, or an `-exec`, for each of its words
            names = [e.name for word in command.words for e in word.expansions if e.name]
            self._used[id(command.words)] = (command.words, self.state.users(names))
        supports = self._used[id(command.words)][1]
        if relative and command.scope not in self._moved:
            supports |= self.state.workdir_set_by
        at = self.reading.at(self.instruction, supports)
        return At(
            at.order,
            at.stage,
            at.instruction,
            command.span,
            command.reach,
            supports,
            command.operator,
            at.trigger,
            command.exits,
            command.guard,
            command.tested,
        )

    def enter(self, call: Call, folder: str | None, *, anywhere: bool) -> None:
        """Change the folder of a shell; `anywhere` if the target does not depend on the current folder."""
        if anywhere:
            self._moved.add(call.command.scope)
        self._scopes[call.command.scope] = structs.replace(call.scope, folder=folder, previous=call.scope.folder)

    def mask(self, call: Call, umask: int | None) -> None:
        """Change the umask of a shell."""
        self._scopes[call.command.scope] = structs.replace(self.scope(call.command.scope), umask=umask)

    def change(
        self, command: Command, scope: Scope, values: Mapping[str, str | None], *, anything: bool = False
    ) -> Scope:
        """Give a shell other variables, or `anything` in any of them; the facts so far keep those they saw."""
        variables = scope.variables.changed(values)
        if anything:
            variables = variables.forgotten()
        self._scopes[command.scope] = structs.replace(scope, variables=variables)
        return self._scopes[command.scope]


class Call(Struct, frozen=True):
    """A call of `program`, with its arguments, the program's word among them.

    `variables` are those it sees, those set for it alone too. `wrappers` may name more programs than the command's
    own: `xargs` and `find` run the calls they are told to.
    """

    script: Script
    command: Command
    program: str
    arguments: Sequence[Argument]
    scope: Scope
    variables: Mapping[str, str | None]

    @property
    def folder(self) -> str | None:
        """The folder it runs in, None where that can't be known."""
        return self.scope.folder

    @property
    def instruction(self) -> Instruction:
        """The RUN it stands in."""
        return self.script.instruction

    @property
    def state(self) -> StageState:
        """The state of the stage."""
        return self.script.state

    def fails(self, span: Span, message: str, *notes: str, part: str = "", instead: str | None = None) -> None:
        """Take note that the call fails, if that fails the RUN.

        It does not without the `part` at `span`, or with other words `instead` of those.
        """
        if self.script.fatal and self.command.reach is Reach.ALWAYS and not self.command.wrappers:
            fix = Fix(f"Write {instead}", Applicability.UNSAFE, (Edit.of(span, instead),)) if instead else None
            self.script.reading.remarks.append(Remark(COMMAND_FAILS, span, message, notes, fix=fix, part=part))

    def slice(self, span: Span) -> str:
        """The words of the file at a span."""
        return self.script.reading.text[span.start : span.end]

    def at(self, *, relative: bool = False) -> At:
        """The place of the next fact; `relative` tells that the call works from the folder it runs in."""
        return self.script.at(self.command, relative=relative)

    def path(self, value: str | None) -> str | None:
        """A path as the call sees it, made absolute; None where it can't be known."""
        return absolute(value, self.scope.folder) if value is not None else None

    def paths(self, arguments: Iterable[Argument]) -> tuple[str, ...]:
        """The paths that arguments name; a wildcard in quotes fits no file and is left out."""
        return tuple(
            path for a in arguments if (path := self.path(a.value)) is not None and (a.glob or not has_wildcard(path))
        )

    def is_missing(self, path: str) -> bool:
        """Whether there is surely nothing at an absolute path by now, not even by a mount."""
        return self.is_there(path) is False

    def is_there(self, path: str) -> bool | None:
        """Whether there is something at an absolute path by now, or may be by a mount or a copy; None if unknown."""
        if mounted_over(self.instruction, self.state, path) is not None:
            return True
        from zr4lint.facts.looking import found_at  # few calls ask
        from zr4lint.shell.found_files import Kind  # the same

        own = takewhile(lambda fact: fact.at.span == self.command.span, reversed(self.script.reading.facts))
        found = found_at(self.script.reading, path, start=sum(1 for _ in own))  # what the call does comes after
        return found.kind is not Kind.NOTHING if found is not None else None

    def kept(self, at: At, path: str | None) -> At:
        """The place of something written to `path`: not in a mount of this RUN, nor where the user may not write."""
        hidden = mounted_over(self.instruction, self.state, path) is not None
        barred = hidden or may_not_write(self.instruction, self.state, path)
        return structs.replace(at, reach=Reach.NEVER) if barred else at

    def lasting(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths that are in the image, and not in a mount of this RUN."""
        if not self.instruction.flags:
            return tuple(paths)
        return tuple(path for path in paths if mounted_over(self.instruction, self.state, path) is None)

    def for_root(self, at: At) -> At:
        """The place of something that only root may do."""
        barred = unprivileged(self.instruction, self.state)
        return structs.replace(at, reach=Reach.NEVER) if barred else at

    def online(self, at: At) -> At:
        """The place of something that needs the network."""
        return structs.replace(at, reach=Reach.NEVER) if offline(self.instruction) else at


def unsure(call: Call) -> Call:
    """The same call, marked as one that may do nothing, whatever conditions it has in common with others."""
    reach = min(call.command.reach, Reach.MAYBE)
    return structs.replace(call, command=structs.replace(call.command, reach=reach, guard=()))


def is_relative(arguments: Iterable[Argument]) -> bool:
    """Whether any of these paths starts from the folder that a command runs in."""
    return any(not (argument.value or "").startswith("/") for argument in arguments)
