"""Comments for other linters: hadolint's pragmas, and BuildKit's `# check=`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.dockerfile.directives import TRUE
from zr4lint.model.source import Span
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.dockerfile.instructions import Dockerfile, Instruction

_PRAGMA = lazy_pattern(r"#[ \t]*hadolint[ \t]+(?:(global|stage)[ \t]+)?(ignore|shell)[ \t]*=[ \t]*")
_CODE = r"(?:DL|SC)\d+"
_CODES = lazy_pattern(rf"({_CODE}(?:[ \t]*,[ \t]*{_CODE})*)[ \t]*(?:#+(.*))?$")
_SHELL = lazy_pattern(r"([^\s#]\S*)[ \t]*(?:#.*)?$")
_CHECK = lazy_pattern(r"#[ \t]*check[ \t]*=[ \t]*(.*)$", re.IGNORECASE)
_REASON = " //"


class Scope(Enum):
    """The scope of a comment."""

    INSTRUCTION = "instruction"
    STAGE = "stage"
    FILE = "file"


class PeerComment(Struct, frozen=True):
    """A comment for another linter.

    `skipped` are the codes that are not reported within the span `area`, or "all" for all checks of BuildKit. `wanted`
    are experimental checks of BuildKit to run. `shell` is the shell that hadolint assumes in the `area`. With `fails`,
    BuildKit's warnings fail the build.
    """

    span: Span
    area: Span
    scope: Scope
    tool: str
    skipped: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    shell: str = ""
    reason: str | None = None
    fails: bool = False


def peer_comments(dockerfile: Dockerfile, check: str | None = None) -> list[PeerComment]:
    """Return the valid comments of a file for other linters, in order.

    `check` is the value of the build argument BUILDKIT_DOCKERFILE_CHECK, which replaces the `# check=` directive.
    """
    text = dockerfile.source.text
    if check is None and not any(word in text for word in ("hadolint", "skip", "experimental", "error")):
        return []
    places = _Places(dockerfile)
    said = [(directive.span, directive.span.of(text)) for directive in dockerfile.directives]
    if check is not None:
        said = [(Span(0, 0), f"# check={check}")]
    found = [one for span, words in said if (one := _check(span, words, places, whole=True))]
    for comment in dockerfile.comments:
        if not comment.inside:
            words = comment.span.of(text)
            one = _pragma(comment.span, places) or _check(comment.span, words, places, whole=False)
            found += [one] if one is not None else []
    return sorted(found, key=lambda one: one.span)


def declared_shells(comments: Sequence[PeerComment], instructions: Sequence[Instruction]) -> Mapping[int, str]:
    """Return the shells that `# hadolint shell=` sets for instructions, by index; a SHELL ends the effect."""
    pending = [comment for comment in reversed(comments) if comment.shell]
    found: dict[int, str] = {}
    everywhere = here = ""
    for instruction in instructions if pending else ():
        while pending and pending[-1].span.start < instruction.span.start:
            comment = pending.pop()
            here = comment.shell
            everywhere = here if not comment.area.start else everywhere
        if instruction.keyword == "FROM":
            here = everywhere
        elif instruction.keyword == "SHELL":
            here = ""
        elif here:
            found[instruction.index] = here
    return found


class _Places:
    """The instructions and lines that comments of a file apply to."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self.source = dockerfile.source
        self.instructions = dockerfile.instructions
        self.stages = [i.span.start for i in dockerfile.instructions if i.keyword == "FROM"]
        self.by_line = {instruction.line: instruction for instruction in dockerfile.instructions}
        self.comment_lines = {self.source.line_of(comment.span.start) for comment in dockerfile.comments}
        self.whole = Span(0, len(self.source.text) + 1)

    def line(self, span: Span) -> int:
        return self.source.line_of(span.start)

    def below(self, span: Span, *, over_comments: bool = False) -> Instruction | None:
        """Return the instruction on the next line, or with `over_comments` below further comments."""
        line = self.line(span) + 1
        while over_comments and line in self.comment_lines:
            line += 1
        return self.by_line.get(line)

    def to_end_of_stage(self, start: int) -> Span:
        following = bisect_right(self.stages, start)
        return Span(start, self.stages[following] if following < len(self.stages) else self.whole.end)


def _pragma(span: Span, places: _Places) -> PeerComment | None:
    text = places.source.slice(span).rstrip()
    head = _PRAGMA.match(text)
    if head is None:
        return None
    scope, verb = head[1], head[2]
    if verb == "shell":
        name = _SHELL.match(text, head.end())
        first = places.stages[0] if places.stages else places.whole.end
        area = places.whole if span.start < first else places.to_end_of_stage(span.start)
        return PeerComment(span, area, Scope.STAGE, "hadolint", shell=name[1]) if name and not scope else None
    codes = _CODES.match(text, head.end())
    if codes is None:
        return None
    names = tuple(re.findall(_CODE, codes[1]))
    reason = (codes[2] or "").strip() or None
    if scope == "global":
        return PeerComment(span, places.whole, Scope.FILE, "hadolint", names, reason=reason)
    instruction = places.below(span)
    if instruction is None or (scope == "stage" and instruction.keyword != "FROM"):
        return None
    if scope == "stage":
        area = places.to_end_of_stage(instruction.span.start)
        return PeerComment(span, area, Scope.STAGE, "hadolint", names, reason=reason)
    return PeerComment(span, _area(instruction), Scope.INSTRUCTION, "hadolint", names, reason=reason)


def _check(span: Span, text: str, places: _Places, *, whole: bool) -> PeerComment | None:
    found = _CHECK.match(text.strip())
    if found is None:
        return None
    words, _, reason = found[1].partition(_REASON)
    options = dict(_options(words))
    skipped, wanted = options.get("skip", ()), options.get("experimental", ())
    fails = "".join(options.get("error", ())) in TRUE
    if not skipped and not ((wanted or fails) and whole):
        return None
    said = reason.strip() or None
    if whole:
        return PeerComment(span, places.whole, Scope.FILE, "buildkit", skipped, wanted, reason=said, fails=fails)
    instruction = places.below(span, over_comments=True)
    if instruction is None:
        return None
    return PeerComment(span, _area(instruction), Scope.INSTRUCTION, "buildkit", skipped, reason=said)


def _options(words: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the options of a `# check=`, such as `skip=A,B;experimental=C`."""
    for option in words.split(";"):
        key, _, value = option.partition("=")
        yield key.strip().lower(), tuple(filter(None, (name.strip() for name in value.split(","))))


def _area(instruction: Instruction) -> Span:
    return Span(instruction.span.start, instruction.span.end + 1)
