"""Write docs/rules/, a page for each rule and an index, from the texts of the rules: `make docs`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from zr4lint.app.explain import FIXES, Explanation, explanations

if TYPE_CHECKING:
    from zr4lint.model.finding import Rule

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "rules"
HEAD = "<!-- Written by `make docs` from the packs; edits here are lost. -->"
INDEX = "README.md"


def pages() -> dict[str, str]:
    """Return each file's name and text."""
    found = explanations()
    return {INDEX: "\n\n".join(_index(found)) + "\n"} | {
        f"{rule.rule.code}.md": "\n\n".join(_page(rule)) + "\n" for rule in found
    }


def prose(text: str) -> str:
    """Return a pack's prose as Markdown: text in backticks is code, everything else is escaped."""
    parts = re.split(r"(`[^`]+`)", " ".join(text.split()))
    return "".join(
        part if index % 2 else re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", part) for index, part in enumerate(parts)
    )


def cell(text: str) -> str:
    """Return prose for a cell of a table, where a bar ends the cell even in code."""
    return re.sub(r"(?<!\\)\|", r"\\|", prose(text))


def _index(found: list[Explanation]) -> Iterator[str]:
    yield HEAD
    yield "# Rules"
    yield (
        "`zr4lint rule CODE` prints any of these pages. A rule that is *on* runs without being selected. A *safe* fix"
        " is one that `--fix` applies; an *unsafe* one needs `--unsafe-fixes`. `--select`, comments and `zr4lint rule`"
        " also take the codes of other linters."
    )
    for title, group in groupby(found, key=_group):
        rules = list(group)
        yield f"## {prose(title)}"
        rows = ["| code | name | level | default | fix | aliases | summary |", "|---|---|---|---|---|---|---|"]
        yield "\n".join([*rows, *(_row(one.rule) for one in rules)])


def _row(rule: Rule) -> str:
    """Return the row of a rule in the index."""
    cells = (
        *(f"[{rule.code}]({rule.code}.md)", rule.name, rule.severity.label, "on" if rule.default else "off"),
        "no" if rule.applicability is None else rule.applicability.label,
        cell(", ".join(rule.aliases)),
        cell(rule.summary),
    )
    return f"| {' | '.join(cells)} |"


def _group(found: Explanation) -> str:
    """Return the heading above a rule in the index."""
    if found.pack is not None:
        return f"{found.pack.name}: {found.pack.title}"
    return "Documents" if found.about_documents else "Comments to zr4lint"


def _page(found: Explanation) -> Iterator[str]:
    rule = found.rule
    yield HEAD
    yield f"# {rule.code}: {rule.name}"
    yield f"**{prose(rule.summary)}**"
    default = "on" if rule.default else f"off; `--extend-select {rule.code}` switches it on"
    facts = [f"- Severity: {rule.severity.label}", f"- Default: {default}", f"- Source: {prose(rule.source)}"]
    if rule.aliases:
        facts.append(f"- Aliases: {prose(', '.join(rule.aliases))}")
    if found.pack is not None:
        facts.append(f"- Pack: {found.pack.name}")
        if found.section:
            facts.append(f"- Section: {prose(found.section)}")
    if rule.security is not None:
        facts.append(f"- Severity for security: {rule.security:.1f} of 10")
    yield "\n".join(facts)
    yield "## Why"
    yield prose(rule.why)
    for title, example in (("Bad", rule.bad), ("Good", rule.good)):
        if example:
            yield f"## {title}"
            yield fenced("markdown" if found.about_documents else "dockerfile", example.strip())
    yield "## Fix"
    yield FIXES[rule.applicability]
    if found.conflicts or found.amendment:
        yield "## In the real world"
    if found.conflicts:
        yield f"In conflict with {', '.join(f'[{code}]({code}.md)' for code in found.conflicts)}."
    if found.amendment:
        yield prose(found.amendment)
    if found.configuration:
        yield "## How to disable"
    for what, written in found.configuration:
        yield f"{what[0].upper()}{what[1:]}:"
        yield fenced("text", written)
    yield f"All rules: [index]({INDEX})"


def fenced(kind: str, code: str) -> str:
    """Return a block of code whose fence is longer than any run of backticks in it."""
    fence = "```"
    while fence in code:
        fence += "`"
    return f"{fence}{kind}\n{code}\n{fence}"


def write_pages(folder: Path, wanted: Mapping[str, str]) -> None:
    """Write pages, and remove pages that no longer have a source."""
    for file in folder.rglob("*.md"):
        if file.relative_to(folder).as_posix() not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(FOLDER, pages())
