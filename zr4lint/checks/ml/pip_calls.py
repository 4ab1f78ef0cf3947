"""Checks for how pip is called."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, At, Facts, PipRun
from zr4lint.model.finding import Edit, Fix
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import mount_target
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.programs.requirements_file import Listing

_SWALLOWS = frozenset({"true", ":", "echo", "printf"})
_CONDITION = r"\b(?:if|for|while|case|then|do)\b|\btrap "
_BLANK = r"(?m)[\s\\]|^\s*#[^\n]*$"
_NO_ERRORS = r"\d?>>?(?:&\d|/dev/null)"
_SHORTENED = ("no-cache",)
"""Options of uv that pip accepts as an abbreviation of its own general option: --no-cache-dir."""

_REQUIREMENT = r"[A-Za-z0-9][\w.-]*(?:\[[\w,.-]*\])?(?:(?:[<>=~!]=?|===)[\w.*+!-]+,?)+"
_OFF = ("", "0", "false", "no", "off")


def _runs(subject: Subject) -> list[PipRun]:
    return subject.facts.of(PipRun, subject.facts.needed, triggers=True)


@check("ml/unquoted-specifier")
def unquoted_specifier(subject: Subject) -> Outcomes:
    """The shell reads no version specifier as a redirection."""
    for run in _runs(subject):
        for span in run.lost_specifiers:
            words = subject.words(span)
            quoted = _quoted(words, _open_quotes(subject, run.at, span))
            yield Unmet(
                f"the shell reads {code(words)} as a redirection",
                span,
                expected=quoted,
                notes=("pip gets the name without a version and installs the newest release.",),
                help="Quote the requirement",
                fix=replace(span, quoted, "Quote the specifier", SAFE) if quoted else None,
            )


def _quoted(words: str, around: frozenset[str]) -> str | None:
    """Return a split requirement as one quoted word that fits inside the open quotes; None if it has no name."""
    quote = next((quote for quote in "\"'" if quote not in around), None)
    bare = re.sub(r"\s+", "", words.replace('"', "").replace("'", ""))
    return f"{quote}{bare}{quote}" if quote is not None and re.fullmatch(_REQUIREMENT, bare) else None


def _open_quotes(subject: Subject, at: At, span: Span) -> frozenset[str]:
    """Return the kinds of quotes that may be open at a word of a command."""
    whole = at.instruction.span
    places = subject.memo.get(("quotes", whole), lambda: _quotes(subject.words(whole)))
    return frozenset(quote for quote, found in places.items() if bisect_left(found, span.start - whole.start) % 2)


def _quotes(text: str) -> dict[str, list[int]]:
    """Return the offsets of each kind of quote."""
    return {quote: [found.start() for found in re.finditer(quote, text)] for quote in "\"'"}


@check("ml/pip-option-misplaced")
def pip_option_misplaced(subject: Subject) -> Outcomes:
    """Options of `pip install` come after the word install."""
    for run in _runs(subject):
        for option in run.command.misplaced:
            if option.name in _SHORTENED:
                continue
            words = subject.words(option.span)
            edits = (
                Edit(option.span.start, option.span.end + 1, ""),
                Edit(run.command.words.end, run.command.words.end, f" {words}"),
            )
            spaced = subject.source.text[option.span.end : option.span.end + 1] == " "
            yield Unmet(
                f"{code(words)} comes before `{run.command.action}`",
                option.span,
                expected=f"pip {run.command.action} {words}",
                notes=(
                    (
                        "Before the subcommand, pip accepts only general options."
                        " For any other option it fails with `no such option`."
                    ),
                ),
                help=f"Write it after `{run.command.action}`",
                fix=Fix(f"Move {words} after {run.command.action}", SAFE, edits) if spaced else None,
                unsure=run.at.reach is Reach.MAYBE,
            )
        for listing in run.listings:
            yield from _refused(run, listing) if listing is not None else ()


def _refused(run: PipRun, listing: Listing) -> Outcomes:
    """Yield an outcome for the first word that pip refuses in a requirements file."""
    for word in listing.refused[:1]:
        if (word.value or "").startswith("-e "):
            yield Unmet(
                f"{code(word.value or '', 40)} names neither a folder nor a repository",
                word.span,
                expected=(word.value or "").removeprefix("-e "),
                notes=("The command fails with `is not a valid editable requirement`.",),
                help="Remove `-e`; the `echo` of dash prints it",
                unsure=run.at.reach is Reach.MAYBE,
                references=("pip documentation, requirements file format",),
            )
            return
        comment = (word.value or "").startswith("#")
        yield Unmet(
            "no blank before `#`, so pip reads the comment as part of the version"
            if comment
            else f"{code(word.value or '', 40)} is not allowed in a requirements file",
            word.span,
            expected="a blank before the comment" if comment else f"pip {run.command.action} {word.value}",
            notes=("No release has such a version." if comment else "The command fails with `no such option`.",),
            help="Put a blank before #" if comment else "Pass it on the command line, and take it out of the file",
            unsure=run.at.reach is Reach.MAYBE,
            references=("pip documentation, requirements file format",),
        )


@check("ml/cache-mount-defeated")
def cache_mount_defeated(subject: Subject) -> Outcomes:
    """No option or variable disables the cache that is mounted for pip."""
    for run in _runs(subject):
        mounts = [f for f in run.at.instruction.flags if f.name == "mount" and "type=cache" in (f.value or "")]
        targets = [mount_target(f.value or "") for f in mounts]
        uv = subject.words(run.command.words).split()[0].endswith("uv")
        wanted = ("/root/.cache", "/root/.cache/uv") if uv else ("/root/.cache", "/root/.cache/pip")
        if not any(target in wanted for target in targets) or run.command.action != "install":
            continue
        option = run.command.parsed.get("no-cache-dir") or run.command.parsed.get("no-cache")
        name = "UV_NO_CACHE" if uv else "PIP_NO_CACHE_DIR"
        value = run.settings.get(name)
        if option is None and (name not in run.settings or value is None or (uv and value in _OFF) or value == ""):
            continue
        start = option.span.start if option is not None else 0
        blank = option is not None and subject.source.text[start - 1 : start] == " "
        fix = (
            Fix("Drop the option", SAFE, (Edit(start - 1, option.span.end, ""),))
            if option is not None and blank
            else None
        )
        yield Unmet(
            f"{code('--' + option.name if option is not None else name)} disables the mounted cache",
            option.span if option is not None else run.command.words,
            expected="the cache mount alone",
            fix=fix,
            notes=("Every build downloads all packages again. Files in a mount are never part of the image.",),
            help="Remove the option" if option is not None else f"Unset {name} for this command",
            references=("pip src/pip/_internal/cli/cmdoptions.py",),
        )


@check("ml/failure-hidden")
def failure_hidden(subject: Subject) -> Outcomes:
    """A failing install ends the build."""
    needed = subject.facts.needed
    runs: list[PipRun | AptRun] = [r for r in _runs(subject) if r.command.action == "install"]
    runs += [
        r
        for r in subject.facts.of(AptRun, needed, triggers=True)
        if r.command.action == "install" and r.command.packages
    ]
    ends: dict[int, tuple[int, str] | None] = {}
    for run in sorted(runs, key=lambda r: r.at.order):
        hidden = _hidden(subject, run.at, ends)
        if hidden is None:
            continue
        end, how = hidden
        name = "pip" if isinstance(run, PipRun) else "apt"
        yield Unmet(
            f"{how} hides a failure of {name} install",
            Span(run.at.span.start, end),
            expected=f"a failing {name} install that ends the build",
            notes=("The build continues, and the image lacks the packages.",),
            help="Join the commands with `&&`, so that the build stops",
        )


def is_failure_ignored(subject: Subject, at: At) -> bool:
    """Return whether the build continues if a command fails, as in `a && b || true`."""

    def ignored() -> bool:
        following = _following(subject.facts, at)
        while following is not None and following.operator == "&&":
            following = _following(subject.facts, following)
        return following is not None and following.operator == "||" and bool(_swallows(subject, following))

    return subject.memo.get(f"failure ignored {at.order}", ignored)


def _hidden(subject: Subject, at: At, ends: dict[int, tuple[int, str] | None]) -> tuple[int, str] | None:
    """Return the end and the words of what hides a failure: `;`, or `||` after commands joined by `&&`.

    `ends` caches the results for the commands of a chain by their order.
    """
    last, found, walked = at, None, list[int]()
    while (following := _following(subject.facts, last)) is not None:
        between = re.sub(_BLANK, "", subject.source.text[last.span.end : following.span.start])
        joined = re.sub(_NO_ERRORS, "", between)
        if joined == "&&":
            last = following
            if last.order in ends:
                found = ends[last.order]
                break
            walked.append(last.order)
            continue
        if between not in ("||", ";", "") and (last is at or joined != "||"):
            pass
        elif following.operator == "||" and (behind := _swallows(subject, following)):
            found = following.span.end, f"`|| {behind}`"
        elif last is at and following.operator == ";" and not (at.exits or _conditional(subject, at)):
            found = at.span.end, "`;`"
        break
    ends.update(dict.fromkeys(walked, found))
    return found


def _swallows(subject: Subject, at: At) -> str:
    """Return the first word of a command if it always succeeds, or ""."""
    word = next(iter(subject.words(at.span).split()), "")
    return word if word in _SWALLOWS else ""


def _following(facts: Facts, at: At) -> At | None:
    """Return the next command of the same RUN."""
    for order in range(at.order + 1, len(facts.facts)):
        fact = facts.facts[order]
        if fact.at.instruction is not at.instruction:
            return None
        if fact.at.span.start >= at.span.end:
            return fact.at
    return None


def _conditional(subject: Subject, at: At) -> bool:
    """Return whether a command may be in a condition or a loop, or a trap handles its failure."""
    whole = at.instruction.span

    def first() -> int | None:
        found = re.search(_CONDITION, subject.source.text[whole.start : whole.end])
        return None if found is None else whole.start + found.end()

    end = subject.memo.get(("first condition", whole), first)
    return end is not None and end <= at.span.start
