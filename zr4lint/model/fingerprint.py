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
    """The fingerprint of each finding of a file, in their order; no two are the same.

    It is made of the code, the path, what is expected (its numbers may be those of lines, so they don't count), the
    words of the line where the finding starts and the words concerned, blanks made equal. Findings with all of that
    in common are told apart by counting them.
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
    """A name for a line of a document, wherever it stands and however it is indented: 12 hexadecimal digits."""
    return _hash(" ".join(words.split()))[:12]


def _words(source: SourceFile, span: Span) -> str:
    return " ".join(source.slice(span).split())


def _hash(text: str) -> str:
    digest: str = _sha256()(text.encode("utf-8", "backslashreplace")).hexdigest()
    return digest[:32]


@cache
def _sha256() -> Callable[[bytes], Any]:
    """SHA-256 as Python itself has it, where it does.

    hashlib takes OpenSSL's, and loading that takes longer than writing a report. The module is `_sha2` from Python
    3.12 on, `_sha256` before.
    """
    try:
        module = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256")
    except ImportError:
        module = import_module("hashlib")
    constructor: Callable[[bytes], Any] = module.sha256
    return constructor
