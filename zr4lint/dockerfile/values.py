"""Words of instructions other than RUN: splitting, quoting, `$NAME`, KEY=VALUE pairs and image references.

Only this module uses dockerfile-parse, which reads quotes and escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model.budgets import JOINED_LENGTH, VALUE_LENGTH, VARIABLES
from zr4lint.model.source import MappedText, Span
from zr4lint.startup import import_alone

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

WordSplitter = import_alone("dockerfile_parse.util").WordSplitter

_QUOTES = "\"'\\"
_OPERAND = r"[^{}$]*+(?:\$(?:\w++|\{\w++\})[^{}$]*+)*+"
_VARIABLE = rf"\\.|\$(?:(\w+)|\{{(\w+)(?:(:?[-+]|##?|%%?|//?)({_OPERAND}))?\}}|(\{{))"
"""Matches an escape or a variable; only a variable starts with `$`."""
_PLAIN_VARIABLE = r"\$(?:(\w+)|\{(\w+)\})"
_WHOLE = rf'(")?{_PLAIN_VARIABLE}(?(1)")'
_SINGLE_QUOTED = r"'[^']*'"
# Possessive, since a repeated group keeps 300 bytes for each round that it could undo.
_PART = r"""'([^']*)'|"((?:\\.|[^"\\]++)*+)"|\\(.)|([^'"\\]+)"""
_PIECE = r"""(?s)(?P<blank>\s+)|\\.?|'[^']*'?|"(?:\\.|[^"\\]++)*+(?:"|\\?\Z)|[^\s\\'"]+"""
_ESCAPED = r"""\\(["$\\])"""
"""Matches a backslash that escapes a character between double quotes; before other characters it stays."""
_BACKTICK = r"'[^']*'|`|\\"
_KEPT = str.maketrans({"\\": "\ue000", '"': "\ue001", "'": "\ue002"})
"""Replacements for the special characters of a value while the word around it is unquoted."""
_GIVEN_BACK = str.maketrans({"\ue000": "\\", "\ue001": '"', "\ue002": "'"})


class DockerWord(Struct, frozen=True, gc=False):
    """One word as written, quotes and variables included."""

    raw: str
    span: Span


class Pair(Struct, frozen=True, gc=False):
    """A KEY=VALUE of ENV, ARG or LABEL; `span` covers both. For an ARG without a value, `value_span` is empty.

    `legacy` is set if a blank replaces the "=".
    """

    name: str
    raw: str | None
    span: Span
    value_span: Span
    legacy: bool = False


class Image(Struct, frozen=True):
    """An image reference; `repository` excludes the registry, and "library/" of Docker Hub."""

    registry: str
    repository: str
    tag: str
    digest: str


def split(text: MappedText) -> list[DockerWord]:
    """Return the words of an instruction's arguments; blanks inside quotes do not split."""
    words: list[DockerWord] = []
    at = 0
    quoted = any(c in text.text for c in _QUOTES)
    for raw in _as_written(text.text) if quoted else text.text.split():
        at = text.text.find(raw, at)
        words.append(DockerWord(raw, text.span(at, at + len(raw))))
        at += len(raw)
    return words


def _as_written(text: str) -> Iterable[str]:
    """Return the words of a text as written; blanks inside quotes do not split."""
    return WordSplitter(text).split(dequote=False) if len(text) <= VALUE_LENGTH else long_words(text)


def long_words(text: str) -> Iterator[str]:
    """Yield the same words as `WordSplitter`, whose time grows with the square of a word's length."""
    start: int | None = None
    for found in re.finditer(_PIECE, text):
        if found.lastgroup == "blank":
            if start is not None:
                yield text[start : found.start()]
            start = None
        elif start is None:
            start = found.start()
    if start is not None:
        yield text[start:]


def pairs(instruction: Instruction) -> list[Pair]:
    """Return the pairs of an ENV, ARG or LABEL; `ENV KEY words ...` is a single pair."""
    text = instruction.arguments
    words = split(text)
    if not words:
        return []
    first = words[0]
    if "=" not in first.raw and instruction.keyword != "ARG":
        rest = text.text[len(first.raw) :].strip()
        start = text.text.rfind(rest) if rest else len(text.text)
        value_span = text.span(start, start + len(rest))
        span = Span(first.span.start, max(value_span.end, first.span.end))
        return [Pair(first.raw, rest, span, value_span, legacy=True)]
    found: list[Pair] = []
    for word in words:
        name, equals, raw = word.raw.partition("=")
        value_start = word.span.end - len(raw) if equals else word.span.end
        found.append(
            Pair(
                unquote(name),
                raw if equals else None,
                word.span,
                Span(max(value_start, word.span.start), word.span.end),
            )
        )
    return found


def unquote(raw: str) -> str:
    """Return a word without its quotes and escapes, as BuildKit's shell/lex.go removes them."""
    if not any(c in raw for c in _QUOTES):
        return raw
    parts = list(re.finditer(_PART, raw, re.DOTALL))
    if sum(len(part[0]) for part in parts) != len(raw):
        # A quote is not closed. The value of a word over the budget is unknown in any case.
        return raw if len(raw) > VALUE_LENGTH else str(WordSplitter(raw).dequote())
    return "".join(part[1] or re.sub(_ESCAPED, r"\1", part[2] or "") or part[3] or part[4] or "" for part in parts)


def expand(
    raw: str, env: Mapping[str, str | None], *, over: Callable[[], None] | None = None, escape: str = "\\"
) -> str | None:
    """Return a word's value with variables replaced and quotes removed, or None if it is unknown.

    The value is also None if it exceeds the budget; then `over` is called. `escape` is the file's escape character.
    """
    if escape != "\\" and ("`" in raw or "\\" in raw):
        raw = re.sub(_BACKTICK, lambda found: {"`": "\\", "\\": r"\\"}.get(found[0], found[0]), raw)
    if "$" not in raw:
        return unquote(raw)
    literal = [m.span() for m in re.finditer(_SINGLE_QUOTED, raw)] if not raw.startswith('"') else []
    passed = 0  # the number of them that end before the variable
    whole = re.fullmatch(_WHOLE, raw)
    if whole is not None and (value := env.get(whole[2] or whole[3])) is not None and len(value) <= VALUE_LENGTH:
        return value
    if len(raw) > VALUE_LENGTH:
        if over is not None:
            over()
        return None
    parts: list[str] = []
    at = length = 0
    for found in re.finditer(_VARIABLE, raw, re.DOTALL):
        while passed < len(literal) and literal[passed][1] <= found.start():
            passed += 1
        if found[0][0] != "$" or (passed < len(literal) and literal[passed][0] < found.start()):
            continue
        value = _value(found, env)
        if value is None:
            return None
        length += len(value)
        if length > JOINED_LENGTH:
            if over is not None:
                over()
            return None
        parts += (raw[at : found.start()], value)
        at = found.end()
    parts.append(raw[at:])
    return unquote("".join(parts)).translate(_GIVEN_BACK)


def _value(found: re.Match[str], env: Mapping[str, str | None]) -> str | None:
    name, operator, operand = found[1] or found[2], found[3], found[4]
    if name is None:
        return None
    value = env.get(name)
    if not operator or (value is None and name in env):
        return None if value is None else value.translate(_KEPT)
    if operator[0] in "#%/":
        from zr4lint.model.cutting import cut  # few files have such an expansion

        pattern = _operand(operand, env)
        if value is None or pattern is None or "\ue000" in pattern or "\0" in value:
            return None  # a backslash in a value may escape the next character, and what a NUL stands for is unknown
        return cut(value.translate(_KEPT), operator, pattern)
    is_set = name in env and (value != "" or not operator.startswith(":"))
    if operator.endswith("-"):
        return (value or "").translate(_KEPT) if is_set else _operand(operand, env)
    return _operand(operand, env) if is_set else ""


def _operand(operand: str, env: Mapping[str, str | None]) -> str | None:
    """Return an operand with its own variables replaced, or None if one is unknown or the result is too long."""
    values = {m[0]: env.get(m[1] or m[2]) for m in re.finditer(_PLAIN_VARIABLE, operand)}
    if None in values.values():
        return None
    longest = max((len(value or "") for value in values.values()), default=0)
    if len(operand) * max(longest, 1) > VALUE_LENGTH:
        return None
    return re.sub(_PLAIN_VARIABLE, lambda found: (values[found[0]] or "").translate(_KEPT), operand)


def names_in(raw: str) -> list[str]:
    """Return the variables that a word uses, up to the budget."""
    if "$" not in raw:
        return []
    variables = islice(re.finditer(_VARIABLE, raw), VARIABLES)
    found = [(m[1] or m[2], m[4] or "") for m in variables if m[1] or m[2]]
    inner = [m[1] or m[2] for _, operand in found for m in re.finditer(_PLAIN_VARIABLE, operand)]
    return [name for name, _ in found] + inner


def parse_image(reference: str) -> Image:
    """Split an image reference."""
    rest, _, digest = reference.partition("@")
    head, slash, tail = rest.rpartition("/")
    name, _, tag = tail.partition(":")
    repository = head + slash + name
    registry, slash, path = repository.partition("/")
    if slash and ("." in registry or ":" in registry or registry == "localhost"):
        repository = path
    else:
        registry = "docker.io"
    if registry in ("docker.io", "index.docker.io", "registry-1.docker.io"):
        registry = "docker.io"
        if repository.count("/") == 1:
            repository = repository.removeprefix("library/")
    return Image(registry, repository, tag, digest)
