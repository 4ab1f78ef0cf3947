"""Checks for RUNs that an instruction could replace, that have no effect, or that could be merged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from zr4lint.checks.core.instruction_lists import facts_by_instruction
from zr4lint.checks.edits import UNSAFE
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Form, Ran, RunStep
from zr4lint.model.finding import Edit, Fix, Related
from zr4lint.model.quoting import code
from zr4lint.model.source import Span

_MOST = 2
_ASSIGNS = r"\s*(?:export|declare|typeset|readonly|alias|unset)\b|\s*[A-Za-z_]\w*=\S*\s*(?:\Z|&&|;)"
_ENVIRONMENTS = r"(?:.*/)?(?:activate|\.?\w*rc|\.?\w*profile|[\w.-]*env(?:\.sh)?|nvm\.sh)\Z"
_NOTHING_LEFT = frozenset({"cd", "pushd", "popd", "export", "alias", "umask", "ulimit", "set", "hash", "true", ":"})
_JOINED = r"(?:[ \t]|\\[ \t]*\r?\n)*(?:&&|;)(?:[ \t]|\\[ \t]*\r?\n)*"


@check("core/cd", stages="all")
def cd(subject: Subject, *, what: Literal["workdir", "nothing"] = "workdir") -> Outcomes:
    """`cd` does not replace WORKDIR.

    `workdir`: no RUN starts with `cd` and stays in that folder. `nothing`: no RUN has only commands whose effect ends
    with the RUN, such as `cd` and `export`.
    """
    commands = facts_by_instruction(subject, Ran)
    for step in subject.facts.of(RunStep, subject.lineage, triggers=True):
        if step.form is Form.SHELL and not step.at.instruction.heredocs:
            ran = commands.get(step.at.instruction.index, ())
            yield from _instead_of_workdir(subject, step, ran) if what == "workdir" else _without_effect(step, ran)


def _instead_of_workdir(subject: Subject, step: RunStep, commands: Sequence[Ran]) -> Outcomes:
    instruction = step.at.instruction
    start = instruction.arguments.span(0, 0).start
    while commands and commands[0].program == "set":
        commands = commands[1:]
    if not commands or commands[0].program != "cd" or commands[0].wrappers or commands[0].pipes:
        return
    first, *others = commands
    if len(first.arguments) != 2 or first.arguments[1].value == "-" or any(_goes(ran) for ran in others):
        return
    between = subject.words(Span(start, first.at.span.start))
    if "(" in between or "{" in between:
        return
    target = subject.words(first.arguments[1].span)
    joined = re.match(_JOINED, subject.source.text[first.at.span.end : instruction.span.end])
    fix = None
    if first.at.span.start == start and joined is not None and re.fullmatch(r"[\w./$-]+", target):
        at = subject.source.line_starts[instruction.line - 1]
        line = f"WORKDIR {target}{subject.source.newline}"
        edits = (Edit(at, at, line), Edit(first.at.span.start, first.at.span.end + joined.end(), ""))
        fix = Fix(f"Set WORKDIR {target}", UNSAFE, edits) if not step.at.trigger else None
    yield Unmet(
        f"{code(f'cd {target}')} is used instead of WORKDIR", first.at.span, help="Set WORKDIR above this RUN", fix=fix
    )


def _goes(ran: Ran) -> bool:
    return ran.program in ("cd", "pushd", "popd")


def _without_effect(step: RunStep, commands: Sequence[Ran]) -> Outcomes:
    text = step.at.instruction.arguments
    if any(c in text.text for c in ">|`") or "$(" in text.text or "()" in text.text:
        return
    if not all(_ends_with_the_run(ran) for ran in commands):
        return
    if not commands and not re.match(_ASSIGNS, text.text):
        return
    if all(ran.program in ("true", ":", "set", "hash") for ran in commands) and commands:
        return
    yield Unmet(
        "this RUN leaves nothing in the image",
        text.span(0, len(text.text)),
        help="Use ENV for variables, WORKDIR for the folder, CMD for services",
        notes=("Variables, the folder and processes of a RUN are gone when it ends.",),
    )


def _ends_with_the_run(ran: Ran) -> bool:
    words = [argument.value or "" for argument in ran.arguments]
    if ran.program in ("source", "."):
        return len(words) > 1 and re.match(_ENVIRONMENTS, words[1]) is not None
    if ran.program == "service":
        return words[-1] in ("start", "restart")
    return ran.program in _NOTHING_LEFT or (ran.program == "conda" and words[1:2] == ["activate"])


@check("core/run-split", stages="all")
def run_split(subject: Subject) -> Outcomes:
    """Consecutive RUNs of one or two commands are one RUN."""
    commands = facts_by_instruction(subject, Ran)
    before: RunStep | None = None
    for step in subject.facts.of(RunStep, subject.lineage):
        small = len(commands.get(step.at.instruction.index, ())) <= _MOST and not step.at.instruction.heredocs
        if not small:
            before = None
            continue
        if before is not None and _beside(before, step):
            related = (Related("the RUN before", before.at.instruction.keyword_span),)
            yield Unmet("this RUN could be part of the RUN above", step.at.instruction.keyword_span, related=related)
        before = step


def _beside(before: RunStep, step: RunStep) -> bool:
    """Return whether a RUN directly follows another one with the same flags."""
    flags = [[(flag.name, flag.value) for flag in each.flags.given] for each in (before, step)]
    return step.at.instruction.index == before.at.instruction.index + 1 and flags[0] == flags[1]
