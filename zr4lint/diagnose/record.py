"""Builds the record of a log from its events: steps with their output, and the ends of builds."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from zr4lint.diagnose.events import (
    Block,
    Closed,
    Ended,
    Event,
    Opened,
    Output,
    Repeated,
    Run,
    Served,
    Started,
    State,
    StepName,
    Stopped,
)
from zr4lint.diagnose.formats.container import JOB_FAILED
from zr4lint.diagnose.window import Line, Telling, Window

MOST_STEPS = 10_000
MOST_ENDINGS = 10_000
_MOST_ROWS = 200
_COMPILES = "Building wheel for "
"""The words that pip prints before the name of a package that it builds."""
_SERVICE = re.compile(r"([a-z][\w.-]{0,80}) +\| ?")
_EXITED = re.compile(r"(\S+) exited with code [1-9]")
_ANSWERED = re.compile(r"HTTP/\d(?:\.\d)?\"? [1-5]\d\d\b")
"""Matches a request in the log of a server."""


class Step(Struct):
    """A step of a build, as far as the log has been read."""

    name: StepName
    line: int
    lines: Window
    state: State = State.OPEN
    words: str = ""
    seconds: float | None = None
    last: int = 0


class Time(Struct, frozen=True):
    """The duration of a step in seconds; unless `done`, until the step failed or the log ended."""

    name: StepName
    seconds: float
    done: bool


class Row(Struct, frozen=True):
    """A line of the builder's excerpt of the Dockerfile."""

    number: int
    text: str
    marked: bool


class Excerpt(Struct):
    """The builder's excerpt of the Dockerfile; `number` is the first line of the failing instruction."""

    file: str
    number: int
    line: int
    rows: list[Row]

    @property
    def instruction(self) -> str:
        """The marked lines joined, without continuations and comments."""
        marked = [row.text.strip() for row in self.rows if row.marked]
        kept = [text for index, text in enumerate(marked) if not index or not text.startswith("#")]
        return " ".join(text.removesuffix("\\").strip() for text in kept).strip()


class Reprint(Struct):
    """A step's output that the builder prints again below the log."""

    name: StepName
    line: int
    lines: Window


class Ending(Struct):
    """The end of a failed build: the builder's last words, its excerpts, and the steps that failed before.

    `before` are the lines above it that belong to no named step, as in a log that begins in the middle.
    """

    line: int
    words: str
    failed: list[Step]
    reprints: list[Reprint]
    excerpts: list[Excerpt]
    before: tuple[Line, ...] = ()


def service_of(text: str) -> tuple[str, str]:
    """Return the service of compose that a line begins with, or "", and the rest of the line."""
    found = _SERVICE.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


class Record:
    """Records events; the output of finished steps is dropped."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self.steps: dict[str, Step] = {}
        self._times: dict[str, Time] = {}
        self.endings: list[Ending] = []
        self.compiled: list[str] = []
        self.done = 0
        self.succeeded = False
        self.stopped: Stopped | None = None
        self.last_open: Step | None = None
        self.starts: list[Started] = []
        self.served = 0
        self.several_services = False
        self.loose = Window(telling)
        self._failed: list[Step] = []
        self._reprints: list[Reprint] = []
        self._excerpts: list[Excerpt] = []
        self._take: dict[type[Event], Callable[..., None]] = {
            Output: self._output,
            Run: self._run,
            Opened: self._opened,
            Closed: self._closed,
            Repeated: self._repeated,
            Block: self._block,
            Ended: self._ended,
            Stopped: self._stopped,
            Started: self._started,
            Served: self._served,
        }

    def take(self, event: Event) -> None:
        """Record an event."""
        self._take[type(event)](event)

    def finish(self) -> None:
        """Record the end of the log."""
        if self.served and self.starts and all(start.words.startswith("Traceback") for start in self.starts):
            # A server that answers below a traceback survived it. Only a request failed, not the start.
            self.served = max([self.served, *(one.number for one in self.loose if _ANSWERED.search(one.text))])
            self.starts = [start for start in self.starts if start.line > self.served]
        if self._failed or self._reprints or self._excerpts:
            last = max(
                [step.last for step in self._failed]
                + [r.line for r in self._reprints]
                + [excerpt.line for excerpt in self._excerpts]
            )
            self._end(last, "")

    def nameless(self) -> list[Line]:
        """Return the lines that belong to no step, or to a step without a name in the log."""
        steps = (step for step in self.steps.values() if not step.name.text)
        found = [line for step in steps for line in step.lines]
        return sorted((*self.printed_by(None), *found), key=lambda line: line.number)

    def failed_service(self) -> str | None:
        """Return the first service of compose that exited with an error, or the last one with an exception."""
        exited = (_EXITED.match(start.words) for start in self.starts)
        names = [found[1] for found in exited if found] or [s.service for s in reversed(self.starts) if s.service]
        return names[0] if names and self.several_services else None

    def printed_by(self, service: str | None) -> list[Line]:
        """Return the lines outside of steps, without those of other services of compose if `service` is given."""
        if not self.several_services:
            return [*self.loose]
        named = [(line, *service_of(line.text)) for line in self.loose]
        return [
            Line(line.number, words)
            for line, name, words in named
            if service is None or not name or service.endswith(name)
        ]

    @property
    def times(self) -> list[Time]:
        """The times of the steps that the log gives."""
        return [*self._times.values()]

    @property
    def named(self) -> bool:
        """Whether the log names a step."""
        return any(step.name.text for step in self.steps.values())

    def open_steps(self) -> list[Step]:
        """Return the steps that neither finished nor failed in the log, in the order of their last lines."""
        found = [
            step
            for step in self.steps.values()
            if step.state is State.OPEN and not (step.name.internal if step.name.text else self.named)
        ]
        return sorted(found, key=lambda step: step.last)

    def _opened(self, event: Opened) -> None:
        if event.key not in self.steps:
            if len(self.steps) >= MOST_STEPS:
                self.steps.pop(next(iter(self.steps)))
            self.steps[event.key] = Step(event.name, event.line, Window(self._telling), last=event.line)
        self.succeeded = False

    def _output(self, event: Output) -> None:
        step = self.steps.get(event.key) if event.key is not None else None
        if step is None:
            self.loose.add(Line(event.line, event.text))
            return
        step.lines.add(Line(event.line, event.text))
        step.last = event.line
        if _COMPILES in event.text and len(self.compiled) < _MOST_ROWS:
            self.compiled.append(event.text.split(_COMPILES, 1)[1].split(" ", 1)[0])

    def _run(self, event: Run) -> None:
        step = self.steps.get(event.key) if event.key is not None else None
        if step is None:
            self.loose.extend(event.lines)
            return
        step.lines.extend(event.lines)
        step.last = event.lines[-1].number
        for line in event.lines:
            if _COMPILES in line.text and len(self.compiled) < _MOST_ROWS:
                self.compiled.append(line.text.split(_COMPILES, 1)[1].split(" ", 1)[0])

    def _closed(self, event: Closed) -> None:
        step = self.steps.get(event.key)
        if step is None:
            return
        if event.seconds is not None and (event.key in self._times or len(self._times) < MOST_STEPS):
            # A terminal repaints the time of a step, so the last one counts.
            self._times[event.key] = Time(step.name, event.seconds, event.state in (State.DONE, State.CACHED))
        if event.state is State.OPEN and event.seconds is not None:
            return
        again = step.state is not State.OPEN
        step.state, step.words, step.last = event.state, event.words, event.line or step.last
        step.seconds = event.seconds if event.seconds is not None else step.seconds
        if event.state is State.FAILED and step not in self._failed:
            self._failed.append(step)
        if event.state in (State.DONE, State.CACHED):
            step.lines = Window(self._telling)
        if not again and event.state in (State.DONE, State.CACHED, State.FAILED):
            self.done += event.state is not State.FAILED

    def _repeated(self, event: Repeated) -> None:
        if event.text is None:
            self._reprints.append(Reprint(event.name, event.line, Window(self._telling)))
        elif self._reprints:
            self._reprints[-1].lines.add(Line(event.line, event.text))

    def _block(self, event: Block) -> None:
        if event.text is None:
            self._excerpts.append(Excerpt(event.file, event.number, event.line, []))
        elif self._excerpts and len(self._excerpts[-1].rows) < _MOST_ROWS:
            self._excerpts[-1].rows.append(Row(event.number, event.text, event.marked))

    def _ended(self, event: Ended) -> None:
        if not event.words:
            self.succeeded = True
            return
        pending = self._failed or self._reprints or self._excerpts
        if not pending and self.endings and self.endings[-1].words:
            return  # a program that called the builder repeats its words
        self._end(event.line, event.words)

    def _end(self, line: int, words: str) -> None:
        if len(self.endings) < MOST_ENDINGS:
            excerpts = [excerpt for excerpt in self._excerpts if excerpt.rows]
            after = self.endings[-1].line if self.endings else 0
            before = tuple(one for one in self.nameless() if after < one.number < line)
            self.endings.append(Ending(line, words, self._failed, self._reprints, excerpts, before))
        self._failed, self._reprints, self._excerpts = [], [], []
        for step in self.steps.values():
            if step.state is State.OPEN:
                step.state = State.CANCELLED
        self.succeeded = False

    def _stopped(self, event: Stopped) -> None:
        self.stopped = self.stopped or event
        open_steps = self.open_steps()
        if self.last_open is None and open_steps:
            self.last_open = open_steps[-1]

    def _started(self, event: Started) -> None:
        if self._ended_well() or not event.words.startswith(JOB_FAILED):
            self.starts.append(event)
        self.loose.add(Line(event.line, f"{event.service} | {event.words}" if event.service else event.words))

    def _ended_well(self) -> bool:
        """Return whether all steps so far are done."""
        failed = self.endings or self._failed or self._reprints or self._excerpts
        return bool(self.succeeded or self.done) and not failed and not self.open_steps()

    def _served(self, event: Served) -> None:
        if not any("exited with code" in start.words for start in self.starts):
            self.served = event.line
            self.starts = []
