"""Invalid JSON arrays and their corrections."""

from __future__ import annotations

import re

from zr4lint.dockerfile import arrays
from zr4lint.startup import lazy_pattern

_LISTS_PATHS = ("ADD", "COPY", "VOLUME")
_TEST = lazy_pattern(r"\[\[|\[\s+[^,]*\s\](?:\s|;|\Z)")
_QUOTED = lazy_pattern(r"""\[\s*["'\u2018-\u201f]""")
_DOUBLE = r'"(?:[^"\\]++|\\.)*+"'
_SINGLE = lazy_pattern(rf"({_DOUBLE})|'([^'\"\\]*)'", re.DOTALL)
_STRINGS = rf"{_DOUBLE}|'[^']*'"
_LAST_COMMA = lazy_pattern(r",(\s*\]\s*)\Z")
_CURLY = lazy_pattern("[\u201c-\u201f]")


def is_attempt(text: str, keyword: str) -> bool:
    """Return whether text that is no JSON array was meant to be one.

    `[ -f file ]` is a test, `[Net.Security]::Name` is PowerShell, and `COPY [ab].txt /` is a wildcard.
    """
    if not text.startswith("[") or "]::" in text:
        return False
    if keyword in ("ADD", "COPY"):
        return _QUOTED.match(text) is not None
    if keyword == "VOLUME":
        return True
    if _TEST.match(text):
        return False
    return _QUOTED.match(text) is not None or "," in text or text.endswith("]")


def corrected(text: str) -> str | None:
    """Return the array without a trailing comma and with double quotes; None if it has other faults."""
    tried = _LAST_COMMA.sub(r"\1", _CURLY.sub('"', text))
    tried = _SINGLE.sub(lambda found: found[1] or f'"{found[2]}"', tried)
    items = arrays.read(tried, 0)
    whole = items and tried.rstrip().endswith("]") and all(item.text is not None for item in items)
    return tried if whole and tried.count("]") == text.count("]") else None


def advice(text: str) -> str:
    """Return the help text for a finding."""
    if _LAST_COMMA.search(text):
        return "Remove the comma before `]`"
    bare = re.sub(_STRINGS, "", text)
    if "]" in bare and bare.count("[") <= bare.count("]") and not bare.rstrip().endswith("]"):
        return "Remove the words behind `]`, or write a plain command"
    if not text.rstrip().endswith("]"):
        return "Close the array with `]`"
    if re.sub(_DOUBLE, "", text).strip("[], \t\r\n"):
        return "Put each item in double quotes"
    if "\\" in text:
        return "Write a backslash as `\\\\`"
    return "Separate strings in double quotes by commas"


def consequence(keyword: str) -> str:
    """Return the effect of the text on the build."""
    if keyword in _LISTS_PATHS:
        return f"{keyword} reads the brackets, quotes and commas as parts of the paths."
    if keyword == "SHELL":
        return "BuildKit refuses the file."
    return "The text is not JSON, so the shell gets it unchanged."
