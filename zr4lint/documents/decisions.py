"""Decisions on a document's contradictions: which statement stands, and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence

from msgspec import Struct, ValidationError, convert, structs

from zr4lint.documents.deriving.writing import toml
from zr4lint.model.finding import FileReport, Finding
from zr4lint.model.source import SourceFile


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision on a finding: its rule and fingerprint, the right statement, and the reason.

    `line` is where the statement stood, for readers.
    """

    rule: str
    fingerprint: str
    keep: str
    reason: str = ""
    line: int = 0


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    decision: tuple[Decision, ...] = ()


class DecisionsError(Exception):
    """A file of decisions that can't be used."""


def decisions_file(document: str) -> str:
    """The file of decisions of a document: `a.prd.md` has `a.prd.decisions.toml`."""
    return os.path.splitext(document)[0] + ".decisions.toml"


def read_decisions(text: str, shown: str) -> tuple[Decision, ...]:
    """Read a file of decisions; raises DecisionsError with what is wrong in it."""
    import tomli

    try:
        return convert(tomli.loads(text), _File).decision
    except (tomli.TOMLDecodeError, ValidationError) as error:
        raise DecisionsError(f"{shown}: {error}") from None


def fingerprint(finding: Finding, source: SourceFile) -> str:
    """A name for a statement and what is said of it, wherever it stands."""
    words = " ".join(source.slice(finding.span).split())
    return hashlib.sha256(f"{finding.code}\0{words}\0{finding.message}".encode("utf-8", "replace")).hexdigest()[:16]


def settle(report: FileReport, decisions: Sequence[Decision]) -> tuple[FileReport, tuple[Decision, ...]]:
    """The report with decided findings suppressed, and the decisions whose statement is not there any more."""
    known = {(decision.rule, decision.fingerprint): decision for decision in decisions}
    used: set[tuple[str, str]] = set()
    findings: list[Finding] = []
    for finding in report.findings:
        key = (finding.code, fingerprint(finding, report.source))
        decision = known.get(key)
        if decision is None:
            findings.append(finding)
            continue
        used.add(key)
        reason = decision.reason or f"decided: {decision.keep}"
        findings.append(structs.replace(finding, suppressed=True, external=True, justification=reason))
    suspect = tuple(decision for key, decision in known.items() if key not in used)
    return structs.replace(report, findings=tuple(findings)), suspect


def write_decisions(decisions: Iterable[Decision]) -> str:
    """A file of decisions."""
    lines = ["# Which statements of the document are right, and why. zr4lint prd decide adds to this file."]
    for decision in decisions:
        lines += ["", "[[decision]]"]
        lines += [f"{key} = {toml(value)}" for key, value in structs.asdict(decision).items() if value]
    return "\n".join((*lines, ""))
