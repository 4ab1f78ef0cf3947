"""Reads the requirements that pip and uv read from files of the build context."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts.origins import context_path
from zr4lint.model.budgets import LISTED, LISTING_SIZE, LISTINGS
from zr4lint.model.quoting import code
from zr4lint.model.remark import too_large
from zr4lint.programs.option_reading import Option, Parsed
from zr4lint.programs.pip import Requirement, parse_requirement
from zr4lint.programs.requirements_file import Listing, read_requirements
from zr4lint.programs.urls import file_of
from zr4lint.shell import Argument

if TYPE_CHECKING:
    from zr4lint.facts.commands.call import Call
    from zr4lint.facts.context_files import ContextFiles
    from zr4lint.model.source import MappedText, Span

_PROJECTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
"""Files other than requirements files that uv accepts for `-r`."""
_FOLDER = r"(?:file://)?(?P<path>\.{1,2}(?:/[^\[\]]*)?|/[^\[\]]*)(?:\[(?P<extras>[^\]]*)\])?"


class Listings(Struct, frozen=True):
    """The listings of a command's files, one for each file, or None for an unknown file.

    `projects` are the listings of the projects that it installs from folders. `requirements` and `options` are those of
    all listings, as far as they can be read. `constraints` are the requirements in constraint files.
    """

    files: tuple[Listing | None, ...]
    projects: tuple[Listing, ...]
    requirements: tuple[Requirement, ...]
    options: tuple[Option, ...]
    constraints: tuple[Requirement, ...]


def read_listings(call: Call, files: ContextFiles | None, parsed: Parsed) -> Listings:
    """Read the requirements and constraint files that a command names, and those that these files name."""
    reader = Reader(call, files)
    listings = tuple(reader.listing(call.path(_path(o)), o.span) for o in parsed.all("requirement"))
    constraining = [reader.listing(call.path(_path(o)), o.span) for o in parsed.all("constraint")]
    folders = [*parsed.operands, *(Argument(o.value, o.value_span) for o in parsed.all("editable"))]
    projects = tuple(found for folder in folders if (found := reader.project(folder)) is not None)
    constraints = [argument for one in constraining if one is not None for argument in one.wanted]
    constraints += reader.constraints
    known = [one for one in (*listings, *projects) if one is not None]
    return Listings(
        listings,
        projects,
        tuple(_requirements(argument for one in known for argument in one.wanted)),
        tuple(option for one in known for option in one.options),
        tuple(_requirements(constraints)),
    )


def _path(option: Option) -> str | None:
    return file_of(option.value) if option.value is not None else None


class Reader:
    """Reads the files of one command, each once: those that the build wrote, and those of its context."""

    def __init__(self, call: Call, files: ContextFiles | None) -> None:
        self._call = call
        self._files = files
        self._seen: set[str] = set()
        self._uv = call.program == "uv"
        self.constraints: list[Argument] = []

    def listing(self, path: str | None, anchor: Span) -> Listing | None:
        """Return the listing of a file in the image, or None if it can't be read."""
        text = self.text(path, anchor)
        if text is None or path is None:
            return None
        name = posixpath.basename(path)
        if name in _PROJECTS:
            return _project(text, uv=self._uv) if name.endswith(".toml") and self._uv else None
        listing = read_requirements(text, self._call.variables)
        if len(listing.wanted) >= LISTED:
            self._call.script.reading.remarks.append(too_large(anchor, "a list of packages", f"{LISTED} packages"))
        return self._with_files(listing, path, anchor)

    def project(self, folder: Argument) -> Listing | None:
        """Return the dependencies of a project in a folder with extras, or None if they are unknown."""
        found = re.fullmatch(_FOLDER, folder.value or "")
        path = self._call.path(found["path"]) if found is not None else None
        text = self.text(posixpath.join(path, "pyproject.toml"), folder.span) if path is not None else None
        if text is None or found is None:
            return None
        extras = frozenset(extra.strip() for extra in (found["extras"] or "").split(",") if extra.strip())
        return _project(text, extras, uv=self._uv)

    def text(self, path: str | None, anchor: Span) -> MappedText | None:
        """Return the text of a file that the build wrote or copied from the context, or None for any other."""
        reading, written = self._call.script.reading, self._call.state.written
        if path is None or path in self._seen or len(self._seen) >= LISTINGS:
            return None
        self._seen.add(path)
        if path == "/dev/stdin" or path in written:
            return written.get(path, self._call.command.stdin)
        source = context_path(reading, self._files, self._call.instruction, path) if self._files is not None else None
        if self._files is None or source is None or self._files.kind(source) != "file":
            return None
        text = self._files.read(source, anchor)
        if text is None:
            reading.remarks.append(too_large(anchor, "a file of the build context", f"{LISTING_SIZE} bytes"))
        return text

    def _with_files(self, listing: Listing, path: str, anchor: Span) -> Listing:
        """Return a listing with the entries of the files that it names."""
        wanted, options, opaque = [*listing.wanted], [*listing.options], listing.opaque
        refused = [*listing.refused]
        for option in listing.options:
            if option.name not in ("requirement", "constraint"):
                continue
            other = self._named(option, path, anchor)
            if option.name == "constraint":
                self.constraints += other.wanted if other is not None else ()
            elif other is None:
                opaque = True
            else:
                wanted += other.wanted
                options += other.options
                refused += other.refused
                opaque = opaque or other.opaque
        return Listing(tuple(wanted), tuple(options), opaque, tuple(refused))

    def _named(self, option: Option, path: str, anchor: Span) -> Listing | None:
        """Return the listing of a file that the one at `path` names; if that is missing, remark that the call fails."""
        beside = _beside(option, path)
        if beside is None or beside in self._seen:
            return None
        found = self.listing(beside, anchor)
        may_miss = found is None and "$" not in beside and beside not in self._call.state.written
        if may_miss and self._call.is_missing(beside):
            note = f"{code(posixpath.basename(path), 40)} names it."
            self._call.fails(anchor, f"nothing in the image is at {code(option.value or '', 40)}", note)
        return found


def _project(text: MappedText, extras: frozenset[str] = frozenset(), *, uv: bool) -> Listing | None:
    from zr4lint.programs.project_file import read_project  # few builds install a project

    return read_project(text, extras, uv=uv)


def _beside(option: Option, path: str) -> str | None:
    """Return the path that an option in a file names, relative to the folder of that file."""
    value = _path(option)
    return (
        None if value is None or "://" in value else posixpath.normpath(posixpath.join(posixpath.dirname(path), value))
    )


def _requirements(wanted: Iterable[Argument]) -> Iterator[Requirement]:
    """Yield the requirements among arguments that can be parsed."""
    for argument in wanted:
        if (found := parse_requirement(argument)) is not None:
            yield found
