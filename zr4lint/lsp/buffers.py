"""The open texts of the editor."""

from __future__ import annotations

import os
import re
from enum import Enum
from functools import cached_property
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.uris import to_fs_path

from zr4lint.lsp.positions import Positions
from zr4lint.model.source import BOM, Span
from zr4lint.project.configuration import NAMES

MAX_BYTES_OF_PATH = 4_096
_FENCE = re.compile(r"^ *(?:`{3,}|~{3,}) *(?:dockerfile|docker|containerfile)\b", re.MULTILINE | re.IGNORECASE)
_PRD = re.compile(r"(?<![a-z])prd(?![a-z])", re.IGNORECASE)
_PACK = re.compile(r"^\[\[ *rule *\]\]", re.MULTILINE)
_CHECK = re.compile(r"^check *=", re.MULTILINE)


class Language(Enum):
    """The kinds of text that the linter distinguishes."""

    DOCKERFILE = "Dockerfile"
    PACK = "pack"
    DOCUMENT = "document"
    CONFIGURATION = "configuration"
    OTHER = "other"


class Buffer:
    """One version of an open text; a change creates another buffer."""

    def __init__(self, uri: str, text: str, version: int | None, language_id: str, encoding: str) -> None:
        self.uri = uri
        self.text = text
        self.version = version
        self.language_id = language_id
        self.encoding = encoding

    @cached_property
    def positions(self) -> Positions:
        """Return the lines and columns of the text."""
        return Positions(self.text, self.encoding)

    @cached_property
    def path(self) -> str | None:
        """Return the path of the file, or None for a text without a file, such as a new one."""
        return path_of(self.uri)

    @cached_property
    def name(self) -> str:
        """Return the name of the file; a new text in the language of Dockerfiles is named Dockerfile."""
        if self.path is not None:
            return os.path.basename(self.path)
        return "Dockerfile" if self.language_id == "dockerfile" else unquote(urlsplit(self.uri).path)

    @cached_property
    def language(self) -> Language:
        """Return the kind of the text; OTHER for TOML that is not a pack and Markdown that specifies no Dockerfile."""
        if self.name in NAMES:
            return Language.CONFIGURATION
        suffix = os.path.splitext(self.name)[1].lower()
        if self.language_id == "toml" or suffix == ".toml":
            return Language.PACK if _PACK.search(self.text) and _CHECK.search(self.text) else Language.OTHER
        if self.language_id == "markdown" or suffix in (".md", ".markdown"):
            return Language.DOCUMENT if self.is_prd or _FENCE.search(self.text) else Language.OTHER
        return Language.DOCKERFILE

    @property
    def is_prd(self) -> bool:
        """Return whether the name says that the text is a document that specifies a Dockerfile."""
        return _PRD.search(self.name) is not None

    @property
    def shift(self) -> int:
        """Return the number of characters before the linter's text: 1 for a byte order mark, else 0."""
        return int(self.text.startswith(BOM))

    def range(self, span: Span) -> types.Range:
        """Return the range of a span of the linter."""
        return self.positions.range(Span(span.start + self.shift, span.end + self.shift))

    def offset(self, position: types.Position) -> int:
        """Return the offset of a position for the linter."""
        return max(self.positions.offset(position) - self.shift, 0)

    def span(self, place: types.Range) -> Span:
        """Return the span of a range for the linter."""
        return Span(self.offset(place.start), self.offset(place.end))

    def changed(self, version: int | None, changes: list[types.TextDocumentContentChangeEvent]) -> Buffer:
        """Return the text after changes, each applied to the result of those before it."""
        new = Buffer(self.uri, self.text, version, self.language_id, self.encoding)
        for change in changes:
            text = change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                span = new.positions.span(change.range)
                text = new.text[: span.start] + change.text + new.text[span.end :]
            new = Buffer(self.uri, text, version, self.language_id, self.encoding)
        return new


def path_of(uri: str) -> str | None:
    """Return the path of a `file:` URI, or None for any other URI or an impossible path."""
    try:
        path = to_fs_path(uri) if urlsplit(uri).scheme == "file" else None
    except ValueError:
        return None
    return path if path and "\0" not in path and len(path) <= MAX_BYTES_OF_PATH else None
