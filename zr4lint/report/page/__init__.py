"""An HTML page that shows the requirements beside the file, with links both ways.

The page is self-contained: it loads nothing and works without scripts. It has no time stamp, so two runs write the same
bytes. Its content security policy forbids every request, and every script but its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zr4lint.report.page.template import environment, part, policy
from zr4lint.report.page.view import file_view, index_row
from zr4lint.report.wording import closing, statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zr4lint.model.finding import Report
    from zr4lint.report import Options

HERE = Path(__file__).parent


_BUFFERED = 500
"""The number of template pieces that are joined for each write."""


def pieces(report: Report, options: Options) -> Iterator[str]:
    """Yield the text of the page in pieces; only one file is prepared at a time."""
    style, script = (part(HERE, name) for name in ("page.css", "page.js"))
    rules = {rule.code: rule for rule in reversed(report.rules)}
    many = len(report.files) > 1
    rows = [index_row(file, _prefix(n)) for n, file in enumerate(report.files, 1)] if many else []
    stream = (
        environment(HERE)
        .get_template("page.html.j2")
        .stream(
            style=style,
            script=script,
            policy=policy(style, script),
            rows=sorted(rows, key=lambda row: (-row.counts["error"], -row.counts["warning"])),
            conflicts=any(row.conflicts for row in rows),
            specified=many and bool(report.tally.parts),
            files=(file_view(file, _prefix(n) if many else "", rules) for n, file in enumerate(report.files, 1)),
            title=f"{len(report.files)} files" if len(report.files) != 1 else next(iter(report.files)).source.path,
            many=many,
            errors=options.errors,
            closing="".join(piece.text for piece in closing(report)),
            statistics=["".join(p.text for p in line) for line in statistics(report)] if options.statistics else (),
            table=options.table and not options.quiet,
            version=options.version,
        )
    )
    stream.enable_buffering(_BUFFERED)
    yield from stream


def _prefix(number: int) -> str:
    """Return the prefix of the anchors of a file in a page of several files."""
    return f"f{number}-"
