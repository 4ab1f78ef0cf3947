"""A guard for TOML parsers, whose time and memory grow with the square of the parts of a key."""

from __future__ import annotations

import re

from zr4lint.model.source import BOM

_MOST = 100
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP = rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{_MOST}}}"


def shallow(text: str) -> str:
    """Return the text without a byte order mark; raises RecursionError for a key of more than 100 parts.

    tomli refuses a byte order mark.
    """
    for line in text.split("\n"):
        if line.count(".") >= _MOST and re.search(_DEEP, line):
            raise RecursionError("a key is nested too deep")
    return text.removeprefix(BOM)
