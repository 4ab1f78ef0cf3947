"""Readers of commands that change the shell's state: its folder, its variables, its treatment of wildcards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.commands.program_table import reads
from zr4lint.model.quoting import code
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.fact import Fact


@reads("cd", "pushd")
def change_folder(call: Call) -> Iterator[Fact]:
    """Read cd or pushd: change the folder."""
    if call.command.reach is not Reach.NEVER:
        target = call.arguments[1].value if len(call.arguments) > 1 else "~"
        target = call.scope.previous if target == "-" else target
        known = call.command.reach is Reach.ALWAYS
        anywhere = target is not None and target.startswith(("/", "~"))
        path = call.path(target) if known else None
        if path is not None and call.script.fatal and not call.state.is_folder(path) and call.is_missing(path):
            call.fails(call.command.span, f"the folder {code(path, 50)} does not exist")
        call.script.enter(call, path, anywhere=anywhere)
    yield from ()


@reads(".", "source", "activate")
def activate(call: Call) -> Iterator[Fact]:
    """Read a virtual environment's activate script, which puts the environment's programs first on PATH."""
    script = call.path(call.arguments[1].value) if len(call.arguments) > 1 else None
    if script is not None and script.endswith("/bin/activate") and call.command.reach is Reach.ALWAYS:
        environment = script.removesuffix("/bin/activate")
        before = call.scope.variables.get("PATH")
        path = f"{environment}/bin:{before}" if before is not None else None
        call.script.change(call.command, call.scope, {"PATH": path, "VIRTUAL_ENV": environment})
    yield from ()


@reads("false")
def always_fails(call: Call) -> Iterator[Fact]:
    """Read `false`, which always fails."""
    call.fails(call.command.span, "`false` fails the RUN", part="command")
    yield from ()


@reads("exit")
def leave(call: Call) -> Iterator[Fact]:
    """Read `exit`, which fails with a number other than 0."""
    status = call.arguments[1].value if len(call.arguments) > 1 else None
    if status is not None and status.isdecimal() and status.strip("0"):
        call.fails(call.command.span, f"`exit {status[:8]}` fails the RUN", part="command")
    yield from ()


@reads("umask")
def set_umask(call: Call) -> Iterator[Fact]:
    """Read umask: record the bits that new files and `chmod +x` don't get."""
    given = [argument.value for argument in call.arguments[1:] if argument.value not in ("-S", "-p")]
    if given and call.command.reach is not Reach.NEVER:
        known = len(given) == 1 and re.fullmatch("[0-7]{1,4}", given[0] or "")
        call.script.mask(call, int(given[0] or "", 8) if known and call.command.reach is Reach.ALWAYS else None)
    yield from ()


@reads("set")
def set_options(call: Call) -> Iterator[Fact]:
    """Read `set -f`, after which the shell doesn't expand wildcards."""
    flags = [argument.value or "" for argument in call.arguments[1:]]
    if any(flag[:1] == "-" and "f" in flag for flag in flags) or "noglob" in flags:
        call.script.literal_stars = True
    yield from ()
