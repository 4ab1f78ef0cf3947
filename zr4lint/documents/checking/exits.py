"""PD305 and PD306: find failures that exit with status 0, and commands whose status nothing uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.interpreter import Ended, Shell, UnknownError
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence
    from zr4lint.documents.interpreter.shell import Printed
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_FAILED = r"\bFAIL|\bNOT OK\b|\bERROR\b|\u2717|\u2718|\u274c"
_PRINTS_FAILURE = re.compile(rf"""\b(?:echo|printf)\s+(["'][^"'\n]*(?:{_FAILED})[^"'\n]*["'])""")
_WARNS = re.compile(r"\bWARN|\u26a0", re.IGNORECASE)
_ENDS = re.compile(r"\bexit\b|\breturn\b|\bset\s+-\w*e")
_GOES_ON = "the script goes on whether this succeeds or fails"
_IGNORED = re.compile(r"\|\|\s*(?:true|:)\s*\Z")
_QUIET = re.compile(r"(?:grep\s+(?:-\w*q|--quiet)|test\s|\[)")


def check_exits(target: Target) -> Iterator[Finding]:
    """Yield the findings on exit statuses of verification scripts."""
    for fence in target.checks:
        yield from _exits_zero(target, fence)
        yield from _ignored(target, fence)


def _exits_zero(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding if a script reports FAIL and exits with 0, either always or on an empty or missing file."""
    text = fence.body.text
    prints = next((m for m in _PRINTS_FAILURE.finditer(text) if not _WARNS.search(m[1])), None)
    if prints is None:
        return
    if _ENDS.search(text):
        line = _first_harmless(target, fence, "") or _first_harmless(target, fence, None)
        if line is None:
            return
        span = fence.body.span(line.span.start, line.span.end)
    else:
        span = fence.body.span(prints.start(1), prints.end(1))
    message = "this script reports a failure and exits with status 0"
    yield found(target, rules.FAILS_WITH_ZERO, span, message, help="End the failing branch with `exit 1`")


def _first_harmless(target: Target, fence: Fence, text: str | None) -> Printed | None:
    """Return the first reported failure on `text` that changes neither a variable nor the exit status."""
    shell = Shell(fence.body.text, {target.path: text})
    statements = shell.statements()
    ending = fence.body.text[statements[-1].start_byte :] if statements else ""
    for node in statements:
        before, variables = len(shell.printed), dict(shell.variables)
        try:
            status = shell.statement(node)
        except UnknownError:
            return None
        except Ended:
            continue
        failed = (one for one in shell.printed[before:] if re.search(_FAILED, one.text) and not _WARNS.search(one.text))
        line = next(failed, None)
        last = node == statements[-1]
        if line is not None and variables == shell.variables and not (last and status) and "$?" not in ending:
            return line
    return None


def _ignored(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each silent command whose exit status the script ignores."""
    text = fence.body.text
    if "PIPESTATUS" in text:
        return
    strict = re.search(r"\bset\s+-\w*e|\bset\s+-o\s+errexit", text) is not None
    shell = Shell(text, {})
    statements = shell.statements()
    for node, following in zip_longest(statements, statements[1:]):
        words, then = shell.text(node), shell.text(following) if following is not None else None
        if node.type == "list" and _QUIET.match(words) and _IGNORED.search(words) and "$?" not in (then or ""):
            yield found(target, rules.RESULT_UNUSED, fence.body.span(node.start_byte, node.end_byte), _GOES_ON,
                        help="End it with `|| exit 1`")  # fmt: skip
        if then is None or "$?" in then:
            continue
        alone = (
            node.type == "negated_command" if strict else node.type in ("command", "test_command", "negated_command")
        )
        if alone and _QUIET.match(words.removeprefix("!").lstrip()):
            span = fence.body.span(node.start_byte, node.end_byte)
            yield found(target, rules.RESULT_UNUSED, span, _GOES_ON, help="End it with `|| exit 1`")
