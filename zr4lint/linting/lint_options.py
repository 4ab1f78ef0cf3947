"""The options of a lint besides the text and the packs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from zr4lint.model.finding import Finding, Rule, Severity
from zr4lint.model.selectors import fit


class LintOptions(Struct, frozen=True):
    """The options of a lint.

    `select` and `ignore` contain names, or prefixes of codes and aliases. The longest match decides; for equal lengths,
    `ignore` wins. A rule that is off by default runs if `select` or `extend_select` matches it. `severity` overrides
    the severity of matching rules; the longest prefix wins. `context` is the folder that COPY takes files from, or None
    if it must not be read. `context_assumed` is set if no option or file named it. `conflicts` is the severity of
    conflicts; None drops them. With `amended`, the amendments of packs are accepted. `targets` names the stages to
    build; if empty, the last stage. `build_args` are (name, value) pairs; a value of None is unknown. `contexts` are
    the named contexts of the build, each with its location as BuildKit accepts it. Without `suppressions`, comments in
    the file suppress nothing. A `template` need not be a valid Dockerfile. With `lists_conflicts`, reports for people
    list conflicts instead of counting them.
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
        """Return whether a rule runs at all: by default, or because it is selected."""
        return rule.default or _longest((*self.select, *self.extend_select), rule) >= 0

    def selects(self, rule: Rule | Finding) -> bool:
        """Return whether the findings of a rule are reported."""
        if not self.select and not self.ignore:
            return True
        chosen = _longest((*self.select, *self.extend_select), rule)
        ignored = _longest(self.ignore, rule)
        return max(chosen, -1 if self.select else 0) > ignored if ignored >= 0 else chosen >= 0 or not self.select

    def severity_of(self, finding: Finding | Rule) -> Severity:
        """Return the severity of a finding, or of a rule's findings, after the overrides."""
        fits = ((fit(word, finding), severity) for word, severity in self.severity)
        longest, severity = max(fits, default=(-1, finding.severity))
        return severity if longest >= 0 else finding.severity


def _longest(words: Iterable[str], rule: Rule | Finding) -> int:
    return max((fit(word, rule) for word in words), default=-1)
