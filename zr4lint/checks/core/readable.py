"""The parts of a file that programs read: names, options and paths, but no comments, labels or shown texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Instruction, values
from zr4lint.facts import Ran
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject

_SHOWS = ("echo", "printf", "logger")
_STARTS = ("CMD", "ENTRYPOINT", "HEALTHCHECK")
_OTHERS = ("MAINTAINER", "RUN", "ONBUILD")
_NAMED = frozenset({"FROM", "EXPOSE", "USER", "STOPSIGNAL", "SHELL"})
_MANAGERS = frozenset({
    "apt", "apt-get", "apk", "yum", "dnf", "microdnf", "zypper", "pip", "pip3", "uv", "conda", "mamba", "micromamba",
    "npm", "yarn", "pnpm", "gem", "go", "cargo", "add-apt-repository", "pipx", "poetry",
})  # fmt: skip


class Part(Struct, frozen=True):
    """Words that a program reads. `name` means that only ASCII makes sense, as in the name of a package."""

    span: Span
    name: bool


def readable(subject: Subject) -> list[Part]:
    """Return the parts with characters beyond ASCII, in order and without overlaps."""
    return subject.memo.get("readable parts", lambda: _sorted(subject))


def _sorted(subject: Subject) -> list[Part]:
    found: dict[int, Part] = {}
    for part in _parts(subject):
        words = subject.words(part.span)
        if not words.isascii() and not _prose(words):
            found.setdefault(part.span.start, part)
    ordered: list[Part] = []
    for _, part in sorted(found.items()):
        if not ordered or part.span.start >= ordered[-1].span.end:
            ordered.append(part)
    return ordered


def _parts(subject: Subject) -> Iterator[Part]:
    for instruction in subject.dockerfile.instructions:
        yield from _of_instruction(instruction)
        if instruction.trigger is not None:
            yield from _of_instruction(instruction.trigger)
    for ran in subject.facts.of(Ran, range(len(subject.facts.stages)), triggers=True):
        if ran.program not in _SHOWS:
            for number, argument in enumerate(ran.arguments):
                yield Part(argument.span, number == 0 or ran.program in _MANAGERS)
        for redirected in ran.redirections:
            yield Part(redirected.span, False)


def _of_instruction(instruction: Instruction) -> Iterator[Part]:
    for flag in instruction.flags:
        yield Part(flag.span, flag.name in ("from", "platform"))
    keyword = instruction.keyword
    if keyword in ("ENV", "ARG", "LABEL"):
        yield from _of_pairs(instruction)
    elif keyword not in _OTHERS and not (keyword in _STARTS and any(w in instruction.arguments.text for w in _SHOWS)):
        if instruction.json is not None:
            spans = [string.span for string in instruction.json]
        else:
            spans = [Span(at, at + len(text)) for text, at in instruction.arguments.pieces()]
        for span in spans:
            yield Part(span, keyword in _NAMED)


def _of_pairs(instruction: Instruction) -> Iterator[Part]:
    for pair in values.pairs(instruction):
        whole, value = pair.span, pair.value_span
        yield Part(Span(whole.start, max(whole.start, value.start - 1) if pair.raw is not None else whole.end), True)
        if instruction.keyword != "LABEL" and not pair.legacy:
            yield Part(value, False)


def _prose(words: str) -> bool:
    """Return whether words are a quoted text of several words."""
    return words[:1] in ("'", '"') and any(blank in words.strip() for blank in " \t\n")
