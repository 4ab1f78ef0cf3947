"""Explains the kinds of check: the requirement, the parameters and an example of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from zr4lint.app.assignment import load_packs
from zr4lint.app.errors import UsageError
from zr4lint.app.prose import filled, titled
from zr4lint.checks.parameters import words
from zr4lint.checks.registry import KINDS, Example, Kind
from zr4lint.model.quoting import code
from zr4lint.packs.rulebook import hint

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

_OF_SPECIFICATIONS = ("final-stage", "specification-commands")
"""Kinds that depend on other rules of the specification, so that an example would need those rules."""


class ParameterGuide(Struct, frozen=True):
    """A parameter: its type in words, whether it is required, and its default."""

    name: str
    type: str
    required: bool
    default: str


class KindGuide(Struct, frozen=True):
    """The documentation of a kind for authors of packs; `example` is None for a kind that needs a whole file."""

    name: str
    summary: str
    details: tuple[str, ...]
    stages: str
    parameters: tuple[ParameterGuide, ...]
    example: Example | None

    def as_object(self) -> Mapping[str, Any]:
        """Return the guide as a JSON object."""
        return {
            "name": self.name,
            "summary": self.summary,
            "details": list(self.details),
            "stages": self.stages,
            "parameters": [
                {"name": p.name, "type": p.type, "required": p.required, "default": p.default or None}
                for p in self.parameters
            ],
            "example": None
            if self.example is None
            else {"rule": self.example.rule, "bad": self.example.bad, "good": self.example.good},
        }


def guides() -> list[KindGuide]:
    """Return all kinds by name; a kind without an example uses that of a shipped rule."""
    packs = load_packs(())
    return [_guide(kind, packs) for kind in KINDS.every().values()]


def _guide(kind: Kind, packs: Iterable[Pack]) -> KindGuide:
    summary, *details = kind.paragraphs
    parameters = tuple(
        ParameterGuide(name, words(p.type), not p.optional, "" if p.default in (None, "", False) else toml(p.default))
        for name, p in kind.parameters.items()
    )
    example = kind.example or next(_examples(kind, packs), None)
    return KindGuide(kind.name, summary, tuple(details), kind.stages, parameters, example)


def _examples(kind: Kind, packs: Iterable[Pack]) -> Iterator[Example]:
    """Yield the examples of rules of a kind whose parameters need no setting."""
    for pack in packs if kind.name not in _OF_SPECIFICATIONS else ():
        for rule in pack.rules:
            if rule.check == kind.name and not rule.settings and rule.rule.bad and rule.rule.good:
                keys = "".join(f"{name} = {toml(value)}\n" for name, value in rule.parameters.items())
                stages = f"stages = {toml(rule.stages)}\n" if rule.stages else ""
                yield Example(keys + stages, rule.rule.bad, rule.rule.good)


def toml(value: Any) -> str:
    """Return a value in TOML syntax."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        from json import dumps

        return dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{toml(name)} = {toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return str(value)


def kind_rows() -> list[tuple[str, str]]:
    """Return a row for each kind: its name and its requirement."""
    return [(guide.name, guide.summary) for guide in guides()]


def kind_guide(name: str) -> KindGuide:
    """Return the guide of one kind; raises UsageError if there is none."""
    if name not in KINDS:
        raise UsageError(f"no kind of check is named {code(name)}{hint(name, KINDS.every())}")
    return _guide(KINDS[name], load_packs(()))


def explain_kind(name: str) -> list[str]:
    """Return the guide of one kind as lines; raises UsageError if there is none."""
    return "\n\n".join(_parts(kind_guide(name))).split("\n")


def _parts(guide: KindGuide) -> Iterator[str]:
    yield guide.name
    yield from (filled(paragraph) for paragraph in (guide.summary, *guide.details))
    stages = "all stages" if guide.stages == "all" else "the stages of the image that is built"
    yield filled(f'It looks at {stages}; `stages = "image"` or `"all"` changes that.')
    for parameter in guide.parameters:
        needed = "required" if parameter.required else "optional"
        default = f", by default {parameter.default}" if parameter.default else ""
        yield filled(f"{parameter.name}: {parameter.type} ({needed}{default})")
    if guide.example is not None:
        yield titled("A rule:", f'check = "{guide.name}"\n{guide.example.rule}')
        yield titled("Bad:", guide.example.bad)
        yield titled("Good:", guide.example.good)
