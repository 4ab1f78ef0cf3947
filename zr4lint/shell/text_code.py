"""Finds the commands that awk and perl programs on the command line run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from zr4lint.shell.commands import Command, Wrapper
from zr4lint.shell.expansion import plain_word

_LONGEST = 2_000
_STRING = r"(?:\"([^\"\\$@]*)\"|'([^'\\]*)')"
_CALL = rf"\b(system|unlink|rmdir|rename|chmod)\s*\(?\s*((?:[\w]+\s*,\s*)?{_STRING}(?:\s*,\s*{_STRING})*)"
_WRITES = rf"\bprint[^;}}]*?(>>?)\s*{_STRING}"
_OPEN = r"\b(?:if|unless|while|for|foreach|and|or)\b|&&|\|\||\?|/"
"""Statements that may decide whether a call is reached."""
_PRINTS = r"\b(?:print|printf|say|write)\b"
_ALIKE: Mapping[str, str] = {"unlink": "rm", "rmdir": "rmdir", "rename": "mv"}


def run_by_text(command: Command, values: Sequence[str | None]) -> Iterator[Command]:
    """Yield, in order, the commands that awk, or perl with -e, certainly runs."""
    program = (values[0] or "").rpartition("/")[2] if values else ""
    at = _code(program, values)
    code = values[at] if at is not None else None
    if at is None or code is None or len(code) > _LONGEST:
        return
    wrapper = Wrapper(program, command.words[0].span)
    options = "".join(v or "" for v in values[1:at] if (v or "").startswith("-"))
    if program == "perl" and "i" in options and "n" in options and not re.search(_PRINTS, code):
        files = command.words[at + 1 :]
        words = (*(plain_word(text, command.words[at].span) for text in ("truncate", "-s", "0")), *files)
        yield structs.replace(command, words=words, stdin=None, wrappers=(*command.wrappers, wrapper))
    for argv in _commands(program, code):
        words = tuple(plain_word(text, command.words[at].span) for text in argv)
        yield structs.replace(command, words=words, stdin=None, wrappers=(*command.wrappers, wrapper))


def _code(program: str, values: Sequence[str | None]) -> int | None:
    """Return the index of the word with the program's text, or None."""
    if program == "perl":
        return next((i + 1 for i, v in enumerate(values[:-1]) if re.fullmatch(r"-[a-zA-Z]*e", v or "")), None)
    if program in ("awk", "gawk", "mawk") and len(values) > 1 and (values[1] or "").lstrip().startswith("BEGIN"):
        return 1
    return None


def _commands(program: str, code: str) -> Iterator[Sequence[str]]:
    masked = re.sub(_STRING, lambda found: "_" * len(found[0]), code)
    open_ = re.search(_OPEN, masked)
    end = open_.start() if open_ is not None else len(code)
    for found in re.finditer(_CALL, code):
        strings = [a or b for a, b in re.findall(_STRING, found[2])]
        if found.start() >= end or (program != "perl" and found[1] != "system"):
            continue
        if found[1] == "system":
            yield strings if len(strings) > 1 else ("sh", "-c", strings[0])
        elif found[1] == "chmod":
            yield ("chmod", found[2].partition(",")[0].strip(), *strings)
        else:
            yield (_ALIKE[found[1]], *strings)
    for found in re.finditer(_WRITES, code):
        if program != "perl" and found.start() < end and found[1] == ">":
            yield ("truncate", "-s", "1", found[2] or found[3] or "")
