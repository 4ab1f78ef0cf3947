"""Parses command lines of git: `git clone`, and other commands that fill or change a clone's folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from zr4lint.model.quoting import is_typo
from zr4lint.model.source import Span
from zr4lint.programs.option_reading import Grammar, Parsed, parse_options
from zr4lint.shell import Argument

_INSTEAD = r"(?is)url\.(.*)\.insteadof=(.*)\Z"
_COMMIT = r"[0-9a-f]{40}"
"""The pattern of a full commit hash, which is neither a branch nor a tag."""
_FILLS = frozenset({"checkout", "switch", "restore", "reset", "pull"})
BRINGS_FILES = _FILLS | {"merge", "rebase"}
"""Commands that may put files of another commit into the folder of a repository."""
_RESTORES = frozenset({"am", "apply", "bisect", "reset", "restore", "revert", "stash", "submodule", "worktree"})
_FORCED = frozenset({".", ":/", "--", "-f", "--force"})
_OF_INDEX = frozenset({"-S", "--staged", "-b", "-B"})
"""Options with which `checkout` and `restore` don't restore files of the working tree."""
_INSIDE = frozenset({
    "add", "branch", "clean", "commit", "describe", "fetch", "log", "merge", "mv", "rebase", "remote", "rev-parse",
    "rm", "show", "stash", "status", "submodule", "tag", "worktree",
})  # fmt: skip
_COMMANDS = _INSIDE | _FILLS | {
    "am", "annotate", "apply", "archive", "bisect", "blame", "bugreport", "bundle", "cherry", "clone", "column",
    "config", "credential", "daemon", "diagnose", "diff", "difftool", "fsck", "gc", "grep", "gui", "help", "hook",
    "init", "instaweb", "lfs", "mailinfo", "mailsplit", "maintenance", "mergetool", "mktag", "mktree", "notes",
    "prune", "push", "quiltimport", "reflog", "repack", "replace", "rerere", "revert", "shell", "shortlog", "stage",
    "stripspace", "subtree", "svn", "var", "version", "whatchanged",
}  # fmt: skip
"""The commands of git 2.39 without a hyphen (`git --list-cmds=main`), and a few from add-ons."""
_QUIET = frozenset({"-q", "--quiet"})
_GENERAL = Grammar(
    {"C": "C", "c": "c", "p": "paginate", "P": "no-pager", "v": "version", "h": "help"},
    frozenset({"C", "c", "git-dir", "work-tree", "namespace", "config-env", "attr-source"}),
    frozenset(),
    abbreviate=False,
)
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


_TELLS = ("version", "help", "html-path", "man-path", "info-path", "list-cmds")
"""General options with which git only prints information."""


class GitCommand(Struct, frozen=True):
    """A call of git after its general options.

    `name` is the command, or "" if git only prints information. It is argument number `at` of the call, and `arguments`
    follow it. `start` is the folder of `-C`, and `folder` the one with the files that git works on. Both are relative
    to git's working folder, "" for that folder itself, and None if they are unknown. `settings` are the values of `-c`.
    """

    name: str
    at: int
    arguments: tuple[Argument, ...]
    start: str | None = ""
    folder: str | None = ""
    settings: tuple[Argument, ...] = ()


def read_git(arguments: Sequence[Argument], variables: Mapping[str, str | None] = MappingProxyType({})) -> GitCommand:
    """Parse the general options of a call of git, with the program as first argument.

    `variables` can replace options: GIT_DIR `--git-dir`, and GIT_WORK_TREE `--work-tree`.
    """
    general = parse_options(arguments[1:], _GENERAL, stop_at_operand=True)
    answers = general.has(*_TELLS) or any(option.value == "" for option in general.all("exec-path"))
    rest = general.operands
    name = (rest[0].value or "?") if rest and not answers else ""
    start: str | None = ""
    for option in general.all("C"):
        start = _joined(start, option.value)
    tree, repository = general.get("work-tree"), general.get("git-dir")
    if tree is not None or "GIT_WORK_TREE" in variables:
        folder = _joined(start, tree.value if tree is not None else variables["GIT_WORK_TREE"])
    elif repository is not None or "GIT_DIR" in variables:
        folder = _joined(start, _parent(repository.value if repository is not None else variables["GIT_DIR"]))
    else:
        folder = start
    settings = tuple(Argument(option.value, option.value_span) for option in general.all("c"))
    return GitCommand(name, len(arguments) - len(rest), rest[1:], start, folder, settings)


def _joined(folder: str | None, path: str | None) -> str | None:
    return None if folder is None or path is None else posixpath.join(folder, path)


def _parent(repository: str | None) -> str | None:
    """Return the folder with the files of the repository that `--git-dir` names."""
    parent, _, name = (repository or "").rstrip("/").rpartition("/")
    return parent if name == ".git" else None


class Clone(Struct, frozen=True):
    """A clone: its URL, git's folder, and the target as written, which may be missing.

    `empty` tells that the folder has no files until a checkout. `refused` is the word that makes git fail.
    """

    url: Argument
    folder: str | None
    directory: Argument | None
    parsed: Parsed
    empty: bool = False
    refused: Span | None = None

    @property
    def target(self) -> str | None:
        """Return the folder it clones to, relative to git's working folder, or None if it is unknown."""
        if self.directory is not None:
            return self.directory.value
        if self.url.value is None:
            return None
        return (
            self.url.value.rstrip("/").removesuffix("/.git").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
        )


def parse_clone(arguments: Sequence[Argument]) -> Clone | None:
    """Parse a call of git, with the program as first argument; return None unless it clones files into a folder."""
    git = read_git(arguments)
    if git.name != "clone":
        return None
    parsed = parse_options(git.arguments, _CLONE)
    if not parsed.operands or parsed.has("bare", "mirror", "help"):
        return None
    url = parsed.operands[0]
    for setting in git.settings:
        if (found := re.match(_INSTEAD, setting.value or "")) and url.value and url.value.startswith(found[2]):
            url = Argument(found[1] + url.value.removeprefix(found[2]), url.span)
    directory = parsed.operands[1] if len(parsed.operands) > 1 else None
    empty = parsed.has("no-checkout")
    return Clone(url, git.start, directory, parsed, empty, _refused(parsed))


def _refused(parsed: Parsed) -> Span | None:
    """Return the first option that is unknown, ambiguous or has a wrong value, or the first superfluous operand."""
    names = _CLONE.valued | _CLONE.flags
    for option in parsed.options:
        if option.lacks_value(_CLONE) or (option.name == "branch" and re.fullmatch(_COMMIT, option.value or "")):
            return option.span
        if (
            option.name not in names
            and option.name.removeprefix("no-") not in names
            and f"no-{option.name}" not in names
        ):
            return option.span
    return parsed.operands[2].span if len(parsed.operands) > 2 and not parsed.unknown else None


class Update(Struct, frozen=True):
    """A command on a repository that may change whose commits its folder contains.

    `kind` is one of these; words that are not given are None:

    - "remote": a remote gets the URL `source`.
    - "rename": a remote gets the name `source`.
    - "fetch": git fetches `ref` from `source`, a remote or a URL.
    - "show": the folder gets the files of `ref`.
    - "pull": git fetches and then updates the files.
    - "empty": all files are removed.
    - "init": the repository is created.
    - "take": the files `sources` are removed or moved.
    """

    kind: str
    folder: str | None
    name: str = "origin"
    source: Argument | None = None
    ref: Argument | None = None
    sources: tuple[Argument, ...] = ()


_UPDATE = Grammar({"b": "b", "B": "B", "c": "c", "C": "C", "f": "fetch", "t": "t", "m": "m", "j": "jobs"}, frozenset({
    "depth", "jobs", "deepen", "shallow-since", "refmap", "upload-pack", "strategy", "strategy-option", "b", "B", "c",
    "C", "t", "m", "orphan", "initial-branch",
}), frozenset(), abbreviate=False)  # fmt: skip
_SHOWS = frozenset({"checkout", "switch", "reset", "merge", "rebase"})
_REMOTE_URL = r"(?i)remote\.(.+)\.(?:push)?url\Z"


def parse_update(git: GitCommand) -> Update | None:
    """Parse a call of git; return None if the clone keeps the files of its remote."""
    folder, action = git.folder, git.name
    parsed = parse_options(git.arguments, _UPDATE)
    words = parsed.operands
    first, second = (words[0] if words else None), (words[1] if len(words) > 1 else None)
    if action == "init":
        return Update("init", _joined(folder, first.value if first is not None else ""))
    if action == "remote":
        return _remote(folder, words)
    if action == "config" and second is not None and (found := re.match(_REMOTE_URL, words[0].value or "")):
        return Update("remote", folder, found[1], second)
    if action in ("fetch", "pull"):
        return Update(action, folder, source=first, ref=second)
    if action in ("mv", "rm") and not parsed.has("cached", "dry-run", "n"):
        if action == "rm" and any(word.value in (".", "*", ":/") for word in words):
            return Update("empty", folder)
        return Update("take", folder, sources=tuple(words[:-1] if action == "mv" else words))
    if action in _SHOWS and first is not None:
        return Update("show", folder, ref=first)
    return None


def _remote(folder: str | None, words: Sequence[Argument]) -> Update | None:
    """Return the effect of `git remote` on a remote; `set-url --add` and `--push` have the same operands."""
    values = [word.value or "" for word in words]
    if values[:1] == ["rename"] and len(words) > 2:
        return Update("rename", folder, values[1], words[2])
    if values[:1] in (["add"], ["set-url"]) and len(words) > 2:
        return Update("remote", folder, values[1], words[2])
    return None


def may_restore(git: GitCommand) -> bool:
    """Return whether a command may bring back files that were removed from the folder of a repository."""
    values = [word.value or "." for word in git.arguments]
    forced = not _FORCED.isdisjoint(values) or len([value for value in values if value[0] != "-"]) > 1
    return git.name in _RESTORES or (git.name == "checkout" and forced)


def restored(git: GitCommand) -> tuple[str, ...]:
    """Return the words of a command that may name files which it restores; ":/" stands for all files."""
    values = [word.value or "-" for word in git.arguments]
    all_ = {"reset": "--hard" in values, "stash": True, "checkout": not _FORCED.isdisjoint(values) and len(values) == 1}
    if all_.get(git.name):
        return (":/",)
    if git.name not in ("checkout", "restore") or not _OF_INDEX.isdisjoint(values):
        return ()
    after = values.index("--") + 1 if "--" in values else 0
    return tuple(value for value in values[after:] if not value.startswith("-"))


def needs_repository(git: GitCommand) -> bool:
    """Return whether a command fails outside a repository."""
    return git.name in _INSIDE or git.name in _FILLS


def misspelt(name: str) -> str | None:
    """Return the git command that differs from a name by one letter.

    Return None for known commands, and for names with a hyphen, which may be add-ons.
    """
    if name in _COMMANDS or "-" in name:
        return None
    return next((known for known in sorted(_COMMANDS) if is_typo(name, known, 1)), None)


def refused_word(git: GitCommand) -> Argument | None:
    """Return the commit given to `git switch`, which accepts one only with an option."""
    values = [word.value or "" for word in git.arguments]
    if git.name != "switch" or any(value.startswith("-") and value not in _QUIET for value in values):
        return None
    return next((word for word in git.arguments if re.fullmatch(_COMMIT, word.value or "")), None)


def filled_folder(git: GitCommand) -> str | None:
    """Return the folder that gets the files of a commit, or None if it is unknown or the command fills none."""
    if git.name not in _FILLS:
        return None
    return None if "--" in [word.value for word in git.arguments] and _some_files(git.arguments) else git.folder


def _some_files(words: Sequence[Argument]) -> bool:
    """Return whether the words after `--` name only some files of the commit."""
    values = [word.value for word in words]
    return not {".", ":/", "*", None}.intersection(values[values.index("--") + 1 :])


def checked_out(git: GitCommand) -> Argument | None:
    """Return the commit, tag or branch of `checkout`, `switch` or `reset`, or None for another command."""
    if git.name not in ("checkout", "switch", "reset") or any(word.value == "--" for word in git.arguments):
        return None
    operands = [word for word in git.arguments if word.value is None or not word.value.startswith("-")]
    return operands[0] if len(operands) == 1 else None
