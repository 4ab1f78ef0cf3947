"""Checks for archives that are copied and then unpacked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import Copied, Origin, Ran
from zr4lint.model.finding import Related
from zr4lint.model.quoting import code
from zr4lint.programs.image_paths import absolute, covers
from zr4lint.startup import lazy_pattern

_TAR = lazy_pattern(r".*\.(?:tar(?:\.(?:gz|bz2|xz|zst|lzma|Z))?|tgz|tbz2?|txz|tzst)", re.IGNORECASE)
_EXTRACTS = lazy_pattern(r"-?[A-Za-z]*x[A-Za-z]*|--extract|--get")
_UNPACKERS = frozenset({"gunzip", "zcat", "bunzip2", "bzcat", "unxz", "xzcat", "unzstd", "zstdcat", "uncompress"})
_WITH_DECOMPRESS = frozenset({"gzip", "bzip2", "xz", "zstd", "pigz", "pbzip2"})
_DECOMPRESSES = lazy_pattern(r"-[A-Za-z0-9]*d[A-Za-z0-9]*|--decompress|--uncompress")


@check("core/archive-unpacked", stages="all")
def archive_unpacked(subject: Subject) -> Outcomes:
    """No tar archive of the build context is copied and then unpacked. ADD unpacks it without keeping it."""
    for number in sorted(subject.lineage):
        unpacked = [*_unpacked(subject.facts.of(Ran, [number]))]
        for copy in subject.facts.of(Copied, [number]):
            if copy.at.instruction.keyword != "COPY" or copy.origin is not Origin.CONTEXT or copy.target is None:
                continue
            if not _TAR.fullmatch(copy.source):
                continue
            later = ((r, p) for r, p in unpacked if r.at.order > copy.at.order)
            ran = next((r for r, p in later if _is(p, copy) or _on_windows(subject, p, copy)), None)
            if ran is None:
                yield met(copy.at, copy.span)
                continue
            yield Unmet(
                f"{code(copy.source)} is copied and then unpacked",
                copy.span,
                help="Unpack it with ADD",
                related=(Related("it is unpacked here", ran.at.span),),
                notes=("The image holds both the archive, in the layer of COPY, and its files.",),
            )


def _is(path: str, copy: Copied) -> bool:
    """Return whether an unpacked path is, or may match, the copied file."""
    target = copy.target or ""
    wanted = copy.source.rpartition("/")[2]
    if copy.many:
        folder, _, name = path.rpartition("/")
        return (folder or "/") == target and (covers(f"/{wanted}", f"/{name}", recursive=False) or name == wanted)
    in_folder = f"{target.rstrip('/')}/{wanted}"  # the target may turn out to be a folder
    return covers(path, target, recursive=False) or covers(path, in_folder, recursive=False)


def _on_windows(subject: Subject, path: str, copy: Copied) -> bool:
    """Return whether an unpacked Windows path has the name of the copied file or of its target."""
    target, source = copy.target or "", subject.words(copy.span).strip("\"'")
    if "\\" not in f"{source}{target}":
        return False
    name, *others = (re.split(r"[\\/]", word)[-1].lower() for word in (path, source, target))
    return name in others


def _unpacked(commands: Iterable[Ran]) -> Iterator[tuple[Ran, str]]:
    """Yield the commands that unpack archives, with each path in their arguments."""
    for ran in commands:
        words = [argument.value for argument in ran.arguments[1:] if argument.value]
        if not _unpacks(ran.program, words):
            continue
        given = [word.partition("=")[2] if word.startswith("--") else word for word in words]
        given += [r.path for r in ran.redirections if r.operator == "<" and r.path is not None]
        for word in filter(None, given):
            path = absolute(word, ran.folder)
            if path is not None:
                yield ran, path


def _unpacks(program: str, words: list[str]) -> bool:
    if program in ("tar", "bsdtar", "gtar"):
        first = bool(words) and not words[0].startswith("-") and _EXTRACTS.fullmatch(words[0]) is not None
        return first or any(word.startswith("-") and _EXTRACTS.fullmatch(word) for word in words)
    if program in _WITH_DECOMPRESS:
        return any(_DECOMPRESSES.fullmatch(word) for word in words)
    return program in _UNPACKERS
