"""The problems of a pack, each with its file, line, table and key, and the most similar known name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from zr4lint.model.quoting import nearest
from zr4lint.startup import lazy_pattern

_LONGEST = 40
_MOST_TOLD = 100
_HEADER = lazy_pattern(r"""[ \t]*\[\[?[ \t]*["']?([\w-]+)["']?[ \t]*\]\]?""")
_KEY = lazy_pattern(r"""[ \t]*["']?([\w-]+)["']?[ \t]*[.=]""")
_TOKEN = lazy_pattern(r'''"""|\'\'\'|"(?:\\.|[^"\\\n]++)*+"|'[^'\n]*'|#[^\n]*|[\[\]{}]''')


class Problem(Struct, frozen=True):
    """One problem: the message, its key ("" for a whole table), and its table.

    `array` and `index` identify a table such as the second [[rule]]; `label` is its name in messages ("rule AB101").
    `line` is the line if it is known without the key.
    """

    message: str
    key: str = ""
    array: str = ""
    index: int = 0
    label: str = ""
    line: int | None = None

    def line_in(self, lines: Mapping[tuple[str, int, str], int]) -> int | None:
        """Return the line number, given the result of `line_numbers`, or None if there is none."""
        table = (self.array, self.index)
        return self.line or lines.get((*table, self.key)) or lines.get((*table, ""))

    @property
    def sentence(self) -> str:
        """Return the problem without its place in the file."""
        return ": ".join(filter(None, (self.label, self.message)))

    def text(self, shown: str, lines: Mapping[tuple[str, int, str], int]) -> str:
        """Return the problem in one line, with its place in the file `shown`."""
        line = self.line_in(lines)
        place = shown if line is None else f"{shown}:{line}"
        return f"{place}: {self.sentence}"


class PackError(Exception):
    """A pack that cannot be used; the message has a line for each problem."""

    def __init__(self, shown: str, problems: Iterable[Problem], text: str = "") -> None:
        self.problems = tuple(problems)
        lines = line_numbers(text) if text else {}
        told = [problem.text(shown, lines) for problem in self.problems[:_MOST_TOLD]]
        if len(self.problems) > _MOST_TOLD:
            told.append(f"{shown}: {len(self.problems) - _MOST_TOLD} more problems")
        super().__init__("\n".join(told))


def value_words(value: Any) -> str:
    """Return a TOML value as a message shows it."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        words = f"[{', '.join(value_words(item).strip('`') for item in value)}]"
    else:
        words = str(value).lower() if isinstance(value, bool) else str(value)
    if len(words) > _LONGEST:
        words = f"{words[: _LONGEST - 3]}..."
    return "`" + "".join(char if char.isprintable() else "\ufffd" for char in words) + "`"


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """Return a "did you mean" suffix with the most similar known word, or "" if none is similar."""
    words = {name.lower(): name for name in known}
    near = words.get(nearest(word.lower(), words) or "") if isinstance(word, str) else None
    return f"; did you mean `{near}`?" if near else ""


def misfit_messages(key: str, value: Any, kind: Any) -> Iterator[str]:
    """Yield a message for each problem of a key's value, with the most similar valid word."""
    from zr4lint.checks.parameters import misfits  # only a pack that is validated needs it

    for misfit in misfits(value, kind):
        verb = "has" if misfit.inside else "is"
        near = did_you_mean(misfit.value, misfit.known)
        if isinstance(misfit.value, (int, float)) and misfit.words == "a string":
            near = f'; write "{value_words(misfit.value).strip("`")}"'
        yield f"`{key}` {verb} {value_words(misfit.value)}, not {misfit.words}{near}"


def line_numbers(text: str) -> Mapping[tuple[str, int, str], int]:
    """Return the lines, from 1, of the keys and headers of a TOML text, by (array, index, key).

    The key of a header is "". Only keys at the start of a line are found, not those in inline tables.
    """
    found: dict[tuple[str, int, str], int] = {}
    counts: dict[str, int] = {}
    table = ("", 0)
    found[*table, ""] = 1
    depth, quotes = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not depth and not quotes:
            if header := _HEADER.match(line):
                name = header[1]
                table = (name, counts.setdefault(name, 0))
                counts[name] += 1
                found[*table, ""] = number
                continue
            if key := _KEY.match(line):
                found.setdefault((*table, key[1]), number)
        depth, quotes = _state(line, depth, quotes)
    return found


def _state(line: str, depth: int, quotes: str) -> tuple[int, str]:
    """Return the number of open brackets after a line, and the quotes of a multi-line string that is still open."""
    at = 0
    while True:
        if quotes:
            end = line.find(quotes, at)
            if end < 0:
                return depth, quotes
            at, quotes = end + 3, ""
        token = _TOKEN.search(line, at)
        if token is None:
            return depth, quotes
        at = token.end()
        if token[0] in ('"""', "'''"):
            quotes = token[0]
        elif token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth = max(0, depth - 1)
