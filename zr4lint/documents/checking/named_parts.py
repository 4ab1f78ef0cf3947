"""PD501: finds references to steps, layers, rules and titles that the document does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.demanding.statement import strength_of
from zr4lint.model.quoting import code
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Document, Words
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_KINDS = "step|part|layer|section|chapter|requirement|rule|appendix|verification|recovery|criterion|item|point"
_NAMED = re.compile(
    rf"\b({_KINDS})s?(?: command| option)?\s+(\d+(?:\.\d+)*|[A-Z])(?![\w.-]*\w)(?:\s*(?:[-\u2013]|to|and)\s*(\d+)\b)?",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\w./:-])([A-Z]{1,6})(-?)(\d{1,4})(?![\w./-]*\w)")
_QUOTED = re.compile(
    r"\b(?:section|chapter)s?\s+[\"\u201c\u201e](?P<title>[^\"\u201c\u201d\n]{3,60})[\"\u201d\u201c]"
    r"|\b(?:as|per) (?:the )?[\"\u201c\u201e](?P<name>[^\"\u201c\u201d\n]{3,60})[\"\u201d\u201c]"
    r" (?:section|chapter)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:^|\n)[ \t]*(\d{1,3})[.)][ \t]+\Z")
_DOTTED = re.compile(r"\W*(\d+(?:\.\d+)+)[.:)]?\s")
_ELSEWHERE = re.compile(
    r"https?://|\.md\b|\bRFC\b|\bISO\b|\bhandbook\b|\bmanual\b|\bappendix of\b|\bupstream\b|\bretired\b|\bremoved\b"
    r"|\bformer(?:ly)?\b|\bold\b|\bfuture\b|\blater\b|\bplanned\b|\bnext\b|\bseparate\b",
    re.IGNORECASE,
)
"""Matches words of a line that may refer to another document, or to a part that was removed or is planned."""
_OF_ANOTHER = re.compile(r"\s+(?:of|in|from)\b|'s\b", re.IGNORECASE)
_SEE = re.compile(r"\bsee\s+\Z", re.IGNORECASE)
_FOREIGN = re.compile(
    r"(?:\b(?!THE\b)[A-Z]{2,}[\w.-]*|\w's|\b(?!(?:See|If|In|After|Before|When|Once|From|Go|Run|Repeat|The|And|Then|Until"
    r"|To|As|With|By|For|Both|Only|Skip|Follow|Continue|Complete)\b)[A-Z][a-z]+)\s+\Z"
)


class Labels(Struct, frozen=True):
    """The labels of a document's parts: numbers by kind, numbers by prefix, and titles."""

    numbers: dict[str, set[str]]
    codes: dict[tuple[str, str], set[int]]
    titles: set[str]


def check_labels(target: Target) -> Iterator[Finding]:
    """Yield a finding for each reference to a part that the document does not have."""
    labels = labels_of(target.document)
    for words in target.document.prose:
        if words.text.lstrip().startswith("#") or _ELSEWHERE.search(words.text):
            continue
        yield from _kinds(target, words, labels)
        yield from _codes(target, words, labels)
        yield from _titles(target, words, labels)


def labels_of(document: Document) -> Labels:
    """Return the labels of a document's parts."""
    numbers: dict[str, set[str]] = {}
    codes: dict[tuple[str, str], set[int]] = {}
    for heading in document.headings:
        for said in _NAMED.finditer(heading.title):
            numbers.setdefault(said[1].lower(), set()).add(said[2].upper())
        if heading.number is not None:
            for kind in ("section", "chapter"):
                numbers.setdefault(kind, set()).add(heading.number)
    _listed(document, numbers)
    starts = [heading.title for heading in document.headings] + [words.text for words in document.prose]
    starts += [row[0].text for table in document.tables for row in table.rows if row]
    starts += [m[1] for f in document.fences if f.is_shell for m in re.finditer(r"(?m)^#\s*(\S.*)", f.body.text)]
    for text in starts:
        if (dotted := _DOTTED.match(text)) is not None and "[" not in dotted[0]:
            demanded = ("requirement", "criterion") if strength_of(text) is not None else ()
            for kind in ("rule", "section", *demanded):
                numbers.setdefault(kind, set()).add(dotted[1])
        if (named := _CODE.match(text.lstrip("*-+> `[]#"))) is not None:
            codes.setdefault((named[1], named[2]), set()).add(int(named[3]))
    return Labels(numbers, codes, {_plain(heading.title) for heading in document.headings})


def _listed(document: Document, numbers: dict[str, set[str]]) -> None:
    """Add the items of numbered lists: 2.3 below the heading Requirement 2, and rule 3 of the document's only list."""
    runs: list[list[int]] = [[]]
    for words in document.paragraphs:
        item = _NUMBERED.search(document.source.text, max(words.span.start - 8, 0), words.span.start)
        if item is None:
            continue
        number = int(item[1])
        runs += [[]] if number == 1 and runs[-1] else []
        runs[-1].append(number)
        for heading in words.path:
            if heading.part is not None and heading.part[0] == "requirement":
                numbers.setdefault("requirement", set()).add(f"{heading.part[1]}.{number}")
    if len(runs) == 1 and len(runs[0]) > 2 and runs[0] == [*range(1, len(runs[0]) + 1)]:
        numbers.setdefault("rule", {*map(str, runs[0])})


def _plain(title: str) -> str:
    return re.sub(r"\A[\d.]+\s+|[`*_:]", "", title).strip().casefold()


def _kinds(target: Target, words: Words, labels: Labels) -> Iterator[Finding]:
    for said in _NAMED.finditer(words.text):
        kind = said[1].lower()
        known = labels.numbers.get(kind, set())
        if _defines(words.text, *said.span()) or _OF_ANOTHER.match(words.text, said.end()):
            continue
        if _FOREIGN.search(words.text, 0, said.start()):
            continue
        if kind == "section" and said[2].isdigit() and _SEE.search(words.text, 0, said.start()):
            continue
        for number in dict.fromkeys((said[2].upper(), said[3] or said[2].upper())):
            if number not in known and _complete(known, number):
                message = f"there is no {kind} {number}"
                yield found(target, rules.NO_SUCH_SECTION, words.at(*said.span()), message)
                break


def _defines(text: str, start: int, end: int) -> bool:
    """Return whether a label is at the start of its line and so names the text after it."""
    return not text[:start].strip(" \t*_>|#[]x-+") and re.match(r" [a-z]+s\b", text[end:]) is None


def _complete(known: set[str], number: str) -> bool:
    """Return whether the labels in `known` are complete from the first one up, so that `number` does not exist."""
    if "." in number:
        return sum("." in one for one in known) > 1
    if number.isdigit():
        have = {int(one) for one in known if one.isdigit()}
        last = max(have, default=0)
        return len(have) > 1 and int(number) > last and min(have) <= 1 and len(have) == last - min(have) + 1
    letters = sorted(one for one in known if one.isalpha())
    return len(letters) > 1 and letters == [chr(ord("A") + n) for n in range(len(letters))]


def _codes(target: Target, words: Words, labels: Labels) -> Iterator[Finding]:
    for said in _CODE.finditer(words.text):
        known = labels.codes.get((said[1], said[2]), set())
        whole = len(known) > 1 and min(known) <= 1 and known == set(range(min(known), max(known) + 1))
        if whole and int(said[3]) > max(known) and not _defines(words.text, *said.span()):
            yield found(target, rules.NO_SUCH_SECTION, words.at(*said.span()), f"the document has no {said[0]}")


def _titles(target: Target, words: Words, labels: Labels) -> Iterator[Finding]:
    for said in _QUOTED.finditer(words.text):
        named = said["title"] or said["name"]
        title = _plain(named)
        if _OF_ANOTHER.match(words.text, said.end()) or any(title in one for one in labels.titles):
            continue
        message = f"there is no section {code(named, 40)}"
        yield found(target, rules.NO_SUCH_SECTION, words.at(*said.span()), message)
