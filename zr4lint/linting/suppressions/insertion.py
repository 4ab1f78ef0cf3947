"""Adds suppressions above the instructions of findings."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from zr4lint.linting.suppressions import MARK
from zr4lint.model.source import SourceFile
from zr4lint.packs.own_rules import OWN_RULES

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile
    from zr4lint.model.finding import FileReport

_OWN = frozenset(rule.code for rule in OWN_RULES)


def add_suppressions(dockerfile: Dockerfile, report: FileReport, reason: str) -> SourceFile:
    """Return the file with a suppression above each instruction that has unsuppressed findings.

    Findings after the last instruction are suppressed for the whole file. Each comment is a new line, so the lines
    below it move.
    """
    source = report.source
    instructions = dockerfile.instructions
    ends = [instruction.span.end for instruction in instructions]
    wanted: dict[int, set[str]] = {}
    whole: set[str] = set()
    for finding in report.findings:
        if finding.suppressed or finding.code in _OWN:
            continue
        index = bisect_right(ends, finding.span.start - 1)
        if index < len(instructions):
            wanted.setdefault(source.line_of(instructions[index].span.start), set()).add(finding.code)
        else:
            whole.add(finding.code)
    lines = {line: _comment("ignore", codes, reason, source) for line, codes in wanted.items()}
    if whole:
        first = source.line_of(instructions[0].span.start) if instructions else 1
        lines[first] = _comment("ignore-file", whole, reason, source) + lines.get(first, "")
    pieces: list[str] = []
    at = 0
    for line in sorted(lines):
        start = source.line_starts[line - 1]
        pieces += (source.text[at:start], lines[line])
        at = start
    return SourceFile("".join(pieces) + source.text[at:], source.path, bom=source.bom)


def _comment(scope: str, codes: set[str], reason: str, source: SourceFile) -> str:
    return f"# {MARK}: {scope}[{','.join(sorted(codes))}] {reason}".rstrip() + source.newline
