"""Decides whether a stage has a Windows image, where cmd or PowerShell runs RUN and files have no Unix owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.facts.images import read_base
from zr4lint.facts.instruction_facts import RunStep

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts

_IMAGES = frozenset({"windowsservercore", "servercore", "nanoserver"})
_OF_MICROSOFT = ("mcr.microsoft.com/windows/", "mcr.microsoft.com/windows:")
_OF_LINUX = frozenset({
    "almalinux", "alpine", "amazonlinux", "archlinux", "buildpack-deps", "busybox", "centos", "debian", "fedora",
    "httpd", "mariadb", "nginx", "node", "oraclelinux", "perl", "php", "postgres", "redis", "rockylinux", "ruby",
    "rust", "ubuntu",
})  # fmt: skip
"""Repositories, in any registry, that have only Linux images."""
_SHELLS = ("cmd", "powershell", "pwsh")
_WORDS = (
    r"\$env:\w|\.ps1\b"
    r"|\b(?:Add|Expand|Get|Import|Install|Invoke|New|Remove|Set|Start|Stop|Test|Write)-[A-Z]\w+"
)
_PACKAGES = r"(?:\A|[\s;&|(])(?:apt|apt-get|apk|dnf|microdnf|yum)\s"


def names_windows(reference: str) -> bool:
    """Return whether an image reference, with or without its variables replaced, names a Windows image.

    It does if a component of its path, or a part of its tag between dashes, is the name of such an image.
    """
    reference = reference.partition("@")[0].lower()
    if reference.startswith(_OF_MICROSOFT):
        return True
    path, _, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return not _IMAGES.isdisjoint([*path.split("/"), name, *tag.split("-")])


def is_linux(reference: str) -> bool:
    """Return whether an image is known to be a Linux image."""
    if names_windows(reference):
        return False
    base = read_base(reference)
    known = base.kind not in ("", "scratch") or base.distribution is not None
    return known or base.image.repository.rpartition("/")[2] in _OF_LINUX


def runs_linux_packages(script: str) -> bool:
    """Return whether a script calls the package manager of a Linux distribution."""
    return re.search(_PACKAGES, script) is not None


def speaks_powershell(script: str) -> bool:
    """Return whether a script has words of PowerShell."""
    return re.search(_WORDS, script) is not None


def is_windows(facts: Facts, stage: int) -> bool:
    """Return whether a stage has a Windows image, as far as the file shows it."""
    ancestry = facts.ancestry(stage)
    outer = facts.stages[min(ancestry)]
    named = names_windows(outer.image or facts.words(outer.image_span))
    if not named and outer.image is not None and is_linux(outer.image):
        return False
    runs = facts.of(RunStep, ancestry)
    shells = (step.shell[0] for step in runs if step.shell)
    shown = (
        named
        or facts.dockerfile.escape == "`"
        or any(re.split(r"[/\\]", shell.lower())[-1].removesuffix(".exe") in _SHELLS for shell in shells)
    )
    return shown and not any(runs_linux_packages(step.at.instruction.arguments.text) for step in runs)
