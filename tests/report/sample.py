"""Hand-built reports, and random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from zr4lint.model.finding import (
    Applicability,
    Conformance,
    Criterion,
    Edit,
    FileReport,
    Finding,
    Fix,
    Related,
    Report,
    Row,
    Rule,
    Severity,
    Witness,
)
from zr4lint.model.source import SourceFile, Span

RULE = Rule(
    code="ZR0501",
    name="torch-pin",
    severity=Severity.ERROR,
    summary="torch is pinned to 2.5.1",
    why="Another torch is another ABI.",
    section="5",
    layer=4,
    source="PRD, section 5",
    bad="RUN pip install torch\n",
    good="RUN pip install torch==2.5.1\n",
    applicability=Applicability.SAFE,
)

CONFORMANCE = Conformance(
    pack="zr4",
    met=5,
    total=6,
    rows=(
        Row("1 base", 2, 2, (1, 1), (1, 1)),
        Row("4 torch", 1, 2, (30, 40), (30, 40)),
        Row("5 flash-attn", 1, 1, (41, 54), (42, 54)),
        Row("whole file", 1, 1, None, None),
    ),
    criteria=(Criterion("precision", 10, 10), Criterion("pinned versions", 8.333333, 10)),
    witnesses=(Witness("ZR0203", Span(0, 6)),),
)

WELL = replace(CONFORMANCE, met=6, rows=CONFORMANCE.rows[:1], criteria=(Criterion("precision", 10, 10),))


class Sample:
    """A file, and findings at its words."""

    def __init__(self, text: str, path: str = "Dockerfile") -> None:
        self.source = SourceFile(text, path)

    def at(self, words: str) -> Span:
        start = self.source.text.index(words)
        return Span(start, start + len(words))

    def finding(self, words: str | Span, **fields: Any) -> Finding:
        span = self.at(words) if isinstance(words, str) else words
        known: dict[str, Any] = {"code": "ZR0501", "name": "torch-pin", "severity": Severity.ERROR, "message": "bad"}
        return Finding(path=self.source.path, span=span, **(known | fields))

    def fix(self, words: str, text: str, applicability: Applicability = Applicability.SAFE) -> Fix:
        return Fix("Mend it", applicability, (Edit.of(self.at(words), text),))

    def file(self, *findings: Finding, conformance: tuple[Conformance, ...] = ()) -> FileReport:
        return FileReport(self.source, findings, conformance)

    def report(self, *findings: Finding, conformance: tuple[Conformance, ...] = ()) -> Report:
        return Report((self.file(*findings, conformance=conformance),), (RULE,))


# Characters with a meaning in a format, a viewer or a log.
HOSTILE_WORDS = (
    *(
        "::error::",
        "::error file=a::",
        "\n::error::",
        "\r\n  ::stop-commands::x",
        "##[error]",
        "%0A",
        "%25",
        "${{ a }}",
    ),
    *(
        "]]>",
        "<![CDATA[",
        "<script>",
        "</failure>",
        "&amp;",
        "&#x1b;",
        "<!--",
        "-->",
        '"',
        "'",
        "\x1b[31m",
        "[bold red]",
        "[/]",
    ),
    *(
        "|",
        "\\|",
        "`",
        "```",
        "\n```\n",
        "**",
        "_a_",
        "~~",
        "# ",
        "\n# ",
        "- ",
        "1. ",
        "> ",
        "[a](b)",
        "![a](b)",
        "[a]: b",
    ),
    *("@octocat", "#1", "$x$", "https://example.org", "www.example.org", "    ", "\t", "\\", "\udcff"),
)

# Every code point, with the hostile ones more often.
hostile_text = st.one_of(
    st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x00\r\n\t\u202e\u2028\ufeff\udcff日é[]{}`\\"))),
    st.lists(st.one_of(st.sampled_from(HOSTILE_WORDS), st.sampled_from(["a", " ", "b c"])), max_size=8).map("".join),
)


@st.composite
def spans(draw: st.DrawFn, text: str) -> Span:
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return Span(start, end)


@st.composite
def findings(draw: st.DrawFn, text: str, path: str) -> Finding:
    span = draw(spans(text))
    edit = draw(spans(text))
    applicability = draw(st.sampled_from(Applicability))
    fix = Fix(draw(hostile_text), applicability, (Edit.of(edit, draw(hostile_text)),))
    return Finding(
        path=path,
        code="ZR0501",
        name="torch-pin",
        severity=draw(st.sampled_from(Severity)),
        message=draw(hostile_text),
        span=span,
        expected=draw(st.none() | hostile_text),
        requirement=draw(st.none() | hostile_text),
        source=draw(st.none() | hostile_text),
        related=(Related(draw(hostile_text), draw(spans(text))),),
        fix=draw(st.none() | st.just(fix)),
        suppressed=draw(st.booleans()),
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    text, path = draw(hostile_text), draw(hostile_text)
    found = tuple(draw(st.lists(findings(text, path), max_size=3)))
    return Report((FileReport(SourceFile(text, path), found, (CONFORMANCE,)),), (RULE,))
