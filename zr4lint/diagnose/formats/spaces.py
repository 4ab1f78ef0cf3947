"""Reads build logs of Hugging Face Spaces, in which a step begins with an arrow and has no number."""

from __future__ import annotations

import re

from zr4lint.diagnose.events import Closed, Ended, Event, Opened, Output, Reader, State, StepName
from zr4lint.diagnose.formats.step_names import INSTRUCTION

SIGN = re.compile(
    r"^===== Build Queued at|^--> (?:FROM|RUN|COPY|WORKDIR|USER) |^Job failed with exit code: ", re.MULTILINE
)

_ARROW = re.compile(r"\s*+--> (.*)", re.DOTALL)
_JOB = re.compile(r"(?:Job failed with exit code|Exit code): \d+")
_DONE = re.compile(r"DONE (\d{1,9}(?:\.\d{1,9})?)s$")


class Spaces(Reader):
    """Reads the lines of a build on Spaces."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.count = 0

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        arrow = _ARROW.match(text)
        if arrow and arrow[1].startswith("ERROR: "):
            words = arrow[1].removeprefix("ERROR: ")
            return (*self._closed(State.FAILED, line, words), Ended(line, words))
        if arrow:
            before = self._closed(State.DONE, line)
            self.count += 1
            self.key = str(self.count)
            internal = not INSTRUCTION.match(arrow[1])
            return (*before, Opened(self.key, StepName(f"step {self.count}", arrow[1], internal=internal), line))
        if _JOB.match(text):
            return (Ended(line, text.strip()),)
        if self.key is None:
            return () if text.startswith("===== ") else None
        done = _DONE.match(text)
        if done:
            return self._closed(State.DONE, line, seconds=float(done[1]))
        if text == "CACHED":
            return self._closed(State.CACHED, line)
        return (Output(self.key, line, text),)

    def _closed(self, state: State, line: int, words: str = "", seconds: float | None = None) -> tuple[Event, ...]:
        if self.key is None:
            return ()
        closed = Closed(self.key, state, line, words, seconds)
        self.key = None
        return (closed,)
