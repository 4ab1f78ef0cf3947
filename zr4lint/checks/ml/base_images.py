"""Base images: tags that were never published, releases that have ended, images without a compiler."""

from __future__ import annotations

import re

from msgspec import structs

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.builds import cuda_builds
from zr4lint.checks.ml.history import History, histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.images import Base, is_cuda
from zr4lint.knowledge.tables import CudaTags, cuda_tags, distribution, minor, release, sure
from zr4lint.model.finding import Fix, Severity

_DISTRIBUTIONS = ("ubuntu", "rockylinux", "ubi", "centos", "oraclelinux", "amzn", "azl", "cm", "debian")
_CUDNN = r"cudnn\d*"
_KINDS = ("devel", "runtime", "base")
_TOOLKIT = (
    r"cuda-toolkit|nvidia-cuda-toolkit|cuda-nvcc|cuda_\d|nvcc|cuda-compiler|cuda-minimal-build|cuda-dev|cuda-\d|"
    r"/usr/local/cuda|cudatoolkit-dev|nvidia-cuda"
)
LISTS = "NVIDIA's list of tags, 2025-08"


def _roots(subject: Subject) -> list[tuple[History, Base]]:
    """The histories whose stage is on an image from outside that no digest pins, each such image."""
    found = [(s, s.base) for s in histories(subject) if s.stage.parent is None and s.base is not None]
    return [(history, base) for history, base in found if base is not None and not base.image.digest]


def _fix(subject: Subject, history: History, base: Base, tag: str | None) -> Fix | None:
    """Put another tag in the place of the one that is written; None where a variable holds it."""
    written = subject.words(history.stage.image_span)
    if tag is None or not base.image.tag or not written.endswith(f":{base.image.tag}"):
        return None
    return replace(history.stage.image_span, written.removesuffix(base.image.tag) + tag, f"Use {tag}", UNSAFE)


def _version(tag: str, numbers: int) -> tuple[str, str] | None:
    """The version of so many numbers that a tag begins with, and what stands behind it; None where there is none."""
    version, dash, rest = tag.partition("-")
    parts = version.split(".")
    fits = len(parts) == numbers and all(part.isdecimal() for part in parts) and bool(rest) == bool(dash)
    return (version, rest) if fits else None


def _flavour(rest: str) -> tuple[str, str] | None:
    """The flavour and the distribution that stand behind a version; None for a distribution that is not known."""
    flavour, _, distribution = rest.rpartition("-")
    return (flavour, distribution) if flavour and distribution.rstrip("0123456789.") in _DISTRIBUTIONS else None


def _respelled(tags: CudaTags, version: str, rest: str) -> str | None:
    """The tag of a version for what is wanted behind it, with cuDNN spelled its way; None if there is none."""
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
    """Tags of nvidia/cuda have three numbers (gpu facts 1.1)."""
    tags = cuda_tags()
    for history, base in _roots(subject):
        found = _version(base.image.tag, 2) if is_cuda(base.image) else None
        if found is None:
            continue
        line, rest = found
        tag = _suggestion(tags, line, rest)
        newest = tags.patches(line)
        instead = tag or (f"{newest[-1]}-..." if newest else f"{line}.Z-..., Z being a patch that was published")
        if release(line) < tags.deleted_before:
            why = "images of CUDA 7 to 10 were deleted in July 2023 (NVIDIA/cudf-spark-examples pull request 311)"
            yield Unmet(f"{base.reference} is gone, and the build ends at FROM: {why}", history.stage.image_span)
            continue
        yield Unmet(
            f"{base.reference} is not a published tag, and the build ends at FROM: all tags of nvidia/cuda have three "
            f"numbers ({LISTS}); write {instead}",
            history.stage.image_span,
            expected=f"nvidia/cuda:{instead}",
            fix=_fix(subject, history, base, tag),
        )


@check("ml/cuda-tag-impossible")
def cuda_tag_impossible(subject: Subject) -> Outcomes:
    """A tag of nvidia/cuda is one of the grammar, and one that was published (gpu facts 1.2, 1.3)."""
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
                expected=f"nvidia/cuda:{tag}" if tag else None,
                fix=_fix(subject, history, base, tag) if published else None,
            )


def _known(tags: CudaTags, tag: str) -> bool:
    version, _, rest = tag.partition("-")
    flavour, _, name = rest.rpartition("-")
    return flavour in tags.tags.get(version, {}).get(name, ())


def _impossible(tags: CudaTags, base: Base) -> Unmet | None:
    """What is wrong with a tag; `expected` is the tag to use."""
    tag = base.image.tag
    if tag in ("", "latest"):
        return Unmet(
            f"{base.reference}: nvidia/cuda has no tag latest since January 2021, and the build ends at FROM "
            "(nvidia-docker issue 1454); name version, flavour and distribution",
            expected=f"{tags.newest}-devel-ubuntu24.04",
        )
    parts = _version(tag, 3)
    if parts is None or release(parts[0]) < tags.deleted_before or parts[0] in tags.deleted:
        return None
    version, rest = parts
    wanted = _flavour(rest)
    if wanted is None:
        if any(character.isdigit() for character in rest.rpartition("-")[2]):
            return None  # a distribution this table does not know
        return Unmet(
            f"{base.reference} is not a published tag, and the build ends at FROM: the distribution is missing at its "
            "end "
            f"({LISTS})",
            expected=_respelled(tags, version, f"{rest or 'devel'}-ubuntu22.04"),
        )
    if version not in tags.tags:
        return _not_listed(tags, base, version, rest)
    flavour, distribution = wanted
    there = tags.tags[version].get(distribution, frozenset())
    if flavour in there:
        return None
    tag_there = _respelled(tags, version, rest)
    if tag_there:
        why = "cuDNN is spelled otherwise, or in another place"
    elif not there:
        why = f"CUDA {version} has no image for {distribution}"
    else:
        why = f"CUDA {version} on {distribution} has only {', '.join(sorted(there))}"
    return Unmet(
        f"{base.reference} is not a published tag, and the build ends at FROM: {why} ({LISTS})",
        expected=tag_there or _nearest(tags, version, rest),
    )


def _not_listed(tags: CudaTags, base: Base, version: str, rest: str) -> Unmet | None:
    """The finding for a version that is not in the list: one that never was, or one newer than the list."""
    if version in tags.seen:
        return None
    if release(version) > release(tags.newest):
        return Unmet(
            f"{base.reference} is newer than {LISTS}, so that it can't be checked; the list may have aged",
            severity=Severity.INFO,
        )
    return Unmet(
        f"{base.reference} is not a published tag, and the build ends at FROM: there is no CUDA {version} ({LISTS})",
        expected=_nearest(tags, version, rest),
    )


def _nearest(tags: CudaTags, version: str, rest: str) -> str | None:
    """A tag of the next version of the same major that has what is wanted."""
    major = version.partition(".")[0]
    near = sorted(
        (v for v in tags.tags if v.partition(".")[0] == major),
        key=lambda v: (release(v) < release(version), release(v)),
    )
    same = sorted((v for v in near if minor(v) == minor(version)), key=release, reverse=True)
    return next((tag for v in (*same, *near) if (tag := _respelled(tags, v, rest))), None)


@check("ml/cuda-tag-end-of-life")
def cuda_tag_end_of_life(subject: Subject) -> Outcomes:
    """The tag is one that NVIDIA keeps (gpu facts 1.4)."""
    tags = cuda_tags()
    policy = "NVIDIA doc/support-policy.md"
    for history, base in _roots(subject):
        parts = _version(base.image.tag, 3) if is_cuda(base.image) else None
        if parts is None:
            continue
        version, rest = parts
        newest = [v for v in tags.patches(minor(version)) if release(v) > release(version)]
        tag = _respelled(tags, newest[-1], rest) if newest else None
        if version in tags.deleted or release(version) < tags.deleted_before:
            yield Unmet(
                f"{base.reference} was deleted from Docker Hub and NGC in July 2023, and the build ends at FROM "
                "(NVIDIA/cudf-spark-examples pull request 311)",
                history.stage.image_span,
                expected=f"nvidia/cuda:{tag}" if tag else None,
                fix=_fix(subject, history, base, tag) if not version.startswith("11.") else None,
                severity=Severity.ERROR,
            )
        elif version in tags.tags and newest:
            yield Unmet(
                f"{base.reference} is past its life: {newest[-1]} replaced it, and such tags are deleted six months "
                "later, "
                f"from when on the build ends at FROM ({policy}); use {newest[-1]}, or pin a copy by its digest",
                history.stage.image_span,
                expected=f"nvidia/cuda:{tag}" if tag else None,
                fix=_fix(subject, history, base, tag),
            )
        elif version in tags.tags and version.startswith("11."):
            yield Unmet(
                f"{base.reference}: CUDA 11 images are past the date on which they are to be deleted, since CUDA 13 is "
                "out "
                f"({policy}); use a CUDA 12 or 13 image, or pin a copy by its digest",
                history.stage.image_span,
            )


@check("ml/distribution-end-of-life")
def distribution_end_of_life(subject: Subject) -> Outcomes:
    """The distribution still gets updates (gpu facts 12.10)."""
    for history, base in _roots(subject):
        row = distribution(base.distribution)
        if row is not None and row.get("ended"):
            yield Unmet(
                f"{base.distribution} no longer gets updates: packages for it go away (deadsnakes has deleted its "
                "own), "
                f"and new wheels want a newer glibc ({row['source']}); use ubuntu22.04 or later",
                history.stage.image_span,
                unsure=not sure(row),
            )


@check("ml/no-compiler-in-image")
def no_compiler_in_image(subject: Subject) -> Outcomes:
    """What compiles CUDA code, or asks for nvcc, runs in an image that has it (gpu facts 3.2, 12.2)."""
    for history in histories(subject):
        base = history.base
        if base is None or base.compiles_cuda is not False:
            continue
        for build in cuda_builds(history):
            if history.mentions(build.install.at, _TOOLKIT):
                continue
            yield Unmet(
                f"{build.package} needs nvcc and CUDA's headers to install, and {base.reference} has neither: setup.py "
                "ends "
                "with `CUDA_HOME environment variable is not set` (flash-attention issues 1229 and 1736); build on a "
                "devel "
                "image, or install a wheel by its URL",
                build.requirement.span,
                expected="a devel image in the stage that compiles",
                unsure=build.unsure or base.kind == "pytorch",
            )
