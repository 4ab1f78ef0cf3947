"""The errors with which BuildKit refuses an instruction, as its parser and instructions.Parse do, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zr4lint.dockerfile import flag_syntax
from zr4lint.dockerfile.heredocs import is_marker
from zr4lint.dockerfile.instructions import Instruction, ParseError
from zr4lint.dockerfile.lines import BLANKS
from zr4lint.dockerfile.splitting import Word, first_gap, head, listed, quoted
from zr4lint.model.quoting import code, nearest, plain
from zr4lint.model.source import Span
from zr4lint.startup import lazy_pattern

_STAGE_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")

# The required arguments of each instruction.
_NEEDS = {
    "ADD": "a source and a destination",
    "ARG": "a name, as in ARG NAME or ARG NAME=value",
    "COPY": "a source and a destination",
    "ENV": "a variable, as in ENV NAME=value",
    "EXPOSE": "a port",
    "FROM": "an image, or scratch",
    "HEALTHCHECK": "NONE, or CMD and a command",
    "LABEL": "a label, as in LABEL name=value",
    "MAINTAINER": "a name",
    "ONBUILD": "an instruction",
    "SHELL": 'a command in JSON form, as in SHELL ["/bin/bash", "-c"]',
    "STOPSIGNAL": "a signal",
    "USER": "a user",
    "VOLUME": "a folder",
    "WORKDIR": "a folder",
}
KEYWORDS = (*_NEEDS, "CMD", "ENTRYPOINT", "RUN")
NO_TRIGGERS = frozenset({"FROM", "MAINTAINER", "ONBUILD"})
"""The instructions that ONBUILD does not accept."""
_KEYWORDS = frozenset(KEYWORDS)
_PAIRED = ("ARG", "ENV", "LABEL")
INSTRUCTION_LINE = lazy_pattern(rf"[ \t]*({'|'.join(sorted(KEYWORDS))})[ \t]+\S")
"""Matches the start of a line that reads as an instruction with arguments."""


def refusals(instruction: Instruction, escape: str, suggest: Callable[[str], str | None]) -> Iterator[ParseError]:
    """Yield the errors with which BuildKit refuses an instruction, except for its JSON form and its heredocs.

    Of an ONBUILD's trigger, BuildKit checks only the syntax at this point.
    """
    target = instruction.trigger or instruction
    pairs = quoted(target.arguments.text, escape) if target.keyword in _PAIRED else []
    if target.keyword != "ARG":
        yield from _syntax(target, pairs)
    keyword = instruction.keyword
    if keyword not in _KEYWORDS:
        yield _unknown(instruction, escape, suggest)
    elif keyword in _NEEDS and not (pairs if keyword in _PAIRED else _has_arguments(instruction)):
        yield ParseError(f"{keyword} has no arguments", instruction.keyword_span, help=f"Add {_NEEDS[keyword]}")
    else:
        if instruction.flags:
            yield from flag_syntax.refusals(instruction)
        if keyword in _PAIRED:
            yield from _names(instruction, pairs)
        elif keyword in _RULES:
            yield from _RULES[keyword](instruction)


def _syntax(instruction: Instruction, pairs: list[Word]) -> Iterator[ParseError]:
    """Yield the error in an ENV or LABEL that the parser refuses."""
    if not pairs:
        return
    text = instruction.arguments.text
    if "=" not in pairs[0].text:
        if not first_gap(text):
            what = f"{instruction.keyword} {plain(text)}"
            yield ParseError(f"`{what}` has no value", _span(instruction, pairs[0]), help=f"Write `{what}=value`")
        return
    for word in pairs:
        if "=" not in word.text:
            advice = "Write name=value, and quote a value with blanks"
            yield ParseError(f"{code(word.text)} has no `=`", _span(instruction, word), help=advice)


def _names(instruction: Instruction, pairs: list[Word]) -> Iterator[ParseError]:
    if instruction.keyword != "ARG" and "=" not in pairs[0].text:
        return  # ENV NAME value, where the value is the rest of the line
    for word in pairs:
        if word.text.startswith("="):
            yield ParseError(f"{code(word.text)} has no name before `=`", _span(instruction, word))


def _unknown(instruction: Instruction, escape: str, suggest: Callable[[str], str | None]) -> ParseError:
    if not instruction.keyword:
        return ParseError("this line continues no instruction", instruction.span, help="Remove it")
    guess = suggest(instruction.keyword)
    advice = f"Did you mean {guess}?" if guess else f"To continue the line above, end it with {escape}"
    return ParseError(f"unknown instruction {code(instruction.keyword)}", instruction.keyword_span, guess, advice)


def suggestion(keyword: str) -> str | None:
    """Return the instruction that is most similar to an unknown one, or None."""
    return nearest(keyword, KEYWORDS)


def _has_arguments(instruction: Instruction) -> bool:
    if instruction.json is not None and instruction.keyword != "HEALTHCHECK":
        return bool(instruction.json)
    return bool(instruction.arguments.text)


def _words(instruction: Instruction) -> list[tuple[str, Span]]:
    """Return the arguments of an instruction that takes a list, in JSON form or not."""
    if instruction.json is not None:
        return [(item.value, item.span) for item in instruction.json]
    return [(word.text, _span(instruction, word)) for word in listed(instruction.arguments.text)]


def _from(instruction: Instruction) -> Iterator[ParseError]:
    words = _words(instruction)
    if len(words) == 1:
        return
    name, named = words[1][0], words[1][0].casefold() == "as"
    if not named:
        span = Span(words[1][1].start, words[-1][1].end)
        yield ParseError(f"FROM does not accept {code(name)}", span, help="Write FROM image, or FROM image AS name")
    elif len(words) == 2:
        yield ParseError("AS is not followed by a stage name", words[1][1])
    elif len(words) > 3:
        message = f"{code(words[3][0])} follows the name of the stage"
        yield ParseError(message, Span(words[3][1].start, words[-1][1].end), "", "Remove it")
    elif not words[2][0][:1].isalpha() or not _STAGE_NAME.issuperset(words[2][0].lower()):
        advice = "Start with a letter, then use letters, digits, `-`, `_` and `.`"
        yield ParseError(f"{code(words[2][0])} is not a valid stage name", words[2][1], help=advice)


def _copy(instruction: Instruction) -> Iterator[ParseError]:
    words = _words(instruction)
    keyword = instruction.keyword
    last, span = words[-1]
    if len(words) == 1:
        yield ParseError(f"{keyword} has no destination", span)
    elif is_marker(last):
        yield ParseError(f"the destination of {keyword} is a heredoc", span, help="Write the destination after it")


def _volume(instruction: Instruction) -> Iterator[ParseError]:
    for value, span in _words(instruction):
        if not value.strip(BLANKS):
            yield ParseError("the name of a volume is empty", span, help="Name a folder, or remove it")


def _shell(instruction: Instruction) -> Iterator[ParseError]:
    if instruction.json is None:
        advice = 'Write it as in `SHELL ["/bin/bash", "-c"]`'
        yield ParseError("SHELL is not in JSON form", _all(instruction), help=advice)


def _healthcheck(instruction: Instruction) -> Iterator[ParseError]:
    kind = head(instruction.arguments.text)
    rest = instruction.arguments.text[kind.end :]
    empty = not instruction.json if instruction.json is not None else not rest
    span = _span(instruction, kind)
    if kind.text.upper() == "NONE":
        if not empty:
            yield ParseError("HEALTHCHECK NONE has arguments", _all(instruction), help="Remove them")
    elif kind.text.upper() != "CMD":
        yield ParseError(f"HEALTHCHECK does not accept {code(kind.text)}", span, help="Write CMD before the command")
    elif empty:
        yield ParseError("HEALTHCHECK CMD has no command", span)


def _onbuild(instruction: Instruction) -> Iterator[ParseError]:
    trigger = instruction.trigger
    if trigger and trigger.keyword in NO_TRIGGERS:
        yield ParseError(f"ONBUILD does not accept {plain(trigger.keyword, 16)}", trigger.keyword_span)


def _span(instruction: Instruction, word: Word) -> Span:
    return instruction.arguments.span(word.start, word.end)


def _all(instruction: Instruction) -> Span:
    return instruction.arguments.span(0, len(instruction.arguments.text))


_RULES: dict[str, Callable[[Instruction], Iterator[ParseError]]] = {
    "ADD": _copy,
    "COPY": _copy,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "ONBUILD": _onbuild,
    "SHELL": _shell,
    "VOLUME": _volume,
}
