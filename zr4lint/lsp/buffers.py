"""The texts that are open in the editor."""

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
    """One version of an open text; a change makes another buffer of it."""

    def __init__(self, uri: str, text: str, version: int | None, language_id: str, encoding: str) -> None:
        self.uri = uri
        self.text = text
        self.version = version
        self.language_id = language_id
        self.encoding = encoding

    @cached_property
    def positions(self) -> Positions:
        """Its lines and columns."""
        return Positions(self.text, self.encoding)

    @cached_property
    def path(self) -> str | None:
        """The path of its file; None for a text that is no file, such as a new one."""
        return path_of(self.uri)

    @cached_property
    def name(self) -> str:
        """The name of its file; a new text with the language of Dockerfiles is a Dockerfile."""
        if self.path is not None:
            return os.path.basename(self.path)
        return "Dockerfile" if self.language_id == "dockerfile" else unquote(urlsplit(self.uri).path)

    @cached_property
    def language(self) -> Language:
        """The kind of the text: OTHER for TOML that is no pack, and for Markdown that specifies no Dockerfile."""
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
        """Whether its name says that it is a document that specifies a Dockerfile."""
        return _PRD.search(self.name) is not None

    @property
    def shift(self) -> int:
        """The number of characters before the linter's text: 1 for a byte order mark."""
        return int(self.text.startswith(BOM))

    def range(self, span: Span) -> types.Range:
        """The range of a span that the linter tells."""
        return self.positions.range(Span(span.start + self.shift, span.end + self.shift))

    def offset(self, position: types.Position) -> int:
        """The offset of a position, as the linter counts it."""
        return max(self.positions.offset(position) - self.shift, 0)

    def span(self, place: types.Range) -> Span:
        """The span of a range, as the linter counts it."""
        return Span(self.offset(place.start), self.offset(place.end))

    def changed(self, version: int | None, changes: list[types.TextDocumentContentChangeEvent]) -> Buffer:
        """The text after changes, each of which applies to what those before it have made."""
        new = Buffer(self.uri, self.text, version, self.language_id, self.encoding)
        for change in changes:
            text = change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                span = new.positions.span(change.range)
                text = new.text[: span.start] + change.text + new.text[span.end :]
            new = Buffer(self.uri, text, version, self.language_id, self.encoding)
        return new


def path_of(uri: str) -> str | None:
    """The path of a `file:` URI; None for any other, and for one that can't be a path."""
    try:
        path = to_fs_path(uri) if urlsplit(uri).scheme == "file" else None
    except ValueError:
        return None
    return path if path and "\0" not in path and len(path) <= MAX_BYTES_OF_PATH else None
