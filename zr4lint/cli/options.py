"""Option types, and the options for settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from zr4lint.filesystem.paths import plain
from zr4lint.model.quoting import code, nearest
from zr4lint.packs.problems import did_you_mean
from zr4lint.project.settings import SETTINGS, Setting

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # no generic class before click 8.2

ENVIRONMENT = "ZR4LINT_"
"""The prefix of environment variables that set options."""

Command = Callable[..., Any]

_LISTED = 40
"""The most characters of a list of possible words in a message."""


def a_file(path: str) -> str:
    """Return the path if it is a file."""
    if not os.path.isfile(path):
        raise click.BadParameter(f"`{path}` is not a file")
    return plain(path)


def a_path(path: str) -> str:
    """Return the path if it is a file or a folder."""
    if not os.path.exists(path):
        raise click.BadParameter(f"`{path}` is not a file or folder")
    return plain(path)


def a_folder(path: str) -> str:
    """Return the path if it is a folder."""
    if not os.path.isdir(path):
        raise click.BadParameter(f"`{path}` is not a folder")
    return plain(path)


def no_folder(path: str) -> str:
    """Return the path if it is not a folder; it may be missing."""
    if os.path.isdir(path):
        raise click.BadParameter(f"`{path}` is a folder")
    return plain(path)


def completing(what: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """Return a callback that completes a value with the function `what` of `completion`, imported on demand."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> Any:
        return getattr(import_module("zr4lint.cli.completion"), what)(incomplete)

    return complete


def _is_setting(value: str) -> bool:
    return "=" in value and not os.path.isfile(value)


if TYPE_CHECKING:
    _Text = click.ParamType[str]
else:
    _Text = click.ParamType


class Configuration(_Text):
    """The path of a configuration, or a setting in the syntax of a configuration."""

    name = "configuration"

    def convert(self, value: str, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return value if _is_setting(value) else a_file(value)

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv]


def configurations(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of --config; if none is a file, add the file from the environment variable."""
    variable = param.resolve_envvar_value(ctx) if all(map(_is_setting, values)) else None
    return values if variable is None or variable in values else (Configuration()(variable, param, ctx), *values)


class OneOf(_Choice):
    """A choice of words that suggests the most similar word; `aliases` are other names of some of them."""

    def __init__(self, choices: Sequence[str], aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(choices)
        self.aliases = aliases

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        value = self.aliases.get(value, value)
        if value not in self.choices:
            near = did_you_mean(value, self.choices)
            listed = ", ".join(self.choices)
            if len(listed) <= _LISTED:
                self.fail(f"{code(value)} is not one of {listed}{near}", param, ctx)
            self.fail(f"unknown value {code(value)}{near or '; --help lists the values'}", param, ctx)
        return value


class Whole(click.IntRange):
    """An integer in a range that the help does not show."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(super().convert(value, param, ctx))
        except click.BadParameter:
            upper = "upwards" if self.max is None else f"to {self.max}"
            self.fail(f"{code(str(value))} is not a whole number from {self.min} {upper}", param, ctx)

    def _describe_range(self) -> str:
        return ""


class Number(click.FloatRange):
    """A number of 0 or more, without the range in the help."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(super().convert(value, param, ctx))
        except click.BadParameter:
            self.fail(f"{code(str(value))} is not a number from 0 upwards", param, ctx)

    def _describe_range(self) -> str:
        return ""


class Option(click.Option):
    """An option that an environment variable can set, unless --isolated is given."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        return None if ctx.params.get("isolated") else super().resolve_envvar_value(ctx)


def format_option(command: Command) -> Command:
    """Add --format for output as text or as JSON."""
    return click.option("--format", "form", type=OneOf(["text", "json"]), default="text", help="Default: text.")(
        command
    )


def packs_option(command: Command) -> Command:
    """Add --config for a configuration whose packs are included."""
    text = "A configuration file whose packs are included."
    return click.option("--config", type=a_file, metavar="FILE", help=text)(command)


def no_color_option(command: Command) -> Command:
    """Add --no-color to a command that has no --color."""
    return click.option("--no-color", is_flag=True, help="Turn off colours, as the variable NO_COLOR does.")(command)


def setting_options(command: Command) -> Command:
    """Add the options of all settings that have one."""
    return setting_options_of(*(name for name, setting in SETTINGS.items() if setting.option))(command)


def setting_options_of(*names: str) -> Callable[[Command], Command]:
    """Return a decorator that adds the options of these settings to a command."""

    def added(command: Command) -> Command:
        for name in reversed(names):
            command = click.option(SETTINGS[name].option, name, **_attributes(name, SETTINGS[name]))(command)
        return command

    return added


def _attributes(name: str, setting: Setting) -> dict[str, Any]:
    """Return the arguments of click.option for a setting."""
    kind = setting.kind
    text = f"{setting.help}."
    if kind.takes is bool:
        return {"is_flag": True, "help": text}
    text = f"{text} Default: {setting.default}."
    if kind.choices:
        variable = f"{ENVIRONMENT}{name.upper()}"
        choices = OneOf(kind.choices)
        return {"cls": Option, "type": choices, "envvar": variable, "show_envvar": True, "help": text}
    if kind.folder:
        return {"type": a_folder, "metavar": setting.metavar, "help": text}
    if kind.takes is float:
        return {"type": Number(min=0), "metavar": "N", "help": text}
    of_kind = {"NAME|FILE": completing("packs"), "RULE": completing("rules")}
    return {"multiple": True, "metavar": setting.metavar, "help": text, "shell_complete": of_kind.get(setting.metavar)}


def mistyped_variables(command: click.Command, environment: Iterable[str]) -> Iterator[str]:
    """Yield a message for each environment variable whose name is similar to that of an option."""
    known = {str(parameter.envvar).removeprefix(ENVIRONMENT) for parameter in command.params if parameter.envvar}
    for name in sorted(environment):
        word = name.removeprefix(ENVIRONMENT)
        near = nearest(word, known) if word not in known | {name} else None
        if near is not None:
            yield f"{name}: not a variable of zr4lint; did you mean `{ENVIRONMENT}{near}`?"


def origins(ctx: click.Context) -> dict[str, str]:
    """Return the environment variables that set settings, by setting."""
    return {
        name: f"{ENVIRONMENT}{name.upper()}"
        for name in SETTINGS
        if ctx.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT
    }
