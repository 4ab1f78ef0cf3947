"""Reads the facts of shell commands, with the folder and the variables that each one sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.commands.call import Call, Scope, Script
from zr4lint.facts.commands.file_changes import redirected
from zr4lint.facts.commands.find_calls import handed
from zr4lint.facts.commands.program_table import follow
from zr4lint.model.quoting import code
from zr4lint.model.remark import COMMAND_FAILS, Remark
from zr4lint.programs.option_tables import is_known
from zr4lint.shell import Command, Reach, expand, expand_all
from zr4lint.shell.wrappers import CONDAS, UNKNOWN_ENVIRONMENT

if TYPE_CHECKING:
    from zr4lint.facts.fact import Fact

_SETS_VARIABLES = frozenset({".", "source", "read", "mapfile", "readarray", "getopts", "eval", "printf", "set"})


def _with_folder(scope: Scope, command: Command) -> Scope:
    """Return a scope with PWD and OLDPWD set to its folders, if the command uses either."""
    words = (*command.words, *(word for _, word in command.assignments), *(r.target for r in command.redirections))
    names = {e.name for word in words if word is not None for e in word.expansions}
    if names.isdisjoint(("PWD", "OLDPWD")):
        return scope
    folders = {"PWD": scope.folder} | ({"OLDPWD": scope.previous} if scope.previous is not None else {})
    return structs.replace(scope, variables=scope.variables.changed(folders))


def _called(script: Script, word: str, path: str | None, folder: str | None) -> str:
    """Return the name of the program that a word calls, or "" if the program was removed.

    A file of the project that is named as a well-known program, such as `./apt`, keeps its path. In a folder such as
    /usr/bin, it is the program itself.
    """
    programs = script.state.programs
    program = programs.called(word, path) if programs.steps else word.rpartition("/")[2]
    own = word.startswith("./") and word == f"./{program}" and not (folder or "").endswith("bin")
    return word if own and is_known(program) else program


def read_command(script: Script, command: Command) -> Iterator[Fact]:
    """Yield the facts of the next command of a script."""
    scope = _with_folder(script.scope(command.scope), command)
    if command.folder is not None:
        folder = Call(script, command, "", (), scope, scope.variables).path(expand(command.folder, scope.variables))
        scope = structs.replace(scope, folder=folder)
    values = {name: expand(word, scope.variables) for name, word in command.assignments}
    if values.get("PATH", "") is None and any(wrapper.name in CONDAS for wrapper in command.wrappers):
        values["PATH"] = UNKNOWN_ENVIRONMENT
    if not command.words:
        known = command.reach is not Reach.MAYBE
        if values and command.reach is not Reach.NEVER:
            script.change(command, scope, values if known else dict.fromkeys(values))
        yield from redirected(Call(script, command, "", (), scope, scope.variables))
        return
    if command.refused and script.fatal and not command.wrappers and not command.scope:
        script.reading.remarks.append(Remark(COMMAND_FAILS, command.span, command.refused, part="command"))
    hidden = command.private.difference(values)
    seen = scope.variables
    variables = seen.without(hidden) if any(name in seen for name in hidden) else seen
    variables = variables.changed(values) if values else variables
    if (command.words[0].literal or "") in _SETS_VARIABLES:
        scope = script.change(command, scope, {}, anything=True)
    arguments = expand_all(command.words, scope.variables)
    if script.found or command.wrappers or any(argument.value is None for argument in arguments):
        arguments = handed(script, command, arguments)
    if script.literal_stars:
        arguments = [structs.replace(argument, glob=False) for argument in arguments]
    if not arguments:
        return
    program = _called(script, arguments[0].value or "", variables.get("PATH"), scope.folder)
    call = Call(script, command, program, arguments, scope, variables)
    if not program and arguments[0].value:
        call.fails(arguments[0].span, f"{code(arguments[0].value, 40)} was removed before")
    yield from follow(call)
    if (program or not arguments[0].value) and script.state.programs.steps and command.reach is not Reach.NEVER:
        script.state.programs = script.state.programs.after(program)
    if command.redirections or command.stdin is not None:
        yield from redirected(call)
