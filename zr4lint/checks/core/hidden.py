"""Checks for text that a reader sees differently from the build: invisible characters and joined lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile.refusals import INSTRUCTION_LINE
from zr4lint.facts import Ran
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import SourceFile, Span
from zr4lint.shell import Reach
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

_NOT_PLAIN = lazy_pattern(r"[^\t\n\f\r -~]|\r(?!\n)")
_MARKS = lazy_pattern(r"""\\.|["'#]""")
_INSTALLERS = frozenset({"apt", "apt-get", "apk", "dnf", "yum", "pip"})
_BEFORE_COMMENT = ("", " ", "\t", ";", "&", "|", "(", ")")


def _is_plain(text: str) -> bool:
    """Return whether a text has only visible ASCII characters, blanks and line ends."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():  # a tenth of the pattern's time
        return True
    return _NOT_PLAIN.search(text) is None


@check("hidden-characters", stages="all")
def hidden_characters(subject: Subject, *, what: Literal["invisible", "look-alike"]) -> Outcomes:
    """No character hides what the file says.

    `invisible`: no character is invisible, changes the order of the shown text, or looks like a blank or the end of a
    line. Such characters are allowed if the surrounding text needs them, as in Persian words or in emoji. `look-alike`:
    no letters or signs of other scripts replace ASCII ones in names, options and paths. Comments, labels, and texts
    such as those of `echo` may be in any script.
    """
    if _is_plain(subject.source.text):
        return
    if what == "invisible":  # few files need these modules
        from zr4lint.checks.core.unseen import unseen

        yield from unseen(subject)
    else:
        from zr4lint.checks.core.look_alikes import look_alikes

        yield from look_alikes(subject)


@check("core/swallowed-lines", stages="all", raises=True)
def swallowed_lines(subject: Subject, *, what: Literal["instruction", "comment"]) -> Outcomes:
    r"""Every line belongs to the instruction that it seems to belong to.

    `instruction`: a line that reads as an instruction does not follow a line that ends in `\`. `comment`: a comment
    between instructions does not end in `\`, since the next line is not part of it. A comment inside a RUN does not
    swallow the lines that `\` joins to it.
    """
    yield from (_instructions if what == "instruction" else _comments)(subject)


def _breaks(subject: Subject, span: Span) -> bool:
    """Return whether a swallowed keyword makes the build fail, since it is neither a program nor a package."""
    found = subject.memo.get(("words that run", subject.lineage), lambda: _words_that_run(subject)).get(span.start)
    return found is not None and (not found[0] or found[1].rstrip("0123456789.") in _INSTALLERS)


def _words_that_run(subject: Subject) -> dict[int, tuple[int, str]]:
    """Return each word's number in the first command that certainly runs with it, and the program, by word start."""
    runs = (ran for ran in subject.facts.of(Ran, subject.lineage) if ran.at.reach is Reach.ALWAYS)
    return {a.span.start: (i, ran.program) for ran in reversed([*runs]) for i, a in enumerate(ran.arguments)}


def _instructions(subject: Subject) -> Outcomes:
    for instruction in subject.dockerfile.instructions:
        if instruction.end_line == instruction.line or instruction.json is not None:
            continue
        span = next(_swallowed(subject.source, instruction), None)
        if span is None:
            yield Met(instruction.keyword_span, instruction)
            continue
        yield Unmet(
            f"this {subject.words(span)} is part of the {plain(instruction.keyword, 16)} above",
            span,
            severity=Severity.ERROR if _breaks(subject, span) else None,
            notes=("BuildKit joins a line to the one above where that ends in an escape.",),
            help="Remove the escape at the end of the line above",
        )


def _swallowed(source: SourceFile, instruction: Instruction) -> Iterator[Span]:
    """Yield the keywords that start further lines, outside quotes and at most as far right as the instruction."""
    arguments = instruction.arguments
    indent = instruction.span.start - source.line_starts[instruction.line - 1]
    quotes = _Quotes(arguments.text)
    for at, offset in zip(arguments.starts, arguments.offsets, strict=True):
        line = source.line_of(offset)
        if line == instruction.line:
            continue
        start = source.line_starts[line - 1]
        found = INSTRUCTION_LINE.match(source.text, start)
        if found is None or found.start(1) - start > indent or found.end() < offset:
            continue
        if instruction.keyword in ("HEALTHCHECK", "ONBUILD") and not arguments.text[:at].strip():
            continue  # the command of HEALTHCHECK, or the instruction that ONBUILD holds
        if not quotes.open(at):
            yield Span(*found.span(1))


def _comments(subject: Subject) -> Outcomes:
    dockerfile, source = subject.dockerfile, subject.source
    escape = dockerfile.escape
    for comment in dockerfile.comments:
        line = source.line_of(comment.span.start)
        if comment.inside or not comment.text.endswith(escape) or line == len(source.line_starts):
            continue
        below = source.slice(source.line_span(line + 1)).strip()
        if below and not below.startswith("#"):
            end = comment.span.start + len(source.slice(comment.span).rstrip())
            yield Unmet(
                f"the {code(escape)} at the end of this comment does not continue it",
                Span(end - 1, end),
                notes=("BuildKit reads the next line as an instruction.",),
                fix=replace(Span(end - 1, end), "", "Remove it", UNSAFE),
            )
    runs = subject.facts.of(Ran, range(len(subject.facts.stages)))
    for instruction in {ran.at.instruction.index: ran.at.instruction for ran in runs}.values():
        if instruction.json is None and instruction.keyword == "RUN" and not instruction.heredocs:
            yield from _shell_comment(source, instruction)


def _shell_comment(source: SourceFile, instruction: Instruction) -> Outcomes:
    """Yield an outcome for a shell comment that swallows the lines below it."""
    arguments = instruction.arguments
    at = _Quotes(arguments.text).comment() if len(arguments.starts) > 1 and "#" in arguments.text else None
    if at is None:
        return
    start = arguments.offset(at)
    rest = arguments.span(at, len(arguments.text.rstrip()))
    line = source.line_of(start)
    if source.line_of(max(rest.end - 1, start)) == line:
        return
    yield Unmet(
        "this comment continues to the end of the RUN",
        Span(start, source.line_span(line).end),
        notes=("BuildKit joins the lines before the shell reads them, so the shell runs none of the rest.",),
        help="Put the comment on a line of its own",
    )


class _Quotes:
    """Tracks open quotes in a text, which is read once from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marks = _MARKS.finditer(text)
        self._next = next(self._marks, None)
        self._quote = ""

    def open(self, at: int) -> bool:
        """Return whether a quote is open at `at`. Calls must not go backwards."""
        while self._next is not None and self._next.start() < at:
            self._step(self._next[0])
        return bool(self._quote)

    def comment(self) -> int | None:
        """Return the index of the first "#" that starts a word outside quotes."""
        while self._next is not None:
            at = self._next.start()
            if self._next[0] == "#" and not self._quote and self._text[max(at - 1, 0) : at] in _BEFORE_COMMENT:
                return at
            self._step(self._next[0])
        return None

    def _step(self, mark: str) -> None:
        if mark in ('"', "'") and self._quote in ("", mark):
            self._quote = "" if self._quote else mark
        self._next = next(self._marks, None)
