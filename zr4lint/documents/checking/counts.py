"""PD201 for parts of the document: sections, layers, rules and pinned packages, counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from zr4lint.documents.checking.found import found
from zr4lint.documents.target import Target, is_about_lines
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Words
    from zr4lint.model.finding import Finding

_DOCUMENT = r"(?:this|the) (?:document|prd|plan|specification|spec|standard|policy)"
_HAS = r"(?:has|defines|contains|lists|consists of)"
_SECTIONS = re.compile(
    rf"\b(\d+) sections, each\b|\ball (\d+) sections\b|\b{_DOCUMENT} {_HAS} (\d+) sections\b", re.IGNORECASE
)
_LAYERS = re.compile(r"\b(\d+) layers\b", re.IGNORECASE)
_RULES = re.compile(rf"\b{_DOCUMENT} {_HAS} (\d+) (?:rules|requirements)\b", re.IGNORECASE)
_PINNED = re.compile(r"\ball (\d+) (?:packages|dependencies|libraries) (?:are|must be) pinned\b", re.IGNORECASE)
_ID = re.compile(r"\W*([A-Z]{1,8}[-_ ]?\d+(?:[.-]\d+)*)\b")
_VERSIONS = re.compile(r"version|\bpin", re.IGNORECASE)


def check_counts(target: Target) -> Iterator[Finding]:
    """The findings on counts of what the document itself has."""
    for words in target.document.prose:
        for pattern, what, count in _COUNTED:
            said = pattern.search(words.text)
            number = next((int(group) for group in said.groups() if group), 0) if said is not None else 0
            had = count(target, words) if number else 0
            if said is None or had < 2 or had == number:
                continue
            span = words.at(*said.span())
            yield found(target, rules.COUNT_DIFFERS, span, f"there are {had} {what}, not {number}")


def _sections(target: Target, _words: Words) -> int:
    """The sections with a number; none where one number stands twice, for parts have numbers of their own then."""
    numbers = [heading.number for heading in target.document.headings if heading.number is not None]
    return len(numbers) if len(set(numbers)) == len(numbers) else 0


def _layers(target: Target, words: Words) -> int:
    if not is_about_lines(words.text):
        return 0
    return len({heading.layer for heading in target.document.headings} - {None})


def _rules(target: Target, _words: Words) -> int:
    starts = [words.text for words in target.document.paragraphs]
    starts += [row[0].text for table in target.document.tables for row in table.rows if row]
    return len({found[1] for text in starts if (found := _ID.match(text)) is not None})


def _pins(target: Target, words: Words) -> int:
    fitting = [t for t in target.document.tables if t.path == words.path and len(t.header) > 1]
    fitting = [table for table in fitting if _VERSIONS.search(table.header[1].text)]
    return len(fitting[0].rows) if len(fitting) == 1 else 0


_COUNTED: tuple[tuple[re.Pattern[str], str, Callable[[Target, Words], int]], ...] = (
    (_SECTIONS, "sections", _sections),
    (_LAYERS, "layers", _layers),
    (_RULES, "rules with a code", _rules),
    (_PINNED, "rows with a version", _pins),
)
