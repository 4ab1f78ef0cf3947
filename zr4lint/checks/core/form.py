"""Checks for how instructions are written, where the build is the same either way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from zr4lint.checks.core.instruction_lists import by_keyword, looked_at
from zr4lint.checks.edits import SAFE, insert, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.dockerfile import Instruction, values
from zr4lint.dockerfile.refusals import KEYWORDS
from zr4lint.facts import ArgDeclared, EnvSet, LabelSet
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import Span

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:;/@%+-=$!^~*?&|()<>[]{}")


@check("form", stages="all")
def form(
    subject: Subject,
    *,
    what: Literal["keyword-case", "as-case", "blank-continuation", "key-value", "definition-comment"],
) -> Outcomes:
    """Instructions are written in one form.

    `keyword-case`: keywords have the case of most keywords in the file. `as-case`: AS has the case of FROM.
    `blank-continuation`: no blank line interrupts an instruction. `key-value`: ENV and LABEL are written NAME=value.
    `definition-comment`: a comment directly above ARG or a named FROM starts with the name.
    """
    yield from _FORMS[what](subject)


def _keyword_case(subject: Subject) -> Outcomes:
    groups = by_keyword(subject)
    known = [step.instruction for keyword in KEYWORDS for step in groups.get(keyword, ()) if not step.held]
    written = [(subject.words(i.keyword_span), i) for i in sorted(known, key=lambda i: i.index)]
    counted = [words for words, instruction in written if instruction.stage >= 0]
    lower = sum(words == words.lower() for words in counted)
    upper = sum(words == words.upper() for words in counted)
    case, name = (str.lower, "lower") if lower > upper else (str.upper, "upper")
    for words, instruction in written:
        if words == case(words):
            yield Met(instruction.keyword_span, instruction)
        elif instruction.stage in subject.lineage or instruction.stage < 0:
            fix = replace(instruction.keyword_span, case(words), f"Write {case(words)}", SAFE)
            yield Unmet(f"{code(words)} is not in {name} case", instruction.keyword_span, fix=fix)


def _as_case(subject: Subject) -> Outcomes:
    for number in sorted(subject.lineage):
        stage = subject.facts.stages[number]
        keyword = subject.words(stage.instruction.keyword_span)
        if stage.name is None or keyword not in (keyword.lower(), keyword.upper()):
            continue
        word = values.split(stage.instruction.arguments)[1]
        wanted = "as" if keyword.islower() else "AS"
        if word.raw == wanted:
            yield Met(word.span, stage.instruction)
        else:
            fix = replace(word.span, wanted, f"Write {wanted}", SAFE)
            yield Unmet(f"{code(word.raw)} is not in the case of {code(keyword)}", word.span, fix=fix)


def _blank_continuation(subject: Subject) -> Outcomes:
    source = subject.source
    for instruction in subject.dockerfile.instructions:
        body = min((heredoc.body.start for heredoc in instruction.heredocs), default=instruction.span.end)
        last = source.line_of(max(body - 1, instruction.span.start)) if instruction.heredocs else instruction.end_line
        if last == instruction.line:
            continue
        blank = [
            number
            for number in range(instruction.line + 1, last + 1)
            if not source.slice(source.line_span(number)).strip()
        ]
        if not blank:
            yield Met(instruction.keyword_span, instruction)
            continue
        starts = [*source.line_starts, len(source.text)]
        edits = tuple(Edit(starts[number - 1], starts[number], "") for number in blank)
        yield Unmet(
            f"a blank line interrupts this {plain(instruction.keyword, 16) or 'line'}",
            source.line_span(blank[0]),
            fix=Fix("Remove the blank lines", SAFE, edits) if len(blank) > 1 else Fix("Remove it", SAFE, edits),
            notes=("BuildKit skips the line today, and a later release will refuse it.",),
        )


def _key_value(subject: Subject) -> Outcomes:
    facts, stages = subject.facts, looked_at(subject)
    pairs: list[EnvSet | LabelSet] = [
        *facts.of(EnvSet, stages, triggers=True),
        *facts.of(LabelSet, stages, triggers=True),
    ]
    for pair in pairs:
        if not pair.legacy:
            yield met(pair.at, pair.span)
            continue
        instruction = pair.at.instruction
        name = next(iter(subject.words(Span(pair.span.start, pair.value_span.start)).split()), "")
        if not name:
            continue  # BuildKit takes such blanks for a name
        raw = instruction.arguments.text[len(name) :].strip()
        written = _quoted(raw) if _plain_lines(subject, pair.span) else None
        yield Unmet(
            f"{code(name)} is set without `=`",
            pair.span,
            help=f"Write {code(f'{instruction.keyword} {name}=VALUE')}",
            fix=replace(pair.span, f"{name}={written}", f"Write {name}=", SAFE) if written is not None else None,
        )


def _plain_lines(subject: Subject, span: Span) -> bool:
    """Return whether a fix can replace words as a whole: no comment or blank line is lost, and `\\` is the escape."""
    return "\n" not in subject.words(span) and subject.dockerfile.escape == "\\"


def _quoted(raw: str) -> str | None:
    """Return the value of `ENV NAME value` as a word after `=`; None if its quotes and escapes make that unclear."""
    if raw and _PLAIN.issuperset(raw):
        return raw
    if not any(character in raw for character in "\"'\\"):
        return f'"{raw}"'
    inner = raw[1:-1]
    if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "\"'" and not any(c in inner for c in "\"'\\"):
        return raw
    return None


def _definition_comment(subject: Subject) -> Outcomes:
    comments = {subject.source.line_of(comment.span.start): comment for comment in subject.dockerfile.comments}
    for instruction, names in _definitions(subject):
        comment = comments.get(instruction.line - 1)
        if comment is None or not comment.text:
            continue
        if comment.text.split(" ")[0] in names:
            yield Met(comment.span, instruction)
            continue
        start = subject.source.line_starts[instruction.line - 1]
        yield Unmet(
            f"the comment does not start with {_either(names)}",
            comment.span,
            fix=insert(start, subject.source.newline, "Put a blank line below the comment", SAFE),
            notes=("BuildKit shows a comment directly above a definition as its description.",),
        )


def _definitions(subject: Subject) -> Iterator[tuple[Instruction, list[str]]]:
    """Yield each FROM that names a stage, and each ARG, with the names that it defines."""
    for number in sorted(subject.lineage):
        stage = subject.facts.stages[number]
        if stage.name is not None:
            yield stage.instruction, [stage.name]
    found: dict[int, tuple[Instruction, list[str]]] = {}
    for arg in subject.facts.of(ArgDeclared, {-1, *subject.lineage}):
        found.setdefault(arg.at.instruction.index, (arg.at.instruction, []))[1].append(arg.name)
    yield from found.values()


def _either(names: Iterable[str]) -> str:
    first, *others = names
    return f"{code(first, 20)} or another of its names" if others else code(first)


_FORMS: dict[str, Callable[[Subject], Outcomes]] = {
    "keyword-case": _keyword_case,
    "as-case": _as_case,
    "blank-continuation": _blank_continuation,
    "key-value": _key_value,
    "definition-comment": _definition_comment,
}
