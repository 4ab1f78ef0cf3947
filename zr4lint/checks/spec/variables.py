"""Checks for variables and folders that the image sets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, UNSAFE, add_line, remove_lines, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.checks.witness import stays, trailing, witness
from zr4lint.facts import INHERITED, EnvSet, PipRun, VenvCreated, WorkdirSet
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import code, contrast

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Variable
    from zr4lint.model.source import Span


@check("env")
def env(subject: Subject, *, variables: dict[Variable, str]) -> Outcomes:
    """At the end of the build, ENV gives each variable this value."""
    settings = subject.facts.of(EnvSet, subject.lineage)
    named: dict[str, list[EnvSet]] = {}
    for fact in settings:
        named.setdefault(fact.name, []).append(fact)
    last = {name: facts[-1] for name, facts in named.items()}
    siblings = [last[name] for name in variables if name in last]
    for name, value in variables.items():
        setting = last.get(name)
        if setting is None:
            anchor = siblings[-1].at.instruction if siblings else None
            line = f"ENV {name}={written(subject, value)}"
            place, notes = set_elsewhere(subject, name) or (anchor.span if anchor else None, ())
            yield Unmet(
                f"{name} is not set" if subject.whole == "the image" else f"{name} is not set in {subject.whole}",
                place,
                expected=line,
                notes=notes,
                fix=add_line(subject.source, anchor, line) if anchor else None,
                add=line,
            )
        elif setting.value == value:
            shown = witness(subject, trailing(named[name])) or setting
            yield met(shown.at, shown.span, f"{name}={written(subject, value)}")
        else:
            yield Unmet(
                _differs(name, setting.value, value),
                setting.span,
                expected=f"{name}={written(subject, value)}",
                fix=replace(setting.value_span, written(subject, value), f"Set {name} to {value}", UNSAFE)
                if setting.legacy or "=" in subject.words(setting.span)
                else None,
                unsure=setting.value is None,
            )


_LASTS = {
    "ARG": "A variable of ARG is not in the image.",
    "LABEL": "A label is no variable.",
    "RUN": "A variable that a RUN sets ends with that RUN.",
}
"""Why an instruction with an assignment to the variable does not set it in the image."""


def set_elsewhere(subject: Subject, name: str) -> tuple[Span, tuple[str, ...]] | None:
    """Return the words by which an instruction other than ENV sets a variable, and why that does not last."""
    for instruction in subject.dockerfile.instructions:
        found = re.search(rf"(?<![\w$]){re.escape(name)}=", instruction.arguments.text)
        if found is not None and instruction.keyword in _LASTS:
            return instruction.arguments.span(found.start(), found.end() - 1), (_LASTS[instruction.keyword],)
    return None


def _differs(name: str, found: str | None, wanted: str) -> str:
    """Return the message for a variable with another value."""
    if found is None:
        return f"{name} is not known before the build"
    if not wanted:
        return f"{name} is {code(found)}, not empty"
    return contrast(name, found.replace(INHERITED, "..."), wanted) if found else f"{name} is empty"


def written(subject: Subject, value: str) -> str:
    """Return a value as ENV needs it: quoted if it is empty or has blanks or special characters."""
    if re.fullmatch(r"[\w./:,@%+=~-]+", value, re.ASCII):
        return value
    if set(value) & {'"', "$", "\\", "`"} and "'" not in value and not value.endswith(("\\", "`")):
        return f"'{value}'"
    escape = subject.dockerfile.escape
    return '"' + "".join(escape + char if char in ('"', "$", escape) else char for char in value) + '"'


@check("path-first")
def path_first(subject: Subject, *, folder: Folder) -> Outcomes:
    """PATH starts with this folder and keeps its other folders, at the end of the build and before the first pip."""
    expected = f'ENV PATH="{folder}:$PATH"'
    settings = [f for f in subject.facts.of(EnvSet, subject.lineage) if f.name == "PATH"]
    if not settings:
        made = next((v for v in subject.facts.of(VenvCreated, subject.lineage) if f"{v.path}/bin" == folder), None)
        alike = next((f for f in subject.facts.of(EnvSet, subject.lineage) if f.name.upper() == "PATH"), None)
        if alike is not None:
            message = f"{code(alike.name)} is not PATH"
            fix = replace(alike.span, expected.removeprefix("ENV "), "Set PATH", UNSAFE)
            notes = ("Names of variables are case-sensitive.",)
            yield Unmet(message, alike.span, expected=expected, fix=fix, notes=notes)
            return
        place, why = set_elsewhere(subject, "PATH") or (made.path_span if made is not None else None, ())
        yield Unmet(f"PATH does not contain {code(folder)}", place, expected=expected, notes=why, add=expected)
        return
    last = settings[-1]
    if last.value is None:
        yield Unmet("PATH is not known before the build", last.span, expected=expected, unsure=True)
        return
    parts = last.value.split(":")
    if parts[0].rstrip("/") != folder:
        fix = replace(last.value_span, f'"{folder}:$PATH"', f"Put {folder} first", SAFE)
        yield Unmet(f"PATH does not start with {code(folder)}", last.span, expected=expected, fix=fix)
        return
    if INHERITED not in parts[1:]:
        fix = replace(last.value_span, f'"{folder}:$PATH"', "Keep the old PATH", SAFE)
        yield Unmet(
            "PATH loses its previous folders",
            last.span,
            expected=expected,
            fix=fix,
            notes=("The programs of the system are no longer found.",),
        )
        return
    first = next((f for f in settings if f.value and f.value.split(":")[0].rstrip("/") == folder), last)
    early = next((p for p in subject.facts.of(PipRun, subject.lineage) if p.at.order < first.at.order), None)
    if early is not None and not early.command.program.startswith("/"):
        yield Unmet(
            f"{code(folder)} is put on PATH after pip is called on line {subject.source.line_of(early.at.span.start)}",
            last.span,
            expected=f"{expected} before the first pip",
            fix=_above(subject, last, early) if last is first else None,
        )
        return
    plain = first.value == f"{folder}:{INHERITED}"
    yield met(first.at, first.span, f'PATH="{folder}:$PATH"' if plain else None)


def _above(subject: Subject, setting: EnvSet, early: PipRun) -> Fix | None:
    """Return a fix that moves an ENV with one variable above the first pip."""
    instruction, source = setting.at.instruction, subject.source
    if len([f for f in subject.facts.of(EnvSet, subject.lineage) if f.at.instruction is instruction]) > 1:
        return None
    start = early.at.instruction.span.start
    line = source.slice(instruction.span) + source.newline
    removal = remove_lines(source, instruction, "").edits
    return Fix("Put it above the first pip", UNSAFE, (Edit(start, start, line), *removal))


@check("last-workdir")
def last_workdir(subject: Subject, *, path: Folder) -> Outcomes:
    """The container starts in this folder."""
    found = subject.facts.of(WorkdirSet, subject.lineage)
    if not found:
        message = f"the file does not set WORKDIR to {code(path)}"
        yield Unmet(message, expected=f"WORKDIR {path}", add=f"WORKDIR {path}")
        return
    last = found[-1]
    if last.path == path:
        shown = witness(subject, stays(found)) or last
        yield met(shown.at)
        return
    message = contrast("the last WORKDIR", last.path, path) if last.path else "WORKDIR is not known before the build"
    layer = subject.layer
    meant = layer is not None and layer.first <= last.at.instruction.line <= layer.last
    text = last.at.instruction.arguments
    fix = replace(text.span(0, len(text.text)), path, f"Return to {path}", UNSAFE) if meant else None
    if layer is not None and last.at.instruction.line > layer.last:
        fix = remove_lines(subject.source, last.at.instruction, f"Stay in {path}")
    yield Unmet(
        message, last.at.span, expected=f"WORKDIR {path}", fix=fix, unsure=last.path is None, add=f"WORKDIR {path}"
    )
