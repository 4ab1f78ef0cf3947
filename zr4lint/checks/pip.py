"""Packages that pip installs: versions, indexes, options, order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zr4lint.checks.environment import Standing, idle, misplaced, own_installs, pip_installs, standing
from zr4lint.checks.fixes import SAFE, UNSAFE, add_words, insert, remove_lines, replace, take_out
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, maybe, met
from zr4lint.checks.registry import check
from zr4lint.checks.versions import Bounds, bounds, lets_in
from zr4lint.facts import At, EnvSet, PipRun
from zr4lint.finding import Edit, Fix
from zr4lint.source import Span
from zr4lint.tools.files import mount_target
from zr4lint.tools.options import Option
from zr4lint.tools.pip import Requirement, normalise, understood

_CONSTRAINTS = ("constraint", "override")


def _absent(subject: Subject, package: str, expected: str, add: str | None = None) -> Unmet:
    """The finding for a package that nothing installs, or only into another environment.

    `add` is what a command that installs it is given.
    """
    line = f"RUN pip install --no-cache-dir {add}" if add else None
    refused = next((r for r in pip_installs(subject) if r.command.misplaced and r.command.requirement(package)), None)
    if refused is not None:
        option = refused.command.misplaced[0]
        message = f"--{option.name} stands before install: pip refuses it, and installs nothing"
        fix = _behind_install(subject, refused, option)
        return Unmet(message, option.span, expected=f"--{option.name} after install", fix=fix)
    bad = next((r for r in pip_installs(subject) if r.command.refused and r.command.requirement(package)), None)
    if bad is not None:
        span = bad.command.refused[0]
        message = f"pip does not understand {subject.words(span)}, and installs nothing"
        fix = replace(span, understood(subject.words(span)), "Write it as pip reads it", UNSAFE)
        return Unmet(message, span, expected=expected, fix=fix)
    dry = next((r for r in pip_installs(subject) if idle(r) and r.command.requirement(package)), None)
    if dry is not None:
        settings = subject.facts.of(EnvSet, subject.lineage)
        cause = next((fact for fact in settings if fact.name == "PIP_DRY_RUN"), None)
        unset = remove_lines(subject.source, cause.at.instruction, "Let pip install") if cause is not None else None
        span = cause.span if cause is not None else dry.command.words
        return Unmet("PIP_DRY_RUN is set: pip installs nothing", span, expected=expected, fix=unset)
    other = misplaced(subject, package)
    if other is not None:
        requirement = other.command.requirement(package)
        return Unmet(
            f"{package} is installed into another environment than the one on PATH",
            requirement.span if requirement else other.at.span,
            expected=expected,
            add=line,
        )
    unknown = next((run for run in pip_installs(subject) if run.command.parsed.unknown), None)
    if unknown is not None:
        return Unmet(
            f"whether pip installs {package} can't be known: this command's arguments come from outside",
            unknown.at.span,
            expected=expected,
            unsure=True,
        )
    return Unmet(f"pip does not install {package}", expected=expected, hint=("pip", "install", package), add=line)


def _behind_install(subject: Subject, run: PipRun, option: Option) -> Fix:
    """Put an option behind the word that it belongs to."""
    words, end = subject.words(option.span), option.span.end
    gap = len(subject.source.text[end:]) - len(subject.source.text[end:].lstrip(" "))
    edits = (Edit(option.span.start, end + gap, ""), Edit(run.command.words.end, run.command.words.end, f" {words}"))
    return Fix(f"Put --{option.name} behind install", UNSAFE, edits)


def _undone(subject: Subject, package: str, found: Standing, expected: str) -> Unmet | None:
    if found.undone is not None:
        kept_out = found.undone == found.requirement.span
        message = f"this marker keeps pip from installing {package}" if kept_out else f"{package} is removed again"
        fix = _respelled(subject, found.requirement, expected.strip('"'))
        if not kept_out:
            fix = take_out(subject.source, _at(subject, found.undone), f"Keep {package}")
        return Unmet(message, found.undone, expected=expected, fix=fix, unsure=found.unsure)
    return None


def _at(subject: Subject, words: Span) -> At:
    """The command that some words stand in."""
    facts = (f for f in subject.facts.facts if f.at.span.start <= words.start and words.end <= f.at.span.end)
    return min((f.at for f in facts), key=lambda at: at.span.end - at.span.start)


@check("pip-pin")
def pip_pin(subject: Subject, *, package: str, version: str, local: list[str]) -> Outcomes:
    """At the end of the build the package has exactly this version, with no local version but those listed."""
    expected = f"{package}=={version}"
    found = standing(subject, package)
    if found is None:
        yield _absent(subject, package, expected, expected)
        return
    if undone := _undone(subject, package, found, expected):
        yield undone
        return
    requirement = found.requirement
    if requirement.specifier != f"=={version}" and not _pinned_to(requirement, version, local):
        yield _wrong_version(subject, package, expected, found)
        return
    if found.unsure:
        yield Unmet(f"{package} is installed only under a condition", requirement.span, expected=expected, unsure=True)
        return
    yield met(found.run.at, requirement.span, _quoted_alike(subject, requirement, expected))


def _pinned_to(requirement: Requirement, version: str, local: list[str]) -> bool:
    from packaging.version import Version

    if requirement.specifier.startswith("==="):
        return requirement.specifier.removeprefix("===").strip() in (
            {f"{version}+{suffix}" for suffix in local} or {version}
        )
    limits = bounds(requirement.specifier)
    accepted = {Version(version), *(Version(f"{version}+{suffix}") for suffix in local)}
    return limits is not None and not limits.excluded and limits.pin in accepted


def _wrong_version(subject: Subject, package: str, expected: str, found: Standing) -> Unmet:
    requirement = found.requirement
    constrained = any(found.run.command.parsed.get(name) for name in _CONSTRAINTS)
    constrained = constrained or any(name.endswith("CONSTRAINT") for name in found.run.settings)
    if not requirement.specifier:
        message = f"{package} is not pinned: the newest version is installed"
    elif requirement.specifier.startswith("==="):
        message = "=== compares letters, and the builds' names go on behind the version"
    elif (limits := bounds(requirement.specifier)) is None or limits.pin is None or limits.excluded:
        message = f"{package} is not pinned to one version: {requirement.specifier}"
    else:
        message = f"{package} is pinned to {limits.pin}, not to {expected.partition('==')[2]}"
    unsure = found.unsure or (constrained and not requirement.specifier)
    return Unmet(
        message, requirement.span, expected=expected, fix=_respelled(subject, requirement, expected), unsure=unsure
    )


def _respelled(subject: Subject, requirement: Requirement, expected: str) -> Fix | None:
    """Write a requirement with other specifiers, its quotes kept."""
    words = _quoted_alike(subject, requirement, expected)
    return replace(requirement.span, words, f"Ask for {expected}", UNSAFE) if words else None


def _quoted_alike(subject: Subject, requirement: Requirement, words: str) -> str | None:
    """Words in the quotes that a requirement has, or needs; None where a variable or a break stands in it."""
    raw = subject.words(requirement.span)
    quote = raw[0] if raw[:1] in ("'", '"') and raw[-1:] == raw[0] else ""
    if not quote and any(c in words for c in "<>"):
        quote = '"'
    return None if "\\" in raw else f"{quote}{words}{quote}"


@check("pip-bound")
def pip_bound(subject: Subject, *, package: str, bound: str, within: str = "") -> Outcomes:
    """The package is asked for with this bound; a pin inside `within` has it too."""
    found = standing(subject, package)
    wanted = within or bound
    expected = f'"{package}{wanted}"'
    if found is None:
        yield _absent(subject, package, expected, expected)
        return
    if undone := _undone(subject, package, found, expected):
        yield undone
        return
    requirement = found.requirement
    limits, limit = bounds(requirement.specifier), bounds(bound)
    lost = any(span.start <= requirement.span.start < span.end for span in found.run.lost_specifiers)
    if limits is None or limit is None or not (_has_bound(limits, limit) or _pinned_inside(limits, wanted)):
        asked = requirement.specifier or "no version at all"
        yield Unmet(
            f"{package} is asked for with {asked}, not with {bound}",
            requirement.span,
            expected=expected,
            fix=None if lost else _respelled(subject, requirement, f"{package}{wanted}"),
            unsure=found.unsure,
        )
    elif found.unsure:
        yield Unmet(f"{package} is installed only under a condition", requirement.span, expected=expected, unsure=True)
    else:
        same = limits == bounds(wanted)
        spelled = _quoted_alike(subject, requirement, f"{package}{wanted}") if same else None
        yield met(found.run.at, requirement.span, spelled)


def _has_bound(limits: Bounds, limit: Bounds) -> bool:
    if limit.lower is not None:
        same = limits.lower == limit.lower and limits.lower_included == limit.lower_included
        return same and not any(lets_in(f"=={text}", str(limit.lower)) for text in limits.excluded)
    return limits.upper == limit.upper and limits.upper_included == limit.upper_included


def _pinned_inside(limits: Bounds, within: str) -> bool:
    return limits.pin is not None and lets_in(within, str(limits.pin))


@check("pip-companions")
def pip_companions(subject: Subject, *, package: str, companions: list[str]) -> Outcomes:
    """The command that installs the package installs these as well."""
    found = standing(subject, package)
    for name in companions:
        expected = f"{name} in the command that installs {package}"
        if found is None:
            yield _absent(subject, name, expected)
            continue
        requirement = found.run.command.requirement(name)
        own = standing(subject, name)
        if requirement is None:
            fix = add_words(
                found.run.at.instruction, found.requirement.span.end, name, f"Install {name} with {package}", UNSAFE
            )
            elsewhere = own is not None and own.undone is None
            why = f"{name} is installed by another command than {package}" if elsewhere else f"{name} is not installed"
            span = own.requirement.span if elsewhere and own is not None else found.run.command.words
            yield Unmet(why, span, expected=expected, fix=fix)
        elif own is not None and own.undone is not None:
            fix = take_out(subject.source, _at(subject, own.undone), f"Keep {name}")
            yield Unmet(f"{name} is removed again", own.undone, expected=expected, fix=fix, unsure=own.unsure)
        elif own is not None and own.run is not found.run and own.run.at.order > found.run.at.order:
            yield Unmet(
                f"{name} is replaced by a later command", own.requirement.span, expected=expected, unsure=own.unsure
            )
        elif maybe(found.run.at):
            yield Unmet(f"{name} is installed only under a condition", requirement.span, expected=expected, unsure=True)
        else:
            yield met(found.run.at, requirement.span)


@check("pip-index")
def pip_index(subject: Subject, *, package: str, url: str) -> Outcomes:
    """The command that installs the package takes packages from this index and no other."""
    expected = f"--index-url {url}"
    found = standing(subject, package)
    if found is None:
        yield _absent(subject, package, expected)
        return
    run = found.run
    parsed = run.command.parsed
    indexes = sorted(
        [*parsed.all("index-url"), *parsed.all("pypi-url"), *parsed.all("default-index")], key=lambda o: o.span
    )
    extra = [*parsed.all("extra-index-url"), *parsed.all("index")]
    setting = next((n for n in ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL") if run.settings.get(n)), None)
    right = False
    unset = next((f for f in subject.facts.of(EnvSet, subject.lineage) if f.name == "PIP_NO_INDEX"), None)
    if run.settings.get("PIP_NO_INDEX") and parsed.get("isolated") is None:
        fix = remove_lines(subject.source, unset.at.instruction, "Let pip use the index") if unset else None
        span = unset.span if unset else run.command.words
        yield Unmet("PIP_NO_INDEX turns every index off", span, expected=expected, fix=fix)
    elif (off := parsed.get("no-index")) is not None:
        fix = _without(subject, off, "Use the index")
        yield Unmet("--no-index turns every index off", off.span, expected=expected, fix=fix)
    elif indexes:
        last = indexes[-1]
        right = _same_url(last.value, url)
        if not right:
            known = last.value or "not known before the build"
            yield Unmet(
                f"the index is {known}, not {url}",
                last.value_span,
                expected=expected,
                fix=replace(last.value_span, url, f"Use {url}", UNSAFE),
                unsure=last.value is None,
            )
    elif _same_url(run.settings.get("PIP_INDEX_URL"), url):
        right = True
    else:
        wrong = next((o for o in extra if _same_url(o.value, url)), None)
        if wrong is not None:
            yield Unmet(
                "--extra-index-url adds an index to PyPI, and pip takes the newest version from either",
                wrong.span,
                expected=expected,
                fix=replace(wrong.span, expected, "Make it the only index", UNSAFE),
            )
            return
        named = add_words(run.at.instruction, found.requirement.span.end, expected, f"Use {url}", UNSAFE)
        yield Unmet(
            f"{package} comes from PyPI: the command names no index", run.command.words, expected=expected, fix=named
        )
    for option in extra:
        yield Unmet(
            "a second index: pip takes the newest version from either",
            option.span,
            expected=f"{expected} alone",
            fix=_without(subject, option, "Take the second index out"),
        )
    if setting is not None:
        yield Unmet(
            f"{setting} adds a second index: pip takes the newest version from either",
            _set_at(subject, run, setting) or run.command.words,
            expected=f"{expected} alone",
            fix=_unset(subject, run, setting),
        )
    if right and not extra and setting is None:
        yield met(run.at, indexes[-1].span if indexes else run.command.words)


def _without(subject: Subject, option: Option, title: str) -> Fix:
    """Take an option out, with the blank before it."""
    start = option.span.start
    text = subject.source.text
    if text[start - 1 : start] == " ":
        start -= 1
    return replace(Span(start, option.span.end), "", title, UNSAFE)


def _assigned(subject: Subject, run: PipRun, name: str) -> Span | None:
    """The assignment that stands before the command, with the blanks behind it."""
    found = re.search(rf"\b{name}=\S+[ \t]+", subject.words(Span(run.at.span.start, run.command.words.start)))
    start = run.at.span.start
    return Span(start + found.start(), start + found.end()) if found is not None else None


def _unset(subject: Subject, run: PipRun, name: str) -> Fix | None:
    """Take an assignment out that stands before the command."""
    assigned = _assigned(subject, run, name)
    return replace(assigned, "", f"Leave {name} out", UNSAFE) if assigned is not None else None


def _set_at(subject: Subject, run: PipRun, name: str) -> Span | None:
    """The words that set a variable for a command: its own assignment, or an ENV."""
    if (assigned := _assigned(subject, run, name)) is not None:
        return Span(assigned.start, assigned.start + len(subject.words(assigned).rstrip()))
    settings = [f for f in subject.facts.of(EnvSet, subject.lineage) if f.name == name and f.at.order < run.at.order]
    return settings[-1].span if settings else None


def _same_url(found: str | None, wanted: str) -> bool:
    """Whether two URLs are the same; scheme and host know no case, and a slash at the end means nothing."""
    return found is not None and _normal(found) == _normal(wanted)


def _normal(url: str) -> str:
    scheme, separator, rest = url.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"


@check("pip-extra-index")
def pip_extra_index(subject: Subject, *, packages: list[str], url: str) -> Outcomes:
    """The commands that install these packages have this extra index."""
    expected = f"--extra-index-url {url}"
    seen: set[int] = set()
    for package in packages:
        found = standing(subject, package)
        if found is None:
            yield _absent(subject, package, f"{package} with {expected}")
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
                "--index-url takes PyPI away: what is not on that index is not found",
                index.span,
                expected=expected,
                fix=replace(index.span, expected, "Add it to PyPI", UNSAFE),
            )
        elif options:
            last = options[-1]
            yield Unmet(
                f"the extra index is {last.value or 'not known before the build'}, not {url}",
                last.value_span,
                expected=expected,
                fix=replace(last.value_span, url, f"Use {url}", UNSAFE),
                unsure=last.value is None,
            )
        else:
            fix = add_words(found.run.at.instruction, found.requirement.span.end, expected, f"Add {url}", SAFE)
            yield Unmet(
                f"the command that installs {package} has no extra index",
                found.run.command.words,
                expected=expected,
                fix=fix,
            )


@check("pip-option")
def pip_option(subject: Subject, *, package: str, option: str) -> Outcomes:
    """The command that installs the package has this option."""
    found = standing(subject, package)
    if found is None:
        yield _absent(subject, package, f"{package} with {option}")
        return
    given = found.run.command.parsed.get(option.lstrip("-"))
    if given is not None:
        yield met(found.run.at, given.span)
        return
    fix = add_words(found.run.at.instruction, found.requirement.span.end, option, f"Add {option}", SAFE)
    yield Unmet(
        f"the command that installs {package} lacks {option}", found.run.command.words, expected=option, fix=fix
    )


@check("pip-upgrade")
def pip_upgrade(subject: Subject, *, packages: list[str], before: str) -> Outcomes:
    """These packages are upgraded before another one is installed."""
    target = standing(subject, before)
    first: PipRun | None = target.run if target is not None else None
    installs = own_installs(subject)
    line = f"pip install --no-cache-dir --upgrade {' '.join(packages)}"
    for package in packages:
        runs = [r for r in installs if r.command.requirement(package) is not None]
        early = [r for r in runs if first is None or r.at.order < first.at.order]
        expected = f"pip install --upgrade {package} before {before}"
        upgrade = next((r for r in early if r.command.upgrades or _pinned(r, package)), None)
        if upgrade is not None:
            yield met(upgrade.at, upgrade.at.span, line if _only_upgrades(upgrade, packages) else None)
        elif early:
            fix = add_words(early[0].at.instruction, early[0].command.words.end, "--upgrade", "Add --upgrade", SAFE)
            message = f"{package} is not upgraded: the version that is there is enough for pip"
            yield Unmet(message, early[0].command.words, expected=expected, fix=fix)
        else:
            home = next((r for r in installs if any(r.command.requirement(p) for p in packages)), first)
            when = "upgraded only after" if runs else "not upgraded before"
            place = runs[0] if runs else home
            fix = _upgrade(subject, line, package, home, first)
            message = f"{package} is {when} {before} is installed"
            yield Unmet(message, place.command.words if place else None, expected=expected, fix=fix)


def _only_upgrades(run: PipRun, packages: list[str]) -> bool:
    """Whether a command upgrades these packages and has no option that matters beyond that."""
    names = sorted(r.name for r in run.command.requirements if not r.specifier)
    options = {option.name for option in run.command.parsed.options}
    return names == sorted(packages) and options <= {"upgrade", "no-cache-dir"} and not maybe(run.at)


def _upgrade(subject: Subject, line: str, package: str, home: PipRun | None, first: PipRun | None) -> Fix | None:
    """Upgrade one more package where others are, or put a command that upgrades all of them above `first`."""
    if first is None:
        return None
    if home is not None and home.at.order < first.at.order and home.command.upgrades:
        return add_words(
            home.at.instruction, home.command.requirements[-1].span.end, package, f"Upgrade {package}", SAFE
        )
    start = first.at.instruction.span.start
    return insert(start, f"RUN {line}{subject.source.newline}", f"Add `RUN {line}`", UNSAFE)


def _pinned(run: PipRun, package: str) -> bool:
    requirement = run.command.requirement(package)
    return requirement is not None and requirement.specifier.startswith(("==", ">", "~="))


@check("pip-no-cache")
def pip_no_cache(subject: Subject) -> Outcomes:
    """No `pip install` leaves its cache in the image."""
    for run in pip_installs(subject):
        parsed = run.command.parsed
        options = [o for o in parsed.options if o.name in ("no-cache-dir", "no-cache", "cache-dir")]
        option = options[-1] if options and options[-1].name != "cache-dir" else None
        if options and option is None:
            off = _without(subject, options[-1], "Leave the cache off")
            yield Unmet("--cache-dir turns the cache on again", options[-1].span, expected="--no-cache-dir", fix=off)
        elif option is not None or run.settings.get("PIP_NO_CACHE_DIR") or run.settings.get("UV_NO_CACHE"):
            yield Met(option.span if option else run.command.words, run.at.instruction)
        elif mount := next(
            (f for f in run.at.instruction.flags if f.name == "mount" and _caches_pip(f.value or "")), None
        ):
            yield Met(mount.span, run.at.instruction)
        else:
            fix = add_words(run.at.instruction, run.command.words.end, "--no-cache-dir", "Add --no-cache-dir", SAFE)
            yield Unmet(
                "this pip install leaves its cache in the layer", run.command.words, expected="--no-cache-dir", fix=fix
            )


def _caches_pip(mount: str) -> bool:
    return mount_target(mount) in ("/root/.cache", "/root/.cache/pip")


@check("pip-order")
def pip_order(subject: Subject, *, first: str, then: str) -> Outcomes:
    """One package is installed before another."""
    later = standing(subject, then)
    runs = [r for r in pip_installs(subject) if r.command.requirement(first) is not None]
    expected = f"{first} before {then}"
    if later is None:
        yield _absent(subject, then, expected)
    elif not runs:
        yield Unmet(f"{first} is not installed before {then}", later.requirement.span, expected=expected)
    elif runs[0].at.order >= later.run.at.order:
        when = "by the same command as" if runs[0].at.order == later.run.at.order else "only after"
        yield Unmet(
            f"{first} is installed {when} {then}, which needs it to build", later.requirement.span, expected=expected
        )
    else:
        yield met(later.run.at, later.requirement.span)


@check("pip-quoted")
def pip_quoted(subject: Subject, *, packages: list[str]) -> Outcomes:
    """No version specifier is read as a redirection by the shell."""
    wanted = {normalise(p) for p in packages}
    for run in pip_installs(subject):
        yield from _redirected(subject, run)
    for run in pip_installs(subject):
        for requirement in run.command.requirements:
            if requirement.name in wanted and any(c in requirement.specifier for c in "<>"):
                yield met(run.at, requirement.span)


def _redirected(subject: Subject, run: PipRun) -> Iterator[Unmet]:
    for span in run.lost_specifiers:
        words = subject.words(span)
        plain = words.translate({ord(c): None for c in "\"'\\"})
        quoted = f'"{plain}"'
        fix = None if any(c.isspace() for c in words) else replace(span, quoted, "Quote the specifier", SAFE)
        yield Unmet(
            "the shell takes this for a redirection: pip gets the name without a version, and a file is written",
            span,
            expected=quoted,
            fix=fix,
        )
