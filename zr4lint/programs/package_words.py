"""Parses the words for packages on command lines of package managers into names and versions."""

from __future__ import annotations

import re
from enum import Enum

from msgspec import Struct

from zr4lint.model.source import Span
from zr4lint.programs.pip import parse_requirement
from zr4lint.shell import Argument

_APK = r"(?P<name>[^=~<>@]+)(?P<version>[=~<>][^@]*)?(?:@.*)?\Z"
_APT = r"(?P<name>[^=/]+)(?P<version>[=/].*)?\Z"
_RPM = r"(?P<name>.+?)(?P<version>-(?:\d+:)?\d[\w.~^+]*(?:-\d[\w.~^+]*)?)\Z"
_ZYPPER = r"(?P<name>[^=<>]+)(?P<version>[=<>].*)?\Z"
_NPM = r"(?P<name>(?:@[^/@]+/)?[^/@:]+)(?P<version>@[^/]+)?\Z"
_GEM = r"(?P<name>[^:]+)(?P<version>:.+)?\Z"
_GO = r"(?P<name>[^@]+)(?P<version>@.+)?\Z"
_CONDA = r"(?:[^:]*::)?(?P<name>[^=<>!~\s\[]+)(?P<version>\s*[=<>!~\[].*)?\Z"
_FILE = {
    "apk": (".apk",),
    "apt": (".deb",),
    "rpm": (".rpm",),
    "zypper": (".rpm",),
    "npm": (".tgz", ".tar.gz", ".tar"),
    "gem": (".gem",),
    "conda": (".conda", ".tar.bz2"),
}
_PATTERNS = {
    "apk": _APK,
    "apt": _APT,
    "rpm": _RPM,
    "zypper": _ZYPPER,
    "npm": _NPM,
    "gem": _GEM,
    "go": _GO,
    "conda": _CONDA,
}
_GIT = r"(?:git\+|git:|git@|github:|gitlab:|bitbucket:)|\w[\w.-]*/[\w.-]+(?:#.*)?\Z"
_LOCAL = ("file:", "link:", "portal:")


class Kind(Enum):
    """What a word names: a package, a file, a URL or a group."""

    NAME = "name"
    FILE = "file"
    URL = "url"
    GROUP = "group"


class PackageWord(Struct, frozen=True, gc=False):
    """A package as a command line names it.

    `version` is as written, with the sign before it ("=1.2", "@latest", "-3.8.1-4.el9"), or None. The name of a file, a
    URL or a group is the whole word.
    """

    name: str
    version: str | None
    kind: Kind
    span: Span


def read_package(text: str, style: str, span: Span) -> PackageWord | None:
    """Parse a word in the syntax of a manager, such as "apk" or "rpm"; return None if it removes a package."""
    if text.startswith(("!", "-")) or (style == "apt" and text.endswith("-")):
        return None
    if style == "pip":
        return _requirement(text, span)
    if "://" in text or (style == "npm" and re.match(_GIT, text) and not text.startswith("@")):
        return PackageWord(text, None, Kind.URL, span)
    starts = (".", "/", "~", *_LOCAL) if style == "npm" else (".", "/", "~")
    if style != "go" and (text.startswith(starts) or text.endswith(_FILE.get(style, ()))):
        return PackageWord(text, None, Kind.FILE, span)
    if style == "go" and (text.startswith((".", "/")) or text in ("std", "cmd") or text.startswith("cmd/")):
        return PackageWord(text, None, Kind.FILE, span)
    if style == "rpm" and text.startswith("@"):
        return PackageWord(text, None, Kind.GROUP, span)
    found = re.match(_PATTERNS[style], text)
    if found is None:
        return PackageWord(text, None, Kind.NAME, span)
    return PackageWord(found["name"], found["version"], Kind.NAME, span)


def _requirement(text: str, span: Span) -> PackageWord:
    found = parse_requirement(Argument(text, span))
    if found is None:
        return PackageWord(text, None, Kind.FILE if "://" not in text else Kind.URL, span)
    return PackageWord(found.name, found.specifier or None, Kind.URL if found.url else Kind.NAME, span)
