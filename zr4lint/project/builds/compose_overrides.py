"""Merges the files that docker compose adds to the first file: the override file and those in COMPOSE_FILE."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zr4lint.filesystem.reading import UnfitError, read_regular

_DEFAULTS = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_MAX_BYTES = 500_000
_MOST = 20
_TABLES = ("args", "additional_contexts")


class Reset:
    """The value of `!reset`, which removes earlier values, or with `value` of `!override`, which replaces them."""

    def __init__(self, value: Any = None) -> None:
        self.value = value


def others(name: str, folder: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the texts of the files that compose merges into a file of that name, in their order."""
    listed = variables.get("COMPOSE_FILE", "").split(variables.get("COMPOSE_PATH_SEPARATOR") or ":")
    names = [posixpath.normpath(one) for one in listed if one]
    if names[:1] == [name]:
        names = names[1:]
    elif name in _DEFAULTS:
        stem, dot, _ = name.rpartition(".")
        names = [f"{stem}.override{dot}{ending}" for ending in ("yml", "yaml")]
        names = [one for one in names if os.path.isfile(os.path.join(folder, one))][:1]
    else:
        return
    inside = os.path.realpath(folder or ".")
    for one in names[:_MOST]:
        whole = os.path.join(folder, one)
        if one.startswith(("..", "/")) or os.path.realpath(whole) != os.path.join(inside, *one.split("/")):
            continue
        try:
            yield read_regular(whole, _MAX_BYTES).decode("utf-8")
        except (OSError, UnfitError, UnicodeDecodeError):
            continue


def merged(services: Mapping[str, Any], above: Any, listed: Callable[[Any], Iterator[Any]]) -> dict[str, Any]:
    """Return services merged with those of a later file by compose's rules; `listed` yields NAME=VALUE words."""
    found = dict(services)
    for name, service in above.items() if isinstance(above, dict) else ():
        below = found.get(name)
        if not isinstance(below, dict) or not isinstance(service, dict):
            found[name] = service if service is not None else below
            continue
        kept = {**below, **{key: value for key, value in service.items() if key == "extends"}}
        if "build" in service:
            kept["build"] = _build(below.get("build"), service["build"], listed)
        found[name] = kept
    return found


def _build(below: Any, above: Any, listed: Callable[[Any], Iterator[Any]]) -> Any:
    if isinstance(above, Reset):
        return above.value
    first, second = _long(below), _long(above)
    found = {**first, **second}
    for key in _TABLES:
        if key in first and key in second and not isinstance(second[key], Reset):
            found[key] = [*listed(first[key]), *listed(second[key])]
    return {key: value.value if isinstance(value, Reset) else value for key, value in found.items() if not _gone(value)}


def _long(build: Any) -> dict[str, Any]:
    """Return a build as a mapping; a string is the context."""
    if isinstance(build, dict):
        return build
    return {"context": build} if isinstance(build, str) else {}


def _gone(value: Any) -> bool:
    return isinstance(value, Reset) and value.value is None
