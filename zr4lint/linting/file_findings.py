"""Reports the linter's own rules on the file itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import take_out_word, take_out_words
from zr4lint.dockerfile.directives import CHECK_ARGUMENT, CHECK_OPTIONS, NOT_ACCEPTED, unknown_option
from zr4lint.facts import CopyStep, Origin
from zr4lint.linting.judged import Judged, own_finding
from zr4lint.model.finding import Applicability, Edit, Finding, Fix
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.packs.own_rules import COMMAND_FAILS, SHELL_SYNTAX, SYNTAX, TOO_LARGE

if TYPE_CHECKING:
    from zr4lint.model.remark import Remark

_OF_REMARKS = {rule.code: rule for rule in (SYNTAX, TOO_LARGE, SHELL_SYNTAX, COMMAND_FAILS)}


def file_findings(judged: Judged) -> Iterator[Finding]:
    """Yield findings on words that BuildKit, the shell or a program refuses (not in templates), and on budgets."""
    told: set[str] = set()
    for remark in judged.facts.remarks:
        if remark.code != TOO_LARGE.code and judged.options.template:
            continue
        if not remark.topic or remark.topic not in told:
            told.add(remark.topic)
            fix = remark.fix if remark.fix is not None or not remark.part else _without(judged, remark)
            found = own_finding(judged, _OF_REMARKS[remark.code], remark.message, remark.span, fix)
            yield structs.replace(found, notes=remark.notes, help=remark.help)
    if judged.options.template:
        return
    argument = dict(judged.options.build_args).get(CHECK_ARGUMENT)
    if argument is not None and (wrong := unknown_option(argument)) is not None:
        message = f"build argument {CHECK_ARGUMENT} does not accept {code(wrong, 20)}"
        yield own_finding(judged, SYNTAX, message, Span(0, 0), advice=CHECK_OPTIONS)
    for error in judged.dockerfile.errors:
        if argument is not None and error.message.startswith(NOT_ACCEPTED):
            continue
        fix = None
        if error.instead is not None:
            title = f"Write {error.instead}" if error.instead else "Remove it"
            fix = Fix(title, Applicability.DISPLAY, (Edit.of(error.span, error.instead),))
        yield own_finding(judged, SYNTAX, error.message, error.span, fix, error.help)
    context = judged.options.context
    if context is not None and _may_miss(judged, context):
        from zr4lint.linting.missing_sources import missing_sources  # most builds copy only files that exist

        yield from missing_sources(judged, context)
    if judged.options.contexts:
        from zr4lint.linting.missing_sources import missing_in_contexts  # few builds have named contexts

        yield from missing_in_contexts(judged)


def _without(judged: Judged, remark: Remark) -> Fix | None:
    """Return the fix that removes the words of a remark, or None."""
    instructions = judged.dockerfile.instructions
    home = next((i for i in instructions if i.span.start <= remark.span.start < i.span.end), None)
    if home is None or home.json is not None:
        return None
    if remark.part == "word":
        return take_out_word(judged.source, remark.span, "Leave it out")
    return take_out_words(judged.source, home, remark.around or remark.span, "Leave the command out")


def _may_miss(judged: Judged, context: str) -> bool:
    """Return whether a source of COPY may be missing in the context, by a quick check."""
    for step in judged.facts.of(CopyStep, judged.facts.needed):
        if step.origin is not Origin.CONTEXT:
            continue
        for source in step.sources:
            path = os.path.join(context, (source.value or ".").lstrip("/"))
            if "\0" in path or not os.path.exists(path) or ".." in path:
                return True
    names = (".dockerignore", f"{os.path.basename(judged.source.path)}.dockerignore")
    return any(os.path.exists(os.path.join(context, name)) for name in names if "\0" not in name)
