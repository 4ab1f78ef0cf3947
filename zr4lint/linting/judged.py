"""The data that the stages of the pipeline get in addition to the findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from zr4lint.dockerfile.peer_comments import PeerComment
from zr4lint.facts import Facts
from zr4lint.linting.baseline import Baseline
from zr4lint.linting.engine import PackResult
from zr4lint.linting.lint_options import LintOptions
from zr4lint.model.finding import Finding, Fix, Rule
from zr4lint.packs.model import Pack
from zr4lint.packs.own_rules import OWN_RULES
from zr4lint.packs.rulebook import named

if TYPE_CHECKING:
    from zr4lint.dockerfile import Dockerfile
    from zr4lint.model.source import SourceFile, Span


Again = Callable[[str, Collection[str] | None], Sequence[Finding]]


class Judged(Struct, frozen=True):
    """A file with the results of its rules; `peer_comments` are its comments for other linters.

    `again` lints another text instead of the file's, up to the search for causes; it is None in such a lint. With
    codes, it leaves out the rules that find neither errors nor any of these codes.
    """

    facts: Facts
    packs: Sequence[Pack]
    results: tuple[PackResult, ...]
    options: LintOptions
    baseline: Baseline | None
    peer_comments: Sequence[PeerComment] = ()
    again: Again | None = None
    selects: dict[str, bool] = field(default_factory=dict)
    """Cached answers of `ran`, since thousands of comments may name the same few rules."""

    @property
    def dockerfile(self) -> Dockerfile:
        """Return the parsed file."""
        return self.facts.dockerfile

    @property
    def source(self) -> SourceFile:
        """Return the file's text."""
        return self.facts.dockerfile.source

    def ran(self, word: str) -> bool:
        """Return whether a word selects a rule that ran."""
        if word in self.selects:
            return self.selects[word]
        codes = {code for result in self.results for code in result.results}
        own = ((rule, True) for rule in OWN_RULES)
        rules = ((rule.rule, rule.rule.code in codes) for pack in self.packs for rule in pack.rules)
        self.selects[word] = any(ran and named(word, rule) for rule, ran in (*rules, *own))
        return self.selects[word]


Stage = Callable[[Sequence[Finding], Judged], Iterable[Finding]]
"""A stage of the pipeline, which maps findings to findings."""


def own_finding(
    judged: Judged, rule: Rule, message: str, span: Span, fix: Fix | None = None, advice: str | None = None
) -> Finding:
    """Return a finding of one of the linter's own rules; `advice` says what to do."""
    return Finding(
        judged.source.path,
        rule.code,
        rule.name,
        rule.severity,
        message,
        span,
        fix=fix,
        help=advice,
        aliases=rule.aliases,
    )
