"""Pages made from templates: no value can become markup, and a policy forbids what is not the page's own."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from zr4lint.report.conformance_table import line_range
from zr4lint.report.escaping import visible, without_marks
from zr4lint.report.wording import points

if TYPE_CHECKING:
    from pathlib import Path


def part(folder: Path, name: str) -> Markup:
    """A style or a script, which is put into a page as it is."""
    return Markup((folder / name).read_text(encoding="utf-8"))


@cache
def environment(folder: Path) -> Environment:
    """The environment that loads the templates of a folder, and compiles each once."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(lines=line_range, points=points, prose=_prose, path=_path)
    made.tests["url"] = _is_url
    return made


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://")) and text.isprintable() and " " not in text


def _prose(text: str) -> Markup:
    """Prose as it is shown, with the words between backticks as code."""
    words = text.split("`")
    if len(words) % 2 == 0:
        return _inert(text)
    pieces = (f"<code>{_inert(part)}</code>" if number % 2 else _inert(part) for number, part in enumerate(words))
    return Markup("".join(pieces))


def _path(text: str) -> Markup:
    """A path that a narrow window breaks behind a slash."""
    return Markup("/<wbr>").join(map(_inert, text.split("/")))


def _finalized(value: object) -> object:
    """The text in the page for a value of the template."""
    return _inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _inert(value: str) -> Markup:
    """Text as it is shown: no markup, no character without a shape, no command to the log that it is printed to."""
    return Markup(without_marks(str(escape("\t".join(map(visible, value.split("\t"))))), "&#35;"))


def policy(style: str, script: str = "") -> str:
    """The content security policy: nothing but this style and this script, by their hashes."""
    scripts = f" script-src '{_hash(script)}';" if script else ""
    return f"default-src 'none'; style-src '{_hash(style)}';{scripts} base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
