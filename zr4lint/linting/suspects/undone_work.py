"""Suspects commands that change what others set up, and fixes of one finding that resolve others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from zr4lint.checks.edits import take_out
from zr4lint.facts import Facts, Ran
from zr4lint.linting.suspects.suspect import Suspect, outside_comments
from zr4lint.model.finding import Applicability, Edit, Finding, Severity
from zr4lint.model.source import Span
from zr4lint.packs.own_rules import COMMAND_FAILS
from zr4lint.shell import Reach

_MOST = 6
_CHANGES = frozenset({"chmod", "cp", "install", "ln", "mv", "rm", "truncate", "unlink"})
_OF_GIT = r"(?:GIT_\w+=[^\s\"'$`\\]+[ \t]+)+"
_NAME = re.compile(r"[\w+-]+")
_SUBCOMMANDS = frozenset({"add", "clone", "download", "install", "pip", "run", "update", "upgrade"})
"""Words that tell what a program does, and name no file or package."""
_PROGRAM = r"/(?:\S+/)?s?bin/\S+"


def undoing(facts: Facts, findings: Sequence[Finding]) -> Iterator[Suspect]:
    """Yield the commands that errors point at and that may change what earlier instructions set up.

    A command that fails changes nothing. A command that names nothing of earlier lines leaves their work as it is.
    """
    spans = [finding.span for finding in findings if finding.severity is Severity.ERROR]
    failing = [finding.span for finding in findings if finding.code == COMMAND_FAILS.code]
    seen: set[object] = set()
    for fact in facts.facts:
        if not isinstance(fact, Ran) or fact.at.reach is Reach.NEVER or fact.at.span in seen:
            continue
        at = fact.at.span
        if any(at.start <= span.start and span.end <= at.end for span in failing):
            continue
        if len(seen) == _MOST or not any(at.start <= span.start and span.end <= at.end for span in spans):
            continue
        seen.add(at)
        if _names_earlier_word(fact, facts):
            words = facts.dockerfile.source.slice(at)
            lines = " \\\n" * words.count("\n")
            yield Suspect(
                at, "this command changes what others set up", (Edit.of(at, f":{lines}"),), least=2, modest=True
            )


def _names_earlier_word(fact: Ran, facts: Facts) -> bool:
    """Return whether earlier lines contain a name of a command's arguments, or these names are unknown."""
    text, start = facts.dockerfile.source.text, fact.at.span.start
    before = "\n".join(
        text[line.start : min(line.end, start)] for line in outside_comments(facts) if line.start < start
    )
    earlier = set(_NAME.findall(before))
    words = [argument.value for argument in fact.arguments[1:] if not (argument.value or "").startswith("-")]
    if None in words:
        return True
    names = {_base_name(word) for word in words if word and word not in _SUBCOMMANDS}
    return not names or not names.isdisjoint(earlier)


def _base_name(word: str) -> str:
    """Return the name of a file or package without folders, extension or version: `b` for `/a/b.git` and `b==1`."""
    found = _NAME.search(word.rstrip("/").rpartition("/")[2])
    return found[0] if found else word


def replacing(facts: Facts) -> Iterator[Suspect]:
    """Yield the commands that change a program of the image, which may work again without the command."""
    found = [f for f in facts.facts if isinstance(f, Ran) and f.program in _CHANGES and f.at.reach is not Reach.NEVER]
    for fact in found:
        if any(re.fullmatch(_PROGRAM, argument.value or "") for argument in fact.arguments[1:]):
            fix = take_out(facts.dockerfile.source, fact.at, "Leave the command out")
            yield Suspect(fact.at.span, "this command changes a program that others call", fix.edits, fix.title)


def settings_of_git(facts: Facts) -> Iterator[Suspect]:
    """Yield the variables before a call of git, since they may make it work on another repository."""
    text = facts.dockerfile.source.text
    for fact in facts.facts:
        if isinstance(fact, Ran) and fact.program == "git":
            found = re.match(_OF_GIT, text[fact.at.span.start : fact.arguments[0].span.start])
            if found is not None:
                span = Span(fact.at.span.start, fact.at.span.start + len(found[0].rstrip()))
                edit = Edit(span.start, fact.at.span.start + found.end(), "")
                yield Suspect(span, "these variables change what git does", (edit,), "Leave them out")


def settling(findings: Sequence[Finding]) -> Iterator[Suspect]:
    """Yield findings whose own fix may resolve others; of several with the same edits, only the first."""
    fixable = [f for f in findings if f.severity is Severity.ERROR and f.fix and f.requirement is not None]
    seen: set[tuple[Edit, ...]] = set()
    for finding in sorted(fixable, key=lambda f: f.code)[:_MOST]:
        fix = finding.fix
        if fix is not None and fix.applicability > Applicability.DISPLAY and fix.edits not in seen:
            seen.add(fix.edits)
            yield Suspect(finding.span, None, fix.edits, least=2, modest=True, finding=finding)
