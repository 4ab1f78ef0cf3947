"""Findings in files that a build installs from, in an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.test_cli import save
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter
from zr4lint.lsp.analysis import Analysis
from zr4lint.lsp.buffers import Buffer
from zr4lint.lsp.diagnostics import diagnostics
from zr4lint.model.source import SourceFile
from zr4lint.packs.rulebook import load

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "FROM python:3.11\nCOPY requirements.txt /a/\nRUN pip install -r /a/requirements.txt\n"


def test_they_are_shown_at_the_command(tmp_path: Path) -> None:
    save(tmp_path / "requirements.txt", "torch==2.5.1\ntorchvision==0.12.0\n")
    linter = Linter([load("ml")], LintOptions(context=str(tmp_path)))
    buffer = Buffer((tmp_path / "Dockerfile").as_uri(), TEXT, 1, "dockerfile", "utf-16")
    (found,) = diagnostics(Analysis(buffer, linter.lint(SourceFile(TEXT, str(tmp_path / "Dockerfile"))), linter))
    assert found.message.startswith("requirements.txt:2:1: torchvision 0.12.0 is not built for torch 2.5.1")
    assert (found.range.start.line, found.range.start.character, found.range.end.character) == (2, 16, 38)
