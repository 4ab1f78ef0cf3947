"""Finds the lines of a document that the rules of a pack come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.checks import KINDS, RuleResult
from zr4lint.documents.tracing.consulted import Consulted
from zr4lint.documents.tracing.records import How, Passage
from zr4lint.facts import Facts
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.model.source import SourceFile, Span

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack, PackRule

MOST = 200
"""The most passages of one requirement."""


class Read(Struct, frozen=True):
    """A document of a pack, with the facts of its target text and the results of the pack's rules there."""

    consulted: Consulted
    facts: Facts
    results: Mapping[str, RuleResult]


def read(pack: Pack, consulted: Consulted, options: LintOptions) -> Read:
    """Run the rules of a pack on the target text of a document."""
    wanted = LintOptions(extend_select=(*options.select, *options.extend_select), amended=options.amended)
    linted = Linter([pack], wanted, merges=False).lint(SourceFile(consulted.wanted.text, consulted.path))
    return Read(consulted, linted.facts, linted.results[0].results)


def passages_of(rule: PackRule, document: Read) -> tuple[Passage, ...]:
    """Return the lines that a rule comes from, each once and the closest first.

    These are the line that the pack names, the words of the target text that meet the rule, and the commands that check
    it. If there are none of these, it is the rule's section.
    """
    found: dict[int, Passage] = {}
    for passage in (*_named(rule, document), *_checked(rule, document)):
        before = found.get(passage.line)
        if before is None:
            found[passage.line] = passage
        elif before.how is How.STATED and before.words == before.text:  # the target text has the exact words
            found[passage.line] = structs.replace(passage, how=How.STATED)
    if not found and (section := document.consulted.section(rule.rule.section)) is not None:
        found[section.line] = section
    return tuple(found.values())[:MOST]


def _named(rule: PackRule, document: Read) -> Iterator[Passage]:
    consulted = document.consulted
    origin = rule.rule.origin
    if origin is not None and not origin.stale and (stated := consulted.line(origin.line, How.STATED)) is not None:
        yield stated
    if KINDS[rule.check].late:
        return
    result = document.results.get(rule.rule.code)
    for met in result.met if result is not None else ():
        span = Span(met.span.start, max(met.span.end, met.span.start + 1))
        if span.end <= len(consulted.wanted.text):
            yield consulted.passage(consulted.wanted.span(span.start, span.end), How.TARGET)


def _checked(rule: PackRule, document: Read) -> Iterator[Passage]:
    for pattern in rule.greps:
        yield from document.consulted.commands(pattern, rule.rule.section)
