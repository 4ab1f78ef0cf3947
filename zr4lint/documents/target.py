"""Joins the target blocks of a document to the Dockerfile that it specifies, and finds the file's name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from zr4lint.dockerfile import parse
from zr4lint.documents.demanding.demands import Read, read
from zr4lint.documents.document import Document, Fence, Role
from zr4lint.facts import Facts, gather
from zr4lint.facts.images import is_bare
from zr4lint.model.source import MappedText, SourceFile, Span

_NAME = re.compile(r"(?<![\w.-])(?<![\w.-]/)(?:[\w.-]++/)*[\w.-]*?(?:Dockerfile|Containerfile)[\w.-]*")
_COUNT = re.compile(r"(?<![\w.-])(\d{1,9})[- ]lines?\b(?!\s+\d)", re.IGNORECASE)
_FILE = re.compile(
    r"dockerfile|containerfile|\b(?:the|whole|this|entire|new|final) file\b|\ball \d+ lines\b", re.IGNORECASE
)
_NOT_NOW = re.compile(
    r"\b(?:was|were|had|used to|old|former(?:ly)?|previous(?:ly)?|before|earlier|today|currently|from \d+"
    r"|later|next|future|may|might|could|would|planned)\b",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:\b(?:at (?:most|least)|(?:no )?(?:more|fewer|less) than|under|below|over|above|up to|about|around|roughly"
    r"|per|or|first|last)|[~<>\u2264\u2265])\s*\Z",
    re.IGNORECASE,
)
"""Matches words before a number of lines that make it a limit or an example; at most 40 characters are searched."""

_START = re.compile(r"(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+[ \t]*+(?:FROM|ARG)\s", re.IGNORECASE)
"""Matches the beginning of a whole file: blank lines and comments, then FROM or ARG."""
_STARTS = re.compile(r"^(?:CMD|ENTRYPOINT)\s", re.IGNORECASE | re.MULTILINE)
_EXCERPT = re.compile(
    r"\b(?:excerpts?|extracts?|simplified|abridged|shortened|relevant (?:parts?|lines)|skeleton|sketch|outline)\b",
    re.IGNORECASE,
)
"""Matches words above a block that leaves lines out."""
NO_TARGET = 'no target found; put the `dockerfile` block below a heading such as "After"'
"""The message about a document without a target text, in which few checks can run."""


_GUIDE = re.compile(r"\bguid(?:e|es|elines?)\b|\bbest practices?\b|\bexamples?\b|\btips\b|\btutorial\b", re.IGNORECASE)

_OMITTED = re.compile(r"^\s*(?:#\s*)?(?:\.\.\.|\u2026|\[\.\.\.\])", re.MULTILINE)
"""Matches an ellipsis that replaces omitted lines."""

_MOST_LINES = 10_000
"""The most blank lines between two blocks."""


def is_about_lines(text: str) -> bool:
    """Return whether words with a number of lines may be about the target file."""
    return _FILE.search(text) is not None and _NOT_NOW.search(text) is None


def is_not_now(text: str) -> bool:
    """Return whether words may be about another version of the file."""
    return _NOT_NOW.search(text) is not None


def _is_guide(fence: Fence) -> bool:
    """Return whether a block is in a guide, whose examples are not the target file."""
    return any(_GUIDE.search(heading.title) for heading in fence.path)


class Target:
    """The Dockerfile that a document specifies."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._sections = {id(fence): fence.section for fence in document.fences}
        blocks = [f for f in document.fences if f.is_dockerfile and f.role is Role.TARGET]
        planned = any(f.lines is not None for f in blocks) or any(f.role is Role.CHECK for f in document.fences)
        self.blocks = [f for f in blocks if f.mark is not None or planned or not _is_guide(f)]
        self.before = [f for f in document.fences if f.is_dockerfile and f.role is Role.BEFORE]
        self.checks = [f for f in document.fences if f.is_shell and f.role is Role.CHECK]
        self.recoveries = [f for f in document.fences if f.is_shell and f.role is Role.RECOVERY]

    @cached_property
    def path(self) -> str:
        """The most frequent name of the file in the document's scripts."""
        scripts = (m[0] for f in self.document.fences if f.is_shell for m in _NAME.finditer(f.body.text))
        found = Counter(name.removeprefix("./") for name in scripts)
        return found.most_common(1)[0][0] if found else "Dockerfile"

    @cached_property
    def stated(self) -> list[Read]:
        """The statements in the document's sentences and tables."""
        return read(self.document)

    @cached_property
    def whole(self) -> MappedText:
        """The text of the target blocks, separated by blank lines."""
        return joined(self.blocks)

    @cached_property
    def facts(self) -> Facts:
        """The facts of the target text."""
        return gather(parse(SourceFile(self.whole.text)), {})

    @cached_property
    def is_whole(self) -> bool:
        """Whether the target blocks form one file; if several of them have a FROM, their lines must ascend."""
        starts = [block for block in self.blocks if _START.match(block.body.text)]
        lines = [block.lines[0] if block.lines is not None else 0 for block in self.blocks]
        placed = all(first < then for first, then in pairwise((0, *lines)))
        one = len(starts) == 1 or (bool(starts) and placed)
        return one and self.blocks[0] is starts[0] and not _OMITTED.search(self.whole.text)

    @cached_property
    def is_complete(self) -> bool:
        """Return whether the target is one file with CMD or ENTRYPOINT, on a base that brings nothing it may lack."""
        final = self.facts.final if self.is_whole and _STARTS.search(self.whole.text) is not None else None
        if final is None:
            return False
        base = self.facts.stages[min(self.facts.ancestry(final.number))].image
        above = " ".join(word for block in self.blocks for word in (block.lead, *(h.title for h in block.path[-1:])))
        return base is not None and is_bare(base) and _EXCERPT.search(above) is None

    def without(self, block: Fence) -> MappedText:
        """Return the text of all target blocks but one."""
        return joined([other for other in self.blocks if other is not block])

    @cached_property
    def line_count(self) -> int | None:
        """The number of lines that the document states most often; None without target blocks and checks."""
        return self.lines_said if self.blocks or self.checks else None

    @cached_property
    def length(self) -> int | None:
        """The number of lines of the file: the stated one, else that of the only target block."""
        alone = self.is_whole and len(self.blocks) == 1 and self.blocks[0].lines is None
        return self.line_count or (self.whole.text.count("\n") if alone else None)

    @cached_property
    def lines_said(self) -> int | None:
        """The number of lines that the document states most often, even if it has nothing to check."""
        texts = [words.text for words in self.document.prose if is_about_lines(words.text)]
        texts += [f.body.text for f in self.checks]
        found = Counter(
            int(m[1])
            for text in texts
            for m in _COUNT.finditer(text)
            if int(m[1]) > 10 and not _BOUND.search(text, max(0, m.start() - 40), m.start())
        )
        return found.most_common(1)[0][0] if found else None

    @cached_property
    def texts(self) -> list[str]:
        """The texts of files that meet the document.

        These are the joined blocks, the blocks on their stated lines, and the blocks padded to the stated number of
        lines below and above.
        """
        text = self.whole.text
        missing = (self.line_count or 0) - text.count("\n")
        found = [text, *self._laid_out()]
        return found if missing <= 0 else [*found, text + "\n" * missing, "#\n" * missing + text]

    def _laid_out(self) -> Iterator[str]:
        """Yield the blocks on the lines that their headings state, if each block fits its lines."""
        lines: list[str] = []
        for block in self.blocks:
            if block.lines is None or not fits(block) or block.lines[0] <= len(lines):
                return
            lines += [""] * min(block.lines[0] - 1 - len(lines), _MOST_LINES)
            lines += block.body.text.splitlines()
        if lines:
            yield "\n".join((*lines, ""))

    def in_section(self, fence: Fence, blocks: Sequence[Fence]) -> list[Fence]:
        """Return those of `blocks` that are in the same section as another block."""
        section = self._sections[id(fence)]
        return [block for block in blocks if section is not None and self._sections[id(block)] is section]

    def own(self, fence: Fence) -> list[Fence]:
        """Return the target blocks that a script is about: those of its section, or all if only one section has any."""
        near = self.in_section(fence, self.blocks)
        alone = len({id(self._sections[id(block)]) for block in self.blocks}) == 1
        return near or ([*self.blocks] if alone else [])

    def before_of(self, fence: Fence) -> list[Fence]:
        """Return the blocks with the text before the change that a script is about."""
        near = self.in_section(fence, self.before)
        return near or ([*self.before] if not self.in_section(fence, self.blocks) else [])


def fits(block: Fence) -> bool:
    """Return whether a block is no longer than its stated lines."""
    lines = block.lines
    return lines is not None and len(block.body.text.splitlines()) <= lines[1] - lines[0] + 1


def joined(blocks: Sequence[Fence]) -> MappedText:
    """Return blocks joined by blank lines, with each character mapped to the document."""
    pieces: list[tuple[str, int]] = []
    for block in blocks:
        if pieces:
            last, at = pieces[-1]
            pieces.append(("\n", at + len(last) - 1))
        pieces += block.body.pieces()
    return MappedText.join(pieces)


def place(text: MappedText, start: int, end: int) -> Span:
    """Return the place in the document of a part of a text."""
    return text.span(start, end)
