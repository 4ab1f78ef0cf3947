"""Writes a diagnosis as text: the failing instruction, the cause, its proof in the log, the rule and its fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.diagnose.formats.container import JOB_FAILED
from zr4lint.diagnose.redaction import masked, redacted
from zr4lint.model.finding import Applicability, Finding
from zr4lint.model.source import SourceFile
from zr4lint.report.changes import changes
from zr4lint.report.escaping import visible
from zr4lint.report.excerpt import Mark, Page, excerpt
from zr4lint.report.paint import Line, Piece, paint

if TYPE_CHECKING:
    from zr4lint.diagnose.diagnosis import Diagnosis, Explained
    from zr4lint.diagnose.matching import Cause
    from zr4lint.diagnose.proving_rules import Linted, Proof

WIDTH = 80
LONGEST = 200
_MOST_ROWS = 12


def render(diagnosis: Diagnosis, *, color: bool = False, width: int = 0, verbose: bool = False) -> str:
    """Return the diagnosis as text without terminal controls from the log; `verbose` adds the times."""
    blocks = [[*_failure(one, diagnosis, width or WIDTH)] for one in diagnosis.failures]
    if diagnosis.next:
        blocks.append([*_next(diagnosis.next)])
    if verbose and diagnosis.times:
        blocks.append([(Piece(_said(words)),) for words in diagnosis.times])
    blocks.append([_closing(diagnosis)])
    lines: list[Line] = []
    for block in blocks:
        lines += [(), *block]
    return paint(lines[1:], color=color)


def _failure(one: Explained, diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    yield (Piece(_head(one, diagnosis), "strong"),)
    yield from _source(one, diagnosis, width)
    for note in one.notes:
        yield (Piece("note: ", "strong"), Piece(_said(note)))
    if not one.causes:
        yield (Piece("cause: unknown", "error"),)
        if one.failure.message:
            yield (Piece("   the log ends it with: ", "faint"), Piece(_said(one.failure.message)))
    for number, (cause, proof) in enumerate(zip(one.causes, one.proofs, strict=True), start=1):
        count = f"cause {number} of {len(one.causes)}: " if len(one.causes) > 1 else "cause: "
        yield (Piece(count, "error"), Piece(_said(cause.summary)))
        yield from _proof_in_log(cause, diagnosis)
        yield from _rules(cause, proof, diagnosis, width)
    yield from _next(one.next)


def _head(one: Explained, diagnosis: Diagnosis) -> str:
    failure = one.failure
    place = ""
    if one.place is not None and diagnosis.dockerfile is not None:
        place = f"{diagnosis.dockerfile.source.path}:{one.place.instruction.line}: "
    elif failure.excerpt is not None:
        place = f"{failure.excerpt.file}:{failure.excerpt.number}: "
    keyword = one.place.instruction.keyword if one.place is not None else failure.text.split(" ", 1)[0].upper()
    what = {"start": "the container did not start", "pull": "the image was not pulled", "push": "the push failed"}
    said = f"{keyword} failed" if keyword and failure.phase != "start" else what.get(failure.phase, "the build failed")
    if failure.message.startswith(JOB_FAILED) and failure.phase == "start":
        said = "the job failed after the build"
    code = f" with exit code {failure.exit_code}" if failure.exit_code is not None else ""
    name = failure.name
    step = ""
    if name is not None and name.number is not None:
        of = f" of {name.of}" if name.of else ""
        stage = f" of stage {name.stage}" if name.stage and not name.stage.startswith("stage ") else ""
        step = f" (step {name.number}{of}{stage})"
    if not diagnosis.complete:
        return _said(f"{place}the log is cut within {keyword or 'a step'}{step}; it shows what failed")
    return _said(f"{place}{said}{code}{step}")


def _source(one: Explained, diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    """Yield the lines of the instruction from the file, else from the builder's excerpt, else from the log."""
    if one.place is not None and diagnosis.linted is not None:
        source = _shown(diagnosis.linted.report.source)
        page = Page.of(source, width)
        finding = next((f for f in _findings(one, diagnosis.linted) if _inside(f, one)), None)
        span = finding.span if finding is not None else one.place.instruction.span
        yield page.gap
        yield from excerpt(source, span, Mark("^", "error"), page)
        return
    block = one.failure.excerpt
    rows = [row for row in block.rows if row.marked] if block is not None else []
    if block is not None and rows:
        digits = len(str(block.rows[-1].number))
        texts = masked("\n".join(row.text for row in rows)).split("\n")
        for row, text in [*zip(rows, texts, strict=True)][:_MOST_ROWS]:
            yield (Piece(f"{row.number:>{digits}} | ", "faint"), Piece(_said(text)))
    elif one.failure.text:
        yield (Piece("   | ", "faint"), Piece(_said(one.failure.text)))


def _findings(one: Explained, linted: Linted) -> list[Finding]:
    return [linted.report.findings[index] for proof in one.proofs for index in proof.findings]


def _inside(finding: Finding, one: Explained) -> bool:
    place = one.place
    return place is not None and place.instruction.span.start <= finding.span.start <= place.instruction.span.end


def _proof_in_log(cause: Cause, diagnosis: Diagnosis) -> Iterator[Line]:
    for line in cause.evidence:
        yield (Piece(f"   {diagnosis.path}:{line.number}: ", "faint"), Piece(_said(line.text.strip())))
    if cause.explains:
        yield (Piece(f"   also found, follows from it: {', '.join(cause.explains)}", "faint"),)
    yield (Piece("   = "), Piece(f"{cause.signature.id}, {cause.confidence}", "strong"))
    yield (Piece(f"   = do: {_cut(cause.cure)}"),)
    if cause.signature.note and cause.confidence != "certain":
        yield (Piece(f"   = note: {cause.signature.note}"),)


def _rules(cause: Cause, proof: Proof, diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    linted = diagnosis.linted
    if linted is None:
        shown = ", ".join(code for code in cause.signature.rules if code in diagnosis.rules)
        if shown:
            yield (Piece(f"   = look at {shown}; with --file the finding and its fix are shown"),)
        return
    for index in proof.findings:
        finding = linted.report.findings[index]
        proven = {finding.code, *finding.also} & {*cause.signature.proves}
        yield from _finding(finding, "proves" if proven else "related:", linted, width)
    for code in proof.off:
        rule = linted.rule(code)
        yield (Piece(f"   = proves {code} {rule.name if rule else ''}, which the configuration leaves out"),)
    if proof.silent:
        finds = "find" if len(proof.silent) > 1 else "finds"
        yield (Piece(f"   = {', '.join(proof.silent)} {finds} nothing here, though the log proves the fault"),)


def _finding(finding: Finding, relation: str, linted: Linted, width: int) -> Iterator[Line]:
    source = linted.report.source
    line, column = source.position(finding.span.start)
    marked = " (suppressed)" if finding.suppressed else ""
    yield (
        Piece(f"   = {relation} {finding.code} {finding.name}{marked}, {finding.path}:{line}:{column}: "),
        Piece(_said(finding.message)),
    )
    if finding.fix is None:
        return
    label = finding.fix.applicability.label
    yield (Piece(f"   = fix ({label}): {_said(finding.fix.title)}"),)
    shown = _shown(source)
    for pieces in changes(shown, finding.fix, Page.of(shown, width)):
        yield tuple(structs.replace(piece, text=masked(piece.text)) for piece in pieces)


def _shown(source: SourceFile) -> SourceFile:
    """Return a file with stars for the characters of secrets, so that offsets stay the same."""
    return SourceFile(masked(source.text), source.path)


def _next(steps: tuple[str, ...]) -> Iterator[Line]:
    for step in steps:
        yield (Piece("next: ", "strong"), Piece(_said(step)))


def _closing(diagnosis: Diagnosis) -> Line:
    log = diagnosis.log
    if not diagnosis.failures and not diagnosis.complete:
        return (Piece(f"{diagnosis.path} is truncated and contains no failure.", "bad"),)
    if not diagnosis.failures:
        done = f": {log.record.done} steps done" if log.record.done else ""
        return (Piece(f"No failure in {diagnosis.path}{done}.", "good"),)
    count = len(diagnosis.failures) + diagnosis.more
    causes = sum(len(one.causes) for one in diagnosis.failures)
    parts = [_counted(count, "failure"), _counted(causes, "cause")]
    fixes = _fixes(diagnosis)
    if fixes:
        unsafe = any(fix is Applicability.UNSAFE for _, fix in fixes)
        codes = ",".join(dict.fromkeys(code for code, _ in fixes))
        path = diagnosis.linted.report.source.path if diagnosis.linted is not None else ""
        option = "--fix --unsafe-fixes" if unsafe else "--fix"
        parts.append(f"{_counted(len(fixes), 'fix', 'fixes')} (zr4lint {option} --select {codes} {path})")
    return (Piece(", ".join(parts) + ".", "strong"),)


def _fixes(diagnosis: Diagnosis) -> list[tuple[str, Applicability]]:
    """Return the proven findings' rules with an applicable fix, and the fix's applicability."""
    if diagnosis.linted is None:
        return []
    findings = {
        index: diagnosis.linted.report.findings[index]
        for one in diagnosis.failures
        for proof in one.proofs
        for index in proof.findings
    }
    return [
        (f.code, f.fix.applicability)
        for f in findings.values()
        if f.fix is not None and f.fix.applicability is not Applicability.DISPLAY and not f.suppressed
    ]


def _counted(number: int, word: str, plural: str = "") -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"


def _said(text: str) -> str:
    """Return words of the log on one line, cut, without secrets and terminal controls."""
    return _cut(redacted(text))


def _cut(shown: str) -> str:
    return visible(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3]}...")
