"""Inputs for fuzzing. The same seed and number give the same bytes on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.cases.case import every_text
from tests.dockerfile import strategies as words

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 20_000

PIECES = (
    *words.PLAIN_WORDS,
    *words.QUOTED_WORDS,
    *words.DOLLAR_WORDS,
    *words.FLAG_WORDS,
    *words.JSON_WORDS,
    *words.OTHER_WORDS,
)
STEERING = (
    "\x1b[2J",
    "\x1b]0;x\x07",
    "\x9b31m",
    "\r",
    "\x85",
    "\u2028",
    "\u202e",
    "\0",
    "::error::x",
    "##[e]x",
    "[red]",
)
SHELL = (
    *("&&", "||", ";", "|", "&", "(", ")", "{", "}", "if", "then", "else", "fi", "for", "x in", "do", "done", "while"),
    *("case", "esac", "a)", ";;", "!", "[[", "]]", "((", "))", "$(", ")", "`", '"', "'", "<(", ">", "2>&1", "<<EOF"),
    *("\\\n", "\n", "\n", "EOF\n", "#", "${x:-$(", "}", "$((1+", "))", "set -e", "cd /a", "exit 0", "true", "false"),
    *("function f() {", "eval", "sh -c", 'bash -lc "', "sudo", "env", "xargs", "python3 -c", "export A=1", "source x"),
    *("apt-get update", "apt-get install", "-y", "--no-install-recommends", "git", "rm -rf /var/lib/apt/lists/*"),
    *("pip install", "pip uninstall -y", "torch==2.5.1", "torch", "'torch>=2'", "flash-attn==2.7.4", "mmcv==2.1.0"),
    *("--index-url", "--extra-index-url", "https://download.pytorch.org/whl/cu124", "--no-build-isolation", "-r"),
    *("git clone", "https://github.com/a/b.git", "git+https://github.com/a/b@c", "python3.10 -m venv /opt/venv"),
    *("conda install", "uv pip install", "wget", "curl -L", "chmod +x", "ln -s", "mv", "cp -r", "/opt/venv/bin/pip"),
    *("/bin/pip install x", "bin/pip", "~/bin/pip", "//bin//python -m venv", "virtualenv", "mkdir -p", "cd .."),
    *("/", ".", "..", "~", "a/../..", "/*", "*", "x", "PATH=", "PATH=:/bin", "VIRTUAL_ENV=/"),
)  # fmt: skip
RUN_FLAGS = (
    *("--mount=type=cache,target=/root/.cache/pip", "--mount=type=cache,target=/c", "--mount=type=bind,target=/"),
    *("--mount=target=", "--mount=", "--mount=type=tmpfs,target=../x", "--mount=type=bind,source=a,target=."),
    *("--mount=type=cache,target=/opt,from=base", "--network=none", "--security=insecure"),
)
BYTES = b"\n\n\r\t \\`#=-<'\"$[]{},:EOFRUN\0\x1b\x85\xc2\xe2\xef\xbb\xbf\xff\xfe"
LINES = (
    "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base",
    "FROM base",
    "FROM ${x}",
    "ARG x=1",
    "ENV PATH=/opt/venv/bin:$PATH",
    "ENV A=$B B=$A",
    "ENV PATH=/bin",
    "ENV PATH=",
    "ENV PATH=:a:~/bin VIRTUAL_ENV=.",
    "WORKDIR",
    "WORKDIR /",
    "WORKDIR ~/..",
    "USER 0:0",
    "VOLUME /",
    "COPY . .",
    "COPY --chown=x --chmod=755 . /",
    "WORKDIR /a",
    "WORKDIR ../$x",
    "USER nobody",
    'SHELL ["/bin/bash", "-c"]',
    "COPY --from=base a b /c",
    "COPY start.sh download_models.sh /",
    "COPY scripts/* /",
    f"COPY {'x' * 300}/start.sh {'y' * 300}/ /",
    "ADD https://x.org/a.tar.gz /",
    'CMD ["bash", "start.sh"]',
    "ONBUILD RUN a",
    "# LAYER 2: SYSTEM DEPENDENCIES (lines 3-15)",
    "# zr4lint: ignore[ZR0501] reason",
    "# zr4lint: ignore-file[ZR]",
    "# zr4lint: ignore-start[torch-pin] x",
    "# zr4lint: ignore-end[",
    "# zr4lint: ignore-stage[ML101,,] \x1b[31m",
    "# escape=`",
    "# syntax=docker/dockerfile:1",
    "RUN <<EOF",
    "EOF",
    "",
)


class Case(NamedTuple):
    """One input: its kind, and its bytes."""

    kind: str
    data: bytes


def case(seed: int, number: int, depth: str = "") -> Case:
    """Return the input of a number; the kinds take turns. Documents and logs are damaged ones of this repository."""
    r = random.Random(f"{seed}:{number}")
    if depth in OTHERS:
        return Case(depth, _mutated(r, OTHERS[depth]())[:MOST_BYTES])
    kinds = (_mutated, _shaped, _shell, _bytes)
    make = kinds[number % len(kinds)]
    return Case(make.__name__.strip("_"), make(r)[:MOST_BYTES])


def _bytes(r: random.Random) -> bytes:
    """Return random bytes, some of them from a text."""
    if r.random() < 0.5:
        return r.randbytes(r.randrange(120))
    return bytes(r.choices(BYTES, k=r.randrange(160)))


def _mutated(r: random.Random, texts: Sequence[bytes] = ()) -> bytes:
    """A Dockerfile of this repository, or one of these texts, damaged in a few places."""
    texts = texts or corpus()
    data = r.choice(texts)
    for _ in range(r.randint(1, 6)):
        start = r.randrange(len(data) + 1)
        end = min(len(data), start + int(r.expovariate(0.05)))
        match r.randrange(7):
            case 0:
                data = data[:start] + data[end:]
            case 1:
                data = data[:end] + data[start:]
            case 2:
                data = data[:start] + r.randbytes(r.randint(1, 4)) + data[start:]
            case 3:
                data = data[:start] + r.choice((*PIECES, *SHELL, *STEERING)).encode("utf-8", "replace") + data[end:]
            case 4:
                lines = data.split(b"\n")
                r.shuffle(lines) if r.random() < 0.2 else lines.pop(r.randrange(len(lines)))
                data = b"\n".join(lines)
            case 5:
                other = r.choice(texts)
                at = r.randrange(len(other) + 1)
                data = data[:start] + other[at : at + 200] + data[start:]
            case _:
                data = data[:start] + data[start:end] * r.randint(2, 20) + data[end:]
    return data


def _shaped(r: random.Random) -> bytes:
    """Instructions made of the words of the parser's tests, with all kinds of line ends and continuations."""
    end = r.choice(words.LINE_ENDS)
    escape = r.choice("\\\\`")
    lines: list[str] = []
    for _ in range(r.randint(1, 10)):
        match r.randrange(6):
            case 0:
                lines.append(r.choice(LINES))
            case 1:
                marker = r.choice([*words.HEREDOCS])
                lines += [f"{r.choice(('RUN', 'COPY', 'ADD'))} {marker} {r.choice(PIECES)}", r.choice(SHELL)]
                lines.append(words.HEREDOCS[marker])
            case _:
                parts = [r.choice(words.KEYWORDS)]
                for _ in range(r.randrange(6)):
                    gap = f"{escape}{end}" if r.random() < 0.2 else r.choice(words.BLANKS)
                    parts += [gap, r.choice(PIECES if r.random() < 0.95 else STEERING)]
                lines.append("".join(parts))
    return _encoded(end.join(lines) + r.choice(("", end)))


def _shell(r: random.Random) -> bytes:
    """Instructions that run commands, with shell text of any nesting."""
    lines = [r.choice(LINES) for _ in range(r.randrange(3))]
    for _ in range(r.randint(1, 3)):
        text = " ".join(r.choice(SHELL if r.random() < 0.9 else PIECES) for _ in range(r.randrange(25)))
        if r.random() < 0.1:
            text = text * r.randint(2, 30)
        if r.random() < 0.7:
            text = text.replace("\n", "\\\n").replace("\\\\\n", "\\\n")
        flags = "".join(f"{flag} " for flag in r.choices(RUN_FLAGS, k=r.choice((0, 0, 1, 2))))
        lines.append(f"RUN {flags}{text}")
    return _encoded("\n".join([*lines, r.choice(LINES)]))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@cache
def corpus() -> tuple[bytes, ...]:
    """The Dockerfiles of this repository; large ones are rare."""
    files = {*ROOT.glob("fixtures/**/Dockerfile*"), *ROOT.glob("docker/Dockerfile*")}
    whole = {file.read_bytes() for file in files if file.is_file()}
    found = sorted({*whole, *(text.encode() for text in every_text())})
    small = [data for data in found if len(data) < 1500]
    return (*small, *[data for data in found if len(data) >= 1500][:: max(1, 20 * len(found) // (len(small) or 1))])


@cache
def _documents() -> tuple[bytes, ...]:
    """The documents of this repository's fixtures and pages, by paragraphs, since few of them are small."""
    files = [*ROOT.glob("fixtures/documents/**/*.md"), ROOT / "docs" / "writing-a-prd.md"]
    parts = [part for file in files for part in file.read_bytes().split(b"\n## ")]
    return (*(b"## " + part for part in parts), *(file.read_bytes()[:4000] for file in files))


@cache
def _logs() -> tuple[bytes, ...]:
    """The logs of this repository."""
    return tuple(file.read_bytes()[:MOST_BYTES] for file in sorted(ROOT.glob("fixtures/diagnose/*.log")))


OTHERS: Mapping[str, Callable[[], tuple[bytes, ...]]] = {"documents": _documents, "logs": _logs}
"""The sources of inputs for the rooms that read no Dockerfile."""
