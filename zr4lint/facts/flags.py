"""Reads the flags of instructions with their variables replaced, and the mounts of a RUN."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from msgspec import Struct

from zr4lint.dockerfile import Instruction, values
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute
from zr4lint.programs.option_reading import Option


class Flags(Struct, frozen=True, gc=False):
    """The flags of an instruction, in order; a value is "" if it is missing, and None if it is unknown."""

    given: tuple[Option, ...] = ()

    def get(self, name: str) -> Option | None:
        """Return the last flag with this name, or None."""
        return next((flag for flag in reversed(self.given) if flag.name == name), None)

    def all(self, name: str) -> list[Option]:
        """Return all flags with this name, in order."""
        return [flag for flag in self.given if flag.name == name]

    def has(self, *names: str) -> bool:
        """Return whether any of these flags is given."""
        return any(flag.name in names for flag in self.given)


class Mount(Struct, frozen=True):
    """A `--mount` of RUN; `span` is the flag.

    `target` is absolute, or None if it is unknown. `image` is the stage or image of `from`, or "". `options` are all
    its keys in lower case, with their values.
    """

    type: str
    target: str | None
    source: str
    image: str
    options: Mapping[str, str]
    span: Span


def read_flags(instruction: Instruction, variables: Mapping[str, str | None]) -> Flags:
    """Return the flags of an instruction."""
    if not instruction.flags:
        return _NONE
    found: list[Option] = []
    for flag in instruction.flags:
        raw = flag.value or ""
        start = flag.span.end if flag.value is None else flag.span.start + len(flag.name) + 3
        found.append(Option(flag.name, values.expand(raw, variables), flag.span, Span(start, flag.span.end)))
    return Flags(tuple(found))


def read_mounts(
    instruction: Instruction, variables: Mapping[str, str | None], workdir: str | None
) -> tuple[Mount, ...]:
    """Return the mounts of a RUN with `workdir` as its working folder."""
    return tuple(
        _mount(flag.value or "", flag.span, variables, workdir) for flag in instruction.flags if flag.name == "mount"
    )


def _mount(raw: str, span: Span, variables: Mapping[str, str | None], workdir: str | None) -> Mount:
    options: dict[str, str] = {}
    for field in raw.split(","):
        key, _, value = field.strip('"').partition("=")
        options[key.lower()] = value
    given = options.get("target") or options.get("dst") or options.get("destination") or ""
    target = values.expand(given, variables)
    path = absolute(target, workdir) if target else target
    source = options.get("source") or options.get("src") or ""
    return Mount(
        options.get("type", "bind"),
        path,
        posixpath.normpath(source) if source else "",
        options.get("from", ""),
        options,
        span,
    )


_NONE = Flags()
