"""Reads the dependencies of a project from pyproject.toml."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from zr4lint.filesystem.toml import shallow
from zr4lint.model.budgets import LISTED
from zr4lint.programs.option_reading import Option
from zr4lint.programs.requirements_file import Listing
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.model.source import MappedText, Span

_LONGEST = 500_000
"""The most characters of a pyproject.toml; those of real projects have a hundredth of that."""

_CARET = r"\^\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?\Z"
_TILDE = r"~\s*(\d+)(?:\.(\d+))?(?:\.\d+)?\Z"
_ELSEWHERE = frozenset({"optional", "git", "path", "url", "markers", "python"})
"""Keys of a dependency that doesn't come from an index or is conditional."""
_IN_PLACE = r"(?m)^(?:no-build-isolation|extra-build-dependencies|\[tool\.uv\.extra-build)"
_EXACT = r"\d[\w.+!-]*\Z"


def read_project(text: MappedText, extras: frozenset[str] = frozenset(), *, uv: bool = False) -> Listing | None:
    """Return the dependencies of a project with some of its extras, or None if the text is no TOML or too long.

    With `uv`, the indexes of `[tool.uv]` are included. Dynamic dependencies are not known.
    """
    if len(text.text) > _LONGEST:
        return None
    import tomli  # few builds install a project

    try:
        document: dict[str, Any] = tomli.loads(shallow(text.text))
    except (ValueError, RecursionError):
        return None
    places = _Places(text)
    project = _table(document.get("project"))
    tool = _table(document.get("tool"))
    wanted = [places.argument(value) for value in islice(_strings(project.get("dependencies")), LISTED + 1)]
    optional = _table(project.get("optional-dependencies"))
    for name in sorted(extras & optional.keys()):
        wanted += (places.argument(value) for value in _strings(optional[name]))
    if not project:
        wanted += _of_poetry(_table(tool.get("poetry")), places)
    dynamic = "dependencies" in [*_strings(project.get("dynamic"))] or (not project and not wanted)
    options = tuple(_indexes(_table(tool.get("uv")), extras, places)) if uv else ()
    python = _python(project, _table(tool.get("poetry")), places)
    return Listing(tuple(wanted[:LISTED]), options, opaque=dynamic or len(wanted) > LISTED, python=python)


def _python(project: Mapping[str, Any], poetry: Mapping[str, Any], places: _Places) -> Argument | None:
    """Return the specifier of the Python versions that a project accepts, or None."""
    requires = project.get("requires-python")
    if isinstance(requires, str):
        return places.argument(requires)
    given = None if project else _table(poetry.get("dependencies")).get("python")
    specifier = _pep440(given) if isinstance(given, str) else ""
    return Argument(specifier, places.key("python")) if specifier else None


def builds_in_place(text: MappedText) -> bool:
    """Return whether a project's uv settings turn off build isolation or add build dependencies."""
    return re.search(_IN_PLACE, text.text) is not None


class _Places:
    """The places of a document's strings. For a string that occurs twice, each look-up returns the next place."""

    def __init__(self, text: MappedText) -> None:
        self._text = text
        self._starts: dict[str, deque[int]] = {}
        for quote in ('"', "'"):
            at = 0
            for words in text.text.split(quote):
                self._starts.setdefault(f"{quote}{words}", deque()).append(at)
                at += len(words) + 1

    def argument(self, value: str) -> Argument:
        """Return a string of the document with the span inside its quotes."""
        return Argument(value, self.span(value))

    def span(self, value: str) -> Span:
        """Return the place of a string, or the start of the document if it is written in another way."""
        for quote in ('"', "'"):
            if starts := self._starts.get(f"{quote}{value}"):
                at = starts.popleft()
                return self._text.span(at, at + len(value))
        return self._text.span(0, 0)

    def key(self, name: str) -> Span:
        """Return the place of a key at the start of a line."""
        found = re.search(rf"(?m)^\s*\"?({re.escape(name)})\"?\s*=", self._text.text)
        return self._text.span(*found.span(1)) if found is not None else self._text.span(0, 0)


def _of_poetry(poetry: Mapping[str, Any], places: _Places) -> Iterator[Argument]:
    for name, value in _table(poetry.get("dependencies")).items():
        version = value.get("version") if isinstance(value, dict) else value
        plain = not isinstance(value, dict) or not value.keys() & {
            "optional",
            "git",
            "path",
            "url",
            "markers",
            "python",
        }
        if name != "python" and plain and isinstance(version, str):
            yield Argument(name + _pep440(version), places.key(name))


def _pep440(version: str) -> str:
    """Return a version constraint of Poetry in the syntax of PEP 440, or "" if there is no equivalent."""
    version = version.strip()
    if found := re.match(_CARET, version):
        parts = [int(part) for part in found.groups() if part is not None]
        at = next((index for index, part in enumerate(parts) if part), len(parts) - 1)
        upper = ".".join(map(str, [*parts[:at], parts[at] + 1]))
        return f">={version.lstrip('^ ')},<{upper}"
    if found := re.match(_TILDE, version):
        major, minor = found.groups()
        upper = str(int(major) + 1) if minor is None else f"{major}.{int(minor) + 1}"
        return f">={version.lstrip('~ ')},<{upper}"
    if re.match(_EXACT, version):
        return f"=={version}"
    return version if version[:1] in "<>=!~" and "|" not in version else ""


def _indexes(uv: Mapping[str, Any], extras: frozenset[str], places: _Places) -> Iterator[Option]:
    """Yield uv's indexes as options, including those of single packages but not those of unwanted extras."""
    sources = [_table(row) for given in _table(uv.get("sources")).values() for row in _rows(given)]
    unwanted = {str(row.get("index")) for row in sources if row.get("extra") not in (None, *extras)}
    unwanted -= {str(row.get("index")) for row in sources if row.get("extra") in (None, *extras)}
    for row in _rows(uv.get("index")):
        url = _table(row).get("url")
        if isinstance(url, str) and str(row.get("name")) not in unwanted:
            span = places.span(url)
            yield Option("default-index" if row.get("default") is True else "index", url, span, span)
    for key in ("index-url", "extra-index-url", "find-links"):
        value = uv.get(key)
        for url in [value] if isinstance(value, str) else _strings(value):
            yield Option(key, url, span := places.span(url), span)


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> Iterator[str]:
    yield from (item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
