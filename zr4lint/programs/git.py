"""Command lines of `git clone`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from zr4lint.programs.options import Grammar, Parsed, parse_options
from zr4lint.shell import Argument

_INSTEAD = r"(?is)url\.(.*)\.insteadof=(.*)\Z"
_GENERAL = Grammar({"C": "C", "c": "c"}, frozenset({"C", "c", "git-dir", "work-tree"}), frozenset(), abbreviate=False)
_CLONE = Grammar(
    short={
        "b": "branch", "o": "origin", "u": "upload-pack", "c": "config", "j": "jobs", "q": "quiet", "n": "no-checkout",
    },
    valued=frozenset({
        "branch", "depth", "origin", "upload-pack", "reference", "reference-if-able", "template", "config", "jobs",
        "separate-git-dir", "shallow-since", "shallow-exclude", "filter", "server-option", "bundle-uri", "ref-format",
        "revision",
    }),
    flags=frozenset({"bare", "mirror", "single-branch", "recurse-submodules", "no-tags", "no-checkout", "quiet"}),
)  # fmt: skip


class Clone(Struct, frozen=True):
    """One clone: its URL, the folder `-C` names, and the target as written, which may be absent."""

    url: Argument
    folder: str
    directory: Argument | None
    parsed: Parsed

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
    """Read the arguments of git, the program among them; None for anything but a clone with its files."""
    general = parse_options(arguments[1:], _GENERAL, stop_at_operand=True)
    if not general.operands or general.operands[0].value != "clone":
        return None
    parsed = parse_options(general.operands[1:], _CLONE)
    if not parsed.operands or parsed.has("bare", "mirror", "no-checkout"):
        return None
    url = parsed.operands[0]
    for setting in general.all("c"):
        if (found := re.match(_INSTEAD, setting.value or "")) and url.value and url.value.startswith(found[2]):
            url = Argument(found[1] + url.value.removeprefix(found[2]), url.span)
    folder = general.get("C")
    directory = parsed.operands[1] if len(parsed.operands) > 1 else None
    return Clone(url, (folder.value or "") if folder else "", directory, parsed)
