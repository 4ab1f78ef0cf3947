"""What a case is, and how the file of a rule's cases is read and written.

A file is `fixtures/<pack>/<rule>.toml`. It has `[[bad]]` cases, on which the rule speaks, and `[[good]]` ones, near
misses on which it is silent.
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
    """Another place that a finding names: where its words start, the words, and what is said of them."""

    at: str
    words: str
    message: str


class Expected(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One finding, whole: `at` is the line and column of the first of its `words`.

    `fix` is the title of the fix and `applicability` how far it may be trusted; both are left out where there is none.
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
    """A Dockerfile, and all that one rule says of it.

    `why` says what the case is about where its name does not say it all. `context` has the files beside the
    Dockerfile, by path; without it the rule is told of no build context. `settings` are those of the pack. `fixed` is
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
        """The name that a failure has: `zr4/torch-pin/bad-other-release`."""
        return f"{self.pack}/{self.rule}/{self.kind}-{self.case.name}"

    def of(self) -> str:
        """The name that a test of all cases of the rule has: `zr4/torch-pin`."""
        return f"{self.pack}/{self.rule}"


def case_files() -> list[Path]:
    """The files of cases, in the order of packs and rules."""
    return [path for pack in pack_names() for path in sorted((FIXTURES / pack).glob("*.toml"))]


def read(path: Path) -> Cases:
    """The cases in a file; a key that no case has, or a value of another type, raises msgspec.ValidationError."""
    return msgspec.convert(tomli.loads(path.read_text(encoding="utf-8")), Cases)


def write(cases: Cases) -> str:
    """The text of a file of cases; `read` gives the same cases again."""
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
    """The Dockerfiles of all cases, before and after their fixes; each once."""
    return sorted({text for item in every_case() for text in (item.case.text, item.case.fixed) if text is not None})
