"""Writes a derived pack as TOML, in the order of the golden file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from zr4lint.documents.deriving.derivation import Derived, names, pack_name
from zr4lint.filesystem.documents import digest
from zr4lint.model.fingerprint import fingerprint_of_line
from zr4lint.report.escaping import no_command, visible, without_marks

if TYPE_CHECKING:
    from zr4lint.documents.deriving.demand import Demand
    from zr4lint.model.source import SourceFile, Span
    from zr4lint.packs.model import Section

_WIDTH = 110


class Said(Struct, frozen=True):
    """The origin of a rule: its source with the line, the reason, and the commands.

    `name` and `section` are the rule's name and section number if they do not come from the golden file. `fingerprint`
    is that of the `lines` lines from `line` on.
    """

    source: str
    why: str
    level: str
    line: int
    greps: tuple[str, ...] = ()
    name: str = ""
    section: str | None = None
    fingerprint: str = ""
    lines: int = 1


class Head(Struct, frozen=True):
    """The head of a pack: a comment, its name and title, the document, and the file that it applies to.

    `path` is the document's path relative to the folder of the pack; `sha256` is the digest of its text.
    """

    comment: str
    name: str
    title: str
    document: str
    file: str
    path: str
    sha256: str


def write(derived: Derived, folder: str = "") -> str:
    """Return the pack in `folder` as TOML; each rule names the line of the golden file that it comes from."""
    source = derived.source
    file = _file(source)
    comment = f"Rules derived from {source.path}. Delete or change those that other files need not meet."
    path, sha256 = path_from(folder, source.path), digest(source)
    head = Head(comment, pack_name(source.path), f"Files that conform to {file}", file, file, path, sha256)

    def say(demand: Demand) -> Said:
        line, lines, words = traced(source, demand.span)
        return Said(f"{file}:{line}", f"{file} does this.", demand.level, line, fingerprint=words, lines=lines)

    return write_pack(derived, head, say, "GF")


def traced(source: SourceFile, span: Span) -> tuple[int, int, str]:
    """Return the line on which a span starts, its number of lines, and the fingerprint of these lines."""
    line = source.line_of(span.start)
    last = max(source.line_of(max(span.end - 1, span.start)), line)
    whole = source.text[source.line_span(line).start : source.line_span(last).end]
    return line, last - line + 1, fingerprint_of_line(whole)


def write_pack(derived: Derived, head: Head, say: Callable[[Demand], Said], letters: str) -> str:
    """Return a pack as TOML whose codes begin with `letters`."""
    source = derived.source
    lines = [
        _comment(head.comment),
        "",
        f"name = {toml(head.name)}",
        f"title = {toml(head.title)}",
        f"document = {toml(head.document)}",
        f"files = [{toml(head.file)}]",
        "",
        "[trace]",
        f"file = {toml(head.path)}",
        f"sha256 = {toml(head.sha256)}",
    ]
    for section in derived.sections:
        lines += ["", *_section(section)]
    for number, (demand, name) in enumerate(zip(derived.demands, names(derived.demands, source), strict=True), 1):
        lines += ["", *_rule(demand, f"{letters}{number:03}", name, derived, say(demand))]
    if derived.left:
        lines += [
            "",
            "# These words have no rule: a later step undoes them, or their effect is not known before the build.",
        ]
        lines += [_comment(f"line {source.line_of(one.span.start)}: {_words(one, source)}") for one in derived.left]
    return "\n".join((*lines, ""))


def path_from(folder: str, path: str) -> str:
    """Return the path of a file relative to a folder, with forward slashes; its name if there is no such path."""
    try:
        return os.path.relpath(path, folder or ".").replace(os.sep, "/")
    except (OSError, ValueError):  # the folder is on another drive
        return path.replace(os.sep, "/").rpartition("/")[2]


def _file(source: SourceFile) -> str:
    return source.path.replace("\\", "/").rpartition("/")[2] or "Dockerfile"


def _words(demand: Demand, source: SourceFile) -> str:
    words = " ".join(source.slice(demand.span).split())
    return "".join(char for char in words[:80] if char.isprintable())


def _section(section: Section) -> Iterator[str]:
    yield "[[section]]"
    yield f"number = {toml(section.number)}"
    yield f"title = {toml(section.title)}"
    if section.lines is not None:
        yield f"layer = {section.layer}"
        yield f"lines = {toml(section.lines)}"
    for key, estimate in (("build", section.build), ("size", section.size)):
        if estimate is not None:
            yield f"{key} = {toml(estimate)}"


def _rule(demand: Demand, code: str, name: str, derived: Derived, said: Said) -> Iterator[str]:
    yield "[[rule]]"
    yield f"code = {toml(code)}"
    yield f"name = {toml(said.name or name)}"
    if derived.sections:
        yield f"section = {toml(said.section if said.section is not None else derived.section(demand).number)}"
    yield f"level = {toml(said.level)}"
    yield f"check = {toml(demand.kind)}"
    if demand.stage is not None:
        yield f"stage = {toml(demand.stage)}"
    if demand.stages is not None:
        yield f"stages = {toml(demand.stages)}"
    for key, value in demand.parameters.items():
        yield f"{key} = {_wrapped(value, len(key) + 3)}"
    if said.greps:
        yield f"greps = {toml(said.greps)}"
    yield f"source = {toml(said.source)}"
    yield f"trace = {said.line}"
    yield f"fingerprint = {toml(said.fingerprint)}"
    if said.lines > 1:
        yield f"extent = {said.lines}"
    yield f"summary = {toml(demand.summary)}"
    yield f"why = {toml(said.why)}"


def _wrapped(value: Any, indent: int) -> str:
    """Return a value on one line, or a list that is too long for it with one item a line."""
    text = toml(value)
    if not isinstance(value, list) or len(text) + indent <= _WIDTH:
        return text
    return "[\n" + "".join(f"    {toml(item)},\n" for item in value) + "]"


def _comment(text: str) -> str:
    return no_command(f"# {visible(text)}")


def toml(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _text(text: str) -> str:
    """Return a TOML string, in single quotes if these save escapes, else in double quotes.

    Invisible characters are escaped, and marks that the log of a GitHub workflow would read as a command.
    """
    plain = no_command(visible(text)) == text
    if ("\\" in text or '"' in text) and "'" not in text and plain:
        return f"'{text}'"
    return without_marks('"' + "".join(map(_escaped, text)) + '"', "\\u0023")


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if visible(char) == char:
        return char
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"
