"""Suspects: words that may cause findings elsewhere, and the edits that prove it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from zr4lint.facts import Facts
from zr4lint.model.finding import Edit, Finding, Related
from zr4lint.model.source import MappedText, Span, with_blank_before


class Suspect(Struct, frozen=True):
    """Words of a file that may be the cause of findings.

    The findings that are gone once the `edits` are made follow from the words at `span`. `message`, `notes` and
    `related` describe the cause. If `message` is None, the finding at the words describes it. `title` makes the edits a
    fix, `help` says what to do; the edits of a suspect with neither only serve the proof. At least `least` findings of
    the worst severity must depend on the words. A `modest` suspect gives way to a finding that BuildKit, the shell or a
    program refuses the words, if there is one. If the edits are the fix of a finding, `finding` is that finding. If
    a command in the span `within` fails, its finding describes the cause.
    """

    span: Span
    message: str | None
    edits: tuple[Edit, ...]
    title: str | None = None
    help: str | None = None
    notes: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    least: int = 1
    modest: bool = False
    finding: Finding | None = None
    within: Span | None = None


Family = Callable[[Facts], Iterator[Suspect]]


def cut(text: str, span: Span) -> Edit:
    """Return an edit that removes words, with the blank before them."""
    return Edit.of(with_blank_before(text, span), "")


def masked(text: MappedText, keep: Span) -> tuple[Edit, ...]:
    """Return edits that blank an instruction's text except for the words to keep; line ends and continuations stay."""
    edits: list[Edit] = []
    for piece, offset in text.pieces():
        for start, end in (
            (offset, min(keep.start, offset + len(piece))),
            (max(keep.end, offset), offset + len(piece)),
        ):
            if start < end:
                words = piece[start - offset : end - offset]
                edits.append(Edit(start, end, "".join(c if c == "\n" else " " for c in words)))
    return tuple(edits)


def outside_comments(facts: Facts) -> Iterable[Span]:
    """Return the lines of a file that are not comments, without their line ends."""
    source = facts.dockerfile.source
    comments = {source.line_of(comment.span.start) for comment in facts.dockerfile.comments}
    for line in range(1, len(source.line_starts) + 1):
        if line not in comments:
            yield source.line_span(line)
