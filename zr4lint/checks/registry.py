"""The table of check kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import takewhile
from keyword import iskeyword
from typing import Any, Literal, TypeVar

from msgspec import Struct

from zr4lint.checks.outcome import Outcomes, Subject
from zr4lint.filesystem.shipped import shipped_document

MODULES = "kinds"
"""The name of the table in a wheel that maps kinds to modules."""

_C = TypeVar("_C", bound=Callable[..., Outcomes])
_EXAMPLE = ("Rule", "Bad", "Good")
Stages = Literal["image", "all"]


class Parameter(Struct, frozen=True):
    """A parameter of a kind: its type, whether it is optional, and its default."""

    type: Any
    optional: bool
    default: Any = None


class Example(Struct, frozen=True):
    """An example of a kind: the keys of a rule as TOML, a Dockerfile that breaks it, and one that meets it."""

    rule: str
    bad: str
    good: str


class Kind(Struct, frozen=True):
    """One kind of check.

    - `late`: the check reads the results of the others, so it runs after them.
    - `stages`: the stages it checks if its rule does not say: those of the image that is built, or all.
    - `raises`: the check may report an error under a rule of a lower level.
    - `by_commands`: commands meet the requirement, so a command that is not known before the build may meet it.
    - `needs`: parameters of which a rule gives at least one, since the check reports nothing without them.
    """

    name: str
    run: Callable[..., Outcomes]
    late: bool
    stages: Stages = "image"
    raises: bool = False
    needs: tuple[str, ...] = ()
    by_commands: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its parameters."""
        code = self.run.__code__
        return code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters by the names that packs use."""
        return _parameters(self.run, self.names) if self.names else {}

    def answer(self, subject: Subject, parameters: Mapping[str, Any]) -> Outcomes:
        """Return the outcomes of the check with the parameters of a rule."""
        if not parameters:
            return self.run(subject)
        return self.run(subject, **{_argument(name): value for name, value in parameters.items()})

    @property
    def description(self) -> str:
        """The first paragraph of the check's docstring."""
        return self.paragraphs[0] if self.paragraphs else ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs of the check's docstring, without its example."""
        prose = _doc(self.run).partition(f"\n\n{_EXAMPLE[0]}:\n")[0]
        return tuple(" ".join(paragraph.split()) for paragraph in prose.split("\n\n") if paragraph)

    @property
    def example(self) -> Example | None:
        """The example at the end of the docstring: indented blocks below `Rule:`, `Bad:` and `Good:`."""
        text = _doc(self.run)
        blocks: list[str] = []
        for title in _EXAMPLE:
            _, found, rest = text.partition(f"{title}:\n")
            if not found:
                return None
            lines = list(takewhile(lambda line: line.startswith("    "), rest.split("\n")))
            blocks.append("".join(f"{line.removeprefix('    ')}\n" for line in lines))
        return Example(*blocks)


def _doc(function: Callable[..., Outcomes]) -> str:
    from inspect import getdoc  # its import takes longer than a lint

    return getdoc(function) or ""


@cache
def _parameters(function: Callable[..., Outcomes], names: tuple[str, ...]) -> Mapping[str, Parameter]:
    """Return the keyword-only arguments of a function. Their annotations may use names of `zr4lint.checks.parameters`.

    That module is imported only when a pack is validated, since compiling its patterns takes longer than a lint.
    """
    from zr4lint.checks import parameters

    defaults = function.__kwdefaults__ or {}
    own = function.__globals__
    types = {name: eval(function.__annotations__[name], own, vars(parameters)) for name in names}
    return {_written(name): Parameter(types[name], name in defaults, defaults.get(name)) for name in names}


def _written(argument: str) -> str:
    """Return the name of an argument in packs: `protocol-case` for `protocol_case`, and `from` for `from_`."""
    return argument.rstrip("_").replace("_", "-")


@cache
def _argument(parameter: str) -> str:
    name = parameter.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name


class Kinds(dict[str, Kind]):
    """The kinds by name. A kind's module is imported at its first use."""

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name) and isinstance(name, str):
            module = _modules().get(name)
            if module is not None:
                import_module(module)
            else:
                self.every()
        return super().__contains__(name)

    def __missing__(self, name: str) -> Kind:
        if name in self:
            return self[name]
        raise KeyError(name)

    @staticmethod
    @cache
    def every() -> Mapping[str, Kind]:
        """Return all kinds, sorted by name."""
        from pkgutil import walk_packages  # few runs need all kinds

        from zr4lint import checks

        for module in walk_packages(checks.__path__, f"{checks.__name__}."):
            import_module(module.name)
        return dict(sorted(KINDS.items()))

    def modules(self) -> Mapping[str, str]:
        """Return the module of each kind by name. A wheel holds this as the table MODULES."""
        return {name: kind.run.__module__ for name, kind in self.every().items()}


@cache
def _modules() -> Mapping[str, str]:
    """Return the modules of kinds by name, or an empty table in a checkout, where a new kind needs no entry.

    The table saves about 3 ms in a run on one file.
    """
    with suppress(FileNotFoundError):
        return shipped_document(MODULES)
    return {}


KINDS = Kinds()


def check(
    name: str,
    *,
    late: bool = False,
    stages: Stages = "image",
    raises: bool = False,
    needs: str = "",
    by_commands: bool = False,
) -> Callable[[_C], _C]:
    """Register a function as a kind of check. Its keyword-only arguments are the parameters of the kind.

    Packs write a parameter `protocol_case` as `protocol-case`. `needs` are names of parameters in packs.
    """

    def register(function: _C) -> _C:
        if KINDS.get(name):  # this imports no module
            raise TypeError(f"check {name!r}: registered twice")
        KINDS[name] = Kind(name, function, late, stages, raises, tuple(needs.split()), by_commands)
        return function

    return register
