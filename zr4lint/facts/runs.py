"""What a RUN does: the step as a whole, then its commands."""

from __future__ import annotations

from collections.abc import Iterator

from zr4lint.dockerfile import Instruction
from zr4lint.facts.commands import Script, read_command
from zr4lint.facts.fact import Fact
from zr4lint.facts.flags import read_flags, read_mounts
from zr4lint.facts.instruction_facts import Form, RunStep
from zr4lint.facts.reading import Reading
from zr4lint.facts.script import run_commands


def run(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Run a script or a program."""
    if not reading.stages:
        return
    state = reading.state
    variables = state.variables
    flags = read_flags(instruction, variables)
    mounts = read_mounts(instruction, variables, state.workdir) if flags.given else ()
    form = Form.SHELL if instruction.json is None else Form.EXEC
    yield RunStep(reading.at(instruction), form, state.shell, state.user, flags, mounts, variables)
    parsed = run_commands(
        instruction,
        state.shell,
        reading.text,
        sh_is_dash=state.sh_is_dash,
        variables=variables,
        deadline=reading.deadline,
    )
    reading.remarks += parsed.remarks
    script = Script(reading, instruction)
    for command in parsed.commands:
        reading.deadline.check()
        yield from read_command(script, command)
