"""Parses comments for zr4lint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model.quoting import code, nearest
from zr4lint.model.source import SourceFile, Span

if TYPE_CHECKING:
    from zr4lint.dockerfile import Comment

SCOPES = ("ignore", "ignore-file", "ignore-stage", "ignore-start")
END = "ignore-end"

_HEAD = r"#+[ \t]*+zr4lint[ \t]*+:[ \t]*+"
_SCOPE = re.compile(r"[\w-]*+")
_NAME = r"[^\s,]++"
_BEFORE_REASON = ":;- \t"
_EXAMPLE = "# zr4lint: ignore[CODE] reason"
_MOST_NAMES = 100


class Name(Struct, frozen=True):
    """A code, a name or a prefix, and its place."""

    text: str
    span: Span


class Suppression(Struct, frozen=True):
    """A comment that suppresses, or one that ends an `ignore-start`; in the latter, `names` may be empty.

    `inside` is set if it is between the lines of one instruction. `list` is the span within the brackets. `end` is the
    comment that ends the area of this one.
    """

    scope: str
    names: tuple[Name, ...]
    reason: str | None
    span: Span
    list: Span
    inside: bool
    end: Span | None = None


class Mistake(Struct, frozen=True):
    """A comment for zr4lint that cannot be parsed."""

    message: str
    span: Span
    help: str


def read(comment: Comment, source: SourceFile) -> Suppression | Mistake | None:
    """Return the parsed comment, or None if it is not for zr4lint."""
    text = source.slice(comment.span)
    head = re.match(_HEAD, text)
    if head is None:
        return None
    scope = _SCOPE.match(text, head.end())
    assert scope is not None
    if scope[0] not in (*SCOPES, END):
        near = nearest(scope[0], (*SCOPES, END))
        hint = f"Did you mean `{near}`?" if near else f"Use {', '.join(SCOPES)} or {END}"
        return Mistake(f"{code(scope[0])} is not a comment that zr4lint knows", comment.span, hint)
    rest = text[scope.end() :]
    if not rest.startswith("["):
        if scope[0] == END:
            at = comment.span.start + scope.end()
            return Suppression(END, (), None, comment.span, Span(at, at), comment.inside)
        return Mistake(f"`{scope[0]}` names no rule", comment.span, f"Write `{_EXAMPLE.replace('ignore', scope[0])}`")
    inner, closed, reason = rest[1:].partition("]")
    if not closed:
        return Mistake(
            f"the `[` after `{scope[0]}` is not closed", comment.span, "Add `]` after the names of the rules"
        )
    start = comment.span.start + scope.end() + 1
    names = tuple(Name(m[0], Span(start + m.start(), start + m.end())) for m in re.finditer(_NAME, inner))
    if not names and scope[0] != END:
        return Mistake(f"`{scope[0]}[]` names no rule", comment.span, "Name a rule between the brackets")
    if len(names) > _MOST_NAMES:
        message = f"`{scope[0]}` names more than {_MOST_NAMES} rules"
        return Mistake(message, comment.span, "Use a prefix that the codes have in common")
    reason = reason.lstrip(_BEFORE_REASON).strip()
    span = Span(start, start + len(inner))
    return Suppression(scope[0], names, reason or None, comment.span, span, comment.inside)
