"""Reads logs of BuildKit on a terminal, which paints frames repeatedly; the last frame is valid."""

from __future__ import annotations

import re

from zr4lint.diagnose.events import Closed, Event, Opened, Output, Reader, State
from zr4lint.diagnose.formats.closing import Closing
from zr4lint.diagnose.formats.step_names import step_name

SIGN = re.compile(
    r"^\s{0,8}\[\+\] (?:Building|build) |^\s{0,8}=> (?:CACHED |ERROR |CANCELED )?\["
    r"|^\s{0,8}=> => (?:exporting|writing|naming|loading) ",
    re.MULTILINE,
)

_HEAD = re.compile(r"\s*+\[\+\] (?:Building|build) (?:[\d.]+s )?\(?(\d{1,9})/(\d{1,9})\)?(.*)")
_STEP = re.compile(r"\s*+=> (?:(CACHED|ERROR|CANCELED) )?(.*)")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_STATES = {"CACHED": State.CACHED, "ERROR": State.FAILED, "CANCELED": State.CANCELLED}


class Terminal(Reader):
    """Reads BuildKit's frames; a step is identified by its name, which the terminal may cut."""

    def __init__(self) -> None:
        self.closing = Closing()
        self.states: dict[str, State] = {}
        self.running = False
        self.last = ""

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        if "=> " in text[:12]:
            return self._frame(line, text)
        head = _HEAD.match(text)
        if head:
            self.running = int(head[1]) < int(head[2]) and "FINISHED" not in head[3]
            return ()
        return self.closing.read(line, text)

    def finish(self) -> tuple[Event, ...]:
        """Return an event that reopens the step painted last, if steps are still to come."""
        still = self.running and self.states.get(self.last) is State.DONE
        return (Closed(self.last, State.OPEN, 0),) if still else ()

    def _frame(self, line: int, text: str) -> tuple[Event, ...]:
        found = _STEP.match(text)
        if found is None:
            return ()
        name, _, last = found[2].rpartition(" ")
        time = _SECONDS.fullmatch(last)
        name = name.rstrip() if time else found[2]
        if name.startswith("=> # "):
            return (Output(self.last, line, name[5:]),) if self.last else ()
        if name.startswith("=> "):
            return ()
        step = step_name("", name)
        key = f"{step.stage}/{step.number}/{name[:40]}"
        seconds = float(time[1]) if time else None
        # A frame shows running and finished steps alike, but only the step painted last can still be running.
        state = _STATES.get(found[1] or "", State.DONE if seconds is not None else State.OPEN)
        events: tuple[Event, ...] = () if key in self.states else (Opened(key, step, line),)
        self.last = key
        if self.states.get(key) is not state or seconds:
            self.states[key] = state
            if state is not State.OPEN:
                events = (*events, Closed(key, state, line, seconds=seconds))
        return events
