"""The images that a build uses: base images, and images that it copies from or mounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from zr4lint.checks.core.instruction_lists import looked_at
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile import Instruction, values
from zr4lint.facts import CopyStep, RunStep
from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Text

_HUB = "docker.io"
_HUB_PAGE = "hub.docker.com"
_TAGGED = lazy_pattern(r"\$(?:\w+|\{[^{}]*+\})[^$:@]*+:([\w.-]+)\Z")


class Reference(Struct, frozen=True):
    """An image that an instruction names. `value` has the variables expanded; it is None if unknown."""

    raw: str
    value: str | None
    span: Span
    instruction: Instruction


@check("image-reference", stages="all", needs="pinned allowed forbidden")
def image_reference(
    subject: Subject,
    *,
    pinned: Literal["tag", "digest"] | None = None,
    allowed: list[Text] | None = None,
    forbidden: list[Text] | None = None,
) -> Outcomes:
    """FROM, `COPY --from` and `RUN --mount` name only allowed images.

    `pinned` requires a tag or a digest. `allowed` and `forbidden` are patterns: `ghcr.io` matches a registry,
    `ghcr.io/acme` all names below it, and `docker.io/library/*:latest` or `debian:12*` a whole name with its tag.
    """
    for reference in references(subject):
        if reference.value is None:
            unmet = _of_known_tag(reference, forbidden or ()) or _unknown(reference, allowed)
        else:
            unmet = _judged(reference, reference.value, pinned, allowed, forbidden)
        yield unmet or Met(reference.span, reference.instruction)


def references(subject: Subject) -> Iterator[Reference]:
    """Yield the external images that the stages use."""
    facts, stages = subject.facts, subject.lineage
    for number in sorted(stages):
        stage = facts.stages[number]
        raw = subject.words(stage.image_span)
        if stage.parent is None and stage.image != "scratch" and raw and stage.image != "":
            yield Reference(raw, stage.image, stage.image_span, stage.instruction)
    stages = looked_at(subject)
    for copy in facts.of(CopyStep, stages, triggers=True):
        flag = copy.flags.get("from")
        if flag is not None and _is_image(subject, flag.value):
            yield Reference(subject.words(flag.value_span), flag.value, flag.value_span, copy.at.instruction)
    for run in facts.of(RunStep, stages, triggers=True):
        for mount in run.mounts:
            if _is_image(subject, mount.image):
                start = mount.span.start + subject.words(mount.span).rindex(f"from={mount.image}") + 5
                span = Span(start, start + len(mount.image))
                yield Reference(mount.image, mount.image, span, run.at.instruction)


def _is_image(subject: Subject, name: str | None) -> bool:
    """Return whether a source of COPY or a mount is certainly an image. A plain word may be a stage or a context."""
    return name is not None and any(sign in name for sign in "/:@") and subject.facts.named(name) is None


def _judged(
    reference: Reference,
    value: str,
    pinned: str | None,
    allowed: Sequence[str] | None,
    forbidden: Sequence[str] | None,
) -> Unmet | None:
    image = values.parse_image(value)
    shown = code(value)
    if pinned == "tag" and not image.tag and not image.digest:
        notes = ("Without a tag the build uses `latest`, which changes with each release.",)
        return Unmet(f"{shown} has no tag", reference.span, notes=notes, help="Add a tag or a digest")
    if pinned == "digest" and not image.digest:
        notes = ("A tag can be moved to another image at any time.",)
        return Unmet(f"{shown} is not pinned by a digest", reference.span, notes=notes, help="Add `@sha256:...`")
    if forbidden is not None and _fits(image, forbidden):
        return _forbidden(value, "" if image.digest else image.tag, reference.span)
    if allowed is not None and not _fits(image, allowed):
        message = f"{shown} is not an allowed image"
        return Unmet(message, reference.span, expected=f"an image of {', '.join(allowed)}")
    return None


def _forbidden(name: str, tag: str | None, span: Span) -> Unmet:
    if tag == "latest":
        notes = ("`latest` is another image after each release.",)
        return Unmet(f"{code(name)} has the tag `latest`", span, notes=notes, help="Name a version")
    return Unmet(f"{code(name)} is not allowed", span)


def _of_known_tag(reference: Reference, forbidden: Sequence[str]) -> Unmet | None:
    """Return the outcome for an image whose tag is known but whose name is not."""
    tagged = _TAGGED.search(reference.raw)
    if tagged is None or not any(p.startswith("*:") and matches(tagged[1], p[len("*:") :]) for p in forbidden):
        return None
    return _forbidden(reference.raw, tagged[1], reference.span)


def _unknown(reference: Reference, allowed: Sequence[str] | None) -> Unmet | None:
    """Return the outcome for an image of which only the beginning is known."""
    if allowed is None:
        return None
    known = reference.raw.partition("$")[0]
    registry, slash, _ = known.partition("/")
    if slash and not _is_registry(registry):
        registry = _HUB
    if slash and any(matches(registry, _registry(pattern)) for pattern in allowed):
        return None
    listed = f"an image of {', '.join(allowed)}"
    if slash and not any("/" in pattern and matches(registry, pattern.partition("/")[0]) for pattern in allowed):
        return Unmet(f"{code(reference.raw)} is not an allowed image", reference.span, expected=listed)
    return Unmet(
        f"the registry of {code(reference.raw, 30)} is not known before the build",
        reference.span,
        expected=listed,
        severity=Severity.INFO,
    )


def _is_registry(word: str) -> bool:
    return "." in word or ":" in word or word == "localhost"


def _registry(pattern: str) -> str:
    return _HUB if pattern == _HUB_PAGE else pattern


def _fits(image: values.Image, patterns: Sequence[str]) -> bool:
    """Return whether a pattern matches the registry of an image, its name, the beginning of that, or name and tag."""
    name = f"{image.registry}/{full_repository(image)}"
    names = (name, image.repository) if image.registry == _HUB else (name,)
    tag = f":{image.tag}" if image.tag else ""
    digest = f"@{image.digest}" if image.digest else ""
    spellings = [spelling for one in names for spelling in (f"{one}{tag}{digest}", one)]
    for pattern in patterns:
        head, slash, tail = pattern.partition("/")
        plain = _registry(head) + slash + tail
        above = matches(name, f"{plain.rstrip('/')}/*") if slash else matches(image.registry, plain)
        if above or any(matches(spelling, plain) for spelling in spellings):
            return True
    return False


def full_repository(image: values.Image) -> str:
    """Return the repository as the registry names it: "library/debian" for debian."""
    official = image.registry == _HUB and "/" not in image.repository
    return f"library/{image.repository}" if official else image.repository
