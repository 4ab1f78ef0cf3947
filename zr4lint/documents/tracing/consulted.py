"""Reads a document for a trace: its lines, its target text, its commands and its sections."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from zr4lint.documents.document import Document, Fence
from zr4lint.documents.target import Target
from zr4lint.documents.tracing.records import How, Passage
from zr4lint.filesystem.documents import digest, is_markdown
from zr4lint.knowledge.secrets import has_secrets, masked
from zr4lint.model.source import MappedText, SourceFile, Span


class Consulted:
    """A Markdown document, or the golden Dockerfile of a derived pack."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.path = source.path
        self.sha256 = digest(source)
        self._text = masked(source.text) if has_secrets(source.text) else source.text

    @cached_property
    def target(self) -> Target | None:
        """The Dockerfile that the document specifies; None if the document is a golden Dockerfile."""
        return Target(Document(self.source)) if is_markdown(self.path) else None

    @cached_property
    def wanted(self) -> MappedText:
        """The target text, with each character mapped to the document."""
        return self.target.whole if self.target is not None else MappedText.join([(self.source.text, 0)])

    def passage(self, span: Span, how: How) -> Passage:
        """Return words of the document as a passage; of several lines only the first."""
        line, column = self.source.position(span.start)
        whole = self.source.line_span(line)
        words = self._text[span.start : min(span.end, whole.end)]
        return Passage(self.path, line, column, whole.of(self._text).strip(), words, how)

    def line(self, number: int, how: How) -> Passage | None:
        """Return a line of the document without surrounding blanks; None if it is empty or does not exist."""
        if not 1 <= number <= len(self.source.line_starts):
            return None
        span = self.source.line_span(number)
        words = span.of(self.source.text)
        start = span.start + len(words) - len(words.lstrip())
        return self.passage(Span(start, span.end), how) if words.strip() else None

    def commands(self, pattern: str, section: str) -> Iterator[Passage]:
        """Yield the occurrences of a pattern in the verification commands of a section, or else of all sections."""
        if self.target is None or not pattern:
            return
        fences = self.target.checks
        near = [fence for fence in fences if fence.section is not None and fence.section.number == section]
        for some in (near, fences):
            found = [passage for fence in some for passage in self._found(fence, pattern)]
            if found:
                yield from found
                return

    def _found(self, fence: Fence, pattern: str) -> Iterator[Passage]:
        at = fence.body.text.find(pattern)
        while at >= 0:
            yield self.passage(fence.body.span(at, at + len(pattern)), How.CHECK)
            at = fence.body.text.find(pattern, at + len(pattern))

    def section(self, number: str) -> Passage | None:
        """Return the heading of the section with a number; None if there is none."""
        headings = self.target.document.headings if self.target is not None else ()
        found = next((heading for heading in headings if number and heading.number == number), None)
        return self.passage(found.span, How.SECTION) if found is not None else None
