"""Checks for the owner and mode of files that COPY and ADD copy."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from zr4lint.checks.core.instruction_lists import LAYERS, facts_by_instruction
from zr4lint.checks.edits import SAFE, UNSAFE, insert, remove_lines
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.facts import CommandSet, Copied, CopyStep, Ran, Stage, UserSet, Written
from zr4lint.facts.permissions import ROOT
from zr4lint.facts.windows import is_windows
from zr4lint.filesystem.context import has_file
from zr4lint.model.finding import Applicability, Edit, Fix, Related
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import absolute, covers
from zr4lint.startup import lazy_pattern

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

_OF_WINDOWS = ("containeruser", "containeradministrator")
"""Users of Windows images, where COPY does not change the owner."""
_FOR_PROGRAMS = frozenset({"bin", "sbin"})
_OCTAL = lazy_pattern(r"[0-7]{3,4}")
_FLAGS = {"chmod": "--chmod", "chown": "--chown"}


def without_owner(subject: Subject) -> Outcomes:
    """Yield outcomes for files that are copied after a USER of the same stage but belong to root."""
    started = {word for fact in subject.facts.of(CommandSet, subject.lineage) for word in fact.arguments or ()}
    for number in sorted(subject.lineage):
        if is_windows(subject.facts, number):
            continue
        users = subject.facts.of(UserSet, [number])
        later = subject.facts.of(Ran, [number])
        for step in subject.facts.of(CopyStep, [number]):
            user = next((u for u in reversed(users) if u.at.order < step.at.order), None)
            if user is None or user.user is None or user.user.lower() in (*ROOT, *_OF_WINDOWS) or step.target is None:
                continue
            instruction = step.at.instruction
            for_programs = _for_programs(step.target) or step.target in started
            if step.flags.has("chown", "chmod") or for_programs or _given_away(step, later):
                yield Met(instruction.keyword_span, instruction)
                continue
            name = user.at.instruction.arguments.text
            yield Unmet(
                f"the files belong to root, not to {code(name)}",
                instruction.keyword_span,
                fix=insert(instruction.keyword_span.end, f" --chown={name}", f"Add --chown={name}", UNSAFE),
                help=f"Add {code(f'--chown={name}')}",
                related=(Related("the user in force", user.span),),
                notes=("USER applies to RUN and to the container, not to COPY and ADD.",),
            )


def _for_programs(target: str) -> bool:
    """Return whether a target is a folder of programs, which the user need not change."""
    return not _FOR_PROGRAMS.isdisjoint(target.split("/"))


def _given_away(step: CopyStep, later: Iterable[Ran]) -> bool:
    """Return whether a later command changes the owner of the copied files."""
    target = step.target or "/"
    for ran in later:
        if ran.program == "chown" and ran.at.order > step.at.order:
            paths = _paths(ran)
            if any(path is None or covers(path, target, recursive=True) or path.startswith(target) for path in paths):
                return True
    return False


def _paths(ran: Ran) -> list[str | None]:
    """Return the paths in the arguments of chmod or chown; None for an unknown one."""
    words = [a.value for a in ran.arguments[1:] if a.value is None or not re.match(r"--?[A-Za-z]", a.value)]
    return [None if word is None else absolute(word, ran.folder) for word in words[1:]]


def changed_later(subject: Subject) -> Outcomes:
    """Yield outcomes for RUNs that only change the mode or owner of files from the COPY or ADD above."""
    commands = facts_by_instruction(subject, Ran)
    for number in sorted(subject.lineage):
        layers = _layers(subject, subject.facts.stages[number])
        for above, below in pairwise(layers):
            if below.keyword != "RUN" or above.keyword not in ("COPY", "ADD"):
                continue
            found = commands.get(below.index, ())
            brought = _brought(subject, above)
            if not found or not all(_only_changes(ran, brought) for ran in found):
                yield Met(below.keyword_span, below)
                continue
            programs = dict.fromkeys(ran.program for ran in found)
            flags = " and ".join(f"`{_FLAGS[program]}`" for program in programs)
            yield Unmet(
                f"this stores the files of {above.keyword} a second time",
                Span(found[0].at.span.start, found[-1].at.span.end),
                help=f"Give {above.keyword} {flags}",
                fix=_in_the_copy(subject, above, found, brought),
                related=(Related("they are brought here", above.keyword_span),),
                notes=("A layer that changes a file's mode or owner holds the whole file.",),
            )


def _layers(subject: Subject, stage: Stage) -> list[Instruction]:
    """Return the instructions of a stage that create a layer, and USER, which changes what a RUN may do."""
    return [i for i in subject.dockerfile.instructions if i.stage == stage.number and i.keyword in (*LAYERS, "USER")]


def _brought(subject: Subject, instruction: Instruction) -> list[str] | None:
    """Return the paths of the files that an instruction copies; None if one of them is unknown."""
    found: list[str] = []
    copied = _copied(subject, instruction)
    written = facts_by_instruction(subject, Written).get(instruction.index, ())
    step = next(iter(facts_by_instruction(subject, CopyStep).get(instruction.index, ())), None)
    if step is None or any(source.value is None for source in step.sources):
        return None
    paths: Sequence[str | None] = [*(c.target for c in copied), *(w.path for w in written)]
    for path in paths:
        if path is None:
            return None
        found.append(path)
    return found


def _copied(subject: Subject, instruction: Instruction) -> Sequence[Copied]:
    return facts_by_instruction(subject, Copied).get(instruction.index, ())


def _only_changes(ran: Ran, brought: list[str] | None) -> bool:
    """Return whether a command only changes the mode or owner of the copied files."""
    if ran.program not in _FLAGS or brought is None or ran.redirections or ran.at.unsure:
        return False
    paths = _paths(ran)
    return bool(paths) and all(
        path is not None and any(path == b or path.startswith(f"{b}/") for b in brought) for path in paths
    )


def _in_the_copy(subject: Subject, above: Instruction, found: Sequence[Ran], brought: list[str] | None) -> Fix | None:
    """Return a fix that adds the mode to the COPY of one file and removes the RUN."""
    if len(found) != 1 or brought is None or len(brought) != 1 or above.flags or found[0].program != "chmod":
        return None
    ran = found[0]
    if any(copy.many for copy in _copied(subject, above)):
        return None
    words = [argument.value for argument in ran.arguments[1:]]
    if len(words) != 2 or words[1] is None or absolute(words[1], ran.folder) != brought[0]:
        return None
    mode, applicability = _mode(words[0] or "")
    if not mode:
        return None
    if not _is_file(subject, above):
        applicability = UNSAFE  # --chmod also applies to files in a folder, chmod does not
    end = above.keyword_span.end
    gone = remove_lines(subject.source, ran.at.instruction, "", applicability)
    edits = (Edit(end, end, f" --chmod={mode}"), *gone.edits)
    return Fix(f"Write --chmod={mode} and remove the RUN", applicability, edits)


def _is_file(subject: Subject, above: Instruction) -> bool:
    """Return whether the source of a copy is certainly a file, by the build context or by its extension."""
    copied = _copied(subject, above)
    if subject.context is not None and all(has_file(subject.context, copy.source) for copy in copied):
        return True
    return all(posixpath.splitext(copy.source)[1] for copy in copied)


def _mode(words: str) -> tuple[str, Applicability]:
    """Return the `--chmod` value for a mode. `+x` needs review, since the file's mode is not known."""
    if _OCTAL.fullmatch(words):
        return words, SAFE
    return ("755", UNSAFE) if words in ("+x", "a+x") else ("", UNSAFE)
