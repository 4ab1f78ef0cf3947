"""The remotes of the repositories that a build has cloned."""

from __future__ import annotations

from msgspec import Struct, structs

from zr4lint.facts.command_facts import Cloned
from zr4lint.facts.persistent import Map
from zr4lint.shell import Argument

_MOST = 256


class Repository(Struct, frozen=True):
    """A repository: the clone that made it, None for one that `git init` made, and what its names stand for.

    `remotes` are URLs by the name of the remote, `branches` those by the name of a branch, FETCH_HEAD among them.
    """

    origin: Cloned | None = None
    remotes: Map[Argument] = Map()
    branches: Map[Argument] = Map()

    def url_of(self, ref: str) -> Argument | None:
        """The repository whose commit a ref names; None where that is the one that was cloned, or isn't known."""
        if ref in self.branches:
            return self.branches[ref]
        name, slash, _ = ref.removeprefix("refs/remotes/").partition("/")
        return self.remotes[name] if slash and name in self.remotes else None


class Remotes(Struct, frozen=True):
    """Repositories by folder, and pairs of the prefix of URLs with what git takes instead of it."""

    repositories: Map[Repository] = Map()
    instead: tuple[tuple[str, str], ...] = ()

    def put(self, folder: str, repository: Repository) -> Remotes:
        """The same remotes, with the state of one repository replaced."""
        if len(self.repositories) >= _MOST and folder not in self.repositories:
            return self
        return structs.replace(self, repositories=self.repositories.put(folder, repository))
