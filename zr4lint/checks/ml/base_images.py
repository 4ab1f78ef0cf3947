"""Checks for base images: unpublished tags, ended releases, and images without a compiler."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.builds import cuda_builds, source_builds_of
from zr4lint.checks.ml.stage_history import histories, source_of
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Copied
from zr4lint.facts.images import Base, is_cuda
from zr4lint.knowledge.tables import CudaTags, cuda_tags, distribution, minor, references, release, sure
from zr4lint.model.finding import Fix, Severity
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.facts import At
    from zr4lint.facts.history import History

_DISTRIBUTIONS = ("ubuntu", "rockylinux", "ubi", "centos", "oraclelinux", "amzn", "azl", "cm", "debian")
_CUDNN = r"cudnn\d*"
_KINDS = ("devel", "runtime", "base")
_TOOLKIT = (
    r"cuda-toolkit|nvidia-cuda-toolkit|cuda-nvcc|cuda_\d|nvcc|cuda-compiler|cuda-minimal-build|cuda-dev|cuda-\d|"
    r"/usr/local/cuda|cudatoolkit-dev|nvidia-cuda|label/cuda|\bcuda="
)
_COMPILERS = r"build-essential|\bg\+\+|\bgcc\b|clang|python3?-dev|conda"
_LISTS = "NVIDIA doc/supported-tags.md and doc/unsupported-tags.md, 2025-08"
_POLICY = "NVIDIA doc/support-policy.md"
_DELETION = "NVIDIA/cudf-spark-examples pull request 311"
_FAILS = "Docker finds no image with this tag, so the build fails at FROM."


def _roots(subject: Subject) -> list[tuple[History, Base]]:
    """Return the histories whose stage builds on an external image without a digest, with the image."""
    found = [(s, s.base) for s in histories(subject) if s.stage.parent is None and s.base is not None]
    return [(history, base) for history, base in found if base is not None and not base.image.digest]


def _fix(subject: Subject, history: History, base: Base, tag: str | None) -> Fix | None:
    """Return a fix that replaces the tag; None if a variable holds it."""
    written = subject.words(history.stage.image_span)
    if tag is None or not base.image.tag or not written.endswith(f":{base.image.tag}"):
        return None
    return replace(history.stage.image_span, written.removesuffix(base.image.tag) + tag, f"Use {tag}", UNSAFE)


def _renamed(base: Base, tag: str) -> str:
    """Return the reference with another tag and its registry as written."""
    return f"{base.reference.partition('@')[0].removesuffix(f':{base.image.tag}')}:{tag}"


def _version(tag: str, numbers: int) -> tuple[str, str] | None:
    """Return the version with `numbers` parts that a tag starts with, and the text after it; else None."""
    version, dash, rest = tag.partition("-")
    parts = version.split(".")
    fits = len(parts) == numbers and all(part.isdecimal() for part in parts) and bool(rest) == bool(dash)
    return (version, rest) if fits else None


def _flavour(rest: str) -> tuple[str, str] | None:
    """Return the flavour and the distribution after a version; None for an unknown distribution."""
    flavour, _, distribution = rest.rpartition("-")
    return (flavour, distribution) if flavour and distribution.rstrip("0123456789.") in _DISTRIBUTIONS else None


def _respelled(tags: CudaTags, version: str, rest: str) -> str | None:
    """Return the version's tag with this flavour and distribution, with cuDNN spelled its way; None if unpublished."""
    wanted = _flavour(rest)
    if wanted is None:
        return None
    flavour, distribution = wanted
    kind, _, behind = flavour.partition("-")
    if kind in _KINDS and re.fullmatch(_CUDNN, behind):
        flavour = f"{behind}-{kind}"
    flavour = re.sub(_CUDNN, tags.cudnn(version), flavour)
    there = tags.tags.get(version, {}).get(distribution, frozenset())
    return f"{version}-{flavour}-{distribution}" if flavour in there else None


def _suggestion(tags: CudaTags, line: str, rest: str) -> str | None:
    fitting = (_respelled(tags, version, rest) for version in reversed(tags.patches(line)))
    return next((tag for tag in fitting if tag), None)


@check("ml/cuda-tag-without-patch")
def cuda_tag_without_patch(subject: Subject) -> Outcomes:
    """Tags of nvidia/cuda have three numbers."""
    tags = cuda_tags()
    for history, base in _roots(subject):
        found = _version(base.image.tag, 2) if is_cuda(base.image) else None
        if found is None:
            continue
        line, rest = found
        tag = _suggestion(tags, line, rest)
        newest = tags.patches(line)
        instead = tag or (f"{newest[-1]}-..." if newest else f"{line}.Z-...")
        if release(line) < tags.deleted_before:
            yield Unmet(
                f"{code(base.reference)} was deleted from Docker Hub",
                history.stage.image_span,
                notes=("NVIDIA deleted the images of CUDA 7 to 10 in July 2023.", _FAILS),
                help="Use an image of CUDA 12 or later",
                references=(_DELETION,),
            )
            continue
        yield Unmet(
            f"{code(base.reference)} is not a published tag",
            history.stage.image_span,
            expected=_renamed(base, instead),
            fix=_fix(subject, history, base, tag),
            notes=("Every tag of nvidia/cuda has three numbers.", _FAILS),
            help=f"Use {code(instead)}",
            references=(_LISTS,),
        )


@check("ml/cuda-tag-impossible")
def cuda_tag_impossible(subject: Subject) -> Outcomes:
    """The tag of nvidia/cuda was published."""
    tags = cuda_tags()
    for history, base in _roots(subject):
        if not is_cuda(base.image) or _version(base.image.tag, 2):
            continue
        if unmet := _impossible(tags, base):
            tag = unmet.expected
            published = tag is not None and _known(tags, tag)
            yield structs.replace(
                unmet,
                span=history.stage.image_span,
                expected=_renamed(base, tag) if tag else None,
                fix=_fix(subject, history, base, tag) if published else None,
            )


def _known(tags: CudaTags, tag: str) -> bool:
    version, _, rest = tag.partition("-")
    flavour, _, name = rest.rpartition("-")
    return flavour in tags.tags.get(version, {}).get(name, ())


def _impossible(tags: CudaTags, base: Base) -> Unmet | None:
    """Return the fault of a tag; `expected` is the tag to use."""
    tag = base.image.tag
    if tag in ("", "latest"):
        return Unmet(
            f"{code(base.reference)} has no tag `latest`",
            expected=f"{tags.newest}-devel-ubuntu24.04",
            notes=("NVIDIA removed the tag `latest` of nvidia/cuda in January 2021.", _FAILS),
            help="Name the version, the flavour and the distribution",
            references=("nvidia-docker issue 1454",),
        )
    parts = _version(tag, 3)
    if parts is None or release(parts[0]) < tags.deleted_before or parts[0] in tags.deleted:
        return None
    version, rest = parts
    wanted = _flavour(rest)
    if wanted is None:
        if any(character.isdigit() for character in rest.rpartition("-")[2]):
            return None  # the table does not know this distribution
        return Unmet(
            f"{code(base.reference)} names no distribution",
            expected=_respelled(tags, version, f"{rest or 'devel'}-ubuntu22.04"),
            notes=("Every tag of nvidia/cuda ends with a distribution.", _FAILS),
            help="Add the distribution, for example `-ubuntu22.04`",
            references=(_LISTS,),
        )
    if version not in tags.tags:
        return _not_listed(tags, base, version, rest)
    flavour, distribution = wanted
    there = tags.tags[version].get(distribution, frozenset())
    if flavour in there:
        return None
    tag_there = _respelled(tags, version, rest)
    if tag_there:
        why = f"The published tag spells or places cuDNN differently: {tag_there}."
    elif not there:
        why = f"CUDA {version} has no image for {distribution}."
    else:
        why = f"CUDA {version} on {distribution} has only {', '.join(sorted(there))}."
    instead = tag_there or _nearest(tags, version, rest)
    return _unpublished(base, why, instead)


def _unpublished(base: Base, why: str, instead: str | None) -> Unmet:
    return Unmet(
        f"{code(base.reference)} is not a published tag",
        expected=instead,
        notes=(why, _FAILS),
        help=f"Use {code(instead)}" if instead else None,
        references=(_LISTS,),
    )


def _not_listed(tags: CudaTags, base: Base, version: str, rest: str) -> Unmet | None:
    """Return the finding for a version outside the list: it never existed, or it is newer than the list."""
    if version in tags.seen:
        return None
    line = tags.line(minor(version))
    newest = line[-1] if line else tags.last
    if release(version) > release(newest):
        return Unmet(
            f"{code(base.reference)} is newer than the known tags",
            severity=Severity.INFO,
            notes=(f"The newest version of its line that zr4lint knows is {newest}, so this tag is not checked.",),
            references=(_LISTS,),
        )
    return _unpublished(base, f"There is no CUDA {version}.", _nearest(tags, version, rest))


def _nearest(tags: CudaTags, version: str, rest: str) -> str | None:
    """Return a tag of the same major version with this flavour, from the nearest version that has one."""
    major = version.partition(".")[0]
    near = sorted(
        (v for v in tags.tags if v.partition(".")[0] == major),
        key=lambda v: (release(v) < release(version), release(v)),
    )
    same = sorted((v for v in near if minor(v) == minor(version)), key=release, reverse=True)
    return next((tag for v in (*same, *near) if (tag := _respelled(tags, v, rest))), None)


@check("ml/cuda-tag-end-of-life", raises=True)
def cuda_tag_end_of_life(subject: Subject) -> Outcomes:
    """The tag is the newest patch of a supported CUDA version."""
    tags = cuda_tags()
    for history, base in _roots(subject):
        parts = _version(base.image.tag, 3) if is_cuda(base.image) else None
        if parts is None:
            continue
        version, rest = parts
        newest = [v for v in tags.patches(minor(version)) if release(v) > release(version)]
        tag = _respelled(tags, newest[-1], rest) if newest else None
        if version in tags.deleted or release(version) < tags.deleted_before:
            yield Unmet(
                f"{code(base.reference)} was deleted from Docker Hub",
                history.stage.image_span,
                expected=_renamed(base, tag) if tag else None,
                fix=_fix(subject, history, base, tag) if not version.startswith("11.") else None,
                severity=Severity.ERROR,
                notes=("NVIDIA deleted this image from Docker Hub and NGC in July 2023.", _FAILS),
                help=f"Use {code(tag)}" if tag else "Use an image of CUDA 12 or later",
                references=(_DELETION,),
            )
        elif version in tags.tags and newest:
            yield Unmet(
                f"{code(base.reference)} was replaced by CUDA {newest[-1]}",
                history.stage.image_span,
                expected=_renamed(base, tag) if tag else None,
                fix=_fix(subject, history, base, tag),
                notes=(
                    "By NVIDIA's policy a replaced tag may be deleted after six months. The build then fails at FROM.",
                ),
                help=f"Use {code(tag or newest[-1])}, or keep a copy of the image and pin its digest",
                references=(_POLICY,),
            )
        elif version in tags.tags and version.startswith("11."):
            yield Unmet(
                f"{code(base.reference)} is past its end of life",
                history.stage.image_span,
                notes=("By NVIDIA's policy CUDA 11 images may be deleted now that CUDA 13 is out.",),
                help="Use an image of CUDA 12 or 13, or keep a copy of the image and pin its digest",
                references=(_POLICY,),
            )


@check("ml/distribution-end-of-life")
def distribution_end_of_life(subject: Subject) -> Outcomes:
    """The distribution still gets updates."""
    for history, base in _roots(subject):
        row = distribution(base.distribution)
        if row is not None and row.get("ended"):
            yield Unmet(
                f"{code(base.distribution or '')} no longer gets updates",
                history.stage.image_span,
                unsure=not sure(row),
                notes=(
                    "Packages for it disappear; deadsnakes has deleted its own.",
                    "New wheels need a newer glibc.",
                ),
                help="Use a release that still gets updates, for example ubuntu22.04",
                references=references(row),
            )


@check("ml/no-compiler-in-image")
def no_compiler_in_image(subject: Subject) -> Outcomes:
    """Packages that compile CUDA code or look for nvcc are built in an image that has it."""
    for history in histories(subject):
        base = history.base
        if base is None or base.compiles_cuda is not False:
            continue
        yield from _without_compiler(history, base)
        for build in cuda_builds(history):
            if history.mentions(build.install.at, _TOOLKIT) or _brings_toolkit(subject, history, build.install.at):
                continue
            yield Unmet(
                f"{code(build.package)} needs nvcc, which {code(base.reference, 40)} lacks",
                build.requirement.span,
                expected="a devel image in the stage that compiles",
                unsure=build.unsure,
                notes=("setup.py fails with `CUDA_HOME environment variable is not set`.",),
                help="Build on a devel image, or install a wheel by its URL",
                references=("flash-attention setup.py", "flash-attention issues 1229 and 1736"),
            )


def _brings_toolkit(subject: Subject, history: History, at: At) -> bool:
    """Return whether a stage that files are copied from before a place may have installed CUDA, such as by conda."""
    sources = (source_of(subject, copied) for copied in history.of(Copied) if copied.at.order < at.order)
    return any(source is not None and source.mentions(None, _TOOLKIT) for source in sources)


def _without_compiler(history: History, base: Base) -> Outcomes:
    """Yield outcomes for packages that compile C++ in a slim Python image, which has no compiler."""
    if base.kind != "python" or "slim" not in base.image.tag:
        return
    for build, row in source_builds_of(history):
        if not row.compiles or history.mentions(build.install.at, _COMPILERS):
            continue
        yield Unmet(
            f"{code(build.package)} needs {row.compiles}, which {code(base.reference, 34)} lacks",
            build.requirement.span,
            expected="apt-get install build-essential",
            unsure=build.unsure,
            notes=("This release has no wheels, so pip compiles it.",),
            help=f"Install build-essential first, or {build.package} {row.wheels_since} or newer, which has wheels",
            references=tuple(row.source.split("; ")),
        )
