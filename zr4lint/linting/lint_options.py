"""The options of a lint besides the text and the packs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from zr4lint.model.finding import Finding, Rule, Severity
from zr4lint.model.selectors import fit


class LintOptions(Struct, frozen=True):
    """The options of a lint.

    `select` and `ignore` hold names, or prefixes of codes and of aliases. The longest that fits a rule decides, and
    of two as long `ignore`. A rule that is off by default runs where `select` or `extend_select` fits it.
    `severity` overrides the severity of the rules that fit; the longest prefix wins. `context` is the folder that
    COPY takes files from, None if it must not be read; `context_assumed` if no option or file named it.
    `conflicts` is the severity of conflicts, None leaves them out. With `amended` the amendments of packs are accepted.
    `targets` names the stages that are built, the last one if it is empty. `build_args` are (name, value) pairs; a
    value of None is not known. `contexts` are the named contexts of the build, each with its place as BuildKit takes
    it. Without `suppressions` comments in the file suppress nothing. A `template` need not be a valid Dockerfile. With
    `lists_conflicts` reports for people list conflicts instead of counting them.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    context: str | None = None
    severity: tuple[tuple[str, Severity], ...] = ()
    conflicts: Severity | None = Severity.INFO
    amended: bool = False
    extend_select: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str | None], ...] = ()
    contexts: tuple[tuple[str, str | None], ...] = ()
    suppressions: bool = True
    template: bool = False
    lists_conflicts: bool = False
    context_assumed: bool = False

    def runs(self, rule: Rule) -> bool:
        """Whether a rule runs at all: by default, or because it is selected."""
        return rule.default or _longest((*self.select, *self.extend_select), rule) >= 0

    def selects(self, rule: Rule | Finding) -> bool:
        """Whether the findings of a rule that runs are reported."""
        if not self.select and not self.ignore:
            return True
        chosen = _longest((*self.select, *self.extend_select), rule)
        ignored = _longest(self.ignore, rule)
        return max(chosen, -1 if self.select else 0) > ignored if ignored >= 0 else chosen >= 0 or not self.select

    def severity_of(self, finding: Finding | Rule) -> Severity:
        """The severity of a finding, or of a rule's findings, after the overrides."""
        fits = ((fit(word, finding), severity) for word, severity in self.severity)
        longest, severity = max(fits, default=(-1, finding.severity))
        return severity if longest >= 0 else finding.severity


def _longest(words: Iterable[str], rule: Rule | Finding) -> int:
    return max((fit(word, rule) for word in words), default=-1)
