"""Finds expansions and names at which a shell exits, and commands that it refuses to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.model.quoting import code
from zr4lint.shell.arithmetic import divides_by_zero, names_changed
from zr4lint.shell.commands import Command, Reach, Word
from zr4lint.shell.expansion import plain, unknown

if TYPE_CHECKING:
    from tree_sitter import Node

    from zr4lint.model.source import Span
    from zr4lint.shell.status import Status
    from zr4lint.shell.tree import Frame
    from zr4lint.shell.walker import Walker

_DEMANDS = frozenset({"?", ":?"})
_DEFAULTS = frozenset({"-", ":-", "=", ":=", "+", ":+"})
_NAMES = frozenset({"variable_assignment", "variable_name", "word"})
_NESTED = r"\$\{([A-Za-z_]\w*):?="
_PLAIN = r"(?a:\w[\w.-]*)"


def refused(walker: Walker, made: Command, frame: Frame, why: str, *, ends: bool) -> Status:
    """Record a command that the shell refuses to run, and return its status; `ends` tells that the shell exits."""
    why = why if frame.reach is Reach.ALWAYS else ""
    walker.record(structs.replace(made, reach=Reach.NEVER, refused=why), frame)
    return walker.refuse(made.span, frame, ends=ends, why=why)


def ends_at_words(walker: Walker, words: Iterable[Word], span: Span, frame: Frame) -> Status | None:
    """Return the status of a statement if the shell exits at one of its words, otherwise None."""
    words = [*words]
    why = refused_expansion(walker, words)
    if not why:
        assign_defaults(walker, words, frame)
        return None
    made = Command((), (), (), span, frame.operator, frame.reach, frame.scope, None)
    return refused(walker, made, frame, why, ends=True)


def refused_words(walker: Walker, made: Command) -> str:
    """Return why the shell exits at a command's words or at the assignments before them, or ""."""
    constant = next((name for name, _ in made.assignments if name in walker.constants), "")
    if constant and walker.in_dash:
        return f"{code(constant, 30)} is read-only, so the shell exits"
    return refused_expansion(walker, (*made.words, *values_by_themselves(made.assignments)))


def values_by_themselves(assignments: Iterable[tuple[str, Word]]) -> Iterator[Word]:
    """Yield the values of assignments, except those that use a variable of an earlier one."""
    before: set[str | None] = set()
    for name, word in assignments:
        if before.isdisjoint(expansion.name for expansion in word.expansions):
            yield word
        before.add(name)


def refused_expansion(walker: Walker, words: Iterable[Word]) -> str:
    """Return why the shell exits at an expansion in the words, or "".

    It exits at `${NAME:?}` without a value, at an unset variable with `set -u`, and (dash only) at a division by 0.
    """
    for expansion in (expansion for word in words for expansion in word.expansions):
        name, operator = expansion.name, expansion.operator
        if operator == "((" and walker.in_dash and divides_by_zero(expansion.operand, walker.variables.get):
            return "the shell exits at a division by zero"
        if not name or operator in _DEFAULTS:
            continue
        if operator in _DEMANDS and _is_unset(walker, name):
            return f"`{name}` is not set, so the shell exits"
        if operator == ":?" and walker.variables.get(name) == "" and name.isidentifier():
            return f"`{name}` is empty, so the shell exits"
        if walker.unset_fails and _is_unset(walker, name):
            return f"`{name}` is not set, which ends a shell with `set -u`"
    return ""


def _is_unset(walker: Walker, name: str) -> bool:
    """Return whether a variable or argument is certainly unset; known arguments were substituted before."""
    if name.isdecimal():
        return walker.arguments is not None and len(walker.arguments) < int(name[:4])
    return name.isidentifier() and name not in walker.variables and walker.variables.get(name) == ""


def has_bad_name(node: Node, frame: Frame) -> bool:
    """Return whether a declaration, such as `export`, has a word that can't name a variable."""
    names = (frame.text(child).partition("=")[0] for child in node.named_children if child.type in _NAMES)
    return any(re.fullmatch(_PLAIN, name) and not name.isidentifier() for name in names)


def assign_defaults(walker: Walker, words: Iterable[Word], frame: Frame) -> None:
    """Make the assignments of `${NAME:=default}`, and of `$((NAME += 1))` with an unknown value."""
    for word in words:
        for expansion in word.expansions:
            changed = names_changed(expansion.operand) if expansion.operator == "((" else []
            for name in (*changed, *re.findall(_NESTED, expansion.operand)):
                walker.emit(frame, word.span, assignments=((name, unknown(word)),))
            if expansion.operator in ("=", ":=") and expansion.name and (default := plain(expansion)) is not None:
                known = expansion.name in walker.variables
                value = walker.variables.get(expansion.name)
                if not known or value == "":
                    text = word.text.slice(expansion.start, expansion.end)
                    at = text.text.find(default)
                    whole = Word(text.slice(at, at + len(default)), (), word.span, True)
                    walker.emit(frame, word.span, assignments=((expansion.name, whole),))
