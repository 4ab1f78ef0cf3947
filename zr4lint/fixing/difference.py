"""The changes of a file as a unified diff."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zr4lint.model.source import SourceFile


def difference(old: SourceFile, new: SourceFile) -> str:
    """Return the changes as a unified diff that git can apply; only "\\n" ends a line in it."""
    path = old.path.lstrip("/")
    lines = unified_diff(_lines(old.whole_text), _lines(new.whole_text), _name(f"a/{path}"), _name(f"b/{path}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


def _name(path: str) -> str:
    """Return a path as git writes it: in quotation marks if it has characters that need escapes."""
    if path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    data = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in data) + '"'
