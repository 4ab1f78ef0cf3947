"""Reads the facts of a RUN: the step as a whole, then its commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.commands import Script, read_command
from zr4lint.facts.flags import read_flags, read_mounts
from zr4lint.facts.instruction_facts import Form, RunStep
from zr4lint.facts.script import run_commands
from zr4lint.facts.windows import runs_linux_packages, speaks_powershell
from zr4lint.model.budgets import COMMANDS
from zr4lint.model.quoting import code
from zr4lint.model.remark import COMMAND_FAILS, SHELL_SYNTAX, Remark, too_large

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts.fact import Fact
    from zr4lint.facts.flags import Mount
    from zr4lint.facts.pass_state import Reading
    from zr4lint.model.source import Span
    from zr4lint.shell import Command
    from zr4lint.shell.found_files import Files, Found

_COMPOUND = r"(?:^|[\s;&|(])(?:if|while|until|case|for|function|!|\{)\s|\(\s*\)|<<"
_DECIDED = frozenset({
    "!", "[", "[[", "declare", "exit", "false", "kill", "let", "local", "popd", "pushd", "readarray", "return", "set",
    "shopt", "source", "test", "typeset",
})  # fmt: skip
"""Commands whose status depends only on their words."""
_IDLE = frozenset({"!", "[", "[[", "exit", "false", "kill", "return", "test"})
"""Commands among these whose only effect is their failure."""
_WRAPPERS = frozenset({"builtin", "command", "env", "exec", "nice", "nohup", "setsid"})
_FILE_TEST = r"\s-[a-hkp-suwxGLNOS]\s"
_USED = r"\$\{?([A-Za-z_]\w*)"


class _LazyFiles:
    """The files that a script sees; their module is imported only when a script asks for one."""

    def __init__(self, reading: Reading, instruction: Instruction) -> None:
        self._reading = reading
        self._instruction = instruction
        self._known: Files | None = None

    def look(self, path: str, commands: Sequence[Command], scope: tuple[int, ...]) -> Found | None:
        """Return the state of a path after these commands of the script, or None if it is unknown."""
        if self._known is None:
            from zr4lint.facts.known_files import KnownFiles  # few scripts ask

            self._known = KnownFiles(self._reading, self._instruction)
        return self._known.look(path, commands, scope)


def run(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read a RUN: yield the step, then the facts of its commands."""
    state = reading.state
    variables = state.variables
    flags = read_flags(instruction, variables)
    mounts = read_mounts(instruction, variables, state.workdir) if flags.given else ()
    form = Form.SHELL if instruction.json is None else Form.EXEC
    yield RunStep(reading.at(instruction), form, state.shell, state.user, flags, mounts, variables)
    reading.runs += 1
    if reading.commands > COMMANDS:
        reading.remarks.append(too_large(instruction.keyword_span, "a file", f"{COMMANDS:,} commands"))
        return
    script = Script(reading, instruction, {name: None for mount in mounts if (name := _secret(mount))})
    parsed = run_commands(
        instruction,
        state.shell,
        reading.text,
        sh_dialect=state.sh_dialect,
        variables=script.outermost,
        files=_LazyFiles(reading, instruction),
        deadline=reading.deadline,
    )
    state.is_linux = state.is_linux or runs_linux_packages(instruction.arguments.text)
    for_windows = not state.is_linux and _is_for_windows_shell(instruction, parsed.remarks)
    reading.remarks += (r for r in parsed.remarks if not for_windows or r.code != SHELL_SYNTAX)
    for string in instruction.json or ():
        if string.value in ("&&", "||", ";", "|"):
            message = f"the exec form has no shell, so `{string.value}` is an argument"
            reading.remarks.append(Remark(COMMAND_FAILS, string.span, message))
            break
    if instruction.json is not None and (array := _array_with_more(instruction)) is not None:
        message = (
            f"BuildKit reads {code(reading.text[array.start : array.end], 20)} as the exec form and ignores the rest"
        )
        note = "A RUN whose first word is a JSON array runs no shell. `test` in the place of `[` makes it one again."
        reading.remarks.append(Remark(COMMAND_FAILS, array, message, (note,)))
    reading.commands += len(parsed.commands)
    if not parsed.commands:
        state.programs = state.programs.restore(None)
    known = len(reading.remarks)
    joined = _joined(instruction, parsed.commands)
    for index, command in enumerate(parsed.commands):
        reading.deadline.check()
        script.fatal = index >= joined
        yield from read_command(script, command)
    told = any(remark.code == COMMAND_FAILS for remark in reading.remarks[known:])
    expansion = parsed.failing is not None and reading.text.startswith("${", parsed.failing.start)
    if parsed.failing is not None and not told and (expansion or not _asks_builder(reading, instruction)):
        in_dash = parsed.failing_in is not None and parsed.failing_in.is_dash
        remarks = _failing(parsed.failing, reading.text, in_dash=in_dash, refused=parsed.refused, why=parsed.why)
        around = _around(parsed.failing, parsed.commands) if expansion else None
        reading.remarks += (structs.replace(r, part="command", around=around) if around else r for r in remarks)
    if mounts and state.written:
        state.lose((mount.target for mount in mounts if mount.target), recursive=True)


def _array_with_more(instruction: Instruction) -> Span | None:
    """Return the JSON array at the start of a RUN if words other than a comment follow it, or None."""
    from json import JSONDecoder  # few RUNs are in exec form

    text = instruction.arguments.text
    start = len(text) - len(text.lstrip())
    try:
        _, end = JSONDecoder(strict=False).raw_decode(text, start)
    except ValueError:
        return None
    rest = text[end:].lstrip()
    return instruction.arguments.span(start, end) if rest and rest[0] != "#" else None


def _is_for_windows_shell(instruction: Instruction, remarks: Sequence[Remark]) -> bool:
    """Return whether sh rejects a script that looks like PowerShell, which reads it in a Windows image."""
    refused = any(remark.code == SHELL_SYNTAX for remark in remarks)
    return refused and speaks_powershell(instruction.arguments.text)


def _secret(mount: Mount) -> str:
    """Return the variable that holds the secret of a mount, or ""."""
    return mount.options.get("env", "") if mount.type == "secret" else ""


def _asks_builder(reading: Reading, instruction: Instruction) -> bool:
    """Return whether a RUN uses a build argument: it may fail on purpose in builds that don't set it."""
    names = re.findall(_USED, instruction.arguments.text)
    return any(reading.state.is_argument(name) for name in names)


def _around(span: Span, commands: Sequence[Command]) -> Span | None:
    """Return the command that contains a span, or None if no command does, as in the words of a loop."""
    found = [c.span for c in commands if c.span.start <= span.start and span.end <= c.span.end]
    return min(found, key=lambda at: at.end - at.start, default=None)


def _failing(span: Span, text: str, *, in_dash: bool, refused: bool, why: str) -> Iterator[Remark]:
    """Yield the remark on the command whose status fails a RUN.

    `refused` tells that the shell rejects its words, and `why` is the reason or "". There is no remark if the status
    depends on a file, which unknown programs may have made.
    """
    words = text[span.start : span.end]
    if words.startswith("${") and not why:
        note = "It ends with `Bad substitution`, so the build stops. bash knows this expansion."
        yield Remark(COMMAND_FAILS, span, f"dash does not support {code(words, 40)}", (note,))
        return
    name = next((word for word in words.split() if word not in _WRAPPERS), "")
    open_ = name == "[" and not re.search(r"\s\]\s*\Z", words)
    absent = in_dash and name == "[["
    if not (refused or absent) and (name not in _DECIDED or (re.search(_FILE_TEST, words) and not open_)):
        return
    what = f"{code(words, 36)} always fails, so the RUN fails"
    if absent:
        what = "dash has no command `[[`"
    elif open_:
        what = "`[` has no `]`"
    elif name in ("[", "test", "[["):
        strange = in_dash and re.search(r"\s==\s", words)
        what = "dash's `test` has no `==`" if strange else "this test is false, so the RUN fails"
    part = "command" if refused or absent or name in _IDLE else ""
    notes = ("The RUN ends with the status of this command, so the build stops.",)
    yield Remark(COMMAND_FAILS, span, why or what, notes, part=part)


def _joined(instruction: Instruction, commands: Sequence[Command]) -> int:
    """Return the index of the first command that must succeed.

    In a script of plain lists, these are the commands that `&&` joins to the last one.
    """
    if instruction.json is not None:
        return 0
    script = instruction.arguments
    if not commands or re.search(_COMPOUND, script.text):
        return len(commands)
    if commands[-1].span.end < script.span(0, len(script.text)).end:
        return len(commands)
    first = len(commands) - 1
    while first and commands[first].operator == "&&":
        first -= 1
    return first
