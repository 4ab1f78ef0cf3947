"""Where an install takes its packages from."""

from __future__ import annotations

import re
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


class Source(Struct, frozen=True):
    """One place packages come from.

    `role` is "main", "extra" or "links"; `span` the words that name it, `option` those of the whole option, None for a
    variable that ENV or ARG sets. `channel` and `tag` are those of a PyTorch index; `url` is None where unknown.
    """

    role: str
    url: str | None
    span: Span | None
    option: Span | None

    @property
    def pytorch(self) -> bool:
        """Whether this is one of PyTorch's indexes."""
        return self.url is not None and re.search(_PYTORCH, self.url) is not None

    @property
    def tag(self) -> str | None:
        """The tag of PyTorch's index of releases: "cu124", "cpu", ..."""
        found = re.search(_PYTORCH, self.url or "")
        return found["tag"] if found and not found["channel"] else None


class Sources(Struct, frozen=True):
    """All places of one install."""

    all: tuple[Source, ...]
    no_index: bool
    backend: bool

    @property
    def main(self) -> Source | None:
        """The index that stands in the place of PyPI; the last one that is given."""
        return next((s for s in reversed(self.all) if s.role == "main"), None)

    @property
    def known(self) -> bool:
        """Whether all of them are known."""
        return all(source.url is not None for source in self.all) and not self.backend

    @property
    def pypi(self) -> bool:
        """Whether PyPI is asked."""
        main = self.main
        return not self.no_index and not self.backend and (main is None or "pypi.org" in (main.url or ""))

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of PyTorch's indexes among them."""
        main = self.main
        fitting = (s for s in self.all if s.role != "main" or s is main)
        return tuple(dict.fromkeys(s.tag for s in fitting if s.tag))


def sources(run: PipRun, *, uv: bool) -> Sources:
    """The places that a call of pip or uv takes packages from; neither reads the variables of the other."""
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
