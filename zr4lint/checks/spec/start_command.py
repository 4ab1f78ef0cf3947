"""Checks for the command of the container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.command_words import json_array, words_of
from zr4lint.checks.edits import UNSAFE, remove_lines, replace, to_the_end
from zr4lint.checks.layout.arrangement import arrange
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.copied_files import brought
from zr4lint.facts import CommandSet, Removed
from zr4lint.model.quoting import code, contrast

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Keyword, LineNumber, StartKeyword


def _commands(subject: Subject, keyword: str) -> list[CommandSet]:
    return [c for c in subject.facts.of(CommandSet, subject.lineage) if c.keyword == keyword]


def _words(found: CommandSet) -> list[str] | None:
    """Return the command's words: of an exec form as they are, of a shell form if no shell is needed."""
    return list(found.arguments) if found.arguments is not None else words_of(found.at.instruction.arguments)


@check("command")
def command(subject: Subject, *, arguments: list[str], file: Folder = "", keyword: StartKeyword = "CMD") -> Outcomes:
    """CMD is exactly this, a COPY provides the file that it runs, and no ENTRYPOINT takes it as arguments.

    The file is the program unless `file` names it. With `keyword`, ENTRYPOINT is exactly this, and CMD may add
    arguments.
    """
    file = file or next(iter(arguments), "")
    found = _commands(subject, keyword)
    expected = f"{keyword} {json_array(arguments)}"
    entrypoints = _commands(subject, "ENTRYPOINT") if keyword == "CMD" else []
    wrapping = entrypoints[-1] if entrypoints and entrypoints[-1].arguments != () else None
    if wrapping is not None:
        yield Unmet(
            "this ENTRYPOINT receives CMD as its arguments" if found else "ENTRYPOINT starts the container, not CMD",
            wrapping.at.span,
            expected=f"{expected} alone",
            fix=remove_lines(subject.source, wrapping.at.instruction, "Remove the ENTRYPOINT"),
        )
    if not found:
        yield Unmet(f"{subject.whole} sets no {keyword}", expected=expected, add=expected)
        return
    last = found[-1]
    text = last.at.instruction.arguments
    span = text.span(0, len(text.text))
    if _words(last) != arguments:
        wanted = " ".join(arguments)
        fix = replace(span, json_array(arguments), f"Run {wanted}", UNSAFE)
        message = contrast("the command", text.text, wanted) if text.text else f"{keyword} is empty"
        yield Unmet(message, span, expected=expected, fix=fix)
    elif file and not brought(subject, file):
        yield Unmet(f"{keyword} runs {code(file)}, which is not copied", span, expected=f"COPY ... {file}")
    elif (traced := subject.files.copied(file)) is not None and isinstance(traced.lost, Removed):
        yield Unmet(f"{code(file)} is removed again", traced.lost.at.span, expected=f"{file} in the image")
    elif wrapping is None:
        yield met(last.at, span, json_array(arguments))


@check("last-instruction", late=True)
def last_instruction(subject: Subject, *, keyword: Keyword, line: LineNumber) -> Outcomes:
    """The file's last instruction is this one, on this line."""
    instructions = subject.dockerfile.instructions
    expected = f"{keyword} as the last instruction, on line {line}"
    found = [i for i in instructions if i.keyword == keyword]
    if not found:
        yield Unmet(
            f"{keyword} is missing on line {line}", instructions[-1].span if instructions else None, expected=expected
        )
        return
    last = found[-1]
    following = next((i for i in instructions if i.index > last.index), None)
    if following is not None:
        message = f"{following.keyword} comes after {keyword}"
        yield Unmet(message, following.span, expected=expected, fix=to_the_end(subject.source, last))
    elif last.line != line:
        below = any(c.span.start > last.span.end for c in subject.dockerfile.comments)
        fix = to_the_end(subject.source, last) if below else arrange(subject).fix if subject.layers else None
        yield Unmet(f"{keyword} is on line {last.line}, not on line {line}", last.span, expected=expected, fix=fix)
    else:
        yield Met(last.keyword_span, last)
