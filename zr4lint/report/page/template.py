"""Pages made from templates, with escaped values and a content security policy."""

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
    """Return a style or a script of `folder`, to be inserted unescaped."""
    return Markup((folder / name).read_text(encoding="utf-8"))


@cache
def environment(folder: Path) -> Environment:
    """Return the environment that loads the templates of a folder and compiles each once."""
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
    """Return prose as markup, with the words between backticks as code."""
    words = text.split("`")
    if len(words) % 2 == 0:
        return _inert(text)
    pieces = (f"<code>{_inert(part)}</code>" if number % 2 else _inert(part) for number, part in enumerate(words))
    return Markup("".join(pieces))


def _path(text: str) -> Markup:
    """Return a path that the browser can break after each slash."""
    return Markup("/<wbr>").join(map(_inert, text.split("/")))


def _finalized(value: object) -> object:
    """Return the text that the page shows for a value of the template."""
    return _inert(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _inert(value: str) -> Markup:
    """Escape text: its markup, its invisible characters, and the commands that a log would execute."""
    return Markup(without_marks(str(escape("\t".join(map(visible, value.split("\t"))))), "&#35;"))


def policy(style: str, script: str = "") -> str:
    """Return the content security policy that allows only this style and this script, by their hashes."""
    scripts = f" script-src '{_hash(script)}';" if script else ""
    return f"default-src 'none'; style-src '{_hash(style)}';{scripts} base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
