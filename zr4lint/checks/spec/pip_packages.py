"""Functions for the checks of pip's packages: the deciding requirement, its words and fixes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, replace, take_out, take_out_word
from zr4lint.checks.outcome import Subject, Unmet
from zr4lint.facts import At, PipRun, Ran
from zr4lint.facts.environments import Standing
from zr4lint.facts.environments import idle as does_nothing
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import alike, code
from zr4lint.model.source import Span
from zr4lint.programs.pip import Requirement, parse_requirement, understood

if TYPE_CHECKING:
    from zr4lint.programs.option_reading import Option

_OF_FILES = ("-c", "-r", "--constraint", "--requirement")
_MOST_COMPARED = 500
_REFUSED = ("pip fails and installs nothing.",)


def settled(subject: Subject, package: str, expected: str) -> Standing | Unmet:
    """Return the deciding requirement of a package at the end of the build, or the finding if the package is absent."""
    found = subject.environment.standing(package)
    if found is None:
        return absent(subject, package, expected, expected)
    return _undone(subject, package, found, expected) or found


def absent(subject: Subject, package: str, expected: str, add: str | None = None) -> Unmet:
    """Return the finding for a package that nothing installs, or that goes only into another environment.

    `add` is the argument of a `pip install` that installs the package.
    """
    line = f"RUN pip install --no-cache-dir {add}" if add else None
    installs = subject.environment.pip_installs
    idle = not_done(subject, package, expected)
    if idle is not None:
        return idle
    other = subject.environment.misplaced(package)
    if other is not None:
        requirement = other.command.requirement(package)
        return Unmet(
            f"{package} is not installed into the environment on PATH",
            requirement.span if requirement else other.at.span,
            expected=expected,
            add=line,
        )
    unknown = next((run for run in installs if run.command.parsed.unknown), None)
    if unknown is not None:
        return Unmet(
            f"pip may not install {package}",
            unknown.at.span,
            expected=expected,
            unsure=True,
            notes=("Arguments of this command are not known before the build.",),
        )
    place = _named_at(subject, package)
    return Unmet(
        f"pip does not install {package}", place, expected=expected, hint=("pip", "install", package), add=line
    )


def _named_at(subject: Subject, package: str) -> Span | None:
    """Return the words that name a package, or a similar name, in a pip call that does not install it."""
    named = subject.memo.get(("words of pip", subject.lineage), lambda: _names(subject))
    if package in named:
        return named[package]
    return next((span for name, span in islice(named.items(), _MOST_COMPARED) if alike(name, package)), None)


def _names(subject: Subject) -> dict[str, Span]:
    """Return the packages that pip calls name, each with the span of its first mention."""
    named: dict[str, Span] = {}
    for fact in subject.facts.of(Ran, subject.lineage):
        if fact.program.startswith("pip") or any(argument.value == "pip" for argument in fact.arguments):
            for argument in fact.arguments[1:]:
                requirement = None if (argument.value or "-").startswith("-") else parse_requirement(argument)
                if requirement is not None:
                    named.setdefault(requirement.name, argument.span)
    return named


def not_done(subject: Subject, package: str, expected: str) -> Unmet | None:
    """Return the finding for a pip call that names a package but fails or installs nothing, or None."""
    installs = subject.environment.pip_installs
    refused = next(
        (r for r in subject.environment.pip_installs if r.command.misplaced and r.command.requirement(package)),
        None,
    )
    if refused is not None:
        option = refused.command.misplaced[0]
        message = f"{code('--' + option.name)} comes before `install`"
        fix = _behind_install(subject, refused, option)
        return Unmet(message, option.span, expected=f"--{option.name} after install", fix=fix, notes=_REFUSED)
    bad = next(
        (r for r in subject.environment.pip_installs if r.command.refused and r.command.requirement(package)),
        None,
    )
    if bad is not None:
        span = bad.command.refused[0]
        words = subject.words(span)
        message = f"pip does not understand {code(words)}"
        if words.startswith(_OF_FILES):
            message = f"pip can't use {code(words, 50)}"
        meant = understood(subject.words(span))
        spelled = replace(span, meant, "Write it as pip reads it", UNSAFE)
        instead = spelled if meant != subject.words(span) else _left_out(subject, bad, span)
        return Unmet(message, span, expected=expected, fix=instead, notes=_REFUSED)
    dry = next((r for r in installs if does_nothing(r) and r.command.requirement(package)), None)
    if dry is not None and (alone := dry.command.parsed.get("no-index")) is not None:
        fix = take_out_word(subject.source, alone.span, "Let pip look for packages")
        message = "`--no-index` keeps pip from finding any package"
        return Unmet(message, alone.span, expected=expected, fix=fix)
    if dry is not None:
        from zr4lint.checks.spec.settings_of_pip import set_at, without_setting  # few files need these

        span = set_at(subject, dry, "PIP_DRY_RUN") or dry.command.words
        off = without_setting(subject, dry, "PIP_DRY_RUN")
        return Unmet("PIP_DRY_RUN keeps pip from installing anything", span, expected=expected, fix=off)
    return None


def _left_out(subject: Subject, run: PipRun, word: Span) -> Fix | None:
    """Return a fix that removes an option that pip does not have; None if the next word may be its value."""
    rest = subject.words(Span(word.end, max(word.end, run.at.span.end))).strip(" \t\r\n\\")
    option = subject.words(word).startswith("-") and (not rest or rest.startswith("-"))
    return take_out_word(subject.source, word, "Leave the option out") if option else None


def _behind_install(subject: Subject, run: PipRun, option: Option) -> Fix:
    """Return a fix that moves an option after `install`."""
    words, end = subject.words(option.span), option.span.end
    gap = len(subject.source.text[end:]) - len(subject.source.text[end:].lstrip(" "))
    edits = (Edit(option.span.start, end + gap, ""), Edit(run.command.words.end, run.command.words.end, f" {words}"))
    return Fix(f"Put --{option.name} after install", UNSAFE, edits)


def _undone(subject: Subject, package: str, found: Standing, expected: str) -> Unmet | None:
    if found.undone is not None:
        kept_out = found.undone == found.requirement.span
        message = f"this marker keeps pip from installing {package}" if kept_out else f"{package} is removed again"
        fix = respelled(subject, found.requirement, expected.strip('"'))
        if not kept_out:
            fix = take_out(subject.source, command_at(subject, found.undone), f"Keep {package}")
        return Unmet(message, found.undone, expected=expected, fix=fix, unsure=found.unsure)
    return None


def command_at(subject: Subject, words: Span) -> At:
    """Return the command that contains some words."""
    facts = (f for f in subject.facts.facts if f.at.span.start <= words.start and words.end <= f.at.span.end)
    return min((f.at for f in facts), key=lambda at: at.span.end - at.span.start)


def respelled(subject: Subject, requirement: Requirement, expected: str) -> Fix | None:
    """Return a fix that writes a requirement with other specifiers and keeps its quotes."""
    words = quoted_alike(subject, requirement, expected)
    return replace(requirement.span, words, f"Ask for {expected}", UNSAFE) if words else None


def quoted_alike(subject: Subject, requirement: Requirement, words: str) -> str | None:
    """Return `words` in the quotes that a requirement has or needs; None if it contains a backslash."""
    raw = subject.words(requirement.span)
    quote = raw[0] if raw[:1] in ("'", '"') and raw[-1:] == raw[0] else ""
    if not quote and any(c in words for c in "<>"):
        quote = '"'
    return None if "\\" in raw else f"{quote}{words}{quote}"
