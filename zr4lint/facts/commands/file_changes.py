"""Readers of programs that write, remove or change files, and of the redirections of any command."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts.command_facts import FolderMade, ModeChanged, Moved, Overwritten, OwnerChanged, Removed
from zr4lint.facts.commands.call import Call, is_relative, unsure
from zr4lint.facts.commands.program_table import reads
from zr4lint.facts.instruction_facts import Written
from zr4lint.facts.permissions import may_not_write
from zr4lint.facts.replaced_programs import GONE, is_program
from zr4lint.facts.stage_state import SH
from zr4lint.model.budgets import APPENDED_TEXT
from zr4lint.model.quoting import code
from zr4lint.model.remark import too_large
from zr4lint.model.source import MappedText
from zr4lint.programs.file_programs import FILE_PROGRAMS, FileProgram, Operands
from zr4lint.programs.image_paths import absolute, under
from zr4lint.programs.modes import Mode, changed
from zr4lint.programs.option_reading import Grammar, Parsed, parse_options
from zr4lint.programs.pip import CONFIGURATIONS, configured
from zr4lint.shell import Argument, Dialect, Reach, expand
from zr4lint.shell.printed_text import SILENT, printed

if TYPE_CHECKING:
    from zr4lint.facts.fact import Fact

_MODE_LETTERS = frozenset("rwxXst,-+=ugo01234567")
_MAKING = Grammar(
    {"m": "mode", "p": "parents", "v": "verbose", "d": "date", "r": "reference", "t": "stamp", "c": "no-create"},
    frozenset({"mode", "date", "reference", "stamp", "time"}),
    frozenset({"parents", "verbose", "no-create"}),
)
_MASKED = r"[+-]x\Z"
"""A mode that changes only the execute permission, which the umask limits."""
_MODES_IN = (
    *((folder, "755") for folder in ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin")),
    *((file, "644") for file in ("/etc/passwd", "/etc/group", "/etc/hostname", "/etc/hosts", "/etc/os-release")),
)
"""Modes of files on every Debian: programs are executable, and the system's tables are not."""
_SPARES_ITSELF = ("symbolic", "symbolic-link", "s", "backup", "b", "link", "l", "no-clobber")
"""Options with which source and target may be the same file."""
_EMPTY = frozenset({"", ":", "true"})
"""Commands that print nothing; "" is a redirection without a command."""
_NEED_TARGET = frozenset({"cp", "mv"})
_NEAR = 50  # facts that are searched for a folder
_TRUNCATES = frozenset({">", ">|", "&>"})


@reads(*FILE_PROGRAMS)
def file_program(call: Call) -> Iterator[Fact]:
    """Read a call of a program in the table of those that write or remove files."""
    row = FILE_PROGRAMS.get(call.program) or FILE_PROGRAMS[call.program.rstrip("0123456789.")]
    parsed = parse_options(call.arguments[1:], row.grammar)
    if parsed.has(*row.spares):
        return
    if row.closed and (unknown := next((o for o in parsed.options if not row.grammar.has(o.name)), None)) is not None:
        call.fails(unknown.span, f"{call.program} does not accept {code(call.slice(unknown.span), 40)}", part="word")
        return
    if row.writes is Operands.TARGET and parsed.operands and parsed.operands[-1].glob:
        call = unsure(call)
    folder = parsed.get("target-directory")
    single = len(parsed.operands) == 1 and not parsed.unknown and not parsed.operands[0].glob
    alone = single and call.program in _NEED_TARGET and folder is None and parsed.operands[0].value is not None
    if alone and not call.may_be_given:
        call.fails(call.command.span, f"{call.program} has a source but no target", part="command")
        return
    whole = folder is not None or row.removes is Operands.ALL
    sources = parsed.operands if whole else parsed.operands[:-1]
    written = list(_written(call, row, parsed, sources))
    refuses = row.writes is Operands.TARGET and not parsed.has(*_SPARES_ITSELF)
    if refuses and (same := _onto_itself(call, sources, written)) is not None:
        call.fails(same.span, f"{code(call.slice(same.span), 40)} is the same file as its target")
        return
    lost: tuple[str, ...] = ()
    if row.removes_with(parsed):
        recursive = row.is_recursive(parsed)
        at = call.at(relative=is_relative(parsed.operands))
        removed = Removed(at, call.lasting(_within(call, row, parsed, call.paths(sources))), recursive)
        yield removed
        if recursive and removed.at.reach is Reach.ALWAYS:
            lost = removed.paths
    for path in written:
        yield Overwritten(call.at(relative=is_relative(parsed.operands)), path)
    if row.writes is Operands.TARGET:
        for source, path in zip(sources, written, strict=False):
            emptied = source.value == "/dev/null"
            yield _empty(call, path) if emptied else _moved(call, row, parsed, source, path)
    elif (size := parsed.get("size")) is not None and size.value == "0":
        for path in written:
            yield _empty(call, path)
    for path in lost:
        call.state.lose_folder(path)
    if call.command.reach is not Reach.NEVER:
        _rewritten(call, row, parsed, sources, written)


def _onto_itself(call: Call, sources: Sequence[Argument], written: Sequence[str]) -> Argument | None:
    """Return the source that is its own target, which the command rejects, or None."""
    pairs = zip(sources, written, strict=False)
    return next((a for a, target in pairs if not a.glob and call.path(a.value) == target), None)


def _within(call: Call, row: FileProgram, parsed: Parsed, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths that a program affects; they start from the folder of `folder_option` if it is given."""
    folder = parsed.get(row.folder_option) if row.folder_option else None
    start = call.path(folder.value) if folder is not None else None
    if folder is None or start is None:
        return paths
    operands = (absolute(word.value, start) for word in parsed.operands if word.value is not None)
    return tuple(path for path in operands if path is not None)


def _empty(call: Call, path: str) -> Written:
    """Return the fact of an empty file."""
    return Written(call.at(), path, MappedText.join([]))


def _rewritten(
    call: Call, row: FileProgram, parsed: Parsed, sources: Sequence[Argument], written: Sequence[str]
) -> None:
    """Record the effect on texts that the build wrote itself."""
    state = call.state
    _programs(call, row, parsed, sources, written)
    texts = [state.written.get(call.path(source.value) or "") for source in sources]
    if row.removes_with(parsed):
        if call.command.reach is Reach.ALWAYS:
            state.lose(call.paths(sources), recursive=row.is_recursive(parsed))
        else:
            for source in sources:
                state.write(call.path(source.value), None)
    copies = row.writes is Operands.TARGET and call.command.reach is Reach.ALWAYS
    for index, path in enumerate(written):
        state.write(
            path, texts[index] if copies and index < len(texts) else None, new=row.writes is not Operands.TARGET
        )


def _programs(
    call: Call, row: FileProgram, parsed: Parsed, sources: Sequence[Argument], written: Sequence[str]
) -> None:
    """Record programs that are removed, replaced, or put where they may have been removed before."""
    programs = call.state.programs
    paths = [call.path(source.value) for source in sources]
    names = [programs.called(path, None) if path is not None and is_program(path) else None for path in paths]
    sure = call.command.reach is Reach.ALWAYS
    if sure and row.removes_with(parsed):
        programs = programs.remove(call.lasting(call.paths(sources)), recursive=row.is_recursive(parsed))
    if row.writes is not Operands.NONE and not written:
        programs = programs.restore(None)
    for target in written:
        programs = programs.restore(target)
    if sure and row.writes is Operands.TARGET:
        for source, path, name, target in zip(sources, paths, names, written, strict=False):
            if call.program == "ln" and parsed.has("symbolic") and source.value is not None:
                path = absolute(source.value, posixpath.dirname(target))
                name = posixpath.basename(source.value) if path is not None and is_program(path) else None
            name = GONE if path == "/dev/null" else name
            if target in SH and name != "dash":
                call.state.sh_dialect = Dialect.SH
            if name is not None and not source.glob:  # the files of a pattern keep their names
                programs = programs.replace(target, name)
    call.state.programs = programs


def _moved(call: Call, row: FileProgram, parsed: Parsed, source: Argument, target: str) -> Moved:
    """Return the effect of a command on one of its sources."""
    at = call.at(relative=is_relative(parsed.operands))
    path = call.path(source.value)
    if call.program == "ln" and source.value is not None and parsed.has("symbolic"):
        path = absolute(source.value, posixpath.dirname(target))
    mode = None
    if call.program == "install":
        given = parsed.get("mode")
        mode = (given.value or "") if given is not None else "755"
    moves = row.removes is Operands.SOURCES and row.removes_with(parsed)
    link = parsed.has("symbolic")
    return Moved(at, path, target, moves or link or parsed.has("preserve", "archive"), mode, link=link)


@reads("mkdir", "touch")
def make(call: Call) -> Iterator[Fact]:
    """Read mkdir or touch: make folders or empty files."""
    for path in call.paths(parse_options(call.arguments[1:], _MAKING).operands):
        yield FolderMade(call.at(), path, file=call.program == "touch")


def _written(call: Call, row: FileProgram, parsed: Parsed, sources: Sequence[Argument]) -> Iterator[str]:
    """Yield the known files that a call writes."""
    if row.writes_option and (option := parsed.get(row.writes_option)) is not None:
        path = call.path(option.value)
        if path is not None and option.value != "-":
            yield path
    if row.writes is Operands.ALL:
        yield from call.paths(parsed.operands)
    if row.writes is not Operands.TARGET:
        return
    folder = parsed.get("target-directory")
    if folder is None and len(parsed.operands) < 2:
        return
    destination = folder.value if folder is not None else parsed.operands[-1].value
    target = call.path(destination)
    if target is None:
        return
    into = folder is not None or (destination or "").endswith("/") or _is_folder(call, target)
    for source in sources:
        name = (source.value or "").rstrip("/").rpartition("/")[2]
        yield posixpath.normpath(f"{target}/{name}") if into else target


def _is_folder(call: Call, path: str) -> bool:
    """Return whether a path is known to be a folder, from the earlier build or from this RUN."""
    own = takewhile(lambda fact: fact.at.instruction is call.instruction, reversed(call.script.reading.facts))
    return call.state.is_folder(path) or any(
        isinstance(fact, FolderMade) and fact.path == path and not fact.file and fact.at.reach is Reach.ALWAYS
        for fact in islice(own, _NEAR)
    )


@reads("sed")
def sed(call: Call) -> Iterator[Fact]:
    """Read a call of sed that edits files in place."""
    from zr4lint.programs.sed import edited, parse_sed  # few files have it

    found = parse_sed(call.arguments)
    if found is None or call.command.reach is Reach.NEVER:
        return
    known = call.command.reach is Reach.ALWAYS
    for path in call.paths(found.files):
        before = call.state.written.get(path)
        if found.empties:
            yield Overwritten(call.at(relative=True), path)
            yield _empty(call, path)
        text = edited(before, found.steps) if before is not None and found.steps is not None and known else None
        call.state.write(path, text)


@reads("dd")
def dd(call: Call) -> Iterator[Fact]:
    """Read a call of dd, which writes the file of `of=`."""
    for argument in call.arguments[1:]:
        if argument.value is not None and argument.value.startswith("of="):
            path = call.path(argument.value.removeprefix("of="))
            if path is not None and not path.startswith("/dev/"):
                yield Overwritten(call.at(relative=not path.startswith("/")), path)


@reads("chmod")
def chmod(call: Call) -> Iterator[Fact]:
    """Read a call of chmod."""
    rest = list(call.arguments[1:])
    recursive = False
    while rest and (flag := rest[0].value or "").startswith("-") and not set(flag[1:]) <= _MODE_LETTERS:
        recursive = recursive or flag == "--recursive" or (not flag.startswith("--") and "R" in flag)
        del rest[0]
        if flag in ("--help", "--version"):
            return
        if flag.startswith("--reference"):
            yield from _as_another(call, flag, rest, recursive=recursive)
            return
    if rest and rest[0].value == "--":
        del rest[0]
    if late := next((a for a in rest[1:] if a.value == "-R"), None):
        rest.remove(late)
        recursive = True
    masked = call.scope.umask is not None and call.scope.umask & 0o111 == 0o111
    if len(rest) < 2 or (masked and re.match(_MASKED, rest[0].value or "")):
        return
    at = call.at(relative=is_relative(rest[1:]))
    named = rest[1:]
    if not recursive:  # a path that ends in "/" is a folder, whose mode is not followed
        named = [argument for argument in named if not (argument.value or "").endswith("/")]
    paths = call.paths(named)
    mode = changed(rest[0].value or "", Mode(0o755))
    if mode is not None and call.command.reach is Reach.ALWAYS and mode.executable is not None:
        lost = [path for path in paths if mode.executable is False or call.state.programs.at(path) == GONE]
        if mode.executable is False:
            call.state.programs = call.state.programs.remove(lost, recursive=recursive)
        else:
            for path in lost:
                call.state.programs = call.state.programs.replace(path, posixpath.basename(path))
    if any(may_not_write(call.instruction, call.state, path) for path in paths):
        return
    unknown = rest[0].value is None or any(call.path(argument.value) is None for argument in rest[1:])
    kept = call.lasting(paths)
    if kept or not paths:
        yield ModeChanged(at, rest[0].value or "", kept if rest[0].value else (), recursive, unknown)


def _as_another(call: Call, flag: str, rest: list[Argument], *, recursive: bool) -> Iterator[Fact]:
    """Read `chmod --reference`, whose mode is known for a written file and for some of the system's files."""
    name = flag.partition("=")[2] or (rest.pop(0).value if rest else None)
    model = call.path(name)
    mode = next((mode for folder, mode in _MODES_IN if model is not None and under(model, folder)), None)
    if model is not None and call.state.written.get(model) is not None:
        mode = "644"
    paths = call.paths(rest) if mode is not None else ()
    yield ModeChanged(call.at(relative=is_relative(rest)), mode or "", paths, recursive, mode is None)


@reads("chown")
def chown(call: Call) -> Iterator[Fact]:
    """Read a call of chown, after which another user may be able to change files."""
    if call.command.reach is not Reach.NEVER:
        call.state.hands_over = True
    words = [argument.value or "" for argument in call.arguments[1:]]
    rest = [argument for argument in call.arguments[1:] if not (argument.value or "").startswith("-")]
    if rest and rest[0].value and (paths := call.lasting(call.paths(rest[1:]))):
        recursive = any(re.match("--recursive|-[A-Za-z]*R", word) for word in words)
        yield OwnerChanged(call.at(relative=is_relative(rest[1:])), rest[0].value, paths, recursive)


def redirected(call: Call) -> Iterator[Fact]:
    """Yield the files that a call's redirections write, with their texts if the call contains them."""
    targets = [r.target for r in call.command.redirections if r.operator in _TRUNCATES and r.target is not None]
    paths = [call.path(expand(target, call.scope.variables)) for target in targets]
    for path in paths:
        call.state.programs = call.state.programs.restore(path)
    yield from _texts(call)
    for path in paths:
        if path is not None and not path.startswith("/dev/"):
            yield Overwritten(call.at(), path)
            from zr4lint.facts.commands.filters import filtered  # few commands write files

            given = filtered(call)
            if given is not None and given != path:
                yield Moved(call.at(), given, path, False, text_only=True)


def _appended(call: Call, before: MappedText, text: MappedText) -> MappedText | None:
    """Return a file's text after an append, or None over the budget, which is remarked on once per file."""
    reading = call.script.reading
    within = reading.appended <= APPENDED_TEXT
    reading.appended += len(before.text) + 100 * len(before.starts)
    if reading.appended <= APPENDED_TEXT:
        return MappedText.join([*before.pieces(), *text.pieces()])
    if within:
        reading.remarks.append(too_large(call.command.span, "what is added to files", f"{APPENDED_TEXT} characters"))
    return None


def _output(call: Call, dialect: Dialect) -> MappedText | None:
    """Return the text that a call prints or that tee copies, or None if it is unknown."""
    command = call.command
    if call.program == "tee":
        return command.stdin
    if call.program in _EMPTY and len(command.words) < 2:
        return MappedText.join([])
    if call.program in ("cat", "echo", "printf") or call.program in SILENT:
        return printed(structs.replace(command, redirections=()), dialect, call.scope.variables)
    if call.script.found and call.program.startswith(("pip", "python")):
        from zr4lint.facts.commands.python_calls import lists_packages  # few builds write such a list

        names = [(f"{a.value}\n", a.span.start) for a in call.script.found if a.value] if lists_packages(call) else []
        return MappedText.join(names) if names else None
    return None


def _texts(call: Call) -> Iterator[Fact]:
    """Yield the text that a command writes to a file, and keep it for later commands."""
    command = call.command
    target, adds = None, False
    for redirection in command.redirections:
        if redirection.operator in (">", ">>", ">|") and redirection.target is not None:
            target, adds = redirection.target, redirection.operator == ">>"
    text = _output(call, call.state.sh_dialect)
    if call.program == "tee" and target is None:
        options = [word for word in command.words[1:] if (word.literal or "").startswith("-")]
        files = [word for word in command.words[1:] if word not in options]
        target, adds = files[0] if files else None, bool(options)
    if target is None:
        return
    path = call.path(expand(target, call.scope.variables))
    if text is not None:
        before = call.state.written.get(path or "")
        if adds and before is not None:
            text = _appended(call, before, text)
    if text is not None:
        yield Written(call.at(relative=True), path, text, adds)
    if command.reach is Reach.ALWAYS and text is not None:
        call.state.write(path, text)
        if path is not None and not adds and is_program(path) and posixpath.basename(path) not in text.text:
            call.state.programs = call.state.programs.replace(path, "sh")
        if path in CONFIGURATIONS:
            for name, value in configured(text.text):
                call.state.pip_config = call.state.pip_config.put(name, value)
    elif command.reach is not Reach.NEVER:
        call.state.write(path, None, new=not adds)
