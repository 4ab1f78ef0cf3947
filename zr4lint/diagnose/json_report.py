"""Writes a diagnosis as JSON, version 1; later releases only add keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zr4lint.diagnose.locating import Place, instruction_text
from zr4lint.diagnose.redaction import redacted
from zr4lint.report.escaping import json_text, well_formed
from zr4lint.report.json_v1 import finding_object

if TYPE_CHECKING:
    from zr4lint.diagnose.diagnosis import Diagnosis, Explained
    from zr4lint.diagnose.failures import Failure
    from zr4lint.diagnose.matching import Cause
    from zr4lint.diagnose.proving_rules import Proof
    from zr4lint.dockerfile.instructions import Dockerfile

Object = dict[str, Any]
LONGEST = 200


def render(diagnosis: Diagnosis) -> str:
    """Return the diagnosis as JSON in ASCII."""
    order = _finding_order(diagnosis)
    document = {
        "version": 1,
        "log": {
            "path": _clean(diagnosis.path),
            "format": diagnosis.log.format,
            "lines": diagnosis.log.lines,
            "complete": diagnosis.complete,
        },
        "failures": [_failure(one, diagnosis, order) for one in diagnosis.failures],
        "next": [_clean(words) for words in diagnosis.next],
        "findings": _findings(diagnosis, order),
        "times": [_clean(words) for words in diagnosis.times],
        "summary": {
            "failures": len(diagnosis.failures) + diagnosis.more,
            "causes": sum(len(one.causes) for one in diagnosis.failures),
            "fixable": sum(f["fix"] is not None for f in _findings(diagnosis, order)),
        },
    }
    return json_text(document) + "\n"


def _finding_order(diagnosis: Diagnosis) -> dict[int, int]:
    """Return the position of each finding of a cause in the list of findings."""
    used = sorted({index for one in diagnosis.failures for proof in one.proofs for index in proof.findings})
    return {index: at for at, index in enumerate(used)}


def _findings(diagnosis: Diagnosis, order: dict[int, int]) -> list[Object]:
    if diagnosis.linted is None:
        return []
    report = diagnosis.linted.report
    return [_scrubbed(finding_object(report.findings[index], report.source)) for index in order]


def _scrubbed(value: Any) -> Any:
    """Return a value without secrets; a fix with a secret becomes None, since it can't be applied without it."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, list):
        return [_scrubbed(one) for one in value]
    if isinstance(value, dict):
        return {key: None if key == "fix" and _scrubbed(one) != one else _scrubbed(one) for key, one in value.items()}
    return value


def _failure(one: Explained, diagnosis: Diagnosis, order: dict[int, int]) -> Object:
    failure = one.failure
    name = failure.name
    step = None
    if name is not None:
        step = {"id": name.id, "number": name.number, "of": name.of, "stage": name.stage, "platform": name.platform}
    return {
        "phase": failure.phase,
        "step": step,
        "instruction": instruction(failure, one.place, diagnosis.dockerfile),
        "exit_code": failure.exit_code,
        "message": _clean(failure.message)[: 10 * LONGEST],
        "log_line": failure.log_line,
        "causes": [_cause(cause, proof, order, diagnosis) for cause, proof in zip(one.causes, one.proofs, strict=True)],
        "next": [_clean(words) for words in one.next],
        "notes": [_clean(words) for words in one.notes],
    }


def instruction(failure: Failure, place: Place | None, dockerfile: Dockerfile | None) -> Object | None:
    """Return the failing instruction from the file, or else from the log; None if neither has it."""
    if place is not None and dockerfile is not None:
        found = place.instruction
        return {
            "keyword": found.keyword,
            "text": _clean(instruction_text(found, dockerfile)),
            "path": _clean(dockerfile.source.path),
            "line": found.line,
            "end_line": found.end_line,
            "found_by": place.found_by,
        }
    excerpt = failure.excerpt
    if not failure.text and excerpt is None:
        return None
    marked = [row.number for row in excerpt.rows if row.marked] if excerpt is not None else []
    return {
        "keyword": failure.text.split(" ", 1)[0].upper() or None,
        "text": _clean(failure.text),
        "path": _clean(excerpt.file) if excerpt is not None else None,
        "line": excerpt.number if excerpt is not None else None,
        "end_line": marked[-1] if marked else excerpt.number if excerpt is not None else None,
        "found_by": "block" if excerpt is not None else "step",
    }


def _cause(cause: Cause, proof: Proof, order: dict[int, int], diagnosis: Diagnosis) -> Object:
    rules = cause.signature.rules
    return {
        "id": cause.signature.id,
        "confidence": cause.confidence,
        "summary": _clean(cause.summary),
        "cure": well_formed(cause.cure),
        "captures": {name: _clean(value) for name, value in cause.captures.items()},
        "evidence": [{"line": line.number, "text": _clean(line.text.strip())[:LONGEST]} for line in cause.evidence],
        "explains": list(cause.explains),
        "rules": [*dict.fromkeys((*rules, *(name for code in rules for name in diagnosis.former.get(code, ()))))],
        "findings": [order[index] for index in proof.findings],
        "silent": list(proof.silent),
        "off": list(proof.off),
    }


def _clean(text: str) -> str:
    return well_formed(redacted(text))
