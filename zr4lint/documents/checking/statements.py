"""PD1: finds statements about one subject that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.document import Words
from zr4lint.documents.target import Target
from zr4lint.facts import Copied, Facts, Origin, PipRun
from zr4lint.model.finding import Finding, Related
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.packs import document_rules as rules
from zr4lint.programs.pip import Requirement, normalise

if TYPE_CHECKING:
    from zr4lint.documents.document import Words
    from zr4lint.documents.target import Target

_LAYER = re.compile(r"\blayer\s+(\d+)\b", re.IGNORECASE)
_LINES = re.compile(r"\blines?\s+(\d+)(?:\s*[-\u2013]\s*(\d+))?", re.IGNORECASE)
_VERSION = re.compile(r"\b([A-Za-z][\w-]*)\s+v?(\d+(?:\.\d+)+(?:\.post\d+)?(?:\+\w+)?)\b")
_SPECIFIED = re.compile(r"\b([A-Za-z][\w-]*)\s*((?:[<>=!~]=?=?\s*[\w.]+,?)+)")
_LINE_IS = re.compile(
    r"\bline (\d{1,6})\b(?::|[^`.|\n]{0,40}?\b(?:is|sets|has|holds|exposes|starts|runs)(?: the| an?)?)?\s*`([^`]+)`",
    re.IGNORECASE,
)
_ON_LINE = re.compile(r"`(?P<code>[^`]+)`[^`.|\n]{0,30}?\b(?:on|at|in|is) line (?P<line>\d{1,6})\b", re.IGNORECASE)
_SETS = re.compile(r"\b(?:is|sets|exposes|runs)\s*`[A-Z]{2}[^`]*`")
_BUILD = re.compile(r"\bdocker\s+(?:buildx\s+)?build\b[^\n`]*?\s-f\s+([\w./-]+)/[\w.-]+[^\n`]*\s\.(?=\s|$|`)")
_ORDER = re.compile(
    r"`?([\w.-]+)`?\s+(?:must|shall|should|has to|needs to|is|are)\s+(?:be\s+)?installed\s+(before|after)"
    r"\s+`?([\w-][\w.-]*\w)`?",
    re.IGNORECASE,
)
_MUST_BE = re.compile(
    r"`?(?P<name>[A-Za-z][\w-]*)`?\s+(?:(?:(?:must|shall|should|has to)\s+be|is)\s+"
    r"(?P<pinned>pinned\s+(?:to|at))\s+|(?:must|shall|should|has to)\s+be\s+(?:(?:version\s+)?at\s+least\s+)?)"
    r"(?:version\s+)?`?(?P<bound>[<>=~!]=|[<>])?v?(?P<version>\d+(?:\.\d+)+)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"`([A-Z]{3,})`\s+(?:must|shall|should|has to)\s+(?:come|be|stand)\s+(before|after)\s+(?:the\s+)?`([A-Z]{3,})`"
)
_SOME = re.compile(r"\b(?:not|never|or|if|when|unless|except|instead|was|were|example)\b", re.IGNORECASE)
_MINUTES = re.compile(r"~?(\d+)\s*min", re.IGNORECASE)
_BUILDS = re.compile(r"~?(\d+)\s*min(?:utes)?\s*\((?:docker )?build\)", re.IGNORECASE)
_NAMES = {"pytorch": "torch"}


def check_statements(target: Target) -> Iterator[Finding]:
    """Yield the findings on statements."""
    facts = target.facts
    stages = range(len(facts.stages))
    pinned = {
        requirement.name: requirement
        for run in facts.of(PipRun, stages)
        if run.command.action == "install"
        for requirement in run.command.requirements
    }
    for words in target.document.prose:
        yield from _layers(target, words)
        yield from _pins(target, words, pinned)
        yield from _line_of(target, words)
        yield from _order(target, words, pinned)
        yield from _bounds(target, words, pinned)
        yield from _sequence(target, words)
    yield from _context(target, facts)
    yield from _budgets(target)
    yield from _builds(target)


def _layers(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for a layer whose stated lines differ from the lines of its section."""
    cells = words.text.split("|") if "|" in words.text else []
    if len(cells) < 3 or (layer := _LAYER.fullmatch(cells[1].strip())) is None:
        return
    number = int(layer[1])
    heading = next((h for h in target.document.headings if h.layer == number and h.lines is not None), None)
    said = _LINES.search(words.text, layer.end())
    if heading is None or heading.lines is None or said is None:
        return
    lines = (int(said[1]), int(said[2] or said[1]))
    if lines != heading.lines:
        first, last = heading.lines
        span = words.at(said.start(), said.end())
        message = f"layer {number} is given lines {lines[0]} to {lines[1]} here, {first} to {last} in its section"
        yield found(target, rules.STATEMENTS_DISAGREE, span, message, related=(Related("its section", heading.span),))


def _line_of(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for `Line 1: code` if the code is on another line of its target block."""
    for said in (*_LINE_IS.finditer(words.text), *_ON_LINE.finditer(words.text)):
        number, wanted = (int(said[1]), said[2]) if said.re is _LINE_IS else (int(said["line"]), said["code"])
        for block in target.blocks:
            first = block.lines[0] if block.lines is not None else 1 if len(target.blocks) == 1 else None
            lines = block.body.text.splitlines()
            having = [i for i, line in enumerate(lines) if _has(line, wanted, loosely=block.lines is None)]
            if first is not None and not having and 0 <= number - first < len(lines) and _SETS.search(said[0]):
                at = sum(map(len, lines[: number - first])) + number - first
                related = (Related("the target text", block.body.span(at, at + len(lines[number - first]))),)
                message = f"line {number} is {code(lines[number - first].strip(), 40)} in the target text"
                yield found(target, rules.STATEMENTS_DISAGREE, words.at(*said.span()), message, related=related)
            if first is None or not having or any(_near(lines, i, number - first) for i in having):
                continue
            line = first + having[0]
            at = block.body.text.index(wanted)
            related = (Related(f"it is line {line}", block.body.span(at, at + len(wanted))),)
            message = f"this is on line {number} here, on line {line} in the target block"
            yield found(target, rules.STATEMENTS_DISAGREE, words.at(*said.span()), message, related=related)


def _has(line: str, wanted: str, *, loosely: bool) -> bool:
    """Return whether a line is `wanted`, begins with that keyword, or, with `loosely`, contains it."""
    return line == wanted or (wanted.isupper() and line.startswith(f"{wanted} ")) or (loosely and wanted in line)


def _near(lines: Sequence[str], index: int, wanted: int) -> bool:
    """Return whether the line at `index` is line `wanted`, or belongs to the same instruction."""
    first, last = sorted((index, wanted))
    return first >= 0 and all(line.rstrip().endswith("\\") for line in lines[first:last])


def _pins(target: Target, words: Words, pinned: Mapping[str, Requirement]) -> Iterator[Finding]:
    """Yield a finding for each package that the target text does not pin to the stated version."""
    if not re.search(r"\bpinned\b", words.text, re.IGNORECASE):
        return
    start = re.search(r"\bpinned\b", words.text, re.IGNORECASE)
    for said in _VERSION.finditer(words.text, start.end() if start is not None else 0):
        name = _NAMES.get(said[1].lower(), normalise(said[1]))
        requirement = pinned.get(name)
        if requirement is not None and not _same(requirement.specifier, said[2]):
            yield _disagreement(target, words, said.span(), name, f"=={said[2]}", requirement)
    for said in _SPECIFIED.finditer(words.text, start.end() if start is not None else 0):
        name = _NAMES.get(said[1].lower(), normalise(said[1]))
        if name in pinned and not said[2].startswith("=="):
            span = words.at(*said.span())
            message = f"{name} is called pinned; {said[2].strip(', ')} is a range"
            yield found(target, rules.STATEMENTS_DISAGREE, span, message)


def _bounds(target: Target, words: Words, pinned: Mapping[str, Requirement]) -> Iterator[Finding]:
    """Yield a finding for each required version that excludes the version pinned in the target text."""
    for said in _MUST_BE.finditer(words.text):
        name = _NAMES.get(said["name"].lower(), normalise(said["name"]))
        requirement = pinned.get(name)
        have = re.fullmatch(r"===?([\w.!+]+)", requirement.specifier) if requirement is not None else None
        if requirement is None or have is None or _SOME.search(words.text):
            continue
        wanted = said["bound"] or ("==" if said["pinned"] else ">=")
        if not _within(have[1], f"{wanted}{said['version']}"):
            message = f"{name} must be {wanted}{said['version']} here, {requirement.specifier} in the target text"
            span = target.whole.span(requirement.span.start, requirement.span.end)
            related = (Related("the target text", span),)
            place = words.at(*said.span())
            yield found(target, rules.STATEMENTS_DISAGREE, place, message, related=related)


def _within(version: str, specifier: str) -> bool:
    """Return whether a version without its local part meets a specifier; True if it is not a valid version."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version.partition("+")[0], prereleases=True)
    except InvalidSpecifier:
        return True


def _sequence(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for two instructions whose stated order is reversed everywhere in the target text."""
    said = _BEFORE.search(words.text)
    if said is None or _SOME.search(words.text):
        return
    starts: dict[str, list[int]] = {}
    for line in re.finditer(r"(?m)^([A-Z]+)\s", target.whole.text):
        starts.setdefault(line[1], []).append(line.start())
    first, then = (said[1], said[3]) if said[2].lower() == "before" else (said[3], said[1])
    if first in starts and then in starts and min(starts[first]) > max(starts[then]):
        at = starts[first][0]
        related = (Related("the target text", target.whole.span(at, at + len(first))),)
        message = f"here {first} comes before {then}; in the target text it comes after it"
        yield found(target, rules.STATEMENTS_DISAGREE, words.at(*said.span()), message, related=related)


def _order(target: Target, words: Words, pinned: Mapping[str, Requirement]) -> Iterator[Finding]:
    """Yield a finding for two packages that the target text installs in another order than stated."""
    for said in _ORDER.finditer(words.text):
        names = [_NAMES.get(name.lower(), normalise(name)) for name in (said[1], said[3])]
        if not all(name in pinned for name in names) or names[0] == names[1]:
            continue
        first, then = names if said[2].lower() == "before" else names[::-1]
        between = target.whole.text[pinned[then].span.end : pinned[first].span.start]
        if re.search(r"(?<!\\)\n|&&|;", between):
            place = pinned[first].span
            related = (Related("the target text", target.whole.span(place.start, place.end)),)
            message = f"here {first} comes before {then}; in the target text it comes after it"
            yield found(target, rules.STATEMENTS_DISAGREE, words.at(*said.span()), message, related=related)


def _same(specifier: str, version: str) -> bool:
    return specifier.removeprefix("==").partition("+")[0] == version.partition("+")[0]


def _disagreement(
    target: Target, words: Words, place: tuple[int, int], name: str, said: str, requirement: Requirement
) -> Finding:
    span = target.whole.span(requirement.span.start, requirement.span.end)
    message = f"{name} is {said} here, {requirement.specifier or 'without a version'} in the target text"
    related = (Related("the target text", span),)
    return found(target, rules.STATEMENTS_DISAGREE, words.at(*place), message, related=related)


def _context(target: Target, facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each file that COPY reads from the context and the document has in another folder."""
    texts = [fence.body for fence in target.document.fences if fence.is_shell]
    folder = next((build[1] for body in texts if (build := _BUILD.search(body.text)) is not None), None)
    if folder is None:
        return
    for copy in facts.of(Copied, range(len(facts.stages))):
        name = copy.source.removeprefix("./")
        if copy.origin is not Origin.CONTEXT or copy.many or "/" in name:
            continue
        elsewhere = _mentioned(target, f"{folder}/{name}")
        if elsewhere is not None:
            span = target.whole.span(copy.span.start, copy.span.end)
            message = f"COPY takes {name} from the context; the document has it in {folder}/"
            related = (Related("the file is here", elsewhere),)
            notes = (f"`docker build -f {folder}/... .` makes the current folder the context.",)
            yield found(target, rules.STATEMENTS_DISAGREE, span, message, related=related, notes=notes)


def _mentioned(target: Target, path: str) -> Span | None:
    at = re.search(rf"(?<![\w/.]){re.escape(path)}(?![\w/])", target.document.source.text)
    return Span(at.start(), at.end()) if at is not None else None


def _builds(target: Target) -> Iterator[Finding]:
    """Yield a finding if the stated time of the whole build differs from the total of a table."""
    total = _total_of_builds(target)
    if total is None:
        return
    low, high = (int(number) for number in re.findall(r"\d+", total.text)[:2])
    for words in target.document.prose:
        said = _BUILDS.search(words.text) if "|" not in words.text else None
        if said is not None and not low * 0.9 <= int(said[1]) <= high * 1.1:
            message = f"the build takes {said[1]} minutes here, {low} to {high} in the table"
            related = (Related("the table", total.span),)
            span = words.at(*said.span())
            yield found(target, rules.STATEMENTS_DISAGREE, span, message, related=related,
                        severity=rules.SUM_DIFFERS.severity)  # fmt: skip


def _total_of_builds(target: Target) -> Words | None:
    """Return the cell with the range of minutes for all builds; None if there is none."""
    for table in target.document.tables:
        column = next((i for i, cell in enumerate(table.header) if "build time" in cell.text.lower()), None)
        last = table.rows[-1] if table.rows else ()
        if column is None or column >= len(last) or "total" not in last[0].text.lower():
            continue
        if re.fullmatch(r"[*~]*\d+\s*[-\u2013]\s*\d+\s*min(?:utes)?[*]*", last[column].text):
            return last[column]
    return None


def _budgets(target: Target) -> Iterator[Finding]:
    """Yield a finding if the document states two different times for the whole."""
    budget = total = None
    for words in target.document.prose:
        if re.search(r"\btime budget\b", words.text, re.IGNORECASE):
            budget = budget or words
        if re.search(r"\btotal\b[^|]*\btime\b", words.text, re.IGNORECASE) and "|" not in words.text:
            total = words
    if budget is None or total is None:
        return
    said, parts = _MINUTES.findall(budget.text), _MINUTES.findall(total.text)
    if len(said) == 1 and parts and abs(sum(map(int, parts)) - int(said[0])) > 0.2 * int(said[0]):
        place = _MINUTES.search(budget.text)
        span = budget.at(*place.span()) if place is not None else budget.span
        message = f"the whole takes {said[0]} minutes here, {' + '.join(parts)} where it is summed up"
        yield found(
            target, rules.STATEMENTS_DISAGREE, span, message, related=(Related("the sum", total.span),),
            severity=rules.SUM_DIFFERS.severity,
        )  # fmt: skip
