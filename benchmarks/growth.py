"""Measure how processor time and memory grow with hostile files: `python3 -m benchmarks.growth PROGRAM [SHAPE ...]`.

It lints each shape at one, two and four times a size, in separate processes. A line reports what grows
by more than 2.3 per doubling, takes over 2 s or 300 MB, or exceeds an empty file's memory by 160 times the size.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

FROM = "FROM ubuntu:22.04 AS base\n"
BASH = FROM + 'SHELL ["/bin/bash", "-c"]\n'
GROWTH, SECONDS, MEGABYTES, TIMES = 2.3, 2.0, 300, 160
_LIMIT = 3 << 30


def _around(head: str, opening: str, inside: str, closing: str) -> Callable[[int], str]:
    return lambda n: f"{head}{opening * n}{inside}{closing * n}\n"


def _lines(head: str, line: str) -> Callable[[int], str]:
    """Repeat a line n times; "@" stands for its number, "<" for the number before."""
    return lambda n: head + "".join(line.replace("@", str(i)).replace("<", str(i - 1)) for i in range(1, n + 1))


def _words(head: str, word: str, tail: str = "\n") -> Callable[[int], str]:
    return lambda n: head + "".join(word.replace("@", str(i)) for i in range(1, n + 1)) + tail


SHAPES: dict[str, tuple[int, Callable[[int], str]]] = {
    "substitutions": (20_000, _around(FROM + "RUN ", "$(", "x", ")")),
    "substitutions-open": (20_000, _around(FROM + "RUN ", "$(", "", "")),
    "subshells": (20_000, _around(FROM + "RUN ", "(", "x", ")")),
    "groups": (5_000, _around(FROM + "RUN ", "{ ", "x; ", "}; ")),
    "branches": (5_000, _around(FROM + "RUN ", "if true; then ", "x; ", "fi; ")),
    "loops": (3, _around(BASH + "RUN ", "for v in a b c d e f g h; do ", "x; ", "done; ")),
    "cases": (1_000, _around(FROM + "RUN ", "case a in a) ", "x", ";; esac")),
    "defaults": (5_000, _around(FROM + "RUN echo ", "${x:-", "", "}")),
    "defaults-of-env": (5_000, _around(FROM + "ENV A=", "${x:-", "", "}")),
    "tests": (5_000, _around(BASH + "RUN [[ ", "( ", "a = b", " )")),
    "arithmetic": (5_000, _around(BASH + "RUN echo ", "$((1+", "1", "))")),
    "braces-nested": (2_000, _around(BASH + "RUN echo ", "{a,", "b", "}")),
    "closing": (10_000, _around(FROM + "RUN ", "))", "", "")),
    "patterns": (10_000, _around(FROM + "RUN ", ">@(", "", "")),
    "json-nested": (5_000, _around(FROM + "CMD ", "[", "", "]")),
    "backticks": (20_000, _words(FROM + "RUN echo ", "`echo ")),
    "shells-in-shells": (4_000, _words(FROM + 'RUN sh -c "', 'sh -c \\"')),
    "eval": (2_000, _words(FROM + "RUN ", "eval ")),
    "xargs": (2_000, _words(FROM + "RUN ", "xargs ")),
    "find": (2_000, _words(FROM + "RUN ", "find . -exec ")),
    "sh-c": (2_000, _words(FROM + "RUN ", "sh -c 'apt-get update'; ")),
    "braces": (20_000, _words(BASH + "RUN echo ", "{a,b}")),
    "braces-long": (4_000, lambda n: f"{BASH}RUN apt-get install -y x{{{','.join('a' * n)}}}{'y' * n}\n"),
    "functions": (3_000, _words(BASH + "RUN ", "f@(){ :; }; f@; ")),
    "case-items": (5_000, _words(BASH + "RUN case abc in ", "x@|y@) echo @;; ", "esac\n")),
    "background": (4_000, _words(FROM + "RUN ", "x & ", "wait\n")),
    "semicolons": (4_000, _words(FROM + "RUN ", "x; ", "y\n")),
    "pipes": (4_000, _words(FROM + "RUN x", " | x")),
    "redirections": (4_000, _words(FROM + "RUN x", " >1")),
    "exports": (5_000, _words(FROM + "RUN ", "export A@=x && ", "true\n")),
    "cd": (5_000, _words(FROM + "RUN cd a", " && cd aaaaaaa/bbbbbbbb")),
    "continuations": (50_000, _words(FROM + "RUN x", " \\\n x")),
    "comments-inside": (50_000, _words(FROM + "RUN x \\\n", "# x\n", " y\n")),
    "word": (1_000_000, _words(FROM + "RUN ", "x")),
    "quotes-of-env": (100_000, _words(FROM + "ENV A=", "'")),
    "heredocs": (5_000, _lines(FROM, "RUN {{E@\ntrue\nE@\n")),
    "heredoc-lines": (50_000, _words(FROM + "RUN {{E\n", "echo x\n")),
    "env-chain": (5_000, _lines(FROM + "ENV V0=x\n", "ENV V@=$V<\n")),
    "env-doubles": (20, _lines(FROM + "ENV A=xx\n", "ENV A=$A$A\n")),
    "env-appends": (2_000, _lines(FROM + "ENV A=x\n", "ENV A=$A:/aaaaaaaaaaaaaaaa/bin\n")),
    "arg-chain": (5_000, lambda n: _lines("ARG V0=x\n", "ARG V@=${V<:-$V0}\n")(n) + f"FROM $V{n}\n"),
    "workdirs": (2_500, _lines(FROM, "WORKDIR aaaaaaa/bbbbbbbb\n")),
    "stages-chained": (1_000, _lines("FROM ubuntu AS s0\n", "FROM s< AS s@\nRUN pip install x\n")),
    "stages-env": (1_000, lambda n: _words("FROM ubuntu AS s0\nENV ", "V@=x ")(n) + _lines("", "FROM s< AS s@\n")(n)),
    "stages-copied": (1_500, _lines("FROM ubuntu AS s0\n", "FROM ubuntu AS s@\nCOPY --from=s< /a /b\n")),
    "stages-variable": (1_500, _lines("FROM ubuntu AS s0\n", "FROM ubuntu AS s@\nCOPY --from=$X /a /b\n")),
    "env-ladder": (2_000, _lines(FROM + "ENV V0=x\n", "ENV V@=$V<:$V@x\n")),
    "labels": (5_000, _words(FROM + "LABEL ", "a@=b ")),
    "shells": (3_000, _lines(FROM, 'SHELL ["/bin/bash", "-c"]\nRUN true\n')),
    "json": (50_000, lambda n: FROM + "CMD [" + ",".join(['"a"'] * n) + "]\n"),
    "onbuild": (5_000, _lines(FROM, "ONBUILD RUN apt-get update\n")),
    "comments": (100_000, _lines(FROM, "# x\n")),
    "directives": (20_000, _lines("", "# syntax=a/b\n")),
    "ignores": (5_000, _lines(FROM, "# zr4lint: ignore[ZC204] x\nRUN x\n")),
    "ignores-of-hadolint": (5_000, _lines(FROM, "# hadolint ignore=DL3008\nRUN x\n")),
    "ignore-starts": (5_000, _lines(FROM, "# zr4lint: ignore-start[ZR,ML] x\nRUN apt-get update\n")),
    "unknown-instructions": (20_000, _lines(FROM, "RUM@ x\n")),
    "marks-of-direction": (50_000, _words(FROM + "RUN echo ", "\u202e\u2066")),
    "look-alikes": (20_000, _words(FROM + "RUN pip install", " t\u043erch")),
    "pip-installs": (2_500, _lines(FROM, "RUN pip install torch==2.1.0\n")),
    "pip-words": (5_000, _words(FROM + "RUN pip install", " torch==@")),
    "lost-specifiers": (4_000, _words(FROM + "RUN pip install", " torch>=2.1")),
    "apt-installs": (3_000, _words(FROM + "RUN apt-get update", " && apt-get install -y git")),
    "apt-packages": (3_000, _words(FROM + "RUN apt-get install -y", " p@")),
    "clones": (2_000, _lines(FROM, "RUN git clone https://github.com/a/b@ /x@\n")),
    "clones-checked-out": (1_000, _words(FROM + "RUN ", "git clone https://x.y/a /s@ && git -C /s@ checkout a; ")),
    "appends": (1_000, _words(FROM + "RUN ", "echo aaaaaaaaaaaaaaaaaaaa >> /f; ")),
    "find-execs": (1_500, _words(FROM + "RUN find /", " -o -name x@ -exec rm {} +")),
    "wrappers": (1_000, _words(FROM + "RUN ", "sudo env A=b nice timeout 5 ", "pip install x\n")),
    "pipes-of-downloads": (1_500, _words(FROM + "RUN ", "curl https://x.y/@ | bash; ")),
    "tests-of-files": (1_000, _words(FROM + "RUN ", "test -f /a@ && pip install p@ || ", "true\n")),
    "files-moved": (2_000, _lines(FROM, "RUN touch /a@ && mv /a@ /b@ && rm /b@\n")),
    "modes": (2_000, _lines(FROM, "COPY a@ /x@\nRUN chmod +x /x@\n")),
    "copies": (2_000, _words(FROM + "COPY ", "a ", "/b/\n")),
    "mounts": (5_000, _words(FROM + "RUN ", "--mount=type=cache,target=/x ", "pip install x\n")),
    "users": (2_000, _lines(FROM, "USER a\nRUN apt-get update\n")),
}


class Used(NamedTuple):
    """Processor time in seconds and peak memory in megabytes."""

    seconds: float
    megabytes: float


def used(program: str, text: str) -> Used:
    """Measure the lint of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "Dockerfile.zr4")
        path.write_text(text.replace("{{E", "<<E"), encoding="utf-8")
        command = [program, "--no-config", "--pack", "zr4", "--pack", "ml", "--pack", "core", "--quiet", str(path)]
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (_LIMIT, _LIMIT))  # noqa: E731
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=limit)
        _, _, usage = os.wait4(child.pid, 0)
    return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> int:
    """Measure all shapes or the named ones; return 1 if one exceeds a bar."""
    program, *names = sys.argv[1:]
    empty = used(program, FROM)
    wrong = 0
    for name in names or SHAPES:
        size, make = SHAPES[name]
        texts = [make(size * factor) for factor in (1, 2, 4)]
        found = [used(program, text) for text in texts]
        own = [max(one.seconds - empty.seconds, 0.05) for one in found]
        growth = max(own[1] / own[0], own[2] / own[1])
        times = (found[2].megabytes - empty.megabytes) * 1e6 / len(texts[2])
        over = [
            *(["growth"] if growth > GROWTH else []),
            *(["time"] if found[2].seconds > SECONDS and len(texts[2]) <= 1_000_000 else []),
            *(["memory"] if found[2].megabytes > MEGABYTES or times > TIMES else []),
        ]
        wrong += bool(over)
        seconds = "/".join(f"{one.seconds:.2f}" for one in found)
        size_and_time = f"{len(texts[2]):>9} B  {seconds:>16} s"
        print(f"{name:22} {size_and_time}  {found[2].megabytes:>5.0f} MB  {' '.join(over)}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
