"""Checks for commands that a RUN must not have, options that commands need, and programs that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.core.call_patterns import Called, any_switched, by_program, called, meant
from zr4lint.checks.core.instruction_lists import facts_by_instruction
from zr4lint.checks.edits import SAFE, UNSAFE, add_words, replace
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import At, PackageRun, Ran, RunStep, Written
from zr4lint.facts.shells import sh_of
from zr4lint.filesystem.globs import matches
from zr4lint.model.finding import Applicability, Fix, Related
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.programs.option_reading import Option, Parsed
from zr4lint.programs.option_tables import CONFIGURATIONS, parse_words

if TYPE_CHECKING:
    from zr4lint.checks.parameters import CallCondition, CallText, OptionText, Program, Text, Variable

_BACKGROUND = (
    r"(?<![&>|])&(?![&>\d])|(?:\bservice\s+\S+|/etc/init\.d/\S+|\bpg_ctl\b[^&;\n]*)\s+start\b[^&;\n]*(?:&&|[;\n])\s*\S"
)
"""Matches a command in the background, and the start of a service with another command after it."""
_MAY_BE_OPTIONS = r"""\$(?:\{?\w*(?:opt|flag|arg|param|switch)\w*|[@*]|\()|`"""


@check("command-forbidden", stages="all")
def command_forbidden(
    subject: Subject,
    *,
    commands: list[CallText],
    instead: Text | dict[CallText, str] | None = None,
    equal: bool = False,
    beside_background: bool = False,
) -> Outcomes:
    """No command matches one of these patterns, such as `apt-key` or `zypper dist-upgrade|dup`.

    `instead` says what to use instead. As a table, it maps each pattern to the program that the fix writes, or to an
    instruction that replaces a RUN with no other command. With `equal`, that program does the same, and the fix is
    safe. With `beside-background`, a command is allowed in a RUN that starts a program in the background, or starts a
    service and then runs another command.
    """
    replacements = instead if isinstance(instead, dict) else {}
    for found in called(subject, commands):
        instruction = found.ran.at.instruction
        if beside_background and re.search(_BACKGROUND, instruction.arguments.text):
            yield Met(found.span, instruction)
            continue
        program = _replacement(subject, found, replacements)
        step = _step(subject, found) if _is_instruction(program) else None
        if step is not None and step.shell[:1] != ("/bin/sh",):
            program = None  # the instruction would drop the options of the shell in force
        helped = [instead] if isinstance(instead, str) else _programs(replacements)
        yield Unmet(
            f"{code(_shown(subject, found))} is not allowed",
            _span(found, bool(replacements) and not any(map(_is_instruction, replacements.values()))),
            help=f"Use {' or '.join(map(code, [program] if program else helped))}" if program or helped else None,
            fix=_exchange(subject, found, program, SAFE if equal else UNSAFE) if program is not None else None,
        )


def _programs(replacements: Mapping[str, str]) -> list[str]:
    """Return the programs that replace commands, without instructions."""
    return [*dict.fromkeys(name for name in replacements.values() if name and not _is_instruction(name))]


def _shown(subject: Subject, found: Called) -> str:
    """Return the words of a command that the pattern names."""
    if found.options or found.pattern.variables:
        variables = [f"{name}={found.ran.variables[name]}" for name, _ in found.pattern.variables]
        return " ".join([*variables, found.name, *(subject.words(option.span) for option in found.options)])
    return subject.words(found.span) if len(found.pattern.words) > 1 else found.name


def _span(found: Called, replaced: bool) -> Span:
    """Return the span of the forbidden words: the options, the program that another one replaces, or all words."""
    if found.options:
        return found.options[0].span
    return found.words[0].span if replaced and not found.wrapper else found.span


def _replacement(subject: Subject, found: Called, replacements: Mapping[str, str]) -> str | None:
    """Return the program to call instead; "" for none, None if unknown."""
    for pattern, program in replacements.items():
        at = (found.ran.at.order, found.span.start)
        if any((c.ran.at.order, c.span.start) == at for c in called(subject, [pattern])):
            return program
    return None


def _step(subject: Subject, found: Called) -> RunStep | None:
    """Return the RUN of a command."""
    return next(iter(facts_by_instruction(subject, RunStep).get(found.ran.at.instruction.index, ())), None)


def _is_instruction(replacement: str | None) -> bool:
    return replacement is not None and replacement.split(" ")[0].isupper()


def _exchange(subject: Subject, found: Called, program: str, applicability: Applicability) -> Fix | None:
    word, instruction = found.words[0], found.ran.at.instruction
    if _is_instruction(program):
        here = facts_by_instruction(subject, Ran).get(instruction.index, ())
        alone = not found.ran.at.trigger and all(ran.program in ("ln", "mv", "rm") for ran in here)
        step = _step(subject, found)
        alone = alone and step is not None and sh_of(subject.facts, step, "").pipefail == "/bin/bash"
        return replace(instruction.span, program, f"Write {program}", UNSAFE) if alone else None
    if (
        instruction.json is not None
        or subject.words(word.span).rpartition("/")[2] != (word.value or "").rpartition("/")[2]
    ):
        return None
    if program:
        return replace(word.span, program, f"Use {program}", applicability)
    blank = re.match(r"[ \t]+(?!-)", subject.source.text[word.span.end :])
    if blank is None or not found.wrapper:
        return None
    return replace(Span(word.span.start, word.span.end + blank.end()), "", f"Remove {word.value}", UNSAFE)


@check("command-option", stages="all")
def command_option(  # noqa: PLR0913 - a parameter of packs each
    subject: Subject,
    *,
    commands: list[CallText],
    options: list[OptionText],
    when: list[CallCondition] | None = None,
    unless_env: list[Variable] | None = None,
    unless_image: list[Text] | None = None,
    unless_piped: list[Program] | None = None,
    unsure: list[Program] | None = None,
    equal: bool = False,
) -> Outcomes:
    """Each command that matches one of these patterns has one of these options. A fix adds the first.

    `when` limits the rule to commands that have an option (`-o|--output`) or an option above a number (`-u > 99999`),
    whose output is redirected (`redirection`), or whose output goes into a pipe (`pipe`). The rule does not apply if a
    variable of `unless-env` is set, if the image matches a pattern of `unless-image`, or if a program of `unless-piped`
    pipes answers to the command. The programs in `unsure` may not need the option. With `equal`, the fix is safe.
    """
    configured = _Configured(subject)
    for found in called(subject, commands):
        ran = found.ran
        if when is not None and not any(_holds(found, condition) for condition in when):
            continue
        given = (*configured.options(ran), *found.parsed.options)
        parsed = Parsed(given, found.parsed.operands, found.parsed.unknown)
        if any_switched(ran.program, options, parsed):
            yield Met(found.span, ran.at.instruction, ran.at.supports)
        elif not _excused(subject, found, unless_env or (), unless_image or (), unless_piped or ()):
            first = options[0]
            yield Unmet(
                f"{code(found.name)} has no {code(first)}",
                found.span,
                expected=first,
                fix=_add(subject, found, first, options, SAFE if equal else UNSAFE),
                unsure=ran.program in (unsure or ()),
            )


def _holds(found: Called, condition: str) -> bool:
    """Return whether a condition applies to a command."""
    if condition == "redirection":
        return any(r.operator in (">", ">>", ">|", "&>") and r.path != "/dev/null" for r in found.ran.redirections)
    if condition == "pipe":
        return any(not pipe.last for pipe in found.ran.pipes)
    words, _, bound = condition.partition(">")
    names = {o.name for word in words.strip().split("|") for o in parse_words(found.ran.program, word)}
    for option in found.parsed.options:
        if option.name in names and option.value != "/dev/null":
            number = option.value or ""
            if not bound or (number.isdecimal() and int(number) > int(bound)):
                return True
    return False


def _excused(
    subject: Subject,
    found: Called,
    variables: Sequence[str],
    images: Sequence[str],
    answering: Sequence[str],
) -> bool:
    ran = found.ran
    if any(name in ran.variables and ran.variables[name] != "" for name in variables):
        return True
    if found.parsed.unknown and any(_may_be_options(subject, a.span) for a in ran.arguments if a.value is None):
        return True
    if answering and any(before.program in answering for before in _before(subject, ran)):
        return True
    return bool(images) and _has_other(subject, ran, images)


def _may_be_options(subject: Subject, span: Span) -> bool:
    """Return whether an unknown word may be an option."""
    return re.match(_MAY_BE_OPTIONS, subject.words(span), re.IGNORECASE) is not None


def _before(subject: Subject, ran: Ran) -> Iterator[Ran]:
    """Yield the commands whose output reaches a command through pipes."""
    places = {pipe.number: pipe.index for pipe in ran.pipes}
    for other in subject.facts.of(Ran, {ran.at.stage}, triggers=True) if places else ():
        same = other.at.instruction is ran.at.instruction
        if same and any(pipe.number in places and pipe.index < places[pipe.number] for pipe in other.pipes):
            yield other


def _has_other(subject: Subject, ran: Ran, images: Sequence[str]) -> bool:
    """Return whether the image has another program of that name, and no package was installed over it."""
    stages = subject.facts.ancestry(ran.at.stage)
    root = subject.facts.stages[min(stages)]
    if root.image is None or not any(matches(root.image, pattern) for pattern in images):
        return False
    installs = subject.facts.of(PackageRun, stages)
    return not any(p.name == ran.program for i in installs if i.at.order < ran.at.order for p in i.command.packages)


class _Configured:
    """The options set by configuration files whose text is in the Dockerfile."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.written: dict[int, list[Written]] = {}

    def options(self, ran: Ran) -> Iterator[Option]:
        """Yield the options that files written earlier set for a command."""
        row = CONFIGURATIONS.get(ran.program)
        for written in self._before(ran.at) if row is not None else ():
            if row is None or not any(matches(written.path or "", pattern) for pattern in row.files):
                continue
            for found in re.finditer(row.line, written.text.text, re.MULTILINE):
                value = f"{found['key']}={found['value']}" if row.option else found["value"]
                yield Option(row.option or found["key"], value, ran.at.span, ran.at.span)

    def _before(self, at: At) -> Iterator[Written]:
        if at.stage not in self.written:
            self.written[at.stage] = self.subject.facts.of(Written, self.subject.facts.ancestry(at.stage))
        return (written for written in self.written[at.stage] if written.at.order < at.order)


def _add(
    subject: Subject, found: Called, option: str, options: Sequence[str], applicability: Applicability
) -> Fix | None:
    """Return a fix that adds an option after the pattern's words, or at the end if the opposite is given."""
    ran, last = found.ran, found.words[-1]
    if (subject.words(last.span).rpartition("/")[2]) != (last.value or "").rpartition("/")[2]:
        return None
    alone = (wanted[0] for o in options if len(wanted := parse_words(ran.program, o)) == 1)
    names = {name for wanted in alone for name in _opposites(wanted)}
    against = any(o.name in names for o in meant(found.parsed.options))
    end = ran.at.span.end if against else found.end
    return add_words(ran.at.instruction, end, option, f"Add {option}", applicability)


def _opposites(option: Option) -> Iterator[str]:
    """Yield the names of options for the same setting."""
    yield option.name
    yield option.name.removeprefix("no-") if option.name.startswith("no-") else f"no-{option.name}"


@check("command-choice", stages="all")
def command_choice(subject: Subject, *, programs: list[Program]) -> Outcomes:
    """Each image is built with at most one of these programs."""
    commands = by_program(subject)
    used = [program for program in programs if commands.get(program)]
    for stage in sorted(subject.lineage) if len(used) > 1 else ():
        family = subject.facts.ancestry(stage)
        first: Ran | None = None
        for ran in sorted((r for program in used for r in commands[program]), key=lambda r: r.at.order):
            if ran.at.stage not in family or ran.program not in used:
                continue
            first = first or ran
            if ran.program != first.program and ran.at.stage == stage:
                yield Unmet(
                    f"both {code(first.program)} and {code(ran.program)} are used",
                    ran.arguments[0].span,
                    related=(Related(f"{first.program} is used here", first.arguments[0].span),),
                    help=f"Use {code(first.program)} for both",
                )
                break
