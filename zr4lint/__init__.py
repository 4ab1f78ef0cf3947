"""zr4lint proves that a Dockerfile conforms to its specification.

>>> import zr4lint
>>> report = zr4lint.lint_text("FROM ubuntu\\n", path="Dockerfile", packs=["zr4"])
>>> report.findings[0].code
'ZR0101'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.linting.options import LintOptions
    from zr4lint.model.finding import FileReport

__version__ = "0.1.0"
__all__ = ["__version__", "lint_text"]


def lint_text(
    text: str, *, path: str = "Dockerfile", packs: Sequence[str] = ("zr4",), options: LintOptions | None = None
) -> FileReport:
    """Lint a text with packs, given by name or file.

    The result is plain data that can be pickled. `path` is only shown.

    Raises `zr4lint.packs.problems.PackError` for a pack that can't be used, and nothing for any text.
    """
    from zr4lint.linting.pipeline import lint
    from zr4lint.model.source import SourceFile
    from zr4lint.packs.rulebook import load

    return lint(SourceFile(text, path), [load(name) for name in packs], options)
