"""Messages for wrong usage, which replace those of click."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import click
from click.core import ParameterSource

from zr4lint.cli.command_names import COMMANDS
from zr4lint.model.quoting import code
from zr4lint.packs.problems import did_you_mean

OPTIONS_OF_PEERS: Mapping[str, str] = {
    "--add-noqa": "--add-ignore",
    "--check": "--diff",
    "--disable": "--ignore",
    "--disable-ignore-pragma": "--no-suppressions",
    "--dry-run": "--diff",
    "--enable": "--extend-select",
    "--exit-non-zero-on-fix": "--diff",
    "--explain": "zr4lint rule",
    "--extend-per-file-ignores": "--config 'per-file-ignores = {...}'",
    "--failure-threshold": "--fail-on",
    "--file-path-in-report": "--stdin-filename",
    "--fix-only": "--fix --exit-zero",
    "--fixable": "--select",
    "--ignore-noqa": "--no-suppressions",
    "--list-files": "--show-files",
    "--list-rules": "zr4lint rules",
    "--no-fail": "--exit-zero",
    "--per-file-ignores": "--config 'per-file-ignores = {...}'",
    "--rule": "--select",
    "--rules": "--select",
    "--show-fixes": "--diff",
    "--show-settings": "zr4lint config",
    "--silent": "--quiet",
    "--skip": "--ignore",
    "--threads": "--jobs",
    "--timeout": "--max-time",
    "--unfixable": "--ignore",
    "-c": "--config",
    "-f": "--format",
    "-t": "--fail-on",
}
"""Options of ruff, hadolint and other linters, and their names in zr4lint."""

ABSENT: Mapping[str, str] = {
    "--cache-dir": "zr4lint has no cache",
    "--no-cache": "zr4lint has no cache",
    "--no-respect-gitignore": "name the files that git ignores",
    "--preview": "opt-in rules run with --extend-select",
}
"""Options of ruff without a counterpart, with the reason or the alternative."""

COMMANDS_OF_PEERS: Mapping[str, str] = {
    "compile": "zr4lint prd compile",
    "derive": "zr4lint pack derive",
    "explain": "zr4lint rule",
    "fix": "zr4lint --fix",
    "lint": "zr4lint check",
    "linter": "zr4lint packs",
    "list": "zr4lint rules",
    "server": "zr4lint lsp",
    "settings": "zr4lint config",
    "version": "zr4lint --version",
}
"""Commands of ruff and other linters, and their names in zr4lint."""


def refusal(refused: click.ClickException) -> str:
    """Return the error of a command line in one line."""
    match refused:
        case click.NoSuchOption():
            return f"unexpected argument {code(refused.option_name)}{_near_option(refused)}"
        case click.MissingParameter():
            return f"missing {_name(refused)}"
        case click.BadParameter() if isinstance(getattr(refused.param, "type", None), click.DateTime):
            return f"{_name(refused)}: expected a day such as 2026-01-31"
        case click.BadParameter():
            return f"{_name(refused)}: {_plain(refused.message)}"
        case click.BadOptionUsage():
            needs = "takes no value" if "not take" in refused.message else "needs a value"
            return f"`{refused.option_name}` {needs}"
        case click.UsageError() if extra := re.search(r"unexpected extra arguments? \((.*)\)$", refused.message):
            return f"unexpected argument {code(extra[1])}"
        case click.UsageError() if unknown := re.match(r"No such command '(.*?)'", refused.message):
            return f"no command is named {code(unknown[1])}{_near_command(unknown[1], refused.ctx)}"
    return _plain(refused.format_message())


def near_command(word: str, among: Iterable[str] = COMMANDS) -> str:
    """Return a "did you mean" question with the most similar command, or "" if none is similar."""
    if word in COMMANDS_OF_PEERS:
        return f"; did you mean `{COMMANDS_OF_PEERS[word]}`?"
    return did_you_mean(word, among)


def _near_command(word: str, ctx: click.Context | None) -> str:
    group = ctx.command if ctx is not None else None
    return did_you_mean(word, group.list_commands(ctx) if isinstance(group, click.Group) and ctx else ())


def _near_option(refused: click.NoSuchOption) -> str:
    """Return a "did you mean" question with the option that has this name in another linter, or a similar one."""
    command = refused.ctx.command if refused.ctx is not None else None
    parameters = command.params if command is not None else []
    options = [name for parameter in parameters for name in parameter.opts if name.startswith("--")]
    wanted = refused.option_name
    peer = OPTIONS_OF_PEERS.get(wanted)
    if peer is not None and (peer.split()[0] in options or not peer.startswith("-")):
        return f"; did you mean `{peer}`?"
    if wanted in ABSENT and options != ["--help"]:
        return f"; {ABSENT[wanted]}"
    flag = f"--{wanted.removeprefix('--no-')}"
    if wanted.startswith("--no-") and flag in options:
        return f"; leave {flag} out"
    return did_you_mean(wanted, options)


def _name(refused: click.BadParameter) -> str:
    """Return the name of the argument, option or environment variable that has the value."""
    parameter, ctx = refused.param, refused.ctx
    if parameter is None:
        return "the command line"
    name = next((name for name in parameter.opts if name.startswith("--")), parameter.human_readable_name)
    from_variable = ctx is not None and ctx.get_parameter_source(parameter.name or "") is ParameterSource.ENVIRONMENT
    return str(parameter.envvar) if from_variable else name


def _plain(message: str) -> str:
    """Return a click message in the style of zr4lint: one line, no full stop."""
    text = message.replace("\n", " ").removesuffix(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
