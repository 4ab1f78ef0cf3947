"""Calls of ShellCheck: many scripts a call, each text once."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from zr4lint.model.budgets import CHECKED_LENGTH, CHECKER_LOST_SECONDS, CHECKER_MEMORY, CHECKER_SECONDS
from zr4lint.model.deadline import NO_DEADLINE, Deadline
from zr4lint.shellcheck.program import executable

_EXCLUDED = "1075,1090,1091,2187"
"""`else if` on a line, which RUN cannot break; files that are not there to be sourced; that ash is taken for dash."""

_MOST_FILES = 100
_MOST_KEPT = 20_000
_SECONDS_OF_A_FURTHER_SCRIPT = 0.05
"""Processor time that a call may take more; an ordinary script takes 0.003 s."""

_WALL_TIMES = 20.0
"""How much longer than its processor time a call may take, on a machine with other work."""

_results: dict[str, tuple[Comment, ...] | None] = {}


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


def check_scripts(scripts: Iterable[str], deadline: Deadline = NO_DEADLINE) -> Mapping[str, tuple[Comment, ...] | None]:
    """ShellCheck's comments on scripts, by their text; None for a script that it did not check.

    A process runs each text once. Scripts over the budget are not checked, and those that take too long are not.
    """
    wanted = dict.fromkeys(scripts)
    program = executable()
    asked = [script for script in wanted if script not in _results] if program is not None else []
    if len(_results) + len(asked) > _MOST_KEPT:
        _results.clear()
        asked = list(wanted)
    _results.update((script, None) for script in asked if len(script) > CHECKED_LENGTH)
    short = [script for script in asked if len(script) <= CHECKED_LENGTH]
    pending = [short[start : start + _MOST_FILES] for start in range(0, len(short), _MOST_FILES)]
    lost = 0.0
    while pending:
        deadline.check()
        batch = pending.pop()
        seconds = CHECKER_SECONDS + _SECONDS_OF_A_FURTHER_SCRIPT * (len(batch) - 1)
        answers = _asked(program or "", batch, seconds)
        if answers is None:
            lost += seconds
            half = len(batch) // 2
            if half and lost <= CHECKER_LOST_SECONDS:
                pending += (batch[half:], batch[:half])
                continue
        _results.update(answers if answers is not None else dict.fromkeys(batch))
    return {script: _results.get(script) for script in wanted}


def _asked(program: str, scripts: Sequence[str], seconds: float) -> Mapping[str, tuple[Comment, ...] | None] | None:
    """The answers of one call, None if it takes too long; no script has one where it can't be made."""
    names = [f"{number}.sh" for number in range(len(scripts))]
    command = [program, "--norc", "--format=json1", "--severity=style", f"--exclude={_EXCLUDED}", *names]
    try:
        with tempfile.TemporaryDirectory(prefix="zr4lint-") as folder:
            for name, script in zip(names, scripts, strict=True):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(script.encode("utf-8", "replace"))
            comments = json.loads(_output(command, folder, seconds))["comments"]
    except OSError:
        return dict.fromkeys(scripts)
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    found: dict[str, list[Comment]] = {name: [] for name in names}
    for comment in comments:
        found.get(comment["file"], []).append(_comment(comment))
    return {script: tuple(found[name]) for name, script in zip(names, scripts, strict=True)}


def _output(command: Sequence[str], folder: str, seconds: float) -> bytes:
    """The output of a command, which ends after so many seconds of processor time: other work does not matter."""
    nothing = subprocess.DEVNULL
    limited = [*_limits(seconds), *command]
    with subprocess.Popen(limited, cwd=folder, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing) as process:
        try:
            return process.communicate(timeout=seconds * _WALL_TIMES)[0]
        finally:
            process.kill()


def _limits(seconds: float) -> Sequence[str]:
    """The words before a command that bound its processor time and memory; none on systems without such limits.

    They hold from its start: ShellCheck reserves as much address space as it may have.
    """
    if os.name != "posix":
        return ()
    limits = f"ulimit -t {int(seconds)}; ulimit -v {CHECKER_MEMORY // 1024}"
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
