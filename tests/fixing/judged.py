"""Fix with the real engine, and check the result."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.mutations.mutations import ROOT
from zr4lint.app.assignment import load_packs
from zr4lint.fixing.fixpoint import Fixed, fill
from zr4lint.fixing.repair import fix_each
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.model.finding import Applicability, FileReport, Severity
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE


@cache
def zr4() -> Pack:
    return load_packs(["zr4"])[0]


@cache
def linter() -> Linter:
    return Linter([zr4()], LintOptions(context=str(ROOT / "docker")))


def report(source: SourceFile) -> FileReport:
    return linter().lint(source).report


def fixed(source: SourceFile, level: Applicability = UNSAFE) -> Fixed:
    return fix_each(source, linter(), level)


def filled() -> Fixed:
    return fill(SourceFile("", "docker/Dockerfile.zr4"), linter().of_every_rule(merges=False).lint)


def errors(found: FileReport) -> list[str]:
    return [f"{f.code} {f.message}" for f in found.findings if f.severity is Severity.ERROR]


def score(found: FileReport) -> float:
    return found.conformance[0].points
