"""A guard for readers of TOML, which take time and memory by the square of a key's parts."""

from __future__ import annotations

import re

_MOST = 100
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP = rf"(?<![\w-])(?:{_PART}[ \t]*+\.[ \t]*+){{{_MOST}}}"


def shallow(text: str) -> str:
    """The text; RecursionError where a key has more than 100 parts."""
    for line in text.split("\n"):
        if line.count(".") >= _MOST and re.search(_DEEP, line):
            raise RecursionError("a key is nested too deep")
    return text
