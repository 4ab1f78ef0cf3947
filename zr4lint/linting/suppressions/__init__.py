"""Comments that suppress findings.

`# zr4lint: ignore[ZR0501,apt-cleanup] reason` is about the next instruction, `ignore-file[...]` about the file,
`ignore-stage[...]` about the stage, `ignore-start[...]` about everything up to the next `ignore-end`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zr4lint.linting.judged import Judged
from zr4lint.model.finding import Finding

MARK = "zr4lint"
"""The word that opens a comment to the linter."""


def heed(findings: Sequence[Finding], judged: Judged) -> Iterable[Finding]:
    """Suppress the findings that comments suppress, and report what is wrong with those comments."""
    if not judged.options.suppressions or MARK not in judged.source.text:
        return findings
    from zr4lint.linting.suppressions.apply import applied

    return applied(findings, judged)
