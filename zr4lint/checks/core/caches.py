"""Checks for package lists and downloaded packages that package managers leave in a layer."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Literal

from zr4lint.checks.core.cache_folders import CACHES, Cache, Use, folders_of, mounts_of, uses
from zr4lint.checks.core.instruction_lists import facts_by_instruction
from zr4lint.checks.edits import (
    SAFE,
    UNSAFE,
    add_words,
    insert,
    is_negated,
    join_before,
    join_behind,
    replace,
    rights,
    takes_one_before,
)
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet, follows, maybe
from zr4lint.checks.registry import check
from zr4lint.facts import Ran, Removed
from zr4lint.facts.shells import SHELLS
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import code
from zr4lint.model.source import Span, with_blank_before
from zr4lint.programs.image_paths import covers
from zr4lint.shell import Reach
from zr4lint.shell.commands import ANY_DEPTH

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts import At

_REDIRECTIONS = r"(?:[ \t]*(?:\d*>>?|&>|\d*>&)[ \t]*[^\s;&|<>()]+)+"
_NESTED = frozenset({"/var/lib/apt/lists"})
"""Folders with folders in them: apt-get creates `partial`."""
_ALL_NAMES = r"/(?:\?\*|\*\?|\*\*)\Z"
"""Matches the end of a pattern that matches the same names as `/*`."""
_SCRIPT = r"\.(?:ba)?sh\Z|apt|install|dep|setup|bootstrap|provision"
"""Matches names of scripts that may install packages."""
_ANY = "setup.sh"
"""Stands for a script with an unknown name."""
_READ_IN_PLACE = frozenset({".", "source"})
_INTERPRETER = r"(?:python|pypy|perl|ruby|node|nodejs)[\d.]*"
_VALUED_BY_SHELLS = r"[-+][a-zA-Z]*[oO]|--rcfile|--init-file"
_VALUED = r"-[WXrIC]|--require"
"""Options of shells and interpreters that take a value in the next word."""
_CODE = frozenset({"-c", "-m", "-e", "-E", "-p", "--eval", "--print"})
_NO_SCRIPT = (
    r"setup\.py|apt|aptitude|apt-(?:get|cache|mark|key|config|file)|(?:add-apt|apt-add)-repository|install|dep|depmod"
    r"|(?:docker-php-ext|dpkg|update)-.*"
)
_GOES_ON = r"(?:[ \t]|\\[ \t]*\r?\n)*(?:\|(?!\|)|&(?!&)|<|\d*>)"


@check("package-cache", stages="image")
def package_cache(
    subject: Subject,
    *,
    manager: Literal["apt", "apk", "yum", "dnf", "zypper", "pip", "npm", "yarn"],
    what: Literal["kept", "alone"] = "kept",
) -> Outcomes:
    """No RUN leaves the cache of this manager in the image.

    A RUN can turn the cache off with an option, clean it after its last install, or mount its folder. If `what` is
    `alone`, a RUN that fills the cache also installs from it.
    """
    row = CACHES[manager]
    runs: dict[int, list[Use]] = {}
    for use in uses(subject, row):
        runs.setdefault(use.at.instruction.index, []).append(use)
    following = dict(pairwise(runs))
    for index, found in runs.items():
        if what == "alone":
            yield from _alone(subject, row, found, runs.get(following.get(index, -1)))
        elif row.option:
            yield from _by_option(subject, row, found)
        else:
            yield from _by_cleaning(subject, row, found)


def _by_cleaning(subject: Subject, row: Cache, found: Sequence[Use]) -> Outcomes:
    """Yield outcomes for a cache that a RUN must remove after its last install."""
    filling = [use for use in found if use.fills]
    if not filling:
        return
    last = [use for use in found if use.fills or use.reads][-1]
    instruction = last.at.instruction
    folders = folders_of(subject, row, last)
    clearing = [r for r in _removals(subject, instruction) if _any(r, folders)]
    inside = [r for r in clearing if not maybe(r.at)]
    after = [r for r in clearing if follows(r.at, last.at)]
    cleaned = next((u for u in found if _cleans(u, last)), None)
    mount = next((m for m in mounts_of(subject, instruction) if _kept_out(m.target, folders)), None)
    if row.archives and (after or mount is not None) and (kept := _archives(subject, row, last)) is not None:
        yield kept
    elif after:
        spelled = row.remedy if after[-1].paths == (f"{folders[0]}/*",) else None
        yield Met(after[-1].at.span, instruction, spelled=spelled)
    elif cleaned is not None:
        yield Met(cleaned.span, instruction)
    elif mount is not None:
        yield Met(mount.span, instruction)
    elif (either := _in_branches(subject, found, last, folders)) is not None:
        yield Met(either, instruction)
    else:
        fetches = not last.reads or " update" in f" {last.words}"
        late = "update" if inside and fetches and "install" not in last.words else "install"
        why = f"are removed before the last {late}" if inside else "are not removed in this RUN"
        remedy, contents = row.remedy.format(program=last.program), row.contents.format(program=last.program)
        named = _named(instruction, folders[0]) if row.manager == "apt" else None
        cleaned_at = max((use.at.order for use in found if use.cleans and use.at.order < last.at.order), default=-1)
        first = next((use for use in filling if use.at.order > cleaned_at), filling[0])
        yield Unmet(
            f"{contents} {why}",
            (last.span if late == "update" else inside[-1].at.span) if inside else named or first.span,
            expected=f"{remedy} as the last step of this RUN",
            fix=_append(subject, row, found, remedy),
            notes=(f"{contents[0].upper()}{contents[1:]} stay in this layer of the image.",),
            unsure=_may_clean(subject, last),
        )


def _may_clean(subject: Subject, last: Use) -> bool:
    """Return whether a later command of the RUN removes unknown paths."""
    found = subject.facts.of(Ran, subject.lineage)
    removing = subject.memo.get(("rm", subject.lineage), lambda: [ran for ran in found if ran.program == "rm"])
    behind = (r for r in removing if r.at.instruction.index == last.at.instruction.index and follows(r.at, last.at))
    return any(argument.value is None for ran in behind for argument in ran.arguments)


def _cleans(use: Use, last: Use) -> bool:
    """Return whether a command cleans the cache that an earlier one filled. yum is dnf in newer distributions."""
    same = use.program == last.program or {use.program, last.program} <= {"yum", "dnf", "dnf5"}
    return use.cleans and same and follows(use.at, last.at)


def _in_branches(subject: Subject, found: Sequence[Use], last: Use, folders: Sequence[str]) -> Span | None:
    """Return where one of several branches cleans a cache. The branches are assumed to cover all cases."""
    index = last.at.instruction.index
    removed = [r for r in subject.facts.of(Removed, subject.lineage) if r.at.instruction.index == index]
    places = [r.at for r in removed if _any(r, folders)] + [use.at for use in found if use.cleans]
    late = [at for at in places if maybe(at) and at.order > last.at.order]
    return late[0].span if len(late) > 1 else None


def _archives(subject: Subject, row: Cache, last: Use) -> Unmet | None:
    """Report packages that stay in the layer because the image is configured to keep them."""
    if not last.reads or last.at.order <= _kept_from(subject, row, last.at):
        return None
    after = [r for r in _removals(subject, last.at.instruction) if follows(r.at, last.at)]
    mounted = any(_kept_out(m.target, row.archives) for m in mounts_of(subject, last.at.instruction))
    if mounted or any(_any(r, row.archives) for r in after):
        return None
    return Unmet(
        "the downloaded packages are not removed in this RUN",
        last.span,
        expected=f"a cache mount over {row.archives[0]}",
        notes=(f"Without {row.keeps_none[0]} they stay in this layer of the image.",),
    )


def _kept_from(subject: Subject, row: Cache, at: At) -> float:
    """Return the order of the command that removes a file of `keeps_none`, so that later packages are kept."""

    def first() -> float:
        removed = subject.facts.of(Removed, subject.facts.ancestry(at.stage), triggers=at.trigger)
        off = (r for r in removed if any(covers(p, f, recursive=False) for p in r.paths for f in row.keeps_none))
        return min((r.at.order for r in off), default=inf)

    return subject.memo.get(("packages kept", row.keeps_none, at.stage, at.trigger), first)


def _append(subject: Subject, row: Cache, found: Sequence[Use], remedy: str) -> Fix | None:
    """Return a fix that cleans the cache after the last command that uses it.

    Return None if the clean-up would need sudo, which another rule reports.
    """
    last = [use for use in found if use.fills or use.reads][-1]
    instruction = last.at.instruction
    scripts: Sequence[Ran] = ()
    if row.manager == "apt":
        scripts = subject.memo.get(("scripts that install", subject.lineage), lambda: _scripts(subject))
    after = [ran for ran in scripts if ran.at.instruction is instruction and ran.at.order > last.at.order]
    at, words = (after[-1].at, after[-1].arguments[0].span) if after else (last.at, last.span)
    sudo = rights(subject.source, at, words)
    if sudo or instruction.json is not None or at.reach is not Reach.ALWAYS or is_negated(subject.source, at):
        return None
    following = subject.source.text[at.span.end : instruction.span.end]
    redirected = re.match(_REDIRECTIONS, following)
    end = at.span.end + (redirected.end() if redirected is not None else 0)
    if re.match(_GOES_ON, subject.source.text[end : instruction.span.end]):
        return None
    later = subject.memo.get(("lives on it", row.manager, subject.lineage), lambda: _last_on_it(subject, row))
    safe = later is None or later.at.order < last.at.order or later.at.instruction.index == last.at.instruction.index
    safe = safe and (not scripts or scripts[-1].at.order < last.at.order)
    # If a function is called both in a condition and elsewhere, no single operator fits both calls.
    alike = len({use.at.tested for use in found if use.at.span == last.at.span}) == 1
    safe = safe and sudo is not None and (alike or not last.at.exits)
    return insert(
        end,
        join_behind(subject.source, at, end) + remedy,
        f"Remove {row.contents.format(program=last.program)}",
        SAFE if safe else UNSAFE,
    )


def _scripts(subject: Subject) -> Sequence[Ran]:
    """Return the commands that may run a script with an install, which needs the package lists."""
    commands = subject.facts.of(Ran, subject.lineage, triggers=True)
    named = ((ran, posixpath.basename(_script_name(ran))) for ran in commands)
    return [ran for ran, name in named if re.search(_SCRIPT, name) and re.fullmatch(_NO_SCRIPT, name) is None]


def _script_name(ran: Ran) -> str:
    """Return the script that a shell or interpreter runs, else the command's program; "" if there is none."""
    words = [a.value or "" for a in ran.arguments]
    shell = ran.program in SHELLS or ran.program in _READ_IN_PLACE
    if not shell and re.fullmatch(_INTERPRETER, ran.program) is None:
        return words[0] if words else ""
    valued, index = _VALUED_BY_SHELLS if shell else _VALUED, 1
    while index < len(words) and words[index][:1] in ("-", "+"):
        if not shell and words[index] in _CODE:
            return ""
        index += 2 if re.fullmatch(valued, words[index]) else 1
    return (words[index] or _ANY) if index < len(words) else ""


def _last_on_it(subject: Subject, row: Cache) -> Use | None:
    """Return the last use that comes first in its RUN, and so may need the cache of an earlier RUN."""
    first: dict[int, Use] = {}
    for use in uses(subject, row):
        first.setdefault(use.at.instruction.index, use)
    return next((use for use in reversed(first.values()) if use.reads and not use.fills), None)


def _by_option(subject: Subject, row: Cache, found: Sequence[Use]) -> Outcomes:
    """Yield outcomes for a cache that each command must turn off with an option."""
    cleaning = [use for use in found if use.cleans]
    for use in found:
        if not use.fills:
            continue
        instruction = use.at.instruction
        folders = folders_of(subject, row, use)
        given = [o for o in use.options if o.name in row.switches or o.name == "cache-dir"]
        off = given[-1] if given and given[-1].name != "cache-dir" else None
        mount = next((m for m in mounts_of(subject, instruction) if _kept_out(m.target, folders)), None)
        after = next((r for r in _removals(subject, instruction) if follows(r.at, use.at) and _any(r, folders)), None)
        cleaned = next((u for u in cleaning if follows(u.at, use.at)), None)
        if off is not None:
            yield Met(off.span, instruction)
        elif use.settings(row.variables) and not given:
            yield Met(use.span, instruction)
        elif mount is not None:
            yield Met(mount.span, instruction)
        elif after is not None or cleaned is not None:
            yield Met(after.at.span if after is not None else use.span, instruction)
        elif given and row.manager == "pip":
            off_again = replace(
                with_blank_before(subject.source.text, given[-1].span), "", "Leave the cache off", UNSAFE
            )
            yield Unmet("`--cache-dir` enables the cache again", given[-1].span, expected=row.option, fix=off_again)
        else:
            option = row.options.get(use.program, row.option)
            fix = _switch_off(subject, row, use, option)
            yield Unmet(f"this {use.words} leaves its cache in the image", use.span, expected=option, fix=fix)


def _switch_off(subject: Subject, row: Cache, use: Use, option: str) -> Fix | None:
    """Return a fix that adds the option after the subcommand and removes the options that it makes useless."""
    if not subject.words(use.span).endswith(use.words.rpartition(" ")[2]):
        return None
    fix = add_words(use.at.instruction, use.span.end, option, f"Add {option}", SAFE)
    useless = [o for o in use.options if o.name in row.useless and re.match(r"--|-.\Z", subject.words(o.span))]
    if fix is None or not useless:
        return fix
    spans = {with_blank_before(subject.source.text, o.span) for o in useless if o.span.start >= use.span.end}
    return Fix(fix.title, SAFE, (*fix.edits, *(Edit.of(span, "") for span in sorted(spans))))


def _alone(subject: Subject, row: Cache, found: Sequence[Use], later: Sequence[Use] | None) -> Outcomes:
    """Yield an outcome for a RUN that only fills the cache. `later` are the uses of the next RUN that uses it."""
    first = found[0]
    if not first.fills or any(use.reads for use in found):
        return
    if any(_kept_out(m.target, row.folders) for m in mounts_of(subject, first.at.instruction)):
        return
    yield Unmet(
        f"{code(first.words)} runs in its own layer",
        first.span,
        help=f"Run {code(first.words)} in the RUN that installs packages",
        fix=_move(subject, first, later) if later is not None else None,
        notes=("A cached layer keeps old package lists, and later installs fail or get old packages.",),
    )


def _move(subject: Subject, first: Use, later: Sequence[Use]) -> Fix | None:
    """Return a fix that moves the command before the next install and removes its RUN."""
    instruction, target = first.at.instruction, later[0]
    arguments = instruction.arguments
    whole = arguments.span(0, len(arguments.text))
    source = subject.source
    if target.fills or target.at.instruction.json is not None or first.at.span != whole:
        return None
    if not takes_one_before(source, target.at):
        return None
    start = source.line_starts[instruction.line - 1]
    end = source.text.find("\n", instruction.span.end) + 1 or len(source.text)
    at = target.at.span.start
    edits = (Edit(start, end, ""), Edit(at, at, subject.words(first.at.span) + join_before(target.at)))
    return Fix("Move it in front of the install", UNSAFE, edits)


def _named(instruction: Instruction, folder: str) -> Span | None:
    """Return the span where an instruction mentions a folder without removing it."""
    at = instruction.arguments.text.find(folder)
    return instruction.arguments.span(at, at + len(folder)) if at >= 0 else None


def _removals(subject: Subject, instruction: Instruction) -> Sequence[Removed]:
    """Return the removals of a RUN, certain or possible."""
    return facts_by_instruction(subject, Removed).get(instruction.index, ())


def _any(removed: Removed, folders: Sequence[str]) -> bool:
    return any(_clears(removed, folder) for folder in folders)


def _clears(removed: Removed, folder: str) -> bool:
    """Return whether a removal empties a folder. rm without -r fails if the folder has folders in it."""
    if f"{folder}/{ANY_DEPTH}/*" in removed.paths:
        return True
    if folder in _NESTED and not removed.recursive:
        return False
    return any(
        path == f"{folder}/*"
        or (removed.recursive and covers(path, folder, recursive=True))
        or (path.endswith("/*") and covers(path[:-2], folder, recursive=removed.recursive))
        for path in (re.sub(_ALL_NAMES, "/*", path) for path in removed.paths)
    )


def _kept_out(target: str | None, folders: Sequence[str]) -> bool:
    """Return whether a mount covers one of these folders."""
    return target is not None and any(covers(target, folder, recursive=True) for folder in folders)
