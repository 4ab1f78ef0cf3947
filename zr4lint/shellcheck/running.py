"""Calls ShellCheck with many scripts at once, and with each text only once."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from zr4lint.model.budgets import CHECKED_LENGTH, CHECKER_LOST_SECONDS, CHECKER_MEMORY, CHECKER_SECONDS
from zr4lint.shellcheck.program import executable

_EXCLUDED = "1075,1090,1091,2187"
"""The disabled codes: `else if` on one line, since a RUN has no other; sourced files that do not exist; ash as dash."""

_MOST_FILES = 100
_MOST_KEPT = 20_000
_SECONDS_OF_A_FURTHER_SCRIPT = 0.05
"""The additional seconds of processor time for each script of a call; an ordinary script takes 0.003 s."""

_WALL_TIMES = 20.0
"""The wall time of a call as a multiple of its processor time, for a machine with other work."""

_results: dict[str, tuple[Comment, ...] | None] = {}


class Replacement(Struct, frozen=True):
    """One edit of a fix, from a line and column to another; both count from 1, and the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Comment(Struct, frozen=True):
    """A comment of ShellCheck on a script; `level` is "error", "warning", "info" or "style"."""

    code: int
    level: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    fix: tuple[Replacement, ...] = ()


def check_scripts(scripts: Iterable[str]) -> Mapping[str, tuple[Comment, ...] | None]:
    """Return ShellCheck's comments on scripts, by their text, or None for a script that it did not check.

    Each text is checked once per process. Scripts over the budget, and those that take too long, are not checked.
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
    """Return the answers of one call, or None if it takes too long; if it cannot be made, all answers are None."""
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
    """Return the output of a command that is limited in processor time, so that other work does not matter."""
    nothing = subprocess.DEVNULL
    limited = [*_limits(seconds), *command]
    with subprocess.Popen(limited, cwd=folder, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing) as process:
        try:
            return process.communicate(timeout=seconds * _WALL_TIMES)[0]
        finally:
            process.kill()


def _limits(seconds: float) -> Sequence[str]:
    """Return the command prefix that limits processor time and memory, or () on systems without such limits.

    The limits apply from the start, since ShellCheck reserves as much address space as it may have.
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
