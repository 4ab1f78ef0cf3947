"""Writes docs/kinds.md, the vocabulary of packs, from what the kinds of check say of themselves: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.rule_pages import cell, fenced, prose
from zr4lint.app.explain_kinds import KindGuide, guides

PAGE = Path(__file__).resolve().parents[1] / "docs" / "kinds.md"
HEAD = """\
<!-- Written by `make docs` from the kinds of check; edits here are lost. -->

# Kinds of check

A rule of a pack names a kind in `check`, and gives its parameters as further keys ([packs.md](packs.md)). Every rule
may have `stages = "image"`, for the stages of the image that is built, or `stages = "all"`; `stage = "NAME"` is for one
stage and those it builds on. `zr4lint kinds` lists the kinds, `zr4lint kinds KIND` prints one of these sections.
Kinds with a `/` in their name are each for one rule of a pack that comes with zr4lint; they come last."""


def page() -> str:
    """The text of the page."""
    found = sorted(guides(), key=lambda guide: "/" in guide.name)
    return "\n\n".join([HEAD, _table(found), *(part for guide in found for part in _section(guide))]) + "\n"


def _table(found: list[KindGuide]) -> str:
    rows = [f"| [{guide.name}](#{_anchor(guide.name)}) | {cell(guide.summary)} |" for guide in found]
    return "\n".join(["| kind | requirement |", "|---|---|", *rows])


def _anchor(name: str) -> str:
    return name.replace("/", "")


def _section(guide: KindGuide) -> Iterator[str]:
    yield f"## {guide.name}"
    yield prose(guide.summary)
    yield from map(prose, guide.details)
    rows = [
        f"| `{p.name}` | {cell(p.type)} | {'required' if p.required else cell(f'`{p.default}`') if p.default else ''} |"
        for p in guide.parameters
    ]
    if rows:
        yield "\n".join(["| parameter | type | default |", "|---|---|---|", *rows])
    if guide.stages == "all":
        yield "It looks at all stages."
    if guide.example is not None:
        yield fenced("toml", f'check = "{guide.name}"\n{guide.example.rule}'.strip())
        yield "Bad:"
        yield fenced("dockerfile", guide.example.bad.strip())
        yield "Good:"
        yield fenced("dockerfile", guide.example.good.strip())


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
