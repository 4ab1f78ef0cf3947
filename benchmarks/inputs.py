"""Dockerfiles for measurements, of any size. The same seed gives the same text.

Each text comes line by line, to keep the writing process small: the memory that it uses when it starts a program
counts as that program's memory.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
CONFORMING = ROOT / "docker" / "Dockerfile.zr4"

_SEED = 4
_BASE = "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04 AS base\n"
_ARCHIVE = ("git", "wget", "curl", "libgl1", "libsm6", "tzdata", "nano", "htop", "pkg-config", "libglib2.0-0")
_PYTHON = ("numpy", "pillow", "einops", "tqdm", "scipy", "pyyaml", "ninja", "psutil", "imageio", "safetensors")
_NUMBER = r"(?<=[.=])[0-9]+"
_INSTRUCTION = r"(?:ENV|RUN|COPY|WORKDIR|CMD|FROM)\b"
_NOT_READ = ("syntax", "instruction-swallowed")  # BuildKit refuses cases of these rules


def lines(count: int) -> Iterator[str]:
    """A file with this many lines: comments, variables, folders, and commands on one or several lines."""
    random = Random(_SEED)
    yield _BASE
    left = count - 1
    while left:
        part = [line for line in _instruction(random, count - left) if line]
        if len(part) > left:
            part = ["# The end.\n"] * left
        yield from part
        left -= len(part)


def _instruction(random: Random, number: int) -> list[str]:
    package, module = random.choice(_ARCHIVE), random.choice(_PYTHON)
    release = f"{random.randrange(9)}.{random.randrange(40)}.{random.randrange(10)}"
    return random.choice(
        (
            [f"# Step {number}.\n", "\n"],
            [f"ENV STEP_{number % 500}=/opt/step-{number}\n"],
            [f"WORKDIR /opt/step-{number}\n"],
            [f"COPY step-{number}.sh /opt/steps/\n"],
            [f"RUN pip install --no-cache-dir {module}=={release}\n"],
            [f"RUN git clone https://example.org/{module}/{number}.git /opt/{module}-{number}\n"],
            [
                "RUN apt-get update && apt-get install -y --no-install-recommends \\\n",
                f"    {package} \\\n",
                "    # A comment between.\n",
                f"    {package}-dev \\\n",
                "    && rm -rf /var/lib/apt/lists/*\n",
            ],
            [
                f'RUN if [ -f "/opt/steps/{number}.sh" ]; then \\\n',
                f"      cd /opt/steps && bash {number}.sh; \\\n",
                f"    else echo 'no step {number}' >&2; fi\n",
            ],
        )
    )


def words(count: int) -> Iterator[str]:
    """A file with one RUN of this many words, half for apt-get and half for pip, eight words on a line."""
    random = Random(_SEED)
    yield _BASE
    first = ["RUN", "apt-get", "install", "-y"]
    second = ["&&", "pip", "install", "--no-cache-dir"]
    half = count // 2
    archive = [*first, *(f"{random.choice(_ARCHIVE)}-{n}" for n in range(half - len(first)))]
    python = [*second, *(f"{random.choice(_PYTHON)}-{n}==1.{n}" for n in range(count - half - len(second)))]
    every = archive + python
    for at in range(0, count, 8):
        end = " \\\n" if at + 8 < count else "\n"
        yield " ".join(every[at : at + 8]) + end


def heredocs(count: int) -> Iterator[str]:
    """A file with this many heredocs: scripts, files and input of commands, with the same name and with others."""
    random = Random(_SEED)
    yield _BASE
    for number in range(count):
        name = random.choice(("EOF", "END", f"EOF_{number}"))
        yield random.choice(
            (f"RUN <<{name}\n", f"COPY <<{name} /opt/{number}.sh\n", f"RUN cat <<{name} > /opt/{number}\n")
        )
        yield f"pip install --no-cache-dir {random.choice(_PYTHON)}==1.{number}\n"
        yield f"echo step {number}\n"
        yield f"{name}\n"


def stages(count: int) -> Iterator[str]:
    """A file with this many stages that build on one another and copy files from one another."""
    random = Random(_SEED)
    yield _BASE.replace("base", "stage-0")
    yield "ENV STAGE_0=0\n"
    for number in range(1, count):
        before = random.choice((number - 1, random.randrange(number)))
        yield f"FROM {random.choice((f'stage-{before}', 'ubuntu:22.04'))} AS stage-{number}\n"
        yield f"ENV STAGE_{number % 100}={number}\n"
        yield f"COPY --from=stage-{number - 1} /opt/a /opt/b\n"
        yield f"RUN apt-get update && apt-get install -y {random.choice(_ARCHIVE)}\n"


def fixable(count: int) -> Iterator[str]:
    """A file with this many fixable findings: in each, the shell reads a `>` as a redirection."""
    random = Random(_SEED)
    yield _BASE
    for number in range(count):
        yield f"RUN pip install --no-cache-dir {random.choice(_PYTHON)}>=1.{number}\n"


def originals() -> list[str]:
    """The texts that `varied` edits: the cases of the shipped rules."""
    files = [path for path in sorted((ROOT / "fixtures").glob("*/*.toml")) if path.stem not in _NOT_READ]
    cases = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    return [case["text"] for kinds in cases for kind in ("bad", "good") for case in kinds.get(kind, ())]


def varied(count: int) -> Iterator[tuple[str, str]]:
    """Return this many different files by name: small edits, in turn, of the conforming file and of a fixture."""
    random = Random(_SEED)
    conforming = CONFORMING.read_text(encoding="utf-8")
    fixtures = originals()
    for number in range(count):
        text = conforming if number % 2 == 0 else random.choice(fixtures)
        yield f"{number:04}.Dockerfile", _edited(text, random, number)


def _edited(text: str, random: Random, number: int) -> str:
    """A text with changed numbers in some versions, an added comment and an added variable."""
    text = re.sub(_NUMBER, lambda n: str(random.randrange(30)) if random.random() < 0.1 else n[0], text)
    places = [found.start() for found in re.finditer(rf"(?m)(?<!\\\n)^{_INSTRUCTION}", text)]
    at = random.choice(places[1:] or [len(text)])
    between = "" if text[:at].endswith("\n") else "\n"
    return f"{text[:at]}{between}# File {number}.\nENV FILE={number}\n{text[at:]}"


LARGE: dict[str, Callable[[int], Iterator[str]]] = {
    "lines": lines,
    "words": words,
    "heredocs": heredocs,
    "stages": stages,
}
"""The kinds of large file."""
