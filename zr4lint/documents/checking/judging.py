"""The verdict of each check of a verification script on a text."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.documents.interpreter import Ended, Shell, UnknownError
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence

_FAILS = re.compile(r"\bFAIL|\bERROR\b|\bMISSING\b|\bWARN|\u2717|\u2718|\u274c|\u26a0")
_CHECKS = re.compile(rf"{_FAILS.pattern}|\bexit\s+[1-9]")
_PATTERN = re.compile(r"""\bgrep\b(?:\s+-[\w-]+)*\s+("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'|;&]+)""")


class Verdict(Enum):
    """The verdict of a check."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Judged(Struct, frozen=True):
    """One check on one text.

    `span` is the check in the script, `decided` the test or command that failed, else the whole condition. `printed`
    is what it printed.
    """

    span: Span
    decided: Span
    verdict: Verdict
    printed: str


def judge(fence: Fence, path: str, text: str | None) -> list[Judged]:
    """The checks of a script, each with its verdict on a text; None is a file that does not exist."""
    shell = Shell(fence.body.text, {path: text})
    found: list[Judged] = []
    for node in shell.statements():
        before = len(shell.printed)
        verdict = Verdict.PASS
        try:
            shell.statement(node)
        except UnknownError:
            verdict = Verdict.UNKNOWN
        except Ended as ended:
            verdict = Verdict.FAIL if ended.status else verdict
        printed = "".join(line.text for line in shell.printed[before:])
        if verdict is Verdict.PASS and _FAILS.search(printed):
            verdict = Verdict.FAIL
        if _CHECKS.search(shell.text(node)) and node.type not in ("command", "variable_assignment"):
            failed = next((span for span, held in shell.conditions if not held), None)
            decided = failed or next((span for span, _ in shell.conditions), shell.span(node))
            found.append(Judged(shell.span(node), decided, verdict, printed))
    return found


def verdicts(fence: Fence, path: str, text: str | None) -> dict[Span, Verdict]:
    """The verdicts by the place of the check in the script."""
    return {judged.span: judged.verdict for judged in judge(fence, path, text)}


def pattern_in(script: str, span: Span) -> tuple[str, Span] | None:
    """The pattern of the first grep in a part of a script, without its quotes, and its place with them."""
    found = _PATTERN.search(script, span.start, span.end)
    if found is None:
        return None
    words = found[1]
    text = words[1:-1] if words[:1] in ("'", '"') else words
    return text, Span(found.start(1), found.end(1))
