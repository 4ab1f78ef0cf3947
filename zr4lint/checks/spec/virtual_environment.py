"""The check for the virtual environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, move_below, replace, take_out, take_out_word
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.apt_packages import installs
from zr4lint.checks.spec.copied_files import taken_away
from zr4lint.checks.witness import witness
from zr4lint.facts import Ran, Removed, VenvCreated
from zr4lint.model.quoting import code, contrast, plain

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Program


@check("venv", by_commands=True)
def venv(subject: Subject, *, python: Program, path: Folder) -> Outcomes:
    """The installed Python creates a virtual environment at this path, and no later command removes it."""
    created = subject.facts.of(VenvCreated, subject.lineage)
    expected = f"{python} -m venv {path}"
    right = [v for v in created if v.path == path and v.python == python and v.module == "venv"]
    if not right:
        yield _wrong_venv(created, path, expected)
        return
    source = next((run for run in installs(subject) if any(p.name == python for p in run.command.packages)), None)
    found = witness(subject, [v for v in right if source is None or v.at.order > source.at.order]) or right[0]
    removal, lost = _removed(subject, path, found)
    if source is not None and source.at.order > found.at.order:
        fix = move_below(subject.source, found.at, source.at.instruction, f"Create it after {python}")
        message = f"{code(path)} is created before {plain(python, 24)} is installed"
        yield Unmet(message, found.at.span, expected=f"{expected} after {python}", fix=fix)
    elif removal is not None:
        fix = take_out(subject.source, removal.at, f"Keep {path}")
        yield Unmet(f"{code(lost)} is removed again", removal.at.span, expected=f"{path} in the image", fix=fix)
    elif not found.has_pip and not any(_ensures_pip(ran, found) for ran in subject.facts.of(Ran, subject.lineage)):
        message = f"{code(path)} is created without pip"
        notes = ("pip is not found on PATH afterwards.",)
        left_out = found.without_pip
        fix = take_out_word(subject.source, left_out, "Install pip into it") if left_out is not None else None
        yield Unmet(message, left_out or found.at.span, expected=expected, fix=fix, notes=notes)
    elif maybe(found.at):
        yield Unmet(f"{code(path)} is created only conditionally", found.at.span, expected=expected, unsure=True)
    else:
        yield met(found.at)


def _ensures_pip(ran: Ran, made: VenvCreated) -> bool:
    """Return whether a command installs pip into a new virtual environment."""
    name, *words = [argument.value or "" for argument in ran.arguments]
    folder = name.rpartition("/")[0] or (ran.variables.get("PATH") or "").partition(":")[0]
    if ran.at.order < made.at.order or folder != f"{made.path}/bin" or not ran.program.startswith("python"):
        return False
    return words in ([], ["-"]) or any("ensurepip" in word or "get-pip" in word for word in words)


def _removed(subject: Subject, path: str, created: VenvCreated) -> tuple[Removed | None, str]:
    """Return the command that removes the environment or its programs, and the path that it removes."""
    for part, folder in ((path, True), (f"{path}/bin", True), (f"{path}/bin/python", False)):
        removal = taken_away(subject, part, created.at, folder=folder)
        if removal is not None:
            return removal, part
    return None, path


def _wrong_venv(created: list[VenvCreated], path: str, expected: str) -> Unmet:
    other = next((v for v in created if v.path == path), None)
    if other is not None:
        fix = replace(other.at.span, expected, f"Create it with {expected.partition(' ')[0]}", UNSAFE)
        message = f"{code(path)} is created with {code(f'{other.python} -m {other.module}', 30)}"
        return Unmet(message, other.at.span, expected=expected, fix=None if other.at.instruction.json else fix)
    misplaced = next((v for v in created if v.path != path), None)
    if misplaced is None:
        return Unmet(
            f"no virtual environment is created at {code(path)}",
            expected=expected,
            hint=("venv", path),
            add=f"RUN {expected}",
        )
    fix = replace(misplaced.path_span, path, f"Create it at {path}", UNSAFE)
    return Unmet(
        contrast("the virtual environment's folder", misplaced.path, path)
        if misplaced.path
        else "the virtual environment's folder is not known before the build",
        misplaced.path_span,
        expected=expected,
        fix=fix,
        unsure=misplaced.path is None,
    )
