"""Finds the rules that would have reported a cause before the build, and their findings in the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request, run
from zr4lint.model.finding import FileReport, Finding, Rule
from zr4lint.project.settings import from_options

if TYPE_CHECKING:
    from zr4lint.diagnose.matching import Cause
    from zr4lint.dockerfile.instructions import Instruction


class Proof(Struct, frozen=True):
    """The findings of the linter for a cause.

    `findings` are indices into the findings of the file. `silent` are rules that the cause breaks and that find nothing
    in the file. `off` are rules whose findings the configuration hides.
    """

    findings: tuple[int, ...] = ()
    silent: tuple[str, ...] = ()
    off: tuple[str, ...] = ()


class Linted(Struct, frozen=True):
    """The linted Dockerfile; `hidden` are the findings that the configuration hides."""

    report: FileReport
    hidden: tuple[Finding, ...]
    rules: tuple[Rule, ...]
    request: Request

    def rule(self, code: str) -> Rule | None:
        """Return the rule of a code; None if there is none."""
        return next((rule for rule in self.rules if rule.code == code), None)


def lint_file(request: Request, codes: Sequence[str]) -> Linted:
    """Lint the one file of a request; raise UsageError if that is not possible.

    A file that matches no pack is linted with the packs without a specification. `codes` are rules that also run if the
    configuration ignores them.
    """
    result = run(request)
    if result.errors and not request.packs and "no pack" in result.errors[0]:
        from zr4lint.app.assignment import load_packs

        general = tuple(pack.name for pack in load_packs(()) if not pack.specification)
        packs = from_options({"packs": general}).values["packs"]
        request = structs.replace(request, given=request.given.replaced(packs=packs))
        result = run(request)
    if result.errors or not result.report.files:
        raise UsageError(result.errors[0] if result.errors else f"{request.paths[0]}: can't be linted")
    known = {rule.code for rule in result.report.rules}
    wanted = tuple(code for code in codes if code in known)
    every = structs.replace(request, given=request.given.replaced(select=wanted, ignore=()))
    report = result.report.files[0]
    hidden: tuple[Finding, ...] = ()
    if wanted:
        shown = {(finding.code, finding.span) for finding in report.findings}
        files = run(every).report.files
        hidden = tuple(f for file in files for f in file.findings if (f.code, f.span) not in shown)
    return Linted(report, hidden, result.report.rules, request)


def prove(cause: Cause, instruction: Instruction | None, linted: Linted) -> Proof:
    """Return the findings for a cause: those at the failing instruction if any, else those elsewhere in the file.

    Findings of a rule that is only related to the cause count up to the end of that instruction.
    """
    findings = linted.report.findings
    proves, related = cause.signature.proves, cause.signature.related
    within: list[int] = []
    elsewhere: list[int] = []
    for index, finding in enumerate(findings):
        before = instruction is None or finding.span.start <= instruction.span.end
        if not {finding.code, *finding.also} & {*proves, *(related if before else ())}:
            continue
        near = instruction is not None and _touches(finding, instruction)
        (within if near else elsewhere).append(index)
    found = _first_of_each(within or elsewhere, findings)
    said = {code for index in found for code in (findings[index].code, *findings[index].also)}
    off = tuple(dict.fromkeys(finding.code for finding in linted.hidden if finding.code in proves))
    existing = [code for code in proves if linted.rule(code) is not None]
    silent = () if said or off else tuple(existing)
    return Proof(tuple(found), silent, tuple(code for code in off if code not in said))


def _touches(finding: Finding, instruction: Instruction) -> bool:
    return finding.span.start <= instruction.span.end and instruction.span.start <= finding.span.end


def _first_of_each(indices: Sequence[int], findings: Sequence[Finding]) -> list[int]:
    """Return the first finding of each rule."""
    seen: set[str] = set()
    found: list[int] = []
    for index in indices:
        if findings[index].code not in seen:
            seen.add(findings[index].code)
            found.append(index)
    return found
