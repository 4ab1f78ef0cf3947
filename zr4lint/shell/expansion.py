"""Words of shell text: quotes taken off, expansions found, values worked out where they are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.source import MappedText
from zr4lint.shell.commands import Argument, Expansion, Word

if TYPE_CHECKING:
    from tree_sitter import Node

_BLANKS = r"[ \t\n]+"
_EXPANSION = r"(?s)\$\{(\w+)(?:(:?[-+]|##?|%%?|//?)((?:[^{}$`\\]|\\.)*))?\}\Z"
_BRACES = r"([^{}$]*)\{([^{}$,]*(?:,[^{}$,]*)+)\}([^{}$]*)"
_VARIABLE = r"\$(?:(\w+)|\{(\w+)\})"
_PLAIN = r"[\w.+:/-]*\Z"
_WILDCARDS = frozenset("*?[")
_ESCAPABLE = '"\\$`'
_OPAQUE = frozenset({"command_substitution", "process_substitution", "arithmetic_expansion", "ansi_c_string"})

Environment = Mapping[str, str | None]
"""Variables by name, None where the value can't be known.

A name that is missing may still be set by the base image: `$NAME` is unknown, but `${NAME:-default}` is taken to be
the default.
"""


class Variables:
    """The variables of a script: the values they come with, but for those that the script itself changes."""

    def __init__(self, values: Environment) -> None:
        self._values = values
        self._changed: set[str] = set()

    def change(self, name: str) -> None:
        """Take a variable for unknown from here on."""
        self._changed.add(name)

    def value(self, word: Word) -> str | None:
        """A word's value, None where it can't be known."""
        if any(expansion.name is None or expansion.name in self._changed for expansion in word.expansions):
            return None
        return expand(word, self._values)

    def filled(self, text: str) -> str:
        """Text with the variables replaced whose values are known, and plain."""
        return re.sub(_VARIABLE, self._replaced, text)

    def _replaced(self, found: re.Match[str]) -> str:
        name = found[1] or found[2]
        value = None if name in self._changed else self._values.get(name)
        return found[0] if value is None or not re.match(_PLAIN, value) else value


class _Builder:
    """Collects the pieces of one word: ranges of the script's text that stay, and the expansions among them."""

    def __init__(self, script: MappedText) -> None:
        self.script = script
        self.ranges: list[tuple[int, int]] = []
        self.expansions: list[Expansion] = []
        self.length = 0
        self.quoted = False
        self.glob = False

    def keep(self, start: int, end: int) -> None:
        if end > start:
            self.ranges.append((start, end))
            self.length += end - start

    def unescape(self, start: int, end: int, *, quoted: bool) -> None:
        """Keep start to end without the backslashes that quote."""
        text = self.script.text
        at = text.find("\\", start, end)
        while at >= 0 and at + 1 < end:
            self.keep(start, at)
            self.glob = self.glob or (not quoted and not _WILDCARDS.isdisjoint(text[start:at]))
            following = text[at + 1]
            if following == "\n":
                start = at + 2
            elif quoted and following not in _ESCAPABLE:
                self.keep(at, at + 2)
                start = at + 2
            else:
                self.quoted = True
                self.keep(at + 1, at + 2)
                start = at + 2
            at = text.find("\\", start, end)
        self.keep(start, end)
        self.glob = self.glob or (not quoted and not _WILDCARDS.isdisjoint(text[start:end]))

    def expansion(self, node: Node, *, quoted: bool) -> None:
        start = self.length
        raw = self.script.text[node.start_byte : node.end_byte]
        self.keep(node.start_byte, node.end_byte)
        name: str | None = None
        operator = operand = ""
        if node.type == "simple_expansion" and (raw[1:].isidentifier() or raw[1:].isdigit()):
            name = raw[1:]
        elif found := re.match(_EXPANSION, raw):
            name, operator, operand = found[1], found[2] or "", found[3] or ""
        self.expansions.append(Expansion(start, self.length, name, operator, operand, quoted))

    def add(self, node: Node) -> None:
        """Add a node of the syntax tree that is a word or a part of one."""
        kind = node.type
        if kind in ("simple_expansion", "expansion"):
            self.expansion(node, quoted=False)
        elif kind == "raw_string":
            self.quoted = True
            self.keep(node.start_byte + 1, node.end_byte - 1)
        elif kind in ("string", "translated_string"):
            self._string(node)
        elif kind == "concatenation":
            at = node.start_byte
            for child in node.children:
                self.unescape(at, child.start_byte, quoted=False)
                self.add(child)
                at = child.end_byte
            self.unescape(at, node.end_byte, quoted=False)
        elif kind in _OPAQUE:
            self.expansion(node, quoted=False)
        else:
            self.unescape(node.start_byte, node.end_byte, quoted=False)

    def _string(self, node: Node) -> None:
        self.quoted = True
        at = self.script.text.index('"', node.start_byte) + 1
        end = node.end_byte - 1
        for child in node.children:
            if child.type in ("simple_expansion", "expansion") or child.type in _OPAQUE:
                self.unescape(at, child.start_byte, quoted=True)
                self.expansion(child, quoted=True)
                at = child.end_byte
        self.unescape(at, end, quoted=True)


def word_of(nodes: Sequence[Node], script: MappedText) -> Word:
    """The word made of neighbouring nodes of the syntax tree, one at least."""
    start, end = nodes[0].start_byte, nodes[-1].end_byte
    if len(nodes) == 1 and nodes[0].type == "word":
        text = script.slice(start, end)
        if "\\" not in text.text:
            return Word(text, (), text.span(0, end - start), False, not _WILDCARDS.isdisjoint(text.text))
    builder = _Builder(script)
    for node in nodes:
        builder.add(node)
    return Word(
        _select(script, builder.ranges),
        tuple(builder.expansions),
        script.span(start, end),
        builder.quoted,
        builder.glob,
    )


def unbraced(word: Word) -> tuple[Word, ...]:
    """The words that bash makes of one with `{a,b}`; the word itself where it has none, or quotes beside them."""
    plain = "{" in word.text.text and not word.expansions and not word.quoted
    found = re.fullmatch(_BRACES, word.text.text) if plain else None
    if found is None:
        return (word,)
    at = word.span.start
    return tuple(
        structs.replace(word, text=MappedText(f"{found[1]}{part}{found[3]}", (0,), (at,)))
        for part in found[2].split(",")
    )


def literal_word(script: MappedText, start: int, end: int) -> Word:
    """The characters start to end as one word without expansions."""
    return Word(script.slice(start, end), (), script.span(start, end), False)


def _select(script: MappedText, ranges: list[tuple[int, int]]) -> MappedText:
    if len(ranges) == 1:
        return script.slice(*ranges[0])
    pieces: list[tuple[str, int]] = []
    for start, end in ranges:
        part = script.slice(start, end)
        bounds = [*part.starts, len(part.text)]
        pieces.extend((part.text[bounds[i] : bounds[i + 1]], offset) for i, offset in enumerate(part.offsets))
    return MappedText.join(pieces)


def _value(expansion: Expansion, env: Environment) -> str | None:
    name = expansion.name
    if name is None:
        return None
    value = env.get(name)
    if not expansion.operator or (value is None and name in env):
        return value
    if expansion.operator[0] in "#%/":
        return _cut(value, expansion)
    is_set = name in env and (value != "" or not expansion.operator.startswith(":"))
    if expansion.operator.endswith("-"):
        return value if is_set else expansion.operand
    return expansion.operand if is_set else ""


def _cut(value: str | None, expansion: Expansion) -> str | None:
    """A value without what a literal pattern fits, or with it replaced; None where that can't be known."""
    operator, operand = expansion.operator, expansion.operand
    pattern, _, replacement = operand.partition("/") if operator[0] == "/" else (operand, "", "")
    if value is None or not _WILDCARDS.isdisjoint(operand) or any(c in operand for c in "\"'\\") or not pattern:
        return value if value is not None and not operand else None
    match operator:
        case "#" | "##":
            return value.removeprefix(pattern)
        case "%" | "%%":
            return value.removesuffix(pattern)
        case _:
            return value.replace(pattern, replacement, -1 if operator == "//" else 1)


def expand(word: Word, env: Environment) -> str | None:
    """The word's value as one string, None where it can't be known."""
    if not word.expansions:
        return word.text.text
    parts: list[str] = []
    at = 0
    for expansion in word.expansions:
        value = _value(expansion, env)
        if value is None:
            return None
        parts += (word.text.text[at : expansion.start], value)
        at = expansion.end
    parts.append(word.text.text[at:])
    return "".join(parts)


def expand_all(words: Iterable[Word], env: Environment) -> list[Argument]:
    """The arguments that words become: an unquoted variable that holds blanks gives several, an empty one none."""
    arguments: list[Argument] = []
    for word in words:
        value = expand(word, env)
        if value is None or not word.expansions or all(e.quoted for e in word.expansions):
            arguments.append(Argument(value, word.span, word.quoted, word.glob))
        elif word.quoted:
            arguments.append(Argument(value if not re.search(_BLANKS, value) else None, word.span, True))
        else:
            arguments += (Argument(field, word.span) for field in re.split(_BLANKS, value) if field)
    return arguments
