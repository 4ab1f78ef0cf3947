"""Suspects joined lines and heredocs, which BuildKit or the shell treats as a part of something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.dockerfile.refusals import INSTRUCTION_LINE, NO_TRIGGERS
from zr4lint.linting.suspects.suspect import Suspect, cut
from zr4lint.model.finding import Edit
from zr4lint.model.quoting import code
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction, ParseError
    from zr4lint.facts import Facts

_ARRAYS = ("ADD", "CMD", "COPY", "ENTRYPOINT", "SHELL", "VOLUME")


def refused(facts: Facts) -> Iterator[Suspect]:
    """Yield suspects for lines that BuildKit refuses although their meaning is clear."""
    for error in facts.dockerfile.errors:
        if error.instead is not None:
            yield Suspect(error.span, None, (Edit.of(error.span, error.instead),))
        if error.message.startswith("heredoc "):
            yield from _open_heredoc(facts, error)
        elif error.message.startswith("unknown instruction "):
            yield from _not_continued(facts, error)


def _open_heredoc(facts: Facts, error: ParseError) -> Iterator[Suspect]:
    """Suspect a heredoc that takes the rest of the file; end it at its likely end, or before the next instruction."""
    source = facts.dockerfile.source
    owner = next((i for i in facts.dockerfile.instructions if i.heredocs and i.heredocs[-1].marker == error.span), None)
    if owner is None:
        return
    heredoc = owner.heredocs[-1]
    first, last = source.line_of(heredoc.body.start), source.line_of(max(heredoc.body.end - 1, heredoc.body.start))
    for line in range(first, last + 1):
        span = source.line_span(line)
        words = source.slice(span)
        if words.strip(" \t;&)\\") == heredoc.name:
            note = f"Line {line} has {code(heredoc.name)} with other characters beside it."
            yield Suspect(error.span, None, (Edit.of(span, heredoc.name),), notes=(note,))
            return
        if line > first and INSTRUCTION_LINE.match(words):
            spare = next((n for n in range(line - 1, first, -1) if _spare(source.slice(source.line_span(n)))), None)
            if spare is None:
                yield Suspect(error.span, None, (Edit(span.start, span.start, f"{heredoc.name}\n"),))
            else:
                yield Suspect(error.span, None, (Edit.of(source.line_span(spare), heredoc.name),))
            return


def _spare(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _not_continued(facts: Facts, error: ParseError) -> Iterator[Suspect]:
    """Suspect a line that continues the line above, which has no continuation."""
    instructions = facts.dockerfile.instructions
    index = next((i.index for i in instructions if i.keyword_span == error.span), 0)
    if not index:
        return
    before = instructions[index - 1]
    spaced = re.search(r"<<-?([ \t]+)['\"]?\w+['\"]?", before.arguments.text)
    if spaced is not None and not before.heredocs:
        span = before.arguments.span(spaced.start(), spaced.end())
        gap = before.arguments.span(spaced.start(1), spaced.end(1))
        message = "a blank after `<<` keeps this from being a heredoc"
        yield Suspect(span, message, (Edit.of(gap, ""),), "Remove the blank")
    end = before.span.end
    yield Suspect(error.span, None, (Edit(end, end, " \\"),))


def swallowed(facts: Facts) -> Iterator[Suspect]:
    """Suspect a continuation that makes the next instruction a part of this one."""
    source = facts.dockerfile.source
    for instruction in facts.dockerfile.instructions:
        end = min((h.body.start for h in instruction.heredocs), default=instruction.span.end)
        lines = range(instruction.line + 1, source.line_of(max(end - 1, instruction.span.start)) + 1)
        previous = instruction.line
        for line in lines:
            words = source.slice(source.line_span(line))
            if _spare(words):
                continue
            found = INSTRUCTION_LINE.match(words)
            if found is not None:
                yield from _joined(facts, previous, line, found[1])
                break
            previous = line


def _joined(facts: Facts, line: int, next_line: int, keyword: str) -> Iterator[Suspect]:
    source = facts.dockerfile.source
    span = source.line_span(line)
    words = source.slice(span)
    found = re.search(r"[ \t]*(?:(?:&&|\|\||;|\|)[ \t]*)?([\\`])[ \t]*$", words)
    if found is not None:
        at = Span(span.start + found.start(1), span.start + found.end(1))
        message = f"`{found[1]}` makes the {keyword} of line {next_line} a part of this instruction"
        rest = Edit(span.start + found.start(), span.end, "")
        yield Suspect(at, message, (rest,), f"Remove `{found[1]}`")


def commented_out(facts: Facts) -> Iterator[Suspect]:
    """Suspect a `#` inside joined lines, where the shell treats all that follows as a comment."""
    source = facts.dockerfile.source
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword != "RUN" or instruction.json is not None or "#" not in instruction.arguments.text:
            continue
        for piece, offset in instruction.arguments.pieces():
            for found in re.finditer(r"(?:(?<=[ \t;&|(])|^)#[^\n]*", piece):
                if source.text[offset + found.end() : offset + found.end() + 1] in ("\\", "`"):
                    span = Span(offset + found.start(), offset + found.end())
                    message = "`#` comments out the lines that `\\` joins to this one"
                    at = Span(span.start, span.start + len(source.slice(span).rstrip()))
                    yield Suspect(at, message, (cut(source.text, at),), "Remove the comment")


def no_comments(facts: Facts) -> Iterator[Suspect]:
    """Suspect a `#` after an instruction other than RUN, where it does not start a comment."""
    source = facts.dockerfile.source
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword == "RUN" or instruction.json is not None or "#" not in instruction.arguments.text:
            continue
        for piece, offset in instruction.arguments.pieces():
            if found := re.search(r"[ \t](#.*)", piece):
                span = Span(offset + found.start(1), offset + found.end(1))
                message = f"`#` does not start a comment after {instruction.keyword}"
                yield Suspect(span, message, (cut(source.text, span),), "Remove it")


def triggers(facts: Facts) -> Iterator[Suspect]:
    """Suspect an ONBUILD before an instruction that this build needs, unless another stage runs it."""
    run = {stage.parent for stage in facts.stages}
    for instruction in facts.dockerfile.instructions:
        if instruction.trigger is None or instruction.stage in run:
            continue
        if instruction.trigger.keyword not in NO_TRIGGERS:
            keyword = instruction.trigger.keyword
            message = f"ONBUILD keeps this {keyword} for builds on top of this image"
            edit = Edit(instruction.keyword_span.start, instruction.trigger.keyword_span.start, "")
            yield Suspect(instruction.keyword_span, message, (edit,), "Remove ONBUILD")


def arrays(facts: Facts) -> Iterator[Suspect]:
    """Suspect brackets around words that are not a JSON array."""
    for instruction in facts.dockerfile.instructions:
        text = instruction.arguments
        if instruction.keyword not in _ARRAYS or instruction.json is not None or not text.text.startswith("["):
            continue
        words = [word.strip(" \t'\"`“”‘’") for word in text.text.strip().strip("[]").split(",")]
        written = "[" + ", ".join('"' + word.replace('"', "") + '"' for word in words if word) + "]"
        span = text.span(0, len(text.text))
        message = f"this is not a JSON array, so {instruction.keyword} takes it as plain words"
        advice = "Put each item in double quotes, with commas between them"
        yield Suspect(span, message, (Edit.of(span, written),), f"Write {code(written)}", advice)


def carriage_returns(facts: Facts) -> Iterator[Suspect]:
    """Suspect a heredoc whose lines end in CR LF, since the shell makes the CR a part of the last word."""
    text = facts.dockerfile.source.text
    for instruction in facts.dockerfile.instructions:
        for heredoc in instruction.heredocs:
            body = heredoc.body
            places = [at for at in range(body.start, body.end) if text.startswith("\r\n", at)]
            if places and instruction.keyword == "RUN":
                message = "the lines of this heredoc end in CR, which the shell reads as U+000D in words"
                edits = tuple(Edit(at, at + 1, "") for at in places)
                yield Suspect(heredoc.marker, message, edits, None, "Save the file with LF line ends")


def targets(facts: Facts) -> Iterator[Suspect]:
    """Suspect several sources for a target that is not a folder."""
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword in ("COPY", "ADD") and instruction.json is None and not instruction.heredocs:
            yield from _target(instruction)


def _target(instruction: Instruction) -> Iterator[Suspect]:
    text = instruction.arguments
    words = list(re.finditer(r"\S+", text.text))
    if len(words) == 2 and re.search(r"\w\.\w+/$", words[-1][0]):
        span = text.span(words[-1].start(), words[-1].end())
        message = f"the `/` at its end makes {code(words[-1][0])} a folder"
        yield Suspect(span, message, (Edit(span.end - 1, span.end, ""),), "Remove the `/`")
    if len(words) > 2 and not words[-1][0].endswith("/"):
        span = text.span(words[-1].start(), words[-1].end())
        message = f"{instruction.keyword} of {len(words) - 1} sources needs a target that ends in `/`"
        yield Suspect(span, message, (Edit(span.end, span.end, "/"),), "Add `/`")
