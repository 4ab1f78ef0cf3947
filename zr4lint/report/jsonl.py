"""JSON Lines: one line for each file with its counts, for runs over many files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from zr4lint.model.finding import FileReport, Report, Severity
from zr4lint.report.escaping import json_text, well_formed
from zr4lint.report.json_v1 import Object, points
from zr4lint.report.wording import conflicts, shown_findings

if TYPE_CHECKING:
    from zr4lint.report import Options


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the report as ASCII lines; a path that could not be linted gets a line with the error."""
    for line in chain(map(_file, report.files), ({"error": well_formed(error)} for error in options.errors)):
        yield f"{json_text(line, indent=0)}\n"


def _file(file: FileReport) -> Object:
    shown = shown_findings(file)
    severities = Counter(finding.severity for finding in shown if not finding.conflict)
    rules = Counter((finding.code, finding.name) for finding in shown)
    return {
        "path": well_formed(file.source.path),
        **{severity.label: severities[severity] for severity in sorted(Severity, reverse=True)},
        "conflicts": len(conflicts(file)),
        "suppressed": len(file.findings) - len(shown),
        "packs": [
            {
                "pack": part.pack,
                "met": part.met,
                "total": part.total,
                "score": points(part.points),
                "of": points(part.of),
            }
            for part in file.conformance
        ],
        "rules": [{"code": code, "name": name, "count": count} for (code, name), count in sorted(rules.items())],
    }
