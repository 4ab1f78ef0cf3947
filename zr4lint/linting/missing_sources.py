"""Reports COPY and ADD of files that are not in the build context."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.facts import CopyStep, Facts, Origin
from zr4lint.filesystem.context import exists, found_above, read_file, resolved, upwards
from zr4lint.filesystem.dockerignore import DockerIgnore, dockerignore
from zr4lint.filesystem.gitignore import GitIgnore
from zr4lint.linting.judged import Judged, own_finding
from zr4lint.model.finding import Finding, Severity
from zr4lint.model.quoting import code, plain
from zr4lint.packs.own_rules import MISSING_SOURCE, TOO_LARGE
from zr4lint.programs.image_paths import below_context, folders_above, has_wildcard, is_remote

if TYPE_CHECKING:
    from zr4lint.shell import Argument

_SUBMODULE = r"(?m)^[ \t]*path[ \t]*=[ \t]*(\S+?)/?[ \t\r]*$"
"""Matches the line of .gitmodules with the path of a submodule."""
_GITMODULES_SIZE = 100_000
"""The most bytes of a .gitmodules that is read."""


def missing_sources(judged: Judged, context: str) -> Iterator[Finding]:
    """Yield the sources in built stages for which the build fails with `not found`.

    A context that nobody named is only assumed. It is used if another source is found in it, and a file in a folder
    above it, up to the root of the repository, is not reported. If no source is found in it, only sources that are in
    none of these folders are reported. If sources are in several of these folders, none is reported, since a script may
    assemble the context. Files that git ignores may be made before a build, and submodules may be checked out, so they
    are not reported.
    """
    pairs = [pair for pair in _sources(judged.facts) if _plain(pair[1].value or "")]
    ignore = dockerignore(context, judged.source.path)
    there = [_exists(context, argument.value or "") for _, argument in pairs]
    assumed = judged.options.context_assumed
    sure = not assumed or any(there)
    in_parents = [
        None if found or not assumed else found_above(context, below_context(argument.value or ""))
        for (_, argument), found in zip(pairs, there, strict=True)
    ]
    scattered = any(there) and True in in_parents
    git = GitIgnore(context)
    submodules = frozenset[str]() if all(there) else _absent_submodules(context, assumed=assumed)
    told = {remark.topic for remark in judged.facts.remarks}
    for (step, argument), found, in_parent in zip(pairs, there, in_parents, strict=True):
        path = below_context(argument.value or "")
        left_out = ignore is not None and _leaves_out(ignore, context, path)
        if ignore is not None and ignore.exhausted and (remark := ignore.remark(argument.span)).topic not in told:
            told.add(remark.topic)
            finding = own_finding(judged, TOO_LARGE, remark.message, remark.span)
            yield structs.replace(finding, notes=remark.notes)
        if found and not left_out:
            continue
        if not found and (
            in_parent
            or scattered
            or (in_parent is None and not sure and not left_out)
            or _made_before(git, context, path)
            or not submodules.isdisjoint((path, *folders_above(path)))
        ):
            continue
        yield _finding(judged, step, argument, ignore if left_out else None, sure=sure or left_out)


def missing_in_contexts(judged: Judged) -> Iterator[Finding]:
    """Yield the sources that are missing in the folder of a named context."""
    folders = {name.lower(): place for name, place in judged.options.contexts if place and os.path.isabs(place)}
    for step in judged.facts.of(CopyStep, judged.facts.needed):
        given = step.flags.get("from")
        name = (given.value or "").lower() if given is not None else ""
        folder = folders.get(name)
        if folder is None or not os.path.isdir(folder):
            continue
        git = GitIgnore(folder)
        for source in step.sources:
            value = source.value or ""
            if _plain(value) and not _exists(folder, value) and not _made_before(git, folder, below_context(value)):
                yield _finding(judged, step, source, None, sure=True, named=name)


def _finding(
    judged: Judged, step: CopyStep, argument: Argument, ignore: DockerIgnore | None, *, sure: bool, named: str = ""
) -> Finding:
    shown = code(argument.value or "", 34)
    if ignore is not None:
        message, advice = f"{plain(ignore.name, 30)} leaves out {shown}", f"Change {ignore.name}, or the source"
    elif named:
        message, advice = f"{shown} is not in the build context {code(named, 20)}", "Add the file"
    elif argument.value == "#":
        message, advice = f"`#` does not start a comment after {step.keyword}", "Put the comment on a line of its own"
    else:
        message = f"{shown} is not in the build context"
        advice = "Add the file, or pass the folder that the build takes with --context"
    found = own_finding(judged, MISSING_SOURCE, message, argument.span, advice=advice)
    severity = found.severity if sure else Severity.WARNING
    return structs.replace(found, severity=severity, notes=(f"{step.keyword} fails with `not found`.",))


def _sources(facts: Facts) -> Iterator[tuple[CopyStep, Argument]]:
    for step in facts.of(CopyStep, facts.needed):
        if step.origin is Origin.CONTEXT:
            values = [source.value for source in step.sources]
            at = values.index("#") if "#" in values else None  # the word before the `#` is meant as the target
            sources = step.sources if at is None else (*step.sources[: max(at - 1, 0)], step.sources[at])
            yield from ((step, source) for source in sources if source.value is not None)


def _plain(value: str) -> bool:
    """Return whether a source is a single path of the context, and not the context itself."""
    return below_context(value) not in ("", ".") and not has_wildcard(value) and not is_remote(value)


def _exists(context: str, value: str) -> bool:
    return exists(context, below_context(value))


def _leaves_out(ignore: DockerIgnore, context: str, path: str) -> bool:
    folder = os.path.isdir(os.path.join(context, *(resolved(context, path) or ())))
    return ignore.leaves_out(path) and not (folder and ignore.may_bring_back(path))


def _made_before(git: GitIgnore, context: str, path: str) -> bool:
    """Return whether git ignores a path or a folder above it, so that it may be made before the build."""
    return git.matches_any(context, resolved(context, path) or [])


def _absent_submodules(context: str, *, assumed: bool) -> frozenset[str]:
    """Return the git submodules that are not checked out, which have no `.git`.

    Their paths are relative to the context, or if it is assumed, to each folder that it may be.
    """
    folders = upwards(context)
    if not folders:
        return frozenset()
    root = folders[-1]
    text = read_file(root, ".gitmodules", _GITMODULES_SIZE)
    found = {match[1] for match in re.finditer(_SUBMODULE, text or "")}
    absent = [os.path.join(root, path) for path in found if not exists(root, f"{path}/.git")]
    return frozenset(os.path.relpath(path, folder) for path in absent for folder in folders[: None if assumed else 1])
