"""Decides which pip a command runs, and whether it builds packages in isolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import numbers, older, python_at, python_by_conda
from zr4lint.knowledge.tables import Row, distribution, table
from zr4lint.knowledge.versions import bounds

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install

_PYTHONS = r"python3\.[678]\b|pypy"


class Pip(Struct, frozen=True):
    """The range of versions that a pip is in, from `low` to `high`; None is unknown.

    `open` tells that it is older than `high`.
    """

    low: str | None = None
    high: str | None = None
    open: bool = False

    def has(self, version: str) -> bool | None:
        """Return whether it is this version or newer, or None if that is unknown."""
        if self.low is not None and not older(self.low, version):
            return True
        if self.high is None:
            return None
        below = older(self.high, version) or (self.open and numbers(self.high) == numbers(version))
        return False if below else None


def pip_at(history: History, install: Install) -> Pip:
    """Return the versions of the pip that an install runs."""
    return history.remembered("pip", install.at, lambda: _pip_at(history, install))


def newest_of(python: str | None, tool: str) -> str | None:
    """Return the newest pip or setuptools that supports a Python, or None if the Python is unknown."""
    rows = [row for row in table("pip")["newest"] if python is not None and not older(python, row["python"])]
    return str(rows[-1][tool]) if rows else None


def _pip_at(history: History, install: Install) -> Pip:
    python = python_at(history, install)
    found = _of_image(history, install, python)
    if history.mentions(install.at, r"get-pip\.py"):
        found = _newest(history, install, python)
    for other in history.before_with(install.at, "pip"):
        requirement = other.get("pip")
        if requirement is None or other.environment != install.environment or requirement.marker is not None:
            continue
        pin = pinned(requirement)
        limits = bounds(requirement.specifier)
        if other.unsure or requirement.url is not None or limits is None:
            found = Pip()
        elif pin is not None:
            found = Pip(pin, pin)
        elif other.run.command.upgrades or (requirement.specifier and limits.lower is not None):
            newest = _newest(history, install, python)
            low = str(limits.lower) if limits.lower is not None else None
            found = newest if limits.upper is None else Pip(low, str(limits.upper), open=not limits.upper_included)
        elif limits.upper is not None and found.high is None:
            found = Pip(None, str(limits.upper), open=not limits.upper_included)
    return found


def _newest(history: History, install: Install, python: str | None) -> Pip:
    """Return the newest pip for the Python. If it is unknown, assume 3.9 or newer unless an older one is named."""
    if python is not None:
        newest = newest_of(python, "pip")
        return Pip(newest, newest)
    base = history.base
    default = (distribution(base.distribution) or {}).get("python") if base is not None else None
    if default is None or older(default, "3.9") or history.mentions(install.at, _PYTHONS):
        return Pip()
    return Pip(newest_of("3.9", "pip"))


def _of_image(history: History, install: Install, python: str | None) -> Pip:
    """Return the pip of the base image, or of its distribution's packages."""
    base = history.base
    if base is None:
        return Pip()
    if base.kind == "python":
        row = _python_row(python)
        exact = base.image.tag.partition("-")[0].count(".") < 2
        return Pip(row["pip"] if exact else None, row["pip"]) if row is not None else Pip()
    if base.pip_before is not None and install.environment == "":
        return Pip(None, base.pip_before, open=True)
    release = distribution(base.distribution) if base.kind in ("ubuntu", "debian", "cuda") else None
    own = release is not None and python is not None and python == release.get("python")
    return Pip(release["pip"], release["pip"]) if own and release is not None and "pip" in release else Pip()


def held_by_image(history: History, install: Install) -> bool:
    """Return whether the constraints that the base image sets for pip apply to an install."""
    base = history.base
    if base is None or "PIP_CONSTRAINT" not in base.env or history.mentions(None, r"PIP_CONSTRAINT|constraint\.txt"):
        return False
    return not install.uv and install.environment == ""


def _python_row(python: str | None) -> Row | None:
    return next((row for row in table("pip")["image"] if row["python"] == python), None)


def isolates(history: History, install: Install, *, pyproject: bool = False) -> bool | None:
    """Return whether a source archive is built in isolation, or None if that is unknown.

    `pyproject` tells that it has a pyproject.toml. Without one, an older pip runs setup.py in the environment itself.
    """
    row = table("pip")["isolation"]
    if install.uv or pyproject:
        return True
    always = pip_at(history, install).has(row["always"])
    if always is not False:
        return always
    tools = _setuptools(history, install)
    if tools is None or tools == ("setuptools", "wheel"):
        return None if tools is None else False
    if "setuptools" not in tools:
        return True
    newer = pip_at(history, install).has("23.1")
    return newer if newer is not None else None


def _setuptools(history: History, install: Install) -> tuple[str, ...] | None:
    """Return which of setuptools and wheel are in the environment of an install, or None if that is unknown."""
    folder = install.environment
    there = {name for name in ("setuptools", "wheel") if folder is not None and _installed(history, install, name)}
    own = _own_tools(history, install) if len(there) < 2 else frozenset[str]()
    if own is None:
        return None
    there |= own
    return None if len(there) < 2 and history.opaque(install.at) else tuple(sorted(there))


def _own_tools(history: History, install: Install) -> frozenset[str] | None:
    """Return which of the two are in an install's environment from the start, or None if that is unknown."""
    base, folder, python = history.base, install.environment, python_at(history, install)
    if base is None or folder is None:
        return None
    if not folder and (base.setuptools or base.python_kept == "conda"):
        return frozenset(("setuptools", "wheel"))
    if folder or base.kind == "python":
        if python is None:
            return None
        if python_by_conda(history, folder, install.at) is not None:
            return frozenset(("setuptools", "wheel"))
        tools = ("setuptools",) if folder else ("setuptools", "wheel")
        return frozenset(tools if older(python, "3.12") else ())
    release = distribution(base.distribution) if base.kind in ("ubuntu", "debian", "cuda") else None
    if release is None or python != release.get("python"):
        return None
    return frozenset(("setuptools", "wheel") if release.get("setuptools") else ())


def _installed(history: History, install: Install, name: str) -> bool:
    """Return whether an earlier command installs a tool into the same environment."""
    return any(
        other.environment == install.environment and not other.unsure for other in history.before_with(install.at, name)
    )
