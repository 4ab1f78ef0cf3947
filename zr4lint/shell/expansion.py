"""Reads the words of a script: removes quotes, finds expansions, and evaluates those that are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import structs

from zr4lint.model.budgets import JOINED_LENGTH, VALUE_LENGTH, WORDS
from zr4lint.model.source import MappedText, Span
from zr4lint.shell.arithmetic import evaluate
from zr4lint.shell.commands import Argument, Expansion, Word

if TYPE_CHECKING:
    from tree_sitter import Node

_BLANKS = r"[ \t\n]+"
_EXPANSION = r"(?s)\$\{(\w+)(?:(:?[-+=?]|##?|%%?|//?|\^\^?|,,?|:(?=[ \d(]))((?:[^{}$`\\]++|\\.)*+))?\}\Z"
_LENGTH = r"\$\{#(\w+)\}\Z"
_BRACES = r"([^{}$]*)\{([^{}$,]*(?:,[^{}$,]*)+)\}([^{}$]*)"
_QUOTED = r"'([^']*)'|\"([^\"\\$`]*)\"|([^'\"\\]*)"
_ANSI = r"\\(?:([abeEfnrtv\\'\"?])|x([0-9a-fA-F]{1,2}))"
_ANSI_LETTERS = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
_SPECIAL = re.compile(r"\\|\$([A-Za-z_]\w*|\d)", re.ASCII)
_WILDCARDS = frozenset("*?[")
_ESCAPABLE = '"\\$`'
_OPAQUE = frozenset({"command_substitution", "process_substitution", "arithmetic_expansion"})
SUBSTITUTION = "$("
"""The operator of a command substitution with unknown output; the operand is its offset in the script."""
OUTPUT = "text"
"""The operator of a command substitution with known output, which is the operand."""


class Environment(Protocol):
    """Variables by name; the value is None if it is unknown.

    The base image may set a name that is missing here: `$NAME` is unknown, but `${NAME:-default}` is assumed to be the
    default.
    """

    def get(self, name: str, /) -> str | None:
        """Return the value of a variable, or None if it is unknown."""

    def __contains__(self, name: object, /) -> bool: ...


class Variables:
    """The variables of one shell: its own changes on top of its initial environment."""

    def __init__(self, around: Environment) -> None:
        self._around = around
        self._own: dict[str, str | None] = {}
        self._unset: set[object] = set()
        self._open = False

    def get(self, name: str, /) -> str | None:
        """Return the value of a variable, or None if it is unknown."""
        if name in self._own:
            return self._own[name]
        return None if self._open and name not in self._around else self._around.get(name)

    def __contains__(self, name: object, /) -> bool:
        return name not in self._unset and (name in self._own or name in self._around)

    def own(self) -> tuple[tuple[str, str | None], ...]:
        """Return the variables that this shell has set, with their values."""
        return tuple(self._own.items())

    def open(self) -> None:
        """Record that any variable without a known assignment may be set."""
        self._open = True

    def set(self, name: str, value: str | None) -> None:
        """Set a variable; None marks an unknown value."""
        self._own[name] = value
        self._unset.discard(name)

    def unset(self, name: str) -> None:
        """Unset a variable."""
        self._own[name] = ""
        self._unset.add(name)

    def value(self, word: Word) -> str | None:
        """Return a word's value, or None if it is unknown."""
        return expand(word, self)


class _Builder:
    """Builds one word from ranges of the script's text and the expansions in them."""

    def __init__(self, script: MappedText, *, ansi: bool) -> None:
        self.script = script
        self.ansi = ansi
        self.ranges: list[tuple[int, int, str | None]] = []
        self.expansions: list[Expansion] = []
        self.length = 0
        self.quoted = False
        self.glob = False

    def keep(self, start: int, end: int) -> None:
        if end > start:
            self.ranges.append((start, end, None))
            self.length += end - start

    def put(self, start: int, text: str) -> None:
        """Add text that replaces the character at `start`."""
        self.ranges.append((start, start + 1, text))
        self.length += len(text)

    def unescape(self, start: int, end: int, *, quoted: bool) -> None:
        """Keep the range without its escaping backslashes, and add expansions that the tree has as text."""
        text = self.script.text
        while (found := _SPECIAL.search(text, start, end)) is not None:
            at = found.start()
            if not found[1] and at + 1 >= end:
                break
            self.keep(start, at)
            self.glob = self.glob or (not quoted and not _WILDCARDS.isdisjoint(text[start:at]))
            following = text[at + 1]
            if found[1]:
                start = found.end()
                self.keep(at, start)
                place = self.length - (start - at)
                self.expansions.append(Expansion(place, self.length, found[1], "", "", quoted))
            elif following == "\n":
                start = at + 2
            elif quoted and following not in _ESCAPABLE:
                self.keep(at, at + 2)
                start = at + 2
            else:
                self.quoted = True
                self.keep(at + 1, at + 2)
                start = at + 2
        self.keep(start, end)
        self.glob = self.glob or (not quoted and not _WILDCARDS.isdisjoint(text[start:end]))

    def expansion(self, node: Node, *, quoted: bool) -> None:
        start = self.length
        raw = self.script.text[node.start_byte : node.end_byte]
        self.keep(node.start_byte, node.end_byte)
        name: str | None = None
        operator = operand = ""
        if node.type == "simple_expansion" and (raw[1:].isidentifier() or raw[1:].isdecimal() or raw[1:] in "@*#?"):
            name = raw[1:]
        elif node.type == "arithmetic_expansion" and raw.startswith("$((") and raw.endswith("))"):
            name, operator, operand = "", "((", raw[3:-2]
        elif node.type == "command_substitution":
            operator, operand = SUBSTITUTION, str(node.start_byte)
        elif found := re.match(_LENGTH, raw):
            name, operator = found[1], "length"
        elif found := re.match(_EXPANSION, raw):
            name, operator, operand = found[1], found[2] or "", found[3] or ""
        self.expansions.append(Expansion(start, self.length, name, operator, operand, quoted))

    def add(self, node: Node) -> None:
        """Add a node of the syntax tree that is a word or part of one."""
        kind = node.type
        if kind in ("simple_expansion", "expansion"):
            self.expansion(node, quoted=False)
        elif kind == "raw_string":
            self.quoted = True
            self.keep(node.start_byte + 1, node.end_byte - 1)
        elif kind in ("string", "translated_string"):
            self._string(node)
        elif kind == "ansi_c_string":
            self._ansi_string(node)
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

    def _ansi_string(self, node: Node) -> None:
        """Add `$'...'`, which dash reads as a "$" and a quoted string."""
        self.quoted = True
        start, end = node.start_byte, node.end_byte
        if not self.ansi:
            self.keep(start, start + 1)
            self.keep(start + 2, end - 1)
            return
        text = self.script.text
        at = start + 2
        for found in re.compile(_ANSI).finditer(text, at, end - 1):
            self.keep(at, found.start())
            self.put(found.start(), _ANSI_LETTERS[found[1]] if found[1] else chr(int(found[2], 16)))
            at = found.end()
        self.keep(at, end - 1)

    def _string(self, node: Node) -> None:
        self.quoted = True
        at = self.script.text.index('"', node.start_byte) + 1
        if not self.ansi:
            self.keep(node.start_byte, at - 1)  # dash keeps the "$" of `$"..."`
        end = node.end_byte - 1
        for child in node.children:
            if child.type in ("simple_expansion", "expansion") or child.type in _OPAQUE:
                self.unescape(at, child.start_byte, quoted=True)
                self.expansion(child, quoted=True)
                at = child.end_byte
        self.unescape(at, end, quoted=True)


def word_of(nodes: Sequence[Node], script: MappedText, *, ansi: bool = True) -> Word:
    """Return the word that neighbouring nodes of the syntax tree form; there must be at least one node.

    `ansi` tells that the shell reads `$'...'`.
    """
    start, end = nodes[0].start_byte, nodes[-1].end_byte
    if len(nodes) == 1 and nodes[0].type == "word":
        text = script.slice(start, end)
        if _SPECIAL.search(text.text) is None:
            return Word(text, (), text.span(0, end - start), False, not _WILDCARDS.isdisjoint(text.text))
    builder = _Builder(script, ansi=ansi)
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
    """Return the words that bash expands `{a,b}` to, or the word itself if it has no braces or has quotes.

    If there are too many, return an unknown word.
    """
    plain = "{" in word.text.text and not word.expansions and not word.quoted
    found = re.fullmatch(_BRACES, word.text.text) if plain else None
    if found is None:
        return (word,)
    at = word.span.start
    parts = found[2].split(",")
    if len(parts) * (len(found[1]) + len(found[3]) + 1) > VALUE_LENGTH:
        return (unknown(word),)
    return tuple(structs.replace(word, text=MappedText(f"{found[1]}{part}{found[3]}", (0,), (at,))) for part in parts)


def plain_word(text: str, span: Span) -> Word:
    """Return a word of known text at a span; its characters are mapped one by one if both are equally long."""
    if len(text) == span.end - span.start:
        return Word(MappedText(text, (0,), (span.start,)), (), span, False)
    return Word(MappedText.at_one_place(text, span.start), (), span, False)


def unknown(word: Word) -> Word:
    """Return an unknown word at the same place."""
    whole = Expansion(0, len(word.text.text), None, "", "", True)
    return structs.replace(word, expansions=(whole,), glob=False)


def _select(script: MappedText, ranges: list[tuple[int, int, str | None]]) -> MappedText:
    if len(ranges) == 1 and ranges[0][2] is None:
        return script.slice(*ranges[0][:2])
    pieces: list[tuple[str, int]] = []
    for start, end, text in ranges:
        pieces += script.slice(start, end).pieces() if text is None else [(text, script.offset(start))]
    return MappedText.join(pieces)


def _value(expansion: Expansion, env: Environment) -> str | None:
    name, operator = expansion.name, expansion.operator
    if name is None:
        return None
    if operator == OUTPUT:
        return expansion.operand
    if operator == "((":
        number = evaluate(expansion.operand, env.get)
        return None if number is None else str(number)
    value = env.get(name)
    if not operator or (value is None and name in env):
        return value
    if operator == "length" or operator[0] in "#%/^,":
        return None if value is None else _cut(value, expansion)
    if operator == ":":
        from zr4lint.model.cutting import sliced  # few scripts have such an expansion

        return None if value is None else sliced(value, expansion.operand)
    is_set = name in env and (value != "" or not operator.startswith(":"))
    match operator[-1]:
        case "-" | "=":
            return value if is_set else plain(expansion)
        case "?":
            return value
        case _:
            return plain(expansion) if is_set else ""


def plain(expansion: Expansion) -> str | None:
    """Return the operand of an expansion without quotes, or None if it is more than plain text."""
    operand = expansion.operand
    if expansion.quoted and "'" in operand:
        return None
    found = re.fullmatch(_QUOTED, operand)
    return next((part for part in found.groups() if part is not None), "") if found else None


def _cut(value: str, expansion: Expansion) -> str | None:
    """Return the value after `#`, `%`, `/`, `^` or `,`, or its length for `${#NAME}`; None if it is unknown."""
    operator, operand = expansion.operator, expansion.operand
    if operator == "length":
        return str(len(value))
    if operator[0] in "^,":
        change = str.upper if operator[0] == "^" else str.lower
        if operand or not value.isascii():
            return None
        return change(value) if len(operator) == 2 else change(value[:1]) + value[1:]
    from zr4lint.model.cutting import cut  # few scripts have such an expansion

    return cut(value, operator, operand)


def expand(word: Word, env: Environment, *, over: Callable[[], None] | None = None) -> str | None:
    """Return the word's value as one string, or None if it is unknown.

    A value over the budget is unknown, and `over` is called for it.
    """
    if not word.expansions:
        return word.text.text
    parts: list[str] = []
    at = length = 0
    first = word.expansions[0]
    whole = first.operator in ("", OUTPUT) and first.end - first.start == len(word.text.text)
    for expansion in word.expansions:
        value = _value(expansion, env)
        if value is None:
            return None
        length += len(value)
        if length > (VALUE_LENGTH if whole else JOINED_LENGTH):
            if over is not None:
                over()
            return None
        if whole:
            return value
        parts += (word.text.text[at : expansion.start], value)
        at = expansion.end
    parts.append(word.text.text[at:])
    return "".join(parts)


def written_out(word: Word, env: Environment) -> MappedText | None:
    """Return a word's value with the source offset of each character, or None if it is unknown."""
    pieces: list[tuple[str, int]] = []
    at = length = 0
    for expansion in word.expansions:
        value = _value(expansion, env)
        length += len(value or "")
        if value is None or length > JOINED_LENGTH:
            return None
        pieces += word.text.slice(at, expansion.start).pieces()
        pieces += ((character, word.text.offset(expansion.start)) for character in value)
        at = expansion.end
    return MappedText.join([*pieces, *word.text.slice(at, len(word.text.text)).pieces()])


def expand_all(words: Iterable[Word], env: Environment) -> list[Argument]:
    """Return the arguments that words expand to. An unquoted value with blanks gives several, and an empty one none."""
    arguments: list[Argument] = []
    for word in words:
        value = expand(word, env)
        if value is None or not word.expansions or all(e.quoted for e in word.expansions):
            arguments.append(Argument(value, word.span, word.quoted, word.glob))
        elif word.quoted:
            arguments.append(Argument(value if not re.search(_BLANKS, value) else None, word.span, True))
        elif (fields := split(value, env)) is None:
            arguments.append(Argument(None, word.span))
        else:
            arguments += (Argument(f, word.span, glob=word.glob or not _WILDCARDS.isdisjoint(f)) for f in fields)
    return arguments


def split(value: str, env: Environment) -> Sequence[str] | None:
    """Return the words that a shell splits an unquoted value into, or None if they are unknown."""
    separators = env.get("IFS") if "IFS" in env else " \t\n"
    if separators is None:
        return None
    if set(separators).isdisjoint(value):
        return [value] if value else []
    blanks = "".join(c for c in separators if c in " \t\n")
    others = "".join(c for c in separators if c not in " \t\n")
    value = value.strip(blanks) if blanks else value
    around = f"[{re.escape(blanks)}]*" if blanks else ""
    pattern = f"{around}[{re.escape(others)}]{around}" if others else ""
    pattern += ("|" if others and blanks else "") + (f"[{re.escape(blanks)}]+" if blanks else "")
    fields = re.split(pattern, value, maxsplit=WORDS)
    if len(fields) > WORDS:
        return None
    return fields[:-1] if not fields[-1] else fields
