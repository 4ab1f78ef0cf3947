"""Commands that change what the shell knows: its folder, its variables, how it reads wildcards."""

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
    """Go to another folder."""
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
    """A virtual environment's script puts the environment's programs before all others."""
    script = call.path(call.arguments[1].value) if len(call.arguments) > 1 else None
    if script is not None and script.endswith("/bin/activate") and call.command.reach is Reach.ALWAYS:
        environment = script.removesuffix("/bin/activate")
        before = call.scope.variables.get("PATH")
        path = f"{environment}/bin:{before}" if before is not None else None
        call.script.change(call.command, call.scope, {"PATH": path, "VIRTUAL_ENV": environment})
    yield from ()


@reads("false")
def always_fails(call: Call) -> Iterator[Fact]:
    """Fail."""
    call.fails(call.command.span, "`false` fails the RUN", part="command")
    yield from ()


@reads("exit")
def leave(call: Call) -> Iterator[Fact]:
    """End the shell, with a failure if a number other than 0 says so."""
    status = call.arguments[1].value if len(call.arguments) > 1 else None
    if status is not None and status.isdecimal() and status.strip("0"):
        call.fails(call.command.span, f"`exit {status[:8]}` fails the RUN", part="command")
    yield from ()


@reads("umask")
def set_umask(call: Call) -> Iterator[Fact]:
    """Take note of the bits that new files, and `chmod +x`, don't get."""
    given = [argument.value for argument in call.arguments[1:] if argument.value not in ("-S", "-p")]
    if given and call.command.reach is not Reach.NEVER:
        known = len(given) == 1 and re.fullmatch("[0-7]{1,4}", given[0] or "")
        call.script.mask(call, int(given[0] or "", 8) if known and call.command.reach is Reach.ALWAYS else None)
    yield from ()


@reads("set")
def set_options(call: Call) -> Iterator[Fact]:
    """`set -f` leaves wildcards as they are."""
    flags = [argument.value or "" for argument in call.arguments[1:]]
    if any(flag[:1] == "-" and "f" in flag for flag in flags) or "noglob" in flags:
        call.script.literal_stars = True
    yield from ()
