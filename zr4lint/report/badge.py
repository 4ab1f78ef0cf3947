"""A small SVG badge that shows the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.report.escaping import cells, visible
from zr4lint.report.junit import escaped
from zr4lint.report.wording import points

if TYPE_CHECKING:
    from zr4lint.model.finding import Conformance, Report

LABEL = "zr4lint"
# The smallest share of the points for each colour. White text on each colour has a contrast of at least 4.5.
COLOURS = ((1.0, "#1a7f37"), (0.8, "#57720b"), (0.5, "#9a6700"), (0.0, "#cf222e"))


def badge(report: Report) -> str:
    """Return an SVG badge with the score of all files, or with the requirements met if no pack has a score."""
    parts = [part for file in report.files for part in file.conformance]
    words, share = _score(parts)
    colour = next(colour for least, colour in COLOURS if share >= least)
    left, right = _width(LABEL), _width(words)
    title = escaped(f"{LABEL}: {words} ({', '.join(file.source.path for file in report.files)})")
    size = f'width="{left + right}" height="20"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{title}">
  <title>{title}</title>
  <clipPath id="round"><rect {size} rx="3"/></clipPath>
  <g clip-path="url(#round)">
    <rect width="{left}" height="20" fill="#444d56"/>
    <rect x="{left}" width="{right}" height="20" fill="{colour}"/>
  </g>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" text-anchor="middle">
    <text x="{left / 2}" y="14">{escaped(LABEL)}</text>
    <text x="{left + right / 2}" y="14">{escaped(words)}</text>
  </g>
</svg>
"""


def _score(parts: list[Conformance]) -> tuple[str, float]:
    earned, of = sum(part.points for part in parts), sum(part.of for part in parts)
    if of:
        return f"{points(earned)}/{points(of)}", earned / of
    met, total = sum(part.met for part in parts), sum(part.total for part in parts)
    return (f"{met}/{total} met", met / total) if total else ("no file", 0.0)


def _width(words: str) -> int:
    """Return the width of `words` in the font of the badge, with padding."""
    return 7 * cells(visible(words)) + 12
