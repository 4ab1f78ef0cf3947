"""A table of the programs that write or remove their operands, one row per program."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

from zr4lint.programs.grammars import GRAMMARS
from zr4lint.programs.option_reading import Grammar, Parsed


class Operands(Enum):
    """The operands that a program affects."""

    NONE = "none"
    ALL = "all"
    SOURCES = "sources"
    TARGET = "target"


class FileProgram(Struct, frozen=True):
    """The effect of a program on its operands.

    - `removes` are the operands that it removes; with `when_removing`, only if one of these options is given.
    - `writes` are the operands that it writes.
    - `recursive` are the options that make it enter folders; `always_recursive` programs need none.
    - `spares` are the options with which it neither writes nor removes.
    - `writes_option` takes a file to write, and `folder_option` the folder that relative operands start from.
    - `closed` tells that the grammar has all options, so the program fails with any other.
    """

    grammar: Grammar
    removes: Operands = Operands.NONE
    when_removing: frozenset[str] = frozenset()
    recursive: frozenset[str] = frozenset()
    always_recursive: bool = False
    writes: Operands = Operands.NONE
    spares: frozenset[str] = frozenset()
    writes_option: str = ""
    folder_option: str = ""
    closed: bool = False

    def removes_with(self, parsed: Parsed) -> bool:
        """Return whether a call with these options removes operands."""
        return self.removes is not Operands.NONE and (not self.when_removing or parsed.has(*self.when_removing))

    def is_recursive(self, parsed: Parsed) -> bool:
        """Return whether a call with these options enters folders."""
        return self.always_recursive or parsed.has(*self.recursive)


def _grammar(short: Mapping[str, str] | None = None, valued: str = "", flags: str = "") -> Grammar:
    return Grammar(short or {}, frozenset(valued.split()), frozenset(flags.split()))


_HELP = frozenset({"help", "version"})
_COMMON = "help version verbose force interactive"
_COPYING = _grammar(
    {
        "t": "target-directory",
        "S": "suffix",
        "T": "no-target-directory",
        "n": "no-clobber",
        "f": "force",
        "a": "archive",
        "p": "preserve",
    },
    "target-directory suffix no-preserve sparse",
    f"{_COMMON} archive recursive update no-clobber no-target-directory backup preserve reflink strip-trailing-slashes",
)
_LINKING = _grammar(
    {"t": "target-directory", "S": "suffix", "T": "no-target-directory", "f": "force", "s": "symbolic"},
    "target-directory suffix",
    f"{_COMMON} symbolic backup logical physical relative no-dereference no-target-directory",
)
_INSTALLING = _grammar(
    {"t": "target-directory", "m": "mode", "o": "owner", "g": "group", "S": "suffix", "d": "directory"},
    "target-directory mode owner group suffix strip-program",
    f"{_COMMON} directory compare preserve-timestamps strip backup no-target-directory",
)
_PACKING = _grammar(
    {"k": "keep", "c": "stdout", "t": "test", "l": "list", "S": "suffix", "T": "threads", "h": "help"},
    "suffix threads",
    f"{_COMMON} keep stdout to-stdout test list decompress quiet recursive",
)
_PACKER = FileProgram(_PACKING, Operands.ALL, spares=_HELP | {"keep", "stdout", "to-stdout", "test", "list"})

FILE_PROGRAMS: Mapping[str, FileProgram] = {
    "rm": FileProgram(
        _grammar(
            {
                "r": "recursive",
                "R": "recursive",
                "f": "force",
                "i": "interactive",
                "I": "interactive",
                "d": "dir",
                "v": "verbose",
            },
            flags=f"{_COMMON} recursive dir one-file-system no-preserve-root preserve-root",
        ),
        Operands.ALL,
        recursive=frozenset({"recursive"}),
        spares=_HELP,
        closed=True,
    ),
    "rmdir": FileProgram(
        _grammar({"p": "parents", "v": "verbose"}, flags="help version verbose parents ignore-fail-on-non-empty"),
        Operands.ALL,
        spares=_HELP,
        closed=True,
    ),
    "unlink": FileProgram(_grammar(flags="help version"), Operands.ALL, spares=_HELP, closed=True),
    "shred": FileProgram(
        _grammar(
            {"n": "iterations", "s": "size", "u": "remove", "z": "zero", "x": "exact"},
            "iterations size random-source",
            f"{_COMMON} remove zero exact",
        ),
        Operands.ALL,
        when_removing=frozenset({"remove"}),
        writes=Operands.ALL,
        spares=_HELP,
    ),
    "mv": FileProgram(_COPYING, Operands.SOURCES, always_recursive=True, writes=Operands.TARGET, spares=_HELP),
    "cp": FileProgram(_COPYING, writes=Operands.TARGET, spares=_HELP | {"no-clobber"}),
    "ln": FileProgram(_LINKING, writes=Operands.TARGET, spares=_HELP),
    "install": FileProgram(_INSTALLING, writes=Operands.TARGET, spares=_HELP | {"directory"}),
    "rsync": FileProgram(
        _grammar(
            {"e": "rsh", "f": "filter", "T": "temp-dir", "B": "block-size", "n": "dry-run", "r": "recursive"},
            "rsh filter temp-dir block-size exclude include exclude-from include-from files-from chmod chown",
            f"{_COMMON} dry-run recursive archive delete remove-source-files",
        ),
        Operands.SOURCES,
        when_removing=frozenset({"remove-source-files"}),
        recursive=frozenset({"recursive", "archive", "a"}),
        writes=Operands.TARGET,
        spares=_HELP | {"dry-run"},
    ),
    "tar": FileProgram(
        _grammar(
            {
                "f": "file",
                "C": "directory",
                "T": "files-from",
                "X": "exclude-from",
                "I": "use-compress-program",
                "c": "create",
                "x": "extract",
                "t": "list",
                "r": "append",
                "u": "update",
                "z": "gzip",
                "j": "bzip2",
                "J": "xz",
                "v": "verbose",
            },
            "file directory files-from exclude-from exclude use-compress-program transform owner group "
            "strip-components",
            f"{_COMMON} create extract list append update remove-files gzip bzip2 xz zstd auto-compress",
        ),
        Operands.ALL,
        when_removing=frozenset({"remove-files"}),
        always_recursive=True,
        spares=_HELP | {"list", "extract"},
        folder_option="directory",
    ),
    "tee": FileProgram(
        _grammar({"a": "append", "i": "ignore-interrupts", "p": "p"}, flags="append ignore-interrupts help version"),
        writes=Operands.ALL,
        spares=_HELP | {"append"},
    ),
    "truncate": FileProgram(
        _grammar(
            {"s": "size", "r": "reference", "c": "no-create", "o": "io-blocks"},
            "size reference",
            "no-create io-blocks help version",
        ),
        writes=Operands.ALL,
        spares=_HELP,
    ),
    "sort": FileProgram(
        _grammar(
            {"o": "output", "k": "key", "t": "field-separator", "T": "temporary-directory", "S": "buffer-size"},
            "output key field-separator temporary-directory buffer-size parallel batch-size files0-from",
            f"{_COMMON} reverse numeric-sort unique check",
        ),
        writes_option="output",
        spares=_HELP,
    ),
    "curl": FileProgram(GRAMMARS["curl"], writes_option="output"),
    "wget": FileProgram(GRAMMARS["wget"], writes_option="output-document"),
    "gzip": _PACKER,
    "gunzip": _PACKER,
    "bzip2": _PACKER,
    "bunzip2": _PACKER,
    "xz": _PACKER,
    "unxz": _PACKER,
}
