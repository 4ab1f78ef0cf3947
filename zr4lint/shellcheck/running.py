"""Calls of ShellCheck: many scripts a call, each text once."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from zr4lint.model.budgets import CHECKED_LENGTH, CHECKER_FAILURES, CHECKER_KILOBYTES, CHECKER_SECONDS
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.shellcheck.program import executable

_EXCLUDED = "1090,1091,2187"
"""Files that are not there to be sourced, and that ash is taken for dash."""

_MOST_FILES = 300
_MOST_KEPT = 20_000
_SECONDS = 20

_results: dict[str, tuple[Comment, ...]] = {}


class Replacement(Struct, frozen=True):
    """One edit of a fix: from a line and a column to another, both from 1 and half-open."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Comment(Struct, frozen=True):
    """One thing that ShellCheck says of a script; `level` is "error", "warning", "info" or "style"."""

    code: int
    level: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    fix: tuple[Replacement, ...] = ()


def check_scripts(scripts: Iterable[str], deadline: Deadline = NO_DEADLINE) -> Mapping[str, tuple[Comment, ...]]:
    """ShellCheck's comments on scripts, by their text; a process runs each text once, and none over its budget."""
    wanted = [script for script in dict.fromkeys(scripts) if len(script) <= CHECKED_LENGTH]
    program = executable()
    asked = [script for script in wanted if script not in _results] if program is not None else []
    if len(_results) + len(asked) > _MOST_KEPT:
        _results.clear()
        asked = wanted
    left = [asked[start : start + _MOST_FILES] for start in range(0, len(asked), _MOST_FILES)]
    failures = 0
    while left:
        deadline.check()
        some = left.pop(0)
        answers = _asked(program or "", some) if failures < CHECKER_FAILURES else {}
        if answers is not None:
            _results.update({script: answers.get(script, ()) for script in some})
            continue
        failures += 1
        half = len(some) // 2
        left[:0] = [some[:half], some[half:]] if half else []
        _results.update(dict.fromkeys(some, ()))
    return {script: _results.get(script, ()) for script in wanted}


def _asked(program: str, scripts: Sequence[str]) -> Mapping[str, tuple[Comment, ...]] | None:
    """The answers of one call, which has limits of memory and time; None where it can't be made or goes over them."""
    names = [f"{number}.sh" for number in range(len(scripts))]
    command = [
        *_limited(len(scripts)),
        program,
        "--norc",
        "--format=json1",
        "--severity=style",
        f"--exclude={_EXCLUDED}",
        *names,
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="zr4lint-") as folder:
            for name, script in zip(names, scripts, strict=True):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(script.encode("utf-8", "replace"))
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        comments = json.loads(done.stdout)["comments"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    found: dict[str, list[Comment]] = {name: [] for name in names}
    for comment in comments:
        found.get(comment["file"], []).append(_comment(comment))
    return {script: tuple(found[name]) for name, script in zip(names, scripts, strict=True)}


def _limited(scripts: int) -> Sequence[str]:
    """What starts a program with limits; a system without one of them goes without."""
    if os.name != "posix":
        return ()
    seconds = CHECKER_SECONDS + scripts // 20
    limits = f"ulimit -t {seconds}; ulimit -v {CHECKER_KILOBYTES}"
    return ("/bin/sh", "-c", f'{{ {limits}; }} 2>/dev/null; exec "$0" "$@"')


def _comment(answer: Mapping[str, Any]) -> Comment:
    return Comment(
        answer["code"],
        answer["level"],
        answer["message"],
        answer["line"],
        answer["column"],
        answer["endLine"],
        answer["endColumn"],
        tuple(_replacements(answer.get("fix"))),
    )


def _replacements(fix: Mapping[str, Any] | None) -> Iterator[Replacement]:
    for part in fix["replacements"] if fix else ():
        yield Replacement(part["line"], part["column"], part["endLine"], part["endColumn"], part["replacement"])
