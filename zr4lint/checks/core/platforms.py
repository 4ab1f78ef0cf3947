"""Checks for `--platform` of FROM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import ArgDeclared, Stage
from zr4lint.knowledge.tables import table
from zr4lint.model.finding import Applicability, Edit, Fix
from zr4lint.model.quoting import code
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.programs.option_reading import Option

_TARGET = ("$TARGETPLATFORM", "${TARGETPLATFORM}")
_COMPONENT = lazy_pattern(r"[A-Za-z0-9_.-]+")


@check("core/platform", stages="all")
def platform(subject: Subject, *, what: Literal["constant", "redundant"]) -> Outcomes:
    """FROM does not set --platform to a constant or to the default.

    `constant`: the platform is not written out, unless the stage's name contains it. `redundant`: the platform is not
    `$TARGETPLATFORM`, which is the default.
    """
    for number in sorted(subject.lineage):
        stage = subject.facts.stages[number]
        flag = stage.flags.get("platform")
        if flag is None:
            continue
        raw = subject.words(flag.value_span).strip("\"'")
        unmet = _constant(stage, flag, raw) if what == "constant" else _redundant(subject, flag, raw)
        yield unmet or Met(flag.span, stage.instruction)


def _constant(stage: Stage, flag: Option, raw: str) -> Unmet | None:
    if "$" in raw or not raw:
        return None
    names = platform_names(raw)
    if names is None:
        return Unmet(f"{code(raw)} is not a platform", flag.value_span, help="Write OS/ARCH, such as `linux/arm64`")
    name = (stage.name or "").lower()
    if any(word in name for word in names):
        return None
    architecture = names[-1]
    return Unmet(
        f"the stage is built for {code(raw)} alone",
        flag.value_span,
        notes=("`docker build --platform` has no effect on it, so the image may not run where it is meant to.",),
        help=f"Use $BUILDPLATFORM, or name it in the stage's name: `AS build-{architecture}`",
    )


def platform_names(raw: str) -> tuple[str, ...] | None:
    """Return the names of system and architecture, as written and normalized; None if `raw` is no platform."""
    parts = raw.lower().split("/")
    if len(parts) > 3 or not all(_COMPONENT.fullmatch(part) for part in parts):
        return None
    data = table("platforms")
    if len(parts) == 1:
        word = data["aliases"].get(parts[0], parts[0])
        return (parts[0], word) if word in data["architectures"] or word in data["systems"] else None
    return (*parts[:2], data["aliases"].get(parts[1], parts[1]))


def _redundant(subject: Subject, flag: Option, raw: str) -> Unmet | None:
    given = subject.facts.of(ArgDeclared, [-1])
    if raw not in _TARGET or any(arg.name == "TARGETPLATFORM" and arg.default is not None for arg in given):
        return None
    end = flag.span.end
    while subject.source.text[end : end + 1] in (" ", "\t"):
        end += 1
    return Unmet(
        f"{code(raw)} is the default platform",
        flag.span,
        fix=Fix("Remove the flag", Applicability.SAFE, (Edit(flag.span.start, end, ""),)),
    )
