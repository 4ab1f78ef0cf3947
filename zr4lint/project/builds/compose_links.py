"""Reads the other compose files that a compose file names with `include`, or with `extends` and a file."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.project.builds.interpolation import compose

MOST_FILES = 20
_MAX_BYTES = 500_000
_CONTEXTS = "additional_contexts"


class Linked:
    """The other files of a compose file, each read once; files outside its folder or behind a link are not read.

    `load` parses a text and returns the document. Paths are relative to `folder`, with "/" as the separator.
    """

    def __init__(self, folder: str, variables: Mapping[str, str], load: Callable[[str], Any]) -> None:
        self.folder = folder
        self.variables = variables
        self.load = load
        self.known: dict[str, dict[str, Any]] = {}

    def read(self, base: str, name: Any) -> tuple[dict[str, Any], str]:
        """Return the document of the file `name` in the folder `base`, and its folder; {} if it cannot be read."""
        written = compose(name, self.variables) if isinstance(name, str) else None
        path = posixpath.normpath(posixpath.join(base, written)) if written else ""
        if not path or path.startswith(("../", "/", "~")) or path == ".." or "://" in (written or ""):
            return {}, base
        if path not in self.known:
            self.known[path] = {} if len(self.known) >= MOST_FILES else self._document(path)
        return self.known[path], posixpath.dirname(path)

    def included(self, document: Mapping[str, Any], base: str = "") -> Iterator[tuple[dict[str, Any], str]]:
        """Yield the documents that a document includes, directly or through others, each with its folder."""
        seen: set[str] = set()
        waiting = [(name, base) for name in _paths(document)]
        while waiting:
            name, base = waiting.pop(0)
            found, folder = self.read(base, name)
            key = f"{base}:{name}"
            if found and key not in seen and len(seen) < MOST_FILES:
                seen.add(key)
                yield found, folder
                waiting += [(inner, folder) for inner in _paths(found)]

    def _document(self, path: str) -> dict[str, Any]:
        whole = os.path.join(self.folder, *path.split("/"))
        inside = os.path.realpath(self.folder or ".")
        if os.path.realpath(whole) != os.path.join(inside, *path.split("/")):
            return {}
        try:
            document = self.load(read_regular(whole, _MAX_BYTES).decode("utf-8"))
        except (OSError, UnfitError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}


def based(build: Mapping[str, Any], folder: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return a build of a file in `folder`, with its paths relative to the folder of the first file.

    `variables` are the variables for its values.
    """
    if not folder:
        return dict(build)

    def moved(path: Any) -> Any:
        return _moved(path, folder, variables)

    found = {**build, "context": moved(build.get("context", "."))}
    contexts = build.get(_CONTEXTS)
    if isinstance(contexts, dict):
        found[_CONTEXTS] = {name: moved(value) for name, value in contexts.items()}
    elif isinstance(contexts, list):
        pairs = (str(item).partition("=") for item in contexts)
        found[_CONTEXTS] = [f"{name}={moved(value)}" for name, _, value in pairs]
    return found


def _moved(path: Any, folder: str, variables: Mapping[str, str]) -> Any:
    if isinstance(path, str) and "$" in path:
        known = compose(path, variables)
        if known is None:
            return path  # the path stays unknown
        path = known.replace("$", "$$")
    local = isinstance(path, str) and "://" not in path and not path.startswith(("/", "~", "$", "git@"))
    return posixpath.join(folder, path) if local else path


def _paths(document: Mapping[str, Any]) -> list[Any]:
    """Return the paths in the key `include` of a document."""
    found: list[Any] = []
    entries = document.get("include")
    for entry in entries if isinstance(entries, list) else ():
        path = entry.get("path") if isinstance(entry, dict) else entry
        found += path if isinstance(path, list) else [path]
    return found[:MOST_FILES]
