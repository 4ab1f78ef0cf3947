"""Reads the files that COPY and ADD bring into the image."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts.command_facts import ModeChanged, Overwritten
from zr4lint.facts.flags import Flags, read_flags
from zr4lint.facts.instruction_facts import Copied, CopyStep, Origin, Written
from zr4lint.facts.pass_state import Reading, raw_words
from zr4lint.facts.stage_state import SH
from zr4lint.model.budgets import JOINED_LENGTH
from zr4lint.model.quoting import code
from zr4lint.model.remark import DOCKER_SYNTAX, Remark
from zr4lint.model.source import MappedText
from zr4lint.programs.image_paths import absolute, has_wildcard, is_remote
from zr4lint.programs.pip import CONFIGURATIONS, configured
from zr4lint.shell import Argument, Dialect

if TYPE_CHECKING:
    from zr4lint.dockerfile import Heredoc, Instruction
    from zr4lint.facts.fact import Fact

_REPLACED = r"(?s)\\.|\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})"
"""Matches a variable in a heredoc, which BuildKit replaces, and an escaped character, whose backslash it removes."""


def copy(reading: Reading, instruction: Instruction) -> Iterator[Fact]:
    """Read COPY or ADD: yield the step, a fact for each source, and a written file for each heredoc."""
    paths = raw_words(instruction)
    if len(paths) + len(instruction.heredocs) < 2 or not paths:
        return
    state = reading.state
    flags = read_flags(instruction, state.variables)
    *sources, destination = paths
    target = reading.expand(destination.raw)
    folder = absolute(target, state.workdir) if target is not None else None
    into = len(sources) > 1 or target is None or target.endswith("/") or target in (".", "")
    into = into or state.is_folder(folder)
    used = reading.used(path.raw for path in paths)
    if target is None or not target.startswith("/"):
        used |= state.workdir_set_by
    origin = _origin(reading, flags)
    source_flag = flags.get("from")
    if source_flag is not None and source_flag.value and source_flag.value.lower() == _own_name(reading):
        message = f"{code(source_flag.value, 30)} is the stage itself"
        reading.remarks.append(Remark(DOCKER_SYNTAX, source_flag.value_span, message))
    state.hands_over = state.hands_over or flags.has("chown")
    reading.copies = True
    markers = {heredoc.marker.start: heredoc for heredoc in instruction.heredocs}
    files = [source for source in sources if source.span.start not in markers]
    given = tuple(Argument(reading.expand(source.raw), source.span) for source in files)
    goal = Argument(target, destination.span)
    yield CopyStep(reading.at(instruction, used), instruction.keyword, given, goal, folder, origin, flags)
    mode = flags.get("chmod")
    for source in sources:
        heredoc = markers.get(source.span.start)
        if heredoc is not None:
            path = posixpath.join(folder, heredoc.name) if into and folder is not None else folder
            state.programs = state.programs.restore(path)
            yield from _heredoc(reading, instruction, heredoc, path, mode.value if mode is not None else None, used)
            continue
        value = reading.expand(source.raw)
        if value is None:
            state.programs = state.programs.restore(folder)
            continue
        remote = is_remote(value)
        many = not remote and (value.rstrip("/") in ("", ".") or value.endswith("/") or has_wildcard(value))
        state.brings_folders = state.brings_folders or many or "." not in posixpath.basename(value)
        path = folder
        if into and not many and folder is not None:
            below = value.rpartition("/./")[2] if flags.has("parents") else posixpath.basename(value)
            path = posixpath.normpath(posixpath.join(folder, below.lstrip("/")))
        state.write(path, None)
        if path in SH:
            state.sh_dialect = Dialect.SH
        state.programs = state.programs.restore(folder if instruction.keyword == "ADD" else path)
        yield Copied(
            reading.at(instruction, used),
            value,
            source.span,
            path,
            many,
            Origin.URL if remote else origin,
            mode.value if mode is not None else None,
            flags,
        )


def _heredoc(
    reading: Reading,
    instruction: Instruction,
    heredoc: Heredoc,
    path: str | None,
    mode: str | None,
    used: frozenset[int],
) -> Iterator[Fact]:
    """Yield the facts of the file that a heredoc writes."""
    body = MappedText(heredoc.body.of(reading.text), (0,), (heredoc.body.start,))
    if heredoc.expand:
        body = _expanded(reading, body)
    reading.state.write(path, body)
    if path in CONFIGURATIONS:
        for name, setting in configured(body.text):
            reading.state.pip_config = reading.state.pip_config.put(name, setting)
    at = reading.at(instruction, used)
    if path is not None:
        yield Overwritten(at, path)
    yield Written(at, path, body)
    if path is not None and mode is not None:
        yield ModeChanged(at, mode, (path,), False)


def _expanded(reading: Reading, body: MappedText) -> MappedText:
    """Return a heredoc with its known variables and escapes replaced, or unchanged if it would exceed the budget."""
    pieces: list[tuple[str, int]] = []
    at = length = 0
    for found in re.finditer(_REPLACED, body.text):
        if found[0].startswith("\\"):
            pieces += body.slice(at, found.start()).pieces()
            at = found.start() + 1
        elif (value := reading.state.variables.get(found[1] or found[2])) is not None:
            pieces += (*body.slice(at, found.start()).pieces(), (value, body.offset(found.start())))
            at = found.end()
            length += len(value)
        if length > JOINED_LENGTH:
            return body
    return MappedText.join([*pieces, *body.slice(at, len(body.text)).pieces()]) if pieces else body


def _own_name(reading: Reading) -> str:
    """Return the name of the current stage in lower case, or ""."""
    return (reading.stages[-1].name or "").lower() if reading.stages else ""


def _origin(reading: Reading, flags: Flags) -> Origin:
    flag = flags.get("from")
    if flag is None:
        return Origin.CONTEXT
    name = (flag.value or "").lower()
    return Origin.STAGE if name in reading.named or name in reading.numbers or not name else Origin.IMAGE
