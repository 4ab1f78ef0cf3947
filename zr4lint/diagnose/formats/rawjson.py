"""Reads logs of BuildKit with --progress=rawjson: one JSON object a line, then the last words as plain text."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any

from msgspec import DecodeError, json

from zr4lint.diagnose.events import Closed, Event, Opened, Output, Reader, State
from zr4lint.diagnose.formats.closing import Closing
from zr4lint.diagnose.formats.step_names import step_name

SIGN = re.compile(r'^\{"(?:vertexes|statuses|logs|warnings)":', re.MULTILINE)


class RawJson(Reader):
    """Reads BuildKit's JSON; a line of output may arrive in pieces."""

    def __init__(self) -> None:
        self.closing = Closing()
        self.known: dict[str, str] = {}
        self.pieces: dict[str, str] = {}

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line; a line that is not the builder's JSON is read as plain text."""
        if not text.startswith("{"):
            return self.closing.read(line, text)
        try:
            entry: Any = json.decode(text)
        except (DecodeError, ValueError, RecursionError):
            return self.closing.read(line, text)
        if not isinstance(entry, dict):
            return self.closing.read(line, text)
        found: list[Event] = []
        for vertex in _objects(entry, "vertexes"):
            found += self._vertex(line, vertex)
        for log in _objects(entry, "logs"):
            found += self._log(line, log)
        return tuple(found)

    def _vertex(self, line: int, vertex: dict[str, Any]) -> list[Event]:
        key, name = vertex.get("digest"), vertex.get("name")
        if not isinstance(key, str) or not isinstance(name, str):
            return []
        found: list[Event] = []
        if key not in self.known:
            self.known[key] = ""
            found.append(Opened(key, step_name(key[:19], name), line))
        error = vertex.get("error")
        if isinstance(error, str) and error:
            state = State.CANCELLED if "context canceled" in error and "did not complete" not in error else State.FAILED
            found += self._flush(line, key)
            found.append(Closed(key, state, line, error, _seconds(vertex)))
        elif vertex.get("completed"):
            state = State.CACHED if vertex.get("cached") else State.DONE
            found.append(Closed(key, state, line, seconds=_seconds(vertex)))
        return found

    def _log(self, line: int, log: dict[str, Any]) -> list[Event]:
        key, data = log.get("vertex"), log.get("data")
        if not isinstance(key, str) or not isinstance(data, str):
            return []
        try:
            words = base64.b64decode(data, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            words = data
        words = self.pieces.pop(key, "") + words.replace("\r\n", "\n").replace("\r", "\n")
        *whole, rest = words.split("\n")
        if rest:
            self.pieces[key] = rest[-65536:]
        return [Output(key, line, part) for part in whole]

    def _flush(self, line: int, key: str) -> list[Event]:
        rest = self.pieces.pop(key, "")
        return [Output(key, line, rest)] if rest else []


def _objects(entry: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = entry.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _seconds(vertex: dict[str, Any]) -> float | None:
    """Return the duration of a step in seconds; None if its start or its end is unknown."""
    try:
        started, completed = (datetime.fromisoformat(str(vertex[name])[:19]) for name in ("started", "completed"))
    except (KeyError, ValueError):
        return None
    return (completed - started).total_seconds()
