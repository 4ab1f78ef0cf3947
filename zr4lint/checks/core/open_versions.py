"""Checks for packages without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import Copied, PackageRun
from zr4lint.filesystem.globs import matches
from zr4lint.model.quoting import code, plain
from zr4lint.programs.package_words import Kind, PackageWord

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Text
    from zr4lint.model.source import Span
    from zr4lint.programs.package_managers import PackageCommand

_VCS = r"(?:git|hg|svn|bzr)\+"
_GIT = r"(?:git\+|git:|git@|github:|gitlab:|bitbucket:)|.*\.git(?:#|\Z)|[\w.-]+/[\w.-]+(?:#|\Z)"


class Pinning(Struct, frozen=True):
    """How a package manager pins a package.

    - `managers`: the names of the managers.
    - `installs`: the subcommands that are checked.
    - `pinned`, `exact`: patterns for the text after a package's name, for any version and for an exact one.
    - `written`: how to write a version.
    - `listed`, `listing`: options and variables that name a file with versions.
    - `loose`: a pattern for URLs that are not pinned.
    - `locks`: lock files. A package installed from a folder with one of them is pinned.
    """

    managers: tuple[str, ...]
    installs: frozenset[str]
    pinned: str
    exact: str
    written: str
    listed: frozenset[str] = frozenset()
    listing: tuple[str, ...] = ()
    loose: str = r"(?!)"
    locks: tuple[str, ...] = ()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.replace(",", " ").split())


_RPM = Pinning(
    ("dnf",),
    _words("install in localinstall reinstall rei downgrade dg install-n install-na install-nevra")
    | {"module install"},
    r"-",
    r"-",
    "-VERSION",
)

_PINNINGS: Mapping[str, Pinning] = {
    "apt": Pinning(("apt",), _words("install reinstall"), r"[=/]", r"=[^*]+\Z", "=VERSION"),
    "apk": Pinning(("apk",), _words("add"), r"[=~<>]", r"=[^~]", "=VERSION"),
    "yum": Pinning(("yum",), _RPM.installs, _RPM.pinned, _RPM.exact, _RPM.written),
    "dnf": _RPM,
    "zypper": Pinning(("zypper",), _words("install in"), r"[=<>]", r"=", "=VERSION"),
    "pip": Pinning(
        ("pip", "pipx", "uv"),
        frozenset({"install", "tool install", "run"}),
        r"[=~<>!]",
        r"={2,3}[^*]+\Z",
        "==VERSION",
        _words("constraint constraints"),
        ("PIP_CONSTRAINT", "UV_CONSTRAINT"),
        _VCS + r"(?!.*@[^/@]+\Z)",
    ),
    "npm": Pinning(
        ("npm", "yarn", "pnpm"),
        frozenset({"install", "i", "add", "in", "ins", "inst", "isntall", "global add", "dlx"}),
        r"@(?:[v=^~<>]*\s*\d|[*]|npm:|[^A-Za-z]*[$])",
        r"@v?\d+\.\d+\.\d+[\w.+-]*\Z",
        "@VERSION",
        loose=rf"(?:{_GIT})(?<!#)(?!.*#)",
    ),
    "gem": Pinning(("gem",), _words("install i"), r":?\s*[~<>=!]*\s*\d", r":?[\d.]+\w*\Z", ":VERSION"),
    "go": Pinning(
        ("go",),
        _words("install get run"),
        r"@(?:v?\d|[0-9a-f]{7,40}\Z)",
        r"@(?:v?\d+\.\d+\.\d+|[0-9a-f]{7,40}\Z)",
        "@VERSION",
        locks=("go.mod",),
    ),
}


@check("package-pinned", stages="all")
def package_pinned(
    subject: Subject,
    *,
    manager: Literal["apt", "apk", "yum", "dnf", "zypper", "pip", "npm", "gem", "go"],
    except_: list[Text] | None = None,
    exact: bool = False,
    forbidden: bool = False,
) -> Outcomes:
    """Packages that this manager installs have a version.

    `except` lists patterns of packages that need none. With `exact`, the version is exact, not a range. With
    `forbidden`, no package has a version.
    """
    row = _PINNINGS[manager]
    pinned = re.compile(row.exact if exact else row.pinned)
    seen: set[tuple[Span, str]] = set()
    for run in _installs(subject, row):
        for package in _judged(subject, run, row):
            if (package.span, package.name) in seen or any(matches(package.name, p) for p in except_ or ()):
                continue
            seen.add((package.span, package.name))
            if _is_pinned(package, row, pinned) is not forbidden:
                yield met(run.at, package.span)
            elif forbidden:
                yield Unmet(f"{code(package.name)} is pinned", package.span, help=f"Write {code(package.name)}")
            else:
                yield _unpinned(package, row, exact)


def _is_pinned(package: PackageWord, row: Pinning, pinned: re.Pattern[str]) -> bool:
    if package.kind is Kind.NAME:
        return pinned.match(package.version or "") is not None
    return package.kind is not Kind.URL or re.match(row.loose, package.name) is None


def _installs(subject: Subject, row: Pinning) -> Iterator[PackageRun]:
    for run in subject.facts.of(PackageRun, subject.lineage, triggers=True):
        if run.command.manager in row.managers and run.command.subcommand in row.installs:
            yield run


def _judged(subject: Subject, run: PackageRun, row: Pinning) -> Iterator[PackageWord]:
    """Yield the packages that need a version in a command."""
    command = run.command
    if command.options.has(*row.listed) or any(run.variables.get(name) for name in row.listing):
        return
    if row.locks and command.subcommand == "install" and _locked(subject, run, row.locks):
        yield from (package for package in command.packages if package.version is not None)
        return
    yield from (package for package in command.packages if not _is_stream(command, package))
    if command.manager == "pip":
        yield from _repositories(command)


def _is_stream(command: PackageCommand, package: PackageWord) -> bool:
    """Return whether the package is a dnf module with its stream, or a group of packages."""
    return package.kind is Kind.GROUP or (command.subcommand == "module install" and ":" in package.name)


def _repositories(command: PackageCommand) -> Iterator[PackageWord]:
    """Yield the repositories that pip installs from without naming a package."""
    for operand in command.options.operands:
        if "+" in (operand.value or "") and re.match(_VCS, operand.value or ""):
            address = (operand.value or "").partition("#")[0]
            yield PackageWord(address, None, Kind.URL, operand.span)


def _locked(subject: Subject, run: PackageRun, locks: Sequence[str]) -> bool:
    """Return whether an earlier COPY copied a lock file or the whole context."""
    copied = subject.facts.of(Copied, subject.facts.ancestry(run.at.stage))
    names = (c.source.rstrip("/").rpartition("/")[2] for c in copied if c.at.order < run.at.order)
    return any(name in locks or name in ("", ".") or matches(locks[0], name) for name in names)


def _unpinned(package: PackageWord, row: Pinning, exact: bool) -> Unmet:
    digits = package.kind is Kind.NAME and row.written.startswith("-") and re.search(r"\d", package.name)
    return Unmet(
        _message(package, exact),
        package.span,
        help=f"Write {code(package.name + row.written)}" if package.kind is Kind.NAME else None,
        notes=(f"The digits of {plain(package.name)} belong to its name.",) if digits else (),
    )


def _message(package: PackageWord, exact: bool) -> str:
    if package.kind is Kind.URL:
        return f"{code(package.name)} names no revision"
    if package.version:
        what = "an exact version" if exact else "a version"
        return f"{code(package.name + package.version)} does not name {what}"
    return f"{code(package.name)} has no version"
