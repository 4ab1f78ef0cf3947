"""Leaves out findings on lines of a template that are not known before the Dockerfile is generated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged
    from zr4lint.model.finding import Finding

_MARKUP = re.compile(r"\{\{|\{%|<%|@\w+@|%%\w+%%|__[A-Z]\w*__")
"""Where markup begins: that of Jinja, Go, Handlebars, Liquid, ERB, EJS and Mako, and names that a script replaces."""


def known_before(findings: Sequence[Finding], judged: Judged) -> Iterator[Finding]:
    """Yield the findings that no markup is near, and those of requirements.

    Markup counts in the whole instruction, since it may add or remove any of its lines. Above the first FROM, it counts
    for all lines below, since it may stand for a FROM.
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
