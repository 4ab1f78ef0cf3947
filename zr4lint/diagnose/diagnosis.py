"""Reads a log, and perhaps the Dockerfile, and returns failures with causes, findings and next steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, structs

from zr4lint.diagnose.advice import next_steps, truncated
from zr4lint.diagnose.cleaning import NoLogError
from zr4lint.diagnose.estimates import compared
from zr4lint.diagnose.failures import Failure, failures, loose
from zr4lint.diagnose.formats import TEXT
from zr4lint.diagnose.formats.container import SUCCESS_SIGN
from zr4lint.diagnose.locating import Place, locate, nearest
from zr4lint.diagnose.log_reading import Log, read_log
from zr4lint.diagnose.matching import Cause, find_causes
from zr4lint.diagnose.proving_rules import Linted, Proof, prove
from zr4lint.diagnose.redaction import without_secrets
from zr4lint.dockerfile import parse
from zr4lint.dockerfile.instructions import Dockerfile

if TYPE_CHECKING:
    from zr4lint.diagnose.record import Record
    from zr4lint.diagnose.signatures import Catalogue

MOST_FAILURES = 20
_LAST = 20
"""The number of last non-blank lines of a log without a builder that may show success."""

_MARKS = ("`", ",", ";", '"')
"""The characters before words that a text quotes, or that are in a field of a table."""

_NEAR = 12
"""The number of last lines in which a certain cause explains a log that ends too early."""


class Explained(Struct, frozen=True):
    """A failure with its place and its causes; `proofs` correspond to `causes`, `next` is advice without a sure cause.

    `notes` describe how the given file differs from the one in the log.
    """

    failure: Failure
    place: Place | None
    causes: tuple[Cause, ...]
    proofs: tuple[Proof, ...]
    next: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Diagnosis(Struct, frozen=True):
    """The result of a diagnosis: failures, or advice on a log that ends too early."""

    path: str
    log: Log
    complete: bool
    failures: tuple[Explained, ...]
    next: tuple[str, ...]
    linted: Linted | None = None
    dockerfile: Dockerfile | None = None
    more: int = 0
    rules: frozenset[str] = frozenset()
    times: tuple[str, ...] = ()
    former: Mapping[str, tuple[str, ...]] = {}

    @property
    def exit_code(self) -> int:
        """1 for a failure or a log that ends too early, else 0."""
        return int(bool(self.failures) or not self.complete)


def diagnose(
    stream: BinaryIO,
    path: str,
    catalogue: Catalogue,
    linted: Linted | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> Diagnosis:
    """Read a log and explain its failures; with `linted`, causes are looked for in the file that was built.

    Raises NoLogError if the input is not a log.
    """
    log = read_log(stream, catalogue.telling, told)
    dockerfile = parse(linted.report.source) if linted is not None else None
    found = list(failures(log.record))
    if not found and not log.record.succeeded and not log.record.named:
        found = [failure for failure in [loose(log.record)] if failure is not None]
    explained = [_explain(failure, catalogue, dockerfile, linted) for failure in found[:MOST_FAILURES]]
    if not (log.record.endings or log.record.starts or log.record.stopped):
        explained = [*map(_phased, explained)]
    kept = tuple(one for one in explained if one.causes or not one.failure.tentative)
    open_step = _open_step(log) if not kept else None
    cut = _cut(_explain(open_step, catalogue, dockerfile, linted)) if open_step is not None else None
    if log.format == TEXT.name and not kept and not _went_well(log.record):
        raise NoLogError("not the log of a build or a container: it shows neither failure nor success")
    return Diagnosis(
        path,
        log,
        open_step is None,
        kept if cut is None else (cut,),
        truncated(open_step, path, catalogue) if open_step is not None and cut is None else (),
        linted,
        dockerfile,
        max(len(found) - MOST_FAILURES, 0),
        catalogue.rules,
        compared(log.record, dockerfile, linted.report) if dockerfile is not None and linted is not None else (),
        catalogue.former,
    )


def _went_well(record: Record) -> bool:
    """Return whether a log without a builder shows success."""
    last = [line.text for line in record.nameless() if line.text.strip()][-_LAST:]
    return record.succeeded or SUCCESS_SIGN.search("\n".join(last)) is not None


def _open_step(log: Log) -> Failure | None:
    """Return the step in which a log ends too early; None if it does not."""
    record = log.record
    steps = record.open_steps()
    if record.succeeded or record.endings or not steps:
        return None
    step = steps[-1]
    lines = without_secrets(step.lines)
    return Failure("build", "", step.last, lines, step.name, " ".join(step.name.text.split()))


def _cut(one: Explained) -> Explained | None:
    """Return the failure of the step in which the log ends, if its last lines show the cause; else None."""
    last = [line.number for line in one.failure.lines if line.text.strip()]
    first = {"certain": last[-_NEAR:], "likely": last[-1:]}
    proving = [
        cause
        for cause in one.causes
        if any(line.number in first.get(cause.signature.confidence, ()) for line in cause.evidence)
    ]
    return one if proving else None


def _explain(failure: Failure, catalogue: Catalogue, dockerfile: Dockerfile | None, linted: Linted | None) -> Explained:
    place = locate(failure, dockerfile) if dockerfile is not None else None
    foreign = dockerfile is not None and place is None and bool(failure.text) and not failure.tentative
    text = _instruction(failure, place, dockerfile)
    failure = structs.replace(failure, lines=without_secrets(failure.lines))
    causes = find_causes(failure.lines, text, catalogue, traceback=failure.started)
    if failure.tentative:
        known = [cause for cause in causes if cause.signature.confidence != "possible"]
        causes = [cause for cause in known if not _quoted(cause, catalogue)]
    if linted is None or foreign:
        proofs: Sequence[Proof] = [Proof() for _ in causes]
    else:
        proofs = [prove(cause, place.instruction if place is not None else None, linted) for cause in causes]
        if place is not None and place.edited:  # the log proves nothing about words that it lacks
            proofs = [structs.replace(proof, silent=()) for proof in proofs]
        causes = [_weighed(cause, proof) for cause, proof in zip(causes, proofs, strict=True)]
    notes = tuple(_differences(failure, place, dockerfile)) if dockerfile is not None else ()
    sure = any(cause.confidence != "possible" for cause in causes)
    return Explained(failure, place, tuple(causes), tuple(proofs), () if sure else next_steps(failure, place), notes)


def _quoted(cause: Cause, catalogue: Catalogue) -> bool:
    """Return whether all words that prove a cause are quoted in a text or in a field of a table."""
    rows = [" ".join(line.text.split()) for line in cause.evidence]
    says = catalogue.signatures[cause.signature.id].says
    found = [row[at - 1 : at] for row in rows for template in says for at, _ in template.matches(row, row)]
    return bool(found) and all(before in _MARKS for before in found)


def _phased(one: Explained) -> Explained:
    """Return a failure of a log without a builder, with the phase of its cause."""
    phase = next((cause.signature.phase for cause in one.causes if cause.signature.phase), None)
    kept = phase is None or one.failure.text
    return one if kept else structs.replace(one, failure=structs.replace(one.failure, phase=phase))


def _differences(failure: Failure, place: Place | None, dockerfile: Dockerfile) -> Iterator[str]:
    """Yield how the file differs from the one that was built, as far as the failing instruction shows it."""
    path = dockerfile.source.path
    if place is not None:
        if place.edited:
            yield f"{path} has changed since this build: the log has `{failure.text}`"
        elif place.moved and failure.excerpt is not None:
            yield f"{path} has changed since this build: the log has this instruction at line {failure.excerpt.number}"
    elif failure.text and not failure.tentative:
        yield f"the failing instruction is not in {path}: the file has changed, or another one was built"
        near = nearest(failure, dockerfile)
        if near is not None:
            yield f"{path}:{near.line} is the most similar instruction; whether it still fails is not known"


def _instruction(failure: Failure, place: Place | None, dockerfile: Dockerfile | None) -> str:
    if place is None or dockerfile is None:
        return failure.text
    return f"{failure.text}\n{dockerfile.source.slice(place.instruction.span)}" if failure.text else failure.text


def _weighed(cause: Cause, proof: Proof) -> Cause:
    """Return a cause; if it is only likely and no rule finds it in the file, it becomes possible."""
    lowered = cause.confidence == "likely" and proof.silent and not proof.findings
    return structs.replace(cause, confidence="possible") if lowered else cause
