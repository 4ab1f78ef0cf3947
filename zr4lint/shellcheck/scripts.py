"""The scripts of a file's RUNs as input for ShellCheck, with every character mapped to its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts import Facts, Form, RunStep
from zr4lint.facts.fact import INHERITED, PREDEFINED_ARGS
from zr4lint.facts.shells import SHELLS, sh_of
from zr4lint.facts.stage_state import StageVariables
from zr4lint.facts.variable_uses import PLATFORM_ARGS
from zr4lint.model.budgets import CHECKED_RUNS, JOINED_LENGTH
from zr4lint.model.quoting import nearest

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

_OUTSIDE = frozenset({"PATH", "HOME", "HOSTNAME", *PREDEFINED_ARGS})
_SOMETHING = (
    r"""\s=|[$`'"*?\[{<>|~#;]|\\(?!\s)|\bcd\b|"""
    r"\bmkdir\b.{0,200}\s-\w*m|\bln(?:\s+-\w+)*\s+[^-\s]\S*\s*(?:&|\Z)"
)
"""What ShellCheck may have something to say about."""
_NAME = r"[A-Za-z_]\w*"
_CAPITALS = r"\$\{?([A-Z][A-Z0-9_]+)\b"
_EXITS = r"-[A-Za-z]*e[A-Za-z]*|errexit"
_FED = r"(?:/\S*/)?(sh|bash|dash|ash|ksh)((?:\s+-\w*|\s+(?:pipefail|errexit|nounset|xtrace))*)"
_SHEBANG = r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?(\w+)"
_GUESSES = 100
"""The most names of a file that may be misspelled; each is compared with all names in scope."""
_DIALECTS = {"bash": "bash", "ash": "busybox sh", "ksh": "ksh", "dash": "dash", "busybox": "busybox sh", "sh": "sh"}


class RunScript(Struct, frozen=True):
    """A script: `text` starts at `start` in the file, character for character; `head` precedes it."""

    head: str
    text: str
    start: int

    @property
    def whole(self) -> str:
        """Return the input of ShellCheck."""
        return self.head + self.text

    def offset(self, line: int, column: int) -> int | None:
        """Return the file offset of a line and column of the whole, both from 1, or None for one in the head."""
        line -= self.head.count("\n")
        if line < 1:
            return None
        at = 0
        for _ in range(line - 1):
            at = self.text.find("\n", at) + 1
            if not at:
                return None
        return min(self.start + at + column - 1, self.start + len(self.text))


def scripts_of(facts: Facts, unknown_sh: str) -> Iterator[RunScript]:
    """Yield the scripts of a file's RUNs in shell form; `unknown_sh` is /bin/sh in unknown images."""
    source = facts.dockerfile.source.text
    guesses = iter(range(_GUESSES))
    escape = facts.dockerfile.escape
    for step in facts.of(RunStep, range(len(facts.stages)), triggers=True)[:CHECKED_RUNS]:
        if step.form is not Form.SHELL:
            continue
        sh = sh_of(facts, step, unknown_sh)
        if sh.name not in SHELLS:
            continue
        exits = _exits(step.shell[1:-1])
        for part in _parts(source, step.at.instruction, escape):
            dialect = _dialect(part.shell if part.shell not in ("", "sh") else sh.really or sh.name, part.text)
            if dialect is not None and re.search(_SOMETHING, part.text) and part.text.strip():
                set_e = "set -e; " if (part.exits if part.shell else exits) else ""
                exports = _exports(step.variables, part.text, guesses)
                yield RunScript(f"#!/bin/{dialect}\n{set_e}{exports}\n", part.text, part.start)


class _Part(Struct, frozen=True):
    """Shell text and its start; for another shell's text, the name of the shell and whether it exits on failures."""

    start: int
    text: str
    shell: str = ""
    exits: bool = False


def _exits(options: Iterable[str]) -> bool:
    return any(re.fullmatch(_EXITS, option) for option in options)


def _dialect(name: str, text: str) -> str | None:
    """Return ShellCheck's name of the shell, or None for a shell that it does not support."""
    if (shebang := re.match(_SHEBANG, text)) is not None:
        name = shebang[1] if shebang[1] != "sh" else name
    return _DIALECTS.get(name)


def _parts(source: str, instruction: Instruction, escape: str) -> Iterator[_Part]:
    """Yield the scripts of a RUN, each with as many characters as in the file."""
    arguments = instruction.arguments
    start = arguments.span(0, 0).start
    heredocs = instruction.heredocs
    if not heredocs:
        end = instruction.span.end
        yield _Part(start, _joined(source[start:end], escape))
        return
    first, last = heredocs[0], heredocs[-1]
    body = source[first.body.start : first.body.end].replace("\r", " ")
    around = source[start : first.marker.start] + source[first.marker.end : first.body.start]
    if len(heredocs) == 1 and not around.strip():
        yield _Part(first.body.start, body)
        return
    fed = re.fullmatch(_FED, around.strip()) if len(heredocs) == 1 and not first.expand else None
    if fed is not None:
        yield _Part(first.body.start, body, fed[1], _exits(fed[2].split()))
        return
    end = max(instruction.span.end, last.body.end)
    head = _joined(source[start : first.body.start], escape)
    yield _Part(start, head + source[first.body.start : end].replace("\r", " "))


def _joined(raw: str, escape: str) -> str:
    """Return text whose lines the shell joins where Docker does; comments and empty lines between become blanks."""
    lines = raw.splitlines(keepends=True)
    found: list[str] = []
    goes_on = False
    for number, line in enumerate(lines):
        body = line.rstrip("\r\n")
        ending = line[len(body) :]
        stripped = body.strip()
        if goes_on and (stripped.startswith("#") or not stripped) and number < len(lines) - 1:
            found.append(" " * len(line))
            continue
        bare = body.rstrip()
        goes_on = bare.endswith(escape)
        if goes_on:
            blanks = len(body) - len(bare) + max(len(ending) - 1, 0)
            found.append(bare[: -len(escape)] + " " * blanks + "\\" + ("\n" if ending else ""))
        else:
            found.append(body + ending.replace("\r", " "))
    return "".join(found)


def _exports(variables: Mapping[str, str | None], text: str, guesses: Iterator[int]) -> str:
    """Return a line that sets the variables in scope that a script names, with their values if known.

    An upper-case name that is not in scope may be misspelled; ShellCheck then needs the nearest name to be set. Each
    such name takes one of `guesses`.
    """
    words: list[str] = []

    def is_known(name: str) -> bool:
        return name in _OUTSIDE or name in variables or name in unset

    unset = variables.arguments if isinstance(variables, StageVariables) else ()
    unknown = dict.fromkeys(name for name in re.findall(_CAPITALS, text) if not is_known(name))
    meant = (nearest(name, _OUTSIDE.union(variables)) for name, _ in zip(unknown, guesses, strict=False))
    for name in dict.fromkeys((*re.findall(_NAME, text, re.ASCII), *filter(None, meant))):
        if not is_known(name):
            continue
        value = variables.get(name) if name in variables else None
        if value is None and name in PLATFORM_ARGS and name.endswith(("PLATFORM", "OS", "ARCH")):
            value = "linux"  # never empty and without blanks, so it needs no quotes
        plain = value is not None and len(value) <= JOINED_LENGTH and INHERITED not in value and "\n" not in value
        words.append(f"{name}={_quoted(value)}" if plain and value is not None else name)
    return f"export {' '.join(words)}" if words else ""


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
