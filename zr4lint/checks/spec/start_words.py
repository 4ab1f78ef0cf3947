"""Checks for the exact words of CMD, ENTRYPOINT and HEALTHCHECK."""

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

    from zr4lint.checks.parameters import Duration, HealthOption, StartKeyword, Text

_PLAIN = r"""(?!\s*\w+=)(?:'[^']*'|"(?:[^"\\$`]|\\.)*+"|\\.|(?!(?<!\S)[~#])[^'"\\;&|<>()$`*\n])*+"""
"""Matches a command in which a shell finds no operator, no expansion and no assignment."""


@check("start-command", needs="arguments script")
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
def healthcheck(
    subject: Subject, *, command: Text | None = None, options: dict[HealthOption, Duration] | None = None
) -> Outcomes:
    """HEALTHCHECK runs this command with these options. The command NONE turns off an inherited check.

    The options are interval, timeout, start-period, start-interval and retries.

    A command written as words also matches its exec form. One written as a JSON array matches only that array. An
    option that is not given has Docker's default.

    Rule:
        command = "curl -f http://localhost:8080/"
        options = { interval = "10s" }

    Bad:
        FROM debian:12
        HEALTHCHECK CMD curl -f http://localhost:8080/

    Good:
        FROM debian:12
        HEALTHCHECK --interval=10s CMD curl -f http://localhost:8080/
    """
    found = subject.facts.of(HealthcheckSet, subject.lineage)
    shown = ("CMD", command) if command is not None else ()
    expected = " ".join(("HEALTHCHECK", *(f"--{k}={v}" for k, v in (options or {}).items()), *shown))
    if not found:
        yield Unmet("the image has no HEALTHCHECK", expected=expected)
        return
    last = found[-1]
    given = "NONE" if last.form is Form.NONE else " ".join(last.command.text.split())
    same = command is None or given == " ".join(command.split()) or _same_words(last.arguments, command)
    if command is not None and not same:
        yield Unmet(contrast("the health check", given, command), last.at.span, expected=expected)
        return
    flags = {option.name: option for option in last.flags.given}
    for name, value in (options or {}).items():
        flag = flags.get(name)
        if flag is None and _seconds(value) == _seconds(_DEFAULTS.get(name, "")):
            continue
        if flag is None:
            yield Unmet(f"the health check has no {code('--' + name)}", last.at.span, expected=expected)
        elif _seconds(flag.value or "") != _seconds(value):
            unsure = flag.value is None
            yield Unmet(contrast(f"--{name}", flag.value or "", value), flag.span, expected=expected, unsure=unsure)
    yield met(last.at)


_DEFAULTS = {"interval": "30s", "timeout": "30s", "start-period": "0s", "start-interval": "5s", "retries": "3"}
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = r"(\d+(?:\.\d+)?)(h|ms|m|s)"


def _seconds(value: str) -> float | str:
    """Return the seconds of a duration such as `1m30s`; other text unchanged."""
    if re.fullmatch(f"(?:{_PART})+", value) is None:
        return value
    return round(sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, value)), 6)


def _same_words(arguments: Sequence[str] | None, command: str) -> bool:
    """Return whether an exec form has the words of a command that a shell would only split."""
    try:
        return (
            arguments is not None
            and re.fullmatch(_PLAIN, command) is not None
            and list(arguments) == shlex.split(command)
        )
    except ValueError:
        return False
