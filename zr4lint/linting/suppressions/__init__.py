"""Comments that take findings out of the count.

`# zr4lint: ignore[ZR0501,apt-cleanup] reason` speaks of the next instruction, `ignore-file[...]` of the file,
`ignore-stage[...]` of the stage, `ignore-start[...]` of what comes before the next `ignore-end`.
"""

from __future__ import annotations

from collections.abc import Sequence

from zr4lint.linting import engine
from zr4lint.linting.engine import Config
from zr4lint.model.finding import FileReport
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Pack

MARK = "zr4lint"
"""The word that comments to the linter have."""


def lint(source: SourceFile, packs: Sequence[Pack], config: Config | None = None) -> FileReport:
    """Lint one file as `engine.lint` does, and heed the comments in it that suppress findings.

    Whether a suppression is of use does not depend on which rules are selected.
    """
    config = config or Config()
    if MARK not in source.text or not config.suppressions:
        return engine.lint(source, packs, config)
    from zr4lint.linting.suppressions.apply import lint_heeding

    return lint_heeding(source, packs, config)


def add(report: FileReport, reason: str) -> SourceFile:
    """Write comments that suppress the findings of a report above the instructions they are in."""
    from zr4lint.linting.suppressions.insertion import add as write

    return write(report, reason)
