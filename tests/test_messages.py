"""The wording of findings: the rules for every message, checked on every case."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from tests.cases.case import every_text
from zr4lint.app.assignment import load_packs
from zr4lint.linting.pipeline import Linter
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.model.finding import Finding

pytestmark = pytest.mark.thorough

LONGEST = 80
QUOTED = r"`[^`]*`"
INTERNAL = r"(?i)gpu facts|\(run\)"
PACKS = ("core", "ml", "zr4")


@cache
def all_findings() -> dict[str, dict[tuple[str, str], Finding]]:
    """Return the findings of each pack on the cases and examples of its rules, each message once.

    Packs for the same files and images share the facts of a text.
    """
    found: dict[str, dict[tuple[str, str], Finding]] = {name: {} for name in PACKS}
    packs = load_packs(list(PACKS))
    for _, alike in groupby(packs, key=lambda pack: (pack.files[0], pack.images)):
        linters = [Linter([pack], merges=False) for pack in alike]
        examples = [rule.rule.bad for linter in linters for rule in linter.packs[0].rules if rule.rule.bad]
        for text in (*every_text(), *examples):
            gathered = linters[0].gather(SourceFile.decode(text.encode(), linters[0].packs[0].files[0]))
            for linter in linters:
                report = linter.judge(gathered).report
                found[linter.packs[0].name].update({(f.code, f.message): f for f in report.findings})
    return found


def findings(pack: str) -> tuple[Finding, ...]:
    return tuple(all_findings()[pack].values())


@pytest.mark.parametrize("pack", PACKS)
def test_messages_are_short(pack: str) -> None:
    assert [f"{len(f.message)} {f.code} {f.message}" for f in findings(pack) if len(f.message) > LONGEST] == []


@pytest.mark.parametrize("pack", PACKS)
def test_messages_are_one_statement(pack: str) -> None:
    """No full stop, no advice after a semicolon, no evidence in brackets, one line."""
    bare = {re.sub(QUOTED, "``", f.message): f for f in findings(pack)}
    wrong = [f for text, f in bare.items() if text.endswith((".", ":")) or re.search(r"[;(\n]", text)]
    assert [f"{f.code} {f.message}" for f in wrong] == []


@pytest.mark.parametrize("pack", PACKS)
def test_notes_are_sentences_and_help_is_none(pack: str) -> None:
    """Formats join notes with blanks, and print help after `help: `."""
    for finding in findings(pack):
        assert all(note.endswith(".") and note[0].isprintable() for note in finding.notes), finding
        assert finding.help is None or not finding.help.endswith("."), finding


@pytest.mark.parametrize("pack", PACKS)
def test_findings_name_no_internal_document(pack: str) -> None:
    for finding in findings(pack):
        words = " ".join((finding.message, *finding.notes, finding.help or "", *finding.references))
        assert not re.search(INTERNAL, words), finding


def test_a_long_command_that_fails_has_a_short_message() -> None:
    source = SourceFile("FROM debian:12\nRUN false -m=a all-recommends mv git clone #\n")
    (message,) = [f.message for f in Linter([]).lint(source).report.findings if f.code == "ZL007"]
    assert message == "`false -m=a all-r...ends mv git clone` always fails, so the RUN fails"
    assert len(message) <= LONGEST
