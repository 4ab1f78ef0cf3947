"""The report on a fleet as a self-contained HTML page that runs no script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zr4lint.fleet.fleet_text import head, percent, signed
from zr4lint.report import page
from zr4lint.report.page.template import environment, part, policy

if TYPE_CHECKING:
    from zr4lint.fleet.report import Report

HERE = Path(__file__).parent


def render(report: Report) -> str:
    """Return the page of the report."""
    style = part(page.HERE, "page.css") + part(HERE, "fleet.css")
    made = environment(HERE)
    made.filters.update(signed=signed, percent=percent)
    return made.get_template("fleet.html.j2").render(
        style=style,
        policy=policy(style),
        report=report,
        head=[*head(report)],
        most=max([max(rule.findings, rule.before or 0) for rule in report.rules], default=1) or 1,
        scored=any(one.score is not None for one in report.repositories),
    )
