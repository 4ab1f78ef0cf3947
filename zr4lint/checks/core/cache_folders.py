"""The caches of package managers: their folders, and the commands that fill, read and clean them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.checks.core.call_patterns import by_program
from zr4lint.checks.core.instruction_lists import facts_by_instruction
from zr4lint.facts import At, Mount, PackageRun, Ran, RepositoryAdded, RunStep
from zr4lint.model.source import Span
from zr4lint.programs.option_reading import Option

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject
    from zr4lint.dockerfile import Instruction

_HOME = "~"


class Cache(Struct, frozen=True):
    """The cache of a package manager.

    - `fills`, `reads`, `cleans`: the subcommands that fill the cache, use it, or empty it. A subcommand that needs
      another word is written with that word.
    - `folders`: the folders of the cache; `~` is the user's home. `by_program` has those of programs that differ.
    - `option`: the option that turns the cache off. `switches` are its spellings, and `variables` do the same. Options
      in `useless` have no effect without a cache, so a fix removes them.
    - `remedy`: the command that cleans up, for a manager without such an option.
    - `moved`: the variables that set the cache's folder.
    - `archives`: the folders that keep downloaded packages once a file of `keeps_none` is gone. That file makes the
      manager delete them.
    """

    manager: str
    managers: tuple[str, ...]
    contents: str
    fills: frozenset[str]
    folders: tuple[str, ...]
    reads: frozenset[str] = frozenset()
    cleans: frozenset[str] = frozenset()
    by_program: Mapping[str, tuple[str, ...]] = {}
    option: str = ""
    options: Mapping[str, str] = {}
    switches: frozenset[str] = frozenset()
    variables: tuple[str, ...] = ()
    useless: frozenset[str] = frozenset()
    remedy: str = ""
    moved: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    keeps_none: tuple[str, ...] = ()


class Use(Struct, frozen=True):
    """A command that fills, reads or cleans a cache. `span` covers its `words`."""

    at: At
    program: str
    words: str
    span: Span
    options: Sequence[Option]
    variables: Mapping[str, str | None]
    fills: bool
    reads: bool
    cleans: bool

    def settings(self, names: Iterable[str]) -> list[str | None]:
        """Return the values of the set variables that the program reads. uv and pip share a row."""
        own = (name for name in names if name.startswith("UV_") is (self.program == "uv"))
        return [self.variables[name] for name in own if name in self.variables and self.variables[name] != ""]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(","))


_DNF_FILLS = _words(
    "install, in, upgrade, up, update, upgrade-minimal, up-min, reinstall, rei, downgrade, dg, swap, groupinstall, "
    "localinstall, group install, module install, install-n, install-na, install-nevra"
)
_ASKS = frozenset({"--version", "-v", "--help", "-h"})
_CLEANED = (["cache", "purge"], ["cache", "clean"])
_YARN_FOLDERS = (
    *("/usr/local/share/.cache/yarn", "/usr/local/share/.cache/yarn/v6", "/usr/local/share/.cache"),
    *("~/.cache/yarn", "~/.cache/yarn/v6", "~/.yarn/berry/cache"),
)

CACHES: Mapping[str, Cache] = {
    "apt": Cache(
        "apt",
        ("apt",),
        "the package lists",
        _words("update"),
        ("/var/lib/apt/lists",),
        cleans=_words("dist-clean, distclean"),
        reads=_words("install, reinstall, upgrade, dist-upgrade, full-upgrade, safe-upgrade, build-dep"),
        remedy="rm -rf /var/lib/apt/lists/*",
        archives=("/var/cache/apt/archives",),
        keeps_none=("/etc/apt/apt.conf.d/docker-clean",),
    ),
    "apk": Cache(
        "apk",
        ("apk",),
        "the package index",
        _words("add"),
        ("/var/cache/apk", "/etc/apk/cache"),
        cleans=_words("cache clean, cache purge"),
        option="--no-cache",
        switches=_words("no-cache, no-network"),
        useless=_words("update-cache, update"),
    ),
    "yum": Cache(
        "yum",
        ("yum", "dnf"),
        "the packages that {program} downloaded",
        _DNF_FILLS,
        ("/var/cache/yum", "/var/cache/dnf"),
        cleans=_words("clean all"),
        remedy="yum clean all",
    ),
    "dnf": Cache(
        "dnf",
        ("dnf", "yum"),
        "the packages that {program} downloaded",
        _DNF_FILLS,
        ("/var/cache/dnf", "/var/cache/libdnf5", "~/.cache/libdnf5"),
        cleans=_words("clean all"),
        by_program={"microdnf": ("/var/cache/yum", "/var/cache/libdnf5", "~/.cache/libdnf5")},
        remedy="{program} clean all",
    ),
    "zypper": Cache(
        "zypper",
        ("zypper",),
        "the packages that zypper downloaded",
        _words("install, in, source-install, si, update, up, patch, dist-upgrade, dup"),
        ("/var/cache/zypp",),
        cleans=_words("clean, cc"),
        remedy="zypper clean --all",
    ),
    "pip": Cache(
        "pip",
        ("pip",),
        "the cache of pip",
        _words("install"),
        ("~/.cache/pip",),
        cleans=_words("cache purge"),
        option="--no-cache-dir",
        options={"uv": "--no-cache"},
        switches=_words("no-cache-dir, no-cache"),
        by_program={"uv": ("~/.cache/uv",)},
        variables=("PIP_NO_CACHE_DIR", "UV_NO_CACHE"),
        moved=("PIP_CACHE_DIR", "UV_CACHE_DIR"),
    ),
    "npm": Cache(
        "npm",
        ("npm",),
        "the packages that npm downloaded",
        _words("install, i, add, in, ins, inst, isntall, ci, clean-install"),
        ("~/.npm",),
        cleans=_words("cache clean"),
        remedy="npm cache clean --force",
        moved=("NPM_CONFIG_CACHE", "npm_config_cache"),
    ),
    "yarn": Cache(
        "yarn",
        ("yarn",),
        "the packages that yarn downloaded",
        _words("install, add, global add"),
        _YARN_FOLDERS,
        cleans=_words("cache clean"),
        remedy="yarn cache clean",
        moved=("YARN_CACHE_FOLDER",),
    ),
}


def uses(subject: Subject, row: Cache) -> Sequence[Use]:
    """Return the commands that use a cache, in order."""
    key = ("uses", row.manager, subject.lineage)
    return subject.memo.get(key, lambda: sorted(_uses(subject, row), key=lambda use: use.at.order))


def _uses(subject: Subject, row: Cache) -> Iterator[Use]:
    """Yield the commands that use a cache, not in order."""
    for run in subject.facts.of(PackageRun, subject.lineage, triggers=True):
        command = run.command
        if command.manager not in row.managers:
            continue
        first = next((o.value or "" for o in command.options.operands), "")
        spoken = {command.subcommand, f"{command.subcommand} {first}"}
        mine = command.manager == row.managers[0]
        fills, reads = mine and not row.fills.isdisjoint(spoken), not row.reads.isdisjoint(spoken)
        cleans = not row.cleans.isdisjoint(spoken)
        simulated = command.options.has("simulate", "s", "dry-run", "just-print", "print-uris", "help")
        if (fills or reads or cleans) and not simulated:
            words = f"{'pip' if command.manager == 'pip' else command.program} {command.subcommand}"
            yield Use(
                run.at,
                command.program,
                words,
                command.words,
                command.options.options,
                run.variables,
                fills and not _elsewhere(row, command.options.options),
                reads,
                cleans,
            )
    if row.manager == "apt":
        yield from _repositories(subject)
    if row.manager in ("pip", "yarn"):
        yield from _others(subject, row)


def _elsewhere(row: Cache, options: Sequence[Option]) -> bool:
    """Return whether options select another cache, which may be removed."""
    return row.manager in ("yarn", "npm") and any(o.name in ("cache-folder", "cache") for o in options)


def _repositories(subject: Subject) -> Iterator[Use]:
    """Yield the calls of add-apt-repository, which may update the lists."""
    for added in subject.facts.of(RepositoryAdded, subject.lineage):
        if not added.removed:
            span = added.at.span
            yield Use(added.at, "apt-get", "add-apt-repository", span, (), {}, added.updates, not added.updates, False)


def _others(subject: Subject, row: Cache) -> Iterator[Use]:
    """Yield commands that name no package: plain `yarn`, and `pip cache purge`."""
    commands: Mapping[str, Sequence[Ran]] = by_program(subject)
    for ran in (*commands.get(row.manager, ()), *(commands.get("uv", ()) if row.manager == "pip" else ())):
        values = [a.value for a in ran.arguments[1:]]
        words = [value for value in values if value is not None and value[:1] != "-"]
        fills = row.manager == "yarn" and not words and _ASKS.isdisjoint(values)
        cleans = words[:2] in _CLEANED
        span = ran.arguments[0].span
        if fills or cleans:
            yield Use(ran.at, ran.program, ran.program, span, (), ran.variables, fills, False, cleans)


def folders_of(subject: Subject, row: Cache, use: Use) -> Sequence[str]:
    """Return the folders of the cache that a command uses."""
    moved = [value for value in use.settings(row.moved) if value]
    homes = _homes(_user(subject, use.at.instruction), use.variables)
    folders = row.by_program.get(use.program, row.folders)
    base = use.variables.get("XDG_CACHE_HOME")
    found = list(moved)
    for folder in folders:
        if not folder.startswith(_HOME):
            found.append(folder)
            continue
        found += [home + folder[1:] for home in homes]
        if base and folder.startswith("~/.cache/"):
            found.append(base + folder.removeprefix("~/.cache"))
    return found


def _user(subject: Subject, run: Instruction) -> str | None:
    """Return the user of a RUN, or None if it is unknown."""
    return next((step.user for step in facts_by_instruction(subject, RunStep).get(run.index, ())), None)


def _homes(user: str | None, variables: Mapping[str, str | None]) -> Sequence[str]:
    """Return the possible home folders of the current user."""
    if home := variables.get("HOME"):
        return (home.rstrip("/"),)
    name = (user or "").partition(":")[0]
    if user is None or (name.isdecimal() and name != "0"):
        return ("/root", "/home/*")
    return ("/root",) if name in ("", "root", "0") else (f"/home/{name}",)


def mounts_of(subject: Subject, instruction: Instruction) -> Sequence[Mount]:
    """Return the mounts of a RUN that keep files out of the image."""
    steps = facts_by_instruction(subject, RunStep).get(instruction.index, ())
    return [m for step in steps for m in step.mounts if m.type in ("cache", "tmpfs", "bind")]
