"""Reads the names of BuildKit's steps and their instructions."""

from __future__ import annotations

import re

from zr4lint.diagnose.events import StepName
from zr4lint.dockerfile.refusals import KEYWORDS

INSTRUCTION = re.compile(rf"(?:{'|'.join(sorted(KEYWORDS))})[ \t]")

_BRACKET = re.compile(r"\[([^\]]*+)\] ?(.*)", re.DOTALL)
_COUNT = re.compile(r"(?:^| )(\d{1,9})/(\d{1,9})$")
_PLATFORM = re.compile(r"^(\w+/\w+(?:/\w+)?)(?: |$)")


def step_name(id_: str, text: str) -> StepName:
    """Read the name of a BuildKit step, such as "[linux/arm64 base 5/9] RUN make" or "exporting to image"."""
    text = text.strip()
    bracket = _BRACKET.match(text)
    if bracket is None:
        return StepName(id_, text, internal=True)
    inside, words = bracket[1].strip(), bracket[2]
    if inside == "internal" or inside.endswith(" internal") or "auth" in inside.split():
        return StepName(id_, f"[internal] {words}", internal=True)
    count = _COUNT.search(inside)
    number, of = (int(count[1]), int(count[2])) if count else (None, None)
    stage = inside[: count.start()].strip() if count else inside
    platform = _PLATFORM.match(stage)
    if platform:
        stage = stage[platform.end() :].strip()
    return StepName(id_, words, number, of, stage or None, platform[1] if platform else None)
