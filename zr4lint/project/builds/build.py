"""The builds that compose files and bake files describe."""

from __future__ import annotations

from msgspec import Struct

from zr4lint.model.source import MappedText


class BuildFileError(Exception):
    """A file that describes builds and cannot be used; the message gives the reason without the name of the file."""


class Described(Struct, frozen=True):
    """A build as its file describes it; None stands for a value that depends on an unknown variable.

    `name` is "service web" or "target web". `args` are the build arguments. `contexts` are the named contexts. `inline`
    is the text of a Dockerfile that the file itself contains.
    """

    name: str
    context: str | None
    dockerfile: str | None
    args: tuple[tuple[str, str | None], ...] = ()
    target: str | None = None
    contexts: tuple[tuple[str, str | None], ...] = ()
    inline: MappedText | None = None


class Build(Struct, frozen=True):
    """A build whose files are known: the path of its Dockerfile, None if it is inline, and its context.

    `origin` is the path of the file that describes the build.
    """

    origin: str
    name: str
    file: str | None
    context: str
    args: tuple[tuple[str, str | None], ...] = ()
    target: str | None = None
    contexts: tuple[tuple[str, str | None], ...] = ()
    inline: MappedText | None = None
