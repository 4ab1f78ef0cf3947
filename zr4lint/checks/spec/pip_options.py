"""Checks for options of pip, such as indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, UNSAFE, add_words, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.checks.spec.pip_packages import absent
from zr4lint.model.quoting import code, contrast
from zr4lint.model.source import with_blank_before
from zr4lint.programs.urls import normal_url

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Package, PipOption, Url
    from zr4lint.model.finding import Fix
    from zr4lint.programs.option_reading import Option

_REPLACE = frozenset({"--force-reinstall", "--ignore-installed", "--upgrade", "-U", "-I"})
"""Options that make pip replace other packages too, including dependencies such as torch."""
_EITHER = "pip takes the newest version from either index."


@check("pip-index")
def pip_index(subject: Subject, *, package: Package, url: Url) -> Outcomes:
    """The command that installs the package uses this index and no other."""
    expected = f"--index-url {url}"
    found = subject.environment.standing(package)
    if found is None:
        yield absent(subject, package, expected)
        return
    run = found.run
    parsed = run.command.parsed
    indexes = sorted(
        [*parsed.all("index-url"), *parsed.all("pypi-url"), *parsed.all("default-index")], key=lambda o: o.span
    )
    extra = [*parsed.all("extra-index-url"), *parsed.all("index")]
    setting = next((n for n in ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL") if run.settings.get(n)), None)
    right = False
    if run.settings.get("PIP_NO_INDEX") and parsed.get("isolated") is None:
        from zr4lint.checks.spec.settings_of_pip import set_at, without_setting  # few files need these

        span = set_at(subject, run, "PIP_NO_INDEX") or run.command.words
        fix = without_setting(subject, run, "PIP_NO_INDEX")
        yield Unmet("PIP_NO_INDEX disables every index", span, expected=expected, fix=fix)
    elif (off := parsed.get("no-index")) is not None:
        fix = _without(subject, off, "Use the index")
        yield Unmet("`--no-index` disables every index", off.span, expected=expected, fix=fix)
    elif indexes:
        last = indexes[-1]
        right = _same_url(last.value, url)
        if not right:
            yield _wrong_url("the index", last, url, expected)
    elif _same_url(run.settings.get("PIP_INDEX_URL"), url):
        right = True
    else:
        wrong = next((o for o in extra if _same_url(o.value, url)), None)
        if wrong is not None:
            yield Unmet(
                "`--extra-index-url` adds an index to PyPI instead of replacing it",
                wrong.span,
                expected=expected,
                fix=replace(wrong.span, expected, "Make it the only index", UNSAFE),
                notes=(_EITHER,),
            )
            return
        named = add_words(run.at.instruction, found.requirement.span.end, expected, f"Use {url}", UNSAFE)
        yield Unmet(
            f"{package} comes from PyPI, not from the required index",
            run.command.words,
            expected=expected,
            fix=named,
        )
    for option in extra:
        yield Unmet(
            "the command uses a second index",
            option.span,
            expected=f"{expected} alone",
            fix=_without(subject, option, "Remove the second index"),
            notes=(_EITHER,),
        )
    if setting is not None:
        from zr4lint.checks.spec.settings_of_pip import set_at, without_setting, written_before  # few files need these

        place = set_at(subject, run, setting)
        written = written_before(subject, run, setting) if place is None else None
        yield Unmet(
            f"{setting if written is None else code(written.path or '', 40)} adds a second index",
            place or (written.at.span if written is not None else run.command.words),
            expected=f"{expected} alone",
            fix=without_setting(subject, run, setting),
            notes=(_EITHER,),
        )
    if right and not extra and setting is None:
        yield met(run.at, indexes[-1].span if indexes else run.command.words)


def _without(subject: Subject, option: Option, title: str) -> Fix:
    """Return a fix that removes an option with the blank before it."""
    return replace(with_blank_before(subject.source.text, option.span), "", title, UNSAFE)


def _wrong_url(what: str, option: Option, url: str, expected: str) -> Unmet:
    return Unmet(
        contrast(what, option.value, url) if option.value else f"{what} is not known before the build",
        option.value_span,
        expected=expected,
        fix=replace(option.value_span, url, f"Use {url}", UNSAFE),
        unsure=option.value is None,
    )


def _same_url(found: str | None, wanted: str) -> bool:
    """Return whether two URLs name the same place."""
    return found is not None and normal_url(found) == normal_url(wanted)


@check("pip-extra-index")
def pip_extra_index(subject: Subject, *, packages: list[Package], url: Url) -> Outcomes:
    """The commands that install these packages have this extra index."""
    expected = f"--extra-index-url {url}"
    seen: set[int] = set()
    for package in packages:
        found = subject.environment.standing(package)
        if found is None:
            yield absent(subject, package, f"{package} with {expected}")
            continue
        if found.run.at.order in seen:
            continue
        seen.add(found.run.at.order)
        options = found.run.command.parsed.all("extra-index-url")
        right = next((o for o in options if _same_url(o.value, url)), None)
        from_setting = (found.run.settings.get("PIP_EXTRA_INDEX_URL") or "").split()
        if right is not None or any(_same_url(value, url) for value in from_setting):
            yield met(found.run.at, right.span if right else found.run.command.words)
        elif (index := found.run.command.parsed.get("index-url")) and _same_url(index.value, url):
            yield Unmet(
                "`--index-url` replaces PyPI instead of adding an index",
                index.span,
                expected=expected,
                fix=replace(index.span, expected, "Add it to PyPI", UNSAFE),
                notes=("pip finds no package that is not on that index.",),
            )
        elif options:
            yield _wrong_url("the extra index", options[-1], url, expected)
        else:
            fix = add_words(found.run.at.instruction, found.requirement.span.end, expected, f"Add {url}", SAFE)
            yield Unmet(
                f"the command that installs {package} has no extra index",
                found.run.command.words,
                expected=expected,
                fix=fix,
            )


@check("pip-option")
def pip_option(subject: Subject, *, package: Package, option: PipOption) -> Outcomes:
    """The command that installs the package has this option."""
    found = subject.environment.standing(package)
    if found is None:
        yield absent(subject, package, f"{package} with {option}")
        return
    given = found.run.command.parsed.get(option.lstrip("-"))
    if given is not None:
        yield met(found.run.at, given.span)
        return
    trusted = UNSAFE if option in _REPLACE else SAFE
    fix = add_words(found.run.at.instruction, found.requirement.span.end, option, f"Add {option}", trusted)
    yield Unmet(
        f"the command that installs {package} lacks {code(option, 30)}",
        found.run.command.words,
        expected=option,
        fix=fix,
    )
