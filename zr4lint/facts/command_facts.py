"""The facts of shell commands: one record for each thing that a program is asked to do."""

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


class Redirected(Struct, frozen=True):
    """A redirection of a command: its operator, the file as an absolute path, None where that can't be known."""

    operator: str
    path: str | None
    span: Span


class Ran(Fact, frozen=True):
    """A command. Every command of a RUN has this fact, those whose program has facts of its own too.

    A rule that looks at commands goes over `facts.of(Ran, stages)`: `program` is the program's name without its
    folder, "" where it can't be known; `arguments` are all its words, the program's first, each with its value and
    span; `redirections`, `folder` and `variables` are what the shell hands it. `wrappers` are the programs that run
    it, such as `sudo`, and `pipes` its places in pipelines, both the outermost first; `pipes[-1].last` is False for a
    command whose status the next one's hides. Whether it runs at all says `at.reach`.
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
    """A call of any package manager; those of apt and pip have a fact with more detail beside it.

    `variables` are all that the command sees.
    """

    command: PackageCommand
    variables: Mapping[str, str | None]


class RepositoryAdded(Fact, frozen=True):
    """add-apt-repository, with the name as given, and `span` that word.

    `removed` tells that it takes the repository away, `updates` that it reads the package lists anew.
    """

    name: str | None
    span: Span
    removed: bool
    updates: bool


class VenvCreated(Fact, frozen=True):
    """A virtual environment made by a module ("venv" or "virtualenv"); `python` is the program's name.

    `clears` tells that it empties an environment that is there already, `has_pip` that pip is installed into it;
    `without_pip` is the option that leaves pip out.
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

    `settings` are the PIP_* and UV_* variables in force, `path` is PATH, `files` the requirement files as absolute
    paths with the words that name them, `lost_specifiers` version specifiers that the shell takes for redirections,
    `variables` all that the command sees, `folder` where it runs. `listings` are what those of the `files` list that
    lie in the build context, `projects` what projects there depend on that it installs, `constraints` what its
    constraint files there allow.
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
    """An install from the files of a project by another program than pip, as a call of pip: `uv sync`, conda.

    Rules about how pip is called don't see it.
    """


class CondaListed(Fact, frozen=True):
    """The packages that conda installs from an environment file; a version has its operator, "=2.5.1"."""

    packages: tuple[PackageWord, ...]
    channels: tuple[str, ...]


class NodeListed(Fact, frozen=True):
    """A package.json that npm, yarn or pnpm reads from the build context beside a lock file, which it insists on.

    `node` is the range of its engine, `lock` the name of the lock file, "" where there is none. `stale` are the
    dependencies that the lock file does not agree with, at their places in package.json, each with what it has instead,
    NAME@VERSION, or "".
    """

    words: Span
    node: Argument | None
    lock: str
    stale: tuple[tuple[Argument, str], ...]


class LockMissing(Fact, frozen=True):
    """An install that insists on a lock file which is not in the build context, or not `copied` into the image."""

    words: Span
    name: str
    copied: bool


class Cloned(Fact, frozen=True):
    """`git clone`; `target` is absolute, `words` is the command's text in the file."""

    clone: Clone
    target: str | None
    words: str


class CloneRefused(Fact, frozen=True):
    """`git clone` that leaves no files because of the words at `span`; `words` is all of it.

    git does not take those words, or with `empty` they have it make no checkout.
    """

    span: Span
    words: str
    empty: bool = False


class Overwritten(Fact, frozen=True):
    """A file that a command writes: the target of cp, mv, install or ln, or of a redirection; absolute."""

    path: str


class Moved(Fact, frozen=True):
    """The effect of mv, cp, install, ln or `cat a > b` on one file or folder; both paths are absolute.

    `moves` tells that the source is gone then. `mode` is the mode that the command itself gives; without it the file
    keeps that of the source, or, with `text_only`, gets that of a new file. `link` tells that only a link is made.
    """

    source: str | None
    target: str
    moves: bool
    mode: str | None = None
    text_only: bool = False
    link: bool = False


class FolderMade(Fact, frozen=True):
    """A folder that mkdir makes, or an empty `file` of touch; absolute."""

    path: str
    file: bool = False


class ModeChanged(Fact, frozen=True):
    """chmod, with absolute paths that may hold wildcards.

    `unknown` tells that it changes more than these, in a way that can't be known.
    """

    mode: str
    paths: tuple[str, ...]
    recursive: bool
    unknown: bool = False


class Removed(Fact, frozen=True):
    """rm, or the source of mv; absolute paths that may hold wildcards."""

    paths: tuple[str, ...]
    recursive: bool
