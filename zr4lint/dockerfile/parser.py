"""Parses a Dockerfile as BuildKit does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from zr4lint.dockerfile import arrays, directives, refusals, splitting
from zr4lint.dockerfile.heredocs import Finder, Found
from zr4lint.dockerfile.instructions import (
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Instruction,
    JsonString,
    ParseError,
    Piece,
    PieceKind,
)
from zr4lint.dockerfile.lines import BLANKS, Lines, comment, join
from zr4lint.model.budgets import INSTRUCTIONS
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import MappedText, SourceFile, Span

_WITH_HEREDOCS = ("ADD", "COPY", "RUN")
_WITH_JSON = ("ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME")
_NEED_STAGE = frozenset(refusals.KEYWORDS) - {"ARG"}
_LONGEST_LINE = 65535  # bytes


class _Statement(Struct, frozen=True):
    keyword: str
    keyword_span: Span
    flags: tuple[Flag, ...]
    arguments: MappedText
    json: tuple[JsonString, ...] | None


def parse(source: SourceFile) -> Dockerfile:
    """Parse a Dockerfile; never raises, for any text."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.lines = Lines(source)
        self.finder = Finder(self.lines)
        self.escape = "\\"
        self.stage = -1
        self.directives: dict[str, Directive] = {}
        self.comments: list[Comment] = []
        self.instructions: list[Instruction] = []
        self.pieces: list[Piece] = []
        self.errors: list[ParseError] = []
        self.suggest = cache(refusals.suggestion)

    def parse(self) -> Dockerfile:
        number = self._directives()
        while number < len(self.lines) and len(self.instructions) < INSTRUCTIONS:
            number = self._line(number)
        if number < len(self.lines):
            self._piece(PieceKind.UNREAD, number, len(self.lines))
        self._check_file()
        return Dockerfile(
            self.source,
            tuple(self.directives.values()),
            tuple(self.comments),
            tuple(self.instructions),
            tuple(self.pieces),
            tuple(sorted(self.errors, key=lambda error: error.span)),
            self.escape,
        )

    def _directives(self) -> int:
        """Read the directives at the top, up to the first other line."""
        for number in range(len(self.lines)):
            directive = directives.read(*self.lines.words(number))
            if not directive:
                return number
            self._piece(PieceKind.DIRECTIVE, number, number + 1)
            error = directives.refusal(directive, self.directives)
            if error:
                self.errors.append(error)
            elif directive.name == "escape":
                self.escape = directive.value
            self.directives.setdefault(directive.name, directive)
        return len(self.lines)

    def _line(self, number: int) -> int:
        """Read what starts at a line; return the number of the line after it."""
        line, offset = self.lines.words(number)
        if not line:
            end = number + 1
            self._piece(PieceKind.BLANK, number, end)
        elif line.startswith("#"):
            end = number + 1
            self._piece(PieceKind.COMMENT, number, end)
            self.comments.append(comment(line, offset, inside=False))
        else:
            end = self._instruction(number)
            self._piece(PieceKind.INSTRUCTION, number, end)
        return end

    def _piece(self, kind: PieceKind, first: int, end: int) -> None:
        start = self.lines.start(first)
        if self.pieces and self.pieces[-1].kind is kind and kind is not PieceKind.INSTRUCTION:
            start = self.pieces.pop().span.start
        self.pieces.append(Piece(kind, Span(start, self.lines.start(end))))

    def _instruction(self, number: int) -> int:
        logical = join(self.lines, number, self.escape)
        self.comments += logical.comments
        outer = self._statement(logical.text)
        inner = self._statement(outer.arguments) if outer.keyword == "ONBUILD" and outer.arguments.text else None
        if outer.keyword == "FROM":
            self.stage += 1
        target = inner or outer
        found = Found((), logical.end)
        if target.keyword in _WITH_HEREDOCS and target.json is None:
            found = self.finder.find(logical.text, logical.end)
        trigger = None
        if inner:
            trigger = self._build(inner, self.source.line_of(inner.keyword_span.start), found, None)
        instruction = self._build(outer, number + 1, found, trigger)
        self.errors += _heredoc_refusals(found)
        self.errors += refusals.refusals(instruction, self.escape, self.suggest)
        self.instructions.append(instruction)
        return found.end

    def _statement(self, text: MappedText) -> _Statement:
        parts = splitting.split(text)
        # BuildKit compares in lower case, so the Kelvin sign counts as a K.
        keyword = parts.keyword.text.lower().upper()
        json = self._json(keyword, parts.arguments) if keyword in _WITH_JSON else None
        return _Statement(
            keyword, text.span(parts.keyword.start, parts.keyword.end), parts.flags, parts.arguments, json
        )

    def _json(self, keyword: str, arguments: MappedText) -> tuple[JsonString, ...] | None:
        at = 0
        if keyword == "HEALTHCHECK":
            at = splitting.head(arguments.text).end
            at += len(arguments.text[at:]) - len(arguments.text[at:].lstrip(BLANKS))
        if not arguments.text.startswith("[", at):
            return None
        items = arrays.read(arguments.text, at)
        if items is None:
            return None
        strings = []
        for item in items:
            span = arguments.span(item.start, item.end)
            if item.text is None:
                what = code(arguments.text[item.start : item.end])
                advice = "Put each item in double quotes"
                self.errors.append(ParseError(f"{what} is not a string", span, help=advice))
            else:
                strings.append(JsonString(item.text, span))
        return tuple(strings)

    def _build(self, statement: _Statement, line: int, found: Found, trigger: Instruction | None) -> Instruction:
        keyword = statement.keyword_span
        return Instruction(
            index=len(self.instructions),
            stage=self.stage,
            keyword=statement.keyword,
            keyword_span=keyword,
            span=Span(keyword.start, max(self.source.line_span(found.end).end, keyword.end)),
            line=line,
            end_line=found.end,
            flags=statement.flags,
            arguments=statement.arguments,
            json=statement.json,
            heredocs=found.heredocs,
            trigger=trigger,
        )

    def _check_file(self) -> None:
        """Find the errors of the file as a whole."""
        instructions = self.instructions
        early = next((one for one in instructions if one.stage < 0 and one.keyword in _NEED_STAGE), None)
        if not instructions:
            self.errors.append(ParseError("the file has no instruction", Span(0, 0), help="Start with FROM"))
        elif early:
            message = f"{plain(early.keyword, 16)} comes before the first FROM"
            advice = "Start the file with FROM; only ARG may come before it"
            self.errors.append(ParseError(message, early.keyword_span, help=advice))
        elif self.stage < 0:
            self.errors.append(ParseError("the file has no FROM", instructions[-1].keyword_span, help="Add FROM"))
        if len(self.source.text) <= _LONGEST_LINE // 4:  # no line can be too long
            return
        for number in range(len(self.lines)):
            if self.lines.start(number + 1) - self.lines.start(number) > _LONGEST_LINE // 4:
                self._check_length(number)

    def _check_length(self, number: int) -> None:
        start, end = self.lines.start(number), self.lines.start(number + 1)
        size = len(self.source.text[start:end].removesuffix("\n").encode("utf-8", "surrogatepass"))
        if size > _LONGEST_LINE:
            message = f"a line of {size} bytes is longer than BuildKit's limit of {_LONGEST_LINE}"
            span = self.source.line_span(number + 1)
            self.errors.append(ParseError(message, span, help="Continue it on another line"))


def _heredoc_refusals(found: Found) -> Iterator[ParseError]:
    if found.unreadable:
        yield ParseError("a quote or `${` in the name of this heredoc is not closed", found.unreadable)
    if found.unterminated:
        heredoc = found.heredocs[-1]
        name = code(heredoc.name)
        yield ParseError(f"heredoc {name} is not terminated", heredoc.marker, help=f"Add a line with only {name}")
