"""From what a failing step prints to the causes: signatures matched, noise left out, the most specific first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from zr4lint.diagnose.anchor import MOST_CHARACTERS
from zr4lint.diagnose.printed import Printed
from zr4lint.diagnose.redaction import redacted
from zr4lint.diagnose.signatures import CONFIDENCES, Catalogue, Compiled, Signature
from zr4lint.diagnose.window import Line

MOST_CAUSES = 3
MOST_EVIDENCE = 3
_MOST_BELOW = 5
_VAGUE = 4
"""The lowest rank of signatures that only repeat that something failed."""

_LAST_WORDS, _BRIEF = "tool-error", 8
"""The signature of last words, and the most last lines in which a small program tells why it ended all."""
_CHECKS = ("checks-failed", "tests-failed")
"""Signatures of verdicts: what another command prints below them does not follow from them."""
_TOLERANT = re.compile(
    r"\|\|(?!\s*exit\b)|^RUN (?:\S+=\S+ |(?:ba)?sh )?[^\s;&|]*\.sh(?: [^;&|]*)?$|\| *(?:ba)?sh\b[^;&|]*$"
)
"""A command whose failure does not end the instruction; a script often goes on after one."""


class Cause(Struct, frozen=True):
    """A cause of a failure, the lines that prove it, and the ids of signatures that follow from it."""

    signature: Signature
    captures: Mapping[str, str]
    evidence: tuple[Line, ...]
    explains: tuple[str, ...] = ()
    confidence: str = ""

    @property
    def summary(self) -> str:
        """The cause in words, with what the log names; `{line}` is the line that proves it."""
        line = " ".join(self.evidence[0].text.split())[:MOST_CHARACTERS] if self.evidence else ""
        return fill(self.signature.cause, {"line": line, **self.captures})

    @property
    def cure(self) -> str:
        """The cure, with the names from the log, without secrets; its own words are shown as they are."""
        return fill(self.signature.cure, {name: redacted(value) for name, value in self.captures.items()})


def fill(words: str, captures: Mapping[str, str]) -> str:
    """Words in which each `{name|otherwise}` is replaced by the capture, or by what stands behind the bar."""
    parts: list[str] = []
    at = 0
    while (start := words.find("{", at)) >= 0 and (end := words.find("}", start)) >= 0:
        name, _, otherwise = words[start + 1 : end].partition("|")
        parts += (words[at:start], captures.get(name, otherwise))
        at = end + 1
    text = "".join((*parts, words[at:]))
    return " ".join(text.split()).replace(" ,", ",").replace(" )", ")")


class _Hit(Struct):
    """A signature that matched: in which lines, with which captures, and whether only warnings say so.

    `again` is set where all these lines are of attempts that were made again, `tolerated` where the verdict of a check
    may not have ended the instruction.
    """

    compiled: Compiled
    at: list[int]
    captures: dict[str, str]
    warns: bool
    again: bool = False
    tolerated: bool = False

    def covers(self, other: _Hit) -> bool:
        """Whether the other one follows from this one."""
        signature = other.compiled.signature
        if self.tolerated and min(other.at) > max(self.at):
            return False
        return signature.id in self.compiled.signature.over and not (self.again and signature.reached)


def find_causes(lines: Sequence[Line], instruction: str, catalogue: Catalogue, *, traceback: bool) -> list[Cause]:
    """The causes of a failure, by what its step printed and the builder said; none where nothing is known.

    `instruction` is the failing one, "" if unknown. In a `traceback` the last line counts, and where the instruction
    goes on after a failure (`|| true`), elsewhere the first. What the program survived counts only where nothing else
    is known, and not if its last words are known to be the reason.
    """
    printed = Printed(lines, catalogue)
    marks = _Marks(printed, catalogue)
    hits: dict[str, _Hit] = {}
    tolerant = _TOLERANT.search(instruction) is not None
    for id_, compiled in catalogue.signatures.items():
        if traceback and compiled.signature.phase == "build":
            continue
        hit = _matched(compiled, printed, instruction, marks)
        if hit is not None:
            hits[id_] = hit
            hit.again = all(map(marks.transient, hit.at))
            hit.tolerated = tolerant and id_ in _CHECKS
    own = 0 if traceback else printed.own_words(instruction)
    survived = own or (printed.last_traceback() if traceback or printed.raised else len(lines) if tolerant else 0)
    late = {id_: hit for id_, hit in hits.items() if max(hit.at) >= survived}
    sure = [hit for hit in late.values() if not hit.warns and hit.compiled.signature.confidence != "possible"]
    late |= {id_: hit for id_, hit in hits.items() if any(map(hit.covers, sure))}
    ranked = _ranked(late if own or sure else hits, printed, latest=traceback or tolerant, tolerant=tolerant)
    return ranked if sure or not survived else ranked[:1]


class _Marks:
    """What the words in a line say about it: each line is read at most once, where a signature matches in it."""

    def __init__(self, printed: Printed, catalogue: Catalogue) -> None:
        lists = (catalogue.noise, catalogue.warnings, catalogue.transient)
        self._printed = printed
        self._lists = [[template for template in one if template.literal in printed.words] for one in lists]
        self._known: dict[tuple[int, int], bool] = {}

    def noise(self, index: int) -> bool:
        """Whether a line proves nothing."""
        return self._marked(0, index)

    def warns(self, index: int) -> bool:
        """Whether a line begins a warning, or is one of the lines below it that are indented deeper."""
        indents = self._printed.indents
        for above in range(index, max(index - _MOST_BELOW, 0) - 1, -1):
            if self._marked(1, above):
                return above == index or indents[above] < indents[index]
            if not indents[above]:
                return False
        return False

    def transient(self, index: int) -> bool:
        """Whether a line is of an attempt that is made again."""
        return self._marked(2, index)

    def _marked(self, which: int, index: int) -> bool:
        key = which, index
        if key not in self._known:
            self._known[key] = self._printed.on(index, self._lists[which])
        return self._known[key]


def _matched(compiled: Compiled, printed: Printed, instruction: str, marks: _Marks) -> _Hit | None:
    hit = _Hit(compiled, [], {}, True)
    if compiled.signature.phase == "pull" and instruction.startswith("RUN "):
        return None
    if compiled.instruction and not _suits(compiled, instruction, hit.captures):
        return None
    first = printed.first_of_last(compiled.signature.ends) if compiled.signature.ends else 0
    healed = [index for template in compiled.healed for index, _ in printed.find(template)]
    first = max(first, *healed) if healed else first
    found = [
        (index, captures)
        for template in compiled.says
        for index, captures in printed.find(template)
        if index >= first and _allowed(compiled.signature, captures)
    ]
    found = [one for one in found if not marks.noise(one[0]) and not printed.on(one[0], compiled.unless)]
    errors = [one for one in found if not marks.warns(one[0])]
    hit.warns = not errors
    told = errors or found
    for index, captures in sorted(told, key=_place, reverse=True) if compiled.signature.last else told:
        hit.at.append(index)
        for name, value in captures.items():
            hit.captures.setdefault(name, _trimmed(value))
    beside = [index for template in compiled.beside for index, _ in printed.find(template)]
    lacks = compiled.beside and not beside and not printed.commands(compiled.beside)
    if not hit.at or lacks or printed.has(compiled.without):
        return None
    hit.warns = hit.warns and all(map(marks.warns, beside))
    hit.captures |= _read(compiled, printed, max(hit.at))
    return hit


def _place(one: tuple[int, Mapping[str, str]]) -> int:
    return one[0]


def _read(compiled: Compiled, printed: Printed, last: int) -> dict[str, str]:
    """More captures: by the first of the templates that is found, where it was found last before the proof, or else."""
    for template in compiled.reads:
        found = list(printed.find(template))
        above = [captures for index, captures in found if index <= last]
        if found:
            captures = above[-1] if above else found[0][1]
            return {name: _trimmed(value) for name, value in captures.items()}
    return {}


def _suits(compiled: Compiled, instruction: str, captures: dict[str, str]) -> bool:
    """Whether the failing instruction is one that the signature is about; one that is not known may be."""
    if not instruction:
        vague = compiled.signature.confidence == "possible"
        return not vague and not any("<" in t.text for t in compiled.instruction)
    keyword, *rest = instruction.split() or [""]
    words = " ".join((keyword.upper(), *rest))
    for template in compiled.instruction:
        for _, found in template.matches(words, words):
            captures |= found
            return True
    return False


def _allowed(signature: Signature, captures: Mapping[str, str]) -> bool:
    return all(captures[name] in values for name, values in signature.captures.items() if name in captures)


def _trimmed(value: str) -> str:
    """A capture without the signs around it; of several words, without those behind them."""
    if " " in value.strip():
        return value.strip().rstrip(".,;:")
    return value.strip("\"'`,;:()[]").rstrip(".") or value


def _explaining(hits: dict[str, _Hit]) -> dict[str, tuple[str, ...]]:
    """The ids of the hits that stay, each with those that follow from it.

    A hit of warnings alone stays only where it explains another one, which is more than the last words of a program.
    One that the step survived does not stay.
    """
    errors = [hit for hit in hits.values() if not hit.warns and not hit.compiled.signature.last]
    kept = {
        id_: hit
        for id_, hit in hits.items()
        if (not hit.warns or any(map(hit.covers, errors))) and not _survived(hit, hits.values())
    }
    explains = {
        id_: tuple(name for name in hit.compiled.signature.over if name in kept and hit.covers(kept[name]))
        for id_, hit in kept.items()
    }
    below = {name for id_, names in explains.items() for name in names if id_ not in explains[name]}
    return {id_: names for id_, names in explains.items() if id_ not in below}


def _survived(hit: _Hit, hits: Collection[_Hit]) -> bool:
    """Whether words that end a program have a certain error below them that does not follow from them."""
    if not hit.compiled.signature.ends:
        return False
    following = [hit, *filter(hit.covers, hits)]
    return any(
        min(other.at) > max(hit.at) and not other.warns and not any(one.covers(other) for one in following)
        for other in hits
        if other.compiled.signature.confidence == "certain"
    )


def _ranked(hits: dict[str, _Hit], printed: Printed, *, latest: bool, tolerant: bool) -> list[Cause]:
    """The causes in order: the surest first; of two as sure the first in the log, with `latest` the last.

    With `tolerant` the last of those that are more than possible is the first, as the step went on after the others.
    """
    explains = _explaining(hits)

    def order(id_: str) -> tuple[int, int, int]:
        hit, signature = hits[id_], hits[id_].compiled.signature
        last = signature.last or (latest and signature.confidence != "possible")
        place = -max(hit.at) if last else min(hit.at)
        if tolerant and signature.confidence != "possible":
            return 0, place, signature.rank
        return CONFIDENCES.index(signature.confidence), signature.rank, place

    ids = sorted(explains, key=order)
    known = [id_ for id_ in ids if hits[id_].compiled.signature.confidence != "possible"]
    if tolerant and known:
        known = _ended(hits, ids, known) or known
    last = max(hits[_LAST_WORDS].at, default=0) if _LAST_WORDS in hits else 0
    return [_cause(hits[id_], explains[id_], printed, last) for id_ in (known or ids[:1])[:MOST_CAUSES]]


def _ended(hits: Mapping[str, _Hit], ids: Sequence[str], known: Sequence[str]) -> list[str]:
    """The possible cause that ended an instruction below all known ones, which were tolerated; no vague one."""
    last = max(max(hits[id_].at) for id_ in known)
    return [id_ for id_ in ids if min(hits[id_].at) > last and hits[id_].compiled.signature.rank < _VAGUE][:1]


def _cause(hit: _Hit, explains: tuple[str, ...], printed: Printed, last: int) -> Cause:
    """The cause; only a possible one where it would end the output, but the last words of a program stand below it."""
    signature = hit.compiled.signature
    survived = 0 < signature.ends <= _BRIEF and max(hit.at) < last
    at = sorted(set(hit.at))
    at = at[-1:] if signature.last else at[:MOST_EVIDENCE]
    evidence = tuple(printed.lines[index] for index in at)
    return Cause(signature, hit.captures, evidence, explains, "possible" if survived else signature.confidence)
