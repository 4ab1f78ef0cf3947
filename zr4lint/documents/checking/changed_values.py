"""Finds values of the target text that a recovery changes: image, user, ports, CMD and others."""

from __future__ import annotations

import re

from zr4lint.dockerfile import parse
from zr4lint.model.quoting import code
from zr4lint.model.source import SourceFile

_LAST = {"FROM": "base image", "USER": "user", "WORKDIR": "working directory"}
_WHOLE = ("CMD", "ENTRYPOINT", "HEALTHCHECK")
_INDEX = re.compile(r"/whl/(cu\d+|cpu|rocm[\d.]+)\b")


def other_value(before: str, after: str) -> str | None:
    """Return a message on the first value that the second text changes; None if it changes none."""
    had, has = _values(before), _values(after)
    for name, value in had.items():
        now = has.get(name)
        if now is None and name in ("user", "port"):
            return f"this removes the {name} {code(value, 30)} of the target text"
        if now is not None and now != value:
            return f"this changes the {name} {code(value, 20)} of the target text to {code(now, 20)}"
    return None


def _values(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for instruction in parse(SourceFile(text)).instructions:
        words = text[instruction.span.start : instruction.span.end].split(None, 1)
        rest = words[1].strip() if len(words) > 1 else ""
        if instruction.keyword in _LAST:
            found[_LAST[instruction.keyword]] = rest.split()[0] if rest else ""
        elif instruction.keyword == "EXPOSE":
            found["port"] = " ".join((*found.get("port", "").split(), *rest.split()))
        elif instruction.keyword in _WHOLE:
            found[instruction.keyword] = " ".join(rest.split())
        elif instruction.keyword == "ENV":
            found.update((f"variable {m[1]}", m[2]) for m in re.finditer(r"([A-Z][A-Z0-9_]*)=([^\s\\\"]+)", rest))
    index = _INDEX.search(text)
    return {**found, "index": index[1]} if index is not None else found
