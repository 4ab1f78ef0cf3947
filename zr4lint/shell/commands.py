"""The types of a parsed script: words, expansions, redirections and commands."""

from __future__ import annotations

from enum import Enum, IntEnum, auto

from msgspec import Struct

from zr4lint.model.source import MappedText, Span

ANY_DEPTH = "\0"
"""Stands in a path for any number of folders, including none."""


class Reach(IntEnum):
    """Whether a command runs when the build succeeds."""

    NEVER = 0
    MAYBE = 1
    ALWAYS = 2


class Dialect(Enum):
    """The shell that reads a script."""

    DASH = auto()  # without `set -o pipefail`
    NEW_DASH = auto()  # a dash that may support pipefail
    SH = auto()  # an unknown /bin/sh: what dash and bash agree on
    BASH = auto()

    @property
    def is_dash(self) -> bool:
        """Return whether this is a dash of any release."""
        return self is Dialect.DASH or self is Dialect.NEW_DASH


class Expansion(Struct, frozen=True, gc=False):
    """A `$...` between `start` and `end` of a word's text.

    `name` is None for a value that is unknown before the build, such as `$(command)`. `operator` is "" for `$NAME`.
    Otherwise it is the text after the name, such as `:-`, `##`, `//` or `^^`, and `operand` is the text after the
    operator. `operator` is `length` for `${#NAME}`, `:` for `${NAME:1:2}`, and `((` for arithmetic, whose name is "".
    """

    start: int
    end: int
    name: str | None
    operator: str
    operand: str
    quoted: bool


class Word(Struct, frozen=True, gc=False):
    """One word of a script. `text` has no quotes, and `span` includes them.

    `glob` tells that the word has an unquoted wildcard, which the shell expands.
    """

    text: MappedText
    expansions: tuple[Expansion, ...]
    span: Span
    quoted: bool
    glob: bool = False

    @property
    def literal(self) -> str | None:
        """Return the word's value, or None if it has an expansion."""
        return None if self.expansions else self.text.text


class Argument(Struct, frozen=True, gc=False):
    """One argument that a program receives; a word can give several. `value` is None if it is unknown.

    If `glob` is set, the value is a pattern, and the program receives the matching paths.
    """

    value: str | None
    span: Span
    quoted: bool = False
    glob: bool = False


class Redirection(Struct, frozen=True, gc=False):
    """A redirection to or from a file."""

    operator: str
    target: Word | None
    span: Span


class Heredoc(Struct, frozen=True):
    """A heredoc that was removed from a script's text; `start` and `end` are the offsets of its blanked marker."""

    start: int
    end: int
    body: MappedText


class Wrapper(Struct, frozen=True):
    """A program that runs another, such as `sudo`, `env`, `xargs` or `sh -c`; `span` is the word that names it."""

    name: str
    span: Span


class Pipe(Struct, frozen=True):
    """A place in a pipeline: `number` identifies the pipeline in its script, and `index` counts from 0.

    `caught` tells that the script tests the pipeline's status: in a condition, after `!` or before `||`.
    """

    number: int
    index: int
    last: bool
    caught: bool = False


class Command(Struct, frozen=True, gc=False):
    """A simple command.

    - `assignments` stand before its words, or alone.
    - `operator` joins it to the previous command: "", "&&", "||", ";", "|" or "&".
    - `scope` numbers the subshells around it, the outermost first. Changes of folder and variables end with their
      scope.
    - `stdin` is its heredoc, and `folder` the folder that `env -C` sets.
    - `wrappers` are the programs that run it, and `pipes` its places in pipelines, both with the outermost first.
    - `exits` tells that its shell has the option `-e`.
    - `refused` says why the shell can't run the command although the script reaches it.
    - `guard` numbers the conditions around it, the outermost first.
    - `tested` tells that the shell continues if it fails, as in a condition.
    - `private` are variables of its shell that are not exported to it.
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
    private: frozenset[str] = frozenset()
