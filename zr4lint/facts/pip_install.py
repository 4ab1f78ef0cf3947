"""A `pip install` of a build, with what it installs and where from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts.command_facts import PipRun
from zr4lint.facts.indexes import Sources
from zr4lint.model.source import Span
from zr4lint.programs.pip import Requirement
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.fact import At

_FALSE = ("0", "false", "no", "off", "n", "f")


class Install(Struct, frozen=True, gc=False):
    """A `pip install` with all its requirements, including those of files written in the Dockerfile.

    `environment` is the folder of its environment, "" for the system's, or None if it is unknown. `opaque` tells that
    some requirements can't be read, `uv` that uv runs the install, and `replaced` that another install runs if it
    fails.
    """

    run: PipRun
    requirements: tuple[Requirement, ...]
    repositories: tuple[tuple[str, Span], ...]
    opaque: bool
    sources: Sources
    environment: str | None
    uv: bool
    replaced: bool = False

    @property
    def at(self) -> At:
        """Return the place of the install."""
        return self.run.at

    @property
    def unsure(self) -> bool:
        """Return whether it runs, or is needed, only under a condition."""
        return self.run.at.reach is Reach.MAYBE or self.replaced

    @property
    def mixes(self) -> bool:
        """Return whether it takes the best version of all indexes; uv stops at the first index with the package."""
        strategy = self.run.command.parsed.get("index-strategy")
        given = strategy.value if strategy is not None else self.run.settings.get("UV_INDEX_STRATEGY", "")
        return not self.uv or given == "unsafe-best-match"

    def option(self, *names: str) -> bool:
        """Return whether any of these options is given."""
        return self.run.command.parsed.has(*names)

    def get(self, name: str) -> Requirement | None:
        """Return the requirement with this name, or None."""
        for requirement in self.requirements:
            if requirement.name == name:
                return requirement
        return None

    @property
    def constrained(self) -> bool:
        """Return whether constraints apply that may affect torch."""
        names = ("PIP_CONSTRAINT", "UV_CONSTRAINT", "UV_OVERRIDE", "PIP_REQUIREMENT")
        return self.option("constraint", "override", "build-constraint") or any(
            self.run.settings.get(name, "") != "" for name in names
        )

    @property
    def isolated(self) -> bool:
        """Return whether it builds packages in an isolated environment."""
        if self.option("no-build-isolation", "no-build-isolation-package", "only-binary", "no-build"):
            return False
        settings = self.run.settings
        name = "UV_NO_BUILD_ISOLATION" if self.uv else "PIP_NO_BUILD_ISOLATION"
        if settings.get(name, "") is None:
            return False  # the value is unknown
        if not self.uv:  # pip reads the value as that of the option `--build-isolation`
            return (settings.get("PIP_NO_BUILD_ISOLATION", "1") or "1").lower() not in _FALSE
        switch = settings.get("UV_NO_BUILD_ISOLATION", "0")
        return "UV_NO_BUILD_ISOLATION_PACKAGE" not in settings and (switch or "0").lower() in _FALSE
