"""The table of check kinds: the vocabulary that packs are written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from msgspec import Struct

from zr4lint.checks.grep import compile_pattern
from zr4lint.checks.outcome import Outcomes

PARAMETER_TYPES = frozenset({"str", "int", "list[str]", "dict[str, str]"})
"""The types a parameter may have, as annotations are written."""

_C = TypeVar("_C", bound=Callable[..., Outcomes])


class Kind(Struct, frozen=True):
    """One kind of check.

    `parameters` maps the names a rule may give to their types, `optional` those it may leave out. A `late` check
    runs after the others, for it reads their results.
    """

    name: str
    run: Callable[..., Outcomes]
    parameters: Mapping[str, str]
    optional: frozenset[str]
    late: bool


class _Kinds(dict[str, Kind]):
    """Kinds by name; those of a family, "ml/index-unknown", are imported when one of them is first asked for."""

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name) and isinstance(name, str) and name.partition("/")[0] in _FAMILIES:
            import_module(_FAMILIES[name.partition("/")[0]])
        return super().__contains__(name)

    def refusal(self, pattern: str) -> str | None:
        """Why a verification command's pattern can't be used; None if it can."""
        try:
            compile_pattern(pattern)
        except ValueError as error:
            return str(error)
        return None

    def __missing__(self, name: str) -> Kind:
        if name in self:
            return self[name]
        raise KeyError(name)


_FAMILIES = {"ml": "zr4lint.checks.ml"}
KINDS = _Kinds()


def check(name: str, *, late: bool = False) -> Callable[[_C], _C]:
    """Add a function to the vocabulary; its keyword-only arguments are the parameters of the kind."""

    def register(function: _C) -> _C:
        annotations: dict[str, Any] = dict(function.__annotations__)
        annotations.pop("return", None)
        parameters = {key: kind for key, kind in annotations.items() if key != "subject"}
        unknown = set(parameters.values()) - PARAMETER_TYPES
        if unknown or KINDS.get(name):
            raise TypeError(f"check {name!r}: " + (f"parameter types {unknown}" if unknown else "registered twice"))
        optional = frozenset(function.__kwdefaults__ or ())
        KINDS[name] = Kind(name, function, parameters, optional, late)
        return function

    return register
