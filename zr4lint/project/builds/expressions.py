"""Evaluates the expressions of bake files: variables, conditions, comparisons, and function calls."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping

from msgspec import Struct

from zr4lint.model.budgets import VALUE_LENGTH

_STEPS = 5_000
_DEEPEST = 30
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*(?:\.\w+)*)|(?P<sign>==|!=|&&|\|\||[][!?:(),\"}]))"
)
_PART = re.compile(r"\$\$\{|\$\{|%\{|\\.|\"", re.DOTALL)
_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\"}
_BUILT_IN: Mapping[str, Callable[..., str | bool]] = {
    "replace": lambda text, old, new: text.replace(old, new) if old else text,
    "upper": str.upper,
    "lower": str.lower,
    "trimspace": str.strip,
    "trimprefix": str.removeprefix,
    "trimsuffix": str.removesuffix,
    "equal": lambda one, other: one == other,
    "notequal": lambda one, other: one != other,
    "not": lambda one: one == "false",
    "and": lambda one, other: one == other == "true",
    "or": lambda one, other: "true" in (one, other),
}


class Function(Struct, frozen=True):
    """A function of a bake file: the names of its parameters, and its result as a template or an expression."""

    parameters: tuple[str, ...]
    result: str


class Scope(Struct, frozen=True):
    """The names that an expression can use: functions, and variables with their values, None if unknown."""

    variables: Mapping[str, str | None]
    functions: Mapping[str, Function]


class _UnreadableError(Exception):
    """Text that this reader cannot evaluate, or that takes too many steps."""


def evaluated(text: str, scope: Scope) -> str | None:
    """Return the value of a template, or None if it is unknown or too long."""
    try:
        return _Reader(text, scope, [_STEPS]).whole()
    except _UnreadableError:
        return None


class _Reader:
    """Reads one template; `steps` is the remaining budget, shared with the functions that it calls.

    A value is text, like a build argument. None stands for an unknown value. An unknown value does not matter in the
    branch of a condition that is not taken.
    """

    def __init__(self, text: str, scope: Scope, steps: list[int], depth: int = 0) -> None:
        self._text = text
        self._at = 0
        self._scope = scope
        self._steps = steps
        self._depth = depth

    def whole(self) -> str | None:
        """Return the value of the whole text."""
        return self._template(quoted=False)

    def _template(self, *, quoted: bool) -> str | None:
        """Return the text up to the closing quote or the end, with each `${...}` replaced by its value."""
        parts: list[str | None] = []
        length = 0
        while True:
            found = _PART.search(self._text, self._at)
            if found is None and quoted:
                raise _UnreadableError
            end = found.start() if found is not None else len(self._text)
            parts.append(self._text[self._at : end])
            self._at = found.end() if found is not None else end
            mark = found[0] if found is not None else ""
            if not mark or (quoted and mark == '"'):
                break
            parts.append(self._replaced(mark, quoted=quoted))
            length += len(parts[-1] or "")
            if length > VALUE_LENGTH:
                raise _UnreadableError
        return "".join(part for part in parts if part is not None) if None not in parts else None

    def _replaced(self, mark: str, *, quoted: bool) -> str | None:
        """Return the text that replaces a mark in a template."""
        if mark == "${":
            value = self._expression()
            self._expect("}")
            return value
        if mark == "%{":
            raise _UnreadableError
        if mark == "$${":
            return "${"
        return _ESCAPES.get(mark) if quoted else mark

    def _expression(self) -> str | None:
        self._steps[0] -= 1
        self._depth += 1
        if self._steps[0] < 0 or self._depth > _DEEPEST:
            raise _UnreadableError
        value = self._joined(0)
        if self._accept("?"):
            first = self._expression()
            self._expect(":")
            second = self._expression()
            value = first if value == "true" else second if value == "false" else None
        self._depth -= 1
        return value

    def _joined(self, level: int) -> str | None:
        """Return the value of operands and binary operators; `level` 0 is the operator that binds least."""
        signs = (("||",), ("&&",), ("==", "!="))[level]
        following = self._unary if level == 2 else lambda: self._joined(level + 1)
        value = following()
        while sign := next((sign for sign in signs if self._accept(sign)), None):
            other = following()
            deciding = {"||": "true", "&&": "false"}.get(sign)
            if deciding is not None and deciding in (value, other):
                value = deciding
            elif value is None or other is None:
                value = None
            else:
                value = _said((value == other) is (sign == "==")) if deciding is None else other
        return value

    def _unary(self) -> str | None:
        if self._accept("!"):
            value = self._unary_again()
            return _said(value == "false") if value in ("true", "false") else None
        if self._accept("("):
            value = self._expression()
            self._expect(")")
            return value
        if self._accept('"'):
            return self._template(quoted=True)
        found = _TOKEN.match(self._text, self._at)
        if found is None or found["sign"]:
            raise _UnreadableError
        self._at = found.end()
        if found["number"]:
            return found["number"]
        name = found["name"]
        if self._accept("("):
            return self._call(name)
        return name if name in ("true", "false") else self._scope.variables.get(name)

    def _unary_again(self) -> str | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _UnreadableError
        value = self._unary()
        self._depth -= 1
        return value

    def _call(self, name: str) -> str | None:
        """Return the value of a function of the file, or of a built-in function."""
        given: list[str | None] = []
        while not self._accept(")"):
            given.append(self._expression())
            if not self._accept(","):
                self._expect(")")
                break
        own = self._scope.functions.get(name)
        if own is not None:
            if len(own.parameters) != len(given):
                raise _UnreadableError
            own_values = dict(zip(own.parameters, given, strict=True))
            inner = Scope(ChainMap(own_values, self._scope.variables), self._scope.functions)  # type: ignore[arg-type]
            return _Reader(own.result, inner, self._steps, self._depth + 1).whole()
        known = [value for value in given if value is not None]
        if name not in _BUILT_IN or len(known) < len(given):
            return None
        try:
            value = _BUILT_IN[name](*known)
        except TypeError:  # too many arguments, or too few
            raise _UnreadableError from None
        return value if isinstance(value, str) else _said(value)

    def _accept(self, sign: str) -> bool:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found["sign"] != sign:
            return False
        self._at = found.end()
        return True

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise _UnreadableError


def _said(value: bool) -> str:
    return "true" if value else "false"
