"""Finds the failures in the record of a log: the failed step, its output, and its place as the log states it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from zr4lint.diagnose.events import StepName
from zr4lint.diagnose.formats.closing import last_words
from zr4lint.diagnose.record import Ending, Excerpt, Record, Reprint, Step
from zr4lint.diagnose.window import Line, Window

_CODE = re.compile(
    r"(?:exit code:?|(?<!ApplyLayer )(?<!tar file\()exit status|non-zero code:|exited with code"
    r"|Job failed with exit code:) (\d{1,3})\b"
)
_QUOTED = (
    ('process "', '" did not complete', True),
    ("executor failed running [", "]", False),
    ("The command '", "' returned a non-zero code", False),
    ("The command [", "] returned a non-zero code", False),
)
"""The text before and after a command, and whether the command is escaped as a Go string."""

_SHELL = re.compile(
    r"^(?:/dev/\.buildkit_qemu_emulator )?(?:/usr/bin/env )?"
    r"(?:/\S*/_dockerfile_shell\.sh |(?:/\S*/)?(?:ba|da|z|a|k)?sh (?:-\S+ )*?(?:-o \S+ )?-\w*c )"
)
"""Matches a shell and its options. `_dockerfile_shell.sh` is the SHELL of micromamba's image."""

_CUT = re.compile(r"The command '(?:\S*/)?\w*sh -\w*c (.+)")
"""Matches the words on a failed step in a log that is cut within the command."""

_CALLER = re.compile(
    r"(?:Error: ?)*(?:\S*/)?(?:buildah|podman|docker|buildx|buildctl|kaniko|executor|command) exited with code \d+$"
)
"""Matches the words of a program that called the builder; they repeat a failure of the build."""

_TIMED = re.compile(r"\s{0,4}(?:#\d{1,6} )?\d{1,9}\.\d{1,4}(?: |$)")
_ESCAPED = re.compile(r"\\(.)")
_WHOLE = ("Step ", "STEP ", "instruction ")
"""The labels of steps by builders that print whole instructions."""

_ERROR = re.compile(
    r"(?:[\w./-]{1,60}: )?(?:Error|ERROR|error|fatal|FATAL|fatal error|panic): |g?make(?:\[\d+\])?: \*\*\* "
    r"|(?:[A-Za-z_]\w*\.){0,8}[A-Z]\w{0,60}(?:Error|Exception): \S"
)
_BUILDING = re.compile(r"/pip-(?:build-env|install|req-build)-|subprocess-exited-with-error")
"""Matches what pip prints while it builds a package; a traceback beside it is the build's."""

_REMARKS = re.compile(r"\s{0,4}(?:\d+ warnings? found\b|- [A-Z][A-Za-z]+: .*\(line \d+\)$|-{6,}$)")
"""Matches BuildKit's own warnings below the log, and horizontal rules."""

_PUSH = re.compile(r"push|(?<!permission )\bdenied: |unauthorized|403 Forbidden")
_MARKUP = ("<!doctype", "<html", "<?xml")
_HEAD = 10
"""The last line of the head of a log. A build that ends there shows that the log is reversed."""

_BEFORE_START = 80
"""The number of lines before the first sign of a failed start that may explain it."""


class Failure(Struct, frozen=True):
    """A failure: its step, the instruction as far as the log has it, and the lines that may give the reason.

    `text` is the instruction on one line, or "" if the log has none. `command` is the command of RUN. `excerpt` is the
    builder's excerpt of the Dockerfile. `message` is the builder's last words. `lines` are the step's output and the
    builder's words at its end.
    """

    phase: str
    message: str
    log_line: int
    lines: Sequence[Line]
    name: StepName | None = None
    text: str = ""
    command: str = ""
    excerpt: Excerpt | None = None
    exit_code: int | None = None
    tentative: bool = False

    @property
    def whole(self) -> bool:
        """Whether the log has the whole instruction; a terminal cuts names, and an excerpt cuts long instructions."""
        named = self.name is not None and self.name.id.startswith(_WHOLE)
        return bool(self.command) or named or (self.excerpt is not None and not cut_short(self.excerpt))

    @property
    def started(self) -> bool:
        """Whether a container failed to start."""
        return self.phase == "start"


def failures(record: Record) -> Iterator[Failure]:
    """Yield the failures of a log; for each build, the one that ended it comes first."""
    endings = record.endings
    if any(ending.failed or ending.reprints or ending.excerpts for ending in endings):
        endings = [e for e in endings if e.failed or e.reprints or e.excerpts or not e.words.startswith("Job failed")]
    for ending in endings:
        yield from _of_build(_turned(ending, record) if len(endings) == 1 else ending)
    if record.starts and not (endings and all(_CALLER.match(start.words) for start in record.starts)):
        yield _of_start(record)
    elif not endings and record.stopped is not None:
        yield _stopped(record)


def _turned(ending: Ending, record: Record) -> Ending:
    """Return the end of a log pasted with its newest line first, with the lines below it as its output."""
    if ending.line > _HEAD or ending.failed or ending.reprints or ending.excerpts or record.starts:
        return ending
    below = [line for line in record.nameless() if line.number > ending.line and line.text.strip()]
    above = sum(bool(line.text.strip()) for line in ending.before)
    return structs.replace(ending, before=tuple(reversed(below))) if len(below) > above else ending


def loose(record: Record) -> Failure | None:
    """Return a possible failure of a log without a builder; None if it has none.

    The failure is tentative unless the last line is an error: it counts only if a cause is found.
    """
    lines = _untimed([line for line in record.nameless() if line.text.strip() and line.number > record.served])
    if not lines or lines[0].text.lstrip().lower().startswith(_MARKUP):
        return None
    code = _exit_code(lines[-1].text)
    last = lines[-1].text.strip()
    cut = _CUT.match(last)
    text = f"RUN {one_line(cut[1])}" if cut else ""
    known = bool(text) or _ERROR.match(last) is not None
    if record.served and not known:  # the server runs, and only one of its requests failed
        return None
    return Failure("build", last, lines[-1].number, lines, text=text, exit_code=code, tentative=not known)


def one_line(text: str) -> str:
    """Return an instruction on one line, with single blanks."""
    return " ".join(text.split())


def _of_build(ending: Ending) -> Iterator[Failure]:
    excerpt = ending.excerpts[-1] if ending.excerpts else None
    main = _main_step(ending, excerpt)
    reprint = _reprint(ending, main, excerpt)
    yield _failure(ending, main, reprint, excerpt)
    for step in ending.failed:
        if step is not main and not step.name.internal:
            again = next((r for r in ending.reprints if r is not reprint and same_step(r.name, step.name)), None)
            yield _failure(Ending(step.last, "", [], [], []), step, again, None)


def _main_step(ending: Ending, excerpt: Excerpt | None) -> Step | None:
    """Return the failed step that ended the build, by the excerpt, by the last words, or else the first."""
    steps = ending.failed
    if excerpt is not None and excerpt.instruction:
        wanted = one_line(excerpt.instruction)
        for step in steps:
            if similar(one_line(step.name.text), wanted):
                return step
    if ending.words:
        for step in steps:
            if step.words and (step.words in ending.words or last_words(ending.words) in step.words):
                return step
        wanted = one_line(command_of(ending.words))
        for step in steps:
            if wanted and wanted[:60] in one_line(step.name.text):
                return step
    if len(steps) == 1 or (steps and excerpt is None):
        return steps[0]
    return None


def _reprint(ending: Ending, step: Step | None, excerpt: Excerpt | None) -> Reprint | None:
    if step is not None and (step.name.text or len(ending.reprints) != 1):
        return next((r for r in ending.reprints if same_step(r.name, step.name)), None)
    if excerpt is not None and excerpt.instruction:
        wanted = one_line(excerpt.instruction)
        return next((r for r in ending.reprints if similar(one_line(r.name.text), wanted)), None)
    return ending.reprints[-1] if ending.reprints else None


def same_step(one: StepName, other: StepName) -> bool:
    """Return whether two names are of one step; either may be cut at the width of a terminal."""
    if one.number is not None and other.number is not None:
        return (one.number, one.of, one.stage, one.platform) == (other.number, other.of, other.stage, other.platform)
    return similar(one_line(one.text), one_line(other.text))


def similar(one: str, other: str) -> bool:
    """Return whether two texts are equal, or one is the beginning of the other."""
    short, long = sorted((one, other), key=len)
    return bool(short) and (short == long or (len(short) > 8 and long.startswith(short)))


def _failure(ending: Ending, step: Step | None, reprint: Reprint | None, excerpt: Excerpt | None) -> Failure:
    words = ending.words or (step.words if step is not None else "")
    name = step.name if step is not None else None
    if reprint is not None and (name is None or len(reprint.name.text) > len(name.text)):
        id_ = name.id if name is not None else ""
        name = StepName(id_, reprint.name.text, *_rest(reprint.name))
    command = command_of(words)
    text = _text(name, excerpt, words, command)
    lines = [*_printed(step, reprint)] or _untimed(_told(ending.before))
    for line in ((step.last, step.words) if step is not None else (0, ""), (ending.line, ending.words)):
        if line[1] and (not lines or (line[1] != lines[-1].text and Line(*line) not in lines)):
            lines.append(Line(*line))
    at = ending.line if ending.words or step is None else step.last
    if name is not None and (name.internal or not name.text):
        name = name if name.text else None
    phase = _phase(name, words, text)
    if phase == "push" and step is not None:
        lines.insert(0, Line(step.line, step.name.text))
    return Failure(phase, last_words(words), at, lines, name, text, command, excerpt, _exit_code(words))


def _told(lines: Sequence[Line]) -> list[Line]:
    """Return the non-blank lines without the remarks of BuildKit below the log."""
    return [line for line in lines if line.text.strip() and not _REMARKS.match(line.text)]


def _untimed(lines: list[Line]) -> list[Line]:
    """Return lines without BuildKit's leading times if most have one, as in a log without its beginning."""
    timed = [_TIMED.match(line.text) for line in lines]
    if sum(map(bool, timed)) * 2 <= len(lines):
        return lines
    return [Line(one.number, one.text[at.end() :]) if at else one for one, at in zip(lines, timed, strict=True)]


def _rest(name: StepName) -> tuple[int | None, int | None, str | None, str | None, bool]:
    return name.number, name.of, name.stage, name.platform, name.internal


def _printed(step: Step | None, reprint: Reprint | None) -> Window | Sequence[Line]:
    """Return a step's own lines, or those printed again below the log if they are more.

    A log that begins within the step lacks its name and its first lines.
    """
    own = step.lines if step is not None else ()
    again = reprint.lines if reprint is not None else ()
    spare = 10 if step is not None and step.name.text else 0
    return own if len(own) and len(own) >= len(again) - spare else again


def _text(name: StepName | None, excerpt: Excerpt | None, words: str, command: str) -> str:
    """Return the failing instruction as the log has it; empty if it has none."""
    if excerpt is not None and excerpt.instruction and not cut_short(excerpt):
        return one_line(excerpt.instruction)
    if name is not None and not name.internal and name.text:
        return one_line(name.text)
    if excerpt is not None and excerpt.instruction:
        return one_line(excerpt.instruction)
    quoted = between(words, 'building at STEP "', '": ')
    if quoted:
        return one_line(quoted)
    return f"RUN {one_line(command)}" if command else ""


def cut_short(excerpt: Excerpt) -> bool:
    """Return whether the excerpt ends within the instruction, as it does for a long one."""
    marked = [row.text for row in excerpt.rows if row.marked]
    return not marked or marked[-1].rstrip().endswith("\\")


def command_of(words: str) -> str:
    """Return the command in the builder's words, without the shell; "" if they contain none."""
    for before, behind, escaped in _QUOTED:
        command = between(words, before, behind)
        if command:
            if escaped:
                command = _ESCAPED.sub(lambda e: {"n": "\n", "t": "\t"}.get(e[1], e[1]), command)
            return _SHELL.sub("", command)
    return ""


def between(text: str, before: str, behind: str) -> str:
    """Return the text between the first `before` and the last `behind`; "" if one of them is missing."""
    start, end = text.find(before), text.rfind(behind)
    return text[start + len(before) : end] if 0 <= start < end else ""


def _exit_code(words: str) -> int | None:
    found = _CODE.search(words)
    return int(found[1]) if found else None


def _phase(name: StepName | None, words: str, text: str) -> str:
    if name is not None and name.internal:
        if "metadata" in name.text:
            return "pull"
        if name.text.startswith(("pushing", "exporting")) and _PUSH.search(f"{name.text} {words}"):
            return "push"
    return "pull" if text.upper().startswith("FROM ") and "exit" not in words else "build"


def raised_in_build(record: Record) -> bool:
    """Return whether the apparent failed start of a program is a traceback of a package that pip builds."""
    return all(start.words.startswith("Traceback") for start in record.starts) and any(
        _BUILDING.search(line.text) for line in record.loose
    )


def _of_start(record: Record) -> Failure:
    first = record.starts[0]
    begin = max(first.line - _BEFORE_START, record.served + 1)
    printed = record.printed_by(record.failed_service())
    lines = [line for line in printed if line.number >= begin and line.text.strip()]
    message = record.starts[-1].words
    ends = [line for line in lines if line.number > record.starts[-1].line and not line.text.startswith(" ")]
    if message.startswith("Traceback") and ends:
        message = next((line.text for line in ends if "Error" in line.text or "Exception" in line.text), ends[-1].text)
    codes = (_exit_code(line.text) for line in reversed(lines) if "exited with code" in line.text)
    code = next((code for code in codes if code), None)
    phase = "pull" if any(start.pull for start in record.starts) else "start"
    phase = "build" if raised_in_build(record) else phase
    return Failure(phase, message.strip(), first.line, lines, exit_code=code)


def _stopped(record: Record) -> Failure:
    """Return the failure of a build that was ended from outside, in the step that was open last."""
    stopped = record.stopped
    if stopped is None:
        raise ValueError("the build was not stopped")
    step = record.last_open
    lines = [*(step.lines if step is not None else ()), Line(stopped.line, stopped.words)]
    name = step.name if step is not None else None
    text = one_line(name.text) if name is not None else ""
    return Failure("build", stopped.words, stopped.line, lines, name, text)
