"""Turns warnings of BuildKit into errors if `# check=error=true` or a build argument makes them fail the build."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.dockerfile.directives import CHECK_ARGUMENT
from zr4lint.model.finding import Finding, Severity

if TYPE_CHECKING:
    from zr4lint.linting.judged import Judged

_OF_PARSER = frozenset({
    "ConsistentInstructionCasing", "InvalidDefinitionDescription", "MaintainerDeprecated", "NoEmptyContinuation",
})  # fmt: skip
"""The checks that BuildKit makes of the whole file, whichever stages it builds; the checks of FROM are separate."""


def with_failing(findings: Sequence[Finding], judged: Judged) -> list[Finding]:
    """Return the findings; those that BuildKit also reports in built stages become errors."""
    needed = frozenset(judged.facts.needed)
    instructions = judged.dockerfile.instructions
    starts = [instruction.span.start for instruction in instructions]
    given = dict(judged.options.build_args).get(CHECK_ARGUMENT) is not None
    by = f"the build argument {CHECK_ARGUMENT}" if given else "`# check=error=true`"

    def is_made(finding: Finding) -> bool:
        if not any(alias.isalpha() for alias in finding.aliases):
            return False
        if not _OF_PARSER.isdisjoint(finding.aliases):
            return True
        at = bisect_right(starts, judged.facts.anchor(finding.span).start) - 1
        if at < 0 or instructions[at].keyword == "FROM":
            return True
        return instructions[at].stage < 0 or instructions[at].stage in needed

    return [
        structs.replace(finding, severity=Severity.ERROR, notes=(*finding.notes, f"With {by} this fails the build."))
        if finding.severity is not Severity.ERROR and is_made(finding)
        else finding
        for finding in findings
    ]
