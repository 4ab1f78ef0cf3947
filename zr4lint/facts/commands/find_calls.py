"""Readers of find and ls, which remove files, run other programs on them, or pass them to xargs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.command_facts import Removed
from zr4lint.facts.commands.call import Call, Script, unsure
from zr4lint.facts.commands.program_table import follow, reads
from zr4lint.model.source import MappedText
from zr4lint.programs.find import Find, parse_find
from zr4lint.programs.modes import Mode, changed
from zr4lint.shell import READ_BY_PATH, Argument, Command, Reach, Wrapper, expand_all, parse_script
from zr4lint.shell.expansion import SUBSTITUTION
from zr4lint.shell.wrappers import SHELLS

if TYPE_CHECKING:
    from zr4lint.facts.fact import Fact

_C = r"-[a-z]*c"
_PLAIN_LISTS = frozenset({"-1", "-d", "-1d", "-d1", "-a", "-A"})
_INTO_FOLDERS = frozenset({"-R", "-r", "-rf", "-fr", "--recursive"})


@reads("find")
def find(call: Call) -> Iterator[Fact]:
    """Read a call of find: it removes the files, runs a program on them, or prints them."""
    if any(argument.value == "-empty" for argument in call.arguments):
        return  # files that a build needs are not empty
    found = parse_find(call.arguments)
    files = _files(call, found)
    here = unsure(call) if found.narrowed else call
    if found.deletes and found.kind != "d":
        whole = found.most is None and found.name == "*"
        if here.command.reach is Reach.ALWAYS:
            call.state.lose((file.value or "" for file in files), recursive=whole)
        yield Removed(here.at(), tuple(file.value or "" for file in files), whole)
    for inner in found.calls:
        if found.kind != "d" or any(a.value in _INTO_FOLDERS for a in inner):
            yield from _run(here if _all(inner, found) else unsure(call), inner, files)
    if not found.deletes and not found.calls:
        call.script.found = files if not found.narrowed else ()
        call.script.found_in = call.command.scope


def _all(inner: Sequence[Argument], found: Find) -> bool:
    """Return whether a program affects every matching file.

    With a test of execute permission, it does only if it is a chmod that reverses that permission.
    """
    if found.executable is None:
        return True
    mode = next((a.value or "" for a in inner[1:] if a.value and not a.value.startswith("--")), "")
    after = changed(mode, Mode(0o755 if found.executable else 0o644)) if inner[0].value == "chmod" else None
    return after is not None and after.executable is (not found.executable)


def _run(call: Call, inner: Sequence[Argument], files: Sequence[Argument]) -> Iterator[Fact]:
    """Yield the facts of a call that find makes on the files."""
    program = (inner[0].value or "").rpartition("/")[2] if inner else ""
    wrappers = (*call.command.wrappers, Wrapper("find", call.arguments[0].span))
    command = structs.replace(call.command, wrappers=wrappers)
    if program in SHELLS:
        yield from _by_shell(structs.replace(call, command=command), inner, files)
    if program not in READ_BY_PATH:
        return
    words = [word for argument in inner for word in (files if argument.value == "{}" else (argument,))]
    ends = any(argument.value == "{}" for argument in inner)
    arguments = words if ends else [*inner, *files]
    yield from follow(structs.replace(call, command=command, program=program, arguments=arguments))


def _by_shell(call: Call, inner: Sequence[Argument], files: Sequence[Argument]) -> Iterator[Fact]:
    """Yield the facts of `find -exec sh -c SCRIPT`; the files replace the unknown words of the script."""
    at = next((i for i, argument in enumerate(inner) if re.fullmatch(_C, argument.value or "")), len(inner))
    if at + 1 >= len(inner) or inner[at + 1].value is None:
        return
    text, start = inner[at + 1].value or "", inner[at + 1].span.start
    script = MappedText.at_one_place(text, start)
    for command in parse_script(script).commands:
        arguments = expand_all(command.words, call.scope.variables)
        program = (arguments[0].value or "").rpartition("/")[2] if arguments else ""
        if program not in READ_BY_PATH or command.reach is Reach.NEVER:
            continue
        words = [a for argument in arguments for a in (files if argument.value in (None, "{}") else (argument,))]
        made = structs.replace(call.command, reach=min(call.command.reach, command.reach))
        yield from follow(structs.replace(call, command=made, program=program, arguments=words))


@reads("ls")
def list_files(call: Call) -> Iterator[Fact]:
    """Read a call of ls: it prints its operands, with -d also those that are folders."""
    options = {argument.value or "" for argument in call.arguments[1:] if (argument.value or "-").startswith("-")}
    if options <= _PLAIN_LISTS:
        operands = [argument for argument in call.arguments[1:] if argument.value not in options]
        named = [a for a in operands if "-d" in options or "." in posixpath.basename(a.value or "")]
        paths = call.paths(named) if len(named) == len(operands) else ()
        call.script.found = tuple(Argument(path, call.command.span, glob=True) for path in paths)
        call.script.found_in = call.command.scope
    yield from ()


def handed(script: Script, command: Command, arguments: list[Argument]) -> list[Argument]:
    """Return a command's arguments, with unknown ones replaced by the files that find or ls printed just before.

    This applies to a command that xargs runs after a pipe, and to one with `$(find ...)` among its words. If xargs
    reads a file of the build context, or `$(cat ...)` prints it, the words of that file replace the unknown arguments.
    """
    found, script.found = script.found, ()
    if command.operator == "|" and _passes(arguments):
        script.found = found
    by_xargs = any(wrapper.name == "xargs" for wrapper in command.wrappers[-2:])
    opaque = [e.operator == SUBSTITUTION for word in command.words for e in word.expansions if e.name is None]
    substituted = opaque == [True] and script.found_in[:-1] == command.scope and len(script.found_in) > 0
    if not found:
        found = _of_a_file(script, command, arguments, by_xargs=by_xargs, substituted=opaque == [True])
    elif not (by_xargs and command.operator == "|") and not substituted:
        found = ()
    if not found:
        return arguments
    return [a for argument in arguments for a in (found if argument.value is None else (argument,))]


def _passes(arguments: Sequence[Argument]) -> bool:
    """Return whether a command prints the names that it reads, without versions and in any order."""
    words = [argument.value or "?" for argument in arguments]
    if words[:1] == ["cut"]:
        return sorted("".join(words[1:]).split("-")[1:]) == ["d=", "f1"]
    return words[:1] in (["sort"], ["uniq"], ["tac"]) and all(word.startswith("-") for word in words[1:])


def _of_a_file(
    script: Script, command: Command, arguments: Sequence[Argument], *, by_xargs: bool, substituted: bool
) -> tuple[Argument, ...]:
    """Return the words of a file of the build context for the unknown arguments, or () if they are unknown."""
    unknown = sum(argument.value is None for argument in arguments)
    if not unknown or not (by_xargs or (substituted and unknown == 1)):
        return ()
    files = script.reading.files_for(script.instruction)
    if files is None:
        return ()
    from zr4lint.facts.commands import handed_files  # few builds have lists of their own

    if by_xargs:
        return tuple(handed_files.words_for_xargs(script, files, command))
    word = next(word for word in command.words if any(e.name is None for e in word.expansions))
    return tuple(handed_files.words_printed(script, files, command, word))


def _files(call: Call, found: Find) -> tuple[Argument, ...]:
    roots = call.paths(found.roots) if found.roots else tuple(filter(None, (call.folder,)))
    span = call.arguments[0].span
    return tuple(Argument(path, span, glob=True) for path in found.paths(roots))
