"""Removes the findings on instructions of a template that its markup may change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged
    from zr4lint.model.finding import Finding

_MARKUP = re.compile(r"\{\{|\{%|<%|@\w+@|%%\w+%%|__[A-Z]\w*__")
"""Matches the start of markup of Jinja, Go, Handlebars, Liquid, ERB, EJS and Mako, and names that a script replaces."""


def without_markup(findings: Sequence[Finding], judged: Judged) -> Iterator[Finding]:
    """Yield the findings on instructions and lines without markup, and all findings of requirements.

    Markup above the first FROM counts for all lines up to that FROM, since it may stand for another one.
    """
    source = judged.source
    generated = {source.line_of(found.start()) for found in _MARKUP.finditer(source.text)}
    for instruction in judged.dockerfile.instructions:
        if _MARKUP.search(source.text, instruction.span.start, instruction.span.end):
            generated.update(range(source.line_of(instruction.span.start), source.line_of(instruction.span.end) + 1))
    lines = [source.line_of(stage.image_span.start) for stage in judged.facts.stages]
    first = min(lines, default=source.line_of(len(source.text)) + 1)
    generated.update(range(min(generated, default=first), first))
    for finding in findings:
        line = source.line_of(judged.facts.anchor(finding.span).start)
        if finding.requirement is not None or line not in generated:
            yield finding
