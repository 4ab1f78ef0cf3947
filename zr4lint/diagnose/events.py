"""The events of a log, one struct each, common to all formats."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from msgspec import Struct

from zr4lint.diagnose.window import Line


class State(Enum):
    """The outcome of a step."""

    OPEN = "open"
    DONE = "done"
    CACHED = "cached"
    CANCELLED = "cancelled"
    FAILED = "failed"


class StepName(Struct, frozen=True):
    """The name of a step in a log.

    `id` is the step's label in the log, such as "#12" or "Step 5/9". `number` and `of` count as the builder does.
    `text` is the instruction, or the name of other work, such as "exporting to image".
    """

    id: str
    text: str
    number: int | None = None
    of: int | None = None
    stage: str | None = None
    platform: str | None = None
    internal: bool = False


class Opened(Struct, frozen=True):
    """A step begins or continues; later events name the step by `key`."""

    key: str
    name: StepName
    line: int


class Output(Struct, frozen=True):
    """A step prints a line; `key` is None for a line outside of the steps."""

    key: str | None
    line: int
    text: str


class Run(Struct, frozen=True):
    """A step prints several lines in a row; it is equivalent to one Output for each."""

    key: str | None
    lines: list[Line]


class Closed(Struct, frozen=True):
    """A step ends; `words` are the builder's words on a failure."""

    key: str
    state: State
    line: int
    words: str = ""
    seconds: float | None = None


class Repeated(Struct, frozen=True):
    """A line of a step's output that the builder prints again below the log, under the step's name."""

    name: StepName
    line: int
    text: str | None


class Block(Struct, frozen=True):
    """A numbered line of the builder's excerpt of the Dockerfile; without `text`, an excerpt begins."""

    file: str
    number: int
    line: int
    text: str | None = None
    marked: bool = False


class Ended(Struct, frozen=True):
    """A build ends; `words` are the builder's last words if it failed, else empty."""

    line: int
    words: str = ""


class Stopped(Struct, frozen=True):
    """Something outside of the build ended it, such as a time limit; `words` name it."""

    line: int
    words: str


class Started(Struct, frozen=True):
    """A line reports that a container failed to start, or that its image could not be pulled.

    `service` is the service of compose that prints the line, if there are several.
    """

    line: int
    words: str
    pull: bool = False
    service: str = ""


class Served(Struct, frozen=True):
    """A server reports that it accepts requests, so earlier errors did not prevent its start."""

    line: int


Event = Opened | Output | Run | Closed | Repeated | Block | Ended | Stopped | Started | Served


class Reader(Protocol):
    """Reads the lines of one format in order."""

    def read(self, line: int, text: str, /) -> tuple[Event, ...] | None:
        """Return the events of a line; None if the line is not of the format."""

    def run(self, _line: int, _lines: Sequence[str], _at: int, /) -> Run | None:
        """Return the lines from index `_at` on that are only output of one step; None if it can't tell quickly.

        `_line` is the number of the first of them.
        """
        return None

    def finish(self) -> tuple[Event, ...]:
        """Return the events that are known only at the end of the log."""
        return ()
