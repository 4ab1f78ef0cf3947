"""Reads BuildKit's closing output: failed steps, the excerpt of the Dockerfile, the final error."""

from __future__ import annotations

import re

from zr4lint.diagnose.events import Block, Ended, Event, Repeated, StepName
from zr4lint.diagnose.formats.step_names import step_name

_HEAD = re.compile(r"\s*+> (\[.*|exporting .*|pushing .*|importing .*)")
_TIMED = re.compile(r"(?:#\d+ )?\d+\.\d+ ?(.*)", re.DOTALL)
_FILE = re.compile(r"\s{0,4}(?:ERROR: )?(\S[^\s:]*+):(\d{1,9})$")
_RULE = re.compile(r"\s{0,4}-{6,}$")
_ROW = re.compile(r"\s{0,8}(\d{0,9}) ?\|( >>>|    )? ?(.*)")
_WORDS = re.compile(
    r"(?:failed to solve|failed to build|failed to solve with frontend [\w.]+): (.*)"
    r"|(executor failed running \[.*)"
    r"|^\s{0,4}(?:(?:ERROR|error): )?(failed to compute cache key: .*)"
    r"|^(?:ERROR|error): (failed to (?:receive status|read dockerfile|get status|dial gRPC).*)"
    r"|Service '[^']*' failed to build ?: (?!Build failed)(.*)"
)
_SOLVE = re.compile(
    r"^(?:(?:ERROR|error|Error): |buildx failed with: |failed to build: |target \S+: |failed to solve"
    r"(?: with frontend [\w.]+)?: |failed to create LLB definition: |rpc error: code = \w+ desc = |Build failed: )+"
)
_START = re.compile(
    r"(?:ERROR: |error: |Error: )?failed to (?:build|solve)|executor failed running|failed to create LLB"
)
_MUST = (
    "failed to solve",
    "failed to build",
    "executor failed running",
    "dockerfile parse error",
    "failed to read dockerfile",
    "failed to receive status",
    "failed to compute cache key",
)


class Closing:
    """Reads the lines below the progress; it keeps whether it is in repeated output or in an excerpt."""

    def __init__(self) -> None:
        self.step: StepName | None = None
        self.pending = ""
        self.file = ""
        self.number = 0
        self.rows = 0
        self.marked = 0

    def read(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line; None if the line is not about the end of a build."""
        if self.pending:
            return self._name(line, text)
        if self.step is not None:
            return self._output(line, text)
        head = _HEAD.match(text)
        if head:
            return self._name(line, head[1])
        if self.file and (within := self._excerpt(line, text)) is not None:
            return within
        if ">>>" in text and (row := _ROW.match(text)) and row[2] == " >>>" and row[1]:
            self.file, self.number, self.rows, self.marked = "Dockerfile", int(row[1]), 1, 1
            found = Block(self.file, self.number, line, row[3], True)
            return (Block(self.file, self.number, line), found)
        place = _FILE.match(text)
        if place:
            self.file, self.number, self.rows, self.marked = place[1], int(place[2]), 0, 0
            return () if "ockerfile" in place[1] else None
        if text.startswith("------") and _RULE.match(text):
            return ()
        return self._last(line, text)

    def _excerpt(self, line: int, text: str) -> tuple[Event, ...] | None:
        """Return the events of a line of the excerpt; None for a line after it."""
        row = _ROW.match(text)
        if row:
            return self._row(line, row)
        if not text.strip():  # pasted text may have a blank line after each line
            return ()
        rule = _RULE.match(text)
        if self.rows or not rule:
            self.file = ""
        return () if rule else None

    def _row(self, line: int, row: re.Match[str]) -> tuple[Event, ...]:
        """Return the event of a line of the excerpt; pasted text may lack its number."""
        self.rows += 1
        marked = row[2] == " >>>"
        self.marked += marked
        number = int(row[1]) if row[1] else self.number + self.marked - 1 if marked else 0
        found = Block(self.file, number, line, row[3], marked)
        return (Block(self.file, self.number, line - 2), found) if self.rows == 1 else (found,)

    def _name(self, line: int, text: str) -> tuple[Event, ...]:
        """Return the event of a step's name, which ends with a colon; pasted text may have broken it into lines."""
        self.pending = f"{self.pending} {text.strip()}".strip()
        if self.pending.endswith(":------"):  # pasted text may lack the line end before the horizontal rule
            name, self.pending = self.pending.removesuffix(":------"), ""
            return (Repeated(step_name("", name), line, None),)
        if not self.pending.endswith(":") and len(self.pending) < 4000 and not _RULE.match(text):
            return ()
        name, self.pending = self.pending, ""
        self.step = step_name("", name.removesuffix(":").removesuffix("------").strip())
        if _RULE.match(text):
            step, self.step = self.step, None
            return (Repeated(step, line, None),)
        return (Repeated(self.step, line, None),)

    def _output(self, line: int, text: str) -> tuple[Event, ...] | None:
        step = self.step
        if (
            step is None
            or text.startswith("------")
            or _RULE.match(text)
            or text.startswith(_MUST)
            or text.startswith("ERROR: failed to ")
        ):
            self.step = None
            return () if _RULE.match(text) else self.read(line, text)
        timed = _TIMED.match(text)
        return (Repeated(step, line, timed[1] if timed else text),)

    def _last(self, line: int, text: str) -> tuple[Event, ...] | None:
        if not any(words in text for words in _MUST):
            return None
        if _WORDS.search(text) or text.lstrip().lower().startswith("dockerfile parse error"):
            return (Ended(line, text.strip()),)
        return None


def last_words(text: str) -> str:
    """Return the builder's last words without the common beginning of all failures."""
    found = _START.search(text)
    return _SOLVE.sub("", text[found.start() :] if found else text)
