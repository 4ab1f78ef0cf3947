"""Checks whether one file can meet a compiled pack.

The file that the pack's fixes write proves that it can. Otherwise a smallest set of conflicting rules is searched for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from zr4lint.checks import KINDS
from zr4lint.fixing.fixpoint import fill
from zr4lint.linting.pipeline import Linter
from zr4lint.model.finding import Severity
from zr4lint.model.source import SourceFile
from zr4lint.packs.reader import read_pack

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack, PackRule

_MOST_RULES = 200
_EMPTY = "FROM debian\n"


def conflicting(text: str, target: str | None) -> tuple[PackRule, ...]:
    """Return a smallest set of error rules for which no file was found that meets them all; empty if one was.

    `target` is the text that the document asks for. Rules that the fixer can't meet even alone are left out.
    """
    import tomli

    pack = read_pack(tomli.loads(text), KINDS, "pack.toml", text)
    rules = tuple(rule for rule in pack.rules if rule.rule.severity is Severity.ERROR and not rule.settings)
    if len(rules) > _MOST_RULES or (target is not None and not _missed(pack, rules, SourceFile(target))):
        return ()
    failing = _missed(pack, rules)
    hopeless = {rule.rule.code for rule in rules if rule.rule.code in failing and _missed(pack, (rule,))}
    rules = tuple(rule for rule in rules if rule.rule.code not in hopeless)
    if not _missed(pack, rules):
        return ()
    found = (*_smallest(pack, (), new=False, rest=rules),)
    return found if len(found) > 1 and _missed(pack, found) else ()


def _missed(pack: Pack, rules: Sequence[PackRule], source: SourceFile | None = None) -> frozenset[str]:
    """Return the codes of the rules that a file misses, by default the file that is written from the rules."""
    codes = {rule.rule.code for rule in rules}
    linter = Linter([structs.replace(pack, rules=tuple(rules), specification=None)], merges=False)
    done = linter.lint(source) if source is not None else fill(SourceFile(_EMPTY), linter.lint).linted
    return frozenset(f.code for f in done.report.findings if f.severity is Severity.ERROR) & codes


def _smallest(pack: Pack, kept: tuple[PackRule, ...], *, new: bool, rest: tuple[PackRule, ...]) -> tuple[PackRule, ...]:
    """Return the rules of `rest` that conflict with `kept`, found by halving as QuickXplain does."""
    if new and _missed(pack, kept):
        return ()
    if len(rest) == 1:
        return rest
    first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    of_second = _smallest(pack, (*kept, *first), new=True, rest=second)
    return (*_smallest(pack, (*kept, *of_second), new=bool(of_second), rest=first), *of_second)
