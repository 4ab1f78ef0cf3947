"""Runs the checks of a verification script on a text and returns their verdicts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.documents.interpreter import Ended, Shell, UnknownError
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence

_FAILS = re.compile(r"\bFAIL|\bNOT OK\b|\bERROR\b|\bMISSING\b|\bWARN|\u2717|\u2718|\u274c|\u26a0")
_CHECKS = re.compile(rf"{_FAILS.pattern}|\bexit\s+[1-9]")
_STATUS = re.compile(r"\bexit\s+\"?\$\{?(\w+)")
"""Matches an `exit` with a variable; the script keeps its exit status there."""
_ONE_SEARCH = re.compile(
    r"""(?:if\s+)?grep\s+-q\s+(?:"([^"$`|*?]+)"|'([^'|*?]+)')\s+[\w./-]+\s*(?:;\s*then|&&|\|\|)[^$`]*""", re.DOTALL
)
_ONLY_PRINTS = re.compile(r"""echo\s+(?:"[^"$`\\]*"|'[^']*')""")
_ASSIGNS = re.compile(r"(?:^|[\s;{])[A-Za-z_]\w*\+?=(?!=)")
_PROGRAMS = re.compile(r"\b(?:grep|wc|sed|awk|head|tail|cut|cat|ls|test|find|diff|cmp)\b|\[")
_STRICT = re.compile(r"^\s*set\s+(?:-\w*e|-o\s+errexit)", re.MULTILINE)
_BARE = re.compile(r"(?:grep\s+-\w*q|test\s|\[)|(?:sed|head|tail|cat|cut)\b[^&;|]*\|\s*grep\s+-\w*q[^|&;]*\Z")
"""Matches a command whose failure ends a script under `set -e`."""
_ENDING = re.compile(r"^\s*(?:function\s+)?(\w+)\s*\(\)\s*\{[^}]{0,1000}\bexit\s+[1-9]", re.MULTILINE)
"""Matches a function that ends the script with an error."""
_PATTERN = re.compile(r"""\bgrep\b(?:\s+-[\w-]+)*\s+("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'|;&]+)""")


class Verdict(Enum):
    """The verdict of a check on a text."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Judged(Struct, frozen=True):
    """The result of one check on one text.

    `span` is the place of the check in the script. `decided` is the test or command that failed, else the first one,
    else the whole statement. `printed` is the output of the check.
    """

    span: Span
    decided: Span
    verdict: Verdict
    printed: str


def judge(fence: Fence, path: str, text: str | None, lost: str | None = None) -> Sequence[Judged]:
    """Return the checks of a script with their verdicts on `text`; None stands for a missing file.

    `lost` holds the lines of another text that `text` lacks. If it is given, checks that cannot fail for lack of these
    lines are skipped.
    """
    return _judged(fence.body.text, path, text, lost)


@lru_cache(maxsize=96)
def _judged(script: str, path: str, text: str | None, lost: str | None) -> Sequence[Judged]:
    shell = Shell(script, {path: text})
    found: list[Judged] = []
    ending = "|".join(map(re.escape, _ENDING.findall(script)))
    calls = re.compile(rf"\|\|\s*(?:\{{\s*)?(?:{ending})\b") if ending else None
    kept = set(_STATUS.findall(script))
    strict = _STRICT.search(script) is not None
    for node in shell.statements():
        if lost is not None and _stays(shell.text(node), lost):
            continue
        before = len(shell.printed)
        had = {name: shell.variables.get(name) for name in kept}
        verdict = Verdict.PASS
        try:
            shell.statement(node)
        except UnknownError:
            verdict = Verdict.UNKNOWN
        except Ended as ended:
            verdict = Verdict.FAIL if ended.status else verdict
        printed = "".join(line.text for line in shell.printed[before:])
        changed = any(shell.variables.get(name) != value for name, value in had.items())
        counts = node.type != "variable_assignment" and any(
            re.search(rf"\b{name}\+?=", shell.text(node)) for name in kept
        )
        if counts:
            shell.variables.update({name: value for name, value in had.items() if value is not None})
        if verdict is Verdict.PASS and (_FAILS.search(printed) or (counts and changed)):
            verdict = Verdict.FAIL
        fails = calls is not None and calls.search(shell.text(node)) is not None
        checks = counts or fails or _CHECKS.search(shell.text(node)) is not None
        bare = strict and _BARE.match(shell.text(node)) is not None
        if bare or (checks and node.type not in ("command", "variable_assignment", "function_definition")):
            failed = next((span for span, held in shell.conditions if not held), None)
            decided = failed or next((span for span, _ in shell.conditions), shell.span(node))
            found.append(Judged(shell.span(node), decided, verdict, printed))
    return found


def _stays(statement: str, lost: str) -> bool:
    """Return whether a statement only prints, or only searches for words that are not in `lost`."""
    if _ONLY_PRINTS.fullmatch(statement):
        return True
    said = _ONE_SEARCH.fullmatch(statement)
    if said is None or _ASSIGNS.search(statement) or len(_PROGRAMS.findall(statement)) != 1:
        return False
    pieces = re.split(r"\\.|[^\w/ =-]", said[1] or said[2])
    longest = max(pieces, key=len)
    return len(longest) > 2 and longest not in lost and r"\|" not in statement


def verdicts(fence: Fence, path: str, text: str | None, lost: str | None = None) -> dict[Span, Verdict]:
    """Return the verdict of each check by its place in the script."""
    return {judged.span: judged.verdict for judged in judge(fence, path, text, lost)}


def pattern_in(script: str, span: Span) -> tuple[str, Span] | None:
    """Return the pattern of the first grep in a part of a script, without quotes, and its place with quotes."""
    found = _PATTERN.search(script, span.start, span.end)
    if found is None:
        return None
    words = found[1]
    text = words[1:-1] if words[:1] in ("'", '"') else words
    return text, Span(found.start(1), found.end(1))
