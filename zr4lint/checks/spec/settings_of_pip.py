"""Finds and removes settings of pip outside its command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, remove_lines, replace, take_out, take_out_word
from zr4lint.checks.spec.copied_files import with_redirections
from zr4lint.facts import EnvSet, PipRun, Ran, Written
from zr4lint.model.source import Span
from zr4lint.programs.pip import CONFIGURATIONS, configured, parse_config

if TYPE_CHECKING:
    from zr4lint.checks.outcome import Subject
    from zr4lint.model.finding import Fix


def _assigned(subject: Subject, run: PipRun, name: str) -> Span | None:
    """Return the span of the assignment before the command, with the blanks after it."""
    found = re.search(rf"\b{name}=\S+[ \t]+", subject.words(Span(run.at.span.start, run.command.words.start)))
    start = run.at.span.start
    return Span(start + found.start(), start + found.end()) if found is not None else None


def without_setting(subject: Subject, run: PipRun, name: str) -> Fix | None:
    """Return a fix that removes the setting of a variable: an assignment, an ENV, or a written configuration."""
    assigned = _assigned(subject, run, name)
    if assigned is not None:
        return replace(assigned, "", f"Remove {name}", UNSAFE)
    setting = _env_before(subject, run, name)
    if setting is not None:
        own = [f for f in subject.facts.of(EnvSet, subject.lineage) if f.at.instruction is setting.at.instruction]
        if len(own) == 1:
            return remove_lines(subject.source, setting.at.instruction, f"Remove {name}")
        return take_out_word(subject.source, setting.span, f"Remove {name}")
    called = next((r for r in reversed(_calls_before(subject, run)) if name in (parse_config(r.arguments) or ())), None)
    if called is not None:
        return take_out(subject.source, called.at, f"Do not set {name}")
    written = written_before(subject, run, name)
    if written is None or written.at.instruction.heredocs or written.at.instruction.keyword != "RUN":
        return None
    return take_out(subject.source, with_redirections(subject, written.at), f"Do not write {written.path}")


def set_at(subject: Subject, run: PipRun, name: str) -> Span | None:
    """Return the words that set a variable for a command: its own assignment, or an ENV."""
    if (assigned := _assigned(subject, run, name)) is not None:
        return Span(assigned.start, assigned.start + len(subject.words(assigned).rstrip()))
    setting = _env_before(subject, run, name)
    return setting.span if setting is not None else None


def _env_before(subject: Subject, run: PipRun, name: str) -> EnvSet | None:
    settings = [f for f in subject.facts.of(EnvSet, subject.lineage) if f.name == name and f.at.order < run.at.order]
    return settings[-1] if settings else None


def _calls_before(subject: Subject, run: PipRun) -> list[Ran]:
    """Return the calls of pip before a command."""
    every = subject.facts.of(Ran, subject.lineage)
    return [ran for ran in every if ran.program == "pip" and ran.at.order < run.at.order]


def written_before(subject: Subject, run: PipRun, name: str) -> Written | None:
    """Return the last write of a pip configuration with the setting before a command."""
    paths = {*CONFIGURATIONS, run.settings.get("PIP_CONFIG_FILE")}
    found = [f for f in subject.facts.of(Written, subject.lineage) if f.path in paths]
    given = (f for f in reversed(found) if f.at.order < run.at.order)
    return next((f for f in given if any(key == name for key, _ in configured(f.text.text))), None)
