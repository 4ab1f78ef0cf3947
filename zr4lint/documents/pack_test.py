"""Tests a pack on the examples of its rules, on its golden file, and on edits of that file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.checks import KINDS
from zr4lint.dockerfile import Instruction, parse
from zr4lint.documents.undoing import undone
from zr4lint.linting.pipeline import Linter
from zr4lint.model.finding import Finding
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack, PackRule

_PART = re.compile(
    r"""(?<=\s)--?[a-z][\w-]*(?:=\S+)?[ \t]*|["']|[\w-]+[ \t]+update[ \t]*&&[ \t]*|&&[ \t]*rm\b[^&\n]*"""
)
_MOST_PARTS = 200
_LAST_WORD = re.compile(r"[A-Za-z0-9](?=[^A-Za-z0-9]*\Z)")


class Edit(Struct, frozen=True):
    """An edit of the golden file: its kind, its line, and the new text."""

    kind: str
    line: int
    text: str


class Trial(Struct, frozen=True):
    """The result of a pack's test.

    `examples` is the number of examples that behave as expected; `wrong` describes the others. `findings` are those in
    the golden file. `edits` is the number of edits of this file, and `unreported` are the edits that no rule reports.
    The golden file is the good example of a rule without examples, and an edit of it the bad one; `untried` are such
    rules that report no edit.
    """

    examples: int
    wrong: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    edits: int = 0
    unreported: tuple[Edit, ...] = ()
    untried: tuple[str, ...] = ()


def try_pack(pack: Pack, golden: SourceFile | None) -> Trial:
    """Test a pack on the examples of its rules, and on its golden file if there is one."""
    linter = Linter([pack], merges=False)
    codes = {rule.rule.code for rule in pack.rules}
    wrong: list[str] = []
    count = 0
    for pack_rule in pack.rules:
        rule, rule_linter = pack_rule.rule, _linter_of(pack_rule, pack, linter)
        for text, bad in ((rule.bad, True), (rule.good, False)):
            if not text:
                continue
            count += 1
            report = rule_linter.lint(SourceFile(text.lstrip("\n"))).report
            if any(finding.code == rule.code for finding in report.findings) is not bad:
                says = "reports nothing on its bad example" if bad else "is not met by its good example"
                wrong.append(f"{rule.code} {rule.name} {says}")
    if golden is None:
        return Trial(count - len(wrong), tuple(wrong))

    def said(source: SourceFile) -> set[tuple[str, str]]:
        findings = linter.lint(source).report.findings
        return {(f.code, f.message) for f in findings if f.code in codes and not f.suppressed}

    findings = tuple(f for f in linter.lint(golden).report.findings if f.code in codes and not f.suppressed)
    before = {(finding.code, finding.message) for finding in findings}
    edits = [*edits_of(golden)]
    after = [said(SourceFile(edit.text, golden.path)) - before for edit in edits]
    unreported = tuple(edit for edit, new in zip(edits, after, strict=True) if not new)
    reported = {code for new in after for code, _ in new}
    bare = [rule.rule for rule in pack.rules if not rule.rule.bad and not rule.rule.good]
    for text in _shortened(golden) if any(rule.code not in reported for rule in bare) else ():
        reported |= {code for code, _ in said(SourceFile(text, golden.path)) - before}
    missed = {code for code, _ in before}
    count += sum((rule.code not in missed) + (rule.code in reported) for rule in bare)
    untried = tuple(f"{rule.code} {rule.name}" for rule in bare if rule.code not in reported)
    return Trial(count - len(wrong), tuple(wrong), findings, len(edits), unreported, untried)


def _linter_of(rule: PackRule, pack: Pack, linter: Linter) -> Linter:
    """Return a linter with one rule, or `linter` if the rule reads the results of the pack's other rules."""
    if KINDS[rule.check].late:
        return linter
    return Linter([structs.replace(pack, rules=(rule,), specification=None)], merges=False)


def _shortened(golden: SourceFile) -> Iterator[str]:
    """Yield the golden file without one option, quote or command, for rules that no other edit breaks."""
    for part in islice(_PART.finditer(golden.text), _MOST_PARTS):
        yield golden.text[: part.start()] + golden.text[part.end() :]


def edits_of(golden: SourceFile) -> Iterator[Edit]:
    """Yield edits of each instruction: drop, comment out, echo, change the last word, move down, undo below.

    Edits whose text does not parse are left out, since BuildKit reports them.
    """
    parsed = parse(golden)
    instructions = parsed.instructions
    reverse = undone(parsed)
    for position, instruction in enumerate(instructions):
        following = instructions[position + 1] if position + 1 < len(instructions) else None
        edited = [*_edited(golden.text, instruction, following)]
        if instruction.index in reverse:
            end = instruction.span.end
            edited.append(("undo", f"{golden.text[:end]}\n{reverse[instruction.index]}{golden.text[end:]}"))
        for kind, text in edited:
            if text != golden.text and not parse(SourceFile(text)).errors:
                yield Edit(kind, instruction.line, text)


def _edited(text: str, instruction: Instruction, following: Instruction | None) -> Iterator[tuple[str, str]]:
    start, end = instruction.span.start, instruction.span.end
    words, before, after = text[start:end], text[:start], text[end:]
    yield "drop", before + after.removeprefix("\n")
    yield "comment", before + "\n".join(f"# {line}" for line in words.split("\n")) + after
    if instruction.keyword == "RUN" and instruction.json is None and not instruction.heredocs and "'" not in words:
        plain = " ".join(instruction.arguments.text.split())
        yield "echo", f"{before}RUN echo '{plain}'{after}"
    last = _LAST_WORD.search(words)
    if last is not None:
        yield "change", before + words[: last.start()] + "x" + words[last.end() :] + after
    if following is not None and instruction.keyword != "FROM":
        between = text[end : following.span.start]
        rest = text[following.span.end :]
        yield "move", before + text[following.span.start : following.span.end] + between + words + rest
