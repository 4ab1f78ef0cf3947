"""BuildKit's own parser, which the package `dockerfile` binds, in a process of its own.

The binding brings the runtime of Go, with its threads, into the process that imports it. A fork of such a process may
hang, and tests fork: so they ask a process that only answers.
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
    """An instruction as BuildKit reads it, with the names that the binding has."""

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
    """The instructions of a text.

    Raises RefusedError where BuildKit does not accept it, UnicodeError where the binding can't hand over what BuildKit
    made of it, and ValueError where the text itself can't be handed over.
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
    """Whether BuildKit accepts a text; one that can't be handed over is not accepted."""
    try:
        parse(text)
    except ValueError:
        return False
    return True
