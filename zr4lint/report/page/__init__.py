"""One page for a browser: the requirements beside the file, linked both ways.

The page holds all it needs: it loads nothing, works without scripts, and has no time stamp, so that two runs write the
same bytes. A policy in it forbids every request and every script but its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zr4lint.report.page.template import environment, part, policy
from zr4lint.report.page.view import file_view
from zr4lint.report.wording import closing, statistics

if TYPE_CHECKING:
    from zr4lint.model.finding import Report
    from zr4lint.report import Options

HERE = Path(__file__).parent


def render(report: Report, options: Options) -> str:
    """Write the report."""
    style, script = (part(HERE, name) for name in ("page.css", "page.js"))
    rules = {rule.code: rule for rule in reversed(report.rules)}
    many = len(report.files) > 1
    files = [file_view(file, f"f{n}-" if many else "", rules) for n, file in enumerate(report.files, 1)]
    return (
        environment(HERE)
        .get_template("page.html.j2")
        .render(
            style=style,
            script=script,
            policy=policy(style, script),
            files=files,
            many=many,
            errors=options.errors,
            closing="".join(piece.text for piece in closing(report)),
            statistics=["".join(p.text for p in line) for line in statistics(report)] if options.statistics else (),
            table=options.table and not options.quiet,
            version=options.version,
        )
    )
