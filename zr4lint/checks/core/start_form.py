"""Checks for the form of the container's command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from zr4lint.checks.command_words import json_array, words_of
from zr4lint.checks.core import json_form
from zr4lint.checks.core.instruction_lists import Step, ends, steps
from zr4lint.checks.edits import DISPLAY, SAFE, UNSAFE, remove_lines, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile import splitting
from zr4lint.facts import CopyStep, Form, RunStep, ShellSet
from zr4lint.model.quoting import code
from zr4lint.programs.image_paths import covers
from zr4lint.shell import parse_script

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Keyword
    from zr4lint.model.finding import Applicability, Fix
    from zr4lint.model.source import MappedText

_NO_SIGNALS = "The command runs as a child of /bin/sh, which does not pass signals on."
_EITHER_RUNS = ("CMD", "ENTRYPOINT")
_BUILTINS = frozenset(
    {"alias", "cd", "command", "eval", "exec", "exit", "export", "read", "set", "source", ".", "trap", "type",
     "ulimit", "umask", "unset", "wait", "[["}
)  # fmt: skip
"""Words that a shell runs itself. Programs of the same name differ or do nothing."""


@check("exec-form")
def exec_form(
    subject: Subject,
    *,
    instructions: list[Keyword],
    unless_shell: bool = False,
    malformed: Literal["count", "skip", "only"] = "count",
    required: bool = False,
    without_shell: bool = False,
) -> Outcomes:
    """These instructions are in exec form: a JSON array of strings.

    Only the last CMD and ENTRYPOINT of an image are checked. With `unless-shell`, a shell form is allowed after SHELL.
    `malformed` is for text that starts like an array but is not valid JSON: `count` treats it as a shell form, `skip`
    ignores it, and `only` reports nothing else. With `required`, the image has each instruction exactly once. With
    `without-shell`, only shell forms in stages from scratch without a shell are reported.
    """
    if malformed == "only":
        yield from _malformed(subject, instructions)
        return
    for keyword in instructions:
        found = steps(subject, [keyword])
        if required and not any(not step.held for step in found):
            notes = ("The container runs the command of the base image.",) if keyword in _EITHER_RUNS else ()
            yield Unmet(f"{subject.whole} sets no {keyword}", expected=f'{keyword} ["..."]', notes=notes)
            continue
        counting = list(_counting(subject, found)) if keyword in (*_EITHER_RUNS, "HEALTHCHECK") else found
        if required:
            yield from _overridden(subject, found, counting)
        for step in counting:
            if keyword == "HEALTHCHECK" and step.instruction.arguments.text[:4].upper() == "NONE":
                continue
            if without_shell:
                yield from _shell_missing(subject, step)
                continue
            yield from _judged(subject, step, unless_shell, malformed == "skip", required)


def _overridden(subject: Subject, found: Sequence[Step], counting: Sequence[Step]) -> Iterator[Unmet]:
    for step in found:
        if step not in counting:
            keyword = step.instruction.keyword
            yield Unmet(
                f"a later {keyword} overrides this one",
                step.instruction.span,
                expected=f"one {keyword}",
                fix=remove_lines(subject.source, step.holder, f"Remove this {keyword}"),
            )


def _counting(subject: Subject, found: Sequence[Step]) -> Iterator[Step]:
    """Yield the last instruction of each image, its own or inherited, and the last trigger of each stage."""
    kept: dict[int, Step] = {}
    families = [subject.facts.ancestry(end) for end in ends(subject)] or [frozenset({-1})]
    for family in families:
        last = next((s for s in reversed(found) if not s.held and s.holder.stage in family), None)
        if last is not None:
            kept[last.holder.index] = last
    triggers = {step.holder.stage: step for step in found if step.held}
    kept.update((step.holder.index, step) for step in triggers.values())
    yield from (kept[index] for index in sorted(kept))


def _judged(subject: Subject, step: Step, unless_shell: bool, skip_malformed: bool, required: bool) -> Outcomes:
    instruction, keyword = step.instruction, step.instruction.keyword
    text = command_text(step)
    if instruction.json is not None or not text.text:
        yield Met(instruction.span, step.holder)
        return
    if skip_malformed and json_form.is_attempt(text.text, keyword):
        return
    if unless_shell and (_has_shell(subject, step) or _is_exec(text)):
        return
    yield Unmet(
        f"{keyword} is in shell form",
        instruction.span,
        expected=f'{keyword}{" CMD" * (keyword == "HEALTHCHECK")} ["program", "argument"]',
        fix=_fix(text, DISPLAY if required else None),
        notes=(_NO_SIGNALS,) if keyword in _EITHER_RUNS else ("The command runs as a child of /bin/sh.",),
    )


def _shell_missing(subject: Subject, step: Step) -> Outcomes:
    """Report a shell form in a stage that is built from scratch and gets no shell by COPY or ADD."""
    facts, at, runs = subject.facts, step.holder.index, step.instruction.keyword == "RUN"
    family = facts.ancestry(step.holder.stage) if step.holder.stage >= 0 and not step.held else frozenset()
    shell_form = step.instruction.json is None and command_text(step).text
    if not shell_form or not family or facts.stages[min(family)].image != "scratch":
        return
    chosen = [s.arguments for s in facts.of(ShellSet, family) if s.at.instruction.index < at and s.arguments]
    shell = chosen[-1][0] if chosen else "/bin/sh"
    copies = [c.target for c in facts.of(CopyStep, family) if not runs or c.at.instruction.index < at]
    steps_before = [r for r in facts.of(RunStep, family) if not runs or r.at.instruction.index <= at]
    brought = any(target is None or covers(target, shell, recursive=True) for target in copies)
    if brought or any(r.form is Form.EXEC or r.mounts for r in steps_before) or not shell.startswith("/"):
        return
    yield Unmet(
        f"the stage has no {code(shell)} to run this",
        step.instruction.keyword_span,
        notes=("The stage is built from scratch, and no COPY or ADD brings the shell.",),
    )


def command_text(step: Step) -> MappedText:
    """Return the arguments of the command that runs; of a HEALTHCHECK, those after CMD."""
    text = step.instruction.arguments
    if step.instruction.keyword != "HEALTHCHECK":
        return text
    at = splitting.head(text.text).end
    at += len(text.text[at:]) - len(text.text[at:].lstrip())
    return text.slice(at, len(text.text))


def _has_shell(subject: Subject, step: Step) -> bool:
    """Return whether SHELL is set in the stage or in one that it builds on."""
    family = subject.facts.ancestry(step.holder.stage) if step.holder.stage >= 0 else ()
    return any(s.at.instruction.index < step.holder.index for s in subject.facts.of(ShellSet, family))


def _is_exec(text: MappedText) -> bool:
    """Return whether the only command is run with `exec`, so that it gets the signals."""
    return text.text.startswith("exec ") and len(parse_script(text).commands) == 1


def _fix(text: MappedText, shell: Applicability | None) -> Fix | None:
    """Return a fix that turns a shell form into an exec form, or None.

    `shell` is the applicability of a fix that keeps the shell. No fix is safe: a shell runs a script without `#!`, and
    the exec form does not. JSON can't hold bytes that are not UTF-8.
    """
    words = words_of(text)
    span = text.span(0, len(text.text))
    try:
        if words is not None and words[0] not in _BUILTINS:
            return replace(span, json_array(words), "Use the exec form", UNSAFE)
        if shell is not None:
            whole = json_array(["/bin/sh", "-c", text.text])
            return replace(span, whole, "Name the shell in an exec form", shell)
    except UnicodeEncodeError:
        pass
    return None


def _malformed(subject: Subject, keywords: Sequence[str]) -> Outcomes:
    for step in steps(subject, keywords):
        instruction, text = step.instruction, command_text(step)
        if instruction.json is not None:
            yield Met(instruction.span, step.holder)
            continue
        if not json_form.is_attempt(text.text, instruction.keyword):
            continue
        span = text.span(0, len(text.text))
        corrected = json_form.corrected(text.text) if "\n" not in subject.words(span) else None
        yield Unmet(
            f"the JSON array of {instruction.keyword} is not valid",
            span,
            fix=replace(span, corrected, "Write valid JSON", SAFE) if corrected is not None else None,
            notes=(json_form.consequence(instruction.keyword),),
            help=json_form.advice(text.text),
        )
