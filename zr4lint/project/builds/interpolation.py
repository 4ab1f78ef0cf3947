"""Variables in the values of compose files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zr4lint.model.budgets import VALUE_LENGTH

_COMPOSE = re.compile(r"\$(?:\$|(?P<plain>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?P<how>:?[-+?])?(?P<word>[^{}$]*)\})")
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_][\w.]*)\s*=(?P<value>.*)")


def compose(text: str, variables: Mapping[str, str]) -> str | None:
    """Return a compose value with its variables replaced, or None if one is unknown or the result is too long."""
    parts: list[str] = []
    at = length = 0
    for found in _COMPOSE.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        value = "$" if found[0] == "$$" else _value(found, variables)
        length += len(value or "")
        if value is None or length > VALUE_LENGTH:
            return None
        parts.append(value)
    rest = text[at:]
    return None if "$" in rest or any("$" in part for part in parts if part != "$") else "".join(parts) + rest


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str | None:
    name = found["plain"] or found["name"]
    known = variables.get(name)
    how = found["how"] or ""
    if how.endswith("+"):
        return None if known is None else found["word"] if known or how == "+" else ""
    if how.endswith("-"):
        return found["word"] if known is None or (not known and how == ":-") else known
    return known if not (found["word"] and not how) else None


def env_file(text: str) -> dict[str, str]:
    """Return the variables of an `.env` file whose values contain no other variables."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        pair = _LINE.fullmatch(line.rstrip("\r"))
        if pair is None:
            continue
        value = pair["value"].strip()
        if value[:1] in ("'", '"') and value.endswith(value[0]) and len(value) > 1:
            quoted, value = value[0] == "'", value[1:-1]
        else:
            quoted, value = False, re.split(r"\s#", value, maxsplit=1)[0].strip()
        if quoted or ("$" not in value and "\\" not in value):
            found[pair["name"]] = value
        else:
            found.pop(pair["name"], None)
    return found
