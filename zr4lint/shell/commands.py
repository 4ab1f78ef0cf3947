"""The parts of shell text."""

from __future__ import annotations

from enum import Enum, IntEnum, auto

from msgspec import Struct

from zr4lint.model.source import MappedText, Span

ANY_DEPTH = "\0"
"""Stands in a path for any folders, or none, between two others."""


class Reach(IntEnum):
    """Whether a command runs when the build succeeds."""

    NEVER = 0
    MAYBE = 1
    ALWAYS = 2


class Dialect(Enum):
    """Which shell reads a script."""

    DASH = auto()
    SH = auto()  # some /bin/sh: what dash and bash agree on
    BASH = auto()


class Expansion(Struct, frozen=True):
    """A `$...` that stands at start to end of a word's text.

    `name` is None for what can't be known before the build, such as `$(command)`. `operator` is "" for `$NAME`, else
    what stands behind the name, such as `:-`, `##`, `//` or `^^`, with `operand` behind it; `length` for `${#NAME}`,
    `:` for `${NAME:1:2}`, and `((` for arithmetic, whose name is "".
    """

    start: int
    end: int
    name: str | None
    operator: str
    operand: str
    quoted: bool


class Word(Struct, frozen=True):
    """One word as written; `text` is without its quotes, `span` with them.

    `glob` tells that it holds a wildcard that the shell expands, one that is not quoted.
    """

    text: MappedText
    expansions: tuple[Expansion, ...]
    span: Span
    quoted: bool
    glob: bool = False

    @property
    def literal(self) -> str | None:
        """The word's value, None where it holds an expansion."""
        return None if self.expansions else self.text.text


class Argument(Struct, frozen=True):
    """One value that the program receives, None where it can't be known; several may come from one word.

    With `glob` the value is a pattern, and the program receives the paths that it fits.
    """

    value: str | None
    span: Span
    quoted: bool = False
    glob: bool = False


class Redirection(Struct, frozen=True):
    """A redirection to or from a file."""

    operator: str
    target: Word | None
    span: Span


class Heredoc(Struct, frozen=True):
    """A heredoc that was taken out of a script's text: `start` is where its marker was blanked out."""

    start: int
    end: int
    body: MappedText


class Wrapper(Struct, frozen=True):
    """A program that runs another: `sudo`, `env`, `xargs`, `sh -c`; `span` is the word that names it."""

    name: str
    span: Span


class Pipe(Struct, frozen=True):
    """A place in a pipeline. `number` tells the pipelines of a script apart, `index` counts the places from 0.

    `caught` tells that the script goes by the pipeline's status, as in a condition, behind `!` or in front of `||`.
    """

    number: int
    index: int
    last: bool
    caught: bool = False


class Command(Struct, frozen=True):
    """A simple command.

    `assignments` stand before its words, or alone. `scope` names the subshells it runs in, the outermost first:
    what a command changes in a scope (folder, variables) is gone outside of it. `operator` joins it to the command
    before: "", "&&", "||", ";", "|" or "&". `stdin` is the heredoc it reads,
    `folder` where `env -C` has it run. `wrappers` are the programs that run it, the outermost first, and `pipes` its
    places in the pipelines around it, the outermost first. `exits` tells that its shell has the option `-e` on,
    `tested` that the shell goes on all the same where it fails, as in a condition.
    `refused` is why the shell can't run it though the script gets there. `guard` names the conditions that it runs
    under, the outermost first.
    """

    words: tuple[Word, ...]
    assignments: tuple[tuple[str, Word], ...]
    redirections: tuple[Redirection, ...]
    span: Span
    operator: str
    reach: Reach
    scope: tuple[int, ...]
    stdin: MappedText | None
    folder: Word | None = None
    wrappers: tuple[Wrapper, ...] = ()
    pipes: tuple[Pipe, ...] = ()
    exits: bool = False
    refused: str = ""
    guard: tuple[int, ...] = ()
    tested: bool = False
