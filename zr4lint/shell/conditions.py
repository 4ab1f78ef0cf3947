"""Evaluates tests: `test`, `[ ]` and `[[ ]]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from zr4lint.model.budgets import VALUE_LENGTH
from zr4lint.shell.arithmetic import integer
from zr4lint.shell.status import Value

if TYPE_CHECKING:
    from zr4lint.shell.found_files import Found

_FILES = frozenset(f"-{letter}" for letter in "abcdefgGhkLNOprsStuwx")
_OF_BASH = frozenset({"-v", "-o", "-R", "-a", "-N"})
_OF_FILES = frozenset({"-nt", "-ot", "-ef"})
_COMPARED = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_WILDCARDS = frozenset("*?[\\")

Look = Callable[[str], "Found | None"]

FAILED = Value.FALSE
"""The result of a malformed test, which exits with 2."""


def truth(holds: bool) -> Value:
    """Return TRUE or FALSE as a `Value`."""
    return Value.TRUE if holds else Value.FALSE


def test(arguments: Sequence[str], look: Look, *, in_dash: bool) -> Value:
    """Return the result of `test` with these arguments, without the `]`; `look` returns what is at a path."""
    match len(arguments):
        case 0:
            return Value.FALSE
        case 1:
            return truth(bool(arguments[0]))
        case 2:
            return _two(arguments[0], arguments[1], look, in_dash=in_dash)
        case 3:
            return _three(arguments[0], arguments[1], arguments[2], look, in_dash=in_dash)
        case 4 if arguments[0] == "!":
            return test(arguments[1:], look, in_dash=in_dash).negated
        case _:
            return _joined(arguments, look, in_dash=in_dash)


def _two(operator: str, operand: str, look: Look, *, in_dash: bool) -> Value:
    if operator == "!":
        return truth(not operand)
    if operator in ("-n", "-z"):
        return truth(bool(operand) == (operator == "-n"))
    if operator == "-t":
        return FAILED  # a build has no terminal
    if operator in _FILES and not operand:
        return Value.FALSE
    if operator in _FILES:
        from zr4lint.shell.found_files import tested  # few scripts test files

        return tested(operator, look(operand))
    if operator in _OF_BASH and in_dash:
        return FAILED
    return Value.CONDITION if operator in _OF_BASH else FAILED


def _three(left: str, operator: str, right: str, look: Look, *, in_dash: bool) -> Value:
    if operator in ("=", "!=") or (operator == "==" and not in_dash):
        return truth((left == right) == (operator != "!="))
    if operator in _COMPARED:
        numbers = integer(left), integer(right)
        if numbers[0] is None or numbers[1] is None:
            return FAILED if not (left.strip().isdecimal() and right.strip().isdecimal()) else Value.CONDITION
        return truth(_COMPARED[operator](*numbers))
    if operator == "-a":
        return truth(bool(left) and bool(right))
    if operator == "-o":
        return truth(bool(left) or bool(right))
    if operator in _OF_FILES or operator in ("<", ">"):
        return Value.CONDITION
    if left == "!":
        return _two(operator, right, look, in_dash=in_dash).negated
    return FAILED if (left, right) != ("(", ")") else truth(bool(operator))


def _joined(arguments: Sequence[str], look: Look, *, in_dash: bool) -> Value:
    """Return the result of tests joined by -a and -o, if there are no parentheses."""
    if "(" in arguments or ")" in arguments:
        return Value.CONDITION
    for operator in ("-o", "-a"):
        if operator in arguments[1:-1]:
            at = arguments.index(operator, 1)
            left, right = (test(part, look, in_dash=in_dash) for part in (arguments[:at], arguments[at + 1 :]))
            return either(left, right) if operator == "-o" else both(left, right)
    return Value.CONDITION


def both(left: Value, right: Value) -> Value:
    """Return the result of two tests joined by "and"."""
    if Value.FALSE in (left, right):
        return Value.FALSE
    return Value.TRUE if (left, right) == (Value.TRUE, Value.TRUE) else Value.CONDITION


def either(left: Value, right: Value) -> Value:
    """Return the result of two tests joined by "or"."""
    return both(left.negated, right.negated).negated


def fits(value: str, pattern: str) -> bool | None:
    """Return whether a value matches a pattern of `case` or `[[ ]]`, or None if the pattern is not supported."""
    if _WILDCARDS.isdisjoint(pattern):
        return value == pattern
    if "\\" in pattern or "[^" in pattern or "[:" in pattern or len(value) + len(pattern) > VALUE_LENGTH // 16:
        return None
    return fnmatchcase(value, pattern)
