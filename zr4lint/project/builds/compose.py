"""Reads compose files and returns the builds of their services."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from zr4lint.filesystem.reading import UnfitError, read_regular
from zr4lint.model.source import MappedText
from zr4lint.project.builds.build import BuildFileError, Described
from zr4lint.project.builds.compose_links import Linked, based
from zr4lint.project.builds.compose_overrides import Reset, merged, others
from zr4lint.project.builds.interpolation import compose, env_file

MOST_ENTRIES = 100_000
"""The most entries that merges of mappings may make, since nested aliases can grow without bound."""

MOST_SERVICES = 10_000
_SCALARS = (str, int, float)
MOST_EXTENDED = 20


def described(text: str, folder: str, name: str = "") -> Iterator[Described]:
    """Yield the builds of a compose file in a folder, and of the files that it includes.

    Includes the files that compose merges into one of this `name`. Raises BuildFileError if the file cannot be used.
    """
    document, root = _load(text)
    document = document if isinstance(document, dict) else {}
    variables = _variables(folder)
    texts = [*others(name, folder, variables)]
    for above in texts:
        document = _with(document, _load(above)[0])
    linked = Linked(folder, variables, _other)
    services: dict[str, Any] = _mapping(document.get("services"))
    included = [*linked.included(document)] if "include" in document else []
    if not isinstance(document.get("services"), dict) and not included:
        raise BuildFileError("has no services")
    for name, service in _services(document):
        build = _build(linked, services, service)
        if build is None:
            continue
        inline = None
        if "dockerfile_inline" in build:
            node = _node(root, "services", str(name), "build", "dockerfile_inline")
            if texts and getattr(node, "value", None) != build["dockerfile_inline"]:  # the text comes from another file
                node = _node(root, "services", str(name))
            inline = _mapped(text, build["dockerfile_inline"], node)
        yield _described(name, build, variables, inline)
    for other, base in included:
        values = {**_variables(os.path.join(folder, base)), **variables}
        for name, service in _services(other):
            build = _build(linked, _mapping(other.get("services")), service, base, values)
            if build is not None and "dockerfile_inline" not in build:
                yield _described(name, build, values, None)


def _with(document: dict[str, Any], other: Any) -> dict[str, Any]:
    """Return a document with the services of another document merged into it."""
    above = other.get("services") if isinstance(other, dict) else None
    return {**document, "services": merged(_mapping(document.get("services")), above, _listed)}


def _services(document: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    return [*_mapping(document.get("services")).items()][:MOST_SERVICES]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _described(
    name: Any, build: Mapping[str, Any], variables: Mapping[str, str], inline: MappedText | None
) -> Described:
    return Described(
        f"service {name}",
        _text(build.get("context", "."), variables),
        _file(build, variables) if inline is None else "",
        _pairs(build.get("args"), variables),
        _text(build.get("target"), variables) if build.get("target") is not None else None,
        _pairs(build.get("additional_contexts"), variables),
        inline,
    )


def _other(text: str) -> Any:
    """Return the document of another file, or None if it is not YAML."""
    try:
        return _load(text)[0]
    except BuildFileError:
        return None


def _load(text: str) -> tuple[Any, Any]:
    """Return the document and its root node."""
    try:
        import yaml
    except ImportError:
        raise BuildFileError("PyYAML is missing: pip install 'zr4lint[compose]'") from None

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """A loader that knows the tags of compose files and limits the entries that merges make."""

        entries = 0

        def flatten_mapping(self, node: Any) -> None:
            super().flatten_mapping(node)
            self.entries += len(node.value)
            if self.entries > MOST_ENTRIES:
                raise BuildFileError("merges of mappings make too many entries")

    def override(loader: Any, node: Any) -> Reset:
        if isinstance(node, yaml.MappingNode):
            return Reset(loader.construct_mapping(node, deep=True))
        sequence = isinstance(node, yaml.SequenceNode)
        return Reset(loader.construct_sequence(node, deep=True) if sequence else loader.construct_scalar(node))

    Loader.add_constructor("!reset", lambda _loader, _node: Reset())
    Loader.add_constructor("!override", override)
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        return (loader.construct_document(node) if node is not None else None), node
    except (yaml.YAMLError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        raise BuildFileError(f"not YAML{line}") from None
    finally:
        loader.dispose()


def _variables(folder: str) -> Mapping[str, str]:
    """Return the variables of the `.env` file beside a compose file; variables of the shell are unknown."""
    path = os.path.join(folder, ".env")
    try:
        return {} if os.path.islink(path) else env_file(read_regular(path, 100_000).decode("utf-8"))
    except (OSError, UnfitError, UnicodeDecodeError):
        return {}


def _build(
    linked: Linked,
    services: Mapping[str, Any],
    service: Any,
    folder: str = "",
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any] | None:
    """Return the `build` of a service as a mapping, merged with the services that it extends, even in other files.

    `folder` is the folder of the file, relative to that of the first file; `variables` are the variables for its
    values.
    """
    variables = linked.variables if variables is None else variables
    found: dict[str, Any] = {}
    known = False
    for _ in range(MOST_EXTENDED):
        if not isinstance(service, dict):
            break
        build = service.get("build")
        if isinstance(build, Reset):
            build = build.value
        if isinstance(build, str):
            build = {"context": build}
        if isinstance(build, dict):
            known = True
            build = based(build, folder, variables)
            build = {key: value.value if isinstance(value, Reset) else value for key, value in build.items()}
            found = {**build, **found, **_both(build, found)}
        extended = service.get("extends")
        if isinstance(extended, dict):
            if "file" in extended:
                other, folder = linked.read(folder, extended["file"])
                services = _mapping(other.get("services"))
            extended = extended.get("service")
        service = services.get(extended) if isinstance(extended, str) else None
    return found if known else None


def _both(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments and contexts that both builds have, merged."""
    return {
        key: [*_listed(below[key]), *_listed(above[key])]
        for key in ("args", "additional_contexts")
        if key in below and key in above
    }


def _listed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, text in value.items():
            yield name if text is None else f"{name}={text}" if isinstance(text, _SCALARS) else f"{name}=$"
    elif isinstance(value, list):
        yield from value


def _pairs(value: Any, variables: Mapping[str, str]) -> tuple[tuple[str, str | None], ...]:
    """Return the names and values of a mapping or a list; a value is None if unknown, such as one of the shell."""
    found: dict[str, str | None] = {}
    if isinstance(value, dict):
        for name, text in value.items():
            found[str(name)] = variables.get(str(name)) if text is None else _text(text, variables)
    elif isinstance(value, list):
        for item in value:
            if not isinstance(item, _SCALARS):
                continue  # compose refuses it, and nested lists can have any length
            name, equals, text = str(item).partition("=")
            found[name] = compose(text, variables) if equals else variables.get(name)
    return tuple(found.items())


def _text(value: Any, variables: Mapping[str, str]) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):  # YAML reads 3.10 as 3.1, and so does compose
        return repr(value)
    return compose(str(value), variables) if isinstance(value, (str, int)) else None


def _node(node: Any, *keys: str) -> Any:
    """Return the node at a path of mappings, or None if there is none."""
    for key in keys:
        pairs = node.value if node is not None and node.id == "mapping" else ()
        node = next((value for name, value in pairs if getattr(name, "value", None) == key), None)
    return node


def _file(build: Mapping[str, Any], variables: Mapping[str, str]) -> str | None:
    """Return the path of the Dockerfile, or None if the path is unknown or the Dockerfile is inline."""
    return None if "dockerfile_inline" in build else _text(build.get("dockerfile", "Dockerfile"), variables)


def _mapped(text: str, value: Any, node: Any) -> MappedText | None:
    """Return the text of a Dockerfile, mapped to its place in the file, or None if it depends on variables.

    The lines of a block scalar keep their places. A value of another style, or from another file, is mapped to its
    start.
    """
    if not isinstance(value, str) or "$" in value.replace("$$", ""):
        return None
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    if getattr(node, "style", None) != "|":
        whole = value.replace("$$", "$")
        at = starts[node.start_mark.line] + node.start_mark.column if node is not None else 0
        return MappedText.at_one_place(whole, at)
    pieces: list[tuple[str, int]] = []
    for number, part in enumerate(value.splitlines(keepends=True), node.start_mark.line + 1):
        if number >= len(lines):
            break
        at = starts[number] + max(len(lines[number].rstrip("\r")) - len(part.rstrip("\n")), 0)
        for words in re.split(r"(?<=\$)\$", part):
            pieces.append((words, at))
            at += len(words) + 1
    return MappedText.join(pieces)
