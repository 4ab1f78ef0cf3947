"""The output of a failing step as one text in which templates are searched for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.diagnose.anchor import Template
    from zr4lint.diagnose.signatures import Catalogue
    from zr4lint.diagnose.window import Line

_BUILDERS = 4
"""The number of last lines that may be the builder's words, which repeat the command."""

_QUOTES = (
    ('process "', '" did not complete'),
    ("executor failed running [", "]: exit code"),
    ("The command '", "' returned a non-zero code"),
    ("The command [", "] returned a non-zero code"),
    ('building at STEP "RUN ', '": while running'),
    ('building at STEP "RUN ', '": error while running'),
)
"""The builder's words before and after a command."""
_TRACEBACK, _CHAIN = "Traceback (most recent call last)", "above exception"
_RAISED = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)(?:: |$)")
_MISTAKE = re.compile(
    r"(?:[a-z_]+\.)*(?:Assertion|Attribute|FileNotFound|Import|Index|JSONDecode|Key|ModuleNotFound|Name|Type)Error\b"
)
_RELAYED = re.compile(r"CalledProcessError|[Ss]ee (?:the )?(?:root cause|stack trace|log)|Error compiling objects")
"""Matches the words of an exception that reports the failure of another program or process."""
_OWN = re.compile(r"([\w.+-]{2,60}): (?:error|fatal|ERROR|FATAL): ")
_TABLE_ROW = re.compile(r"[│┃|](?:[^│┃|\n]*[│┃|]){3,}$")
_MAY_FOLLOW = re.compile(
    r"[^\w\s/+\[(-]|\((?!\d)|[-=_#]{3}|\[(?:error|fatal|warn|notice|help|info|end|rank)"
    r"|(?:npm|gyp|info|hint:?|note:?|help:?|see|for|please|if|you|try:?|to|consider|use|usage|run|check|at|in|and|or)"
    r"(?: |$)"
    r"|(?:caused by|during handling|invalid|cannot|could not|make|gmake|ninja|collect2|tar|xz|gzip|E|W|N|INFO|Node\.js"
    r"|traceback|total time|elapsed|the command)\b|[\w./-]+(?:Error|Exception)\b|extconf\.rb|gem files will"
    r"|.*(?:rror|ailed|ailure|atal|xit|non-zero|bort|illed|erminated|halted|stopped|down|core dumped)"
    r"|.*(?:https?://|usage: |\blog\b|warning: )"
    r"|\S+(?: \S+){3,} (?:or|and|with|for|had|to|the|of|a|in|is|that)$|\S+(?: \S+){3,}[.,)]$"
    r"|[\w ]+:$|[a-z]+(?: [a-z]+)?\.$",
    re.IGNORECASE,
)
"""Matches a line that may follow the last error of a step: more errors, advice, prose, or a closing message."""
_JOINED = re.compile(r"&&|\|\||;")


class Printed:
    """The lines of a step as one text, with single blanks."""

    def __init__(self, lines: Sequence[Line], catalogue: Catalogue) -> None:
        self.lines = lines
        self._rows = words = [" ".join(line.text.split()) for line in lines]
        places = [_command(row) for row in words[-_BUILDERS:]]
        self.command = " ".join(row[at:end] for row, (at, end) in zip(words[-_BUILDERS:], places, strict=True))
        words[-_BUILDERS:] = [row[:at] + row[end:] for row, (at, end) in zip(words[-_BUILDERS:], places, strict=True)]
        self.indents = [len(line.text) - len(line.text.lstrip()) for line in lines]
        self.text = "\n".join(words)
        self.joined = " ".join(words)
        self.starts: list[int] = []
        at = 0
        for word in words:
            self.starts.append(at)
            at += len(word) + 1
        self._filled = [index for index, word in enumerate(words) if word]
        self.words = catalogue.words(self.joined)
        self._may_follow: dict[int, bool] = {}

    def index(self, offset: int) -> int:
        """Return the index of the line at an offset."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def first_of_last(self, number: int) -> int:
        """Return the index of the first of the last `number` non-blank lines; 0 if there are no more."""
        return self._filled[-number] if len(self._filled) > number else 0

    def in_table(self, index: int) -> bool:
        """Return whether a line is a row of a table with several columns, as a scanner prints them."""
        return _TABLE_ROW.match(self._rows[index]) is not None

    def is_end(self, index: int, proofs: Iterable[int]) -> bool:
        """Return whether no line below `index` shows that the step continued.

        `proofs` are the lines of the error. A line below shows nothing if it is indented, begins with the same word as
        one of them, or matches `_MAY_FOLLOW`. The catalogue's `continues` match the lines that show it for certain.
        """
        starts = {word for word in map(self._first_word, proofs) if any(map(str.isalpha, word))}
        below = self._filled[bisect_right(self._filled, index) :]
        return all(self._first_word(at) in starts or self._follows(at) for at in below)

    def _follows(self, index: int) -> bool:
        """Return whether a line may follow the last error."""
        if index not in self._may_follow:
            self._may_follow[index] = bool(self.indents[index]) or _MAY_FOLLOW.match(self._rows[index]) is not None
        return self._may_follow[index]

    def _first_word(self, index: int) -> str:
        """Return the first word of a line."""
        return self._rows[index].split(" ", 1)[0]

    def next(self, index: int) -> int | None:
        """Return the index of the next non-blank line; None if there is none."""
        at = bisect_right(self._filled, index)
        return self._filled[at] if at < len(self._filled) else None

    @property
    def raised(self) -> bool:
        """Whether the output ends with an exception that ended a Python program; only the builder's words follow.

        An exception that reports the failure of another program or process does not count.
        """
        return any(
            not self.indents[index] and _RAISED.match(self._rows[index]) and not _RELAYED.search(self._rows[index])
            for index in self._filled[-3:]
        )

    def own_words(self, instruction: str) -> int:
        """Return the index of the last words that state the reason; 0 if they may follow from earlier lines.

        These words are an exception for a mistake in the code or a missing file, or an error that the last program of
        the instruction reports under its own name.
        """
        last = _JOINED.split(instruction.partition("\n")[0])[-1]
        for index in self._filled[-3:]:
            row = self._rows[index]
            named = _OWN.match(row)
            if not self.indents[index] and _MISTAKE.match(row):
                return self.last_traceback()
            if named and re.search(rf"(?<![\w-]){re.escape(named[1])}(?![\w-])", last):
                return index
        return 0

    def last_traceback(self) -> int:
        """Return the index of the line where the last chain of exceptions begins; 0 if there is none."""
        for at in range(len(self._rows) - 1, -1, -1):
            if _TRACEBACK in self._rows[at] and not any(_CHAIN in row for row in self._rows[max(at - 3, 0) : at]):
                return at
        return 0

    def has(self, templates: Iterable[Template]) -> bool:
        """Return whether the text or the command contains one of the templates."""
        return any(True for t in templates for _ in self.find(t)) or self.commands(templates)

    def commands(self, templates: Iterable[Template]) -> bool:
        """Return whether the command in the builder's words contains one of the templates."""
        return any(True for t in templates for _ in t.matches(self.command, self.command))

    def on(self, index: int, templates: Iterable[Template]) -> bool:
        """Return whether one of the templates begins in a line."""
        row = self._rows[index]
        text = "\n".join(self._rows[index : index + 2])
        joined = text.replace("\n", " ")
        likely = (template for template in templates if template.literal in joined)
        return any(at <= len(row) for template in likely for at, _ in template.matches(text, joined))

    def find(self, template: Template) -> Iterable[tuple[int, Mapping[str, str]]]:
        """Yield the index of the line where each match begins, and its captures."""
        if template.literal not in self.words:
            return
        for offset, captures in template.matches(self.text, self.joined):
            yield self.index(offset), captures


def _command(row: str) -> tuple[int, int]:
    """Return the start and the end of the command in the builder's words; (0, 0) if they have none."""
    for before, behind in _QUOTES:
        start, end = row.find(before), row.rfind(behind)
        if 0 <= start < end:
            return start + len(before), end
    return 0, 0
