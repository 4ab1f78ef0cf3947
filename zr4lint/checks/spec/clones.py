"""Checks for repositories that are cloned and installed from."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import UNSAFE, add_line, insert, move_below, replace, take_out, take_out_word
from zr4lint.checks.outcome import Outcome, Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.copied_files import with_redirections
from zr4lint.checks.witness import stays, witness
from zr4lint.facts import Cloned, CloneRefused, PipRun, Ran, Removed, WorkdirSet
from zr4lint.model.quoting import alike, code, contrast
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute, covers
from zr4lint.programs.urls import repository

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Text, Url
    from zr4lint.model.finding import Fix

_SEPARATORS = r"[/:@]"


def clone_to(subject: Subject, target: str) -> Cloned | None:
    """Return the last clone to `target`, or one moved there later, whose order is then that of the move."""
    traced = subject.files.cloned(target)
    if traced is None or not isinstance(traced.origin, Cloned):
        return None
    if traced.origin.target == target:
        return traced.origin
    at = structs.replace(traced.origin.at, order=traced.at.order)
    return structs.replace(traced.origin, target=target, at=at)


def unknown_clone(subject: Subject) -> Cloned | None:
    """Return a clone to an unknown folder."""
    return next((c for c in subject.facts.of(Cloned, subject.lineage) if c.target is None), None)


@check("git-clone", by_commands=True)
def git_clone(subject: Subject, *, target: Folder, url: Url = "", words: Text = "", suggested: Url = "") -> Outcomes:
    """A repository is cloned to a folder and stays there. If a URL is given, it is that repository.

    The command contains `words`. `suggested` is a URL that a fix may clone from.
    """
    found = clone_to(subject, target)
    expected = f"git clone {url or '...'} {target}"
    if found is None:
        yield structs.replace(
            _missing(subject, target, url, words, expected),
            add=f"RUN git clone {url or suggested} {target}" if url or suggested else None,
        )
        return
    traced = subject.files.cloned(target)
    removal = traced.lost if traced is not None else None
    full = subject.files.inside(target, found.at)
    given = found.clone.url
    if removal is not None:
        fix = take_out(subject.source, removal.at, f"Keep {target}")
        message = f"the clone in {code(target)} is removed again"
        yield Unmet(message, removal.at.span, expected=f"{target} in the image", fix=fix)
    elif traced is not None and traced.risk is not None:
        message = f"the clone in {code(target)} may be removed"
        yield Unmet(message, traced.risk.at.span, expected=f"{target} in the image", unsure=True)
    elif full is not None:
        message = f"{code(target)} is not empty before the clone"
        fix = take_out(subject.source, full.at, "Leave the folder to git")
        yield Unmet(message, full.at.span, expected=expected, fix=fix, notes=("git clones into empty folders only.",))
    elif url and given.value is None:
        yield Unmet("the repository's URL is not known before the build", given.span, expected=url, unsure=True)
    elif url and not same_repository(given.value or "", url):
        written = subject.words(given.span).strip("'\"")
        other = _recloned(found, url, target) if written != url else _not_instead(subject, found)
        yield Unmet(contrast("the repository", given.value or "", url), given.span, expected=url, fix=other)
    elif words and words not in found.words:
        yield Unmet(
            f"the clone command does not contain {code(words)}",
            found.at.span,
            expected=f"{words} in the clone command",
            fix=insert(given.span.end, f" {target}", "Name the folder", UNSAFE)
            if found.clone.directory is None
            else None,
        )
    elif maybe(found.at):
        yield Unmet(f"{code(target)} is cloned only conditionally", found.at.span, expected=expected, unsure=True)
    else:
        yield met(found.at, given.span, url) if url else met(found.at)


def _recloned(found: Cloned, url: str, target: str) -> Fix:
    """Return a fix that clones another URL to the same folder."""
    named = (
        found.clone.directory is not None or url.rpartition("/")[2].removesuffix(".git") == target.rpartition("/")[2]
    )
    return replace(found.clone.url.span, url if named else f"{url} {target}", f"Clone {url}", UNSAFE)


def _missing(subject: Subject, target: str, url: str, words: str, expected: str) -> Unmet:
    """Return the finding for a folder without a clone. It points at a clone that was meant for the folder."""
    name = _letters(target.rpartition("/")[2])
    clones = subject.facts.of(Cloned, subject.lineage)
    refused = next((r for r in subject.facts.of(CloneRefused, subject.lineage) if name in _letters(r.words)), None)
    if refused is not None:
        option = code(subject.words(refused.span), 40)
        message = f"{option} leaves the folder without files" if refused.empty else f"git does not accept {option}"
        notes = () if refused.empty else ("git clones nothing.",)
        whole = Span(refused.span.start - 1, refused.span.end)
        return Unmet(message, refused.span, expected=expected, notes=notes, fix=replace(whole, "", "Remove it", UNSAFE))
    meant = next((c for c in clones if url and same_repository(c.clone.url.value or "", url)), None)
    meant = meant or next((c for c in clones if name in _letters(c.words) or (words and words in c.words)), None)
    unknown = next((c for c in clones if c.target is None), None)
    if unknown is not None and meant is None:
        return Unmet(f"this may not clone to {code(target)}", unknown.at.span, expected=expected, unsure=True)
    if meant is not None and meant.target is not None:
        given = meant.clone.directory or meant.clone.url
        fix = (
            replace(meant.clone.directory.span, target, f"Clone to {target}", UNSAFE)
            if meant.clone.directory
            else (insert(meant.clone.url.span.end, f" {target}", f"Clone to {target}", UNSAFE))
        )
        return Unmet(contrast("the target of this clone", meant.target, target), given.span, expected=target, fix=fix)
    if meant is not None:
        return Unmet(f"this may not clone to {code(target)}", meant.at.span, expected=expected, unsure=True)
    hint = ("git", url or target.rpartition("/")[2])
    return Unmet(f"no repository is cloned to {code(target)}", expected=expected, hint=hint)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def same_repository(found: str, wanted: str) -> bool:
    """Return whether two URLs name the same repository."""
    return repository(found) == repository(wanted)


@check("clone-owner")
def clone_owner(subject: Subject, *, target: Folder, placeholders: list[Text], suggested: Url = "") -> Outcomes:
    """The URL of a clone names a real owner."""
    found = clone_to(subject, target)
    if found is None:
        yield Unmet(f"no repository is cloned to {code(target)}", expected="a clone from a real owner")
        return
    names = {placeholder.lower() for placeholder in placeholders}
    owner = next((p for p in re.split(_SEPARATORS, found.clone.url.value or "") if p.lower() in names), None)
    if owner is not None:
        yield Unmet(
            f"{code(owner)} is a placeholder",
            found.clone.url.span,
            expected=suggested or "the repository's real URL",
            fix=_recloned(found, suggested, target) if suggested else None,
            notes=("The repository does not exist. git asks for a user name, which fails in a build.",),
        )
    else:
        yield met(found.at, found.clone.url.span)


def _not_instead(subject: Subject, clone: Cloned) -> Fix | None:
    """Return a fix that removes the `insteadOf` setting that makes git clone from another URL."""
    before = Span(clone.at.span.start, clone.clone.url.span.start)
    option = re.search(r"(?i)-c\s+\S*\.insteadof=\S*", subject.words(before))
    if option is not None:
        span = Span(before.start + option.start(), before.start + option.end())
        return take_out_word(subject.source, span, "Clone from the URL as written")
    settings = [
        ran
        for ran in subject.facts.of(Ran, subject.lineage)
        if ran.program == "git" and any((a.value or "").lower().endswith(".insteadof") for a in ran.arguments)
    ]
    return take_out(subject.source, settings[-1].at, "Clone from the URL as written") if settings else None


@check("clone-workdirs")
def clone_workdirs(subject: Subject, *, target: Folder, after: Folder, before: Folder = "") -> Outcomes:
    """WORKDIR is `before` when the clone runs, and becomes `after` once it has run."""
    clone = clone_to(subject, target)
    workdirs = subject.facts.of(WorkdirSet, subject.lineage)
    if clone is None and unknown_clone(subject) is not None:
        return  # the rule for the clone reports the unknown folder
    if clone is None:
        anchor = next((w for w in workdirs if w.path == after), None)
        yield Unmet(
            f"no repository is cloned to {code(target)}",
            anchor.at.span if anchor else None,
            expected=f"WORKDIR {after} after the clone",
        )
        return
    if before:
        yield _workdir_before(subject, clone, [w for w in workdirs if w.at.order < clone.at.order], before)
    yield _workdir_after(subject, clone, [w for w in workdirs if w.at.order > clone.at.order], after)


def _workdir_before(subject: Subject, clone: Cloned, earlier: Sequence[WorkdirSet], before: str) -> Outcome:
    """Return the outcome for the folder in which a clone runs, which the last of the earlier WORKDIRs sets."""
    if earlier and earlier[-1].path == before:
        shown = witness(subject, stays(earlier)) or earlier[-1]
        return met(shown.at)
    now = earlier[-1].path if earlier else None
    start = clone.at.instruction.span.start
    return Unmet(
        contrast("WORKDIR before the clone", now, before) if now else f"WORKDIR is not {code(before)} before the clone",
        earlier[-1].at.span if earlier else clone.at.instruction.span,
        expected=f"WORKDIR {before} before the clone",
        fix=insert(start, f"WORKDIR {before}{subject.source.newline}", f"Enter {before}", UNSAFE),
    )


def _workdir_after(subject: Subject, clone: Cloned, later: Sequence[WorkdirSet], after: str) -> Outcome:
    """Return the outcome for the folder of a clone, which one of the later WORKDIRs enters."""
    entered = witness(subject, (w for w in later if w.path == after))
    if entered is not None:
        text = entered.at.instruction.arguments
        return met(entered.at, text.span(0, len(text.text)), after)
    clones = [c.at.order for c in subject.facts.of(Cloned, subject.lineage) if c.at.order > clone.at.order]
    until = min(clones, default=len(subject.facts.facts))
    between = [w for w in later if w.at.order < until]
    installs = [r.at.order for r in subject.environment.pip_installs if r.files and clone.at.order < r.at.order < until]
    name = after.rpartition("/")[2]
    wrong = next((w for w in between if (w.path or "").rpartition("/")[2] == name), None)
    wrong = wrong or next((w for w in between if w.at.order < min(installs, default=0)), None)
    fix = insert(clone.at.instruction.span.end, f"{subject.source.newline}WORKDIR {after}", f"Enter {after}", UNSAFE)
    if wrong is not None and alike((wrong.path or "").rpartition("/")[2], name):
        written = wrong.at.instruction.arguments
        fix = replace(written.span(0, len(written.text)), after, f"Enter {after}", UNSAFE)
    return Unmet(
        contrast("WORKDIR after the clone", wrong.path, after)
        if wrong is not None and wrong.path
        else f"WORKDIR is not {code(after)} after the clone",
        wrong.at.span if wrong is not None else clone.at.instruction.span,
        expected=f"WORKDIR {after} after the clone",
        fix=fix,
    )


@check("pip-requirements", by_commands=True)
def pip_requirements(subject: Subject, *, file: Folder, target: Folder, spelled: Text = "") -> Outcomes:
    """Pip installs from this requirements file, after its repository is cloned to `target`."""
    clone = clone_to(subject, target)
    runs = [(run, span) for run in subject.environment.own_installs for path, span in run.files if _is(path, file)]
    undone = [
        (run, span)
        for run in subject.facts.of(PipRun, subject.lineage)
        if run.command.action == "uninstall"
        for path, span in run.files
        if _is(path, file) and not maybe(run.at)
    ]
    expected = f"pip install -r {file}"
    after = [(run, span) for run, span in runs if clone is None or run.at.order > clone.at.order]
    if after:
        last = after[-1][0]
        run = witness(subject, (run for run, _ in after)) or last
        span = next(span for other, span in after if other is run)
        gone = subject.files.gone(file, clone.at, run.at) if clone is not None else None
        if undone and undone[-1][0].at.order > last.at.order:
            fix = take_out(subject.source, undone[-1][0].at, "Leave it installed")
            yield Unmet(
                f"packages of {code(file)} are uninstalled", undone[-1][1], expected=f"{file} stays installed", fix=fix
            )
        elif gone is not None:
            fix = take_out(subject.source, with_redirections(subject, gone.at), f"Keep {file}")
            what = "removed" if isinstance(gone, Removed) else "overwritten"
            yield Unmet(f"{code(file)} is {what} before pip reads it", gone.at.span, expected=expected, fix=fix)
        elif maybe(run.at):
            yield Unmet(f"{code(file)} is installed only conditionally", span, expected=expected, unsure=True)
        else:
            same = absolute(spelled.removeprefix("-r "), run.folder) == file
            yield met(run.at, span, spelled if spelled and same else None)
    elif runs:
        message = f"{code(file)} is installed before it is cloned"
        early, named = runs[-1]
        moved = None
        if clone is not None:
            before = subject.words(Span(early.at.span.start, named.start))
            words = f"{before}-r {file}{subject.words(Span(named.end, early.at.span.end))}"
            title = "Install it after the clone"
            moved = move_below(subject.source, early.at, clone.at.instruction, title, words)
        yield Unmet(message, named, expected=f"{expected} after the clone", fix=moved)
    else:
        yield _not_installed(subject, clone, file, spelled or expected.removeprefix("pip install "), expected)


def _is(path: str | None, file: str) -> bool:
    """Return whether a path is that of `file`, or a loop's pattern that matches it."""
    return path is not None and covers(path, file, recursive=False)


def _not_installed(subject: Subject, clone: Cloned | None, file: str, spelled: str, expected: str) -> Unmet:
    """Return the finding for a file that pip does not install. It points between its clone and the next one."""
    name = file.rpartition("/")[2]
    line = f"RUN pip install --no-cache-dir -r {file}"
    if clone is None:
        return Unmet(f"{code(file)} is not installed", expected=expected, hint=(file,), add=line)
    following = [c.at.order for c in subject.facts.of(Cloned, subject.lineage) if c.at.order > clone.at.order]
    end = min(following, default=len(subject.facts.facts))
    runs = [run for run in subject.environment.pip_installs if clone.at.order < run.at.order < end]
    others = [(run, path, span) for run in runs for path, span in run.files]
    near = next((o for o in others if (o[1] or "").endswith(name)), None) or next(iter(others), None)
    if near is not None and near[1] == file and near[0].command.refused:
        refused = near[0].command.refused[0]
        message = f"pip can't use {code(subject.words(refused), 50)}"
        return Unmet(message, refused, expected=expected, notes=("pip fails and installs nothing.",))
    if near is not None and near[1] == file:
        message = f"{code(file)} is installed into another environment"
        return Unmet(message, near[0].at.span, expected=expected, add=line)
    if near is not None and near[1] is None:
        return Unmet(f"this may not install {code(file)}", near[2], expected=expected, unsure=True)
    if near is not None:
        mounted = not (near[1] or "").startswith("/")
        fix = None if mounted else replace(near[2], f"-r {file}", f"Install {file}", UNSAFE)
        return Unmet(contrast("the requirements file", near[1] or "", file), near[2], expected=expected, fix=fix)
    last = max((f.at.instruction.index for f in subject.facts.facts if f.at.order < end), default=0)
    for instruction in subject.dockerfile.instructions[clone.at.instruction.index + 1 : last + 1]:
        if name in subject.words(instruction.span):
            return Unmet(f"{code(file)} is not installed", instruction.span, expected=expected, add=line)
    entered = [w for w in subject.facts.of(WorkdirSet, subject.lineage) if clone.at.order < w.at.order < end]
    anchor = entered[0].at if entered else clone.at
    if entered and entered[0].path == posixpath.dirname(file):
        line = f"RUN pip install --no-cache-dir {spelled}"
    fix = add_line(subject.source, anchor.instruction, line)
    return Unmet(f"{code(file)} is not installed", anchor.instruction.span, expected=expected, fix=fix)
