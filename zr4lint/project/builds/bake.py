"""Bake files of Docker's buildx, in HCL or JSON: the builds of their targets."""

from __future__ import annotations

import re
from collections import ChainMap, deque
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice, product
from typing import Any

from zr4lint.model.source import MappedText
from zr4lint.project.builds.build import BuildFileError, Described
from zr4lint.project.builds.interpolation import bake

MOST_OF_A_MATRIX = 201
_HEREDOC = "<<"


def described(text: str, *, json: bool = False) -> Iterator[Described]:
    """The builds of the default group, of the target "default", or else of all; BuildFileError for a wrong file."""
    document = _json(text) if json else _hcl(text)
    rows = document.get("variable", {})
    variables = _variables(rows if isinstance(rows, dict) else {})
    targets = document.get("target", {})
    if not targets or not all(isinstance(part, dict) for part in (targets, document.get("group", {}))):
        raise BuildFileError("has no targets")
    inherited = Inheritance(targets)
    for name, target, values in _chosen(document.get("group", {}), targets, variables):
        merged = inherited.body(target, values)
        value = {key: _value(entry, values) for key, entry in merged.items() if key not in ("args", "contexts")}
        inline = value.get("dockerfile-inline")
        file = value.get("dockerfile", "Dockerfile") if "dockerfile-inline" not in value else inline and ""
        yield Described(
            f"target {name}",
            value.get("context", "."),
            file,
            _pairs(merged.get("args"), values),
            value.get("target"),
            _pairs(merged.get("contexts"), values),
            _mapped(text, inline) if inline is not None else None,
        )


def _mapped(text: str, inline: str) -> MappedText:
    """The text of a Dockerfile at its place in the file, or where it is written in another way at the start."""
    at = text.find(inline)
    if at >= 0:
        return MappedText(inline, (0,), (at,))
    return MappedText.at_one_place(inline, 0)


def _json(text: str) -> Mapping[str, Any]:
    from json import dumps, loads

    try:
        document = loads(text)
        if re.search(r"\\u[dD][89a-fA-F]", text):
            dumps(document, ensure_ascii=False).encode()  # half a character, which no path can have
    except ValueError:
        raise BuildFileError("not JSON") from None
    if not isinstance(document, dict):
        raise BuildFileError("not a bake file")
    return {kind: _quoted(document.get(kind) or {}) for kind in ("variable", "group", "target")}


def _quoted(value: Any) -> Any:
    """A value of JSON as the reader of HCL would have it: strings in quotes, names bare."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return [*map(_quoted, value)]
    return {name: _quoted(item) for name, item in value.items()} if isinstance(value, dict) else value


def _hcl(text: str) -> Mapping[str, Any]:
    try:
        import hcl2
    except ImportError:
        raise BuildFileError("python-hcl2 is missing: pip install 'zr4lint[compose]'") from None
    try:
        document: Any = hcl2.loads(text)
    except RecursionError:
        raise
    except Exception:  # lark's errors, and what the library raises by mistake for text that is no HCL
        raise BuildFileError("not HCL") from None
    return {kind: _blocks(document.get(kind)) for kind in ("variable", "group", "target")}


def _blocks(rows: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows if isinstance(rows, list) else ():
        for name, body in row.items() if isinstance(row, dict) else ():
            if isinstance(body, dict):
                found[_bare(str(name))] = {key: item for key, item in body.items() if not key.startswith("__")}
    return found


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _variables(rows: Mapping[str, Any]) -> dict[str, str | None]:
    """The defaults of variables; of one without a default nothing is known."""
    found: dict[str, str | None] = {}
    for name, body in rows.items():
        default = body.get("default") if isinstance(body, dict) else None
        found[name] = _value(default, found) if default not in (None, {}) else None
    return found


def _chosen(
    groups: Mapping[str, Any], targets: Mapping[str, Any], variables: Mapping[str, str | None]
) -> Iterator[tuple[str, str, Mapping[str, str | None]]]:
    """The targets that are built: the name of each, the block it comes from, and the values of variables there."""

    @cache
    def rows(name: str) -> list[tuple[str, Mapping[str, str | None]]]:
        body = targets[name]
        return [*_expanded(name, body, variables)] if isinstance(body.get("matrix"), dict) else [(name, variables)]

    @cache
    def single() -> dict[str, tuple[str, str, Mapping[str, str | None]]]:
        """The targets of matrices by their own names, which few groups list."""
        return {own: (own, name, values) for name in targets for own, values in rows(name)}

    for name in _wanted(groups, lambda name: name in targets or name in single(), [*targets]):
        yield from ((own, name, values) for own, values in rows(name)) if name in targets else (single()[name],)


def _expanded(
    name: str, body: Mapping[str, Any], variables: Mapping[str, str | None]
) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """The targets that a block with a matrix stands for: one for each combination of its values."""
    axes = [[(key, value) for value in values] for key, values in body["matrix"].items() if isinstance(values, list)]
    for number, combination in enumerate(islice(product(*axes), MOST_OF_A_MATRIX), 1):
        own: dict[str, str | None] = {}
        for key, value in combination:
            if isinstance(value, dict):
                own |= {f"{key}.{field}": _value(item, variables) for field, item in value.items()}
            else:
                own[key] = _value(value, variables)
        values = ChainMap(own, variables)  # type: ignore[arg-type]  # which never writes into the second
        yield _value(body.get("name"), values) or f"{name} {number}", values


def _wanted(groups: Mapping[str, Any], is_target: Callable[[str], bool], targets: list[str]) -> list[str]:
    if "default" not in groups:
        return ["default"] if "default" in targets else targets
    found: dict[str, None] = {}
    waiting, seen = deque(["default"]), set[str]()
    while waiting:
        name = waiting.popleft()
        if name in groups and name not in seen:
            seen.add(name)
            listed = groups[name].get("targets") if isinstance(groups[name], dict) else None
            waiting += [_bare(item) for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
        elif is_target(name):
            found[name] = None
    return [*found]


class Inheritance:
    """The keys of targets with those that they inherit; of several targets the last counts. Each is joined once."""

    def __init__(self, targets: Mapping[str, Any]) -> None:
        self._targets = targets
        self._known: dict[str, dict[str, Any]] = {}

    def body(self, name: str, values: Mapping[str, str | None]) -> dict[str, Any]:
        """The keys of a target; `values` are those of variables in its `inherits`."""
        body = self._targets.get(name)
        parents = body.get("inherits") if isinstance(body, dict) else None
        varying = isinstance(parents, list) and any("${" in str(parent) for parent in parents)
        if name not in self._known or varying:
            self._known[name] = {}  # for a target that inherits from itself
            self._known[name] = self._joined(body, parents, values)
        return self._known[name]

    def _joined(self, body: Any, parents: Any, values: Mapping[str, str | None]) -> dict[str, Any]:
        if not isinstance(body, dict):
            return {}
        found: dict[str, Any] = {}
        for parent in parents if isinstance(parents, list) else ():
            above = _value(parent, values) if str(parent).startswith('"') else _bare(str(parent))
            found = _over(found, self.body(above, values)) if above is not None else found
        return _over(found, {key: value for key, value in body.items() if key not in ("matrix", "name", "inherits")})


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    joined = {
        key: {**below[key], **above[key]}
        for key in ("args", "contexts")
        if isinstance(below.get(key), dict) and isinstance(above.get(key), dict)
    }
    return {**below, **above, **joined}


def _pairs(value: Any, variables: Mapping[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    pairs = value.items() if isinstance(value, dict) else ()
    return tuple((_bare(str(name)), _value(item, variables)) for name, item in pairs if not str(name).startswith("__"))


def _value(value: Any, variables: Mapping[str, str | None]) -> str | None:
    """A value as text: a string, a number, a variable; None for any other expression."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        return None
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return variables.get(value.removeprefix("${").removesuffix("}"))
    text = value[1:-1]
    if text.startswith(_HEREDOC):
        text = "\n".join(text.split("\n")[1:-1]) + "\n"
    elif "\\" in text:
        return None
    return bake(text, variables)
