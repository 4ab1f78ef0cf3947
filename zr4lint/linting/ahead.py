"""Runs ShellCheck once for many files, before the rules of each file read its answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zr4lint.shellcheck.program import is_installed

if TYPE_CHECKING:
    from zr4lint.facts import Facts
    from zr4lint.linting.lint_options import LintOptions
    from zr4lint.packs.model import Pack


def asks_shellcheck(packs: Sequence[Pack], options: LintOptions) -> bool:
    """Return whether a lint with these packs and options runs ShellCheck."""
    return next(_shells(packs, options), None) is not None


def ask_shellcheck(files: Iterable[tuple[Facts, Sequence[Pack], LintOptions]]) -> None:
    """Check the scripts of several files in one ShellCheck process; rules then use the cached answers."""
    from zr4lint.shellcheck.running import check_scripts
    from zr4lint.shellcheck.scripts import scripts_of

    check_scripts(
        script.whole
        for facts, packs, options in files
        for shell in _shells(packs, options)
        for script in scripts_of(facts, shell)
    )


def _shells(packs: Sequence[Pack], options: LintOptions) -> Iterator[str]:
    """Yield the shell that each rule for ShellCheck assumes for /bin/sh, if ShellCheck is installed."""
    for pack in packs:
        for rule in pack.rules:
            wanted = rule.check == "shellcheck" and not rule.unset and rule.parameters.get("enabled", True)
            if wanted and options.runs(rule.rule) and is_installed():
                yield rule.parameters.get("shell", "sh")
