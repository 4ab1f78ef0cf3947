"""The remotes of the repositories that a build has cloned."""

from __future__ import annotations

from msgspec import Struct, structs

from zr4lint.facts.command_facts import Cloned
from zr4lint.facts.persistent import Map
from zr4lint.shell import Argument

_MOST = 256


class Repository(Struct, frozen=True):
    """A repository: the clone that made it, or None for `git init`, and the meaning of its names.

    `remotes` are URLs by remote name, and `branches` URLs by branch name, including FETCH_HEAD.
    """

    origin: Cloned | None = None
    remotes: Map[Argument] = Map()
    branches: Map[Argument] = Map()

    def url_of(self, ref: str) -> Argument | None:
        """Return the repository of the commit that a ref names, or None if it is the cloned one or unknown."""
        if ref in self.branches:
            return self.branches[ref]
        name, slash, _ = ref.removeprefix("refs/remotes/").partition("/")
        return self.remotes[name] if slash and name in self.remotes else None


class Remotes(Struct, frozen=True):
    """Repositories by folder, and pairs of a URL prefix with the replacement that git uses."""

    repositories: Map[Repository] = Map()
    instead: tuple[tuple[str, str], ...] = ()

    def put(self, folder: str, repository: Repository) -> Remotes:
        """Return the remotes with the state of one repository replaced."""
        if len(self.repositories) >= _MOST and folder not in self.repositories:
            return self
        return structs.replace(self, repositories=self.repositories.put(folder, repository))
