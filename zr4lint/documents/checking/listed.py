"""PD201: compares stated numbers with lists, such as `3 tools: a, b`, and with the items of a section."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.checking.numbers import NUMBER, is_exact, value_of
from zr4lint.model.finding import Related
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Document, Heading, Words
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_LIST = re.compile(
    rf"\b({NUMBER})\s+(?!of\b)(?:[\w-]+\s+){{0,2}}?([a-z][\w-]*s|people)\b([^.:;()|`\d]{{0,60}})(?:\(([^()|]{{3,200}})\)|:\s+([^:|()]{{3,200}}?)(?=\.?\s*\Z|\.\s))",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\betc\b|\.\.\.|\u2026|\be\.g\b|\bi\.e\b|\bsuch as\b|\bexample\b|\binclud|\bor\b|\bsee\b|\bboth\b"
    r"|\beach\b|\bplus\b|\bevery\b|\bnot\b|[=+\u00d7]|\sx\s",
    re.IGNORECASE,
)
_QUALIFIES = re.compile(r"\s*(?:(?:that|which|in|for|of|on|by|with|from|to|under)\s[^,]*)?", re.IGNORECASE)
"""Matches the words between a noun and the list in parentheses after it."""
_MOST_LEFT_OUT = 2
"""The most things that a list may lack; a shorter one may name kinds of things, as in `7 issues (leaks, races)`."""
_MEASURES = re.compile(
    r"(?:second|minute|hour|day|week|month|year|time|line|point|byte|percent|bit|core|cpu|vcpu|gpu|char|digit|space)s",
    re.IGNORECASE,
)
_WITHIN = re.compile(r"\b(?:to|in|for|from|on|across)\s+(?:all\s+|the\s+|these\s+)?\Z", re.IGNORECASE)
"""Matches words before a number that show that the list does not contain the counted things."""
_NOUN = r"(rules|requirements|items|points|criteria|steps|decisions|checks|constraints|packages|tasks|options|settings)"
_UNDER = re.compile(
    rf"\b({NUMBER})\s+(?:{_NOUN}\s+)?(?:under|in|below|of)\s+(?:the\s+(?:section|heading)\s+)?[\"\u201c]([^\"\u201c\u201d\n]{{2,60}})[\"\u201d]",
    re.IGNORECASE,
)
_HAS = re.compile(rf"\b(?:has|have|contains?|lists?|defines?)\s+({NUMBER})\s+{_NOUN}\b", re.IGNORECASE)
_ITEM = re.compile(r"^(?:[-*+]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)


def check_listed(target: Target) -> Iterator[Finding]:
    """Yield a finding for each number that differs from the document's list."""
    sections = {_plain(heading.title): heading for heading in reversed(target.document.headings)}
    for words in target.document.paragraphs:
        yield from _enumerated(target, words)
        yield from _of_table(target, words)
        for said in _UNDER.finditer(words.text):
            heading = sections.get(_plain(said[3]))
            if heading is not None:
                yield from _of_section(target, words, said, heading)
        for said in _HAS.finditer(words.text):
            subject = re.split(r"[.;:]\s", words.text[: said.start()])[-1]
            heading = sections.get(_plain(subject))
            if heading is not None:
                yield from _of_section(target, words, said, heading)
            elif _plain(subject) in ("table", "list") and words.path:
                yield from _of_section(target, words, said, words.path[-1])


def _plain(title: str) -> str:
    return re.sub(r"\A\W*(?:the\s+)?|[`*_:\"]|\s+\Z", "", title, flags=re.IGNORECASE).strip().casefold()


def _enumerated(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for a number of things that differs from the list after a colon or in parentheses."""
    for said in _LIST.finditer(words.text):
        inside = said[4] or said[5] or ""
        if (
            _MEASURES.fullmatch(said[2])
            or _WITHIN.search(words.text, 0, said.start(1))
            or _VAGUE.search(f"{said[3]} {inside}")
            or not is_exact(words.text, said.start(1))
        ):
            continue
        if said[4] and not _QUALIFIES.fullmatch(said[3]):
            continue
        parts = [part.strip() for part in inside.replace("\n", " ").split(",")]
        apart = [piece.strip() for part in parts for piece in re.split(r"\band\b|&", part) if piece.strip()]
        parts = [part for part in parts if part]
        wanted = value_of(said[1])
        some = wanted > len(apart) + _MOST_LEFT_OUT
        if len(apart) < 2 or wanted in (len(parts), len(apart)) or some or any(len(part.split()) > 3 for part in apart):
            continue
        message = f"this lists {len(apart)}, not {said[1]}"
        yield _counted(target, words, said, message)


def _of_table(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for a number that differs from the first column of the only table beside the words."""
    tables = [table for table in target.document.tables if table.path == words.path and len(table.rows) > 1]
    if len(tables) != 1 or not tables[0].header or not words.path or "pinned" in words.text:
        return
    heads = [cell.text.strip("* ").lower() for cell in tables[0].header]
    second = heads[0] in ("no.", "nr.", "#", "id") and len(heads) > 1 and "in the table" in words.text
    head = heads[1] if second else heads[0]
    said = re.search(rf"\b({NUMBER})\s+({re.escape(head)}s)\b", words.text, re.IGNORECASE) if head.isalpha() else None
    named = [row for row in tables[0].rows if row and row[0].text.strip("* -\u2013\u2014")]
    if said is None or value_of(said[1]) == len(named) or not is_exact(words.text, said.start(1)) or len(named) < 2:
        return
    related = (Related("the table", tables[0].header[0].span),)
    yield _counted(target, words, said, f"the table has {len(named)} of these, not {said[1]}", related)


def _of_section(target: Target, words: Words, said: re.Match[str], heading: Heading) -> Iterator[Finding]:
    count = _items(target.document, heading)
    if count < 2 or not is_exact(words.text, said.start(1)) or count == value_of(said[1]):
        return
    related = (Related("the section", heading.span),)
    yield _counted(target, words, said, f"the section has {count} of these, not {said[1]}", related)


def _items(document: Document, heading: Heading) -> int:
    """Return the number of items in the list, or of rows in the only table, directly below a heading."""
    following = (other.span.start for other in document.headings if other.span.start > heading.span.start)
    end = next(following, len(document.source.text))
    items = len(_ITEM.findall(document.source.text, heading.span.end, end))
    tables = [table for table in document.tables if table.path and table.path[-1] is heading]
    if items and tables:
        return 0
    return items or (len(tables[0].rows) if len(tables) == 1 else 0)


def _counted(
    target: Target, words: Words, said: re.Match[str], message: str, related: tuple[Related, ...] = ()
) -> Finding:
    span = words.at(said.start(1), said.end(2) if said.re is _LIST else said.end())
    return found(target, rules.COUNT_DIFFERS, span, message, related=related, severity=rules.SUM_DIFFERS.severity)
