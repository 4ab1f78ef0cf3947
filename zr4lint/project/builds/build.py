"""Builds as compose files and bake files describe them."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.model.source import MappedText


class BuildFileError(Exception):
    """A file that describes builds and can't be used; the message says why, without the file's name."""


class Described(Struct, frozen=True):
    """A build as its file has it; None stands for what depends on a variable that is not known.

    `name` is "service web" or "target web". `args` are the build arguments. `contexts` are the named contexts.
    `inline` is the text of a Dockerfile that stands in the file itself.
    """

    name: str
    context: str | None
    dockerfile: str | None
    args: tuple[tuple[str, str | None], ...] = ()
    target: str | None = None
    contexts: tuple[tuple[str, str | None], ...] = ()
    inline: MappedText | None = None


class Build(Struct, frozen=True):
    """A build whose files are known: its Dockerfile, None for one that stands in the file, and its context.

    `origin` is the path of the file that describes it.
    """

    origin: str
    name: str
    file: str | None
    context: str
    args: tuple[tuple[str, str | None], ...] = ()
    target: str | None = None
    contexts: tuple[tuple[str, str | None], ...] = ()
    inline: MappedText | None = None
