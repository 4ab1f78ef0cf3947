"""Finds the documents that packs name, only in the project of the pack, and reads them with a size limit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.filesystem.paths import display, inside, plain, repository
from zr4lint.filesystem.sources import FileError, read
from zr4lint.model.fingerprint import fingerprint_of_line

if TYPE_CHECKING:
    from zr4lint.model.finding import Origin
    from zr4lint.model.source import SourceFile

MAX_BYTES = 4_000_000
MARKDOWN = (".md", ".markdown", ".mdx")
_DOCKERFILES = ("dockerfile", "containerfile")


def is_markdown(path: str) -> bool:
    """Return whether the name of a document is that of a Markdown file."""
    return path.lower().endswith(MARKDOWN)


def locate(name: str, pack: str) -> str | None:
    """Return the path of the document that a pack names, as reports show it, or None if the project has none.

    `name` is searched in the folder of the pack, then in the folders above it, up to the root of the repository or else
    to the current folder. Only Markdown files and Dockerfiles count as documents, so that an untrusted pack cannot copy
    other files into reports.
    """
    words = os.path.basename(name.replace("\\", "/")).lower()
    if os.path.isabs(name) or "\0" in name or not (is_markdown(words) or any(w in words for w in _DOCKERFILES)):
        return None
    try:
        folder = os.path.dirname(os.path.abspath(pack))
        root = _root(folder)
        while inside(folder, root):
            path = os.path.normpath(os.path.join(folder, name))
            if os.path.isfile(path):
                return _shown(path) if inside(path, root) else None
            if folder == os.path.dirname(folder):
                break
            folder = os.path.dirname(folder)
    except (OSError, ValueError):
        return None
    return None


def _shown(path: str) -> str:
    """Return a path relative to the current folder, so that reports do not contain the project's absolute path."""
    try:
        return plain(os.path.relpath(path))
    except ValueError:  # on another drive
        return display(path)


def line_of(path: str, line: int) -> str | None:
    """Return the text of a line of a document, counted from 1, or None if it is missing or unreadable."""
    try:
        source = read(path, display(path), MAX_BYTES)
        words = source.slice(source.line_span(line)).strip()
    except (FileError, IndexError):
        return None
    return words or None


def follow(path: str, origins: Sequence[Origin]) -> list[Origin]:
    """Return the origins with the current lines of their words; of two such lines, the nearest.

    An origin whose words are gone is stale and keeps its line. An origin without a fingerprint is unchanged.
    """
    found = [structs.replace(origin, path=path) for origin in origins]
    if not any(origin.fingerprint for origin in origins):
        return found
    try:
        lines = read(path, display(path), MAX_BYTES).text.split("\n")
    except FileError:
        return found
    known: dict[int, dict[str, list[int]]] = {}

    def words(number: int, count: int) -> str:
        return fingerprint_of_line("\n".join(lines[number - 1 : number - 1 + count]))

    def followed(origin: Origin) -> Origin:
        if not origin.fingerprint or words(origin.line, origin.lines) == origin.fingerprint:
            return origin
        if origin.lines not in known:
            known[origin.lines] = {}
            for number in range(1, len(lines) + 1):
                known[origin.lines].setdefault(words(number, origin.lines), []).append(number)
        near = min(
            known[origin.lines].get(origin.fingerprint, ()), key=lambda number: abs(number - origin.line), default=None
        )
        return structs.replace(origin, stale=True) if near is None else structs.replace(origin, line=near)

    return [followed(origin) for origin in found]


def digest(source: SourceFile) -> str:
    """Return the SHA-256 of the bytes of a file."""
    import hashlib

    return hashlib.sha256(source.encode(source.text)).hexdigest()


def _root(folder: str) -> str:
    """Return the outermost folder to search: the repository, else the current folder if it is above, else `folder`."""
    found = repository(folder)
    if found is not None:
        return found
    here = os.getcwd()
    return here if inside(folder, here) else folder
