"""The parts of a parsed Dockerfile. Every span is in code points of the file's text."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from zr4lint.model.source import MappedText, SourceFile, Span


class Directive(Struct, frozen=True):
    """A parser directive such as `# escape=`; the span is its line without the line end."""

    name: str
    value: str
    span: Span


class Comment(Struct, frozen=True, gc=False):
    """A comment line; `text` is without the "#" and the blanks around it.

    `inside` is set if the comment is between the lines of one instruction.
    """

    text: str
    span: Span
    inside: bool


class Flag(Struct, frozen=True, gc=False):
    """A `--name` or `--name=value` of an instruction; `value` is None if there is no "="."""

    name: str
    value: str | None
    span: Span


class JsonString(Struct, frozen=True, gc=False):
    """One string of an exec form; the span covers its quotes."""

    value: str
    span: Span


class Heredoc(Struct, frozen=True):
    """A heredoc of a RUN, COPY or ADD.

    `marker` is the `<<NAME` in the instruction, `body` the lines up to the terminator's line, with their line ends and,
    under `<<-` (`chomp`), with their leading tabs. `expand` is False if the name is quoted.
    """

    name: str
    descriptor: int
    expand: bool
    chomp: bool
    marker: Span
    body: Span
    terminator: Span


class Instruction(Struct, frozen=True, gc=False):
    """One instruction.

    `keyword` is in upper case. `span` runs from the keyword's first character to the end of the last line, heredocs
    included, without the line end; `line` and `end_line` are its first and last line, as BuildKit numbers them.
    `arguments` is the text after keyword and flags, without continuations, inner comments and surrounding blanks.
    `json` holds the strings of a valid exec form, else None. `trigger` is the instruction of an ONBUILD. `stage` counts
    from 0; -1 stands for what precedes the first FROM.
    """

    index: int
    stage: int
    keyword: str
    keyword_span: Span
    span: Span
    line: int
    end_line: int
    flags: tuple[Flag, ...]
    arguments: MappedText
    json: tuple[JsonString, ...] | None
    heredocs: tuple[Heredoc, ...]
    trigger: Instruction | None


class PieceKind(Enum):
    """The kinds of lines, or runs of lines, of a file."""

    DIRECTIVE = "directive"
    COMMENT = "comment"
    BLANK = "blank"
    INSTRUCTION = "instruction"
    UNREAD = "unread"


class Piece(Struct, frozen=True, gc=False):
    """A run of whole lines, line ends included; the pieces of a file joined are its text."""

    kind: PieceKind
    span: Span


class ParseError(Struct, frozen=True, gc=False):
    """An error for which BuildKit refuses the file.

    `instead` is a replacement for the span, if it is clear. `help` says what to do.
    """

    message: str
    span: Span
    instead: str | None = None
    help: str | None = None


class Dockerfile(Struct, frozen=True):
    """A parsed file; if there are `errors`, it contains what could be parsed. `escape` is its escape character."""

    source: SourceFile
    directives: tuple[Directive, ...]
    comments: tuple[Comment, ...]
    instructions: tuple[Instruction, ...]
    pieces: tuple[Piece, ...]
    errors: tuple[ParseError, ...]
    escape: str

    @property
    def unread(self) -> Span | None:
        """Return the unparsed rest of a file of more than `budgets.INSTRUCTIONS` instructions, or None."""
        last = self.pieces[-1] if self.pieces else None
        return last.span if last is not None and last.kind is PieceKind.UNREAD else None
