"""Documents with very many lines or statements are checked in linear time."""

from __future__ import annotations

import time

import pytest

from zr4lint.documents.check import check
from zr4lint.documents.document import Document
from zr4lint.documents.target import Target
from zr4lint.filesystem.sources import FileError
from zr4lint.model.budgets import DOCUMENT_LINES, DOCUMENT_NESTING, PROSE_LENGTH, RECOVERED_LINES
from zr4lint.model.source import SourceFile

_SECONDS = 5
NL = "\n"
TARGET = "## After\n\n```dockerfile\nFROM debian:12\n```\n\n"


def _findings(text: str) -> list[tuple[int, str]]:
    """Return the lines and codes of the findings in a document, within a few seconds."""
    start = time.process_time()
    findings = check(SourceFile(text, "x.md")).findings
    assert time.process_time() - start < _SECONDS
    return [(finding.line, finding.code) for finding in findings if finding.code != "PD901"]


@pytest.mark.slow
def test_many_blank_lines_before_the_first_instruction() -> None:
    text = "The image must expose port `9090`.\n\n## After\n\n```dockerfile\n" + "\n" * 5000
    assert _findings(f"{text}FROM debian:12\nEXPOSE 8080\n```\n") == [(1, "PD101")]
    assert _findings(f"{text}RUN true\nEXPOSE 8080\n```\n") == [(5006, "PD601")]


def test_many_statements_on_one_subject() -> None:
    same = "The image must set `TZ=UTC`.\n\n" * 400
    assert _findings(same) == []
    others = "".join(f"The image must set `TZ=Zone{n}`.\n\n" for n in range(400))
    assert _findings(f"The image must set `TZ=UTC`.\n\n{others}") == [(3 + 2 * n, "PD101") for n in range(400)]


def test_many_numbers_of_lines_in_a_paragraph() -> None:
    bounded = f"The Dockerfile has {'at most 12 lines, ' * 150}and has 40 lines, {'9' * 1000} lines.\n"
    target = f"{bounded}\n## After\n\n```dockerfile\nFROM debian:12\n```\n"
    start = time.process_time()
    assert Target(Document(SourceFile(target, "x.md"))).line_count == 40
    assert time.process_time() - start < _SECONDS
    assert Target(Document(SourceFile(target.replace("at most ", ""), "x.md"))).line_count == 12


@pytest.mark.slow
def test_many_calls_of_docker_build_in_a_line() -> None:
    after = "\n\n## After\n\n```dockerfile\nFROM debian:12\n```\n"
    assert _findings(f"`{'docker build -q;' * 200}`{after}") == []
    assert _findings(f"`{'docker build $(' * 200}`{after}") == []
    assert _findings(f"`docker build{' --fast' * 300}`{after}") == [(1, "PD602")] * 300


@pytest.mark.slow
def test_many_values_of_one_subject() -> None:
    stated = "".join(f"The image must be based on `debian:{n}`.\n\n" for n in range(1500))
    assert _findings(stated) == [(3 + 2 * n, "PD101") for n in range(1499)]


@pytest.mark.slow
def test_many_steps_of_one_recovery() -> None:
    after = "## After\n\n```dockerfile\nFROM debian:12\n```\n\n## Recovery\n\n```bash\n"
    steps = "".join(f"sed -i 's|debian:12|debian:{n}|' Dockerfile\n" for n in range(100, 500))
    found = _findings(f"{after}{steps}```\n")
    assert [line for line, code in found if code == "PD402"] == [10 + n for n in range(400)]


@pytest.mark.thorough
def test_recoveries_are_followed_to_their_budget() -> None:
    values = "".join(f"ENV A{n}=b{n}\n" for n in range(300))
    steps = "".join(f"sed -i 's|b{n}$|c{n}|' Dockerfile\n" for n in range(300))
    found = _findings(f"## After\n\n```dockerfile\nFROM debian:12\n{values}```\n\n## Recovery\n\n```bash\n{steps}```\n")
    assert {code for _, code in found if code != "PD402"} == {"ZL005"}
    assert len(found) == RECOVERED_LINES // 301 + 1


@pytest.mark.slow
def test_many_references_to_parts() -> None:
    steps = "## Step 1: a\n\n## Step 2: b\n\n"
    assert _findings(steps + "Repeat step 1 and rule 3.4.\n\n" * 2000) == []
    assert _findings(steps + "Repeat step 3.\n\n" * 500) == [(5 + 2 * n, "PD501") for n in range(500)]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["[", "[a](", "[a][", '![a](b "c', "*a **b ", "`a` ", "{zr4:", "\\[", "("])
def test_words_within_a_paragraph_take_no_longer_than_others(unit: str) -> None:
    lines = NL.join([unit * (3000 // len(unit))] * 30)
    assert _findings(f"{TARGET}{lines}\n\nThe image must be based on `debian:11`.\n") == [(38, "PD101")]


@pytest.mark.parametrize("unit", ["<!--", "<![CDATA[", "<?", "<!a "])
def test_html_that_is_not_closed_hides_the_rest(unit: str) -> None:
    lines = NL.join([unit * (3000 // len(unit))] * 30)
    assert _findings(f"{TARGET}{lines}\nThe image must be based on `debian:11`.\n") == []


@pytest.mark.slow
def test_definitions_of_links_are_no_prose() -> None:
    links = "".join(f"[a{n}]: https://example.org/{n}\n" for n in range(4000))
    assert _findings(f"{TARGET}{links}") == []


def test_a_line_of_prose_over_its_budget_is_told_once() -> None:
    line = f"The image must be based on `debian:11`{' ' * PROSE_LENGTH}.\n\n"
    assert _findings(TARGET + line * 2) == [(7, "ZL005")]


@pytest.mark.thorough
def test_the_lines_of_a_document_are_read_to_their_budget() -> None:
    text = f"{TARGET}{'- a' + NL}" + f"- a{NL}" * DOCUMENT_LINES + "\nThe image must be based on `debian:11`.\n"
    assert _findings(text) == [(DOCUMENT_LINES + 1, "ZL005")]


@pytest.mark.parametrize(("marks", "refused"), [(DOCUMENT_NESTING, False), (DOCUMENT_NESTING + 1, True)])
def test_quotes_and_lists_are_nested_to_their_budget(marks: int, refused: bool) -> None:
    for mark in ("> ", "- ", "1. "):
        text = f"{TARGET}{mark * marks}a\n"
        if refused:
            with pytest.raises(FileError, match="nested too deep"):
                check(SourceFile(text, "x.md"))
        else:
            assert _findings(text) == []
