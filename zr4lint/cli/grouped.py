"""A click command whose help lists the options below headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import click

OTHER = "Other options"
"""The heading of options that are in no group."""

_COLUMN = 30
"""The width of the first column in characters, the same below all headings."""

Groups = Mapping[str, Sequence[str]]
"""The names of options below each heading."""


class GroupedCommand(click.Command):
    """A command whose help has a heading for each group of options."""

    groups: ClassVar[Groups] = {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records = {
            option.name: record
            for option in self.get_params(ctx)
            if isinstance(option, click.Option) and (record := option.get_help_record(ctx)) is not None
        }
        named = {name for names in self.groups.values() for name in names}
        rest = [name for name in records if name not in named]
        for heading, names in (*self.groups.items(), (OTHER, rest)):
            with formatter.section(heading):
                formatter.write_dl([(f"{flags:{_COLUMN}}", text) for flags, text in map(records.__getitem__, names)])
