"""find, which removes files or runs other programs on them, and hands them to xargs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from zr4lint.facts.command_facts import Removed
from zr4lint.facts.commands.call import Call, Script
from zr4lint.facts.commands.table import follow, reads
from zr4lint.facts.fact import Fact
from zr4lint.programs.find import Find, parse_find
from zr4lint.shell import READ_BY_PATH, Argument, Command, Reach, Wrapper

_INTO_FOLDERS = frozenset({"-R", "-r", "-rf", "-fr", "--recursive"})


@reads("find")
def find(call: Call) -> Iterator[Fact]:
    """Remove what is found, or run a program on it."""
    found = parse_find(call.arguments)
    files = _files(call, found)
    unsure = _unsure(call) if found.narrowed else call
    if found.deletes and found.kind != "d":
        whole = found.most is None and found.name == "*"
        yield Removed(unsure.at(), tuple(file.value or "" for file in files), whole)
    for inner in found.calls:
        if found.kind != "d" or any(a.value in _INTO_FOLDERS for a in inner):
            yield from _run(unsure, inner, files)
    if not found.deletes and not found.calls:
        call.script.found = files if not found.narrowed else ()


def _run(call: Call, inner: Sequence[Argument], files: Sequence[Argument]) -> Iterator[Fact]:
    """The facts of the call that find makes of its own arguments and of what it finds."""
    program = (inner[0].value or "").rpartition("/")[2] if inner else ""
    if program not in READ_BY_PATH:
        return
    wrappers = (*call.command.wrappers, Wrapper("find", call.arguments[0].span))
    command = structs.replace(call.command, wrappers=wrappers)
    yield from follow(structs.replace(call, command=command, program=program, arguments=(*inner, *files)))


def handed(script: Script, command: Command, arguments: list[Argument]) -> list[Argument]:
    """The arguments of a command that xargs runs, with what it is handed in the place of the unknown ones.

    That are the files of a find before the pipe, or the words of a file in the build context.
    """
    found, script.found = script.found, ()
    if not any(wrapper.name == "xargs" for wrapper in command.wrappers[-2:]):
        return arguments
    unknown = not found and any(argument.value is None for argument in arguments)
    if unknown and (files := script.reading.files_for(script.instruction)) is not None:
        from zr4lint.facts.commands.handed_files import words_for_xargs  # few builds have lists of their own

        found = tuple(words_for_xargs(script, files, command))
    elif command.operator != "|":
        found = ()
    if not found:
        return arguments
    return [a for argument in arguments for a in (found if argument.value is None else (argument,))]


def _files(call: Call, found: Find) -> tuple[Argument, ...]:
    roots = call.paths(found.roots) if found.roots else tuple(filter(None, (call.folder,)))
    span = call.arguments[0].span
    return tuple(Argument(path, span, glob=True) for path in found.paths(roots))


def _unsure(call: Call) -> Call:
    """The same call, of which can't be told whether it does anything."""
    reach = min(call.command.reach, Reach.MAYBE)
    return structs.replace(call, command=structs.replace(call.command, reach=reach))
