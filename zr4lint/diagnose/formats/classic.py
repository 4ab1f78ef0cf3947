"""Reads logs of docker's builder before BuildKit, on a terminal and as the daemon's JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from msgspec import DecodeError, json

from zr4lint.diagnose.cleaning import ESCAPES
from zr4lint.diagnose.events import Closed, Ended, Event, Opened, Output, Reader, Run, State, StepName
from zr4lint.diagnose.formats.quick import Quick

SIGN = re.compile(r"^\s*+Step \d+(?:/\d+)? : |^\s*+---> Running in |returned a non-zero code: \d+", re.MULTILINE)
API_SIGN = re.compile(r'^\{"(?:stream|status|errorDetail|aux)":', re.MULTILINE)

_STEP = re.compile(r"\s*+Step (\d{1,9})(?:/(\d{1,9}))? : (.*)")
_CODE = " returned a non-zero code: "
_DAEMON = (
    "OCI runtime create failed",
    "Error response from daemon",
    "error creating",
    "unable to find user ",
    "ApplyLayer exit status",
    "Error processing tar file",
    "failed to register layer",
    "failed to export image",
)
"""The daemon's words on a failed step of any kind; no command prints them."""

_QUIET = ("RUN", "FROM", "")
"""The keywords of steps with output of their own. Output of other steps is an error of the daemon."""

_PULL_FAILED = re.compile(
    r"manifest|denied|not found|error|toomany|no match|unauthorized|time(?:d )?out|lookup |dial |x509|EOF|invalid"
    r"|unsupported|unknown|no such|blank|refused|reset by|forbidden|can't|cannot|unexpected|^(?:Get|Head) \"?https?:",
    re.IGNORECASE,
)
"""Matches the daemon's errors on an image that it can't pull, but not the progress of a pull."""

_DONE = re.compile(r"\s*+---> (?:[0-9a-f]{12}|Using cache)")
_REMOVED = "Removing intermediate container"
"""The daemon's words on a finished step and, with --force-rm, on a failed one."""

_SERVICE = re.compile(r"ERROR: Service '[^'\n]{1,200}+' failed to build ?: The command [\['(]")
_BUILT = re.compile(r"Successfully (?:built|tagged) ")


_SPECIAL = re.compile(
    r"Step \d|--->|Removing intermediate|Successfully |zero code: |OCI runtime|Error response|or creating"
    r"|ble to find user|failed to build ?: The command|ApplyLayer|Error processing|to register layer|export image"
)


class Classic(Reader):
    """Reads the builder's lines on a terminal."""

    def __init__(self) -> None:
        self.quick = Quick(_SPECIAL)
        self.key: str | None = None
        self.count = 0
        self.keyword = ""

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        step = _STEP.match(text)
        if step:
            return self._step(line, step)
        if _BUILT.match(text):
            closed = self._closed(State.DONE, line)
            return (*closed, Ended(line))
        if _failed(text):
            return (*self._closed(State.FAILED, line, text.strip()), Ended(line, text.strip()))
        if self.key is None:
            return None
        if _DONE.match(text):
            return (Closed(self.key, State.CACHED if "Using cache" in text else State.DONE, line),)
        if text.startswith(_REMOVED):
            return ()
        if self._refused(text):
            return (*self._closed(State.FAILED, line, text.strip()), Ended(line, text.strip()))
        return (Output(self.key, line, text),)

    def run(self, line: int, lines: Sequence[str], at: int) -> Run | None:
        """Return the lines that a RUN prints."""
        return self.quick.run(self.key, line, lines, at) if self.key and self.keyword == "RUN" else None

    def _refused(self, text: str) -> bool:
        """Return whether a line is the daemon's error on an instruction other than RUN."""
        if self.keyword == "FROM":
            return _PULL_FAILED.search(text) is not None
        return self.keyword not in _QUIET and bool(text.strip()) and not text.lstrip().startswith(("---", "#"))

    def _step(self, line: int, found: re.Match[str]) -> tuple[Event, ...]:
        before = self._closed(State.DONE, line)
        self.count += 1
        self.key = str(self.count)
        self.keyword = found[3].split(" ", 1)[0].upper()
        total = int(found[2]) if found[2] else None
        name = StepName(f"Step {found[1]}", found[3].strip(), int(found[1]), total)
        return (*before, Opened(self.key, name, line))

    def _closed(self, state: State, line: int, words: str = "") -> tuple[Event, ...]:
        if self.key is None:
            return ()
        closed = Closed(self.key, state, line, words)
        self.key = None
        return (closed,)


def _failed(text: str) -> bool:
    """Return whether a line is the daemon's error on a failed step; a terminal may have cut it."""
    return text.startswith(_DAEMON) or (_CODE in text and "The command " in text) or _SERVICE.match(text) is not None


class Api(Reader):
    """Reads the daemon's stream of JSON objects, which contain pieces of the builder's lines."""

    def __init__(self) -> None:
        self.classic = Classic()
        self.rest = ""

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line."""
        try:
            entry: Any = json.decode(text)
        except (DecodeError, ValueError, RecursionError):
            return self.classic.read(line, text)
        if not isinstance(entry, dict):
            return self.classic.read(line, text)
        error = entry.get("error")
        words = f"\n{error}\n" if isinstance(error, str) else entry.get("stream")
        if not isinstance(words, str):
            return ()
        *whole, self.rest = ESCAPES.sub("", self.rest + words).split("\n")
        found: list[Event] = []
        for part in whole:
            said = part.rstrip("\r")
            events = self.classic.read(line, said)
            found += (Output(None, line, said),) if events is None else events
        return tuple(found)
