"""The problems of a pack: each with its file, line, table and key, and the nearest known name."""

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
_TOKEN = lazy_pattern(r'''"""|\'\'\'|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*|[\[\]{}]''')


class Problem(Struct, frozen=True):
    """One problem: the message, the key it is about ("" for a whole table), and where that stands.

    `array` and `index` name a table such as the second [[rule]], `label` how messages call it ("rule AB101"). `line`
    is where it stands if that is known without the key.
    """

    message: str
    key: str = ""
    array: str = ""
    index: int = 0
    label: str = ""
    line: int | None = None

    def line_in(self, lines: Mapping[tuple[str, int, str], int]) -> int | None:
        """The number of its line, given what `line_numbers` finds in the text; None where it has none."""
        table = (self.array, self.index)
        return self.line or lines.get((*table, self.key)) or lines.get((*table, ""))

    @property
    def sentence(self) -> str:
        """The problem without its place in the file."""
        return ": ".join(filter(None, (self.label, self.message)))

    def text(self, shown: str, lines: Mapping[tuple[str, int, str], int]) -> str:
        """The problem in one line, with its place in the file `shown`."""
        line = self.line_in(lines)
        place = shown if line is None else f"{shown}:{line}"
        return f"{place}: {self.sentence}"


class PackError(Exception):
    """A pack that can't be used; its text names each problem in a line of its own."""

    def __init__(self, shown: str, problems: Iterable[Problem], text: str = "") -> None:
        self.problems = tuple(problems)
        lines = line_numbers(text) if text else {}
        told = [problem.text(shown, lines) for problem in self.problems[:_MOST_TOLD]]
        if len(self.problems) > _MOST_TOLD:
            told.append(f"{shown}: {len(self.problems) - _MOST_TOLD} more problems")
        super().__init__("\n".join(told))


def value_words(value: Any) -> str:
    """How a message shows a value of TOML."""
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
    """The question for the nearest known word, in words that fit behind a message; "" if none is near."""
    words = {name.lower(): name for name in known}
    near = words.get(nearest(word.lower(), words) or "") if isinstance(word, str) else None
    return f"; did you mean `{near}`?" if near else ""


def misfit_messages(key: str, value: Any, kind: Any) -> Iterator[str]:
    """All that is wrong with the value of a key, each with the nearest word that fits."""
    from zr4lint.checks.parameters import misfits  # only a pack that is validated needs it

    for misfit in misfits(value, kind):
        verb = "has" if misfit.inside else "is"
        near = did_you_mean(misfit.value, misfit.known)
        yield f"`{key}` {verb} {value_words(misfit.value)}, not {misfit.words}{near}"


def line_numbers(text: str) -> Mapping[tuple[str, int, str], int]:
    """The lines, from 1, of the keys and headers of a TOML text, by (array, index, key); the key of a header is "".

    Only what stands at the start of a line is found; keys inside of inline tables are not.
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
    """The number of open brackets after a line, and the quotes of the multi-line text around its end."""
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
