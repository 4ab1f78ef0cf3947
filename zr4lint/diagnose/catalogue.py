"""Reads the signatures of zr4lint and of configurations, and reports all problems in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct, ValidationError, convert, structs

from zr4lint.diagnose.anchor import Template, TemplateError, compile_template
from zr4lint.diagnose.signatures import Catalogue, Compiled, Document, Signature
from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.filesystem.shipped import rules_folder, shipped_document
from zr4lint.filesystem.toml import shallow
from zr4lint.packs.problems import Problem, did_you_mean, line_numbers, misfit_messages, value_words

FOLDER = "signatures"
MAX_BYTES = 4_000_000
_ARRAY = "signature"
_LEAST = {"says": 4, "reads": 4}
"""The minimum length of the literal part of a template; one less if it is at the start of a line."""


class SignatureError(Exception):
    """Signatures are invalid; each line of the message names the file, the signature and the key."""


class Source(Struct, frozen=True):
    """A document of signatures: its name in messages, its content, and its text if known."""

    shown: str
    document: Mapping[str, Any]
    text: str = ""


def shipped_files() -> list[str]:
    """Return the names of zr4lint's own documents, without folder and suffix."""
    names = os.listdir(os.path.join(rules_folder(), FOLDER))
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


@cache
def shipped() -> Catalogue:
    """Return zr4lint's own signatures."""
    return read_catalogue(_shipped_sources())


def load(paths: Sequence[str]) -> Catalogue:
    """Return zr4lint's own signatures and those of more files, which replace own ones with the same id."""
    return read_catalogue(_shipped_sources(), [_source(path) for path in paths]) if paths else shipped()


def _shipped_sources() -> list[Source]:
    return [
        Source(f"rules/{FOLDER}/{name}.toml", shipped_document(os.path.join(FOLDER, name))) for name in shipped_files()
    ]


def _source(path: str) -> Source:
    import tomli

    try:
        text = read_regular(path, MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError, UnfitError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SignatureError(f"{path}: can't be read: {reason}") from None
    try:
        return Source(path, tomli.loads(shallow(text)), text)
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"{path}: not valid TOML: {error}") from None


def read_catalogue(sources: Iterable[Source], more: Iterable[Source] = ()) -> Catalogue:
    """Read documents; those in `more` may replace signatures. SignatureError lists all problems."""
    reader = _Reader()
    for source in sources:
        reader.read(source)
    reader.replaceable = frozenset(reader.found)
    for source in more:
        reader.read(source)
    reader.check_names()
    if reader.problems:
        raise SignatureError("\n".join(reader.problems))
    found = reader.found.values()
    literals = _literals(group for c in found if not c.signature.ends for group in (c.says, c.beside, c.reads))
    lists = (tuple(reader.noise), tuple(reader.warnings), tuple(reader.transient), tuple(reader.continues))
    groups = (group for c in found for group in (c.says, c.beside, c.reads, c.without, c.unless, c.healed))
    marks = _literals((*groups, *lists))
    known = frozenset(literals)
    return Catalogue(reader.found, *lists, literals, tuple(mark for mark in marks if mark not in known))


def _literals(groups: Iterable[Sequence[Template]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(template.literal for group in groups for template in group))


class _Reader:
    """Reads documents one after the other and collects their problems."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.found: dict[str, Compiled] = {}
        self.replaceable: frozenset[str] = frozenset()
        self.noise: list[Template] = []
        self.warnings: list[Template] = []
        self.transient: list[Template] = []
        self.continues: list[Template] = []
        self.source = Source("", {})
        self.lines: Mapping[tuple[str, int, str], int] = {}
        self.places: dict[str, tuple[Source, Mapping[tuple[str, int, str], int], int]] = {}

    def read(self, source: Source) -> None:
        """Read one document."""
        self.source, self.lines = source, line_numbers(source.text) if source.text else {}
        document = source.document
        tables = document.get(_ARRAY, [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.error(Problem(f"`{_ARRAY}` is {value_words(tables)}, not [[{_ARRAY}]] tables", _ARRAY))
            tables = []
        for index, table in enumerate(tables):
            signature = self.table(table, Signature, index)
            if signature is not None:
                self.add(signature, index)
        rest = self.table({key: value for key, value in document.items() if key != _ARRAY}, Document, None)
        if rest is not None:
            self.noise += self.templates(rest.noise, Problem("", "noise"))
            self.warnings += self.templates(rest.warnings, Problem("", "warnings"))
            self.transient += self.templates(rest.transient, Problem("", "transient"))
            self.continues += self.templates(rest.continues, Problem("", "continues"))

    def table(self, table: Mapping[str, Any], kind: Any, index: int | None) -> Any:
        """Return a table as a struct; None if it does not fit, with every reason added to the problems."""
        try:
            return convert(table, kind)
        except ValidationError:
            fields = {field.encode_name: field for field in structs.fields(kind)}
        label = f"signature {table.get('id', (index or 0) + 1)}" if index is not None else ""
        place = Problem("", "", _ARRAY if index is not None else "", index or 0, label)
        for key, value in table.items():
            if key not in fields:
                near = did_you_mean(key, fields) or f"; the keys are {', '.join(sorted(fields))}"
                self.error(structs.replace(place, key=key, message=f"`{key}` is not a key of this table{near}"))
                continue
            for message in misfit_messages(key, value, fields[key].type):
                self.error(structs.replace(place, key=key, message=message))
        for key, field in fields.items():
            if field.required and key not in table:
                self.error(structs.replace(place, message=f"`{key}` is missing"))
        return None

    def add(self, signature: Signature, index: int) -> None:
        """Add a signature with its templates compiled."""
        place = Problem("", "", _ARRAY, index, f"signature {signature.id}")
        if signature.id in self.found and signature.id not in self.replaceable:
            self.error(structs.replace(place, key="id", message="`id` is given twice"))
        if not signature.says:
            self.error(structs.replace(place, key="says", message="`says` is empty"))
        self.places[signature.id] = (self.source, self.lines, index)
        self.found[signature.id] = Compiled(
            signature,
            self.templates(signature.says, structs.replace(place, key="says")),
            self.templates(signature.beside, structs.replace(place, key="with")),
            self.templates(signature.without, structs.replace(place, key="without")),
            self.templates(signature.unless, structs.replace(place, key="unless")),
            self.templates(signature.healed, structs.replace(place, key="healed")),
            self.templates(signature.instruction, structs.replace(place, key="instruction")),
            self.templates(signature.reads, structs.replace(place, key="reads")),
        )

    def templates(self, texts: Sequence[str], place: Problem) -> tuple[Template, ...]:
        """Return compiled templates; invalid ones are added to the problems."""
        found = []
        for text in texts:
            try:
                found.append(compile_template(text, _LEAST.get(place.key, 2) - text.startswith("^")))
            except TemplateError as error:
                self.error(structs.replace(place, message=f"`{place.key}`: {error}"))
        return tuple(found)

    def check_names(self) -> None:
        """Report names that are not the id of a signature."""
        for id_, compiled in self.found.items():
            self.source, self.lines, index = self.places[id_]
            signature = compiled.signature
            for key, names in (("over", signature.over), ("mistaken-for", signature.mistaken_for)):
                for name in names:
                    if name not in self.found:
                        near = did_you_mean(name, self.found)
                        message = f"`{key}` names {value_words(name)}, which is no signature{near}"
                        self.error(Problem(message, key, _ARRAY, index, f"signature {id_}"))

    def error(self, problem: Problem) -> None:
        """Add a problem."""
        self.problems.append(problem.text(self.source.shown, self.lines))
