"""The TOML of a derived pack, in the order of the golden file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zr4lint.documents.deriving.demand import Demand
from zr4lint.documents.deriving.pack import Derived, names, pack_name
from zr4lint.model.source import SourceFile
from zr4lint.packs.model import Section

_WIDTH = 110


def write(derived: Derived) -> str:
    """The pack as TOML; each rule names the line it came from."""
    source = derived.source
    file = _file(source)
    lines = [
        f"# What {source.path} does, as rules. Delete or change what other files may do differently.",
        "",
        f"name = {_value(pack_name(source.path))}",
        f"title = {_value(f'Files that do what {file} does')}",
        f"document = {_value(file)}",
        f"files = [{_value(file)}]",
    ]
    for section in derived.sections:
        lines += ["", *_section(section)]
    for number, (demand, name) in enumerate(zip(derived.demands, names(derived.demands, source), strict=True), 1):
        lines += ["", *_rule(demand, f"GF{number:03}", name, derived)]
    if derived.left:
        lines += [
            "",
            "# These words have no rule: a later step undoes them, or their effect is not known before the build.",
        ]
        lines += [f"# line {source.line_of(demand.span.start)}: {_words(demand, source)}" for demand in derived.left]
    return "\n".join((*lines, ""))


def _file(source: SourceFile) -> str:
    return source.path.replace("\\", "/").rpartition("/")[2] or "Dockerfile"


def _words(demand: Demand, source: SourceFile) -> str:
    words = " ".join(source.slice(demand.span).split())
    return "".join(char for char in words[:80] if char.isprintable())


def _section(section: Section) -> Iterator[str]:
    yield "[[section]]"
    yield f"number = {_value(section.number)}"
    yield f"title = {_value(section.title)}"
    if section.lines is not None:
        yield f"layer = {section.layer}"
        yield f"lines = {_value(section.lines)}"


def _rule(demand: Demand, code: str, name: str, derived: Derived) -> Iterator[str]:
    file = _file(derived.source)
    yield "[[rule]]"
    yield f"code = {_value(code)}"
    yield f"name = {_value(name)}"
    if derived.sections:
        yield f"section = {_value(derived.section(demand).number)}"
    yield f"level = {_value(demand.level)}"
    yield f"check = {_value(demand.kind)}"
    if demand.stage is not None:
        yield f"stage = {_value(demand.stage)}"
    for key, value in demand.parameters.items():
        yield f"{key} = {_wrapped(value, len(key) + 3)}"
    yield f"source = {_value(f'{file}:{derived.source.line_of(demand.span.start)}')}"
    yield f"summary = {_value(demand.summary)}"
    yield f"why = {_value(f'{file} does so.')}"


def _wrapped(value: Any, indent: int) -> str:
    """A value on one line, a list that is too long for it with an item a line."""
    text = _value(value)
    if not isinstance(value, list) or len(text) + indent <= _WIDTH:
        return text
    return "[\n" + "".join(f"    {_value(item)},\n" for item in value) + "]"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)


def _text(text: str) -> str:
    """A string: in single quotes where only they keep backslashes plain, else as TOML escapes it."""
    if ("\\" in text or '"' in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"
