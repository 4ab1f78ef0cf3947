"""Checks for variables that are used but not set."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal

from zr4lint.checks.core.instruction_lists import looked_at
from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.dockerfile import Instruction, values
from zr4lint.facts import ArgDeclared, EnvSet
from zr4lint.facts.fact import PREDEFINED_ARGS
from zr4lint.facts.variable_uses import PLATFORM_ARGS, VariableUse, undefined, uses_in, variable_uses
from zr4lint.model.finding import Edit, Fix, Related, Severity
from zr4lint.model.quoting import code
from zr4lint.model.source import MappedText, Span
from zr4lint.startup import lazy_pattern

_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REFERENCE = lazy_pattern(
    rf"(?:(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_/:@")
"""The characters of most references; one with no other is not checked."""
_LONGEST = 60
_MOST_REPORTED = 200
_MOST_COMPARED = 500


@check("variable-defined", stages="all", raises=True)
def variable_defined(
    subject: Subject, *, where: Literal["stage", "from", "from-default", "same-env"] = "stage"
) -> Outcomes:
    """Variables are set before they are used.

    `where` is `stage` for the instructions of stages, `from` for FROM, `from-default` for the image of FROM in a build
    without arguments, which must be a valid reference, and `same-env` for variables that one ENV both sets and uses.
    """
    if where == "from-default" or "$" in subject.source.text:
        yield from _PLACES[where](subject)


def _in_stages(subject: Subject) -> Outcomes:
    uses = [use for use in variable_uses(subject.facts) if use.instruction.stage in subject.lineage]
    own = {(fact.at.instruction.span, fact.name) for fact in _pairs(subject)}
    pairs = Counter(fact.at.instruction.span for fact in _pairs(subject))
    unset = {use.span for use in undefined(uses)}
    for use in uses:
        if use.span not in unset:
            yield Met(use.span, use.instruction)
    for use in [use for use in uses if use.span in unset][:_MOST_REPORTED]:
        if (use.instruction.span, use.name) in own and pairs[use.instruction.span] > 1:
            continue  # `same-env` reports these
        if use.name.lower() in PREDEFINED_ARGS:
            continue  # BuildKit passes them to RUN without an ARG
        if (unmet := _undefined(subject, use)) is not None:
            yield unmet


def _pairs(subject: Subject) -> list[EnvSet]:
    return subject.facts.of(EnvSet, looked_at(subject), triggers=True)


def _undefined(subject: Subject, use: VariableUse) -> Unmet | None:
    name = use.name
    near = _near(name, use.known, 0.75 if use.is_set is False else 0.85)
    fix = replace(use.span, near, f"Write {near}", UNSAFE) if near else None
    if use.is_set is None:
        if not near:
            return None
        message, severity = f"{code(f'${name}')} is not set in this file", Severity.INFO
    else:
        message, severity = f"{code(f'${name}')} is not set", None
    advice = f"Did you mean `${near}`?" if near else None
    if name in PLATFORM_ARGS:
        advice = f"Declare it in this stage: `ARG {name}`"
    elif any(arg.name == name for arg in subject.facts.of(ArgDeclared, [-1])):
        advice = f"Declare it in this stage as well: `ARG {name}`"
    return Unmet(message, use.span, fix=fix, severity=severity, notes=(_effect(subject.source.text, use),), help=advice)


def _near(name: str, known: Iterable[str], likeness: float = 0.75) -> str | None:
    """Return the known name that was probably meant. One with the same letters comes first."""
    names = sorted(islice(known, _MOST_COMPARED))
    letters = sorted(name.lower())
    same = next((other for other in names if sorted(other.lower()) == letters), None)
    if same is not None or not 3 < len(name) < _LONGEST:
        return same
    from difflib import get_close_matches  # only a file with a misspelled name needs it

    matches = get_close_matches(name, names, 1, likeness)
    return matches[0] if matches else None


def _effect(text: str, use: VariableUse) -> str:
    """Return the effect of a missing variable on the build."""
    before = text[: use.span.start].rstrip("{").removesuffix("$")
    after = text[use.span.end : use.span.end + 2].lstrip("}")
    listed = use.instruction.keyword == "ENV" and use.name.endswith("PATH")
    if listed and (before.endswith(":") or after.startswith(":")):
        return "An empty entry in a list of folders means the current folder, which is then searched."
    return "BuildKit replaces it with an empty string."


# FROM


def _in_from(subject: Subject) -> Outcomes:
    declared = {arg.name for arg in subject.facts.of(ArgDeclared, [-1])}
    within = {arg.name for arg in subject.facts.of(ArgDeclared, range(len(subject.facts.stages)))}
    for number in sorted(subject.lineage):
        instruction = subject.facts.stages[number].instruction
        for name, _, span in _from_uses(subject, instruction):
            if name in declared or name in PLATFORM_ARGS:
                yield Met(span, instruction)
                continue
            near = _near(name, declared | set(PLATFORM_ARGS))
            inside = name in within
            notes = ("An ARG inside a stage does not reach FROM.",) if inside else ()
            yield Unmet(
                f"no ARG above the first FROM declares {code(name, 40)}",
                span,
                fix=replace(span, near, f"Write {near}", UNSAFE) if near and not inside else None,
                notes=notes,
                help=f"Did you mean `${near}`?" if near and not inside else f"Add `ARG {name}` above the first FROM",
            )


def _from_uses(subject: Subject, instruction: Instruction) -> list[tuple[str, str, Span]]:
    if "$" not in subject.words(instruction.span):
        return []
    escape = subject.dockerfile.escape
    flags = [flag.span for flag in instruction.flags if flag.name == "platform"]
    texts = [MappedText(subject.words(span), (0,), (span.start,)) for span in flags]
    return [use for text in (*texts, instruction.arguments) for use in uses_in(text, escape)]


class _Defaults(dict[str, str]):
    """The values of arguments in a build without --build-arg. Those without a default are empty."""

    def get(self, name: str, _: object = None) -> str:
        return super().get(name, "")


def _in_from_default(subject: Subject) -> Outcomes:
    defaults = _defaults(subject)
    for number in sorted(subject.lineage):
        stage = subject.facts.stages[number]
        raw = subject.words(stage.image_span)
        if _PLAIN.issuperset(raw) or stage.parent is not None:
            continue
        image = values.expand(raw, defaults)
        if image is None or _REFERENCE.fullmatch(image):
            yield Met(stage.image_span, stage.instruction)
        elif not image:
            yield Unmet(
                f"without --build-arg {code(raw, 34)} is empty",
                stage.image_span,
                notes=("A build that gives no arguments fails.",),
                help="Give the ARG a default",
            )
        elif "$" not in raw:
            lower = _REFERENCE.fullmatch(image.lower()) is not None
            yield Unmet(
                f"{code(image, 55)} is not a valid image",
                stage.image_span,
                severity=Severity.ERROR,
                notes=("BuildKit refuses the file.",),
                help="Write the name in lower case" if lower else None,
            )
        else:
            yield Unmet(
                f"without --build-arg {code(image, 34)} is not a valid image",
                stage.image_span,
                notes=("A build that gives no arguments fails.",),
                help="Give the ARG a default",
            )


def _defaults(subject: Subject) -> Mapping[str, str | None]:
    found = _Defaults(dict.fromkeys(PLATFORM_ARGS, "linux"))
    for arg in subject.facts.of(ArgDeclared, [-1]):
        if arg.default is not None:
            value = values.expand(arg.default, found)
            if value is not None:
                found[arg.name] = value
    return found


# ENV


def _in_same_env(subject: Subject) -> Outcomes:
    groups: dict[int, list[EnvSet]] = {}
    for pair in _pairs(subject):
        groups.setdefault(pair.at.instruction.span.start, []).append(pair)
    groups = {start: group for start, group in groups.items() if len(group) > 1}
    if not groups:
        return
    before = {use.instruction.span.start: use.known for use in variable_uses(subject.facts)}
    escape = subject.dockerfile.escape
    for start, group in groups.items():
        if start in before:
            yield from _within(subject, group, before[start], escape)


def _within(subject: Subject, group: Sequence[EnvSet], known: Collection[str], escape: str) -> Outcomes:
    """Yield the outcomes for one ENV with several pairs."""
    places: dict[str, list[int]] = {}
    for index, pair in enumerate(group):
        places.setdefault(pair.name, []).append(index)
    seen: dict[str, EnvSet] = {}
    for index, pair in enumerate(group):
        words = MappedText(subject.words(pair.value_span), (0,), (pair.value_span.start,))
        twin = seen.get(pair.name)
        for name, operator, span in uses_in(words, escape):
            if operator and not operator.startswith(("#", "%", "/")):
                continue
            if name == pair.name and twin is not None:
                yield Unmet(
                    f"{code(f'${name}', 30)} does not have the value that this ENV sets",
                    span,
                    related=(Related("this value is lost", twin.span),),
                    notes=("All pairs of one ENV use the values that were set before it.",),
                    fix=_split(subject, group, index),
                )
                continue
            if name in places and name != pair.name and name not in known:
                setter = places[name][0]
                yield Unmet(
                    f"{code(f'${name}', 40)} is not set yet where this ENV uses it",
                    span,
                    related=(Related("it is set here, for the instructions below", group[setter].span),),
                    notes=("All pairs of one ENV use the values that were set before it.",),
                    fix=_split(subject, group, index) if setter < index else None,
                )
        yield met(pair.at, pair.span)
        seen[pair.name] = pair


def _split(subject: Subject, group: Sequence[EnvSet], index: int) -> Fix | None:
    """Return a fix that starts a new ENV at the pair; None if a comment precedes it."""
    start, end = group[index - 1].span.end, group[index].span.start
    instruction = group[index].at.instruction
    between = subject.source.text[start:end]
    if "#" in between or group[index].at.trigger:
        return None
    keyword = subject.words(instruction.keyword_span)
    edit = Edit(start, end, f"{subject.source.newline}{keyword} ")
    return Fix("Set it in another ENV", UNSAFE, (edit,))


_PLACES: dict[str, Callable[[Subject], Outcomes]] = {
    "stage": _in_stages,
    "from": _in_from,
    "from-default": _in_from_default,
    "same-env": _in_same_env,
}
