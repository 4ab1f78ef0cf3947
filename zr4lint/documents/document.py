"""Splits a Markdown document into headings, code blocks, tables and prose, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import Any

from msgspec import Struct

from zr4lint.filesystem.sources import FileError
from zr4lint.model.budgets import DOCUMENT_LINES, DOCUMENT_NESTING, PROSE_LENGTH
from zr4lint.model.remark import Remark, too_large
from zr4lint.model.source import MappedText, SourceFile, Span

_OTHER_ENDS = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""The characters besides "\\n" at which `str.splitlines` ends a line."""
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_SECTION = re.compile(r"(?:section\s+)?(\d+)\s*[:.)](?!\d)", re.IGNORECASE)
_LINES = re.compile(r"\blines?\s+(\d+)(?:\s*(?:-|\u2013|to)\s*(\d+))?", re.IGNORECASE)
_PART = re.compile(
    r"(?:(step|part|layer|phase|task|stage|chapter|requirement|rule|appendix|section)\s+(\d+(?:\.\d+)*|[A-Z])(?![\w.-]*\w)"
    r"|([A-Z]{1,5}-?\d+)(?=\s*[:.)\u2013-]\s))",
    re.IGNORECASE,
)
_LEAD = re.compile(r":[*_]*\s*\Z")
_BOLD = re.compile(r"\s*(\*\*|__)(?P<words>[^*\n]{2,60}?)[:.]?\1:?\s*")
_LAYER = re.compile(r"\blayer\s+(\d+)", re.IGNORECASE)
_DELIMITERS = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_NESTED = re.compile(rf"^(?:[ \t]*+(?:>|(?:[-*+]|\d{{1,9}}+[.)])(?=[ \t]))){{{DOCUMENT_NESTING + 1}}}", re.MULTILINE)
_BOLD_LEVEL = 7
"""The level of a line in bold letters that acts as a heading, below all headings."""
MARK = re.compile(r"\{zr4:\s*+([^}]{0,200})\}|<!--\s*+zr4:\s*+(.{0,400}?)-->", re.DOTALL)
"""Matches a mark of the author on a block or a sentence."""


class Role(Enum):
    """The role of a code block in the document."""

    BEFORE = "before"
    TARGET = "target"
    CHECK = "check"
    RECOVERY = "recovery"
    OTHER = "other"


_ROLES = (
    (Role.BEFORE, re.compile(r"\bbefore\b|\bcurrent\b", re.IGNORECASE)),
    (Role.TARGET, re.compile(r"\bafter\b|\btarget\b|\bdesired\b", re.IGNORECASE)),
    (Role.RECOVERY, re.compile(r"\brecover|\broll[ -]?back\b|\brepair|\bfall-?back\b|\bremed", re.IGNORECASE)),
    (Role.CHECK, re.compile(r"\bverif|\bvalidat|\bacceptance\b|\bchecks?\b|\bcomplian", re.IGNORECASE)),
)
_LEADS = (
    (
        Role.BEFORE,
        re.compile(
            r"\b(?:current|existing|old|present) (?:state|dockerfile|file|version)\b"
            r"|\A\W*(?:the\s+)?(?:current|before|old|existing|today|from)\W*\Z",
            re.IGNORECASE,
        ),
    ),
    (
        Role.TARGET,
        re.compile(
            r"\b(?:target|desired|final|resulting) (?:state|dockerfile|file|version)\b"
            r"|\A\W*(?:the\s+)?(?:target|after|desired|new|becomes|result)\W*\Z"
            r"|\bdockerfile after (?:this|the) change\b",
            re.IGNORECASE,
        ),
    ),
    (Role.RECOVERY, re.compile(r"\A\W*(?:recovery|roll[ -]?back|repair|fall-?back)\b", re.IGNORECASE)),
    (Role.CHECK, re.compile(r"\A\W*(?:verif\w+|validat\w+|checks?)\b", re.IGNORECASE)),
)
"""Roles by the line above a block that ends with a colon."""


class Heading(Struct, frozen=True):
    """A heading: its level, its text, and the section, layer and lines that it names."""

    level: int
    title: str
    span: Span

    @property
    def number(self) -> str | None:
        """The number of the section."""
        found = _SECTION.match(self.title)
        return found[1] if found is not None else None

    @property
    def part(self) -> tuple[str, str] | None:
        """The kind and the number of the part that it names, such as step and 2; a code such as T2 has no kind."""
        found = _PART.match(self.title)
        return ((found[1] or "").lower(), found[2] or found[3]) if found is not None else None

    @property
    def layer(self) -> int | None:
        """The number of the layer that it names."""
        found = _LAYER.search(self.title)
        return int(found[1]) if found is not None else None

    @property
    def lines(self) -> tuple[int, int] | None:
        """The first and the last line that it names."""
        found = _LINES.search(self.title)
        return (int(found[1]), int(found[2] or found[1])) if found is not None else None


class Fence(Struct, frozen=True):
    """A code block: `body` is its text, `path` the headings above it with the outermost first.

    A line in bold letters is the last heading of `path`. `lead` is the line above the block if it ends with a colon.
    """

    language: str
    mark: str | None
    body: MappedText
    span: Span
    path: tuple[Heading, ...]
    lead: str = ""

    @property
    def is_dockerfile(self) -> bool:
        """Whether the language of the block is a Dockerfile's."""
        return self.language in ("dockerfile", "docker", "containerfile")

    @property
    def is_shell(self) -> bool:
        """Whether the language of the block is a shell's."""
        return self.language in ("bash", "sh", "shell")

    @property
    def role(self) -> Role:
        """The role of the block, by its mark, by the line above it, or by the nearest heading with a role."""
        if self.mark is not None:
            word = self.mark.split()[0] if self.mark.split() else ""
            return next((role for role in Role if role.value == word), Role.OTHER)
        for role, pattern in _LEADS if self.lead else ():
            if pattern.search(self.lead):
                return role
        for heading in reversed(self.path):
            for role, pattern in _ROLES[::-1] if self.is_shell else _ROLES:
                if pattern.search(heading.title):
                    return role
        return Role.OTHER

    @property
    def section(self) -> Heading | None:
        """The heading of the section that contains the block."""
        return section_in(self.path)

    @property
    def lines(self) -> tuple[int, int] | None:
        """The first and the last line that its headings name."""
        return next((heading.lines for heading in reversed(self.path) if heading.lines is not None), None)


def section_in(path: Sequence[Heading]) -> Heading | None:
    """Return the outermost heading with a number or a part's name, else the outermost one below the title."""
    named = next((heading for heading in path if heading.number is not None or heading.part is not None), None)
    return named or next((heading for heading in path if 1 < heading.level < _BOLD_LEVEL), None)


class Words(Struct, frozen=True):
    """Words of the document: a line of prose, a paragraph, or a cell.

    `lead` is the paragraph that introduces their list. `mark` is the content of a comment above them.
    """

    text: str
    span: Span
    path: tuple[Heading, ...] = ()
    lead: Words | None = None
    mark: str | None = None

    def at(self, start: int, end: int) -> Span:
        """Return the place of a part of the words in the document."""
        return Span(self.span.start + start, self.span.start + end)


class Table(Struct, frozen=True):
    """A table: the cells of its header and of its rows, and the paragraph above it."""

    header: tuple[Words, ...]
    rows: tuple[tuple[Words, ...], ...]
    path: tuple[Heading, ...]
    lead: Words | None = None


class Document:
    """A parsed Markdown document; raises FileError if its blocks are nested too deep.

    `remarks` report its lines over a budget, whose paragraphs are left out.
    """

    def __init__(self, source: SourceFile) -> None:
        self._given = source.text
        # A blank in place of other line ends keeps all offsets. `_mapped` removes that of "\r\n" from scripts.
        text = _OTHER_ENDS.sub(" ", source.text)
        self.source = SourceFile(text, source.path) if text != source.text else source
        self.headings: list[Heading] = []
        self.fences: list[Fence] = []
        self.indented: list[MappedText] = []
        self.tables: list[Table] = []
        self.prose: list[Words] = []
        self.paragraphs: list[Words] = []
        self.remarks: list[Remark] = []
        self._path: list[Heading] = []
        self._mark: str | None = None
        self._lead: Words | None = None
        self._last: Words | None = None
        self._bold: tuple[Heading, ...] = ()
        self._above = ""
        self._read()

    @cached_property
    def sections(self) -> list[Heading]:
        """The headings with a number and lines."""
        return [heading for heading in self.headings if heading.number is not None and heading.lines is not None]

    def _read(self) -> None:
        from zr4lint.documents.markdown_blocks import blocks

        text = self.source.text
        front = _FRONT_MATTER.match(text)
        if front is not None:
            text = re.sub(r"[^\n]", " ", front[0]) + text[front.end() :]
        starts = self.source.line_starts
        if len(starts) > DOCUMENT_LINES:
            rest = Span(starts[DOCUMENT_LINES], len(text))
            self.remarks.append(too_large(rest, "a document", f"{DOCUMENT_LINES:,} lines"))
            text = text[: rest.start]
        try:
            if _NESTED.search(text) is not None:
                raise RecursionError
            for block in blocks(text):
                self._block(block)
        except RecursionError:
            raise FileError(f"{self.source.path}: its blocks are nested too deep") from None

    def _block(self, block: Any) -> None:
        kind = type(block).__name__
        span = Span(*block.source_span)
        above, self._above = self._above, self._above if kind == "BlankLine" else ""
        if kind in ("Heading", "SetextHeading"):
            self._heading(block.level, span)
        elif kind == "FencedCode":
            self._fence(block, span, above)
        elif kind == "HTMLBlock":
            found = MARK.search(self.source.slice(span))
            self._mark = (found[2] or "").strip() if found is not None else None
        elif kind in ("Paragraph", "CodeBlock"):
            if kind == "CodeBlock":
                self.indented.append(MappedText.join([(self.source.slice(span), span.start)]))
            self._paragraph(span)
        elif kind in ("List", "ListItem", "Quote"):
            self._nested(block, is_list=kind == "List")

    def _nested(self, block: Any, *, is_list: bool) -> None:
        """Read the blocks inside a block; the paragraph that introduces a list applies to its items."""
        outer = self._lead
        if is_list and self._last is not None and self._last.text.rstrip().rstrip("*_").endswith(":"):
            self._lead = self._last
        for child in block.children:
            self._block(child)
        self._lead = outer

    def _heading(self, level: int, span: Span) -> None:
        words = self.source.slice(span).strip().split("\n")[0]
        title = words.lstrip("#").rstrip("#").strip()
        self._path = [heading for heading in self._path if heading.level < level]
        start = span.start + self.source.slice(span).find(title)
        heading = Heading(level, title, Span(start, start + len(title)))
        self._path.append(heading)
        self._bold = ()
        self.headings.append(heading)

    def _fence(self, block: Any, span: Span, lead: str) -> None:
        info = f"{block.lang} {block.extra}"
        found = MARK.search(info)
        mark = (found[1] or found[2] or "").strip() if found is not None else self._mark
        self._mark = None
        language = block.lang.partition("{")[0].lower()
        body = self._mapped(block.children[0].children, span)
        self.fences.append(Fence(language, mark, body, span, (*self._path, *self._bold), lead))

    def _mapped(self, body: str, span: Span) -> MappedText:
        """Return the body of a code block with each line mapped to its place in the document."""
        at = self.source.text.find("\n", span.start) + 1
        pieces: list[tuple[str, int]] = []
        for line in body.splitlines(keepends=True):
            found = self.source.text.find(line, at)
            at = found if found >= 0 else at
            end = at + len(line)
            if self._given[end - 2 : end] == "\r\n":
                pieces += [(line[:-2], at), ("\n", end - 1)]
            else:
                pieces.append((line, at))
            at = end
        return MappedText.join(pieces)

    def _paragraph(self, span: Span) -> None:
        lines = [*self._lines(span)]
        long = next((line.span for line in lines if len(line.text) > PROSE_LENGTH), None)
        if long is not None:
            self.remarks.append(too_large(long, "a line of prose", f"{PROSE_LENGTH:,} characters"))
            return
        if len(lines) > 1 and "|" in lines[0].text and _DELIMITERS.fullmatch(lines[1].text):
            header, _, *rows = (tuple(_cells(line)) for line in lines)
            lead = self._last if self._last is not None and self._last.path == tuple(self._path) else None
            self.tables.append(Table(header, tuple(rows), tuple(self._path), lead))
        else:
            self._last = Words(self.source.slice(span), span, tuple(self._path), self._lead, self._mark)
            self.paragraphs.append(self._last)
            self._titled(self._last)
        self._mark = None
        self.prose += lines

    def _titled(self, words: Words) -> None:
        """Store a bold paragraph as a heading, or one that ends with a colon as the lead of the next block."""
        bold = _BOLD.fullmatch(words.text)
        if bold is not None:
            self._bold = (Heading(_BOLD_LEVEL, bold["words"], words.at(bold.start("words"), bold.end("words"))),)
        self._above = words.text if bold is None and len(words.text) < 120 and _LEAD.search(words.text) else ""

    def _lines(self, span: Span) -> Iterator[Words]:
        start = span.start
        for line in self.source.slice(span).splitlines(keepends=True):
            text = line.rstrip("\r\n")
            yield Words(text, Span(start, start + len(text)), tuple(self._path))
            start += len(line)


def _cells(line: Words) -> Iterator[Words]:
    """Yield the cells of a row."""
    text = line.text
    bounds = [m.start() for m in re.finditer(r"(?<!\\)\|", text)]
    edges = sorted({-1, *bounds, len(text)})
    for left, right in pairwise(edges):
        raw = text[left + 1 : right]
        if not raw.strip() and (left == -1 or right == len(text)):
            continue
        start = left + 1 + len(raw) - len(raw.lstrip())
        yield Words(raw.strip(), line.at(start, start + len(raw.strip())), line.path)
