"""PD3: finds checks that always pass, never pass, or test the wrong text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.dockerfile import parse
from zr4lint.documents.checking.check_verdicts import Judged, Verdict, judge, pattern_in, verdicts
from zr4lint.documents.checking.document_finding import found
from zr4lint.documents.interpreter import Ended, Shell, UnknownError
from zr4lint.documents.target import Target, joined
from zr4lint.facts import PackageRun, gather
from zr4lint.model.finding import Finding, Related
from zr4lint.model.quoting import code
from zr4lint.model.source import MappedText, SourceFile, Span
from zr4lint.packs import document_rules as rules

if TYPE_CHECKING:
    from zr4lint.documents.document import Fence, Table

_COUNTED = re.compile(r"\b(\d+)\s*\((?:target|expected|should be)\s*:?\s*(>=|<=|>|<)?\s*(\d+)\)", re.IGNORECASE)
_ASSIGNED = re.compile(r"^\s*(\w+)=\$\(", re.MULTILINE)
_LIST = re.compile(r"^\s*(\w+)=\(([^()]*)\)", re.MULTILINE)
_NAMES = re.compile(
    r"^\s*(\w+)=[\"']([^\"'$\n]*)[\"']\s*$|\b(for)\s+\w+\s+in\s+([^;$\"'\n]+);?\s*(?:do\b|$)", re.MULTILINE
)
"""Matches names that a script loops over, in a string of words or in `for` itself."""
_LENGTH = re.compile(r"\bwc\s+-l\b")
"""Matches a check of the number of lines, which only a text of full length can pass."""
_READS = re.compile(r"\b(?:grep|wc|sed|awk|head|tail|cut)\b")
_ANY_NUMBER = re.compile(r"-ge\s+0\b|-gt\s+-1\b|\|\|\s*true\b")
_INVERTED = re.compile(r"\bgrep\s+-\w*v|!\s*(?:grep|\[)")
"""Matches a check that something is absent, which any other text passes."""
_LIMIT = re.compile(rf"{_INVERTED.pattern}|\s-l[et]\s|-eq\s+[\"']?0\b")
"""Matches a check of a limit or an absence, which may pass before the change."""
_COLUMNS = (r"(?:verification )?commands?", r"expected(?: (?:output|result|value))?")
_A_FILE = re.compile(r"(?:[\w.-]+/)*(?:Dockerfile|Containerfile)[\w.-]*")
_ABOUT_COMMENTS = re.compile(r"comment|document|banner|header|\bnote\b", re.IGNORECASE)


def check_verification(target: Target) -> Iterator[Finding]:
    """Yield the findings on verification scripts."""
    for table in target.document.tables if target.is_whole else ():
        yield from _expected(target, table)
    for fence in target.checks:
        if target.blocks:
            yield from _verdicts(target, fence)
            yield from _counts(target, fence)
        yield from _unused(target, fence)
        yield from _unanchored(target, fence)
        yield from _partial(target, fence)
        yield from _listed_elsewhere(target, fence)


def _expected(target: Target, table: Table) -> Iterator[Finding]:
    """Yield a finding for each cell of expected output that the row's command does not print on the target text."""
    heads = [cell.text.strip("* ").lower() for cell in table.header]
    columns = [i for pattern in _COLUMNS for i, head in enumerate(heads) if re.fullmatch(pattern, head)][:2]
    if len(columns) < len(_COLUMNS):
        return
    command, column = columns
    for row in table.rows:
        said = re.fullmatch(r"`([^`]+)`", row[command].text) if len(row) > max(columns) else None
        wanted = re.fullmatch(r"\d+|`([^`]+)`", row[column].text.strip("* ")) if said is not None else None
        if said is None or wanted is None:
            continue
        path = next(iter(_A_FILE.findall(said[1])), target.path)
        shell = Shell(said[1], {path: target.whole.text})
        try:
            shell.run()
        except UnknownError:
            continue
        printed = "".join(line.text for line in shell.printed).strip()
        words = (wanted[1] or wanted[0]).strip()
        if not re.search(rf"(?<!\w){re.escape(words)}(?!\w)", printed):
            message = f"on the target text this prints {code(printed, 24)}, not {code(words, 14)}"
            yield found(target, rules.NEVER_PASSES, row[column].span, message)


def _listed_elsewhere(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each name in a checked list that the text of another section contains."""
    own = target.own(fence)
    rest = joined([block for block in target.blocks if block not in own])
    looped = re.search(r"\bfor\s+(\w+)\s+in\s+\"?\$\{(\w+)\[@\]\}", fence.body.text)
    if looped is None or not own or not re.search(rf"\bgrep\b[^\n]*\"\${looped[1]}\"", fence.body.text):
        return
    for listed in _LIST.finditer(fence.body.text):
        for name in re.finditer(r"[^\s\"']+", listed[2]) if listed[1] == looped[2] else ():
            at = rest.text.find(name[0])
            if at >= 0:
                start = listed.start(2) + name.start()
                end = rest.text.find("\n", at)
                line = rest.span(rest.text.rfind("\n", 0, at) + 1, end if end >= 0 else len(rest.text))
                span = fence.body.span(start, start + len(name[0]))
                message = f"the check for {code(name[0], 34)} also passes on another section"
                related = (Related("this line of another section meets it", line),)
                yield found(target, rules.MET_ELSEWHERE, span, message, related=related)


def _verdicts(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield the findings of the red/green rule: a check passes on the target text and fails without its subject."""
    own = target.own(fence)
    first, *others = [judge(fence, target.path, text) for text in target.texts]
    of_length = {judged.span for judged in first if others and _LENGTH.search(judged.span.of(fence.body.text))}
    alone = verdicts(fence, target.path, joined(own).text) if own else {}
    later = [{judged.span: judged.verdict for judged in other} for other in others]
    for judged in first:
        every = [judged.verdict, *(other.get(judged.span) for other in later), alone.get(judged.span, Verdict.FAIL)]
        every = every[1:-1] if judged.span in of_length else every
        if all(verdict is Verdict.FAIL for verdict in every):
            yield _never_passes(target, fence, judged, own)
        elif judged.verdict is Verdict.PASS and _never_fails(target, fence, judged):
            words, span = _place(fence, judged)
            message = f"the check for {code(words, 40)} can't fail"
            yield found(target, rules.NEVER_FAILS, span, message)
        elif Verdict.PASS in every and own:
            yield from _passes_anyway(target, fence, judged, own)


def _never_fails(target: Target, fence: Fence, judged: Judged) -> bool:
    """Return whether a check passes on every file: missing, empty, long, and with the words that it searches for."""
    pattern = pattern_in(fence.body.text, judged.span)
    words = re.sub(r"\\(.)", r"\1", pattern[0]).lstrip("^").rstrip("$") if pattern is not None else ""
    script = judged.span.of(fence.body.text)
    if re.search(r"[\[\](){}+?|*]", words) and not _ANY_NUMBER.search(script):
        return False
    reads = _READS.search(script) is not None and not re.search(r"\s-[efsr]\s", script)
    texts = (*(() if reads else (None,)), "", "#\n" * 1000, f"{words}\n", f"{words}\n" * 1000)
    return all(verdicts(fence, target.path, text).get(judged.span) is Verdict.PASS for text in texts)


def _place(fence: Fence, judged: Judged) -> tuple[str, Span]:
    """Return the pattern that decides a check, else its words, and their place in the document."""
    text = fence.body.text
    pattern = pattern_in(text, judged.decided)
    if pattern is not None:
        return pattern[0], fence.body.span(pattern[1].start, pattern[1].end)
    return judged.decided.of(text), fence.body.span(judged.decided.start, judged.decided.end)


def _never_passes(target: Target, fence: Fence, judged: Judged, own: Sequence[Fence]) -> Finding:
    words, span = _place(fence, judged)
    near = _nearest(joined(own) if own else target.whole, words)
    related = (Related("the text it should match", near),) if near is not None else ()
    return found(
        target,
        rules.NEVER_PASSES,
        span,
        "this check fails on the document's own target text",
        related=related,
        help="Change the check, or the text that it should match",
    )


def _nearest(text: MappedText, pattern: str) -> Span | None:
    """Return the place of the line that shares the most words with a pattern; None if none shares a word."""
    words = set(re.findall(r"[\w./-]{3,}", pattern.replace("\\", "")))
    best, place, start = 0, None, 0
    for line in text.text.splitlines(keepends=True):
        count = sum(word in line for word in words)
        if count > best and not line.startswith("#"):
            best, place = count, text.span(start, start + len(line.rstrip()))
        start += len(line)
    return place


def _passes_anyway(target: Target, fence: Fence, judged: Judged, own: Sequence[Fence]) -> Iterator[Finding]:
    """Yield a finding for a check that passes before the change, on comments alone, or on other sections."""
    words, span = _place(fence, judged)
    pattern = pattern_in(fence.body.text, judged.decided)

    def passes(text: MappedText) -> bool:
        return verdicts(fence, target.path, text.text).get(judged.span) is Verdict.PASS

    before = joined(target.before_of(fence))
    if before.text and not _LIMIT.search(judged.span.of(fence.body.text)) and passes(before):
        related = _matching(before, pattern, "this line meets it")
        message = "this check passes on the text before the change"
        help_ = "Match words that only the change brings, such as the whole instruction"
        yield found(target, rules.PASSES_BEFORE, span, message, related=related, help=help_)
        return
    comments = _comments(joined(own))
    start = fence.body.text.rfind("\n\n", 0, judged.span.start)
    if (
        comments.text
        and passes(comments)
        and not _ABOUT_COMMENTS.search(fence.body.text[max(start, 0) : judged.span.end])
    ):
        related = _matching(comments, pattern, "this comment meets it")
        message = f"a comment meets the check for {code(words, 36)}"
        yield found(target, rules.MET_BY_COMMENT, span, message, related=related, help="Match the instruction")
        return
    rest = joined([block for block in target.blocks if block not in own])
    if rest.text and not _LIMIT.search(judged.span.of(fence.body.text)) and passes(rest):
        related = _matching(rest, pattern, "this line of another section meets it")
        message = f"the check for {code(words, 34)} also passes on another section"
        yield found(target, rules.MET_ELSEWHERE, span, message, related=related)


def _comments(text: MappedText) -> MappedText:
    """Return the comment lines of a Dockerfile, mapped to the document."""
    pieces: list[MappedText] = []
    start = 0
    for line in text.text.splitlines(keepends=True):
        if line.lstrip().startswith("#"):
            pieces.append(text.slice(start, start + len(line)))
        start += len(line)
    return MappedText.join(piece for part in pieces for piece in part.pieces())


def _matching(text: MappedText, pattern: tuple[str, Span] | None, message: str) -> tuple[Related, ...]:
    """Return the line that contains a pattern as plain words, as a related place with `message`."""
    if pattern is None:
        return ()
    words = re.split(r"\\?\.\*", pattern[0])[0].replace("\\", "").lstrip("^")
    at = text.text.find(words)
    if at < 0 or not words:
        return ()
    start = text.text.rfind("\n", 0, at) + 1
    end = text.text.find("\n", at)
    return (Related(message, text.span(start, end if end >= 0 else len(text.text))),)


def _counts(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each count that a script prints beside another expected number."""
    shell = Shell(fence.body.text, {target.path: target.whole.text})
    for node in shell.statements():
        before = len(shell.printed)
        try:
            shell.statement(node)
        except (UnknownError, Ended):
            continue
        for line in shell.printed[before:]:
            counted = _COUNTED.search(line.text)
            if counted is None or _holds(int(counted[1]), counted[2] or "==", int(counted[3])):
                continue
            message = f"the target text has {counted[1]} of these, not {counted[2] or ''}{counted[3]}"
            yield found(target, rules.COUNT_DIFFERS, fence.body.span(line.span.start, line.span.end), message)


def _holds(count: int, sign: str, wanted: int) -> bool:
    return {
        "==": count == wanted,
        ">=": count >= wanted,
        "<=": count <= wanted,
        ">": count > wanted,
        "<": count < wanted,
    }[sign]


def _unused(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each result that a script only prints."""
    text = fence.body.text
    for assigned in _ASSIGNED.finditer(text):
        name = assigned[1]
        uses = [line.strip() for line in text.splitlines() if re.search(rf"\$\{{?{name}\b", line)]
        printed = [use for use in uses if re.match(r"(?:echo|printf)\b[^|&]*\Z", use)]
        if uses and len(printed) == len(uses):
            span = fence.body.span(assigned.start(1), assigned.end(1))
            message = f"{name} is only printed, not compared"
            yield found(
                target, rules.RESULT_UNUSED, span, message, help="Compare it, and exit with 1 where it is wrong"
            )


def _unanchored(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each pattern of a line number that also matches longer numbers."""
    text = fence.body.text
    if not re.search(r"\bgrep\s+-\w*n", text):
        return
    for start in (m.start() for m in re.finditer(r"\bgrep\b", text)):
        pattern = pattern_in(text, Span(start, len(text)))
        if pattern is not None and pattern[1].start - start < 30 and re.fullmatch(r"\d+:", pattern[0]):
            span = fence.body.span(pattern[1].start, pattern[1].end)
            message = f"{code(pattern[0])} also matches line 1{pattern[0][:-1]}"
            yield found(target, rules.NUMBER_UNANCHORED, span, message, help=f"Match `^{pattern[0]}`")


def _partial(target: Target, fence: Fence) -> Iterator[Finding]:
    """Yield a finding for each list of packages that lacks packages of the section."""
    own = target.own(fence)
    wanted = packages_in(own) if own else []
    for words, span in _lists(fence) if wanted else ():
        names = re.findall(r"[^\s\"']+", words)
        missing = [name for name in wanted if name not in names]
        if len(names) > 2 and missing and set(names) <= set(wanted):
            message = f"this check looks for {len(names)} of the {len(wanted)} packages"
            notes = (f"It passes without {', '.join(missing)}.",)
            yield found(target, rules.PARTIAL, span, message, notes=notes)


def _lists(fence: Fence) -> Iterator[tuple[str, Span]]:
    """Yield the lists of words that a script loops over, and the places of their names."""
    text = fence.body.text
    for listed in _LIST.finditer(text):
        yield listed[2], fence.body.span(listed.start(1), listed.end(1))
    for listed in _NAMES.finditer(text):
        name, words = listed[1] or listed[3], listed[2] or listed[4]
        if listed[1] is None or re.search(rf"\bin\s+\$\{{?{name}\b", text):
            start = listed.start(1) if listed[1] is not None else listed.start(3)
            yield words, fence.body.span(start, start + len(name))


def packages_in(blocks: Sequence[Fence]) -> list[str]:
    """Return the system packages that target blocks install."""
    text = "FROM scratch\n" + "".join(block.body.text for block in blocks)
    facts = gather(parse(SourceFile(text)), {})
    runs = facts.of(PackageRun, range(len(facts.stages)))
    installs = (run for run in runs if run.command.action == "install" and run.command.manager not in ("pip", "uv"))
    return [package.name for run in installs for package in run.command.packages]
