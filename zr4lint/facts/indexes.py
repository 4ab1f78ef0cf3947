"""Finds the indexes that an install takes its packages from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.facts.command_facts import PipRun

_PYTORCH = r"download\.pytorch\.org(?::443)?/whl/(?P<channel>nightly/|test/)?(?P<tag>cu\d+|cpu|rocm[\d.]+|xpu)?"
_MAIN = ("index-url", "pypi-url", "default-index")
_EXTRA = ("extra-index-url", "index")
_SETTINGS = {
    "PIP_INDEX_URL": "main",
    "UV_INDEX_URL": "main",
    "UV_DEFAULT_INDEX": "main",
    "PIP_EXTRA_INDEX_URL": "extra",
    "UV_EXTRA_INDEX_URL": "extra",
    "UV_INDEX": "extra",
    "PIP_FIND_LINKS": "links",
    "UV_FIND_LINKS": "links",
}


@lru_cache(maxsize=64)
def _pytorch(url: str) -> re.Match[str] | None:
    return re.search(_PYTORCH, url)


class Source(Struct, frozen=True):
    """A source of packages.

    `role` is "main", "extra" or "links". `url` is None if it is unknown. `span` is the URL's place and `option` that of
    the whole option; both are None for a variable set by ENV or ARG.
    """

    role: str
    url: str | None
    span: Span | None
    option: Span | None

    @property
    def pytorch(self) -> bool:
        """Return whether this is one of PyTorch's indexes."""
        return self.url is not None and _pytorch(self.url) is not None

    @property
    def tag(self) -> str | None:
        """Return the tag of PyTorch's index of releases ("cu124", "cpu", ...), or None."""
        found = _pytorch(self.url or "")
        return found["tag"] if found and not found["channel"] else None


class Sources(Struct, frozen=True):
    """All sources of an install."""

    all: tuple[Source, ...]
    no_index: bool
    backend: bool

    @property
    def main(self) -> Source | None:
        """Return the index that replaces PyPI, the last one if several are given, or None."""
        return next((s for s in reversed(self.all) if s.role == "main"), None)

    @property
    def known(self) -> bool:
        """Return whether all sources are known."""
        return all(source.url is not None for source in self.all) and not self.backend

    @property
    def pypi(self) -> bool:
        """Return whether the install uses PyPI."""
        main = self.main
        return not self.no_index and not self.backend and (main is None or "pypi.org" in (main.url or ""))

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags of PyTorch's indexes among the sources."""
        main = self.main
        fitting = (s for s in self.all if s.role != "main" or s is main)
        return tuple(dict.fromkeys(s.tag for s in fitting if s.tag))


def sources(run: PipRun, *, uv: bool) -> Sources:
    """Return the sources of a call of pip or uv; neither reads the other's variables."""
    found: list[Source] = []
    for name, role in _SETTINGS.items():
        value = run.settings.get(name)
        if name in run.settings and name.startswith("UV_") is uv:
            urls = value.split() if value is not None else [None]
            found += (Source(role, url, None, None) for url in urls)
    for option in run.command.parsed.options:
        role = "main" if option.name in _MAIN else "extra" if option.name in _EXTRA else ""
        role = "links" if option.name == "find-links" else role
        if role:
            found.append(Source(role, option.value, option.value_span, option.span))
    asked = run.command.parsed.get("torch-backend")
    chosen = asked.value if asked is not None else run.settings.get("UV_TORCH_BACKEND") if uv else None
    if chosen is not None and re.fullmatch(r"cu\d+|cpu", chosen):
        span = asked.value_span if asked is not None else None
        found = [Source("main", f"https://download.pytorch.org/whl/{chosen}", span, None)]
        return Sources(tuple(found), run.command.parsed.get("no-index") is not None, backend=False)
    backend = asked is not None or (uv and run.settings.get("UV_TORCH_BACKEND", "") != "")
    return Sources(tuple(found), run.command.parsed.get("no-index") is not None, backend)
