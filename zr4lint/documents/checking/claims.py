"""PD503: finds commands that cannot prove what the text beside them claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents.checking.document_finding import found
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_PASSES = re.compile(r"\becho\s+\"([^\"\n]*(?:PASS|\u2713|\u2714|\u2705)[^\"\n]*)\"")
_CLAUSE = re.compile(r"(?:[<>=~!]=|[<>])\d[\w.]*")
_PATTERNS = re.compile(r"\bgrep\b[^\n|;&]*")
_ORDER = re.compile(r"\b(before|after)\s+(?:the\s+)?\w+", re.IGNORECASE)
_LOOKS = re.compile(r"\bgrep\s+-q\b")
_COMPARES = re.compile(r"-n\b|\bawk\b|-lt\b|-gt\b|\bsed\b")
_DAEMON = re.compile(r"\bdaemon\b[^\n`]*`(docker (?:--version|-v))`", re.IGNORECASE)


def check_claims(target: Target) -> Iterator[Finding]:
    """Yield a finding for each command that proves less than its text claims."""
    for fence in target.checks:
        yield from _unsearched(target, fence)
        yield from _ordered(target, fence)
    for said in _DAEMON.finditer(target.document.source.text) if target.checks else ():
        message = f"{code(said[1])} does not ask the daemon"
        yield found(target, rules.LABEL_DIFFERS, Span(said.start(1), said.end(1)), message, help="Use `docker info`")


def _unsearched(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each version bound that a script reports as met but never searches for."""
    text = fence.body.text
    patterns = " ".join(_PATTERNS.findall(text)).replace("\\", "")
    if not patterns:
        return
    for said in _PASSES.finditer(text):
        clause = next((m for m in _CLAUSE.finditer(said[1]) if m[0] not in patterns), None)
        if clause is not None:
            start = said.start(1) + clause.start()
            message = f"this claims {code(clause[0])}, which no command of the script looks for"
            yield found(target, rules.LABEL_DIFFERS, fence.body.span(start, start + len(clause[0])), message)


def _ordered(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each reported order where the command only searches for words."""
    text = fence.body.text
    for said in _PASSES.finditer(text):
        claim = _ORDER.search(said[1])
        start = text.rfind("\n\n", 0, said.start()) + 1
        asked = text[start : said.start()]
        if claim is None or not _LOOKS.search(asked) or _COMPARES.search(asked):
            continue
        span = fence.body.span(said.start(1) + claim.start(), said.start(1) + claim.end())
        message = "this command does not check the order"
        yield found(target, rules.LABEL_DIFFERS, span, message)
