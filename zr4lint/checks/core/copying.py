"""Checks for the sources, targets and form of COPY and ADD."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.core.copy_modes import changed_later, without_owner
from zr4lint.checks.edits import SAFE, insert, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Copied, CopyStep, Ran, WorkdirSet
from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.programs.image_paths import absolute, is_remote
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.checks.parameters import ContextPath, Text
    from zr4lint.programs.option_reading import Option
    from zr4lint.shell import Argument

_ARCHIVE = lazy_pattern(r".*\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|lzma)", re.IGNORECASE)
_ONLY_ADD = ("checksum", "keep-git-dir", "unpack")
_FOLDERS = frozenset({
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin",
    "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib",
    "/usr/local/share", "/usr/sbin", "/usr/share", "/usr/src", "/var", "/var/lib", "/var/log", "/var/tmp",
})  # fmt: skip
"""Folders that the image of a distribution has."""


@check("copy-forbidden", stages="all", needs="sources targets from add folder unverified owner own-layer")
def copy_forbidden(  # noqa: PLR0913 - a parameter of packs each
    subject: Subject,
    *,
    sources: list[Text] | None = None,
    targets: list[Text] | None = None,
    from_: list[Text] | None = None,
    unless_ignored: list[ContextPath] | None = None,
    add: bool = False,
    folder: bool = False,
    unverified: bool = False,
    owner: bool = False,
    own_layer: bool = False,
) -> Outcomes:
    """COPY and ADD copy none of the forbidden files.

    `sources` and `targets` are patterns such as `*.pem` and `/etc/*`. A copy that matches both is forbidden. With
    `from`, it is forbidden only if it comes from a stage or image that matches one of these patterns. `.` is the whole
    build context, and `/` is all of a stage. The rule does not apply if .dockerignore excludes all of `unless-ignored`.

    With `add`, ADD copies nothing that COPY could copy. With `unverified`, each URL has a `--checksum`. With `folder`,
    the target of several sources ends with `/`. With `owner`, no files of root are copied after a USER that is not
    root. With `own-layer`, no RUN only changes the mode or owner of files that the instruction above it copied.
    """
    forbidden = (
        (add, _plain_add),
        (unverified, _unverified_url),
        (folder, _no_folder),
        (owner, without_owner),
        (own_layer, changed_later),
    )
    chosen = [outcomes for wanted, outcomes in forbidden if wanted]
    for outcomes in chosen:
        yield from outcomes(subject)
    if chosen and sources is None and targets is None and from_ is None:
        return
    if unless_ignored and _all_ignored(subject, unless_ignored):
        return
    for step in _copies(subject):
        origin = step.flags.get("from")
        if not _fits_origin(origin, from_):
            continue
        goal = step.target
        if targets is not None and (goal is None or not any(matches(goal, pattern) for pattern in targets)):
            continue
        for source in step.sources:
            fits = sources is None or (source.value is not None and _fits(source.value, step, sources))
            if not fits or (unless_ignored and _all_excluded(step, unless_ignored)):
                yield Met(source.span, step.at.instruction)
                continue
            yield _forbidden(subject, step, source)


def _copies(subject: Subject) -> list[CopyStep]:
    return subject.facts.of(CopyStep, subject.lineage, triggers=True)


def _fits_origin(flag: Option | None, patterns: list[str] | None) -> bool:
    if patterns is None:
        return True
    return flag is not None and flag.value is not None and any(matches(flag.value, pattern) for pattern in patterns)


def _fits(value: str, step: CopyStep, patterns: Iterable[str]) -> bool:
    if is_remote(value):
        return any(matches(value, pattern) for pattern in patterns)
    path = posixpath.normpath(f"/{value}")
    path = "/" + path.lstrip("/") if step.flags.has("from") else path.lstrip("/") or "."
    return any(matches(name, pattern) for pattern in patterns for name in (path, posixpath.basename(path)))


def _forbidden(subject: Subject, step: CopyStep, source: Argument) -> Unmet:
    words = subject.words(source.span)
    flag = step.flags.get("from")
    if flag is not None and step.target == "/" and posixpath.normpath(source.value or "") in ("/", "."):
        squashed = _begins_empty_image(subject, step)
        note = "The files of that stage are stored again, in one layer, over those of this stage."
        return Unmet(
            f"all of {code(flag.value or '')} is copied over this image",
            source.span,
            severity=Severity.INFO if squashed else None,
            help="Copy the folders that are needed, or build on that stage",
            notes=(note,),
        )
    if words in (".", "./", "/"):
        message = "the whole build context is copied"
        return Unmet(message, source.span, help="Copy what is needed, or name the rest in .dockerignore")
    to = f" to {code(step.target, 20)}" if step.target is not None else ""
    return Unmet(f"{code(words, 30)} must not be copied{to}", source.span)


def _begins_empty_image(subject: Subject, step: CopyStep) -> bool:
    """Return whether a copy is the first instruction with files in a stage from scratch."""
    stage = subject.facts.stages[step.at.stage]
    made = (i.trigger or i for i in subject.facts.instructions_of(stage.number))
    return stage.image == "scratch" and step.at.instruction is next(
        i for i in made if i.keyword in ("RUN", "COPY", "ADD")
    )


def _all_ignored(subject: Subject, names: Sequence[str]) -> bool:
    ignore = subject.dockerignore
    return ignore is not None and all(ignore.leaves_out(name) for name in names)


def _all_excluded(step: CopyStep, names: Sequence[str]) -> bool:
    """Return whether `--exclude` excludes all of these names."""
    given = [flag.value for flag in step.flags.all("exclude")]
    return all(any(pattern is not None and matches(name, pattern) for pattern in given) for name in names)


def _plain_add(subject: Subject) -> Outcomes:
    for step in _copies(subject):
        instruction = step.at.instruction
        if step.keyword != "ADD" or step.flags.has("from"):
            continue
        if any(not source.value or _needs_add(source.value) for source in step.sources):
            yield Met(instruction.keyword_span, instruction)
            continue
        word = subject.words(instruction.keyword_span)
        fix = replace(instruction.keyword_span, "copy" if word.islower() else "COPY", "Use COPY", SAFE)
        yield Unmet(
            "ADD is not needed for plain files",
            instruction.keyword_span,
            help="Use COPY",
            fix=None if step.flags.has(*_ONLY_ADD) else fix,
            notes=("ADD is for URLs and archives, and this source is neither.",),
        )


def _needs_add(value: str) -> bool:
    git = value.endswith(".git") or ".git#" in value
    return is_remote(value) or git or _ARCHIVE.fullmatch(value) is not None


def _unverified_url(subject: Subject) -> Outcomes:
    for step in _copies(subject):
        for source in step.sources:
            value = source.value or ""
            if step.keyword != "ADD" or not value.startswith(("http://", "https://")) or ".git" in value:
                continue
            if step.flags.has("checksum"):
                yield Met(source.span, step.at.instruction)
            else:
                yield Unmet(
                    f"{code(value)} is downloaded without a checksum",
                    source.span,
                    help="Add `--checksum=sha256:...`",
                    notes=("The build accepts any file that the server sends.",),
                )


def _no_folder(subject: Subject) -> Outcomes:
    for step in _copies(subject):
        if len(step.sources) + len(step.at.instruction.heredocs) < 2:
            continue
        goal, span = step.destination.value, step.destination.span
        if not goal or goal.endswith(("/", "\\")) or posixpath.basename(goal) in (".", ".."):
            yield Met(span, step.at.instruction)
            continue
        known = _is_folder(subject, step)
        end = span.end - (subject.words(span)[-1:] in ('"', "'"))
        yield Unmet(
            f"several files go to {code(goal, 30)}, which does not end with `/`",
            span,
            severity=Severity.INFO if known else None,
            fix=insert(end, "/", "End the target with /", SAFE),
            notes=() if known else ("Unless it is a folder already, each file replaces the one before it.",),
        )


def _is_folder(subject: Subject, step: CopyStep) -> bool:
    """Return whether the target of a copy already is a folder."""
    target, facts, family = step.target, subject.facts, subject.facts.ancestry(step.at.stage)
    if target is None:
        return False
    base = facts.stages[min(family)]
    if target == "/" or (target in _FOLDERS and base.image != "scratch"):
        return True
    entered = (fact.path for fact in facts.of(WorkdirSet, family) if fact.at.order < step.at.order)
    filled = (
        posixpath.dirname(copy.target) if not copy.many else copy.target
        for copy in facts.of(Copied, family)
        if copy.target is not None and copy.at.instruction.index < step.at.instruction.index
    )
    made = (path for ran in facts.of(Ran, family) if ran.at.order < step.at.order for path in _made(ran))
    return any(path is not None and f"{path}/".startswith(f"{target}/") for path in (*entered, *filled, *made))


def _made(ran: Ran) -> Iterator[str | None]:
    """Yield the folders that a command creates."""
    if ran.program == "mkdir" or (ran.program == "install" and any(a.value == "-d" for a in ran.arguments)):
        for argument in ran.arguments[1:]:
            if argument.value is not None and not argument.value.startswith("-"):
                yield absolute(argument.value, ran.folder)
