"""Words in the scripts of RUN for which a command does not do its work."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zr4lint.dockerfile import Instruction
from zr4lint.facts import Facts, Ran
from zr4lint.linting.suspects.suspect import Suspect, cut, masked
from zr4lint.model.finding import Edit
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import Span
from zr4lint.shell import Reach

_SIMULATE, _PRINT, _HELP = "{} only simulates this {}", "{} makes {} print instead of install", "{} makes {} print text"
_DOWNLOAD, _ELSEWHERE = "{} makes {} download without installing", "{} makes {} install outside the environment"
_APT = {
    **dict.fromkeys(("-s", "--simulate", "--just-print", "--dry-run", "--recon", "--no-act"), _SIMULATE),
    **dict.fromkeys(("-d", "--download-only"), _DOWNLOAD),
    **dict.fromkeys(("--print-uris", "--no-download"), _PRINT),
}
_PIP = {"--dry-run": _SIMULATE, **dict.fromkeys(("--target", "-t", "--prefix", "--root", "--python"), _ELSEWHERE)}
_BARE = "with {} {} checks out no files"
_GIT = dict.fromkeys(("--bare", "--mirror", "-n", "--no-checkout"), _BARE)
_ANY = dict.fromkeys(("--help", "-h", "--version", "-V"), _HELP)
_IDLE = {"apt": _APT, "apt-get": _APT, "aptitude": _APT, "git": _GIT}
_VERBS = {("pip", "download"): "install", ("pip", "wheel"): "install", ("apt-get", "download"): "install"}
_PROGRAM = re.compile(r"^(?:apt(?:-get)?|pip[\d.]*|python[\d.]*|git|chmod|rm|mv|cp|add-apt-repository|uv)$")
_AND = ("and", "AND", "then", "+", ",", "und")
_PRINTERS = ("echo", "printf", ":", "true", "false")


def commands(facts: Facts) -> Iterator[Suspect]:
    """The words of each command, and whether it runs."""
    for fact in facts.facts:
        if isinstance(fact, Ran) and fact.arguments:
            yield from _idle(facts, fact)
            yield from _another(facts, fact)


def _kind(program: str) -> str:
    return "pip" if program.startswith("pip") else program


def _idle(facts: Facts, ran: Ran) -> Iterator[Suspect]:
    """Options and verbs with which a program does something else."""
    text = facts.dockerfile.source.text
    kind = _kind(ran.program)
    pip = kind == "pip" or any(a.value == "pip" for a in ran.arguments[1:3])
    table = {**_ANY, **(_PIP if pip else _IDLE.get(kind, {}))}
    for index, argument in enumerate(ran.arguments[1:], 1):
        value = argument.value or ""
        name, equals, _ = value.partition("=")
        if pip and value in ("-V", "-h"):
            continue
        template = table.get(name)
        if template is not None:
            span = argument.span
            if template is _ELSEWHERE and not equals and index + 1 < len(ran.arguments):
                span = Span(span.start, ran.arguments[index + 1].span.end)
            message = template.format(f"`{name}`", "command" if template is _SIMULATE else code(ran.program, 20))
            yield Suspect(argument.span, message, (cut(text, span),), f"Remove {plain(name)}")
    verb = next((a for a in ran.arguments[1:] if a.value and not a.value.startswith("-")), None)
    if verb is not None and (meant := _VERBS.get((kind, verb.value or ""))):
        message = f"`{kind} {verb.value}` installs nothing"
        span = Span(ran.arguments[0].span.start, verb.span.end)
        yield Suspect(span, message, (Edit.of(verb.span, meant),), f"Write {kind} {meant}")


def _another(facts: Facts, ran: Ran) -> Iterator[Suspect]:
    """A program that is an argument of another: the `&&` before it is missing."""
    for before, argument in zip(ran.arguments, ran.arguments[1:], strict=False):
        if argument.quoted or not _PROGRAM.match(argument.value or "") or ran.wrappers:
            continue
        word = before.value or ""
        if before is ran.arguments[0] and ran.program in _PRINTERS:
            yield Suspect(
                before.span,
                f"{code(ran.program)} does not run the {plain(argument.value or '', 24)} behind it",
                (Edit(before.span.start, argument.span.start, ""),),
                f"Remove {ran.program}",
            )
        elif word in _AND:
            message = f"{code(word)} is an argument of {plain(ran.program, 20)}; it joins no commands"
            yield Suspect(before.span, message, (Edit.of(before.span, "&&"),), "Write `&&`")
        elif before is not ran.arguments[0]:
            message = f"{code(argument.value or '', 24)} is an argument of {plain(ran.program, 20)}; `&&` is missing"
            edit = Edit(argument.span.start, argument.span.start, "&& ")
            yield Suspect(argument.span, message, (edit,), "Put `&&` before it")
    if ran.program == "cat" and len(ran.arguments) == 1 and ran.at.instruction.heredocs:
        text = facts.dockerfile.source.text
        end = ran.arguments[0].span.end + (text[ran.arguments[0].span.end :][:1] == " ")
        edit = Edit(ran.arguments[0].span.start, end, "")
        yield Suspect(ran.arguments[0].span, "`cat` only prints this heredoc", (edit,), "Remove cat")


def background(facts: Facts) -> Iterator[Suspect]:
    """A single `&`."""
    for instruction in _scripts(facts):
        for found in re.finditer(r"(?<![&>|<\\])&(?![&>\d-])", instruction.arguments.text):
            span = instruction.arguments.span(found.start(), found.end())
            rest = instruction.arguments.text[found.end() :].strip()
            edit = Edit.of(span, "&&" if rest else "")
            message = "`&` runs the commands before it in the background, and nothing waits for them"
            yield Suspect(span, message, (edit,), "Write `&&`" if rest else "Remove `&`")


def redirections(facts: Facts) -> Iterator[Suspect]:
    """A `<` or `>` inside a word that was meant to be a version specifier."""
    for instruction in _scripts(facts):
        for found in re.finditer(r"(?<=[\s])([A-Za-z][\w.-]*[<>]=?[\d][\w.,<>=*]*)(?=\s|$)", instruction.arguments.text):
            span = instruction.arguments.span(found.start(), found.end())
            message = f"the shell reads {code(found[1])} as a redirection"
            yield Suspect(span, message, (Edit.of(span, f"'{found[1]}'"),), "Quote it")


def dead(facts: Facts) -> Iterator[Suspect]:
    """Commands that never run, at the command before them that decides so."""
    by_run: dict[int, list[Ran]] = {}
    for fact in facts.facts:
        if isinstance(fact, Ran):
            by_run.setdefault(fact.at.instruction.index, []).append(fact)
    for commands_of in by_run.values():
        for index, ran in enumerate(commands_of):
            instruction = ran.at.instruction
            if ran.at.reach is Reach.NEVER and instruction.json is None and not instruction.heredocs:
                words = plain(facts.dockerfile.source.slice(ran.at.span), 40)
                span = _decides(commands_of[:index], ran, instruction)
                message = "this command never runs" if span == ran.at.span else f"this keeps `{words}` from running"
                yield Suspect(span, message, masked(instruction.arguments, ran.at.span))


def _decides(before: list[Ran], ran: Ran, instruction: Instruction) -> Span:
    """The command, or the condition, that keeps one from running; the command itself where that is not clear."""
    if "case " in instruction.arguments.text or re.search(r"\belse\b", instruction.arguments.text):
        return ran.at.span
    alive = [one for one in before if one.at.reach is not Reach.NEVER and one.at.span.end <= ran.at.span.start]
    return alive[-1].at.span if alive else ran.at.span


def _scripts(facts: Facts) -> Iterator[Instruction]:
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword == "RUN" and instruction.json is None:
            yield instruction
