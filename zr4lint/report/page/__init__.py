"""One page for a browser: the requirements beside the file, linked both ways.

The page holds all it needs: it loads nothing, works without scripts, and has no time stamp, so that two runs write the
same bytes. A policy in it forbids every request and every script but its own.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from zr4lint.model.finding import Report
from zr4lint.report import Options
from zr4lint.report.escaping import visible, without_marks
from zr4lint.report.page.view import file_view
from zr4lint.report.table import line_range
from zr4lint.report.wording import closing, points, statistics

HERE = Path(__file__).parent


def render(report: Report, options: Options) -> str:
    """Write the report."""
    style, script = (Markup((HERE / name).read_text(encoding="utf-8")) for name in ("page.css", "page.js"))
    rules = {rule.code: rule for rule in reversed(report.rules)}
    many = len(report.files) > 1
    files = [file_view(file, f"f{n}-" if many else "", rules) for n, file in enumerate(report.files, 1)]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            style=style,
            script=script,
            policy=_policy(style, script),
            files=files,
            many=many,
            errors=options.errors,
            closing="".join(piece.text for piece in closing(report)),
            statistics=["".join(p.text for p in line) for line in statistics(report)] if options.statistics else (),
            table=options.table and not options.quiet,
            version=options.version,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(lines=line_range, points=points, prose=_prose)
    environment.tests["url"] = _is_url
    return environment


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://")) and text.isprintable() and " " not in text


def _prose(text: str) -> Markup:
    """Prose as it is shown, with the words between backticks as code."""
    words = text.split("`")
    if len(words) % 2 == 0:
        return _inert(text)
    pieces = (f"<code>{_inert(part)}</code>" if number % 2 else _inert(part) for number, part in enumerate(words))
    return Markup("".join(pieces))


def _finalized(value: object) -> object:
    """What stands in the page for a value of the template."""
    return _inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _inert(value: str) -> Markup:
    """Text as it is shown: no markup, no character without a shape, no command to the log that it is printed to."""
    return Markup(without_marks(str(escape("\t".join(map(visible, value.split("\t"))))), "&#35;"))


def _policy(style: str, script: str) -> str:
    """The content security policy: nothing but this style and this script, by their hashes."""
    hashes = (b64encode(sha256(text.encode()).digest()).decode() for text in (style, script))
    return (
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'".format(
            *hashes
        )
    )
