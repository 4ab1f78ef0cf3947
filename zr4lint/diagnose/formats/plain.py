"""Reads logs of BuildKit with --progress=plain, in which every line begins with the number of its step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zr4lint.diagnose.events import Closed, Event, Opened, Output, Reader, Run, State
from zr4lint.diagnose.formats.closing import Closing
from zr4lint.diagnose.formats.step_names import step_name
from zr4lint.diagnose.window import Line

SIGN = re.compile(r"^ {0,4}#\d+ (?:\[|DONE|CACHED|ERROR|CANCELED|\d+\.\d+ )|^ {0,4}#0 building with", re.MULTILINE)

_VERTEX = re.compile(r" {0,4}#(\d+) (.*)", re.DOTALL)
_OUTPUT = re.compile(r"\d+\.\d+(?: (.*)|$)", re.DOTALL)
_ENDS = {"CACHED": State.CACHED, "CANCELED": State.CANCELLED}
_DONE = re.compile(r"DONE (\d{1,9}(?:\.\d{1,9})?)s$")
_PROGRESS = re.compile(
    r"(?:transferring|resolve|extracting|sha256:|exporting|writing|naming|preparing|sending|pushing|WARN:|\.\.\.$)"
)


class Plain(Reader):
    """Reads BuildKit's plain lines. A log may have several builds, each of which numbers its steps from 1."""

    def __init__(self) -> None:
        self.closing = Closing()
        self.build = 1
        self.names: dict[str, str] = {}
        self.printing = ""
        self.times: dict[str, str] = {}

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        found = _VERTEX.match(text)
        if found is None:
            return self.closing.read(line, text)
        number, rest = found[1], found[2]
        output = _OUTPUT.match(rest)
        self.printing = number if output and number in self.names else ""
        if output:
            self.times[number] = rest
        if output:
            if number not in self.names and self.closing.step is not None:
                return self.closing.read(line, text)
            if number not in self.names:
                return (*self._named(number, "", line), Output(f"{self.build}.{number}", line, output[1] or ""))
            return (Output(f"{self.build}.{number}", line, output[1] or ""),)
        if self.closing.step is not None:
            return self.closing.read(line, text)
        return self._about(number, rest, line)

    def run(self, line: int, lines: Sequence[str], at: int) -> Run | None:
        """Return the lines from `at` on that the step of the previous line prints."""
        if not self.printing:
            return None
        prefix = f"#{self.printing} "
        width = len(prefix)
        found: list[Line] = []
        for index in range(at, len(lines)):
            text = lines[index]
            if not text.startswith(prefix):
                break
            time, _, words = text[width:].partition(" ")
            seconds, _, part = time.partition(".")
            if not (time.isascii() and seconds.isdecimal() and part.isdecimal()):
                break
            found.append(Line(line + index - at, words))
            self.times[self.printing] = time
        self.printing = ""
        return Run(f"{self.build}.{prefix[1:-1]}", found) if found else None

    def _about(self, number: str, rest: str, line: int) -> tuple[Event, ...]:
        """Return the events of a line that is not output: a step's name, its end, or its progress."""
        key = f"{self.build}.{number}"
        if rest in _ENDS:
            return self._closed(number, Closed(key, _ENDS[rest], line))
        done = _DONE.match(rest)
        if done:
            return self._closed(number, Closed(key, State.DONE, line, seconds=float(done[1])))
        if rest.startswith(("ERROR: ", "ERROR ")):
            return self._closed(number, Closed(key, State.FAILED, line, rest[5:].lstrip(": "), self._seconds(number)))
        if rest.startswith("["):
            return self._named(number, rest, line)
        if _PROGRESS.match(rest) and number in self.names:
            return (Output(key, line, rest),) if "error" in rest else ()
        if number not in self.names:
            return self._named(number, rest, line)
        return () if rest == self.names[number] else (Output(key, line, rest),)

    def finish(self) -> tuple[Event, ...]:
        """Return the times of the steps that the log leaves open."""
        return tuple(
            Closed(f"{self.build}.{number}", State.OPEN, 0, seconds=self._seconds(number)) for number in self.times
        )

    def _seconds(self, number: str) -> float | None:
        """Return the time of a step's last line in seconds; None if it has none."""
        found = self.times.get(number, "").partition(" ")[0]
        return float(found) if found else None

    def _closed(self, number: str, closed: Closed) -> tuple[Event, ...]:
        self.times.pop(number, None)
        return (closed,) if number in self.names else (*self._named(number, "", closed.line), closed)

    def _named(self, number: str, name: str, line: int) -> tuple[Event, ...]:
        known = self.names.get(number)
        if known == name:
            return ()
        if known and name and number == "1" and "load build definition" in name:
            self.build += 1  # another build begins in the same log
            self.names.clear()
            self.times.clear()
        elif known:
            return ()
        self.names[number] = name
        return (Opened(f"{self.build}.{number}", step_name(f"#{number}", name), line),)
