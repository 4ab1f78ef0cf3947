"""PD101: compares sentences about health check times and the wheel index with the target text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.documents import target as target_text
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.demanding.demands import is_aside
from zr4lint.documents.demanding.sentence_forms import demands_of
from zr4lint.documents.demanding.statement import Statement, Strength, sentences_of, statement, strength_of
from zr4lint.documents.document import Words
from zr4lint.model.finding import Related
from zr4lint.model.quoting import code
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.deriving.demand import Demand
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_SOME = re.compile(
    r"\b(?:not|never|or|if|when|unless|except|instead|rather|example|least|most|try|older|newer)\b", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"\bof (?:the|an?|our)\b|(?<!image)'s\b|\b(?:hosts?|teams?|own|nodes?|drivers?)\b", re.IGNORECASE
)
"""Matches words that show that a sentence may not be about the image."""
_BASED = re.compile(r"\b(?:base|based|built|derived)\b", re.IGNORECASE)
"""Matches words without which an image may be one beside the base."""
_TIME = r"(\d+)?[ -]?(seconds?|minutes?|s|m)\b"
_TIMES = (
    ("interval", re.compile(rf"\b(?:every|interval (?:of|is))\s+{_TIME}", re.IGNORECASE)),
    ("timeout", re.compile(rf"\btimeout (?:of|is)\s+{_TIME}", re.IGNORECASE)),
    ("start-period", re.compile(rf"\bstart[ -]period (?:of|is)\s+{_TIME}", re.IGNORECASE)),
)
_HEALTH = re.compile(
    r"\W*(?:the|its) (?:(?:image|container|docker)(?:'s)? )?health ?-?check"
    rf"(?:,? (?:(?:and|with|has|uses|runs|is run|an?|its|the) )*(?:{'|'.join(p.pattern for _, p in _TIMES)}))+\W*",
    re.IGNORECASE,
)
"""Matches a whole sentence that only states times of the health check."""
_FLAG = re.compile(r"--(interval|timeout|start-period)=(?:(\d+)m)?(?:(\d+)s)?(?=\s)")
_WHEELS = re.compile(r"\b(?:cu\d{3}|rocm\d[\d.]*)\b")
_INDEX = re.compile(
    r"\W*(?:the |this |its )?(?:image|(?:py)?torch)\b.*(?:\b(?:index|wheels?)\b|\bpinned\b|\+cu\d)",
    re.IGNORECASE | re.DOTALL,
)
"""Matches the beginning of a sentence about the index from which the image installs torch."""
_HAD_INDEX = re.compile(r"/whl/(cu\d{3}|rocm[\d.]+)\b")


def check_described(target: Target) -> Iterator[Finding]:
    """Yield a finding for each sentence whose health check time or wheel index differs from the target text."""
    text = target.whole.text
    times = {m[1]: (60 * int(m[2] or 0) + int(m[3] or 0), m.span()) for m in _FLAG.finditer(text) if m[2] or m[3]}
    indexes = {m[1]: m.span(1) for m in _HAD_INDEX.finditer(text)}
    for words in target.document.prose if times or indexes else ():
        for start, end in sentences_of(words):
            said = Words(words.text[start:end], words.at(start, end))
            if _SOME.search(said.text) or _ELSEWHERE.search(said.text) or target_text.is_not_now(said.text):
                continue
            if times and _HEALTH.fullmatch(said.text) and text.upper().count("HEALTHCHECK") == 1:
                yield from _timed(target, said, times)
            if len(indexes) == 1 and _INDEX.match(said.text):
                yield from _indexed(target, said, *next(iter(indexes.items())))


def facts_said(target: Target) -> Iterator[tuple[Statement, Demand]]:
    """Yield the demands in sentences that describe the target text, such as "`TZ` is `UTC`"."""
    for words in target.document.prose if target.is_whole else ():
        if any(is_aside(heading.title) for heading in words.path):
            continue
        for start, end in sentences_of(words):
            text = words.text[start:end]
            plain = re.sub(r"`[^`]*`", "", text)
            if (
                "`" not in text
                or strength_of(text) is not None
                or _SOME.search(plain)
                or _ELSEWHERE.search(plain)
                or target_text.is_not_now(plain)
            ):
                continue
            said = statement(words, start, end, (Strength.SHOULD, False))
            for demand in demands_of(said, None):
                if demand.kind != "base-image" or _BASED.search(plain):
                    yield said, demand


def _timed(target: Target, words: Words, times: dict[str, tuple[int, tuple[int, int]]]) -> Iterator[Finding]:
    for flag, pattern in _TIMES:
        said, had = pattern.search(words.text), times.get(flag)
        if said is None or had is None:
            continue
        seconds = int(said[1] or 1) * (60 if said[2].lower().startswith("m") else 1)
        if seconds != had[0]:
            message = f"the {flag} of the health check is {seconds} s here, {had[0]} s in the target text"
            related = (Related("the target text", target.whole.span(*had[1])),)
            place = words.at(*said.span())
            yield found(target, rules.STATEMENTS_DISAGREE, place, message, related=related)


def _indexed(target: Target, words: Words, had: str, place: tuple[int, int]) -> Iterator[Finding]:
    said = _WHEELS.search(words.text)
    if said is not None and said[0] != had and had not in words.text:
        message = f"this is {code(said[0])} here, {code(had)} in the target text"
        related = (Related("the target text", target.whole.span(*place)),)
        yield found(target, rules.STATEMENTS_DISAGREE, words.at(*said.span()), message, related=related)
