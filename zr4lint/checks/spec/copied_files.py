"""Checks for files copied from the build context, and for their modes."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import UNSAFE, add_line, replace, take_out, take_out_word
from zr4lint.checks.outcome import Outcome, Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.facts import At, Copied, CopyStep, ModeChanged, Origin, Overwritten, Ran, Removed
from zr4lint.filesystem.context import exists, has_file
from zr4lint.model.finding import Fix
from zr4lint.model.quoting import code, contrast, plain
from zr4lint.model.source import MappedText, Span
from zr4lint.programs import modes
from zr4lint.programs.image_paths import below_context, covers, has_wildcard, is_remote, under

if TYPE_CHECKING:
    from zr4lint.checks.parameters import ContextPath, Folder


def _copied_in_a_folder(subject: Subject, path: str) -> tuple[Copied, bool] | None:
    """Return a COPY of a folder or pattern that may copy the file, and whether it certainly does."""
    folder, name = posixpath.split(path)
    for copy in reversed(subject.facts.of(Copied, subject.lineage)):
        pattern = posixpath.basename(copy.source.rstrip("/"))
        if not copy.many or copy.origin is not Origin.CONTEXT or copy.target != folder:
            continue
        if any(c in pattern for c in "*?[") and not fnmatchcase(name, pattern):
            continue
        source = copy.source if copy.source.endswith("/") else posixpath.dirname(copy.source)
        known = subject.context is not None and has_file(subject.context, f"{source}/{name}")
        return copy, known
    return None


def brought(subject: Subject, path: str) -> bool:
    """Return whether a COPY copies, or may copy, a file to this path."""
    copies = subject.facts.of(Copied, subject.lineage)
    return subject.files.copied(path) is not None or any(_may_bring(copy, path) for copy in copies)


def _may_bring(copy: Copied, path: str) -> bool:
    if copy.target is None or copy.target == path:
        return True
    folder, name = posixpath.split(path)
    pattern = posixpath.basename(copy.source)
    left_out = copy.target == folder and has_wildcard(pattern) and not fnmatchcase(name, pattern)
    return under(path, copy.target) and not left_out


def with_redirections(subject: Subject, at: At) -> At:
    """Return the place of a command with its redirections, which its own span does not include."""
    commands = subject.facts.of(Ran, subject.lineage)
    ends = [r.span.end for ran in commands if ran.at.span == at.span for r in ran.redirections]
    return structs.replace(at, span=Span(at.span.start, max([at.span.end, *ends])))


def taken_away(subject: Subject, path: str, since: At, *, folder: bool = False) -> Removed | None:
    """Return the command that certainly removes a path after `since`. A folder needs a recursive removal."""
    removals = (r for r in subject.facts.of(Removed, subject.lineage) if r.at.order > since.order and not maybe(r.at))
    recursive = (r for r in removals if r.recursive or not folder)
    return next((r for r in recursive if any(covers(p, path, recursive=r.recursive) for p in r.paths)), None)


@check("copied")
def copied(subject: Subject, *, copies: list[ContextPath], folder: Folder) -> Outcomes:
    """Each file is copied from the build context to this folder under its own name, and stays unchanged."""
    for name in copies:
        path = _path_in(folder, name)
        expected = f"COPY {name} {path}"
        traced = subject.files.copied(path)
        if traced is None or not isinstance(traced.origin, Copied):
            yield _not_copied(subject, name, path, expected)
            continue
        found, lost = traced.origin, traced.lost
        gone = lost.at if lost is not None else None
        if gone is None and not _is_source(found.source, name) and found.target != path:
            gone = traced.at  # another file replaced it
        if gone is not None:
            fix = _kept(subject, gone, [_path_in(folder, other) for other in copies], f"Keep {path}")
            overwritten = not isinstance(lost, Removed)
            message = f"{code(path)} is {'overwritten' if overwritten else 'removed again'}"
            wanted = f"{path} as it was copied" if overwritten else f"{path} in the image"
            yield Unmet(message, gone.span, expected=wanted, fix=fix)
        elif found.origin is not Origin.CONTEXT:
            unsure = found.origin is Origin.STAGE
            yield Unmet(
                f"{code(path)} does not come from the build context",
                found.span,
                expected=expected,
                unsure=unsure,
                add=expected,
            )
        elif not _is_source(found.source, name):
            fix = replace(found.span, name, f"Copy {name}", UNSAFE)
            yield Unmet(contrast("the copied file", found.source, name), found.span, expected=expected, fix=fix)
        elif traced.risk is not None:
            message = f"{code(path)} may be removed or overwritten"
            yield Unmet(message, traced.risk.at.span, expected=f"{path} in the image", unsure=True)
        else:
            yield met(found.at, found.span, name)


def _path_in(folder: str, name: str) -> str:
    return posixpath.join(folder, posixpath.basename(name))


def _is_source(source: str, name: str) -> bool:
    """Return whether a source is the file, or a file of the same name in another folder of the build context."""
    return f"/{source}".endswith(f"/{name}")


def _kept(subject: Subject, gone: At, paths: Sequence[str], title: str) -> Fix | None:
    """Return a fix that removes all commands of an instruction that remove or overwrite `paths`."""
    changes: list[Removed | Overwritten] = [
        *subject.facts.of(Removed, subject.lineage),
        *subject.facts.of(Overwritten, subject.lineage),
    ]
    own = [change for change in changes if change.at.instruction is gone.instruction]
    touching = [change.at for change in own if not set(paths).isdisjoint(_paths(change))]
    places = {at.span.start: with_redirections(subject, at) for at in (*touching, gone)}
    edits = [edit for at in sorted(places) for edit in take_out(subject.source, places[at], title).edits]
    apart = all(first.end <= second.start for first, second in pairwise(edits))
    return Fix(title, UNSAFE, tuple(edits)) if apart else None


def _paths(change: Removed | Overwritten) -> tuple[str, ...]:
    return change.paths if isinstance(change, Removed) else (change.path,)


def _not_copied(subject: Subject, name: str, path: str, expected: str) -> Unmet:
    """Return the finding for a file that is not at `path`: left out, copied to another place, or not copied."""
    if inside := _copied_in_a_folder(subject, path):
        copy, known = inside
        file = posixpath.basename(path)
        left_out = next((f for f in copy.flags.all("exclude") if fnmatchcase(file, f.value or "")), None)
        if left_out is not None:
            fix = take_out_word(subject.source, left_out.span, f"Copy {name} too")
            message = f"{code(subject.words(left_out.span), 40)} leaves {code(name)} out"
            return Unmet(message, left_out.span, expected=expected, fix=fix)
        if not known:
            return Unmet(f"this may not copy {code(name)}", copy.span, expected=expected, unsure=True)
        return Unmet(f"{code(name)} is not copied by its name", copy.span, expected=expected, unsure=True)
    elsewhere = next(
        (c for c in subject.facts.of(Copied, subject.lineage) if not c.many and _is_source(c.source, name)), None
    )
    if elsewhere is not None:
        return Unmet(
            contrast(f"the target of {plain(name, 24)}", elsewhere.target, path)
            if elsewhere.target
            else f"{code(name)} may not be copied to {code(path, 24)}",
            elsewhere.at.instruction.span,
            expected=expected,
            unsure=elsewhere.target is None,
            add=expected,
        )
    return Unmet(f"{code(name)} is not copied", expected=expected, hint=("copy", name), add=expected)


@check("executable", by_commands=True)
def executable(subject: Subject, *, copies: list[ContextPath], folder: Folder) -> Outcomes:
    """Each file is made executable after it is copied, and stays executable."""
    changes = subject.facts.of(ModeChanged, subject.lineage)
    for name in copies:
        path = _path_in(folder, name)
        expected = f"chmod +x {path}"
        traced = subject.files.copied(path)
        again = _copied_in_a_folder(subject, path)
        if traced is not None and again is not None and again[0].at.order > traced.at.order and again[0].mode:
            after = tuple(c for c in changes if c.at.order > again[0].at.order and _names(c, path))
            yield _mode_of(subject, again[0], after, path, expected)
        elif traced is not None and isinstance(traced.origin, Copied):
            yield _mode_of(subject, traced.origin, traced.changes, path, expected)
        elif again is not None:
            copy = again[0]
            after = tuple(c for c in changes if c.at.order > copy.at.order and _names(c, path))
            yield _mode_of(subject, copy, after, path, expected)
        elif not _not_copied(subject, name, path, expected).unsure:
            yield Unmet(f"{code(path)} is not copied", expected=expected)


def _names(change: ModeChanged, path: str) -> bool:
    """Return whether a chmod names a file, or a folder that contains it."""
    return any(covers(p, path, recursive=change.recursive) for p in change.paths)


def _mode_of(subject: Subject, copy: Copied, after: Sequence[ModeChanged], path: str, expected: str) -> Outcome:
    """Return the outcome for a file's mode after its COPY and all later changes."""
    mode = modes.changed(copy.mode, modes.UNKNOWN) if copy.mode is not None else modes.UNKNOWN
    state = mode.executable if mode is not None else None
    cause: At | None = copy.at if copy.mode is not None else None
    unsure = False
    for change in after:
        mode = modes.changed(change.mode, mode or modes.UNKNOWN)
        now = mode.executable if mode is not None else None
        unsure = maybe(change.at) and now != state
        if now != state or cause is None:
            cause = change.at
        state = now
    if state and cause is not None and not unsure:
        alone = any(c.at is cause and c.paths == (path,) and c.mode in ("+x", "a+x", "ugo+x") for c in after)
        return met(cause, cause.span, expected if alone else None)
    if cause is not None:
        message = f"this does not make {code(path)} executable"
        if state is False:
            message = f"this removes execute permission from {code(path, 38)}"
        fix = add_line(subject.source, cause.instruction, f"RUN {expected}")
        return Unmet(message, cause.span, expected=expected, fix=fix, unsure=unsure)
    changes = subject.facts.of(ModeChanged, subject.lineage)
    if early := [c for c in changes if c.at.order < copy.at.order and _names(c, path)]:
        message = f"{code(path)} is made executable before it is copied"
        fix = add_line(subject.source, copy.at.instruction, f"RUN {expected}")
        notes = ("COPY sets the mode of the file again.",)
        before = (c for c in subject.facts.of(Copied, subject.lineage) if c.at.order < early[-1].at.order)
        if any(c.target == path for c in before):
            message = f"{code(path, 38)} is copied again, after its chmod"
            return Unmet(message, copy.at.instruction.span, expected=f"{expected} after it", fix=fix, notes=notes)
        return Unmet(message, early[-1].at.span, expected=f"{expected} after the COPY", fix=fix, notes=notes)
    fix = add_line(subject.source, copy.at.instruction, f"RUN {expected}")
    if open_ := next((c for c in changes if c.unknown and c.at.order > copy.at.order), None):
        notes = ("The files that this command changes, or their modes, are not known before the build.",)
        message = f"this may not make {code(path)} executable"
        return Unmet(message, open_.at.span, expected=expected, fix=fix, unsure=True, notes=notes)
    place = _near_miss(subject, copy, posixpath.basename(path)) or copy.at.instruction.span
    return Unmet(f"{code(path)} is not made executable", place, expected=expected, fix=fix)


def _near_miss(subject: Subject, copy: Copied, name: str) -> Span | None:
    """Return the `chmod` after a COPY that names the file, or uses a pattern or variable, but does not change it."""
    for instruction in subject.dockerfile.instructions[copy.at.instruction.index + 1 :]:
        if instruction.keyword != "RUN":
            continue
        text = instruction.arguments
        scripts = [text, *(MappedText.join([(subject.words(h.body), h.body.start)]) for h in instruction.heredocs)]
        for script in scripts:
            at = script.text.find("chmod")
            rest = script.text[at:]
            if at >= 0 and (name in rest or any(sign in rest for sign in "$*{@")):
                return script.span(at, at + len("chmod"))
    return None


@check("context-files", needs="copies ignored")
def context_files(subject: Subject, *, copies: list[ContextPath] | None = None, ignored: bool = False) -> Outcomes:
    """Files that the build copies are in the build context. Without a context there is no check.

    `copies` are files that exist there. With `ignored`, no COPY or ADD names a file that .dockerignore excludes.
    """
    if subject.context is None:
        return
    for name in copies or ():
        yield from _exists(subject, subject.context, name)
    if ignored:
        yield from _not_ignored(subject, subject.context)


def _exists(subject: Subject, context: str, name: str) -> Outcomes:
    copy = next(
        (
            c
            for c in subject.facts.of(Copied, subject.lineage)
            if not c.many and c.origin is Origin.CONTEXT and _is_source(c.source, name)
        ),
        None,
    )
    source = copy.source.lstrip("/") if copy is not None else name
    ignore = subject.dockerignore
    if has_file(context, source) and not (ignore is not None and ignore.leaves_out(source)):
        if copy is not None:
            yield met(copy.at, copy.span)
        return
    gone = f"{code(source)} is left out by {ignore.name}" if ignore and ignore.leaves_out(source) else None
    yield Unmet(
        gone or f"{code(source)} is not in the build context",
        copy.span if copy else None,
        expected=f"{name} beside the Dockerfile, or in the folder given with --context",
        notes=("COPY fails with `not found`.",),
    )


@check("ignored-files")
def ignored_files(subject: Subject, *, paths: list[ContextPath] | None = None) -> Outcomes:
    """The build context has a .dockerignore that excludes each path. Without a context there is no check."""
    if subject.context is None:
        return
    ignore = subject.dockerignore
    if ignore is None:
        if not has_file(subject.context, ".dockerignore"):
            yield Unmet("the build context has no .dockerignore", help="Write a .dockerignore")
        return
    for path in paths or ():
        if not ignore.leaves_out(path) and not ignore.leaves_out(f"{path}/file") and not ignore.exhausted:
            yield Unmet(f"{plain(ignore.name, 30)} does not leave out {code(path, 30)}", help=f"Add {path} to it")


def _not_ignored(subject: Subject, context: str) -> Outcomes:
    ignore = subject.dockerignore
    if ignore is None:
        return
    for step in subject.facts.of(CopyStep, subject.lineage, triggers=True):
        if step.origin is not Origin.CONTEXT:
            continue
        for source in step.sources:
            if source.value is None or is_remote(source.value):
                continue
            path = below_context(source.value) or "."
            file = has_file(context, path)
            there = file or has_wildcard(source.value) or exists(context, path)  # another rule reports missing files
            if not there or not ignore.leaves_out(path) or (not file and ignore.may_bring_back(path)):
                yield met(step.at, source.span)
                continue
            what = "everything" if path == "." else code(source.value, 34)
            yield Unmet(
                f"{plain(ignore.name, 30)} leaves out {what}",
                source.span,
                notes=(f"{step.keyword} fails with `not found`.",) if path != "." else ("Nothing is copied.",),
                help=f"Change {ignore.name}, or the source",
            )
