"""PD4 and PD503: find remedies without a command, and remedies whose command differs from their text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.interpreter import Ended, Shell, UnknownError
from zr4lint.model.finding import Finding, Related
from zr4lint.model.quoting import code
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence, Table, Words
    from zr4lint.documents.target import Target

_ENTRY = re.compile(r"^#\s*(?:error|fault|problem|issue|failure)\b[^\n]*", re.IGNORECASE | re.MULTILINE)
_READS = ("grep", "ls", "cat", "wc", "head", "tail", "df", "du", "echo")
_FILE = re.compile(r"(?<![\w/.])[\w-]+\.(?:txt|toml|json|ya?ml|sh|cfg|ini|lock)\b")
_ADDS = re.compile(r"^#\s*(?:step \d+:\s*)?add\s+([^\n]+)", re.IGNORECASE)
_URL = re.compile(r"https://github\.com/([^\s/'\"|]+)/([^\s/'\"|]+?)(?:\.git)?(?=[\s'\"|;]|\Z)")
_FEW = frozenset(
    ["logic", "missing", "line", "lines", "package", "packages", "after", "before", "step", "with", "into", "each"]
)
"""Common words in comments that do not name what is added."""
_CURE = re.compile(r"solution|fix|cure|remedy|l\u00f6sung", re.IGNORECASE)
_PER_SECTION = re.compile(r"\b(\d+)\+ recovery (?:options|steps|commands|procedures) per section\b", re.IGNORECASE)


def check_remedies(target: Target) -> Iterator[Finding]:
    """Yield a finding for each remedy whose text and commands differ."""
    for fence in target.recoveries:
        yield from _entries(target, fence)
        yield from _others(target, fence)
    for fence in (*target.checks, *target.recoveries):
        yield from _comments(target, fence)
    for table in target.document.tables if target.blocks else ():
        yield from _cures(target, table)
    for words in target.document.prose:
        yield from _counted(target, words)


def _entries(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each entry of a script that has no command, or only commands that read."""
    text = fence.body.text
    starts = [*_ENTRY.finditer(text)]
    shell = Shell(text, {})
    for number, entry in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        own = [shell.text(node) for node in shell.statements() if entry.start() <= node.start_byte < end]
        place = fence.body.span(entry.start(), entry.end())
        if not own:
            message = "this recovery has no command"
        elif all(command.split()[0] in _READS and _is_quiet(command) for command in own):
            message = "this recovery only reads; it repairs nothing"
        else:
            continue
        yield found(target, rules.EDITS_NOTHING, place, message, severity=rules.DUPLICATES.severity)


def _is_quiet(command: str) -> bool:
    """Return whether a command writes no file."""
    return ">" not in re.sub(r"2>\s*\S+|'[^']*'|\"[^\"]*\"", "", command)


def _above(text: str, start: int) -> tuple[str, int]:
    """Return the comment line directly above a place and its start; ("", 0) if there is none."""
    line = text.rfind("\n", 0, start) + 1
    before = text.rfind("\n", 0, max(line - 1, 0)) + 1
    words = text[before : max(line - 1, 0)]
    return (words, before) if words.startswith("#") and line else ("", 0)


def _comments(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each comment that names another file or another addition than the command below it."""
    text = fence.body.text
    for node in Shell(text, {}).statements():
        command = text[node.start_byte : node.end_byte]
        comment, start = _above(text, node.start_byte)
        if not comment:
            continue
        place = fence.body.span(node.start_byte, node.end_byte)
        related = (Related("the comment", fence.body.span(start, start + len(comment))),)
        named = _FILE.search(comment)
        if named is not None and named[0] not in command and re.match(r"(?:grep|cat|wc|head)\b", command):
            message = f"the comment speaks of {code(named[0], 24)}, which this does not read"
            yield found(target, rules.LABEL_DIFFERS, place, message, related=related)
        added = _ADDS.match(comment)
        words = set(re.findall(r"[a-z+-]{4,}", added[1].lower())) - _FEW if added is not None else set()
        if added is not None and words and not any(word.rstrip("s") in command.lower() for word in words):
            message = f"the comment says {code('add ' + added[1].strip(), 34)}; this adds something else"
            yield found(target, rules.LABEL_DIFFERS, place, message, related=related)


def _others(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each step that writes another repository of an owner than the comments name."""
    text = fence.body.text
    comments = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    named = {(m[1], m[2]) for m in _URL.finditer(comments)}
    had = {(m[1], m[2]) for m in _URL.finditer(target.whole.text)}
    shell = Shell(text, {target.path: target.whole.text})
    for node in shell.statements() if named else ():
        shell.files.write(target.path, target.whole.text)
        try:
            shell.statement(node)
        except (UnknownError, Ended):
            continue
        for owner, name in sorted({(m[1], m[2]) for m in _URL.finditer(shell.files.read(target.path) or "")} - had):
            offered = next((other for by, other in sorted(named) if by == owner), None)
            if offered is not None and (owner, name) not in named:
                place = fence.body.span(node.start_byte, node.end_byte)
                message = f"this gives {code(f'{owner}/{name}', 30)}; the comment says {code(offered, 20)}"
                yield found(target, rules.LABEL_DIFFERS, place, message)


def _cures(target: Target, table: Table) -> Iterator[Finding]:
    """Yield a finding for each cell that advises what the target text already has, or what cannot cure the symptom."""
    column = next((i for i, cell in enumerate(table.header) if _CURE.search(cell.text)), None)
    for row in table.rows if column is not None else ():
        if column is None or column >= len(row):
            continue
        cell = row[column]
        codes = re.findall(r"`([^`]+)`", cell.text)
        advised = re.match(r"(?:add|ensure|use)\b", cell.text, re.IGNORECASE) is not None
        if advised and codes and all(words in target.whole.text for words in codes):
            message = f"the target text has {code(codes[0], 40)} already"
            yield found(target, rules.REPAIRS_NOTHING, cell.span, message, severity=rules.DUPLICATES.severity)
        symptom = next((c for c in row if "exec format error" in c.text.lower()), None)
        if symptom is not None and "chmod" in cell.text:
            message = "`exec format error` is no lack of permission; chmod does not cure it"
            yield found(target, rules.REPAIRS_NOTHING, symptom.span, message)


def _counted(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for `2+ recovery options per section` if a section has fewer."""
    said = _PER_SECTION.search(words.text)
    if said is None:
        return
    for fence in target.recoveries:
        count = len(_ENTRY.findall(fence.body.text))
        if fence.section is not None and count < int(said[1]):
            message = f"section {fence.section.number} has {count} recovery, not {said[1]}"
            related = (Related("the section", fence.section.span),)
            yield found(target, rules.COUNT_DIFFERS, words.at(*said.span()), message, related=related,
                        severity=rules.SUM_DIFFERS.severity)  # fmt: skip
            return
