"""Checks for settings and options of pip that do not do what they seem to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks.edits import SAFE, UNSAFE, replace
from zr4lint.checks.ml.builds import source_builds_of
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import ArgDeclared, EnvSet
from zr4lint.facts.pips import pip_at
from zr4lint.knowledge.tables import Row, references, table
from zr4lint.model.finding import Edit, Fix, Severity
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.facts.pip_install import Install
    from zr4lint.model.source import Span
    from zr4lint.programs.option_reading import Option

_ON = ("1", "true", "yes", "on", "t", "y")


_SWITCH = "PIP_NO_BUILD_ISOLATION"


@check("ml/isolation-switch-inverted")
def isolation_switch_inverted(subject: Subject) -> Outcomes:
    """PIP_NO_BUILD_ISOLATION has the value that turns isolation off."""
    needed = subject.facts.needed
    told = histories(subject)
    # Only builds that import torch or pip fail in isolation.
    fails = any(row.imports and not build.install.uv for history in told for build, row in source_builds_of(history))
    severity = None if fails else Severity.WARNING
    settings: list[EnvSet | ArgDeclared] = [e for e in subject.facts.of(EnvSet, needed) if e.name == _SWITCH]
    settings += [a for a in subject.facts.of(ArgDeclared, needed) if a.name == _SWITCH and a.default is not None]
    for setting in settings:
        if (setting.value or "").lower() not in _ON:
            continue
        words = subject.words(setting.value_span)
        plain = words.strip("\"'").lower() == (setting.value or "").lower()
        # Without isolation, packages that build today no longer find the build tools that they declare.
        applicability = SAFE if fails else UNSAFE
        fix = replace(setting.value_span, "0", "Set it to 0", applicability) if plain else None
        yield structs.replace(_inverted(setting.value or "", setting.span), fix=fix, severity=severity)
    if settings:
        return
    for install in (install for history in told for install in history.own if not install.uv):
        value = install.run.settings.get(_SWITCH) or ""
        if value.lower() in _ON:
            unmet = _inverted(value, install.run.command.words)
            yield structs.replace(unmet, unsure=install.unsure, severity=severity)


def _inverted(value: str, span: Span) -> Unmet:
    return Unmet(
        f"{code(f'{_SWITCH}={value}')} leaves build isolation on",
        span,
        expected=f"{_SWITCH}=0",
        notes=("pip reads the variable as the value of --build-isolation: 0 and false switch isolation off.",),
        help=f"Set {_SWITCH}=0",
        references=("observed with pip 19.3.1 to 26.3",),
    )


@check("ml/pip-option-unavailable")
def pip_option_unavailable(subject: Subject) -> Outcomes:
    """The installed pip has the options of its command line."""
    for history in histories(subject):
        for install in history.own:
            if install.uv:
                continue
            for row in table("pip")["option"]:
                option = install.run.command.parsed.get(row["name"])
                if option is not None and (unmet := _unavailable(subject, history, install, row)):
                    yield unmet


def _unavailable(subject: Subject, history: History, install: Install, row: Row) -> Unmet | None:
    """Return the finding for an option that this version of pip does not have, or None."""
    option = install.run.command.parsed.get(row["name"])
    assert option is not None
    pip = pip_at(history, install)
    if "removed" in row:
        there = pip.has(row["removed"])
        if there is False or (there is None and not (install.run.command.parsed.has("no-build-isolation"))):
            return None
        message = f"pip {row['removed']} removed `--{row['name']}`"
        unsure = there is None
    else:
        there = pip.has(row["added"])
        if there is not False or pip.high is None:
            return None
        message = f"pip {pip.high} has no `--{row['name']}`" if not pip.open else f"this pip has no `--{row['name']}`"
        unsure = False
    return Unmet(
        message,
        option.span,
        unsure=unsure or install.unsure,
        fix=_without(subject, option) if "removed" in row or row["name"] == "break-system-packages" else None,
        notes=("pip fails with `no such option`.",),
        help=f"Use {row['instead']}" if row["instead"] else f"Remove `--{row['name']}`",
        references=references(row),
    )


def _without(subject: Subject, option: Option) -> Fix | None:
    """Return a fix that removes an option with the blank before it. It is safe only for --break-system-packages."""
    span = option.span
    blank = subject.source.text[span.start - 1 : span.start] == " " and not option.value
    trusted = SAFE if option.name == "break-system-packages" else UNSAFE
    return Fix("Remove the option", trusted, (Edit(span.start - 1, span.end, ""),)) if blank else None
