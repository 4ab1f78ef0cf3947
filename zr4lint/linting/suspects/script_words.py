"""Suspects words in the scripts of RUN that keep a command from doing its work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts import Facts, Ran
from zr4lint.linting.suspects.suspect import Suspect, cut, masked
from zr4lint.model.finding import Edit
from zr4lint.model.quoting import code, nearest, plain
from zr4lint.model.remark import SHELL_SYNTAX
from zr4lint.model.source import MappedText, Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

_SIMULATE, _PRINT, _HELP = "{} only simulates this {}", "{} makes {} print instead of install", "{} makes {} print text"
_DOWNLOAD, _ELSEWHERE = "{} makes {} download without installing", "{} makes {} install outside the environment"
_APT = {
    **dict.fromkeys(("-s", "--simulate", "--just-print", "--dry-run", "--recon", "--no-act"), _SIMULATE),
    **dict.fromkeys(("-d", "--download-only"), _DOWNLOAD),
    **dict.fromkeys(("--print-uris", "--no-download"), _PRINT),
}
_PIP = {
    "--dry-run": _SIMULATE,
    **dict.fromkeys(("--target", "-t", "--prefix", "--root", "--python", "--user"), _ELSEWHERE),
}
_BARE = "with {} {} checks out no files"
_GIT = dict.fromkeys(("--bare", "--mirror", "-n", "--no-checkout"), _BARE)
_ANY = dict.fromkeys(("--help", "-h", "--version", "-V"), _HELP)
_IDLE = {"apt": _APT, "apt-get": _APT, "aptitude": _APT, "git": _GIT}
_VERBS = {
    ("pip", "download"): "install",
    ("pip", "wheel"): "install",
    **dict.fromkeys((("apt-get", verb) for verb in ("build-dep", "download", "source")), "install"),
}
_UPGRADES = ("dist-upgrade", "full-upgrade", "upgrade")
_COMMANDS = {
    "pip": ("install", "uninstall", "download", "wheel", "list", "show", "freeze", "check", "cache", "config"),
    "apt-get": ("install", "update", "upgrade", "remove", "purge", "clean", "autoremove", "autoclean", "dist-upgrade"),
    "git": ("clone", "checkout", "fetch", "pull", "switch", "reset", "init", "config", "submodule", "lfs", "clean"),
}
_PROGRAM = re.compile(r"^(?:apt(?:-get)?|pip[\d.]*|python[\d.]*|git|chmod|rm|mv|cp|add-apt-repository|uv)$")
_ALONE = re.compile(r"^(?:apt(?:-get)?|pip[\d.]*|add-apt-repository|chmod|git|rm|mv|cp|mkdir|cd)$")
"""Programs that run no other program named by an argument."""
_ITEM = r"(?i)APT::Get::(Simulate|Download-Only|Print-URIs)=\"?(?:true|1|yes|on)\"?"
_AND = ("and", "AND", "then", "+", ",", "und")
_PRINTERS = ("echo", "printf", ":", "true", "false")


def commands(facts: Facts) -> Iterator[Suspect]:
    """Suspect words with which a command does something else, and programs that are arguments of others."""
    for fact in facts.facts:
        if isinstance(fact, Ran) and fact.arguments:
            yield from _idle(facts, fact)
            yield from _another(facts, fact)


def _kind(program: str) -> str:
    return "pip" if program.startswith("pip") else program


def _idle(facts: Facts, ran: Ran) -> Iterator[Suspect]:
    """Suspect options and verbs with which a program does something else."""
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
            if template is _ELSEWHERE and not equals and name != "--user" and index + 1 < len(ran.arguments):
                span = Span(span.start, ran.arguments[index + 1].span.end)
            message = template.format(f"`{name}`", "command" if template is _SIMULATE else code(ran.program, 20))
            yield Suspect(argument.span, message, (cut(text, span),), f"Remove {plain(name)}")
    if table is not _ANY and kind.startswith("apt"):
        yield from _of_apt(facts, ran)
    verb = next((a for a in ran.arguments[1:] if a.value and not a.value.startswith("-")), None)
    yield from _program(facts, ran)
    if verb is not None and kind in _COMMANDS and verb.value not in _COMMANDS[kind]:
        guess = nearest(verb.value or "", _COMMANDS[kind])
        if guess is not None:
            message = f"{plain(ran.program, 20)} has no command {code(verb.value or '', 30)}"
            yield Suspect(verb.span, message, (Edit.of(verb.span, guess),), f"Write {guess}")
    if (
        verb is not None
        and kind in ("apt", "apt-get")
        and verb.value in _UPGRADES
        and _is_word(ran.arguments[-1].value)
    ):
        message = f"`{kind} {verb.value}` does not install missing packages"
        yield Suspect(verb.span, message, (Edit.of(verb.span, "install"),), f"Write {kind} install")
    if verb is not None and (meant := _VERBS.get((kind, verb.value or ""))):
        message = f"`{kind} {verb.value}` installs nothing"
        span = Span(ran.arguments[0].span.start, verb.span.end)
        yield Suspect(span, message, (Edit.of(verb.span, meant),), f"Write {kind} {meant}")


def _is_word(value: str | None) -> bool:
    """Return whether the last word of a command may name a package."""
    return value is not None and not value.startswith("-") and value not in _UPGRADES


def _of_apt(facts: Facts, ran: Ran) -> Iterator[Suspect]:
    """Suspect bundled letters and configuration items with which apt changes nothing."""
    text = facts.dockerfile.source.text
    for before, argument in zip(ran.arguments, ran.arguments[1:], strict=False):
        value, span = argument.value or "", argument.span
        letters = re.fullmatch(r"-(?=[a-zA-Z]{2,}\Z)[yqfmV]*([sd])[yqfmV]*", value)
        item = re.fullmatch(_ITEM, value.removeprefix("-o") if value.startswith("-o") else value)
        if letters is not None:
            template = _SIMULATE if letters[1] == "s" else _DOWNLOAD
            message = template.format(f"`-{letters[1]}`", "command" if letters[1] == "s" else code(ran.program, 20))
            edit = Edit.of(span, value.replace(letters[1], ""))
            yield Suspect(span, message, (edit,), f"Remove {letters[1]} from {value}")
        elif item is not None and (value.startswith("-o") or before.value in ("-o", "--option")):
            template = {"s": _SIMULATE, "d": _DOWNLOAD}.get(item[1][0].lower(), _PRINT)
            message = template.format(code(item[0], 30), "command" if template is _SIMULATE else code(ran.program, 20))
            whole = span if value.startswith("-o") else Span(before.span.start, span.end)
            yield Suspect(span, message, (cut(text, whole),), f"Remove {plain(item[0], 40)}")


def _program(facts: Facts, ran: Ran) -> Iterator[Suspect]:
    """Suspect a pip of another Python, or one named by its folder."""
    words = facts.dockerfile.source.slice(ran.arguments[0].span)
    found = re.fullmatch(r"(?:/\S*/)?(pip|python)[\d.]*", words)
    by_module = [argument.value for argument in ran.arguments[1:3]] == ["-m", "pip"]
    if found is not None and words not in ("pip", "pip3", "python") and (found[1] == "pip" or by_module):
        message = f"{code(words, 30)} does not install into the environment on PATH"
        yield Suspect(ran.arguments[0].span, message, (Edit.of(ran.arguments[0].span, found[1]),), f"Write {found[1]}")


def _another(facts: Facts, ran: Ran) -> Iterator[Suspect]:
    """Suspect a program that is an argument of another, where the `&&` before it is missing."""
    for before, argument in zip(ran.arguments, ran.arguments[1:], strict=False):
        if argument.quoted or not _PROGRAM.match(argument.value or "") or ran.wrappers:
            continue
        if ran.program not in _PRINTERS and not _ALONE.match(ran.program):
            continue
        word = before.value or ""
        if ran.program == "git" and argument.value in ("mv", "rm"):
            continue
        if before is ran.arguments[0] and ran.program in _PRINTERS:
            yield Suspect(
                before.span,
                f"{code(ran.program)} does not run the {plain(argument.value or '', 24)} after it",
                (Edit(before.span.start, argument.span.start, ""),),
                f"Remove {ran.program}",
            )
        elif word in _AND:
            message = f"{code(word)} is an argument of {plain(ran.program, 20)}; it joins no commands"
            yield Suspect(before.span, message, (Edit.of(before.span, "&&"),), "Write `&&`")
        elif before is not ran.arguments[0] and not word.startswith("-") and word != "install":
            message = f"{code(argument.value or '', 24)} is an argument of {plain(ran.program, 20)}; `&&` is missing"
            edit = Edit(argument.span.start, argument.span.start, "&& ")
            yield Suspect(argument.span, message, (edit,), "Put `&&` before it")
    if ran.program == "cat" and len(ran.arguments) == 1 and ran.at.instruction.heredocs:
        text = facts.dockerfile.source.text
        end = ran.arguments[0].span.end + (text[ran.arguments[0].span.end :][:1] == " ")
        edit = Edit(ran.arguments[0].span.start, end, "")
        yield Suspect(ran.arguments[0].span, "`cat` only prints this heredoc", (edit,), "Remove cat")


def background(facts: Facts) -> Iterator[Suspect]:
    """Suspect a single `&`."""
    for instruction in _scripts(facts):
        for found in re.finditer(r"(?<![&>|<\\])&(?![&>\d-])", instruction.arguments.text):
            span = instruction.arguments.span(found.start(), found.end())
            rest = instruction.arguments.text[found.end() :].strip()
            edit = Edit.of(span, "&&" if rest else "")
            message = "`&` runs the commands before it in the background, and nothing waits for them"
            yield Suspect(span, message, (edit,), "Write `&&`" if rest else "Remove `&`")
        for found in re.finditer(r"(?<=\s)&>", instruction.arguments.text):
            span = instruction.arguments.span(found.start(), found.end())
            message = "this shell reads `&>` as `&`, so the command before it runs in the background"
            yield Suspect(span, message, (Edit.of(span, ">"),), None, "Write `> FILE 2>&1`")


def redirections(facts: Facts) -> Iterator[Suspect]:
    """Suspect a `<` or `>` inside a word that was meant as a version specifier."""
    for instruction in _scripts(facts):
        for found in re.finditer(
            r"(?<=[\s])([A-Za-z][\w.-]*[<>]=?[\d][\w.,<>=*]*)(?=\s|$)", instruction.arguments.text
        ):
            span = instruction.arguments.span(found.start(), found.end())
            message = f"the shell reads {code(found[1])} as a redirection"
            yield Suspect(span, message, (Edit.of(span, f"'{found[1]}'"),), "Quote it")


def braces(facts: Facts) -> Iterator[Suspect]:
    """Suspect braces in a word, which dash does not expand."""
    for instruction in _scripts(facts):
        for found in re.finditer(
            r"(?<=\s)([^\s{}$'\"]*)\{([^\s{}$'\"]*,[^\s{}$'\"]*)\}([^\s{}$'\"]*)", instruction.arguments.text
        ):
            span = instruction.arguments.span(found.start(), found.end())
            words = " ".join(found[1] + middle + found[3] for middle in found[2].split(","))
            message = f"this shell does not expand the braces of {code(found[0], 30)}"
            yield Suspect(span, message, (Edit.of(span, words),), "Write the words")


def dead(facts: Facts) -> Iterator[Suspect]:
    """Suspect the command that keeps later commands from ever running."""
    broken = [remark.span.start for remark in facts.remarks if remark.code == SHELL_SYNTAX]
    by_run: dict[int, list[Ran]] = {}
    for fact in facts.facts:
        if isinstance(fact, Ran):
            by_run.setdefault(fact.at.instruction.index, []).append(fact)
    for ran in by_run.values():
        instruction = ran[0].at.instruction
        refused = any(instruction.span.start <= at < instruction.span.end for at in broken)
        if instruction.json is None and not instruction.heredocs and not refused:
            yield from _dead_in(facts, instruction, ran)


def _dead_in(facts: Facts, instruction: Instruction, commands_of: list[Ran]) -> Iterator[Suspect]:
    text, source = instruction.arguments, facts.dockerfile.source
    never = [(index, ran) for index, ran in enumerate(commands_of) if ran.at.reach is Reach.NEVER]
    for index, ran in never:
        words = plain(source.slice(ran.at.span).replace("\\\n", " "), 40)
        end = text.span(0, len(text.text)).end
        for span in _deciders(commands_of[:index], ran, instruction):
            message = f"this keeps `{words}` from running"
            if ran is never[0][1] and len(never) > 1:
                rest = masked(text, Span(ran.at.span.start, end))
                yield Suspect(span, "this keeps the commands after it from running", rest, within=instruction.span)
            lines = " \\\n" * source.slice(span).count("\n")
            for instead in (":", "false"):
                yield Suspect(span, message, (Edit.of(span, instead + lines),), within=instruction.span)
        for span in (*_branches(ran, text), _head(ran)):
            message = f"this keeps `{words}` from running"
            if span == _head(ran):
                inverted = re.search(r"!\s+\Z", source.text[instruction.span.start : span.start]) is not None
                message = "`!` makes the RUN fail if this succeeds" if inverted else "this command never runs"
            yield Suspect(span, message, masked(text, ran.at.span), within=instruction.span)


def _head(ran: Ran) -> Span:
    """Return the first two words of a command."""
    last = ran.arguments[min(1, len(ran.arguments) - 1)] if ran.arguments else None
    return Span(ran.at.span.start, max(last.span.end, ran.at.span.start)) if last is not None else ran.at.span


def _branches(ran: Ran, text: MappedText) -> Iterator[Span]:
    """Yield the word of a case or the head of a loop, if the command is in its first branch."""
    lead = _words_before(text, ran.at.span.start)
    start = text.span(0, len(text.text)).start
    found = re.match(r"case\s+(\S+)\s+in\b", lead) or re.match(r"(for\s+\w+\s+in\b[^;]*);\s*do\s*$", lead)
    if found is not None:
        yield Span(start, start + found.end(1))


def _deciders(before: list[Ran], ran: Ran, instruction: Instruction) -> Iterator[Span]:
    """Yield the commands and conditions that may keep a command from running, the likeliest first."""
    text = instruction.arguments
    start = text.span(0, len(text.text)).start
    lead = _words_before(text, ran.at.span.start)
    if re.search(r"\b(?:else|elif)\b", text.text):
        return
    if re.match(r"(?:case|for)\s", lead) and not re.search(r"\bdo\s.*;", lead):
        return
    earlier = [one for one in before if one.at.span.end <= ran.at.span.start]
    alive = [index for index, one in enumerate(earlier) if one.at.reach is not Reach.NEVER]
    first = alive[-1] + 1 if alive else 0
    yield from (one.at.span for one in earlier[first : first + 1])
    if alive:
        yield earlier[alive[-1]].at.span
    found = re.match(r"(?:(?:if|while|until)\s+)?(?:!\s+)?(.*?)(?:[;\s]*\b(?:then|do))?[\s;&|]*$", lead)
    if not earlier and found is not None and found[1]:
        yield Span(start + found.start(1), start + found.end(1))


def _words_before(text: MappedText, offset: int) -> str:
    """Return the words of an instruction before a place of the file, on its first line."""
    piece, start = text.pieces()[0] if text.text else ("", 0)
    return piece[: max(offset - start, 0)]


def _scripts(facts: Facts) -> Iterator[Instruction]:
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword == "RUN" and instruction.json is None:
            yield instruction
