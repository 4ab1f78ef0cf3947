"""Reads demands in tables: rows with a strength, settings, pinned packages, and layers with lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from zr4lint.documents.demanding.statement import (
    CODE,
    Statement,
    Strength,
    forbids,
    heading_strength,
    statement,
    strength_of,
)
from zr4lint.packs.model import Section

if TYPE_CHECKING:
    from zr4lint.documents.document import Document, Table, Words

_STRENGTH = re.compile(
    r"(must(?: not)?|should(?: not)?|may|shall(?: not)?|mandatory|required|recommended|optional)", re.I
)
_LEVEL = re.compile(r"level|severity|strength|priority|rfc ?2119|keyword|requirement level|obligation", re.I)
_ITEM = re.compile(r"(?:item|setting|property|parameter|aspect|element|directive|instruction|attribute)s?|was", re.I)
_VALUE = re.compile(r"(?:required |exact |expected )?(?:value|setting|specification|requirement)s?|wert|vorgabe", re.I)
_PACKAGE = re.compile(r"(?:python )?(?:package|library|dependency|component|paket)s?", re.I)
_PIN = re.compile(r"(?:pinned |exact |required )(?:version|pin)s?|pin|(?:exakte )?version", re.I)
_VARIABLE = re.compile(r"(?:environment )?variables?|env(?: var(?:iable)?)?|umgebungsvariable", re.I)
_PIP = re.compile(r"\bpip\b|\bpypi\b|\bpython (?:packages?|dependencies|libraries)\b|\bpython-?pakete?\b", re.I)
_LAYER = re.compile(r"(?:layer|schicht)\s*#?(\d+)|#?(\d+)", re.I)
_LINES = re.compile(r"(?:lines?\s*)?(\d+)(?:\s*(?:-|\u2013|to)\s*(\d+))?", re.I)


def rows_in(document: Document) -> Iterator[Statement]:
    """Yield the demands in the rows of all tables."""
    for table in document.tables:
        yield from _sentences(table)
        yield from _settings(table)
        yield from _pins(table)


def _of(table: Table) -> Strength | None:
    led = strength_of(table.lead.text) if table.lead is not None else None
    return led[0] if led is not None else heading_strength(table.path)


def _sentences(table: Table) -> Iterator[Statement]:
    """Yield the cells that are sentences with a strength, either their own or that of another cell of the row."""
    levels = [i for i, cell in enumerate(table.header) if _LEVEL.fullmatch(cell.text.strip("* "))]
    for row in table.rows:
        level = next((row[i].text.strip("*` ") for i in levels if i < len(row)), "")
        given = strength_of(level) if _STRENGTH.fullmatch(level) else None
        for index, cell in enumerate(row):
            own = strength_of(re.sub(r"`[^`]*`", "", cell.text))
            strength = own or given
            if index in levels or strength is None or len(cell.text.split()) < 3:
                continue
            if given is not None:
                strength = (given[0], forbids(cell.text) or given[1])
            yield statement(cell, 0, len(cell.text), strength)


def _settings(table: Table) -> Iterator[Statement]:
    """Yield rows such as `Base image` with `python:3.12-slim`, if the table demands something."""
    if len(table.header) < 2 or not _VALUE.fullmatch(table.header[1].text.strip("* ")):
        return
    first = table.header[0].text.strip("* ")
    strength = _of(table)
    if strength is None or not (_ITEM.fullmatch(first) or _VARIABLE.fullmatch(first)):
        return
    for row in table.rows:
        if len(row) < 2:
            continue
        label, codes = row[0].text.strip("*` "), re.findall(r"`([^`]+)`", row[1].text)
        if len(codes) != 1 or row[1].text.strip("* ") != f"`{codes[0]}`":
            continue
        if _VARIABLE.fullmatch(first):
            yield _row(row, "set the environment variable " + f"{CODE} to {CODE}", (label, codes[0]), strength)
        else:
            yield _row(row, f"{label}: {CODE}", (codes[0],), strength)


def _pins(table: Table) -> Iterator[Statement]:
    """Yield rows that state the version of a Python package."""
    if len(table.header) < 2 or not _PACKAGE.fullmatch(table.header[0].text.strip("* ")):
        return
    header = table.header[1].text.strip("* ")
    if not _PIN.fullmatch(header):
        return
    around = " ".join([table.header[0].text, *(h.title for h in table.path), table.lead.text if table.lead else ""])
    strength = _of(table) or (Strength.MUST if re.search(r"\bpinn?e?d?\b|\bexa[ck]t", around + header, re.I) else None)
    if strength is None or not _PIP.search(around):
        return
    for row in table.rows:
        if len(row) < 2:
            continue
        name, version = row[0].text.strip("*` "), row[1].text.strip("*` ")
        specifier = version if version[:1] in "<>=~!" else f"=={version}"
        yield _row(row, f"install {CODE}", (f"{name}{specifier}",), strength)


def _row(row: tuple[Words, ...], plain: str, codes: tuple[str, ...], strength: Strength) -> Statement:
    span = type(row[0].span)(row[0].span.start, row[1].span.end)
    return Statement(row[0], span, plain, codes, strength)


def layers_in(document: Document) -> tuple[Section, ...]:
    """Return the layers and lines that a table lists; empty if no table does."""
    for table in document.tables:
        heads = [cell.text.strip("* ").lower() for cell in table.header]
        if not heads or heads[0] not in ("layer", "#", "schicht") or "lines" not in heads:
            continue
        at = heads.index("lines")
        found = [*_layers(table, at)]
        ordered = all(
            a.lines is not None and b.lines is not None and a.lines[1] < b.lines[0] for a, b in pairwise(found)
        )
        if len(found) == len(table.rows) > 1 and ordered and len({s.layer for s in found}) == len(found):
            return tuple(found)
    return ()


def _layers(table: Table, at: int) -> Iterator[Section]:
    for row in table.rows:
        layer = _LAYER.match(row[0].text.strip("*` "))
        lines = _LINES.fullmatch(row[at].text.strip("*` ")) if at < len(row) else None
        if layer is None or lines is None:
            continue
        number = layer[1] or layer[2]
        title = next((c.text.strip("*` ") for i, c in enumerate(row) if i not in (0, at)), "") or f"Layer {number}"
        first, last = int(lines[1]), int(lines[2] or lines[1])
        if 0 < first <= last:
            yield Section(number, title, int(number), (first, last))
