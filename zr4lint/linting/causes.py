"""Merges findings with the same cause into one finding at the words that cause them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from zr4lint.model.finding import Finding, Severity

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged

_MOST = 2_000
"""The number of findings of a file above which none are merged."""


def causes(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Merge the findings that follow from the same words into one at these words.

    The merged finding has the code of the worst one, the codes of the others in `also`, and their messages in notes.
    """
    if not judged.dockerfile.instructions or not _has_warnings(findings):
        return findings
    from zr4lint.linting.hanging import is_open, is_proof  # only a file with errors or warnings needs these
    from zr4lint.linting.same_cause import gathered

    left = [finding for finding in findings if is_open(finding)]
    if len(left) > _MOST or not _has_warnings(left):
        return findings
    others = [finding for finding in findings if not is_open(finding)]
    told: list[Finding] = []
    if judged.again is not None and any(map(is_proof, left)):
        from zr4lint.linting.cause_search import explained  # nor do all of these files need the search

        left, told = explained(left, judged, judged.again)
    return [*others, *gathered([*told, *left], judged)]


def _has_warnings(findings: Iterable[Finding]) -> bool:
    """Return whether any finding is a warning or an error."""
    return any(finding.severity > Severity.INFO for finding in findings)
