"""Finds errors that BuildKit reports only when it builds a stage, such as open quotes and unknown mounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.dockerfile import Flag, Instruction, values
from zr4lint.dockerfile.directives import BOOLEANS
from zr4lint.dockerfile.lexer import Fault, fault, lex
from zr4lint.model.budgets import VALUE_LENGTH
from zr4lint.model.finding import Applicability, Edit, Fix
from zr4lint.model.quoting import code, nearest
from zr4lint.model.remark import DOCKER_SYNTAX, Remark
from zr4lint.programs.modes import UNKNOWN, changed

if TYPE_CHECKING:
    from zr4lint.model.source import Span

_PAIRED = frozenset({"ARG", "ENV", "LABEL"})
_LISTED = frozenset({"ADD", "COPY", "EXPOSE", "FROM", "STOPSIGNAL", "VOLUME"})
_WHOLE = frozenset({"USER", "WORKDIR"})
_TYPES = ("bind", "cache", "secret", "ssh", "tmpfs")
_SHARING = ("shared", "private", "locked")
_KEYS = (
    "type", "from", "source", "src", "target", "dst", "destination", "readonly", "ro", "readwrite", "rw", "id",
    "sharing", "required", "mode", "uid", "gid", "size", "env",
)  # fmt: skip
_NO_PORT = r"(?i)(?:[\d.]*:)*(?!\d)[\w-]+(?:/\w*)?|[\d-]+/(?!(?:tcp|udp|sctp)\Z)\w+"
_OPERATOR = r"\$\{\w+(:(?:[^\w\s}])?)"
_REAL_TIME = r"RT(?:MIN|MAX)(?:[+-]\d+)?\Z"
_SIGNALS = frozenset({
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "UNUSED", "URG",
    "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
})  # fmt: skip
_STRANGE = r"\$\{\w*+(.?)[^}]*+\}"
"""The pattern of a substitution that BuildKit doesn't know; the group is the character where it stops."""
_QUOTES = ("'", '"')
_NAMES = {"'": "a single quote", '"': "a double quote", "}": "a substitution"}
_SWITCHES = frozenset({"readonly", "ro", "readwrite", "rw", "required"})


def refusals(instruction: Instruction, escape: str) -> Iterator[Remark]:
    """Yield remarks on the reasons why BuildKit rejects an instruction when it builds the stage."""
    if escape == "\\" and instruction.json is None and _may_fail(instruction.arguments.text):
        for raw, span in _words(instruction):
            if len(raw) <= VALUE_LENGTH and _may_fail(raw) and (found := fault(raw)) is not None:
                yield _unreadable(raw, span, found)
    if instruction.keyword in ("ADD", "COPY"):
        for flag in instruction.flags:
            if flag.name == "chmod" and flag.value and "$" not in flag.value and changed(flag.value, UNKNOWN) is None:
                yield Remark(DOCKER_SYNTAX, flag.span, f"{code(flag.value, 40)} is not a mode", part="word")
    if instruction.keyword == "EXPOSE":
        for word in values.split(instruction.arguments):
            if re.fullmatch(_NO_PORT, word.raw):
                yield Remark(DOCKER_SYNTAX, word.span, f"{code(word.raw, 40)} is not a port")
    if instruction.keyword == "STOPSIGNAL":
        yield from _no_signal(instruction)
    if instruction.keyword == "RUN":
        for flag in instruction.flags:
            if flag.name == "mount" and flag.value and '"' not in flag.value:
                yield from _mount(flag, flag.value)


def _may_fail(raw: str) -> bool:
    """Return whether a text has a quote or a substitution, which may not be closed."""
    return "'" in raw or '"' in raw or "${" in raw


def _closed(raw: str, span: Span, quote: str) -> Fix:
    """Return a fix that closes the quote of a word, or removes a quote before a name."""
    if len(raw) < span.end - span.start:
        return Fix("Remove the quote", Applicability.UNSAFE, (Edit(span.start, span.start + 1, ""),))
    return Fix("Close the quote", Applicability.UNSAFE, (Edit(span.end, span.end, quote),))


def _no_signal(instruction: Instruction) -> Iterator[Remark]:
    """Yield the remark on a STOPSIGNAL that Linux doesn't have."""
    text = instruction.arguments
    name = text.text.strip().upper().removeprefix("SIG")
    if re.fullmatch(r"[A-Z]\w*|0|0\D.*", name) and name not in _SIGNALS and not re.match(_REAL_TIME, name):
        yield Remark(DOCKER_SYNTAX, text.span(0, len(text.text)), f"{code(text.text.strip(), 40)} is not a signal")


def _words(instruction: Instruction) -> Iterator[tuple[str, Span]]:
    """Yield the words that BuildKit expands."""
    keyword, text = instruction.keyword, instruction.arguments
    if keyword in _PAIRED:
        words = values.split(text)
        legacy = keyword != "ARG" and bool(words) and "=" not in words[0].raw
        for pair, word in zip(values.pairs(instruction), words, strict=False):
            # BuildKit expands the name on its own, so a quote opened in the name must be closed in it.
            name, equals, _ = word.raw.partition("=")
            if equals and not legacy and name[:1] in ("'", '"') and lex(name, raw=False, newer=True) is None:
                yield name, word.span
            elif pair.raw:
                yield pair.raw, pair.value_span
    elif keyword in _LISTED:
        yield from ((word.raw, word.span) for word in values.split(text))
    elif keyword in _WHOLE:
        yield text.text, text.span(0, len(text.text))


def _unreadable(raw: str, span: Span, found: Fault) -> Remark:
    """Return the remark on a word that BuildKit can't expand because of a fault."""
    if found.kind == "$":
        operator = re.compile(_OPERATOR).match(raw, found.at)
        if operator is not None:
            return Remark(DOCKER_SYNTAX, span, f"BuildKit has no {code(operator[1])} in a substitution")
        strange = re.compile(_STRANGE, re.DOTALL).match(raw, found.at)
        message = f"{code(strange[0] if strange else raw[found.at :], 40)} is not a substitution"
        what = f"at {code(strange[1])}" if strange and strange[1].strip("}") else "there"
    else:
        message, what = f"{_NAMES[found.kind]} is not closed", "at what is not closed"
    fix = _closed(raw, span, found.kind) if found.kind in _QUOTES and not found.nested else None
    note = f"BuildKit expands the word when it builds the stage, and stops {what}."
    return Remark(DOCKER_SYNTAX, span, message, (note,), fix=fix)


def _mount(flag: Flag, value: str) -> Iterator[Remark]:
    for field in value.split(","):
        name, equals, given = field.partition("=")
        key = name.lower()
        if "$" in field:
            continue
        if key not in _KEYS:
            guess = nearest(key, _KEYS)
            yield _wrong(flag, f"a mount has no key {code(name)}", f"Use `{guess}`" if guess else None)
        elif not equals and key not in _SWITCHES:
            yield _wrong(flag, f"the key {code(name)} of a mount has no value", None)
        elif key in _SWITCHES and equals and given not in BOOLEANS:
            yield _wrong(flag, f"{code(given, 40)} is neither true nor false", f"Write `{key}=true`, or leave it out")
        elif key in ("type", "sharing"):
            known = _TYPES if key == "type" else _SHARING
            if given.lower() not in known:
                guess = nearest(given, known)
                advice = f"Use `{guess}`" if guess else "Use one of " + ", ".join(known)
                yield _wrong(flag, f"a mount has no {key} {code(given)}", advice)


def _wrong(flag: Flag, message: str, advice: str | None) -> Remark:
    return Remark(DOCKER_SYNTAX, flag.span, message, help=advice, part="word")
