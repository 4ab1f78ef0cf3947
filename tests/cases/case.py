"""The types of a case, and reading and writing the file of a rule's cases.

A file is `fixtures/<pack>/<rule>.toml`. It has `[[bad]]` cases, where the rule gives findings, and `[[good]]` cases,
near misses where it gives none.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import tomli
from msgspec import Struct

from tests.cases import toml_text
from zr4lint.packs.loading import pack_names

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


class Pointer(Struct, frozen=True, forbid_unknown_fields=True):
    """Another place that a finding names: the start of its words, the words, and the message."""

    at: str
    words: str
    message: str


class Expected(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A complete finding; `at` is the line and column of the first of its `words`.

    `fix` is the title of the fix, `applicability` says whether it is safe. A finding without a fix has neither.
    """

    at: str
    words: str
    severity: Literal["error", "warning", "info"]
    message: str
    expected: str | None = None
    help: str | None = None
    fix: str | None = None
    applicability: Literal["safe", "unsafe", "display"] | None = None
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    related: tuple[Pointer, ...] = ()


class Case(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A Dockerfile and all findings of one rule on it.

    `why` explains the case if its name is not enough. `context` has the files next to the
    Dockerfile, by path; without it the rule has no build context. `settings` are those of the pack. `fixed` is
    the text after the fixes of all findings.
    """

    name: str
    why: str | None = None
    text: str
    context: dict[str, str] | None = None
    settings: dict[str, Any] = {}
    fixed: str | None = None
    finding: tuple[Expected, ...] = ()


class Cases(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The cases of one rule."""

    bad: tuple[Case, ...] = ()
    good: tuple[Case, ...] = ()


class RuleCase(NamedTuple):
    """A case with the pack and the rule that it belongs to."""

    pack: str
    rule: str
    kind: Literal["bad", "good"]
    case: Case

    def __str__(self) -> str:
        """The name in a failure: `zr4/torch-pin/bad-other-release`."""
        return f"{self.pack}/{self.rule}/{self.kind}-{self.case.name}"

    def of(self) -> str:
        """The name of a test of all cases of the rule: `zr4/torch-pin`."""
        return f"{self.pack}/{self.rule}"


def case_files() -> list[Path]:
    """Return the files of cases, in the order of packs and rules."""
    return [path for pack in pack_names() for path in sorted((FIXTURES / pack).glob("*.toml"))]


def read(path: Path) -> Cases:
    """Read the cases in a file; raises msgspec.ValidationError for an unknown key or a wrong type."""
    return msgspec.convert(tomli.loads(path.read_text(encoding="utf-8")), Cases)


def write(cases: Cases) -> str:
    """Return the text of a file of cases; `read` returns the same cases."""
    return toml_text.tables(msgspec.to_builtins(cases))


@cache
def every_case() -> tuple[RuleCase, ...]:
    """All cases of all rules, read once."""
    found: list[RuleCase] = []
    for path in case_files():
        cases = read(path)
        found += (RuleCase(path.parent.name, path.stem, "bad", case) for case in cases.bad)
        found += (RuleCase(path.parent.name, path.stem, "good", case) for case in cases.good)
    return tuple(found)


def every_text() -> list[str]:
    """The different Dockerfiles of all cases, before and after their fixes."""
    return sorted({text for item in every_case() for text in (item.case.text, item.case.fixed) if text is not None})
