"""Checks for values that are written as the output of a command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import ArgDeclared, EnvSet
from zr4lint.model.quoting import code
from zr4lint.model.source import Span

_PIECE = r"""(?s)\\.|'[^']*'?|"(?P<inner>(?:\\.|[^"\\]++)*+)"?|(?P<found>\$\(|`[^`]*`?)|[^\\'"$`]+|[$]"""
_INNER = r"(?s)\\.|(?P<found>\$\(|`[^`]*`?)|[^\\$`]+|[$]"
_FOR_SHELLS = r"PS\d|PROMPT_COMMAND|RPROMPT|.*(?:_CMD|_COMMAND|_HOOK)"
"""Variables whose text a shell expands later."""


@check("ml/command-in-value", stages="all")
def command_in_value(subject: Subject) -> Outcomes:
    """No value of ENV or ARG is written as the output of a command."""
    if subject.dockerfile.escape == "`":
        return
    stages = [-1, *subject.lineage]
    facts: list[EnvSet | ArgDeclared] = [*subject.facts.of(EnvSet, stages, triggers=True)]
    facts += subject.facts.of(ArgDeclared, stages, triggers=True)
    open_in = None
    for fact in sorted(facts, key=lambda fact: fact.at.order):
        words = subject.words(fact.value_span)
        found = next(_substitutions(words), None)
        if found is None or re.fullmatch(_FOR_SHELLS, fact.name) or _read_anew(subject, fact.name):
            continue
        if open_in is fact.at.instruction:
            continue  # the end of a command with blanks, which ENV splits into two values
        start, end = found
        open_in = fact.at.instruction if words[start] == "`" and words.count("`") == 1 else None
        keyword = fact.at.instruction.keyword.upper()
        yield Unmet(
            f"{keyword} runs no command, so {code(words[start:end], 36)} stays as it is",
            Span(fact.value_span.start + start, fact.value_span.start + end),
            notes=("Commands run in RUN only. The variable holds the text itself.",),
            help="Write the value, or set the variable in the RUN that uses it",
        )


def _substitutions(words: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of `$(...)` and backquotes that are not in single quotes or after a backslash."""
    for piece in re.finditer(_PIECE, words):
        inner = piece["inner"]
        starts = [piece.start("found")] if piece["found"] else []
        if inner is not None:
            starts = [piece.start("inner") + p.start("found") for p in re.finditer(_INNER, inner) if p["found"]]
        for start in starts:
            yield start, _end(words, start)


def _end(words: str, start: int) -> int:
    """Return the end of a substitution: its closing sign, else the end of the value."""
    if words[start] == "`":
        return words.find("`", start + 1) + 1 or len(words)
    depth = 0
    for at in range(start + 1, len(words)):
        depth += (words[at] == "(") - (words[at] == ")")
        if depth == 0:
            return at + 1
    return len(words)


def _read_anew(subject: Subject, name: str) -> bool:
    """Return whether a shell gets the text of a variable as a script."""
    used = rf"\$\{{?{re.escape(name)}\b"
    return re.search(rf"\b(?:eval|envsubst)\b[^\n]*{used}|\s-c\s+[\"']?{used}", subject.source.text) is not None
