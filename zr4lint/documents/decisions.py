"""Reads and writes decisions on a document's contradictions: which statement is right, and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, ValidationError, convert, structs

from zr4lint.documents.deriving.pack_writing import toml
from zr4lint.filesystem.toml import shallow

if TYPE_CHECKING:
    from zr4lint.model.finding import FileReport, Finding
    from zr4lint.model.source import SourceFile


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """A decision on a finding: its rule and fingerprint, the right statement, and the reason.

    `line` is the former line of the statement, for readers. `stands` decides for a block that does not fit its lines:
    its `lines` or its `text` are right.
    """

    rule: str
    fingerprint: str
    keep: str
    reason: str = ""
    line: int = 0
    stands: Literal["", "lines", "text"] = ""


class Carried(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of decisions, with the criteria, conflicts and amendments that it adds to the compiled pack.

    These tables have the format of packs, and name requirements by the names of the compiled rules.
    """

    decision: tuple[Decision, ...] = ()
    criterion: tuple[dict[str, Any], ...] = ()
    conflict: tuple[dict[str, Any], ...] = ()
    amendment: tuple[dict[str, Any], ...] = ()

    def stands(self, finding: Finding, source: SourceFile) -> str:
        """Return which side a decision keeps for a finding, `lines` or `text`; empty without such a decision."""
        found = self._on(finding, source)
        return found.stands if found is not None else ""

    def keeps(self, finding: Finding, source: SourceFile) -> str:
        """Return the words of the statement that a decision keeps for a finding; empty without a decision."""
        found = self._on(finding, source)
        return found.keep if found is not None else ""

    def _on(self, finding: Finding, source: SourceFile) -> Decision | None:
        key = (finding.code, fingerprint(finding, source))
        return next((d for d in self.decision if (d.rule, d.fingerprint) == key), None)


class DecisionsError(Exception):
    """A file of decisions is invalid."""


def decisions_file(document: str) -> str:
    """Return the path of a document's file of decisions: `a.prd.decisions.toml` for `a.prd.md`."""
    return os.path.splitext(document)[0] + ".decisions.toml"


def read_decisions(text: str, shown: str) -> Carried:
    """Read a file of decisions; raise DecisionsError with the first error in it."""
    import tomli

    try:
        return convert(tomli.loads(shallow(text)), Carried)
    except (tomli.TOMLDecodeError, RecursionError, ValidationError) as error:
        raise DecisionsError(f"{shown}: {error}") from None


def fingerprint(finding: Finding, source: SourceFile) -> str:
    """Return a fingerprint of a finding's rule, words and message, independent of its place."""
    words = " ".join(source.slice(finding.span).split())
    return hashlib.sha256(f"{finding.code}\0{words}\0{finding.message}".encode("utf-8", "replace")).hexdigest()[:16]


def settle(report: FileReport, decisions: Sequence[Decision]) -> tuple[FileReport, tuple[Decision, ...]]:
    """Return the report with decided findings suppressed, and the decisions that match no finding."""
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


def with_decisions(text: str, decisions: Iterable[Decision]) -> str:
    """Return the text of a file of decisions with more decisions at its end; `text` may be empty."""
    lines = [
        text.rstrip() or "# Which statement of the document stands, and why. zr4lint prd decide adds to this file."
    ]
    for decision in decisions:
        lines += ["", "[[decision]]"]
        lines += [f"{key} = {toml(value)}" for key, value in structs.asdict(decision).items() if value]
    return "\n".join((*lines, ""))
