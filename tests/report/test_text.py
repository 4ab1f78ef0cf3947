from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from zr4lint.model.finding import Applicability, Edit, Fix, Related, Report, Severity
from zr4lint.report import FORMATS, Options

from .sample import CONFORMANCE, WELL, Sample, reports

SAMPLE = Sample(
    "FROM a AS base\nRUN pip install \\\n    torch==2.5.0 \\\n    torchvision\nRUN pip install flash-attn\n"
)
TORCH = SAMPLE.finding(
    "torch==2.5.0",
    message="torch is pinned to 2.5.0",
    expected="torch==2.5.1",
    requirement="PRD section 5",
    related=(Related("it is built for this torch", SAMPLE.at("flash-attn")),),
    fix=SAMPLE.fix("2.5.0", "2.5.1"),
)
QUIET = Options(quiet=True)


def text(report: Report, options: Options = QUIET) -> str:
    return FORMATS["text"].render(report, options)


def test_a_finding_with_everything() -> None:
    assert text(SAMPLE.report(TORCH)) == (
        "Dockerfile:3:5: error ZR0501 torch-pin: torch is pinned to 2.5.0\n"
        "  |\n"
        "3 |     torch==2.5.0 \\\n"
        "  |     ^^^^^^^^^^^^\n"
        "5 | RUN pip install flash-attn\n"
        "  |                 ---------- it is built for this torch\n"
        "  = required by: PRD section 5\n"
        "  = fix (safe): Mend it\n"
        "3 -     torch==2.5.0 \\\n"
        "3 +     torch==2.5.1 \\\n"
    )


def test_a_rule_of_no_specification_tells_its_source() -> None:
    finding = SAMPLE.finding("base", source="pytorch RELEASE.md", references=("pip documentation",))
    report = SAMPLE.report(finding)
    assert text(report).endswith("  |           ^^^^\n")
    assert text(report, Options(quiet=True, verbose=True)).endswith(
        "  = why: Another torch is another ABI.\n  = reference: pip documentation\n  = reference: pytorch RELEASE.md\n"
    )


def test_notes_come_before_help_and_a_fix_is_told_by_its_help() -> None:
    finding = SAMPLE.finding("base", expected="x", notes=("Why it matters.", "What is known."), help="Name it x")
    assert text(SAMPLE.report(finding)).endswith(
        "  |           ^^^^\n  = note: Why it matters.\n  = note: What is known.\n  = help: Name it x\n"
    )
    fixed = replace(finding, fix=SAMPLE.fix("base", "x"))
    assert text(SAMPLE.report(fixed)).endswith("  = fix (safe): Name it x\n1 - FROM a AS base\n1 + FROM a AS x\n")


@pytest.mark.slow
@given(st.data())
def test_what_is_written_early_is_what_is_written_late(data: st.DataObject) -> None:
    report = data.draw(reports())
    options = Options(width=data.draw(st.sampled_from([0, 40, 100])), quiet=data.draw(st.booleans()))
    early = FORMATS["text"].early
    assert early is not None
    written = tuple(early(file, options) for file in report.files)
    assert text(report, replace(options, early=written)) == text(report, options)


def test_a_finding_with_nothing() -> None:
    assert text(SAMPLE.report(SAMPLE.finding("base", severity=Severity.INFO))) == (
        "Dockerfile:1:11: info ZR0501 torch-pin: bad\n  |\n1 | FROM a AS base\n  |           ^^^^\n"
    )


def test_of_several_lines_the_first_and_the_last_are_shown() -> None:
    finding = SAMPLE.finding("RUN pip install \\\n    torch==2.5.0 \\\n    torchvision", expected="less")
    assert text(SAMPLE.report(finding)) == (
        "Dockerfile:2:1: error ZR0501 torch-pin: bad\n"
        "  |\n"
        "2 | RUN pip install \\\n"
        "  | ^^^^^^^^^^^^^^^^^\n"
        "...\n"
        "4 |     torchvision\n"
        "  |     ^^^^^^^^^^^ expected: less\n"
    )


def test_a_terminal_breaks_long_lines_between_words() -> None:
    finding = SAMPLE.finding("base", message="a message that has more words than one line", expected="e" * 30)
    assert text(SAMPLE.report(finding), Options(quiet=True, width=60)) == (
        "Dockerfile:1:11: error ZR0501 torch-pin: a message that has\n"
        "    more words than one line\n"
        "  |\n"
        "1 | FROM a AS base\n"
        "  |           ^^^^ expected: eeeeeeeeeeeeeeeeeeeeeeeeeeeeee\n"
    )
    assert text(SAMPLE.report(finding), Options(quiet=True, width=50)).endswith(
        "  |           ^^^^\n  | expected: eeeeeeeeeeeeeeeeeeeeeeeeeeeeee\n"
    )


def test_a_narrow_terminal_breaks_before_the_name_of_the_rule() -> None:
    finding = SAMPLE.finding("base", message="a message", expected=None)
    assert text(SAMPLE.report(finding), Options(quiet=True, width=38)).splitlines()[:2] == [
        "Dockerfile:1:11: error ZR0501",
        "    torch-pin: a message",
    ]


def test_a_fix_that_inserts_a_line_shows_that_line() -> None:
    at = SAMPLE.at("RUN pip install \\").start
    fix = Fix("Upgrade", Applicability.UNSAFE, (Edit(at, at, "RUN pip install -U pip\n"),))
    assert text(SAMPLE.report(SAMPLE.finding("base", fix=fix))).endswith(
        "  = fix (unsafe): Upgrade\n2 + RUN pip install -U pip\n"
    )


def test_a_fix_that_removes_a_line_shows_that_line() -> None:
    line = SAMPLE.at("    torchvision\n")
    fix = Fix("Remove", Applicability.SAFE, (Edit.of(line, ""),))
    assert text(SAMPLE.report(SAMPLE.finding("base", fix=fix))).endswith(
        "  = fix (safe): Remove\n4 -     torchvision\n"
    )


def test_edits_in_several_places_are_shown_line_by_line() -> None:
    edits = (Edit.of(SAMPLE.at("flash-attn"), "x"), Edit.of(SAMPLE.at("a AS"), "b AS"), Edit.of(SAMPLE.at("base"), "c"))
    fix = Fix("Change", Applicability.SAFE, edits)
    assert text(SAMPLE.report(SAMPLE.finding("base", fix=fix))).endswith(
        "  = fix (safe): Change\n"
        "1 - FROM a AS base\n"
        "1 + FROM b AS c\n"
        "5 - RUN pip install flash-attn\n"
        "5 + RUN pip install x\n"
    )


def test_a_large_fix_is_named_only() -> None:
    fix = SAMPLE.fix("base", "line\n" * 8)
    assert text(SAMPLE.report(SAMPLE.finding("base", fix=fix))).endswith("  = fix (safe): Mend it\n")


def test_a_fix_without_edits_is_shown_only() -> None:
    fix = Fix("Choose an owner", Applicability.DISPLAY, ())
    assert text(SAMPLE.report(SAMPLE.finding("base", fix=fix))).endswith("  = fix (shown only): Choose an owner\n")


def test_line_ends_of_windows_are_no_words() -> None:
    sample = Sample("FROM a\r\nRUN b\r\n")
    finding = sample.finding("RUN b\r\n", fix=sample.fix("b", "c"))
    assert text(sample.report(finding)).endswith(
        "2 | RUN b\n  | ^^^^^\n  = fix (safe): Mend it\n2 - RUN b\n2 + RUN c\n"
    )


def test_suppressed_findings_are_not_shown() -> None:
    report = SAMPLE.report(replace(TORCH, suppressed=True))
    assert text(report) == ""
    assert text(report, Options()) == "No findings (1 suppressed).\n"


def test_verbose_says_why() -> None:
    report = SAMPLE.report(SAMPLE.finding("base"))
    assert "  = why: Another torch is another ABI.\n" in text(report, Options(verbose=True))
    assert "why:" not in text(report, Options())


def test_the_table_and_the_score() -> None:
    assert text(SAMPLE.report(SAMPLE.finding("base"), conformance=(CONFORMANCE,)), Options()) == (
        "Dockerfile:1:11: error ZR0501 torch-pin: bad\n"
        "  |\n"
        "1 | FROM a AS base\n"
        "  |           ^^^^\n"
        "\n"
        "Dockerfile (pack zr4): 5 of 6 requirements met\n"
        "        part          met  lines  required\n"
        "  ok    1 base        2/2  1      1\n"
        "  fail  4 torch       1/2  30-40  30-40\n"
        "  fail  5 flash-attn  1/1  41-54  42-54\n"
        "  ok    whole file    1/1  -      -\n"
        "Score 18.3/20: precision 10/10, pinned versions 8.3/10\n"
        "\n"
        "Found 1 error.\n"
    )


def test_a_file_that_conforms() -> None:
    assert text(SAMPLE.report(conformance=(WELL,)), Options()).endswith(
        "Score 10/10: precision 10/10\n\nAll 6 requirements met. Score 10/10.\n"
    )
    assert text(SAMPLE.report(conformance=(WELL,))) == ""


def test_several_files_have_a_table_where_they_have_a_pack() -> None:
    other = Sample("FROM b\n", "other/Dockerfile")
    report = Report((SAMPLE.file(conformance=(WELL,)), other.file()), ())
    written = text(report, Options())
    assert written.count("requirements met\n") == 1
    assert written.endswith("\n\nAll 6 requirements met. Score 10/10.\n")


def test_colours_change_no_words() -> None:
    report = SAMPLE.report(TORCH, conformance=(CONFORMANCE,))
    colored = text(report, Options(width=80, color=True))
    assert "\x1b[1;31merror ZR0501\x1b[0m" in colored
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[1;36m", "\x1b[31m", "\x1b[32m"):
        colored = colored.replace(code, "")
    plain = text(report, Options(width=80))
    assert [line.rstrip() for line in colored.splitlines()] == plain.splitlines()


def test_what_a_screen_does_not_show_is_written_as_its_code_point() -> None:
    finding = SAMPLE.finding("base", message="a\u034fb\ufe0fc\u3164d")
    for name in ("text", "concise", "github", "gitlab", "junit"):
        written = FORMATS[name].render(SAMPLE.report(finding), QUIET).replace("&lt;", "<").replace("&gt;", ">")
        assert "a<U+034F>b<U+FE0F>c<U+3164>d" in written, name


def test_the_packs_that_judged_are_named() -> None:
    file = replace(SAMPLE.file(), packs=("zr4", "ml"))
    assert text(Report((file,), ()), Options()) == "1 file, packs zr4, ml\nNo findings.\n"


def test_conflicts_are_counted_and_listed_on_request() -> None:
    related = (Related("the PRD requires this: ZR0201 base-image", SAMPLE.at("a")),)
    finding = SAMPLE.finding("base", severity=Severity.INFO, conflict="ZR0201", related=related)
    notice = (
        "1 conflict: this image can't be built as specified; --conflicts=show lists them\nNo findings, 1 conflict.\n"
    )
    assert text(SAMPLE.report(finding), Options()) == notice
    shown = Report((replace(SAMPLE.file(finding), lists_conflicts=True),), ())
    assert "the PRD requires this: ZR0201 base-image" in text(shown, Options())
    assert "lists them" not in text(shown, Options())


def test_the_last_line_fits_a_terminal() -> None:
    fixes = [replace(TORCH, suppressed=number > 2) for number in range(5)]
    written = text(SAMPLE.report(*fixes), Options(width=50))
    assert max(map(len, written.splitlines()[-3:])) <= 50
