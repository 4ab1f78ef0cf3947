"""Comments that suppress findings.

`# zr4lint: ignore[ZR0501,apt-cleanup] reason` applies to the next instruction, `ignore-file[...]` to the file,
`ignore-stage[...]` to the stage, `ignore-start[...]` to everything up to the next `ignore-end`. Comments for hadolint
and BuildKit suppress the rules that have their codes as aliases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged
    from zr4lint.model.finding import Finding

MARK = "zr4lint"
"""The word that begins a comment for the linter."""


def heed(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Suppress findings by comments, and report the problems of those comments."""
    if not judged.options.suppressions:
        return findings
    if MARK in judged.source.text:
        from zr4lint.linting.suppressions.apply import applied

        findings = [*applied(findings, judged)]
    if judged.peer_comments:
        from zr4lint.linting.suppressions.peers import suppressed_by_peers

        findings = [*suppressed_by_peers(findings, judged.peer_comments, judged.facts.anchor)]
    return findings
