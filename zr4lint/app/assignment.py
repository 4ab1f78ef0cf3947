"""Chooses the packs and the options of a file from its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.app.errors import UsageError
from zr4lint.linting.lint_options import LintOptions
from zr4lint.model.finding import Severity
from zr4lint.packs.loading import pack_names
from zr4lint.packs.parameter_settings import configure
from zr4lint.packs.problems import PackError
from zr4lint.project.pack_files import PackFiles
from zr4lint.project.settings import tables_of

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack
    from zr4lint.project import Settings
    from zr4lint.project.builds.build import Build


def load_packs(names: Sequence[str], files: PackFiles | None = None) -> tuple[Pack, ...]:
    """Load packs by name, or all shipped packs if `names` is empty; raises UsageError for a broken pack."""
    files = files or PackFiles()
    try:
        return tuple({id(pack): pack for pack in map(files.load, names or pack_names())}.values())
    except PackError as error:
        raise UsageError(str(error)) from None


class Assignment:
    """Assigns packs to files; each pack is loaded once, and configured once for each configuration.

    `names` are the packs for files whose settings name none.
    """

    def __init__(self, names: tuple[str, ...], files: PackFiles) -> None:
        self.packs = load_packs(names, files)
        self._files = files
        self._loaded = {names: self.packs}
        self._configured: dict[tuple[int, int], Pack] = {}

    @property
    def used(self) -> tuple[Pack, ...]:
        """Return the loaded packs, without the settings of configurations."""
        return tuple({id(pack): pack for packs in self._loaded.values() for pack in packs}.values())

    def packs_for(self, path: str, settings: Settings) -> tuple[Pack, ...]:
        """Return the packs to lint a file with; raises UsageError for a broken pack."""
        names = settings.packs_for(path)
        if names and names not in self._loaded:
            self._loaded[names] = load_packs(names, self._files)
        found = self._loaded[names] if names else tuple(pack for pack in self.packs if pack.claims(_name(path)))
        return tuple(self._with_settings(pack, settings) for pack in found)

    def _with_settings(self, pack: Pack, settings: Settings) -> Pack:
        """Return the pack with the settings from its table in the configuration."""
        values = tables_of(settings.pack_settings).get(pack.name)
        if settings.gpu and any(setting.name == "gpu" for setting in pack.settings):
            values = {"gpu": [*settings.gpu], **(values or {})}
        if not values:
            return pack
        key = (id(pack), id(settings))
        if key not in self._configured:
            self._configured[key] = configure(pack, values)
        return self._configured[key]


def _name(path: str) -> str:
    """Return the name that packs are matched with; standard input without a name counts as "Dockerfile"."""
    return "Dockerfile" if path == "-" else path


def options_of_build(options: LintOptions, build: Build, settings: Settings) -> LintOptions:
    """Return the options with the values of a build; settings and the command line take precedence."""
    given = dict(build.args) | dict(options.build_args)
    return structs.replace(
        options,
        context=settings.context if settings.context is not None else build.context,
        context_assumed=False,
        build_args=tuple(given.items()),
        targets=options.targets or ((build.target,) if build.target is not None else ()),
        contexts=build.contexts,
    )


def lint_options(path: str, settings: Settings, folder: str | None, *, suppressions: bool = True) -> LintOptions:
    """Return the options to lint a file with; `folder` is the folder of the file, or None if it has none."""
    return LintOptions(
        select=settings.select,
        ignore=settings.ignored_in(path),
        context=settings.context if settings.context is not None else folder,
        context_assumed=settings.context is None,
        severity=settings.severity,
        conflicts=Severity.INFO if settings.conflicts == "show" else settings.conflicts,
        lists_conflicts=settings.conflicts == "show",
        amended=settings.amended,
        extend_select=settings.extend_select,
        targets=settings.targets,
        build_args=settings.build_args_for(path),
        template=settings.is_template(path),
        suppressions=suppressions,
    )
