"""Reads bake files of Docker's buildx, in HCL or JSON, and returns the builds of their targets."""

from __future__ import annotations

import re
from collections import ChainMap, deque
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice, product
from typing import Any

from zr4lint.model.source import MappedText
from zr4lint.project.builds.build import BuildFileError, Described
from zr4lint.project.builds.expressions import Function, Scope, evaluated

MOST_OF_A_MATRIX = 201
LONGEST_HCL = 50_000
"""The most characters of HCL that are read; python-hcl2 takes a megabyte of memory and 40 ms for each thousand."""
_HEREDOC = "<<"
_KINDS = ("variable", "function", "group", "target")


def described(text: str, *, json: bool = False) -> Iterator[Described]:
    """Yield the builds of the default group, else of the target "default", else of all; raises BuildFileError."""
    document = _json(text) if json else _hcl(text)
    scope = _scope(document.get("variable", {}), document.get("function", {}))
    targets = document.get("target", {})
    if not targets or not all(isinstance(part, dict) for part in (targets, document.get("group", {}))):
        raise BuildFileError("has no targets")
    inherited = Inheritance(targets)
    for name, target, values in _chosen(document.get("group", {}), targets, scope):
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
    """Return the text of a Dockerfile at its place in the file, or at offset 0 if the file writes it differently."""
    at = text.find(inline)
    if at >= 0:
        return MappedText(inline, (0,), (at,))
    return MappedText.at_one_place(inline, 0)


def _json(text: str) -> Mapping[str, Any]:
    from json import dumps, loads

    try:
        document = loads(text)
        if re.search(r"\\u[dD][89a-fA-F]", text):
            dumps(document, ensure_ascii=False).encode()  # lone surrogates, which no path can contain
    except ValueError:
        raise BuildFileError("not JSON") from None
    if not isinstance(document, dict):
        raise BuildFileError("not a bake file")
    return {kind: _quoted(document.get(kind) or {}) for kind in _KINDS}


def _quoted(value: Any) -> Any:
    """Return a JSON value as the HCL reader returns values: strings in quotes, names bare."""
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
    if len(text) > LONGEST_HCL:
        raise BuildFileError(f"HCL with more than {LONGEST_HCL:,} characters is not read; it may be JSON")
    try:
        document: Any = hcl2.loads(text)
    except RecursionError:
        raise
    except Exception:  # lark's errors, and errors that the library raises by mistake for text that is not HCL
        raise BuildFileError("not HCL") from None
    return {kind: _blocks(document.get(kind)) for kind in _KINDS}


def _blocks(rows: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows if isinstance(rows, list) else ():
        for name, body in row.items() if isinstance(row, dict) else ():
            if isinstance(body, dict):
                found[_bare(str(name))] = {key: item for key, item in body.items() if not key.startswith("__")}
    return found


def _bare(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _scope(rows: Any, functions: Any) -> Scope:
    """Return the functions, and the defaults of variables; the value of a variable without a default is unknown."""
    scope = Scope({}, dict(_functions(functions)))
    known: dict[str, str | None] = {}
    for name, body in rows.items() if isinstance(rows, dict) else ():
        default = body.get("default") if isinstance(body, dict) else None
        known[name] = _value(default, Scope(known, scope.functions)) if default not in (None, {}) else None
    return Scope(known, scope.functions)


def _functions(rows: Any) -> Iterator[tuple[str, Function]]:
    for name, body in rows.items() if isinstance(rows, dict) else ():
        result = body.get("result") if isinstance(body, dict) else None
        named = body.get("params") if isinstance(body, dict) else None
        if isinstance(result, str) and isinstance(named, list) and "variadic_params" not in body:
            yield name, Function(tuple(_bare(str(parameter)) for parameter in named), _template(result))


def _chosen(groups: Mapping[str, Any], targets: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str, Scope]]:
    """Yield the targets to build: the name of each, the block it comes from, and the scope of its expressions."""

    @cache
    def rows(name: str) -> list[tuple[str, Scope]]:
        body = targets[name]
        return [*_expanded(name, body, scope)] if isinstance(body.get("matrix"), dict) else [(name, scope)]

    @cache
    def single() -> dict[str, tuple[str, str, Scope]]:
        """Return the targets of matrices by their own names, which few groups list."""
        return {own: (own, name, values) for name in targets for own, values in rows(name)}

    for name in _wanted(groups, lambda name: name in targets or name in single(), [*targets]):
        yield from ((own, name, values) for own, values in rows(name)) if name in targets else (single()[name],)


def _expanded(name: str, body: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, Scope]]:
    """Yield the targets that a block with a matrix expands to: one for each combination of its values."""
    axes = [[(key, value) for value in values] for key, values in body["matrix"].items() if isinstance(values, list)]
    for number, combination in enumerate(islice(product(*axes), MOST_OF_A_MATRIX), 1):
        own: dict[str, str | None] = {}
        for key, value in combination:
            if isinstance(value, dict):
                own |= {f"{key}.{field}": _value(item, scope) for field, item in value.items()}
            else:
                own[key] = _value(value, scope)
        inner = Scope(ChainMap(own, scope.variables), scope.functions)  # type: ignore[arg-type]  # which is only read
        yield _value(body.get("name"), inner) or f"{name} {number}", inner


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
    """The keys of targets, including inherited ones; the last target wins. Each target is merged once."""

    def __init__(self, targets: Mapping[str, Any]) -> None:
        self._targets = targets
        self._known: dict[str, dict[str, Any]] = {}

    def body(self, name: str, values: Scope) -> dict[str, Any]:
        """Return the keys of a target; `values` is the scope for its `inherits`."""
        body = self._targets.get(name)
        parents = body.get("inherits") if isinstance(body, dict) else None
        varying = isinstance(parents, list) and any("${" in str(parent) for parent in parents)
        if name not in self._known or varying:
            self._known[name] = {}  # for a target that inherits from itself
            self._known[name] = self._joined(body, parents, values)
        return self._known[name]

    def _joined(self, body: Any, parents: Any, values: Scope) -> dict[str, Any]:
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


def _pairs(value: Any, scope: Scope) -> tuple[tuple[str, str | None], ...]:
    pairs = value.items() if isinstance(value, dict) else ()
    return tuple((_bare(str(name)), _value(item, scope)) for name, item in pairs if not str(name).startswith("__"))


def _value(value: Any, scope: Scope) -> str | None:
    """Return a value as text, or None if it is unknown."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        return None
    return None if "\\" in value and not value.startswith("${") else evaluated(_template(value), scope)


def _template(value: str) -> str:
    """Return the text of a template; an expression is wrapped in `${...}`."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value if value.startswith("${") else f"${{{value}}}"
    text = value[1:-1]
    return "\n".join(text.split("\n")[1:-1]) + "\n" if text.startswith(_HEREDOC) else text
