"""PD4 and PD308: find recoveries that repair nothing or break a correct file, and commands that cannot run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile import Dockerfile, parse
from zr4lint.documents.checking.changed_values import other_value
from zr4lint.documents.checking.check_verdicts import Verdict, verdicts
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.checking.world import errors_of
from zr4lint.documents.document import Fence, Words
from zr4lint.documents.interpreter import Ended, Shell, UnknownError
from zr4lint.documents.interpreter.regular_expressions import compiled
from zr4lint.documents.target import joined
from zr4lint.facts import PackageRun, gather
from zr4lint.model.budgets import RECOVERED_LINES
from zr4lint.model.finding import Finding, Related
from zr4lint.model.quoting import code
from zr4lint.model.remark import too_large
from zr4lint.model.source import SourceFile, Span
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.target import Target

_SUBSTITUTION = re.compile(r"'s([|/#,])((?:[^\\]|\\.)*?)\1((?:[^\\]|\\.)*?)\1")
_APPEND = re.compile(r"'/((?:[^/\\]|\\.)+)/[ai]\\?\s*(.*?)\s*\\*'\s")
_ANNOUNCED = re.compile(
    r"\bnot (?:available|mirrored|found|published)\b|\bfall-?back\b|\balternative\b"
    r"|\boption\b|\btry\b|\binstead\b|\bonly if\b",
    re.IGNORECASE,
)
_STARTS = ("CMD", "ENTRYPOINT")
_MOST_EARLIER = 30
"""The most earlier steps of a script with which a step that changes nothing is tried."""
_CODE = re.compile(r"`((?:sed|grep)\s+(?:-[^\s`]+\s+)*(?:[^\s`-][^`]*|-e\s[^`]+))`")


class Step(Struct, frozen=True):
    """One command of a recovery, and the target text after it."""

    fence: Fence
    span: Span
    text: str

    @property
    def place(self) -> Span:
        """The place of the command in the document."""
        return self.fence.body.span(self.span.start, self.span.end)


class Healthy(Struct, frozen=True):
    """The facts of the target text before any recovery.

    These are the verdicts of each script, the errors of pack ml, and the packages that a command names twice.
    """

    dockerfile: Dockerfile
    verdicts: tuple[tuple[Fence, Mapping[Span, Verdict]], ...]
    errors: frozenset[str]
    repeated: frozenset[str]


def check_recoveries(target: Target) -> Iterator[Finding]:
    """Yield the findings on recoveries."""
    healthy = target.whole.text
    before: Healthy | None = None
    left = RECOVERED_LINES
    for fence in target.recoveries:
        steps: list[Step] = []
        shell = Shell(fence.body.text, {target.path: healthy})
        for node in shell.statements():
            shell.files.write(target.path, healthy)
            try:
                shell.statement(node)
            except (UnknownError, Ended):
                continue
            step = Step(fence, shell.span(node), shell.files.read(target.path) or "")
            words = shell.text(node)
            yield from _idle(target, step, words)
            if not healthy or shell.span(node) in shell.complaints:
                continue
            yield from _undone(target, step, steps)
            if step.text != healthy:
                left -= step.text.count("\n") + 1
                if left < 0:
                    told = too_large(step.place, "the text after recoveries", f"{RECOVERED_LINES:,} lines")
                    target.document.remarks.append(told)
                    return
                before = before or _healthy(target)
                yield from _broken(target, step, before)
                steps.append(step)
        yield from _complaints(target, fence, shell)
    for fence in target.checks:
        yield from _complaints(target, fence, _finished(target, fence))
    for line in target.document.prose:
        yield from _misused(target, line)


def _finished(target: Target, fence: Fence) -> Shell:
    shell = Shell(fence.body.text, {target.path: target.whole.text})
    for node in shell.statements():
        try:
            shell.statement(node)
        except (UnknownError, Ended):
            continue
    return shell


def _complaints(target: Target, fence: Fence, shell: Shell) -> Iterator[Finding]:
    for span, complaint in shell.complaints.items():
        if "does not exist" not in complaint:
            yield found(target, rules.MISUSED, fence.body.span(span.start, span.end), complaint)


def _misused(target: Target, words: Words) -> Iterator[Finding]:
    """Yield a finding for each command in prose that cannot run as written."""
    for command in _CODE.finditer(words.text):
        shell = Shell(command[1], {target.path: target.whole.text})
        for node in shell.statements():
            try:
                shell.statement(node)
            except (UnknownError, Ended):
                continue
        for complaint in shell.complaints.values():
            if complaint.startswith("sed") or "for an option" in complaint:
                span = words.at(command.start(1), command.end(1))
                yield found(target, rules.MISUSED, span, complaint)
                yield from _meant(target, command[1], span)


def _meant(target: Target, command: str, span: Span) -> Iterator[Finding]:
    """Yield a finding for a sed without a file that would change the image of the target text."""
    shell = Shell(f"{command} {target.path}", {target.path: target.whole.text})
    try:
        shell.run()
    except UnknownError:
        return
    text = shell.files.read(target.path) or ""
    before, after = (_images(words) for words in (target.whole.text, text))
    if before != after and before:
        notes = (f"On the target text {before[0]} becomes {after[0] if after else 'nothing'}.",)
        yield found(target, rules.BREAKS_TARGET, span, "this spoils the image of FROM in the target text", notes=notes)


def _images(text: str) -> list[str]:
    return re.findall(r"^FROM\s+(\S+)", text, re.MULTILINE)


def _idle(target: Target, step: Step, words: str) -> Iterator[Finding]:
    """Yield a finding for a step that changes nothing, or that changes nothing in a file with the fault."""
    same = _SUBSTITUTION.search(words)
    if same is not None and re.sub(r"\\(.)", r"\1", same[2]) == re.sub(r"\\(.)", r"\1", same[3]):
        message = "this replaces words by the same words"
        yield found(target, rules.EDITS_NOTHING, step.place, message)
    misplaced = [*_misplaced(target, step, same)]
    yield from misplaced or _foreign(target, step, same)
    append = _APPEND.search(f"{words} ")
    if append is not None and append[1] in append[2] and append[2].split()[:1] == [append[1]]:
        message = f"this inserts {code(append[2].strip(), 28)} only where it already is"
        help_ = "Insert it after a line that is there when it is missing"
        yield found(target, rules.REPAIRS_NOTHING, step.place, message, help=help_)


def _misplaced(target: Target, step: Step, said: re.Match[str] | None) -> Iterator[Finding]:
    """Yield a finding for a pattern with `^` if the target text has its words only inside of lines."""
    pattern = said[2][1:] if said is not None and said[2].startswith("^") else ""
    if not pattern:
        return
    lines = [*target.whole.text.splitlines(), *joined(target.before_of(step.fence)).text.splitlines()]
    try:
        anywhere, first = compiled(pattern), compiled(f"^{pattern}")
    except UnknownError:
        return
    found_in = [(line, at.start()) for line in lines if (at := anywhere.search(line)) is not None]
    if found_in and not any(map(first.search, lines)) and all(line[:at].strip() for line, at in found_in):
        message = f"no line of the target text starts with {code(pattern, 34)}"
        yield found(target, rules.EDITS_NOTHING, step.place, message)


def _foreign(target: Target, step: Step, said: re.Match[str] | None) -> Iterator[Finding]:
    """Yield a finding for a step that leaves the target text unchanged but would write words that it does not have."""
    healthy = target.whole.text
    if said is None or not healthy or step.text != healthy:
        return
    old, new = (re.sub(r"\\(.)", r"\1", part) for part in (said[2].strip("^$"), said[3]))
    anchored = said[2][:1] == "^" or said[2][-1:] == "$"
    plain = anchored and len(new) > 3 and not re.search(r"\\[1-9&]|&", said[3]) and old != new
    if plain and old in healthy and not re.search(r"[\[\]*+]", said[2]) and new not in healthy:
        message = f"this writes {code(new, 40)}, which the target text does not have"
        yield found(target, rules.REPAIRS_NOTHING, step.place, message)


def _twice(target: Target, step: Step) -> str | None:
    """Return a line that a step adds although the target text has it; None if there is none."""
    before, after = (Counter(map(str.strip, text.splitlines())) for text in (target.whole.text, step.text))
    added = after - before
    return next((line for line in added if line in before and not before - after), None)


def _named_twice(step: Step, healthy: Healthy) -> str | None:
    """Return a package that a step adds to a command that already has it; None if there is none."""
    return next(iter(sorted(_repeated(step.text) - healthy.repeated)), None)


def _repeated(text: str) -> set[str]:
    """Return the packages and `--no-` options that one command names twice."""
    found: set[str] = set()
    for segment in re.split(r"&&|\|\||;|(?<!\\)\n", text):
        flags = Counter(re.findall(r"(?<=\s)--no-[a-z-]+(?=\s)", f"{segment} "))
        found |= {flag for flag, count in flags.items() if count > 1}
    for run in gather(parse(SourceFile(text)), {}).of(PackageRun, [0]):
        names = Counter(package.name for package in run.command.packages)
        found |= {name for name, count in names.items() if count > 1}
    return found


def _healthy(target: Target) -> Healthy:
    text = target.whole.text
    judged = tuple((fence, verdicts(fence, target.path, text)) for fence in target.checks)
    return Healthy(parse(SourceFile(text)), judged, frozenset(errors_of(text)), frozenset(_repeated(text)))


def _broken(target: Target, step: Step, healthy: Healthy) -> Iterator[Finding]:
    """Yield a finding for a step that breaks a file that meets the document."""
    reason = _reason(target, step, healthy)
    if reason is not None:
        message, related = reason
        yield found(target, rules.BREAKS_TARGET, step.place, message, related=related)
        return
    line = _twice(target, step) or _named_twice(step, healthy)
    if line:
        message = f"on the target text this adds {code(line, 32)} a second time"
        yield found(target, rules.DUPLICATES, step.place, message)
        return
    other = other_value(target.whole.text, step.text)
    if other is not None:
        severity = rules.DUPLICATES.severity if _is_announced(step) else None
        yield found(target, rules.BREAKS_TARGET, step.place, other, severity=severity)


def _is_announced(step: Step) -> bool:
    """Return whether the comment above a step announces that it departs from the document."""
    above = step.fence.body.text[: step.span.start].rstrip("\n").rpartition("\n\n")[2]
    return _ANNOUNCED.search(above) is not None


def _reason(target: Target, step: Step, healthy: Healthy) -> tuple[str, tuple[Related, ...]] | None:
    before, after = healthy.dockerfile, parse(SourceFile(step.text))
    if after.errors and not before.errors:
        error = after.errors[0]
        return f"after this the target text does not parse: {error.message}", ()
    keywords = [i.keyword for i in before.instructions], [i.keyword for i in after.instructions]
    last = keywords[0][-1] if keywords[0] else ""
    if last in _STARTS and last in keywords[1] and keywords[1][-1] not in _STARTS:
        return f"this puts {keywords[1][-1]} after {last}, which the document has last", ()
    started = next((k for k in _STARTS if k in keywords[0] and k not in keywords[1]), None)
    if started is not None and keywords[1]:
        return f"after this the target text has no {started}", ()
    lost = next((i for i in after.instructions if _swallows(step.text[i.span.start : i.span.end])), None)
    if lost is not None and len(keywords[1]) < len(keywords[0]):
        return f"this leaves a `\\` that joins {lost.keyword} with the next instruction", ()
    if _names_others(target, step) and (impossible := errors_of(step.text) - healthy.errors):
        return min(impossible), ()
    gone = _lost(target.whole.text, step.text)
    for fence, earlier in healthy.verdicts:
        later = verdicts(fence, target.path, step.text, gone)
        for span, verdict in earlier.items():
            if verdict is Verdict.PASS and later.get(span) is Verdict.FAIL:
                place = fence.body.span(span.start, span.end)
                line = target.document.source.line_of(place.start)
                first = Span(place.start, target.document.source.line_span(line).end)
                message = f"after this the check on line {line} fails on the target text"
                return message, (Related("this check", first),)
    return None


def _lost(before: str, after: str) -> str:
    """Return the lines that `before` has more often than `after`."""
    return "\n".join(Counter(before.splitlines()) - Counter(after.splitlines()))


def _names_others(target: Target, step: Step) -> bool:
    """Return whether a step changes a line with an image, a version or an address."""
    changed = set(step.text.splitlines()) - set(target.whole.text.splitlines())
    return any(word in line for line in changed for word in ("://", "==", "FROM "))


def _swallows(text: str) -> bool:
    """Return whether an instruction has the keyword of another one at the start of a line."""
    return re.search(r"\n\s*(?:WORKDIR|RUN|COPY|ENV|CMD|USER)\s", text) is not None


def _undone(target: Target, step: Step, earlier: list[Step]) -> Iterator[Finding]:
    """Yield a finding for a step that undoes an earlier step of the same script."""
    healthy = target.whole.text
    for other in earlier[-_MOST_EARLIER:] if step.text == healthy else earlier[-1:]:
        shell = Shell(step.span.of(step.fence.body.text), {target.path: other.text})
        try:
            shell.run()
            both = shell.files.read(target.path) or ""
        except UnknownError:
            continue
        if step.text != healthy and both == other.text and other is earlier[-1]:
            line = target.document.source.line_of(other.place.start)
            related = (Related("the other recovery", other.place),)
            message = f"after the recovery on line {line} this changes nothing"
            yield found(target, rules.UNDONE, step.place, message, related=related)
        if step.text == healthy and both.split() == healthy.split():
            line = target.document.source.line_of(other.place.start)
            related = (Related("the other recovery", other.place),)
            message = f"this undoes the recovery on line {line}"
            yield found(target, rules.UNDONE, step.place, message, related=related)
