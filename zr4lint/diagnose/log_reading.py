"""Reads a log: detects its format, converts its lines to events, and records these."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, structs

from zr4lint.diagnose.cleaning import NoLogError, batches, has_several_services
from zr4lint.diagnose.events import Output, Served, Started
from zr4lint.diagnose.failures import raised_in_build
from zr4lint.diagnose.formats import CONTAINER, TEXT, container, detect
from zr4lint.diagnose.record import Record, service_of

if TYPE_CHECKING:
    from zr4lint.diagnose.window import Telling

_OPENS_DOCKERFILE = re.compile(r"\s*+(?:#[^\n]*+\n\s*+)*+(?:FROM|ARG) [^\n:]+", re.IGNORECASE)
_GITHUB = re.compile(
    r"##\[(?:group|error|command|endgroup)\]|^\ufeff?\d{4}-\d\d-\d\dT[\d:]{8}\.\d{7}Z |^::(?:group|error)::",
    re.MULTILINE,
)
_COG = "Building Docker image from environment in cog.yaml"


class Log(Struct, frozen=True):
    """A log that was read: its format, its number of lines and its record."""

    format: str
    lines: int
    record: Record
    cog: bool = False


def read_log(stream: BinaryIO, telling: Telling, told: Callable[[int], None] = lambda _: None) -> Log:
    """Read a log to its end in bounded memory; raise NoLogError if it is not a log."""
    return _Reading(telling).read(stream, told)


class _Reading:
    def __init__(self, telling: Telling) -> None:
        self.form = TEXT
        self.reader = TEXT.reader()
        self.record = Record(telling)
        self.number = 0
        self.github = False
        self.compose = False
        self.cog = False

    def read(self, stream: BinaryIO, told: Callable[[int], None]) -> Log:
        first = True
        for lines in batches(_Watched(stream, self), told):
            self._look(lines, first=first)
            first = False
            self._take(lines)
        for event in self.reader.finish():
            self.record.take(event)
        self.record.finish()
        return Log(self._name(), self.number, self.record, self.cog)

    def saw(self, data: bytes) -> None:
        """Look for prefixes in the raw bytes that show the log's origin, since cleaning removes them."""
        text = data.decode("utf-8", "replace")
        self.github = _GITHUB.search(text) is not None
        self.compose = container.COMPOSE_SIGN.search(text) is not None
        self.record.several_services = has_several_services(text)
        self.cog = _COG in text

    def _look(self, lines: list[str], *, first: bool) -> None:
        """Detect the format, if it is not known yet."""
        if self.form is not TEXT:
            return
        text = "\n".join(lines)
        self.form = detect(text)
        self.reader = self.form.reader()
        if first and self.form is TEXT and _OPENS_DOCKERFILE.match(text) and not container.SIGN.search(text):
            raise NoLogError("a Dockerfile, not a log; zr4lint FILE lints it")

    def _take(self, lines: list[str]) -> None:
        take, read, run = self.record.take, self.reader.read, self.reader.run
        number, first = self.number, self.number
        while number - first < len(lines):
            many = run(number + 1, lines, number - first)
            if many is not None:
                take(many)
                number += len(many.lines)
                continue
            text = lines[number - first]
            number += 1
            events = read(number, text)
            if events is None:
                service, words = service_of(text) if self.record.several_services else ("", text)
                event = container.container_event(number, words)
                if service and isinstance(event, Served):
                    event = None  # the address of one service says nothing about the others
                if isinstance(event, Started):
                    event = structs.replace(event, service=service)
                take(event if event is not None else Output(None, number, text))
                continue
            for event in events:
                take(event)
        self.number = number

    def _name(self) -> str:
        name = self.form.name
        started = self.record.starts and not raised_in_build(self.record)
        if name == TEXT.name and (started or self.record.served):
            return "compose/start" if self.compose or self.record.several_services else CONTAINER
        if self.cog:
            return f"cog/{name}"
        return f"github-actions/{name}" if self.github else name


class _Watched:
    """A stream that also passes its first bytes to the reading."""

    def __init__(self, stream: BinaryIO, reading: _Reading) -> None:
        self._stream = stream
        self._reading: _Reading | None = reading

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        if self._reading is not None:
            self._reading.saw(data)
            self._reading = None
        return data
