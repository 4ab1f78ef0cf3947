"""Write docs/kinds/, a page for each kind of check and an index, from the definitions of the kinds: `make docs`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.rule_pages import cell, fenced, prose, write_pages
from zr4lint.app.assignment import load_packs
from zr4lint.app.explain_kinds import KindGuide, guides

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "kinds"
HEAD = "<!-- Written by `make docs` from the kinds of check; edits here are lost. -->"
INDEX = "README.md"


def pages() -> dict[str, str]:
    """Return each file's name and text; the page of a kind such as `ml/index-mixed` is in a folder."""
    found = guides()
    users = _users()
    return {INDEX: "\n\n".join(_index(found)) + "\n"} | {
        f"{guide.name}.md": "\n\n".join(_page(guide, users.get(guide.name, ()))) + "\n" for guide in found
    }


def _users() -> Mapping[str, list[str]]:
    """Return the codes of the rules of each kind."""
    users: dict[str, list[str]] = {}
    for pack in load_packs(()):
        for rule in pack.rules:
            users.setdefault(rule.check, []).append(rule.rule.code)
    return users


def _index(found: list[KindGuide]) -> Iterator[str]:
    yield HEAD
    yield "# Kinds of check"
    yield (
        "A rule of a pack names a kind in `check`, and gives its parameters as further keys ([packs](../packs.md))."
        ' Every rule may have `stages`: `"image"` for the stages of the image that is built, `"all"` for all stages.'
        ' `stage = "NAME"` is for one stage and those it builds on. `zr4lint kinds KIND` prints one of these pages.'
    )
    yield "## For any pack"
    yield _table(guide for guide in found if "/" not in guide.name)
    yield "## For one rule"
    yield "Each of these kinds is for one rule of a pack that comes with zr4lint."
    yield _table(guide for guide in found if "/" in guide.name)


def _table(found: Iterable[KindGuide]) -> str:
    rows = [f"| [{guide.name}]({guide.name}.md) | {cell(guide.summary)} |" for guide in found]
    return "\n".join(["| kind | requirement |", "|---|---|", *rows])


def _page(guide: KindGuide, users: Iterable[str]) -> Iterator[str]:
    up = "../" * guide.name.count("/")
    yield HEAD
    yield f"# {guide.name}"
    yield f"**{prose(guide.summary)}**"
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
        yield "## Rule"
        yield fenced("toml", f'check = "{guide.name}"\n{guide.example.rule}'.strip())
        yield "## Bad"
        yield fenced("dockerfile", guide.example.bad.strip())
        yield "## Good"
        yield fenced("dockerfile", guide.example.good.strip())
    if codes := ", ".join(f"[{code}]({up}../rules/{code}.md)" for code in users):
        yield f"Rules of this kind: {codes}"
    yield f"All kinds: [index]({up}{INDEX})"


if __name__ == "__main__":
    write_pages(FOLDER, pages())
