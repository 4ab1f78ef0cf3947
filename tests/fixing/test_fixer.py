"""The fix loop: fixes that are applied together, its end, and results that it discards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from zr4lint.dockerfile import parse
from zr4lint.facts import gather
from zr4lint.fixing.application import apply_fixes
from zr4lint.fixing.fixpoint import fix
from zr4lint.fixing.proof import worse
from zr4lint.linting.pipeline import Linted
from zr4lint.model.finding import Applicability, Edit, FileReport, Finding, Fix, Severity
from zr4lint.model.source import SourceFile, Span

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


def finding(code: str, *edits: Edit, how: Applicability = SAFE, severity: Severity = Severity.ERROR) -> Finding:
    fix = Fix("Do it", how, edits) if edits else None
    return Finding("Dockerfile", code, code.lower(), severity, f"{code} is wrong", Span(0, 1), fix=fix)


def linted(source: SourceFile, *findings: Finding) -> Linted:
    """Return a text with findings; any text counts as one that parses."""
    parsed = parse(source if "FROM" in source.text else SourceFile("FROM a\n"))
    return Linted(gather(parsed), FileReport(source, findings, ()))


def linter(*rules: Callable[[str], Finding | None]) -> Callable[[SourceFile], Linted]:
    """Return a linter with hand-made rules, which return their findings on a text."""

    def lint(source: SourceFile) -> Linted:
        found = (f for rule in rules if (f := rule(source.text)) is not None)
        return linted(source, *found)

    return lint


def swap(code: str, old: str, new: str, how: Applicability = SAFE) -> Callable[[str], Finding | None]:
    """Return a rule that replaces `old` by `new`."""

    def rule(text: str) -> Finding | None:
        at = text.find(old)
        return finding(code, Edit(at, at + len(old), new), how=how) if at >= 0 else None

    return rule


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([Edit(0, 1, "x")], "xbc"),
        ([Edit(1, 1, "-")], "a-bc"),
        ([Edit(1, 1, "1"), Edit(1, 1, "2")], "a12bc"),
        ([Edit(1, 2, ""), Edit(1, 1, "-")], "a-c"),
        ([Edit(2, 3, "z"), Edit(0, 2, "")], "z"),
        ([Edit(3, 3, "\n")], "abc\n"),
    ],
)
def test_edits_are_applied_in_the_order_of_the_text(edits: list[Edit], expected: str) -> None:
    assert apply_fixes("abc", [Fix("", SAFE, (edit,)) for edit in edits]) == expected


def test_it_goes_on_until_nothing_changes() -> None:
    done = fix(SourceFile("a"), linter(swap("R1", "a", "b"), swap("R2", "b", "c")), SAFE)
    assert (done.source.text, done.refused) == ("c", None)


def test_of_two_fixes_that_overlap_one_waits() -> None:
    done = fix(SourceFile("abc"), linter(swap("R1", "ab", "AB"), swap("R2", "bc", "BC")), SAFE)
    assert done.source.text == "ABc"


def test_fixes_that_undo_each_other_are_thrown_away() -> None:
    done = fix(SourceFile("a"), linter(swap("R1", "a", "b"), swap("R2", "b", "a")), SAFE)
    assert (done.source.text, done.fixed) == ("a", 0)
    assert str(done.refused) == "did not apply the fixes of R1, R2: they undo each other"


def test_fixes_that_undo_each_other_are_left_out_and_the_others_stand() -> None:
    rules = linter(swap("R1", "a", "b"), swap("R2", "b", "a"), swap("R3", "c", "C"))
    done = fix(SourceFile("ac"), rules, SAFE)
    assert (done.source.text, done.fixed) == ("aC", 1)
    assert str(done.refused) == "did not apply the fixes of R1, R2: they undo each other"
    assert fix(done.source, rules, SAFE).source.text == "aC"


def test_warnings_whose_fixes_undo_each_other_keep_no_error() -> None:
    def warns(text: str) -> Finding:
        code, other = ("R1", "b") if "a" in text else ("R2", "a")
        return finding(code, Edit(0, 1, other), how=UNSAFE, severity=Severity.WARNING)

    done = fix(SourceFile("ac"), linter(warns, swap("R3", "c", "C", UNSAFE)), UNSAFE)
    assert done.source.text == "aC"


def test_a_fix_that_never_helps_is_left_out_and_the_others_stand() -> None:
    grows = lambda text: finding("R1", Edit(0, 0, "x"))  # noqa: E731
    done = fix(SourceFile("a"), linter(grows, swap("R2", "a", "b")), SAFE)
    assert done.source.text == "b"


def test_a_change_that_brings_an_error_is_thrown_away() -> None:
    shy = lambda text: finding("R9") if "b" in text else None  # noqa: E731
    done = fix(SourceFile("a"), linter(swap("R1", "a", "b"), shy), SAFE)
    assert done.source.text == "a"
    assert str(done.refused) == "did not apply the fixes of R1: they would bring R9"


def test_a_change_that_breaks_the_syntax_is_thrown_away() -> None:
    done = fix(SourceFile("FROM a\nRUN b\n"), linter(swap("R1", "RUN b", "FROM")), SAFE)
    assert done.source.text == "FROM a\nRUN b\n"
    assert str(done.refused) == "did not apply the fixes of R1: the file would no longer parse"


def test_where_unsafe_fixes_are_thrown_away_the_safe_ones_stand() -> None:
    shy = lambda text: finding("R9") if "u" in text else None  # noqa: E731
    done = fix(SourceFile("ab"), linter(swap("R1", "a", "A"), swap("R2", "b", "u", UNSAFE), shy), UNSAFE)
    assert done.source.text == "Ab"
    assert done.refused is not None


@pytest.mark.parametrize(
    ("how", "level", "expected"),
    [(SAFE, SAFE, "b"), (SAFE, UNSAFE, "b"), (UNSAFE, SAFE, "a"), (UNSAFE, UNSAFE, "b"), (DISPLAY, UNSAFE, "a")],
)
def test_only_fixes_that_may_be_trusted_are_applied(how: Applicability, level: Applicability, expected: str) -> None:
    assert fix(SourceFile("a"), linter(swap("R1", "a", "b", how)), level).source.text == expected


def test_only_wanted_findings_are_fixed() -> None:
    done = fix(SourceFile("ab"), linter(swap("R1", "a", "A"), swap("R2", "b", "B")), SAFE, lambda f: f.code == "R2")
    assert done.source.text == "aB"


def test_suppressed_findings_are_not_fixed() -> None:
    hidden = lambda text: replace(finding("R1", Edit(0, 1, "b")), suppressed=True)  # noqa: E731
    assert fix(SourceFile("a"), linter(hidden), SAFE).source.text == "a"


def test_more_findings_are_worse_and_fewer_are_not() -> None:
    one, two = (linted(SourceFile(""), *(finding("R1", severity=Severity.INFO),) * n) for n in (1, 2))
    assert worse(one, two) == "they would bring more findings"
    assert worse(two, one) is None


def test_a_file_that_buildkit_refuses_is_not_changed() -> None:
    done = fix(SourceFile("FROM a\nRNU b\n"), linter(swap("R1", "a", "b")), SAFE)
    assert done.source.text == "FROM a\nRNU b\n"
    assert str(done.refused) == "no fixes are applied to a file that BuildKit refuses"
