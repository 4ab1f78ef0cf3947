"""Finds the causes of a failure by matching signatures with a step's output, the most specific first."""

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

_LAST_WORDS = "tool-error"
"""The signature of the last words of a program."""
_BRIEF = 8
"""The most last lines in which a small program reports its fatal error."""
_CHECKS = ("checks-failed", "tests-failed")
"""Signatures of failed checks; the output of other commands below them does not follow from them."""
_TOLERANT = re.compile(
    r"\|\|(?!\s*exit\b)|^RUN (?:\S+=\S+ |(?:ba)?sh )?[^\s;&|]*\.sh(?: [^;&|]*)?$|\| *(?:ba)?sh\b[^;&|]*$"
    r"|(?<!\\);(?!\s*(?:do|then|else|elif|fi|done|esac|;|exit)\b)(?=\s*\w)"
)
"""Matches a command whose failure does not end the instruction; a script often continues after one."""
_STRICT = re.compile(r"\bset -[a-z]*e")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Cause(Struct, frozen=True):
    """A cause of a failure, the lines that prove it, and the ids of signatures that follow from it."""

    signature: Signature
    captures: Mapping[str, str]
    evidence: tuple[Line, ...]
    explains: tuple[str, ...] = ()
    confidence: str = ""

    @property
    def summary(self) -> str:
        """The cause in words, with captures from the log; `{line}` is the line that proves it."""
        line = " ".join(self.evidence[0].text.split())[:MOST_CHARACTERS] if self.evidence else ""
        return fill(self.signature.cause, {"line": line, **self.captures})

    @property
    def cure(self) -> str:
        """The cure, with captures from the log without secrets; the signature's own words stay unchanged."""
        return fill(self.signature.cure, {name: redacted(value) for name, value in self.captures.items()})


def fill(words: str, captures: Mapping[str, str]) -> str:
    """Return words in which each `{name|otherwise}` is replaced by the capture, or by the text after the bar."""
    parts: list[str] = []
    at = 0
    while (start := words.find("{", at)) >= 0 and (end := words.find("}", start)) >= 0:
        name, _, otherwise = words[start + 1 : end].partition("|")
        parts += (words[at:start], captures.get(name, otherwise))
        at = end + 1
    text = "".join((*parts, words[at:]))
    return " ".join(text.split()).replace(" ,", ",").replace(" )", ")")


class _Hit(Struct):
    """A signature that matched: its lines, its captures, and whether only warnings match.

    `again` is whether all of its lines are from attempts that were repeated. `tolerated` is whether the
    next line shows that the step continued, or a failed check may not have ended it. `past` is whether any later line
    shows that the step continued.
    """

    compiled: Compiled
    at: list[int]
    captures: dict[str, str]
    warns: bool
    again: bool = False
    tolerated: bool = False
    past: bool = False

    def covers(self, other: _Hit) -> bool:
        """Return whether another hit follows from this one."""
        signature = other.compiled.signature
        if self.tolerated and min(other.at) > max(self.at):
            return False
        return signature.id in self.compiled.signature.over and not (self.again and signature.reached)


def find_causes(lines: Sequence[Line], instruction: str, catalogue: Catalogue, *, traceback: bool) -> list[Cause]:
    """Return the causes of a failure by the output of its step and the builder's words; empty if none is known.

    `instruction` is the failing one, or "" if it is unknown. The first cause in the log comes first. The last one does
    in a `traceback`, and if the instruction continues after a failure (`|| true`). Errors that the program survived
    count only if no other cause is known, and not if its last words are known to be the reason.

    Since one process ended the step, at most the first cause is more than possible. It is only possible, too, if the
    step continued below the last line of the cause.
    """
    printed = Printed(lines, catalogue)
    marks = _Marks(printed, catalogue)
    hits: dict[str, _Hit] = {}
    continued = {index for t in catalogue.continues for index, _ in printed.find(t) if not marks.noise(index)}
    tolerant = _tolerant(instruction.partition("\n")[0])
    for id_, compiled in catalogue.signatures.items():
        if traceback and compiled.signature.phase == "build":
            continue
        hit = _matched(compiled, printed, instruction, marks)
        if hit is not None:
            hits[id_] = hit
            hit.again = all(map(marks.transient, hit.at))
            hit.tolerated = (tolerant and id_ in _CHECKS) or printed.next(max(hit.at)) in continued
    own = 0 if traceback else printed.own_words(instruction)
    fatal = own or (printed.last_traceback() if traceback or printed.raised else len(lines) if tolerant else 0)
    late = {id_: hit for id_, hit in hits.items() if max(hit.at) >= fatal}
    sure = [hit for hit in late.values() if not hit.warns and hit.compiled.signature.confidence != "possible"]
    late |= {id_: hit for id_, hit in hits.items() if any(map(hit.covers, sure))}
    below = max(fatal if own or printed.raised else 0, *continued, 0)
    for hit in hits.values():
        last = _last_line(hit, hits.values())
        hit.past = last < below or not printed.is_end(last, hit.at)
    return _ranked(late if own or sure else hits, printed, latest=traceback or tolerant, tolerant=tolerant)


def _tolerant(instruction: str) -> bool:
    """Return whether the instruction may continue after one of its commands fails."""
    return not _STRICT.search(instruction) and _TOLERANT.search(_QUOTED.sub("", instruction)) is not None


def _last_line(hit: _Hit, hits: Collection[_Hit]) -> int:
    """Return the index of the last line of a hit and of all hits that follow from it."""
    found = [hit]
    for one in found:
        found += [o for o in hits if one.covers(o) and o not in found and not o.compiled.signature.last]
    return max(max(one.at) for one in found)


class _Marks:
    """The meanings of lines by their words; each line is read at most once, and only if a signature matches in it."""

    def __init__(self, printed: Printed, catalogue: Catalogue) -> None:
        lists = (catalogue.noise, catalogue.warnings, catalogue.transient)
        self._printed = printed
        self._lists = [[template for template in one if template.literal in printed.words] for one in lists]
        self._known: dict[tuple[int, int], bool] = {}

    def noise(self, index: int) -> bool:
        """Return whether a line proves nothing."""
        return self._marked(0, index) or self._printed.in_table(index)

    def warns(self, index: int) -> bool:
        """Return whether a line begins a warning, or is indented below one."""
        indents = self._printed.indents
        for above in range(index, max(index - _MOST_BELOW, 0) - 1, -1):
            if self._marked(1, above):
                return above == index or indents[above] < indents[index]
            if not indents[above]:
                return False
        return False

    def transient(self, index: int) -> bool:
        """Return whether a line is from an attempt that is repeated."""
        return self._marked(2, index)

    def _marked(self, which: int, index: int) -> bool:
        key = which, index
        if key not in self._known:
            self._known[key] = self._printed.on(index, self._lists[which])
        return self._known[key]


def _matched(compiled: Compiled, printed: Printed, instruction: str, marks: _Marks) -> _Hit | None:
    """Return the lines that match a signature, or None if it does not match or does not apply."""
    hit = _Hit(compiled, [], {}, True)
    if compiled.signature.phase == "pull" and instruction.startswith("RUN ") and "from=" not in instruction:
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
    """Return the captures of the first template of `reads` that matches, from its last match up to the proof.

    Without a match there, they are from the first match after the proof.
    """
    for template in compiled.reads:
        found = list(printed.find(template))
        above = [captures for index, captures in found if index <= last]
        if found:
            captures = above[-1] if above else found[0][1]
            return {name: _trimmed(value) for name, value in captures.items()}
    return {}


def _suits(compiled: Compiled, instruction: str, captures: dict[str, str]) -> bool:
    """Return whether the signature may apply to the failing instruction, which may be unknown."""
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
    """Return a capture without surrounding punctuation; of several words, only without trailing punctuation."""
    if " " in value.strip():
        return value.strip().rstrip(".,;:")
    return value.strip("\"'`,;:()[]").rstrip(".") or value


def _explaining(hits: dict[str, _Hit]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the hits that stay, each with those that follow from it.

    A hit of warnings alone stays only if it explains another one that is more than the last words of a program. A hit
    that the step survived does not stay.
    """
    errors = [hit for hit in hits.values() if not hit.warns and not hit.compiled.signature.last]
    kept = {
        id_: hit
        for id_, hit in hits.items()
        if (not hit.warns or (not hit.past and any(map(hit.covers, errors)))) and not _survived(hit, hits.values())
    }
    explains = {
        id_: tuple(name for name in hit.compiled.signature.over if name in kept and hit.covers(kept[name]))
        for id_, hit in kept.items()
    }
    below = {name for id_, names in explains.items() for name in names if id_ not in explains[name]}
    return {id_: names for id_, names in explains.items() if id_ not in below}


def _survived(hit: _Hit, hits: Collection[_Hit]) -> bool:
    """Return whether a hit on a fatal error has a certain, unrelated error below it."""
    if not hit.compiled.signature.ends:
        return False
    following = [hit, *filter(hit.covers, hits)]
    return any(
        min(other.at) > max(hit.at) and not other.warns and not any(one.covers(other) for one in following)
        for other in hits
        if other.compiled.signature.confidence == "certain"
    )


def _ranked(hits: dict[str, _Hit], printed: Printed, *, latest: bool, tolerant: bool) -> list[Cause]:
    """Return the causes in order: the surest first, then the first in the log, or with `latest` the last.

    With `tolerant`, the last cause that is more than possible comes first, since the step continued after the others.
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
    ending = [id_ for id_ in known if not hits[id_].past]
    if known and (tolerant or not ending):
        ending = _ended(hits, ids, known) or ending
    last = max(hits[_LAST_WORDS].at, default=0) if _LAST_WORDS in hits else 0
    return [
        _cause(hits[id_], explains[id_], printed, last, sure=id_ == ending[0] if ending else False)
        for id_ in (ending or (known or ids)[:1])[:MOST_CAUSES]
    ]


def _ended(hits: Mapping[str, _Hit], ids: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return a possible cause below all known ones, which were tolerated; it must not be vague."""
    last = max(max(hits[id_].at) for id_ in known)
    return [id_ for id_ in ids if min(hits[id_].at) > last and hits[id_].compiled.signature.rank < _VAGUE][:1]


def _cause(hit: _Hit, explains: tuple[str, ...], printed: Printed, last: int, *, sure: bool) -> Cause:
    """Return the cause of a hit; unless `sure`, or with a program's last words below it, the cause is only possible."""
    signature = hit.compiled.signature
    doubtful = not sure or (0 < signature.ends <= _BRIEF and max(hit.at) < last)
    at = sorted(set(hit.at))
    at = at[-1:] if signature.last else at[:MOST_EVIDENCE]
    evidence = tuple(printed.lines[index] for index in at)
    return Cause(signature, hit.captures, evidence, explains, "possible" if doubtful else signature.confidence)
