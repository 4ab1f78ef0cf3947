"""Reads logs of Buildah and `podman build`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zr4lint.diagnose.events import Closed, Ended, Event, Opened, Output, Reader, Run, State, StepName
from zr4lint.diagnose.formats.quick import Quick

SIGN = re.compile(
    r"^\s*+(?:\[\d+/\d+\] )?STEP \d+(?:/\d+)?: |^(?:Error:? |error:? )(?:build error: )?(?:error )?building at STEP \""
    r"|^(?:Error: |error: )?error running container: [^\n]{0,500}? for \[/",
    re.MULTILINE,
)

_STEP = re.compile(r"\s*+(?:\[(\d{1,9})/(\d{1,9})\] )?STEP (\d{1,9})(?:/(\d{1,9}))?: (.*)")
_FAILED = re.compile(r"\s*+(?:Error: |error |Error |error: build error: )(.*)")
_REFUSED = re.compile(
    r"\s*+(?:Error: |error: )?error running container: .{0,500}? for \[(?:\S*/)?(?:ba)?sh -c (.{1,4000}?) ?\](?:: |$)"
)
"""Matches an error of the runtime that could not start a command.

Buildah's words on the failed step follow, unless the log is cut.
"""

_DONE = re.compile(r"--> (?:Using cache )?[0-9a-f]{10,}|--> Pushing cache|--> Cache pulled|COMMIT ")
_BUILT = re.compile(r"Successfully tagged |[0-9a-f]{64}$")


_SPECIAL = re.compile(
    r"STEP |Error|error: |error (?:building|running container)|--> |COMMIT |Successfully tagged|\n[0-9a-f]{64}(?=\n|$)"
)


class Buildah(Reader):
    """Reads Buildah's lines; the stages may run in any order."""

    def __init__(self) -> None:
        self.quick = Quick(_SPECIAL)
        self.key: str | None = None
        self.keyword = ""
        self.count = 0
        self.refused: tuple[int, str] | None = None

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        step = _STEP.match(text)
        if step:
            before = self._closed(State.DONE, line)
            self.count += 1
            self.key = str(self.count)
            words = step[5].strip()
            self.keyword = words.split(" ", 1)[0].upper()
            if words.upper().startswith("COMMIT"):
                self.key = None
                return before
            total = int(step[4]) if step[4] else None
            name = StepName(f"STEP {step[3]}", words, int(step[3]), total, f"stage {step[1]}" if step[1] else None)
            return (*before, Opened(self.key, name, line))
        refused = _REFUSED.match(text)
        if refused:
            return self._refused(line, text, refused[1])
        failed = _FAILED.match(text)
        if failed and ("building at STEP" in text or "creating build container" in text or "building:" in text):
            return self._failed(line, text.strip())
        if text.startswith("Error: ") and self.keyword == "FROM":
            return self._failed(line, text.strip())
        if _DONE.match(text):
            closed = self._closed(State.DONE, line)
            return (*closed, Ended(line)) if text.startswith("COMMIT ") else closed
        if _BUILT.match(text):
            return (*self._closed(State.DONE, line), Ended(line))
        return None if self.key is None else (Output(self.key, line, text),)

    def run(self, line: int, lines: Sequence[str], at: int) -> Run | None:
        """Return the lines that a RUN prints."""
        return self.quick.run(self.key, line, lines, at) if self.key and self.keyword == "RUN" else None

    def finish(self) -> tuple[Event, ...]:
        """Return the failure of a step whose command could not start, if the log lacks the words on it."""
        return self._failed(*self.refused) if self.refused is not None and self.key is not None else ()

    def _refused(self, line: int, text: str, command: str) -> tuple[Event, ...]:
        opened: tuple[Event, ...] = ()
        if self.key is None:
            opened = self._opened(f"RUN {command}", line)
        self.refused = (line, text.strip())
        return (*opened, Output(self.key, line, text))

    def _opened(self, words: str, line: int) -> tuple[Event, ...]:
        """Return the event of a step that the log does not announce."""
        self.count += 1
        self.key = str(self.count)
        return (Opened(self.key, StepName("STEP", words), line),)

    def _failed(self, line: int, words: str) -> tuple[Event, ...]:
        quoted = words.partition('building at STEP "')[2].rpartition('": ')[0]
        opened: tuple[Event, ...] = ()
        if self.key is None and quoted:
            opened = self._opened(quoted, line)
        return (*opened, *self._closed(State.FAILED, line, words), Ended(line, words))

    def _closed(self, state: State, line: int, words: str = "") -> tuple[Event, ...]:
        if self.key is None:
            return ()
        closed = Closed(self.key, state, line, words)
        self.key = self.refused = None
        return (closed,)
