"""Reads logs of Kaniko, whose own lines begin with INFO between the output of steps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zr4lint.diagnose.events import Closed, Ended, Event, Opened, Output, Reader, Run, State, StepName
from zr4lint.diagnose.formats.quick import Quick
from zr4lint.diagnose.formats.step_names import INSTRUCTION

SIGN = re.compile(r"^\s*+INFO\s?\[[\dT:Z-]+\] |^error building image: ", re.MULTILINE)

_OWN = re.compile(r"\s*+(?:INFO|WARN|WARNING|DEBU|DEBUG|ERRO|ERROR|FATA|FATAL)\s?\[[\dT:Z.+-]+\] ?(.*)")
_LAST = re.compile(
    r"\s*+(?:error building image: |kaniko should only be run|error checking push permissions|error pushing image"
    r"|error resolving (?:source context|dockerfile path))"
)
_SPECIAL = re.compile(
    r"(?:INFO|WARN|DEBU|ERRO|FATA)[A-Z]*\s?\[|error (?:building|checking|pushing|resolving)|kaniko should", re.MULTILINE
)
_UNPACKS = re.compile(r"\s*+Unpacking rootfs as cmd (.*?) requires it")
_PULLS = re.compile(r"Retrieving image (?:manifest )?([\w.-]\S*)$")
_BUILT = ("Pushed ", "Pushing image", "Skipping push")


class Kaniko(Reader):
    """Reads Kaniko's lines. Kaniko does not announce FROM, nor an instruction whose files are missing.

    Such an instruction is the one that the image was unpacked for, if none was announced since.
    """

    def __init__(self) -> None:
        self.quick = Quick(_SPECIAL)
        self.key: str | None = None
        self.count = 0
        self.image = ""
        self.unpacked = ""

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        own = _OWN.match(text)
        unpacks = _UNPACKS.match(own[1] if own is not None else text) if own or self.key is None else None
        if unpacks:
            self.unpacked = unpacks[1].strip()
            return self._closed(State.DONE, line)
        if own is None:
            if _LAST.match(text):
                return self._last(line, text.strip())
            return None if self.key is None else (Output(self.key, line, text),)
        words = own[1].strip()
        if INSTRUCTION.match(words):
            before = self._closed(State.DONE, line)
            self.image = self.unpacked = ""
            return (*before, *self._opened(words, line))
        pulls = _PULLS.match(words)
        if pulls:
            self.image = pulls[1]
        if words.startswith(_BUILT):
            return (*self._closed(State.DONE, line), Ended(line))
        return ()

    def run(self, line: int, lines: Sequence[str], at: int) -> Run | None:
        """Return the lines that an instruction prints."""
        return self.quick.run(self.key, line, lines, at) if self.key else None

    def _last(self, line: int, words: str) -> tuple[Event, ...]:
        """Return the events of the builder's last words."""
        unnamed = ""
        if "failed to get filesystem from image" in words:
            unnamed = f"FROM {self.image}" if self.image else ""
        elif "failed to get files used from context" in words and self.unpacked.startswith(("COPY ", "ADD ")):
            unnamed = self.unpacked
        if not unnamed:
            return (*self._closed(self._state(words), line, words), Ended(line, words))
        before = self._closed(State.DONE, line)
        opened = self._opened(unnamed, line)
        return (*before, *opened, *self._closed(State.FAILED, line, words), Ended(line, words))

    def _opened(self, words: str, line: int) -> tuple[Event, ...]:
        self.count += 1
        self.key = str(self.count)
        return (Opened(self.key, StepName(f"instruction {self.count}", words), line),)

    def _state(self, words: str) -> State:
        """Return FAILED if the step's command failed; else DONE, since the error is on an unannounced instruction."""
        ran = "failed to execute command" in words or "exit status" in words
        return State.FAILED if ran else State.DONE

    def _closed(self, state: State, line: int, words: str = "") -> tuple[Event, ...]:
        if self.key is None:
            return ()
        closed = Closed(self.key, state, line, words if state is State.FAILED else "")
        self.key = None
        return (closed,)
