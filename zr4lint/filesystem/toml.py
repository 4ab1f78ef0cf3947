"""A guard for readers of TOML, which take time and memory by the square of a key's parts."""

from __future__ import annotations

import re

from zr4lint.model.source import BOM

_MOST = 100
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP = rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{_MOST}}}"


def shallow(text: str) -> str:
    """The text without a byte order mark, which tomli refuses; RecursionError for a key of more than 100 parts."""
    for line in text.split("\n"):
        if line.count(".") >= _MOST and re.search(_DEEP, line):
            raise RecursionError("a key is nested too deep")
    return text.removeprefix(BOM)
