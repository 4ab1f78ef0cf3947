"""Writes a trace as an in-toto Statement, which attests the requirements that a Dockerfile meets.

Statement v1 is described at https://in-toto.io/Statement/v1, the predicate at
https://in-toto.io/attestation/test-result/v0.1. The statement is not signed.
"""

from __future__ import annotations

from typing import Any

from zr4lint.documents.tracing.records import Named, Requirement, State, Trace
from zr4lint.model.finding import Severity
from zr4lint.packs.own_rules import SYNTAX
from zr4lint.report.escaping import json_text, well_formed

TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"

Object = dict[str, Any]


def render(trace: Trace, version: str) -> str:
    """Return the statement as JSON; each requirement is a test that passed, passed with a warning, or failed."""
    passed = [_name(one) for one in trace.requirements if one.state is State.MET]
    failed = [_name(one) for one in trace.requirements if _fails(one)]
    failed += [f"{SYNTAX.code} {SYNTAX.name}"] if trace.refused else []
    warned = [_name(one) for one in trace.requirements if one.state is not State.MET and not _fails(one)]
    statement = {
        "_type": TYPE,
        "subject": [_descriptor(trace.dockerfile)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if failed else "WARNED" if warned else "PASSED",
            "configuration": [
                *(_descriptor(file, {"zr4lint": version}) for file in trace.configuration),
                *(_descriptor(told.file) for told in trace.documents),
            ],
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    }
    return json_text(statement) + "\n"


def _fails(one: Requirement) -> bool:
    return one.state is State.UNMET and one.severity is Severity.ERROR and not one.suppressed


def _name(one: Requirement) -> str:
    return f"{one.rule.code} {one.rule.name}"


def _descriptor(file: Named, annotations: Object | None = None) -> Object:
    """Return a ResourceDescriptor with the name and the digest of a file."""
    found: Object = {"name": well_formed(file.path), "digest": {"sha256": file.sha256}}
    return {**found, "annotations": annotations} if annotations else found
