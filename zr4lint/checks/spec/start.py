"""The exact words of CMD, ENTRYPOINT and HEALTHCHECK."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.facts import CommandSet, Form, HealthcheckSet
from zr4lint.model.quoting import code, contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zr4lint.checks.parameters import StartKeyword, Text

_PLAIN = r"""(?!\s*\w+=)(?:'[^']*'|"(?:[^"\\$`]|\\.)*+"|\\.|(?!(?<!\S)[~#])[^'"\\;&|<>()$`*\n])*+"""
"""A command in which a shell finds no operator, no expansion and no assignment."""


@check("start-command")
def start_command(
    subject: Subject, *, keyword: StartKeyword, arguments: list[str] | None = None, script: Text = ""
) -> Outcomes:
    """The instruction has these arguments in exec form, or this script in shell form.

    Rule:
        keyword = "CMD"
        arguments = ["uvicorn", "app:app"]

    Bad:
        FROM python:3.13
        CMD uvicorn app:app

    Good:
        FROM python:3.13
        CMD ["uvicorn", "app:app"]
    """
    found = [fact for fact in subject.facts.of(CommandSet, subject.lineage) if fact.keyword == keyword]
    wanted = script or f"[{', '.join(map(_quoted, arguments or ()))}]"
    expected = f"{keyword} {wanted}"
    if not found:
        yield Unmet(f"{subject.whole} sets no {keyword}", expected=expected, add=expected)
        return
    last = found[-1]
    text = last.at.instruction.arguments
    span = text.span(0, len(text.text))
    exec_form = None if last.arguments is None else list(last.arguments)
    script_form = " ".join(text.text.split()) if last.arguments is None else None
    if (arguments is not None and exec_form == arguments) or (script and script_form == " ".join(script.split())):
        yield met(last.at, span)
    else:
        yield Unmet(contrast(keyword, text.text, wanted), span, expected=expected)


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


@check("healthcheck")
def healthcheck(subject: Subject, *, command: Text, options: dict[Text, str] | None = None) -> Outcomes:
    """HEALTHCHECK runs this command, with these options; the command NONE switches an inherited check off.

    A command that is written as words also stands for its exec form, one written as a JSON array for that alone.

    Rule:
        command = "curl -f http://localhost:8080/"
        options = { interval = "30s" }

    Bad:
        FROM debian:12
        HEALTHCHECK CMD curl -f http://localhost:8080/

    Good:
        FROM debian:12
        HEALTHCHECK --interval=30s CMD curl -f http://localhost:8080/
    """
    found = subject.facts.of(HealthcheckSet, subject.lineage)
    expected = f"HEALTHCHECK {' '.join((*(f'--{k}={v}' for k, v in (options or {}).items()), 'CMD', command))}"
    if not found:
        yield Unmet("the image has no HEALTHCHECK", expected=expected)
        return
    last = found[-1]
    given = "NONE" if last.form is Form.NONE else " ".join(last.command.text.split())
    if given != " ".join(command.split()) and not _same_words(last.arguments, command):
        yield Unmet(contrast("the health check", given, command), last.at.span, expected=expected)
        return
    flags = {option.name: option for option in last.flags.given}
    for name, value in (options or {}).items():
        flag = flags.get(name)
        if flag is None:
            yield Unmet(f"the health check has no {code('--' + name)}", last.at.span, expected=expected)
        elif flag.value != value:
            unsure = flag.value is None
            yield Unmet(contrast(f"--{name}", flag.value or "", value), flag.span, expected=expected, unsure=unsure)
    yield met(last.at)


def _same_words(arguments: Sequence[str] | None, command: str) -> bool:
    """Whether the exec form has the words of a command, in which a shell does nothing but split them."""
    try:
        return (
            arguments is not None
            and re.fullmatch(_PLAIN, command) is not None
            and list(arguments) == shlex.split(command)
        )
    except ValueError:
        return False
