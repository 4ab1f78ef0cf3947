"""Fingerprints, which identify findings even after their lines have moved."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zr4lint.model.finding import Finding
    from zr4lint.model.source import SourceFile, Span

DIGITS = r"[0-9]+"


def fingerprints(source: SourceFile, findings: Iterable[Finding]) -> list[str]:
    """Return a distinct fingerprint for each finding of a file, in order.

    It is a hash of the code, the path, the expectation (without numbers, which may be line numbers), the words of the
    line where the finding starts, and the words concerned, with blanks normalized. Findings that agree in all of that
    are numbered.
    """
    seen: Counter[str] = Counter()
    line_words: dict[int, str] = {}
    result: list[str] = []
    for finding in findings:
        line = source.line_of(finding.span.start)
        if line not in line_words:
            line_words[line] = _hash(_words(source, source.line_span(line)))
        expected = re.sub(DIGITS, "0", finding.expected or "")
        words = _words(source, finding.span)
        identity = _hash("\0".join((finding.code, finding.path, expected, line_words[line], words)))
        seen[identity] += 1
        result.append(_hash(f"{identity}\0{seen[identity]}"))
    return result


def fingerprint_of_line(words: str) -> str:
    """Return a hash for a line of a document, independent of its place and indentation: 12 hexadecimal digits."""
    return _hash(" ".join(words.split()))[:12]


def _words(source: SourceFile, span: Span) -> str:
    return " ".join(source.slice(span).split())


def _hash(text: str) -> str:
    digest: str = _sha256()(text.encode("utf-8", "backslashreplace")).hexdigest()
    return digest[:32]


@cache
def _sha256() -> Callable[[bytes], Any]:
    """Return Python's own SHA-256, if it has one.

    hashlib uses OpenSSL's, and loading that takes longer than writing a report. The module is `_sha2` from Python 3.12
    on, `_sha256` before.
    """
    try:
        module = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256")
    except ImportError:
        module = import_module("hashlib")
    constructor: Callable[[bytes], Any] = module.sha256
    return constructor
