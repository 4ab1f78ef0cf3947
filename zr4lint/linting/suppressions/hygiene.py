"""Reports problems of suppressions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.dockerfile import Dockerfile, directives
from zr4lint.model.finding import Applicability, Edit, Finding, Fix, Rule
from zr4lint.model.quoting import code
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs.own_rules import MALFORMED, NO_REASON, UNKNOWN, UNUSED

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged
    from zr4lint.linting.suppressions.comments import Mistake, Name, Suppression
    from zr4lint.packs.rulebook import Rulebook

_WHERE = {
    "ignore": "in the next instruction",
    "ignore-file": "in this file",
    "ignore-stage": "in this stage",
    "ignore-start": "before its ignore-end",
}


def about(one: Suppression, used: Collection[Span], rules: Rulebook, judged: Judged) -> Iterator[Finding]:
    """Yield the findings on one suppression; `used` are the places of the names that suppress something."""
    source, dockerfile = judged.source, judged.dockerfile
    unknown = [name for name in one.names if not rules.knows(name.text)]
    unused = [name for name in one.names if name.span not in used and name not in unknown and judged.ran(name.text)]
    for name in unknown:
        message = f"no rule has the code or the name {code(name.text)}"
        fix = _without(one, [name], dockerfile, Applicability.UNSAFE)
        nearest = rules.nearest(name.text).removeprefix("; d")
        yield _finding(UNKNOWN, message, name.span, source, fix, advice=f"D{nearest}" if nearest else None)
    if unused:
        where = "in this instruction" if one.inside and one.scope == "ignore" else _WHERE[one.scope]
        what = f"{len(unused)} of these names suppress" if len(unused) > 1 else f"{code(unused[0].text, 32)} suppresses"
        message = f"{what} nothing {where}"
        span = unused[0].span if len(unused) < len(one.names) else one.span
        yield _finding(UNUSED, message, span, source, _without(one, unused, dockerfile, Applicability.SAFE))
    if one.reason is None:
        fix = _without(one, one.names, dockerfile, Applicability.UNSAFE)
        message = "this suppression gives no reason"
        yield _finding(NO_REASON, message, one.span, source, fix, expected="a reason after the `]`")


def malformed(mistake: Mistake, source: SourceFile) -> Finding:
    """Return the finding on a comment that cannot be parsed."""
    return _finding(MALFORMED, mistake.message, mistake.span, source, None, advice=mistake.help)


def _finding(
    rule: Rule,
    message: str,
    span: Span,
    source: SourceFile,
    fix: Fix | None,
    *,
    expected: str | None = None,
    advice: str | None = None,
) -> Finding:
    return Finding(source.path, rule.code, rule.name, rule.severity, message, span, expected, fix=fix, help=advice)


def _without(one: Suppression, names: Sequence[Name], dockerfile: Dockerfile, applicability: Applicability) -> Fix:
    """Return a fix that removes names, or the whole comment if none would be left."""
    source = dockerfile.source
    kept = [name.text for name in one.names if name not in names]
    if kept:
        title = f"Remove {', '.join(code(name.text) for name in names[:5])} from the suppression"
        return Fix(title, applicability, (Edit.of(one.list, ",".join(kept)),))
    edits = tuple(Edit.of(_whole_line(span, source), "") for span in (one.span, one.end) if span)
    if _hides_directive(dockerfile, source.line_of(one.span.start)):
        applicability = Applicability.UNSAFE
    return Fix("Remove the suppression", applicability, edits)


def _whole_line(span: Span, source: SourceFile) -> Span:
    line = source.line_of(span.start)
    end = source.line_starts[line] if line < len(source.line_starts) else len(source.text)
    return Span(source.line_starts[line - 1], end)


def _hides_directive(dockerfile: Dockerfile, line: int) -> bool:
    """Return whether a comment keeps the line below from being a directive, as the first comment of a file does."""
    source = dockerfile.source
    if line != len(dockerfile.directives) + 1 or line >= len(source.line_starts):
        return False
    start = source.line_starts[line]
    return directives.read(source.slice(source.line_span(line + 1)).lstrip(), start) is not None
