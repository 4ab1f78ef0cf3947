"""The files that a script sees, as far as the earlier build and the script's earlier commands show them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.commands import Script, read_command
from zr4lint.facts.looking import found_at, is_proven_absent
from zr4lint.facts.pass_state import Reading
from zr4lint.facts.permissions import ROOT, mounted_over
from zr4lint.programs.image_paths import absolute
from zr4lint.shell.found_files import Found, Kind

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.shell import Command


class KnownFiles:
    """The files that the scripts of one RUN see, computed on demand."""

    def __init__(self, reading: Reading, instruction: Instruction) -> None:
        self._outer = reading
        self._instruction = instruction
        self._own: Reading | None = None
        self._script: Script | None = None
        self._done = 0

    def look(self, path: str, commands: Sequence[Command], scope: tuple[int, ...]) -> Found | None:
        """Return the state of a path after these commands of the script, or None if it is unknown."""
        if not path:
            return None
        reading, script = self._after(commands)
        whole = absolute(path, script.scope(scope).folder)
        if whole is None or mounted_over(self._instruction, reading.state, whole) is not None:
            return None
        found = found_at(self._outer, whole, reading.facts)
        if found is not None and found.kind is Kind.NOTHING:
            return structs.replace(found, proven=is_proven_absent(self._outer, whole, reading.facts))
        text = reading.state.written.get(whole)
        if found is None or (found.kind is not Kind.FILE and text is None):
            return found
        root = True if reading.state.user in ROOT else None
        return structs.replace(found, kind=Kind.FILE, text=text, writable=root)

    def _after(self, commands: Sequence[Command]) -> tuple[Reading, Script]:
        """Return the state after some commands, which are read on a copy of the build's state."""
        outer = self._outer
        if self._own is None or self._script is None:
            self._own = Reading(outer.dockerfile, outer.images, outer.build_args, outer.deadline)
            self._own.stages, self._own.in_trigger = outer.stages, outer.in_trigger
            self._own.state = copy.copy(outer.state)
            self._script = Script(self._own, self._instruction)
        for command in commands[self._done :]:
            outer.deadline.check()
            self._own.facts += read_command(self._script, command)
        self._done = max(self._done, len(commands))
        return self._own, self._script
