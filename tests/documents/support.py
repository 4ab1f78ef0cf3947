"""Packs from text, and the findings of their rules."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zr4lint.checks import KINDS
from zr4lint.linting.pipeline import Linter
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import read_pack

if TYPE_CHECKING:
    from zr4lint.model.finding import Finding
    from zr4lint.packs.model import Pack

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "documents"


def pack_of(text: str) -> Pack:
    """Read a pack."""
    return read_pack(tomllib.loads(text), KINDS, "pack.toml", text)


def rule_of(kind: str, parameters: Mapping[str, Any]) -> Pack:
    """A pack with one rule."""
    rule = {"code": "T1", "name": "t", "level": "error", "check": kind, "summary": "s", "why": "w", **parameters}
    return read_pack({"name": "t", "title": "t", "files": ["*"], "rule": [rule]}, KINDS, "pack.toml")


def found(text: str, pack: Pack) -> list[Finding]:
    """Return the findings of a pack's rules in a text, without merging those of one cause."""
    codes = {rule.rule.code for rule in pack.rules}
    source = SourceFile.decode(text.encode())
    findings = Linter([pack], merges=False).lint(source).report.findings
    return [finding for finding in findings if finding.code in codes]
