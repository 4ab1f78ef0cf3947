"""Checks for steps that BuildKit or git cannot run as written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Cloned, Ran
from zr4lint.model.quoting import code
from zr4lint.programs.git import read_git
from zr4lint.programs.image_paths import absolute
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History
    from zr4lint.model.source import Span

_SHA = r"[0-9a-f]{7,40}\Z"
_PLAIN = r"(?:\s+(?:origin|--all|-q|--quiet|-p|--prune|-v|--verbose))*\s*(?:&&|\|\||;|\\?\n|\Z)"
_DEEPENS = rf"\bgit\b(?:[^&|;\n]|\\\n)*\b(?:(?:fetch|pull)\b(?!{_PLAIN})|remote\b|unshallow\b)"
"""Matches a command that fetches further commits. A fetch without ref and depth leaves a shallow clone as it was."""


@check("ml/device-without-labs")
def device_without_labs(subject: Subject) -> Outcomes:
    """A file with RUN --device uses a syntax that has the flag."""
    for instruction in subject.dockerfile.instructions:
        flag = next((f for f in instruction.flags if f.name == "device"), None)
        if flag is None or instruction.keyword != "RUN":
            continue
        syntax = next((d.value for d in subject.dockerfile.directives if d.name == "syntax"), "")
        if syntax and "docker/dockerfile" not in syntax:
            continue  # a custom frontend may have the flag
        if "labs" not in syntax:
            yield Unmet(
                "RUN --device needs `# syntax=docker/dockerfile:1-labs`",
                flag.span,
                expected="# syntax=docker/dockerfile:1-labs",
                notes=("The stable syntax refuses the flag, and the build fails.",),
                help="Write `# syntax=docker/dockerfile:1-labs` in the first line",
                references=("moby/buildkit, Dockerfile reference at 73ed682",),
            )
            return


@check("ml/shallow-checkout")
def shallow_checkout(subject: Subject) -> Outcomes:
    """No commit is checked out that a shallow clone does not have."""
    for history in histories(subject):
        for cloned in history.of(Cloned):
            if cloned.at.stage != history.stage.number or not cloned.clone.parsed.has("depth"):
                continue
            depth = cloned.clone.parsed.get("depth")
            if depth is None or depth.value != "1" or history.mentions(None, _DEEPENS):
                continue
            span = _checkout(history, cloned)
            if span is not None:
                yield Unmet(
                    f"this clone has only one commit, perhaps not {code(subject.words(span), 24)}",
                    span,
                    expected="git fetch --depth 1 origin COMMIT before this command",
                    unsure=cloned.at.unsure,
                    notes=("With --depth 1 git has the newest commit of the branch. The checkout of another fails.",),
                    help="Clone without --depth, or fetch the commit first",
                    references=("git-clone(1), --depth",),
                )


def _checkout(history: History, cloned: Cloned) -> Span | None:
    """Return the commit that a later command checks out in the folder of a clone."""
    for ran in history.of(Ran):
        if ran.program != "git" or ran.at.order < cloned.at.order or ran.at.reach is Reach.NEVER:
            continue
        git = read_git(ran.arguments, ran.variables)
        here = absolute(git.folder or ".", ran.folder) if git.folder is not None else None
        if git.name in ("checkout", "reset", "switch") and here == cloned.target:
            return next((word.span for word in git.arguments if re.match(_SHA, word.value or "")), None)
    return None
