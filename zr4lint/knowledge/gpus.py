"""GPUs by name, their architectures, and the code that runs on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from zr4lint.knowledge.tables import Row, release, table

_SM = r"(?:sm_?)?(\d{1,2})\.?(\d)[af]?\Z"
_TI = r"(?:ti|super|laptop|max-?q)\Z"


@cache
def gpu_names() -> Mapping[str, str]:
    """Return the architecture of each GPU in the table by its name: "rtx5090" -> "12.0"."""
    return {name: arch for arch, names in table("gpus")["names"].items() if isinstance(names, list) for name in names}


def architecture_of(gpu: str) -> str | None:
    """Return the architecture of a GPU by name or number, "12.0" for "sm_120" and "RTX 5090"; None if unknown."""
    word = re.sub(r"[\s_-]", "", gpu.lower()).removeprefix("nvidia").removeprefix("geforce").removeprefix("tesla")
    found = re.match(_SM, word)
    if found is not None:
        arch = f"{found[1]}.{found[2]}"
        return arch if any(arch in row["archs"] for row in table("gpus")["toolkit"]) else None
    return gpu_names().get(word) or gpu_names().get(re.sub(_TI, "", word))


def gpu_word(gpu: str) -> str:
    """Return the spelling of a GPU that packs accept: its name in the table, else its architecture."""
    word = re.sub(r"[\s_-]", "", gpu.lower())
    return word if word in gpu_names() else sm(architecture_of(gpu) or "")


def toolkit(cuda: str) -> Row | None:
    """Return the facts about the compiler of a CUDA version, or None for a version older than the table."""
    rows = [row for row in table("gpus")["toolkit"] if release(row["cuda"]) <= release(cuda)]
    return rows[-1] if rows else None


def runs_on(gpu: str, binaries: Iterable[str], ptx: Iterable[str] = ()) -> bool:
    """Return whether code for one of some architectures runs on a GPU, or can be compiled for it from PTX."""
    there = release(gpu)
    same = any(release(arch)[0] == there[0] and release(arch) <= there for arch in binaries)
    return same or any(release(arch) <= there for arch in ptx)


def sm(arch: str) -> str:
    """Return nvcc's name of an architecture: "8.6" -> "sm_86"."""
    return f"sm_{arch.replace('.', '')}"
