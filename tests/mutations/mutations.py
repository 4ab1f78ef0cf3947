"""Load the mutation suite of `fixtures/mutations` and apply its edits; the schema is in the README there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import tomli

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "fixtures" / "mutations"
CONFORMING = SUITE / "Dockerfile.zr4"

Kind = Literal["breaking", "keeping"]
KEYS: Mapping[Kind, tuple[frozenset[str], frozenset[str]]] = {
    "breaking": (frozenset({"name", "code", "at", "why"}), frozenset({"line", "replace", "transform"})),
    "keeping": (frozenset({"name", "why"}), frozenset({"replace", "transform"})),
}


class SuiteError(Exception):
    """An edit does not match the schema or can't be applied."""


class Place(NamedTuple):
    """A part of the edited text that a finding may point at: a half-open range of offsets."""

    start: int
    end: int


class Mutation(NamedTuple):
    """One edit, applied."""

    name: str
    kind: Kind
    code: str
    at: tuple[str, ...]
    lines: tuple[int, ...]
    text: str
    why: str
    source: str

    def __str__(self) -> str:
        return self.name

    def of(self) -> str:
        """The file that contains the edit: `breaking/05-torch.toml`."""
        return self.source

    def places(self) -> tuple[Place, ...]:
        """Return where a finding is right: at each of the named words, and on each line for an empty `at`."""
        found: list[Place] = []
        lines = _line_places(self.text)
        for words in self.at:
            if not words:
                found.extend(lines[number - 1] for number in self.lines if number <= len(lines))
                continue
            starts = [hit.start() for hit in re.finditer(f"(?={re.escape(words)})", self.text)]
            hits = [Place(start, start + len(words)) for start in starts]
            if len(hits) > 1:
                hits = [hit for hit in hits if self.text.count("\n", 0, hit.start) + 1 in self.lines]
            found.extend(hits)
        return tuple(found)


def _line_places(text: str) -> tuple[Place, ...]:
    places: list[Place] = []
    start = 0
    for line in text.split("\n"):
        places.append(Place(start, start + len(line)))
        start += len(line) + 1
    return tuple(places)


INSTRUCTION = re.compile(r"^(?:FROM|ENV|RUN|WORKDIR|COPY|CMD)\b", re.MULTILINE)

TRANSFORMS: Mapping[str, Callable[[str], str]] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "bom": lambda text: "\ufeff" + text,
    "no-final-newline": lambda text: text.removesuffix("\n"),
    "lower-case": lambda text: INSTRUCTION.sub(lambda word: word[0].lower(), text),
    "tabs": lambda text: text.replace("\n    ", "\n\t"),
    "trailing-blanks": lambda text: text.replace("\n", "  \n"),
    "indented": lambda text: INSTRUCTION.sub(lambda word: "  " + word[0], text),
}


def apply(text: str, replace: Sequence[tuple[str, str]], transforms: Sequence[str] = ()) -> str:
    """Apply the pairs one after the other, then the transforms; each old must occur exactly once."""
    for old, new in replace:
        if (count := text.count(old)) != 1:
            raise SuiteError(f"{old!r} occurs {count} times, not once")
        text = text.replace(old, new)
    for transform in transforms:
        if transform not in TRANSFORMS:
            raise SuiteError(f"unknown transform {transform!r}")
        text = TRANSFORMS[transform](text)
    return text


def mutation(edit: Mapping[str, object], kind: Kind, source: str, text: str) -> Mutation:
    """Read one `[[edit]]` table of the file `source` and apply it to `text`."""
    name = edit.get("name")
    where = f"{source}: {name}"
    needed, allowed = KEYS[kind]
    if missing := needed - edit.keys():
        raise SuiteError(f"{where}: {', '.join(sorted(missing))} missing")
    if unknown := edit.keys() - needed - allowed:
        raise SuiteError(f"{where}: unknown {', '.join(sorted(unknown))}")
    try:
        edited = apply(text, _pairs(edit.get("replace", [])), _strings(edit.get("transform", [])))
        return Mutation(
            name=_string(name),
            kind=kind,
            code=_string(edit.get("code", "")),
            at=_strings(edit.get("at", [])),
            lines=_numbers(edit.get("line", [])),
            text=edited,
            why=_string(edit["why"]),
            source=source,
        )
    except SuiteError as error:
        raise SuiteError(f"{where}: {error}") from None


def load(kind: Kind, text: str | None = None) -> tuple[Mutation, ...]:
    """Load all edits of one kind, applied to `text` (the conforming file unless given)."""
    text = CONFORMING.read_bytes().decode() if text is None else text
    loaded: list[Mutation] = []
    for path in sorted((SUITE / kind).glob("*.toml")):
        source = f"{kind}/{path.name}"
        try:
            table = tomli.loads(path.read_bytes().decode())
        except tomli.TOMLDecodeError as error:
            raise SuiteError(f"{source}: {error}") from None
        if table.keys() != {"edit"}:
            raise SuiteError(f"{source}: only [[edit]] tables, please")
        loaded.extend(mutation(edit, kind, source, text) for edit in table["edit"])
    return tuple(loaded)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise SuiteError(f"{value!r} is not a string")
    return value


def _strings(value: object) -> tuple[str, ...]:
    return tuple(_string(item) for item in (value if isinstance(value, list) else [value]))


def _numbers(value: object) -> tuple[int, ...]:
    numbers = tuple(value if isinstance(value, list) else [value])
    if not all(isinstance(number, int) for number in numbers):
        raise SuiteError(f"{value!r} is not a line number or a list of them")
    return numbers


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise SuiteError("replace is not a list of pairs [old, new]")
    return tuple((_string(old), _string(new)) for old, new in value)
