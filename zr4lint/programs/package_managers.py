"""Parses calls of package managers with a table of their options and actions, one row per program.

The options that take a value are from the managers' own manuals: apk(8) and apk-add(8), dnf(8), zypper(8),
npm-config(7), `yarn help`, `pnpm help`, `gem help install`, `go help install`, `conda install --help`,
`pipx install --help`, apt-get(8) and aptitude(8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.model.source import Span
from zr4lint.programs.apt import does_nothing
from zr4lint.programs.option_reading import Grammar, Parsed, parse_options
from zr4lint.programs.package_words import PackageWord, read_package
from zr4lint.programs.pip import GRAMMAR as _PIP

if TYPE_CHECKING:
    from zr4lint.shell import Argument


class Manager(Struct, frozen=True):
    """A package manager.

    - `actions` maps subcommands of one or two words to "install", "group" (install groups), "remove", "upgrade",
      "update" (update lists) or "clean".
    - `before` are the options before the subcommand, `after` those after it if they differ.
    - `style` is the syntax of its packages.
    - `alone` are the subcommands of which only the first operand is a package.
    - `cut` tells that the words after "--" belong to another program.
    - `version_option` sets the version of all packages.
    """

    name: str
    style: str
    actions: Mapping[str, str]
    before: Grammar
    after: Grammar | None = None
    alone: frozenset[str] = frozenset()
    cut: bool = False
    version_option: str = ""


class PackageCommand(Struct, frozen=True):
    """A call of a package manager; `words` spans the program and its subcommand.

    `program` is the one called ("microdnf" for the manager "dnf"), and `subcommand` its words ("group install").
    """

    manager: str
    action: str
    packages: tuple[PackageWord, ...]
    options: Parsed
    words: Span
    program: str
    subcommand: str

    @property
    def takes_effect(self) -> bool:
        """Whether it changes the packages that it names, and does not only simulate or download."""
        if self.manager == "apt" and any(map(does_nothing, self.options.options)):
            return False
        return self.subcommand not in _FOR_BUILDING and not self.options.has(*_WITHOUT_EFFECT.get(self.manager, ()))

    @property
    def unknown(self) -> bool:
        """Return whether unknown words may name more packages."""
        return self.options.unknown


_FOR_BUILDING = frozenset({"build-dep", "builddep", "source-install", "si"})
"""Subcommands that install the build dependencies of packages, but not the packages."""
_WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = {
    "apk": ("simulate", "s"),
    "conda": ("dry-run", "download-only"),
    "dnf": ("downloadonly", "assumeno"),
    "gem": ("explain",),
    "npm": ("dry-run", "package-lock-only"),
    "pip": ("dry-run",),
    "pnpm": ("lockfile-only",),
    "yum": ("downloadonly", "assumeno"),
    "zypper": ("dry-run", "D", "download-only", "d"),
}
"""Options with which a manager changes no packages."""


def _grammar(
    valued: str,
    short: Mapping[str, str] | None = None,
    same: Mapping[str, str] | None = None,
    *,
    equals: bool = False,
    single_dash: bool = False,
) -> Grammar:
    return Grammar(short or {}, frozenset(valued.split()), frozenset(), False, equals, single_dash, same or {})


def _actions(**words: str) -> Mapping[str, str]:
    return {word.replace("_", " "): action for action, names in words.items() for word in names.split(",")}


_APK = _grammar(
    "root repository arch cache-dir cache-max-age keys-dir progress-fd repositories-file timeout wait virtual",
    {"p": "root", "X": "repository", "t": "virtual", "u": "upgrade", "U": "update-cache", "q": "quiet", "l": "latest"},
)
_DNF = _grammar(
    "advisory advisories bz bzs color comment config cve cves debuglevel disableexcludes disableexcludepkgs "
    "disableplugin disablerepo downloaddir destdir errorlevel enableplugin enablerepo exclude excludepkgs forcearch "
    "installroot randomwait releasever releasever_major releasever_minor repofrompath repo repoid rpmverbosity "
    "sec-severity secseverity setopt",
    {"c": "config", "d": "debuglevel", "e": "errorlevel", "x": "exclude", "R": "randomwait", "y": "assumeyes",
     "q": "quiet", "b": "best", "C": "cacheonly", "v": "verbose"},
)  # fmt: skip
_DNF_ACTIONS = _actions(
    install="install,in,localinstall,reinstall,rei,downgrade,dg,swap,install-n,install-na,install-nevra,module install,"
    "builddep",
    group="groupinstall,group install,grp install,groups install",
    remove="remove,rm,erase,autoremove,group remove,groupremove,module remove",
    upgrade="upgrade,up,update,upgrade-minimal,up-min,distro-sync,dsync,groupupdate,group upgrade",
    update="makecache,mc,check-update",
    clean="clean",
)
_ZYPPER_BEFORE = _grammar(
    "config cache-dir color installroot pkg-cache-dir plus-repo plus-content raw-cache-dir releasever reposd-dir root "
    "solv-cache-dir userdata xmlout",
    {"c": "config", "C": "cache-dir", "R": "root", "D": "reposd-dir", "p": "plus-repo", "n": "non-interactive",
     "q": "quiet", "v": "verbose"},
)  # fmt: skip
_ZYPPER_AFTER = _grammar(
    "repo type from download",
    {"r": "repo", "t": "type", "n": "name", "y": "no-confirm", "f": "force", "l": "auto-agree-with-licenses"},
)
_NPM = _grammar(
    "registry prefix loglevel cache tag userconfig globalconfig omit include only workspace scope location "
    "install-strategy script-shell before fetch-retries fetch-timeout network-timeout maxsockets depth save-prefix "
    "cafile ca cert key proxy https-proxy noproxy otp dir filter store-dir virtual-store-dir modules-folder cwd "
    "cache-folder use-yarnrc cpu os libc python target runtime arch target_arch disturl dist-url node-options user "
    "cache-min cache-max fetch-retry-factor fetch-retry-mintimeout fetch-retry-maxtimeout local-address logs-dir "
    "logs-max reporter network-concurrency child-concurrency lockfile-dir mutex preferred-cache-folder global-folder "
    "link-folder audit-level access mode min-release-age",
    {"C": "prefix", "w": "workspace", "g": "global", "D": "save-dev", "E": "save-exact", "S": "save", "f": "force"},
)
_GEM = _grammar(
    "version install-dir bindir platform source trust-policy file without document build-root http-proxy "
    "bulk-threshold config-file target-rbconfig use-system-libraries",
    {"v": "version", "i": "install-dir", "n": "bindir", "P": "trust-policy", "g": "file", "s": "source",
     "N": "no-document", "B": "bulk-threshold", "p": "http-proxy", "f": "force"},
)  # fmt: skip
_GO = _grammar(
    "C p asmflags buildmode buildvcs compiler covermode coverpkg gccgoflags gcflags installsuffix ldflags mod modfile "
    "overlay pgo pkgdir tags toolexec exec o",
    single_dash=True,
)
_CONDA = _grammar(
    "name prefix channel file revision repodata-fn solver subdir platform clone experimental "
    "environment-specifier spec rc-file root-prefix log-level",
    {
        "n": "name",
        "p": "prefix",
        "c": "channel",
        "f": "file",
        "y": "yes",
        "q": "quiet",
        "d": "dry-run",
        "r": "root-prefix",
    },
)
_APT_ACTIONS = _actions(
    install="install,reinstall,build-dep",
    remove="remove,purge,autoremove,autopurge",
    upgrade="upgrade,dist-upgrade,full-upgrade,safe-upgrade",
    update="update",
    clean="clean,autoclean,dist-clean,distclean",
)
_APT = _grammar(
    "target-release default-release option config-file host-architecture build-profiles",
    {"t": "target-release", "o": "option", "c": "config-file", "a": "host-architecture", "P": "build-profiles",
     "y": "yes", "q": "quiet", "s": "simulate", "d": "download-only"},
    {"assume-yes": "yes", "no-assume-yes": "no-yes"},
    equals=True,
)  # fmt: skip

_PIPX = _grammar(
    "python pip-args index-url spec preinstall suffix extra-index-url with with-editable with-requirements from "
    "constraint constraints override overrides build-constraint cache-dir config-file directory project index "
    "default-index find-links index-strategy keyring-provider resolution prerelease fork-strategy config-setting "
    "no-build-isolation-package exclude-newer link-mode color allow-insecure-host refresh-package upgrade-package "
    "reinstall-package tag branch rev extra group optional package script bounds",
    {
        "i": "index-url",
        "p": "python",
        "f": "find-links",
        "C": "config-setting",
        "P": "upgrade-package",
        "c": "constraints",
    },
)
_apk_row = Manager(
    "apk",
    "apk",
    _actions(install="add", remove="del", upgrade="upgrade,fix", update="update", clean="cache clean,cache purge"),
    _APK,
)
_dnf_row = Manager("dnf", "rpm", _DNF_ACTIONS, _DNF)
_conda_row = Manager(
    "conda",
    "conda",
    _actions(install="install,create", remove="remove,uninstall", upgrade="update,upgrade", clean="clean"),
    _CONDA,
)
_apt_row = Manager("apt", "apt", _APT_ACTIONS, _APT)

MANAGERS: Mapping[str, Manager] = {
    "apk": _apk_row,
    "apt": _apt_row,
    "apt-get": _apt_row,
    "aptitude": _apt_row,
    "yum": Manager("yum", "rpm", _DNF_ACTIONS, _DNF),
    "dnf": _dnf_row,
    "dnf5": _dnf_row,
    "microdnf": _dnf_row,
    "zypper": Manager(
        "zypper",
        "zypper",
        _actions(
            install="install,in,source-install,si",
            remove="remove,rm",
            upgrade="update,up,patch,dist-upgrade,dup",
            update="refresh,ref",
            clean="clean,cc",
        ),
        _ZYPPER_BEFORE,
        _ZYPPER_AFTER,
    ),
    "npm": Manager(
        "npm",
        "npm",
        _actions(
            install="install,i,add,in,ins,inst,isntall,ci,clean-install",
            remove="uninstall,remove,rm,r,un,unlink",
            upgrade="update,up,upgrade",
            clean="cache clean",
        ),
        _NPM,
    ),
    "yarn": Manager(
        "yarn",
        "npm",
        _actions(
            install="install,add,global add,dlx",
            remove="remove,global remove",
            upgrade="upgrade,up,global upgrade",
            clean="cache clean",
        ),
        _NPM,
        alone=frozenset({"dlx"}),
    ),
    "pnpm": Manager(
        "pnpm",
        "npm",
        _actions(
            install="install,i,add,dlx",
            remove="remove,rm,uninstall,un",
            upgrade="update,up,upgrade",
            clean="store prune",
        ),
        _NPM,
        alone=frozenset({"dlx"}),
    ),
    "gem": Manager(
        "gem",
        "gem",
        _actions(install="install,i", remove="uninstall", upgrade="update", clean="cleanup"),
        _GEM,
        cut=True,
        version_option="version",
    ),
    "go": Manager(
        "go",
        "go",
        _actions(install="install,get,run", clean="clean"),
        _GO,
        alone=frozenset({"run"}),
    ),
    "pipx": Manager(
        "pipx",
        "pip",
        _actions(install="install,run,inject", remove="uninstall", upgrade="upgrade,upgrade-all"),
        _PIPX,
        alone=frozenset({"run"}),
    ),
    "pip2": Manager("pip", "pip", _actions(install="install", remove="uninstall"), _PIP),
    "uv": Manager(
        "uv",
        "pip",
        _actions(
            install="tool install,add", remove="tool uninstall,remove", upgrade="tool upgrade", clean="cache clean"
        ),
        _PIPX,
    ),
    "conda": _conda_row,
    "mamba": _conda_row,
    "micromamba": _conda_row,
}


def parse_packages(program: str, arguments: Sequence[Argument]) -> PackageCommand | None:
    """Parse a call of a package manager, with the program first; return None if it changes no packages."""
    manager = MANAGERS[program]
    end = next((i for i, a in enumerate(arguments) if manager.cut and a.value == "--"), len(arguments))
    before = parse_options(arguments[1:end], manager.before, stop_at_operand=True)
    words = before.operands
    if not words:
        return None
    found = _subcommand(manager, words)
    if found is None:
        return None
    subcommand, action, length = found
    after = parse_options(words[length:], manager.after or manager.before, stop_at_operand=subcommand in manager.alone)
    operands = after.operands[:1] if subcommand in manager.alone else after.operands
    version = after.get(manager.version_option) if manager.version_option else None
    packages: list[PackageWord] = []
    for operand in operands:
        package = read_package(operand.value, manager.style, operand.span) if operand.value else None
        if package is not None and package.version is None and version is not None and version.value:
            package = PackageWord(package.name, version.value, package.kind, package.span)
        packages += [package] if package is not None else []
    options = Parsed((*before.options, *after.options), operands, before.unknown or after.unknown)
    span = Span(arguments[0].span.start, words[length - 1].span.end)
    return PackageCommand(manager.name, action, tuple(packages), options, span, program, subcommand)


def _subcommand(manager: Manager, words: Sequence[Argument]) -> tuple[str, str, int] | None:
    """Return the subcommand, its action and its number of words, or None."""
    first = words[0].value or ""
    second = words[1].value or "" if len(words) > 1 else ""
    for subcommand, length in ((f"{first} {second}", 2), (first, 1)):
        if subcommand in manager.actions:
            return subcommand, manager.actions[subcommand], length
    return None
