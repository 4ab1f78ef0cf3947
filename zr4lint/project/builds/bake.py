"""Bake files of Docker's buildx, in HCL or JSON: the builds of their targets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from zr4lint.model.source import MappedText
from zr4lint.project.builds.build import BuildFileError, Described
from zr4lint.project.builds.interpolation import bake

MOST_TARGETS = 200
MOST_INHERITED = 20
_HEREDOC = "<<"


def described(text: str, *, json: bool = False) -> Iterator[Described]:
    """The builds of the default group, of the target "default", or else of all; BuildFileError for a wrong file."""
    document = _json(text) if json else _hcl(text)
    rows = document.get("variable", {})
    variables = _variables(rows if isinstance(rows, dict) else {})
    targets = document.get("target", {})
    if not targets or not all(isinstance(part, dict) for part in (targets, document.get("group", {}))):
        raise BuildFileError("has no targets")
    for name in _wanted(document.get("group", {}), targets)[:MOST_TARGETS]:
        merged = _inherited(targets, name, set())
        value = {key: _value(entry, variables) for key, entry in merged.items() if key not in ("args", "contexts")}
        inline = value.get("dockerfile-inline")
        file = value.get("dockerfile", "Dockerfile") if "dockerfile-inline" not in value else inline and ""
        yield Described(
            f"target {name}",
            value.get("context", "."),
            file,
            _pairs(merged.get("args"), variables),
            value.get("target"),
            _pairs(merged.get("contexts"), variables),
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


def _wanted(groups: Mapping[str, Any], targets: Mapping[str, Any]) -> list[str]:
    if "default" not in groups:
        return ["default"] if "default" in targets else [*targets]
    found: dict[str, None] = {}
    waiting, seen = ["default"], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in groups and name not in seen:
            seen.add(name)
            listed = groups[name].get("targets") if isinstance(groups[name], dict) else None
            waiting += [_bare(item) for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
        elif name in targets:
            found[name] = None
    return [*found]


def _inherited(targets: Mapping[str, Any], name: str, seen: set[str]) -> dict[str, Any]:
    """The keys of a target with those of the targets it inherits from; of several the last counts."""
    body = targets.get(name)
    if name in seen or len(seen) > MOST_INHERITED or not isinstance(body, dict):
        return {}
    found: dict[str, Any] = {}
    parents = body.get("inherits")
    for parent in parents if isinstance(parents, list) else ():
        found = _over(found, _inherited(targets, _bare(str(parent)), seen | {name}))
    return _over(found, body)


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
