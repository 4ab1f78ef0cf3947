"""Evaluates the shell's arithmetic: integers of 64 bits and variables, without assignments."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

_TOKEN = r"\s*(?:(\d+|0[xX][0-9a-fA-F]+)|\$?\{?([A-Za-z_]\w*)\}?|(<=|>=|==|!=|&&|\|\||<<|>>|[-+*/%()<>!~&|^?:,=]))"
_CHANGES = r"\+\+|--|(?<![=!<>])=(?!=)"
_LONGEST = 200
_DIGITS = 18
_DIVISIONS = frozenset("/%")
_SKIPS = frozenset("&|?")

_LEVELS: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"||": lambda a, b: int(bool(a) or bool(b))},
    {"&&": lambda a, b: int(bool(a) and bool(b))},
    {"|": operator.or_},
    {"^": operator.xor},
    {"&": operator.and_},
    {"==": lambda a, b: int(a == b), "!=": lambda a, b: int(a != b)},
    {"<=": lambda a, b: int(a <= b), ">=": lambda a, b: int(a >= b), "<": operator.lt, ">": operator.gt},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": lambda a, b: _quotient(a, b), "%": lambda a, b: a - b * _quotient(a, b)},
)


class _UnknownError(Exception):
    pass


def evaluate(text: str, value: Callable[[str], str | None]) -> int | None:
    """Return the value of an expression, or None if the value is unknown or the shell rejects the expression."""
    if len(text) > _LONGEST:
        return None
    try:
        return _Reader(text, value).whole()
    except (_UnknownError, ZeroDivisionError, RecursionError):
        return None


def divides_by_zero(text: str, value: Callable[[str], str | None]) -> bool:
    """Return whether the shell rejects an expression for a division by 0 that it always evaluates."""
    if len(text) > _LONGEST or not _DIVISIONS.intersection(text) or not _SKIPS.isdisjoint(text):
        return False
    try:
        _Reader(text, value).whole()
    except ZeroDivisionError:
        return True
    except (_UnknownError, RecursionError):
        pass
    return False


def names_changed(text: str) -> list[str]:
    """Return the variables that an expression may change: all of them if it changes any."""
    return re.findall(r"[A-Za-z_]\w*", text) if re.search(_CHANGES, text) else []


def integer(text: str) -> int | None:
    """Return the number that decimal digits spell, or None for other words and for numbers of more than 18 digits."""
    digits = text.strip().removeprefix("-").removeprefix("+")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > _DIGITS:
        return None
    return int(text.strip())


class _Reader:
    def __init__(self, text: str, value: Callable[[str], str | None]) -> None:
        self.value = value
        self.tokens: list[tuple[str, str, str]] = []
        at = 0
        pattern = re.compile(_TOKEN)
        text = text.rstrip()
        while at < len(text):
            found = pattern.match(text, at)
            if found is None:
                raise _UnknownError
            self.tokens.append((found[1] or "", found[2] or "", found[3] or ""))
            at = found.end()
        self.at = 0

    def whole(self) -> int:
        result = self.level(0) if self.tokens else 0
        if self.at < len(self.tokens):
            raise _UnknownError
        return result

    def level(self, number: int) -> int:
        if number == len(_LEVELS):
            return self.unary()
        left = self.level(number + 1)
        while self.at < len(self.tokens) and (apply := _LEVELS[number].get(self.tokens[self.at][2])):
            self.at += 1
            left = int(apply(left, self.level(number + 1)))
            if abs(left) >= 1 << 63:
                raise _UnknownError
        return left

    def unary(self) -> int:
        if self.at >= len(self.tokens):
            raise _UnknownError
        digits, name, sign = self.tokens[self.at]
        self.at += 1
        if digits:
            return self.number(digits)
        if name:
            value = self.value(name)
            if value is None:
                raise _UnknownError
            return self.number(value.strip() or "0")
        if sign == "(":
            inner = self.level(0)
            if self.at >= len(self.tokens) or self.tokens[self.at][2] != ")":
                raise _UnknownError
            self.at += 1
            return inner
        if sign not in ("-", "+", "!", "~"):
            raise _UnknownError
        operand = self.unary()
        return {"-": -operand, "+": operand, "!": int(not operand), "~": ~operand}[sign]

    def number(self, digits: str) -> int:
        if len(digits) > 1 and digits[0] == "0":
            raise _UnknownError  # the shell reads it as octal or hexadecimal, which versions never are
        found = integer(digits)
        if found is None:
            raise _UnknownError
        return found


def _quotient(a: int, b: int) -> int:
    """Return the quotient rounded towards zero, as in C."""
    whole = abs(a) // abs(b)
    return whole if (a < 0) == (b < 0) else -whole
