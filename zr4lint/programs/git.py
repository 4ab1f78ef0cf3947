"""Command lines of git: `git clone`, and what else fills or changes a clone's folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from msgspec import Struct

from zr4lint.model.source import Span
from zr4lint.programs.options import Grammar, Parsed, parse_options
from zr4lint.shell import Argument

_INSTEAD = r"(?is)url\.(.*)\.insteadof=(.*)\Z"
_FILLS = frozenset({"checkout", "switch", "restore", "reset", "pull"})
_GENERAL = Grammar({"C": "C", "c": "c"}, frozenset({"C", "c", "git-dir", "work-tree"}), frozenset(), abbreviate=False)
_CLONE = Grammar(
    short={
        "b": "branch", "o": "origin", "u": "upload-pack", "c": "config", "j": "jobs", "q": "quiet", "n": "no-checkout",
        "v": "verbose", "l": "local", "s": "shared", "4": "ipv4", "6": "ipv6", "h": "help",
    },
    valued=frozenset({
        "branch", "depth", "origin", "upload-pack", "reference", "reference-if-able", "template", "config", "jobs",
        "separate-git-dir", "shallow-since", "shallow-exclude", "filter", "server-option", "bundle-uri", "ref-format",
        "revision",
    }),
    flags=frozenset({
        "bare", "mirror", "single-branch", "recurse-submodules", "recursive", "no-tags", "tags", "no-checkout", "quiet",
        "verbose", "progress", "local", "shared", "hardlinks", "reject-shallow", "dissociate", "shallow-submodules",
        "also-filter-submodules", "remote-submodules", "sparse", "ipv4", "ipv6", "checkout", "help",
    }),
)  # fmt: skip


_TELLS = ("version", "v", "help", "h", "html-path", "man-path", "info-path")
"""General options with which git says something and does nothing."""


class Clone(Struct, frozen=True):
    """One clone: its URL, the folder `-C` names, and the target as written, which may be absent.

    `empty` tells that its folder gets no files before a checkout. `refused` are words for which git does nothing.
    """

    url: Argument
    folder: str
    directory: Argument | None
    parsed: Parsed
    empty: bool = False
    refused: Span | None = None

    @property
    def target(self) -> str | None:
        """The folder it clones to, relative to where git runs; None where it can't be known."""
        if self.directory is not None:
            return self.directory.value
        if self.url.value is None:
            return None
        return (
            self.url.value.rstrip("/").removesuffix("/.git").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
        )


def parse_clone(arguments: Sequence[Argument]) -> Clone | None:
    """Read the arguments of git, the program among them; None for anything but a clone with a folder of files."""
    general = parse_options(arguments[1:], _GENERAL, stop_at_operand=True)
    if not general.operands or general.operands[0].value != "clone" or general.has(*_TELLS):
        return None
    parsed = parse_options(general.operands[1:], _CLONE)
    if not parsed.operands or parsed.has("bare", "mirror", "help"):
        return None
    url = parsed.operands[0]
    for setting in general.all("c"):
        if (found := re.match(_INSTEAD, setting.value or "")) and url.value and url.value.startswith(found[2]):
            url = Argument(found[1] + url.value.removeprefix(found[2]), url.span)
    folder = general.get("C")
    directory = parsed.operands[1] if len(parsed.operands) > 1 else None
    empty = parsed.has("no-checkout")
    return Clone(url, (folder.value or "") if folder else "", directory, parsed, empty, _refused(parsed))


def _refused(parsed: Parsed) -> Span | None:
    """The first option that git does not have, or that fits several; the first operand behind the target."""
    names = _CLONE.valued | _CLONE.flags
    for option in parsed.options:
        if (
            option.name not in names
            and option.name.removeprefix("no-") not in names
            and f"no-{option.name}" not in names
        ):
            return option.span
    return parsed.operands[2].span if len(parsed.operands) > 2 and not parsed.unknown else None


class Update(Struct, frozen=True):
    """A command on a repository that may change whose commits its folder shows.

    `kind` is "remote", where a remote gets the URL `source`; "rename", where it gets the name `source`; "fetch", where
    `source` names a remote or is a URL, and `ref` is the branch that it becomes; "show", where the folder gets the
    files of `ref`; "pull", which does both; "empty", which removes all files; "init", which makes the repository. A
    word that isn't given is None.
    """

    kind: str
    folder: str
    name: str = "origin"
    source: Argument | None = None
    ref: Argument | None = None


_UPDATE = Grammar({"b": "b", "B": "B", "c": "c", "C": "C", "f": "fetch", "t": "t", "m": "m", "j": "jobs"}, frozenset({
    "depth", "jobs", "deepen", "shallow-since", "refmap", "upload-pack", "strategy", "strategy-option", "b", "B", "c",
    "C", "t", "m", "orphan", "initial-branch",
}), frozenset(), abbreviate=False)  # fmt: skip
_SHOWS = frozenset({"checkout", "switch", "reset", "merge", "rebase"})
_REMOTE_URL = r"(?i)remote\.(.+)\.(?:push)?url\Z"


def parse_update(arguments: Sequence[Argument]) -> Update | None:
    """Read the arguments of git, the program among them; None for what leaves the files of a clone to its remote."""
    general = parse_options(arguments[1:], _GENERAL, stop_at_operand=True)
    if not general.operands:
        return None
    folder = _folder(general)
    action = general.operands[0].value
    parsed = parse_options(general.operands[1:], _UPDATE)
    words = parsed.operands
    first, second = (words[0] if words else None), (words[1] if len(words) > 1 else None)
    if action == "init":
        return Update("init", posixpath.join(folder, (first.value or "\0") if first is not None else ""))
    if action == "remote":
        return _remote(folder, words)
    if action == "config" and second is not None and (found := re.match(_REMOTE_URL, words[0].value or "")):
        return Update("remote", folder, found[1], second)
    if action in ("fetch", "pull"):
        return Update(action, folder, source=first, ref=second)
    if action == "rm" and any(word.value in (".", "*", ":/") for word in words):
        return Update("empty", folder)
    if action in _SHOWS and first is not None:
        return Update("show", folder, ref=first)
    return None


def _remote(folder: str, words: Sequence[Argument]) -> Update | None:
    """The effect of `git remote` on a remote; `set-url --add` and `--push` have the same operands."""
    values = [word.value or "" for word in words]
    if values[:1] == ["rename"] and len(words) > 2:
        return Update("rename", folder, values[1], words[2])
    if values[:1] in (["add"], ["set-url"]) and len(words) > 2:
        return Update("remote", folder, values[1], words[2])
    return None


def filled_folder(arguments: Sequence[Argument]) -> str | None:
    """The folder that `-C` names, for a command that puts the files of a commit there; else None."""
    general = parse_options(arguments[1:], _GENERAL, stop_at_operand=True)
    if not general.operands or general.operands[0].value not in _FILLS:
        return None
    if "--" in [word.value for word in general.operands] and _some_files(general.operands):
        return None
    return _folder(general)


def _some_files(words: Sequence[Argument]) -> bool:
    """Whether the words behind `--` name some files of the commit, and not all."""
    values = [word.value for word in words]
    return not {".", ":/", "*", None}.intersection(values[values.index("--") + 1 :])


def _folder(general: Parsed) -> str:
    """The folder that git works on, as its general options name it; "" for the one it runs in."""
    for name in ("C", "work-tree", "git-dir"):
        option = general.get(name)
        if option is not None:
            return (option.value or "\0").removesuffix("/.git") if name == "git-dir" else option.value or "\0"
    return ""
