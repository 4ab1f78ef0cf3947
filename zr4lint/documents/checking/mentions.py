"""PD101: compares code in summaries, checklists and labelled lines with the target text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents.checking.document_finding import found
from zr4lint.facts import EnvSet, PipRun, gather
from zr4lint.model.finding import Related
from zr4lint.model.quoting import code
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs import document_rules as rules
from zr4lint.programs.pip import normalise

if TYPE_CHECKING:
    from zr4lint.documents.document import Words
    from zr4lint.documents.target import Target
    from zr4lint.model.finding import Finding

_AFTER = re.compile(r"\b(?:after|target|desired|expected)\b", re.IGNORECASE)
_COMMAND = re.compile(r"\bcommands?\b", re.IGNORECASE)
_NOT_OUTPUT = re.compile(r"\b(?:after|target|desired)\b", re.IGNORECASE)
"""Matches headers of columns in tables with commands; verification.py checks columns of expected output."""
_SPAN = re.compile(r"`([^`\n]+)`|(?<![`\w])((?:CMD|ENTRYPOINT) \[\"[^\]`\n]*\])")
_CHECKLIST = re.compile(r"\[[ xX]\]\s+(?:confirm|verify|check|ensure)\b[^`|]*`([^`\n]+)`", re.IGNORECASE)
_PATH = re.compile(r"/[\w.-]+(?:/[\w.-]+)+")
_SCRIPT = re.compile(r"(?<![\w.-])[\w-]+\.(?:sh|py)\b")
_REQUIREMENT = re.compile(r"([A-Za-z][\w.-]*)((?:[=<>~!]=|[<>])[\w.,=<>~!*+]+)")
_FROM = re.compile(r"FROM\s+(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)


class Held:
    """The images, variables, packages, scripts and paths in the target text, to compare with code spans."""

    def __init__(self, target: Target) -> None:
        text = target.whole.text
        dockerfile = parse(SourceFile(text))
        facts = gather(dockerfile, {})
        stages = range(len(facts.stages))
        self.text = text
        self.images = {m[1]: Span(m.start(1), m.end(1)) for m in re.finditer(r"(?im)^FROM[ \t]+(\S+)", text)}
        self.stages = [stage.name.lower() for stage in facts.stages if stage.name is not None]
        self.variables: dict[str, tuple[set[str], Span]] = {}
        for fact in facts.of(EnvSet, stages):
            if isinstance(fact.value, str):
                values, _ = self.variables.setdefault(fact.name, (set(), fact.span))
                values.add(fact.value)
        self.pins = {r.name: r for run in facts.of(PipRun, stages) for r in run.command.requirements if r.specifier}
        self.starts = {i.keyword: i.span for i in dockerfile.instructions if i.keyword in ("CMD", "ENTRYPOINT")}
        self.scripts = sorted({m[0].rpartition("/")[2] for m in _SCRIPT.finditer(text)})
        self.paths = {m[0] for m in _PATH.finditer(text)}

    def against(self, words: str) -> tuple[str, Span | None] | None:
        """Return what the target text has instead of `words`, and its place; None if they do not differ."""
        image, variable = _FROM.fullmatch(words), re.fullmatch(r"([A-Z][A-Z0-9_]+)=(\S+)", words)
        requirement, keyword = _REQUIREMENT.fullmatch(words), words.partition(" ")[0]
        if image is not None and self.images and image[1] not in self.images:
            return next(iter(self.images.items()))
        if image is not None and image[2] and image[2].lower() not in self.stages and self.stages:
            return f"AS {self.stages[0]}", self.images.get(image[1])
        if variable is not None and (had := self.variables.get(variable[1])) is not None:
            values, span = had
            return None if variable[2].strip("\"'") in values else (f"{variable[1]}={min(values)}", span)
        if requirement is not None and (pin := self.pins.get(normalise(requirement[1]))) is not None:
            same = {*pin.specifier.split(",")} >= {*requirement[2].split(",")}
            return None if same else (f"{pin.name}{pin.specifier}", pin.span)
        if keyword in self.starts and "[" in words:
            span = self.starts[keyword]
            have = " ".join(self.text[span.start : span.end].split())
            return None if have == " ".join(words.split()) else (have, span)
        if _SCRIPT.fullmatch(words) and words not in self.text:
            near = [name for name in self.scripts if name.endswith(words[words.rindex(".") :])]
            return ((get_close_matches(words, near, 1, 0) or near)[0], None) if near else None
        if _PATH.fullmatch(words) and words not in self.text:
            near = get_close_matches(words, [p for p in self.paths if p.count("/") == words.count("/")], 1, 0.8)
            return (near[0], None) if near and not self._below(words) else None
        return None

    def _below(self, path: str) -> bool:
        """Return whether a path is inside a path of the target text, or contains one."""
        return any(
            path.startswith(f"{other}/") or other.startswith(f"{path}/") for other in self.paths if other.count("/") > 1
        )


def check_mentions(target: Target) -> Iterator[Finding]:
    """Yield a finding for each code span of a summary or a checklist that differs from the target text."""
    places = [*_places(target)] if target.blocks else []
    if not places:
        return
    held = Held(target)
    for words, start, text in places:
        other = held.against(text.strip())
        if other is None:
            continue
        had, span = other
        place = target.whole.span(span.start, span.end) if span is not None else None
        related = (Related("the target text", place),) if place is not None else ()
        message = f"this is {code(text, 26)} here, {code(had, 26)} in the target text"
        yield found(target, rules.STATEMENTS_DISAGREE, words.at(start, start + len(text)), message, related=related)


def _places(target: Target) -> Iterator[tuple[Words, int, str]]:
    """Yield the code spans of checklists and of columns such as `After`."""
    for table in target.document.tables:
        after = _NOT_OUTPUT if any(_COMMAND.search(cell.text) for cell in table.header) else _AFTER
        columns = [i for i, cell in enumerate(table.header) if after.search(cell.text)]
        for row in table.rows:
            for cell in (row[i] for i in columns if i < len(row)):
                yield from (
                    (cell, said.start(said.lastindex or 1), said[said.lastindex or 1])
                    for said in _SPAN.finditer(cell.text)
                )
    for words in target.document.prose:
        said = _CHECKLIST.search(words.text)
        if said is not None:
            yield words, said.start(1), said[1]
