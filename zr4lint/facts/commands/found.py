"""find and xargs, which run other programs on the files, or the words, that they are handed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from zr4lint.facts.command_facts import Removed
from zr4lint.facts.commands.call import Call
from zr4lint.facts.commands.table import follow, reads
from zr4lint.facts.fact import Fact
from zr4lint.programs.find import Find, parse_find
from zr4lint.programs.options import Grammar, parse_options
from zr4lint.shell import Argument, Reach, Wrapper

_XARGS = Grammar(
    {"0": "null", "a": "arg-file", "d": "delimiter", "E": "eof", "I": "replace", "L": "max-lines", "n": "max-args",
     "P": "max-procs", "s": "max-chars", "r": "no-run-if-empty", "t": "verbose", "p": "interactive", "x": "exit"},
    frozenset({"arg-file", "delimiter", "eof", "replace", "max-lines", "max-args", "max-procs", "max-chars"}),
    frozenset({"null", "no-run-if-empty", "verbose", "interactive", "exit", "open-tty", "show-limits", "help"}),
)  # fmt: skip
_DEEPEST = 16


@reads("find")
def find(call: Call) -> Iterator[Fact]:
    """Remove what is found, or run a program on it."""
    found = parse_find(call.arguments)
    files = _files(call, found)
    unsure = _unsure(call) if found.narrowed else call
    if found.deletes:
        yield Removed(unsure.at(), tuple(file.value or "" for file in files), found.kind != "d")
    for inner in found.calls:
        if found.kind != "d" or any(a.value in ("-R", "-r", "-rf", "-fr", "--recursive") for a in inner):
            yield from _run(unsure, "find", inner, files)
    if not found.deletes and not found.calls:
        call.script.found = files if not found.narrowed else ()


@reads("xargs")
def xargs(call: Call) -> Iterator[Fact]:
    """Run a program on the words of standard input: on the files of a find before the pipe, or on what is not known."""
    parsed = parse_options(call.arguments[1:], _XARGS, stop_at_operand=True)
    words = call.script.found if call.command.operator == "|" else ()
    call.script.found = ()
    span = call.arguments[0].span
    inner = [a for a in parsed.operands if a.value != "{}"]
    yield from _run(call, "xargs", inner, words or (Argument(None, span),))


def _run(call: Call, wrapper: str, inner: Sequence[Argument], words: Sequence[Argument]) -> Iterator[Fact]:
    """The facts of the call that a program makes of its own arguments and of the words it is handed."""
    wrappers = (*call.command.wrappers, Wrapper(wrapper, call.arguments[0].span))
    if not inner or inner[0].value is None or len(wrappers) > _DEEPEST:
        return
    program = inner[0].value.rpartition("/")[2]
    command = structs.replace(call.command, wrappers=wrappers)
    yield from follow(structs.replace(call, command=command, program=program, arguments=(*inner, *words)))


def _files(call: Call, found: Find) -> tuple[Argument, ...]:
    roots = call.paths(found.roots) if found.roots else tuple(filter(None, (call.folder,)))
    span = call.arguments[0].span
    return tuple(Argument(path, span, glob=True) for path in found.paths(roots))


def _unsure(call: Call) -> Call:
    """The same call, of which can't be told whether it does anything."""
    reach = min(call.command.reach, Reach.MAYBE)
    return structs.replace(call, command=structs.replace(call.command, reach=reach))
