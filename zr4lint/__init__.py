"""zr4lint proves that a Dockerfile conforms to its specification.

>>> import zr4lint
>>> report = zr4lint.lint_text("FROM ubuntu\\n", path="Dockerfile.zr4")
>>> report.findings[0].code
'ZR0101'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zr4lint.api import (
        Applicability,
        Conformance,
        Edit,
        FileError,
        FileReport,
        Finding,
        Fix,
        LintOptions,
        PackError,
        Related,
        Repaired,
        Rule,
        Severity,
        SourceFile,
        Span,
        TimeUpError,
        fix_text,
        lint_file,
        lint_text,
        render,
    )

__version__ = "0.1.0"
__all__ = [
    "Applicability",
    "Conformance",
    "Edit",
    "FileError",
    "FileReport",
    "Finding",
    "Fix",
    "LintOptions",
    "PackError",
    "Related",
    "Repaired",
    "Rule",
    "Severity",
    "SourceFile",
    "Span",
    "TimeUpError",
    "__version__",
    "fix_text",
    "lint_file",
    "lint_text",
    "render",
]


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, since the command line needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from zr4lint import api

    return getattr(api, name)
