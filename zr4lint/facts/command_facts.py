"""The facts of shell commands, one record for each effect of a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts.fact import Fact
from zr4lint.model.source import Span

if TYPE_CHECKING:
    from zr4lint.programs.apt import AptCommand
    from zr4lint.programs.git import Clone
    from zr4lint.programs.package_managers import PackageCommand
    from zr4lint.programs.package_words import PackageWord
    from zr4lint.programs.pip import PipCommand, Requirement
    from zr4lint.programs.requirements_file import Listing
    from zr4lint.shell import Argument, Pipe, Wrapper


class Redirected(Struct, frozen=True, gc=False):
    """A redirection of a command; `path` is absolute, or None if it is unknown."""

    operator: str
    path: str | None
    span: Span


class Ran(Fact, frozen=True):
    """A command. Every command of a RUN has this fact, even if its program has more specific facts.

    Rules about commands loop over `facts.of(Ran, stages)`.

    - `program` is the program's name without its folder, or "" if it is unknown.
    - `arguments` are all words, with the program first, each with value and span.
    - `redirections`, `folder` and `variables` are those that the shell applies.
    - `wrappers` are the programs that run it, such as `sudo`, the outermost first.
    - `pipes` are its places in pipelines, the outermost first. If `pipes[-1].last` is False, the pipeline hides its
      status.
    - `at.reach` tells whether it runs.
    """

    program: str
    arguments: tuple[Argument, ...]
    variables: Mapping[str, str | None]
    folder: str | None = None
    redirections: tuple[Redirected, ...] = ()
    wrappers: tuple[Wrapper, ...] = ()
    pipes: tuple[Pipe, ...] = ()


class AptRun(Fact, frozen=True):
    """A call of apt or apt-get."""

    command: AptCommand


class PackageRun(Fact, frozen=True):
    """A call of any package manager; apt and pip have a more detailed fact as well.

    `variables` are those that the command sees.
    """

    command: PackageCommand
    variables: Mapping[str, str | None]


class RepositoryAdded(Fact, frozen=True):
    """A call of add-apt-repository with the name as written, at `span`.

    `removed` tells that it removes the repository, and `updates` that it updates the package lists.
    """

    name: str | None
    span: Span
    removed: bool
    updates: bool


class VenvCreated(Fact, frozen=True):
    """A virtual environment made by a module ("venv" or "virtualenv"); `python` is the program's name.

    `clears` tells that it empties an existing environment, and `has_pip` that it installs pip; `without_pip` is the
    option that leaves pip out.
    """

    python: str
    module: str
    path: str | None
    path_span: Span
    clears: bool
    has_pip: bool = True
    without_pip: Span | None = None


class PipRun(Fact, frozen=True):
    """A call of pip.

    - `settings` are the PIP_* and UV_* variables in effect, and `path` is PATH.
    - `files` are the requirement files as absolute paths, each with the span that names it.
    - `lost_specifiers` are version specifiers that the shell reads as redirections.
    - `variables` are those that the command sees, and `folder` is its working folder.
    - `listings` are the entries of those `files` that are in the build context.
    - `projects` are the dependencies of projects in the build context that it installs.
    - `constraints` are the requirements of constraint files in the build context.
    """

    command: PipCommand
    settings: Mapping[str, str | None]
    path: str | None
    files: tuple[tuple[str | None, Span], ...]
    lost_specifiers: tuple[Span, ...]
    variables: Mapping[str, str | None]
    folder: str | None
    listings: tuple[Listing | None, ...] = ()
    projects: tuple[Listing, ...] = ()
    constraints: tuple[Requirement, ...] = ()


class ProjectRun(PipRun, frozen=True):
    """An install of a project's files by a program other than pip, such as `uv sync` or conda, as a call of pip.

    Rules about pip's own options ignore it.
    """


class CondaListed(Fact, frozen=True):
    """The packages that conda installs from an environment file; a version includes its operator ("=2.5.1")."""

    packages: tuple[PackageWord, ...]
    channels: tuple[str, ...]


class NodeListed(Fact, frozen=True):
    """A package.json in the build context that npm, yarn or pnpm installs with a required lock file.

    `node` is the range of its engine. `lock` is the name of the lock file, or "" if there is none. `stale` are the
    dependencies that the lock file contradicts, at their places in package.json, each with the locked NAME@VERSION or
    "".
    """

    words: Span
    node: Argument | None
    lock: str
    stale: tuple[tuple[Argument, str], ...]


class LockMissing(Fact, frozen=True):
    """An install whose required lock file is missing in the build context or, with `copied` False, in the image."""

    words: Span
    name: str
    copied: bool


class Cloned(Fact, frozen=True):
    """`git clone`; `target` is absolute, and `words` is the command's text."""

    clone: Clone
    target: str | None
    words: str


class CloneRefused(Fact, frozen=True):
    """A `git clone` that creates no files because of the words at `span`; `words` is the command's text.

    Git rejects these words or, if `empty` is set, makes no checkout because of them.
    """

    span: Span
    words: str
    empty: bool = False


class Overwritten(Fact, frozen=True):
    """A file that a command writes: the absolute target of cp, mv, install or ln, or of a redirection."""

    path: str


class Moved(Fact, frozen=True):
    """The effect of mv, cp, install, ln or a filter (`cat a > b`) on one file or folder; both paths are absolute.

    `moves` tells that the source is removed. `mode` is the mode that the command sets. Without it, the file keeps the
    source's mode or, with `text_only`, gets that of a new file. `link` tells that the command only makes a link.
    """

    source: str | None
    target: str
    moves: bool
    mode: str | None = None
    text_only: bool = False
    link: bool = False


class Restored(Fact, frozen=True):
    """Files or folders of a clone that git restores; the paths are absolute."""

    paths: tuple[str, ...]


class FolderMade(Fact, frozen=True):
    """A folder that mkdir makes, or with `file` an empty file that touch makes; absolute."""

    path: str
    file: bool = False


class ModeChanged(Fact, frozen=True):
    """A call of chmod; its absolute paths may have wildcards.

    `unknown` tells that it also changes other, unknown paths.
    """

    mode: str
    paths: tuple[str, ...]
    recursive: bool
    unknown: bool = False


class OwnerChanged(Fact, frozen=True):
    """A call of chown with its first operand; its absolute paths may have wildcards."""

    owner: str
    paths: tuple[str, ...]
    recursive: bool


class Removed(Fact, frozen=True):
    """A call of rm, or the source of mv; its absolute paths may have wildcards."""

    paths: tuple[str, ...]
    recursive: bool
