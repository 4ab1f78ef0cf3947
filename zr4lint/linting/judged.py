"""The data that the stages of the pipeline get besides the findings."""

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
    """A file that the rules of some packs have judged; `peer_comments` are its comments to other linters.

    `again` lints another text in place of the file's, up to the search for causes; None in such a lint. Given codes, it
    leaves out the rules that find neither errors nor any of these codes.
    """

    facts: Facts
    packs: Sequence[Pack]
    results: tuple[PackResult, ...]
    options: LintOptions
    baseline: Baseline | None
    peer_comments: Sequence[PeerComment] = ()
    again: Again | None = None
    selects: dict[str, bool] = field(default_factory=dict)
    """Cached answers of `ran`: thousands of comments name the same few rules."""

    @property
    def dockerfile(self) -> Dockerfile:
        """The parsed file."""
        return self.facts.dockerfile

    @property
    def source(self) -> SourceFile:
        """The file's text."""
        return self.facts.dockerfile.source

    def ran(self, word: str) -> bool:
        """Whether a word selects a rule that ran."""
        if word in self.selects:
            return self.selects[word]
        codes = {code for result in self.results for code in result.results}
        own = ((rule, True) for rule in OWN_RULES)
        rules = ((rule.rule, rule.rule.code in codes) for pack in self.packs for rule in pack.rules)
        self.selects[word] = any(ran and named(word, rule) for rule, ran in (*rules, *own))
        return self.selects[word]


Stage = Callable[[Sequence[Finding], Judged], Iterable[Finding]]
"""A stage of the pipeline: findings in, findings out."""


def own_finding(
    judged: Judged, rule: Rule, message: str, span: Span, fix: Fix | None = None, advice: str | None = None
) -> Finding:
    """A finding of one of the linter's own rules; `advice` says what to do."""
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
