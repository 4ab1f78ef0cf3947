"""What tells a finding from all others, whatever line it has moved to."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256

from zr4lint.finding import FileReport, Finding
from zr4lint.report.safe import well_formed
from zr4lint.source import SourceFile

DIGITS = re.compile(r"[0-9]+")


def fingerprints(file: FileReport) -> list[str]:
    """The fingerprint of each finding of a file, in their order; no two are the same.

    It is made of the code, the path, what is expected (its numbers may be those of lines, so they don't count), the
    words of the line where the finding starts and the words concerned, blanks made equal. Findings with all of that
    in common are told apart by counting them.
    """
    seen: Counter[str] = Counter()
    result: list[str] = []
    for finding in file.findings:
        identity = _identity(finding, file.source)
        seen[identity] += 1
        result.append(_hash(f"{identity}\0{seen[identity]}"))
    return result


def _identity(finding: Finding, source: SourceFile) -> str:
    line = source.slice(source.line_span(source.line_of(finding.span.start)))
    words = (" ".join(text.split()) for text in (line, source.slice(finding.span)))
    return _hash("\0".join((finding.code, finding.path, DIGITS.sub("0", finding.expected or ""), *words)))


def _hash(text: str) -> str:
    return sha256(well_formed(text).encode()).hexdigest()[:32]
