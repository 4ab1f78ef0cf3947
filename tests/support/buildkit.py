"""BuildKit's own parser, from the binding `dockerfile`, in a separate process.

The binding loads the Go runtime and its threads into the process that imports it. A fork of such a process may
hang. Tests fork, so they send texts to a separate process.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from typing import Any, NamedTuple

_JUDGE = """
import json, sys, dockerfile
for line in sys.stdin:
    try:
        commands = dockerfile.parse_string(json.loads(line))
        answer = [{**c._asdict(), "heredocs": [h._asdict() for h in c.heredocs]} for c in commands]
    except (dockerfile.GoParseError, UnicodeError, ValueError) as error:
        answer = type(error).__name__
    print(json.dumps(answer), flush=True)
"""


class RefusedError(ValueError):
    """BuildKit does not accept the text."""


class Heredoc(NamedTuple):
    """A heredoc of an instruction."""

    name: str
    file_descriptor: int
    content: str


class Command(NamedTuple):
    """An instruction as BuildKit reads it, with the names of the binding."""

    cmd: str
    sub_cmd: str | None
    json: bool
    original: str
    start_line: int
    end_line: int
    flags: list[str]
    value: list[str]
    heredocs: tuple[Heredoc, ...]


@cache
def _judge() -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _JUDGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    atexit.register(process.kill)
    return process


@cache
def _answer(text: str) -> Any:
    process = _judge()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(text) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def parse(text: str) -> tuple[Command, ...]:
    """Return the instructions of a text.

    Raises RefusedError if BuildKit does not accept the text, UnicodeError if the binding can't return what BuildKit
    parsed, and ValueError if the text can't be passed to it.
    """
    answer = _answer(text)
    if answer == "GoParseError":
        raise RefusedError
    if isinstance(answer, str):
        raise UnicodeError(answer) if answer.startswith("Unicode") else ValueError(answer)
    return tuple(_command(**fields) for fields in answer)


def _command(heredocs: list[dict[str, Any]], **fields: Any) -> Command:
    return Command(**fields, heredocs=tuple(Heredoc(**heredoc) for heredoc in heredocs))


def accepts(text: str) -> bool:
    """Return whether BuildKit accepts a text; False for a text that can't be passed to it."""
    try:
        parse(text)
    except ValueError:
        return False
    return True
