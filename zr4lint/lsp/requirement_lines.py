"""Finds the lines of requirements: in the TOML of packs, and in the documents that rules come from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.packs.loading import MAX_BYTES
from zr4lint.packs.problems import line_numbers

if TYPE_CHECKING:
    from zr4lint.lsp.analysis import Analysis
    from zr4lint.model.finding import Origin

_CODE = re.compile(r"""code\b["']? *= *["']([^"']+)["']""")


def document_line(origin: Origin) -> types.Location | None:
    """Return the line of the document that a rule comes from, or None if the document or the words are gone."""
    uri = from_fs_path(os.path.abspath(origin.path)) if origin.path is not None and not origin.stale else None
    if uri is None:
        return None
    start = types.Position(origin.line - 1, 0)
    return types.Location(uri, types.Range(start, start))


def rule_lines(text: str) -> Mapping[str, int]:
    """Return the lines of the rules of a pack, counted from 1, by code: each is the line of the key `code`."""
    lines = text.split("\n")
    found: dict[str, int] = {}
    for (array, _, key), number in line_numbers(text).items():
        if array == "rule" and key == "code" and (code := _CODE.search(lines[number - 1])):
            found.setdefault(code[1], number)
    return found


def rule_at(text: str, line: int) -> str | None:
    """Return the code of the rule whose table contains a line, counted from 1, or None."""
    tables = {(array, index): number for (array, index, key), number in line_numbers(text).items() if not key}
    holding = max(((number, table) for table, number in tables.items() if number <= line), default=None)
    if holding is None or holding[1][0] != "rule":
        return None
    after = min((number for number in tables.values() if number > holding[0]), default=line + 1)
    inside = {number: code for code, number in rule_lines(text).items() if holding[0] <= number < after}
    return next(iter(inside.values()), None)


class Packs:
    """The texts of pack files, cached; `open_texts` are those open in the editor, by their URIs."""

    def __init__(self, open_texts: Mapping[str, str]) -> None:
        self._texts = dict(open_texts)
        self._lines: dict[str, Mapping[str, int]] = {}

    def location(self, code: str, analysis: Analysis) -> types.Location | None:
        """Return the line of the rule with a code; None for the linter's own rules and for unreadable packs."""
        pack, _ = analysis.rules.get(code, (None, None))
        path = analysis.files.get(pack.name) if pack is not None else None
        uri = from_fs_path(path) if path is not None else None
        if path is None or uri is None:
            return None
        if uri not in self._lines:
            self._lines[uri] = rule_lines(self._text(uri, path))
        line = self._lines[uri].get(code)
        if line is None:
            return None
        start = types.Position(line - 1, 0)
        return types.Location(uri, types.Range(start, start))

    def words(self, place: types.Location) -> str:
        """Return the text of a line of a document, as the editor has it, or "" if it cannot be read."""
        path = to_fs_path(place.uri)
        lines = self._text(place.uri, path).split("\n") if path is not None else []
        line = place.range.start.line
        return lines[line].strip() if line < len(lines) else ""

    def _text(self, uri: str, path: str) -> str:
        if uri not in self._texts:
            try:
                self._texts[uri] = read_regular(path, MAX_BYTES).decode("utf-8")
            except (UnfitError, OSError, ValueError):
                self._texts[uri] = ""
        return self._texts[uri]
