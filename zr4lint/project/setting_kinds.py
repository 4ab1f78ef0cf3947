"""The kinds of settings: the values that each accepts, and how they are read and shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from zr4lint.filesystem.paths import display, plain
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.packs.loading import pack_names
from zr4lint.packs.problems import did_you_mean, value_words
from zr4lint.packs.toml_table import FITS
from zr4lint.project.patterns import Pattern, Patterned

LEVELS: Mapping[str, Severity] = {severity.label: severity for severity in reversed(Severity)}


def _same(value: Any) -> Any:
    return value


def _nothing(_: Any) -> Iterable[str]:
    return ()


def _texts(value: Any) -> str:
    return ", ".join(value)


def _listed(value: Any) -> Any:
    """Return a tuple as a list, and any other value unchanged."""
    return list(value) if isinstance(value, tuple) else value


class Kind(Struct, frozen=True, kw_only=True):
    """A kind of value.

    `words` names the kind in messages. `fits` tells whether a value of a TOML document is valid. `schema` is its JSON
    schema. `read` converts a value for its field, given the folder that paths are relative to. `show` writes the field
    as text, `as_json` as JSON. `from_option` converts a value from click to a value of a document. `rules` returns the
    rules that a value names, `packs` the packs. `wrong` returns the part of a value that is not valid, or "" for the
    whole value. A `folder` must exist. `takes` is the type of an option's value, or tuple if the option can be
    repeated. `choices` are the allowed words.
    """

    words: str
    fits: Callable[[Any], bool]
    schema: Mapping[str, Any]
    read: Callable[[Any, str], Any] = lambda value, _: value
    show: Callable[[Any], str] = _texts
    as_json: Callable[[Any], Any] = _listed
    from_option: Callable[[Any], Any] = _same
    rules: Callable[[Any], Iterable[str]] = _nothing
    packs: Callable[[Any], Iterable[str]] = _nothing
    wrong: Callable[[Any], str] = lambda _: ""
    folder: bool = False
    takes: type = tuple
    choices: tuple[str, ...] = ()


_STRING = {"type": "string"}
_STRINGS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_LISTS = {"type": "object", "additionalProperties": _STRINGS}


def _tuple(value: Iterable[str], _: str) -> tuple[str, ...]:
    return tuple(value)


def _gpus(value: Iterable[str], _: str) -> tuple[str, ...]:
    """Return the GPUs as packs spell them; raises ValueError for an unknown GPU."""
    from zr4lint.knowledge.gpus import architecture_of, gpu_names, gpu_word  # few runs name a GPU

    found = {word: architecture_of(word) for word in value}
    for word, arch in found.items():
        if arch is None:
            raise ValueError(f"{code(word)} is not a known GPU{did_you_mean(word, gpu_names())}")
    return tuple(map(gpu_word, found))


def _patterns(value: Iterable[str], folder: str) -> tuple[Pattern, ...]:
    return tuple(Pattern(folder, glob) for glob in value)


def _patterned(value: Mapping[str, Iterable[str]], folder: str) -> tuple[Patterned, ...]:
    return tuple(Patterned(Pattern(folder, glob), tuple(words)) for glob, words in value.items())


def _packs(value: Mapping[str, Iterable[str]] | Iterable[str], folder: str) -> tuple[Patterned, ...]:
    if not isinstance(value, Mapping):
        return (Patterned(None, tuple(pack_path(name, folder) for name in value)),)
    return tuple(
        Patterned(Pattern(folder, glob), tuple(pack_path(name, folder) for name in names))
        for glob, names in value.items()
    )


def pack_path(name: str, folder: str) -> str:
    """Return the name of a shipped pack, or the path of a pack file."""
    return name if name in pack_names() else plain(os.path.join(folder, name))


def _variables(value: Mapping[str, str | Mapping[str, str]], folder: str) -> tuple[Patterned, ...]:
    """Return the variables for all files, then those of each table, which apply to the files of a pattern."""
    everywhere = tuple(f"{name}={text}" for name, text in value.items() if isinstance(text, str))
    found = [Patterned(None, everywhere)] if everywhere else []
    for glob, variables in value.items():
        if not isinstance(variables, str):
            words = tuple(f"{name}={text}" for name, text in variables.items())
            found.append(Patterned(Pattern(folder, glob), words))
    return tuple(found)


def _are_variables(value: Any) -> bool:
    fits = FITS["dict[str, str]"][1]
    return isinstance(value, dict) and all(isinstance(item, str) or fits(item) for item in value.values())


def _variables_by_name(value: Iterable[Patterned]) -> dict[str, Any]:
    """Return variables as a document writes them."""
    found: dict[str, Any] = {}
    for entry in value:
        pairs = dict(word.partition("=")[::2] for word in entry.words)
        if entry.pattern is None:
            found.update(pairs)
        else:
            found.setdefault(entry.pattern.glob, {}).update(pairs)
    return found


def _shown_variables(value: Iterable[Patterned]) -> str:
    pairs = (
        (f"{entry.pattern.glob}: " if entry.pattern is not None else "", word)
        for entry in value
        for word in entry.words
    )
    return ", ".join(where + word for where, word in pairs)


def _split(values: Iterable[str]) -> list[str]:
    """Return codes that are separated by commas or blanks."""
    return [word for value in values for word in value.replace(",", " ").split()]


def _assignments(values: Iterable[str]) -> dict[str, str]:
    """Return NAME=VALUE words as a table; a NAME without a value takes it from the environment, as docker does."""
    found: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        if equals or name in os.environ:
            found[name] = value if equals else os.environ[name]
    return found


def _is_below(path: str) -> bool:
    """Return whether a relative path stays below its folder."""
    parts = path.replace("\\", "/").split("/")
    return bool(path) and not os.path.isabs(path) and ".." not in parts and "\0" not in path


def _in_all(value: Mapping[str, Iterable[str]]) -> Iterable[str]:
    return (word for words in value.values() for word in words)


TEXTS = Kind(words=FITS["list[str]"][0], fits=FITS["list[str]"][1], schema=_STRINGS, read=_tuple, from_option=list)
RULES = Kind(
    words=TEXTS.words, fits=TEXTS.fits, schema=_STRINGS, read=_tuple, from_option=_split, rules=lambda value: value
)
PATTERNS = Kind(
    words=TEXTS.words,
    fits=TEXTS.fits,
    schema=_STRINGS,
    read=_patterns,
    show=lambda value: ", ".join(pattern.glob for pattern in value),
    as_json=lambda value: [pattern.glob for pattern in value],
    from_option=list,
)
PACKS = Kind(
    words="a list of strings, or a table of lists of strings",
    fits=lambda v: FITS["list[str]"][1](v) or FITS["dict[str, list[str]]"][1](v),
    schema={"anyOf": [_STRINGS, _LISTS]},
    read=_packs,
    from_option=list,
    packs=lambda value: _in_all(value) if isinstance(value, Mapping) else value,
)
RULES_BY_PATTERN = Kind(
    words=FITS["dict[str, list[str]]"][0],
    fits=FITS["dict[str, list[str]]"][1],
    schema=_LISTS,
    read=_patterned,
    rules=_in_all,
)
FILES = Kind(
    words="a list of paths below the folder of the configuration",
    fits=lambda v: FITS["list[str]"][1](v) and all(map(_is_below, v)),
    schema=_STRINGS,
    read=lambda value, folder: tuple(plain(os.path.join(folder, name)) for name in value),
    from_option=list,
)
GPUS = Kind(
    words="a list of GPUs such as rtx5090 and sm_120",
    fits=FITS["list[str]"][1],
    schema=_STRINGS,
    read=_gpus,
    from_option=list,
)
VARIABLES = Kind(
    words="a table of strings, or of tables of strings by pattern",
    fits=_are_variables,
    schema={
        "type": "object",
        "additionalProperties": {"anyOf": [_STRING, {"type": "object", "additionalProperties": _STRING}]},
    },
    read=_variables,
    show=_shown_variables,
    as_json=_variables_by_name,
    from_option=_assignments,
)
FLAG = Kind(
    words="true or false",
    fits=lambda v: isinstance(v, bool),
    schema={"type": "boolean"},
    show=lambda value: str(value).lower(),
    takes=bool,
)
FOLDER = Kind(
    words="a folder",
    fits=lambda v: isinstance(v, str) and bool(v),
    schema={"type": "string", "minLength": 1},
    read=lambda value, folder: os.path.join(folder, value) if folder != "." else value,
    show=display,
    as_json=lambda value: None if value is None else display(value),
    folder=True,
    takes=str,
)
SCORE = Kind(
    words="a number that is not below 0",
    fits=lambda v: FITS["number"][1](v) and 0 <= v < float("inf"),
    schema={"type": "number", "minimum": 0},
    read=lambda value, _: float(value),
    show=lambda value: f"{value:g}",
    takes=float,
)


PACK_TABLES = Kind(
    words="tables",
    fits=lambda v: isinstance(v, dict),
    schema={"type": "object"},
    read=lambda value, _: tuple(value.items()),
    show=lambda value: ", ".join(name for name, _ in value),
)


def _one_of(words: Iterable[str]) -> str:
    return "one of " + ", ".join(f'"{word}"' for word in words)


def choice(among: Mapping[str, Any]) -> Kind:
    """Return the kind of a word from `among`, each of which stands for a value."""

    def word_of(value: Any) -> str:
        return next(word for word, meant in among.items() if meant == value)

    return Kind(
        words=_one_of(among),
        fits=lambda v: isinstance(v, str) and v in among,
        schema={"enum": [*among]},
        read=lambda value, _: among[value],
        show=word_of,
        as_json=word_of,
        takes=str,
        choices=tuple(among),
    )


def _wrong_severity(value: Any) -> str:
    """Return the first rule with an invalid severity."""
    for word, level in value.items() if isinstance(value, dict) else ():
        if not isinstance(level, str) or level not in LEVELS:
            near = did_you_mean(level, LEVELS)
            return f"{value_words(word)} is {value_words(level)}, not one of {', '.join(LEVELS)}{near}"
    return ""


SEVERITIES = Kind(
    words=f"a table of severities, each {_one_of(LEVELS)}",
    fits=lambda v: isinstance(v, dict) and all(isinstance(level, str) and level in LEVELS for level in v.values()),
    schema={"type": "object", "additionalProperties": {"enum": [*LEVELS]}},
    read=lambda value, _: tuple((word, LEVELS[level]) for word, level in value.items()),
    show=lambda value: ", ".join(f"{word}={level.label}" for word, level in value),
    as_json=lambda value: {word: level.label for word, level in value},
    rules=lambda value: value,
    wrong=_wrong_severity,
)
