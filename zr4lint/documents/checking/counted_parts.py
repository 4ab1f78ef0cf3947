"""PD201: compares stated numbers of sections, layers, rules and pinned packages with the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents import target as target_text
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.checking.numbers import NUMBER, is_exact, value_of
from zr4lint.documents.demanding.table_rows import layers_in
from zr4lint.model.source import SourceFile
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.documents.document import Words
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_DOCUMENT = r"(?:this|the) (?:document|prd|plan|specification|spec|standard|policy)"
_HAS = r"(?:has|defines|contains|lists|consists of)"
_SECTIONS = re.compile(
    rf"\b(\d+) sections, each\b|\ball (\d+) sections\b|\b{_DOCUMENT} {_HAS} (\d+) sections\b", re.IGNORECASE
)
_LAYERS = re.compile(rf"\b({NUMBER})[- ]layers?\b", re.IGNORECASE)
_STAGES = re.compile(rf"\b({NUMBER})[- ]stages?\b", re.IGNORECASE)
_INSTRUCTIONS = re.compile(rf"\b({NUMBER}) instructions\b", re.IGNORECASE)
_BLOCKS = re.compile(rf"\ball ({NUMBER}) target blocks\b", re.IGNORECASE)
_RULES = re.compile(rf"\b(?:{_DOCUMENT}|the [\w-]+) {_HAS} (\d+) (?:rules|requirements)\b", re.IGNORECASE)
_HEADED = re.compile(
    rf"\b({NUMBER}) (?P<what>steps|phases|scenarios|tasks|chapters)\b"
    rf"|\b{_DOCUMENT} {_HAS} ({NUMBER}) (?P<parts>requirements)\b",
    re.IGNORECASE,
)
_PINNED = re.compile(r"\ball (\d+) (?:packages|dependencies|libraries) (?:are|must be) pinned\b", re.IGNORECASE)
_ID = re.compile(r"\W*([A-Z]{1,8}[-_ ]?\d+(?:[.-]\d+)*)\b")
_THE_FILE = re.compile(
    r"\b(?:dockerfile|containerfile|block|file|image|build)\b[^.]{0,40}"
    r"\b(?:has|have|is|contains?|consists? of|with|uses?|must)\b"
    r"|\bin (?:the )?block we have\b|\bthere are\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(?:cache|merge|squash|per|each|reduce|fewer|from|instead|saves?)\b", re.IGNORECASE)
_ASIDE = re.compile(
    r"\b(?:of|these|following|next|first|last|other|more|few|if|when)\b|\d \w+ (?:above|below)", re.IGNORECASE
)
_VERSIONS = re.compile(r"version|\bpin", re.IGNORECASE)


def check_counts(target: Target) -> Iterator[Finding]:
    """Yield a finding for each stated number that differs from the document's parts."""
    for words in target.document.prose:
        for pattern, what, count in _COUNTED:
            said = pattern.search(words.text)
            number = next((value_of(group) for group in said.groups() if group), 0) if said is not None else 0
            had = count(target, words) if number else 0
            if said is None or had < 1 or had == number or not is_exact(words.text, said.start()):
                continue
            span = words.at(*said.span())
            yield found(target, rules.COUNT_DIFFERS, span, f"there are {had} {what}, not {number}")


def _sections(target: Target, _words: Words) -> int:
    """Return the number of numbered sections; 0 if a number repeats, since each part then counts from 1."""
    numbers = [heading.number for heading in target.document.headings if heading.number is not None]
    return len(numbers) if len(set(numbers)) == len(numbers) else 0


def _layers(target: Target, words: Words) -> int:
    """Return the number of layers in the headings, else in the document's only table of layers."""
    if target_text.is_not_now(words.text) or _SHARE.search(words.text):
        return 0
    layers = {heading.layer for heading in target.document.headings} - {None}
    if not layers:
        layers = {section.layer for section in layers_in(target.document)}
    return len(layers) if layers == set(range(1, len(layers) + 1)) else 0


def _stages(target: Target, words: Words) -> int:
    return sum(i.keyword == "FROM" for i in _instructions_of(target, words))


def _instructions(target: Target, words: Words) -> int:
    return len(_instructions_of(target, words))


def _instructions_of(target: Target, words: Words) -> Sequence[Instruction]:
    """Return the instructions of the target text if it is a whole file and the words are about it."""
    if not target.is_whole or not _THE_FILE.search(words.text) or target_text.is_not_now(words.text):
        return ()
    return parse(SourceFile(target.whole.text)).instructions


def _blocks(target: Target, _words: Words) -> int:
    return len(target.blocks)


def _rules(target: Target, _words: Words) -> int:
    starts = [words.text for words in target.document.paragraphs]
    starts += [row[0].text for table in target.document.tables for row in table.rows if row]
    return len({found[1] for text in starts if (found := _ID.match(text)) is not None})


def _headed(target: Target, words: Words) -> int:
    """Return how many headings begin with the noun that the words count, such as `Step 1` or `Scenario: ...`."""
    said = _HEADED.search(words.text)
    if said is None or target_text.is_not_now(words.text) or _SHARE.search(words.text) or _ASIDE.search(words.text):
        return 0
    noun = (said["what"] or said["parts"]).lower().rstrip("s")
    titles = [heading.title.lower() for heading in target.document.headings]
    count = sum(re.match(rf"{noun}(?:\s+\d+\b|\s*:)", title) is not None for title in titles)
    return count if count > 1 else 0


def _pins(target: Target, words: Words) -> int:
    fitting = [t for t in target.document.tables if t.path == words.path and len(t.header) > 1]
    fitting = [table for table in fitting if _VERSIONS.search(table.header[1].text)]
    return len(fitting[0].rows) if len(fitting) == 1 else 0


_COUNTED: tuple[tuple[re.Pattern[str], str, Callable[[Target, Words], int]], ...] = (
    (_SECTIONS, "sections", _sections),
    (_LAYERS, "layers", _layers),
    (_STAGES, "stages", _stages),
    (_INSTRUCTIONS, "instructions", _instructions),
    (_BLOCKS, "target blocks", _blocks),
    (_RULES, "rules with a code", _rules),
    (_HEADED, "headings of these", _headed),
    (_PINNED, "rows with a version", _pins),
)
