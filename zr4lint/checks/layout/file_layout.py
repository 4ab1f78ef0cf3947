"""Checks for the layout of the file: lines, layers and comments."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Literal

from zr4lint.checks.edits import DISPLAY, SAFE, UNSAFE, insert, remove_lines, replace, to_the_end
from zr4lint.checks.layout.arrangement import Arrangement, arrange
from zr4lint.checks.layout.layers import helpers, layers_of, with_helpers, within
from zr4lint.checks.outcome import Met, Outcomes, RuleResult, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile.refusals import KEYWORDS
from zr4lint.facts import Written
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.grep import grep, grep_any
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Count, LineNumber, Package, Text
    from zr4lint.dockerfile import Comment, Instruction

_LETTERS = r"\W+"
_BANNER = r"(?i)[\W_]*layer\s+(\d+)\s*:"


@check("syntax")
def syntax(subject: Subject, *, what: Literal["all", "before-from"] = "all") -> Outcomes:
    """BuildKit accepts the file. With `before-from`, only instructions above the first FROM are checked."""
    if what == "before-from":
        yield from _before_from(subject)
        return
    for error in subject.dockerfile.errors:
        fix = None
        if error.instead is not None:
            title = f"Write {error.instead}" if error.instead else "Remove it"
            fix = replace(error.span, error.instead, title, DISPLAY)
        yield Unmet(
            error.message,
            error.span,
            expected="a file that BuildKit accepts",
            fix=fix,
            notes=("BuildKit refuses the file.",),
            help=error.help,
        )


def _before_from(subject: Subject) -> Outcomes:
    for instruction in subject.dockerfile.instructions:
        if instruction.stage >= 0:
            return
        if instruction.keyword in KEYWORDS and instruction.keyword != "ARG":
            yield Unmet(
                f"{plain(instruction.keyword, 16)} comes before the first FROM",
                instruction.keyword_span,
                notes=("BuildKit refuses the file.",),
                help="Start the file with FROM; only ARG may come before it",
            )
            if subject.dockerfile.instructions[-1].stage < 0:
                return  # a file without FROM is one fault


@check("line-count", late=True)
def line_count(subject: Subject, *, lines: LineNumber) -> Outcomes:
    """The file has this many lines, as `wc -l` counts them."""
    source = subject.source
    count = source.newline_count
    if count == lines:
        return
    end = len(source.text)
    last = source.line_span(len(source.line_starts)) if source.text else Span(0, 0)
    if source.text and not source.text.endswith("\n") and count == lines - 1:
        yield Unmet(
            "the file does not end with a newline",
            last,
            expected=f"{lines} lines",
            fix=insert(end, source.newline, "End the file with a newline"),
            notes=("The last line does not count without one.",),
        )
        return
    at = source.line_span(lines + 1) if len(source.line_starts) > lines else last
    fix = _arranged(subject)
    instructions = subject.dockerfile.instructions
    if (
        fix is None
        and count > lines
        and subject.layers
        and subject.layers[-1].number in layers_of(subject).get(len(instructions) - 1, ())
    ):
        fix = to_the_end(subject.source, instructions[-1])
    yield Unmet(
        f"the file has {count} line{'' if count == 1 else 's'}, not {lines}", at, expected=f"{lines} lines", fix=fix
    )


def _arranged(subject: Subject) -> Fix | None:
    return arrange(subject).fix if subject.layers else None


@check("note")
def note(subject: Subject, *, package: Package, words: Text) -> Outcomes:
    """A comment directly above the instruction that installs a package has these words."""
    found = subject.environment.standing(package)
    expected = f'a comment with "{words}" directly above'
    if found is None:
        yield Unmet(f"pip does not install {package}", expected=expected)
        return
    instruction = found.run.at.instruction
    above = _comments_above(subject, instruction)
    if re.sub(_LETTERS, " ", words.lower()) in re.sub(_LETTERS, " ", " ".join(c.text for c in above).lower()):
        yield Met(Span(above[0].span.start, above[-1].span.end), instruction)
        return
    line = f"# {words}: {package} is built against it.{subject.source.newline}"
    start = subject.source.line_starts[instruction.line - 1]
    yield Unmet(
        f"no comment directly above contains {code(words)}",
        instruction.keyword_span,
        expected=expected,
        fix=insert(start, line, "Add a comment", UNSAFE),
    )


def _comments_above(subject: Subject, instruction: Instruction) -> list[Comment]:
    by_line = subject.memo.get("comments by line", lambda: _comments_by_line(subject))
    found: list[Comment] = []
    line = instruction.line - 1
    while line in by_line:
        found.insert(0, by_line[line])
        line -= 1
    return found


def _comments_by_line(subject: Subject) -> dict[int, Comment]:
    return {subject.source.line_of(c.span.start): c for c in subject.dockerfile.comments if not c.inside}


# Checks that read the results of others


@check("layer-order", late=True)
def layer_order(subject: Subject) -> Outcomes:
    """The layers come in the order of their numbers."""
    layers = layers_of(subject)
    instructions = subject.dockerfile.instructions
    sequence = [(index, min(numbers), max(numbers)) for index, numbers in layers.items()]
    kept = _longest_ascending(sequence)
    titles = {layer.number: layer.title for layer in subject.layers}
    for index, low, high in sequence:
        instruction = instructions[index]
        if index in kept:
            yield Met(instruction.keyword_span, instruction)
            continue
        before = [high for other, _, high in sequence if other in kept and other < index]
        side = "after" if before and max(before) > low else "before"
        number = low if side == "after" else high
        others = before if side == "after" else [low for other, low, _ in sequence if other in kept and other > index]
        other = max(others) if side == "after" else min(others, default=high)
        yield Unmet(
            f"{plain(instruction.keyword, 16)} of layer {number} is {side} layer {other}",
            instruction.keyword_span,
            expected=f"layers in the order 1 to {len(subject.layers)}",
            notes=(f"It belongs to layer {number}, {plain(titles.get(number, ''))}.",),
            fix=_moved(subject, instruction, [i for i in kept if min(layers[i]) <= low]),
        )


def _moved(subject: Subject, instruction: Instruction, before: list[int]) -> Fix | None:
    """Return a fix that moves an instruction, with the comments above it, after the last of `before`."""
    before = [index for index in before if subject.dockerfile.instructions[index].keyword != "CMD"]
    if not before:
        return None
    source, target = subject.source, subject.dockerfile.instructions[max(before)]
    above = _comments_above(subject, instruction)
    start = source.line_starts[source.line_of((above[0] if above else instruction).span.start) - 1]
    end = source.text.find("\n", instruction.span.end) + 1 or len(source.text)
    if start <= target.span.end < end:
        return None
    words = source.text[start:end].rstrip("\r\n")
    edits = (Edit(start, end, ""), Edit(target.span.end, target.span.end, source.newline + words))
    return Fix(f"Move this {plain(instruction.keyword, 16)} to its layer", UNSAFE, tuple(sorted(edits)))


def _longest_ascending(sequence: list[tuple[int, int, int]]) -> set[int]:
    """Return the most instructions that can stay: each starts no earlier than the one before it ends."""
    previous: dict[int, int] = {}
    best: dict[int, tuple[int, int]] = {}  # by last layer: the greatest length so far, and its last instruction
    for index, low, high in sequence:
        length, previous[index] = max((found for end, found in best.items() if end <= low), default=(0, -1))
        best[high] = max(best.get(high, (0, -1)), (length + 1, index))
    kept: set[int] = set()
    at = max(best.values(), default=(0, -1))[1]
    while at >= 0:
        kept.add(at)
        at = previous[at]
    return kept


@check("layer-lines", late=True)
def layer_lines(subject: Subject) -> Outcomes:
    """Each instruction that meets a requirement of a layer is within the layer's lines."""
    layers = {layer.number: layer for layer in subject.layers}
    arrangement: Arrangement | None = None
    for index, numbers in layers_of(subject).items():
        instruction = subject.dockerfile.instructions[index]
        outside = [n for n in sorted(numbers) if not within(instruction, layers[n])]
        if not outside:
            yield Met(instruction.keyword_span, instruction)
            continue
        layer = layers[outside[0]]
        arrangement = arrangement or arrange(subject)
        yield Unmet(
            f"{plain(instruction.keyword, 16)} of layer {layer.number} is on {_lines(instruction)}",
            instruction.keyword_span,
            expected=f"lines {layer.first}-{layer.last}",
            fix=arrangement.fix,
            notes=(
                f"It belongs to layer {layer.number}, {plain(layer.title)}.",
                *((f"There is no fix because {arrangement.reason}.",) if arrangement.reason else ()),
            ),
        )
    for index in helpers(subject):
        instruction = subject.dockerfile.instructions[index]
        if not any(within(instruction, layer) for layer in subject.layers):
            yield Unmet(
                f"{plain(instruction.keyword, 16)} on {_lines(instruction)} is outside the lines of all layers",
                instruction.keyword_span,
                expected="each instruction within the lines of a layer",
                fix=(arrangement or arrange(subject)).fix,
            )


def _lines(instruction: Instruction) -> str:
    if instruction.end_line == instruction.line:
        return f"line {instruction.line}"
    return f"lines {instruction.line}-{instruction.end_line}"


@check("layer-banner", late=True)
def layer_banner(subject: Subject, *, first: Count, last: Count) -> Outcomes:
    """Each of the layers `first` to `last` starts with a comment `LAYER n: ...`."""
    layers = with_helpers(subject)
    starts: dict[int, int] = {}
    before: dict[int, int] = {}
    end = 0
    for index, numbers in layers.items():
        for number in numbers - starts.keys():
            starts[number] = index
            before[number] = end
        end = subject.dockerfile.instructions[index].span.end
    for layer in subject.layers:
        if not first <= layer.number <= last or layer.number not in starts:
            continue
        instruction = subject.dockerfile.instructions[starts[layer.number]]
        after = before[layer.number]
        comments = [c for c in subject.dockerfile.comments if after <= c.span.start < instruction.span.start]
        found = next((c for c in comments if _names_layer(c.text, layer.number)), None)
        if found is not None:
            yield Met(found.span, instruction)
            continue
        line = f"# LAYER {layer.number}: {layer.title.upper()}"
        above = _comments_above(subject, instruction)
        start = subject.source.line_starts[subject.source.line_of((above[0] if above else instruction).span.start) - 1]
        pending = any(u.fix or u.add for n in subject.results.values() if n.layer == layer.number for u in n.unmet)
        yield Unmet(
            f"layer {layer.number}, {plain(layer.title)}, does not start with a comment that names it",
            instruction.keyword_span,
            expected=line,
            fix=None if pending else insert(start, line + subject.source.newline, "Add the comment", SAFE),
        )


def _names_layer(comment: str, number: int) -> bool:
    named = re.match(_BANNER, comment)
    return named is not None and named[1] == str(number)


@check("not-in-specification", late=True)
def not_in_specification(subject: Subject) -> Outcomes:
    """Each instruction belongs to a requirement of a layer, or such an instruction needs it.

    If the specification has no layers, all requirements count.
    """
    used: set[int] = set()
    blamed: list[int] = []
    for result in subject.results.values():
        if result.layer is not None or not subject.layers:
            blamed += (unmet.span.start for unmet in result.unmet if unmet.span is not None)
            for outcome in result.met:
                used.add(outcome.instruction.index)
                used |= outcome.supports
    blamed.sort()
    instructions = subject.dockerfile.instructions
    needing = [subject.words(instruction.span) for instruction in instructions if instruction.index in used]
    for written in subject.facts.of(Written, subject.lineage):
        if written.path is not None and any(written.path in words for words in needing):
            used.add(written.at.instruction.index)
    for instruction in instructions:
        span = instruction.span
        if instruction.index not in used and bisect_left(blamed, span.start) == bisect_left(blamed, span.end):
            yield Unmet(
                f"the specification does not contain this {plain(instruction.keyword, 16)}",
                span,
                expected="only what the specification requires",
                fix=remove_lines(subject.source, instruction, f"Remove this {plain(instruction.keyword, 16)}"),
            )


@check("specification-commands", late=True)
def specification_commands(subject: Subject) -> Outcomes:
    """For each requirement that is met, the specification's own verification commands would also pass."""
    text = subject.source.whole_text
    for result in subject.results.values():
        if result.unmet or not result.met:
            continue
        for pattern in result.greps:
            if grep_any(pattern, text):
                continue
            lines = text.split("\n")
            witness = next((m for m in result.met if not _passes(result, m.instruction, lines)), result.met[0])
            yield Unmet(
                f"the command that verifies {result.code} fails",
                witness.span,
                expected=f"a line that `grep '{pattern}'` finds",
                fix=_spelled(subject, witness),
                about=result.code,
                notes=(
                    (
                        f"The requirement is met, but `grep '{pattern}'`, with which the specification verifies it, "
                        "finds no line."
                    ),
                ),
            )


def _spelled(subject: Subject, witness: Met) -> Fix | None:
    """Return a fix that writes the words for a requirement as the specification does."""
    instruction = witness.instruction
    edits: list[Edit] = []
    if subject.words(instruction.keyword_span) != instruction.keyword:
        edits.append(Edit.of(instruction.keyword_span, instruction.keyword))
    if (
        witness.spelled is not None
        and subject.words(witness.span) != witness.spelled
        and "$" not in subject.words(witness.span)
    ):
        edits.append(Edit.of(witness.span, witness.spelled))
    return Fix("Write it as the specification does", SAFE, tuple(edits)) if edits else None


def _passes(result: RuleResult, instruction: Instruction, lines: list[str]) -> bool:
    """Return whether one of a rule's greps matches a line of an instruction."""
    own = lines[instruction.line - 1 : instruction.end_line]
    return any(grep(pattern, line) for pattern in result.greps for line in own)
