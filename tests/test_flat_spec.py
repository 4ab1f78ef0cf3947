"""A specification without sections and layers: the order of its rules replaces the layers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from zr4lint.checks import KINDS
from zr4lint.fixing.repair import create, repair
from zr4lint.linting.lint_options import LintOptions
from zr4lint.linting.pipeline import Linter, lint
from zr4lint.model.finding import Applicability
from zr4lint.model.source import SourceFile
from zr4lint.packs.loading import load_pack
from zr4lint.packs.reader import read_pack

if TYPE_CHECKING:
    from zr4lint.packs.model import Pack

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "flat-spec"
TEXT = (FOLDER / "relay.Dockerfile").read_text(encoding="utf-8")


@cache
def relay() -> Pack:
    return load_pack(str(FOLDER / "pack.toml"), KINDS)


def told(text: str, pack: Pack | None = None) -> list[tuple[str, str]]:
    report = lint(SourceFile(text, "relay.Dockerfile"), [pack or relay()])
    return [(f.code, report.source.slice(f.span)) for f in report.findings]


def test_a_file_that_conforms_has_no_findings() -> None:
    report = lint(SourceFile(TEXT, "relay.Dockerfile"), [relay()])
    assert [f"{f.code} {f.message}" for f in report.findings] == []
    assert (report.conformance[0].met, report.conformance[0].total, report.conformance[0].rows) == (7, 7, ())


def test_a_finding_names_the_document() -> None:
    report = lint(SourceFile(TEXT.replace("12-slim", "11-slim"), "relay.Dockerfile"), [relay()])
    assert [f.requirement for f in report.findings] == ["Relay runbook"]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("WORKDIR", "USER nobody\nWORKDIR", [("RL7", "USER nobody")]),
        ("WORKDIR", "RUN echo\nWORKDIR", [("RL7", "RUN echo")]),
        ("curl tini\n", "curl\n", [("RL3", "apt-get install")]),
        ('"Message relay"', '"Message  relay"', [("RL2", 'RELAY_NAME="Message  relay"')]),
        ("RELAY_EMPTY=", "RELAY_EMPTY=1", [("RL2", "RELAY_EMPTY=1")]),
        ("""'a"b\\c$d'""", '''"a\\"b\\\\c\\$d"''', []),
        ("""'a"b\\c$d'""", '''"a\\"b\\c$d"''', [("RL2", '''RELAY_KEY="a\\"b\\c$d"''')]),
        ('"--", "curl"', '"--", "wget"', [("RL5", '["tini", "--", "wget", "--config", "/srv/relay/relay.conf"]')]),
        ("ENTRYPOINT", "CMD", [("RL5", "FROM"), ("RL7", TEXT.splitlines()[-1].replace("ENTRYPOINT", "CMD"))]),
    ],
)
def test_what_differs_is_told(old: str, new: str, found: list[tuple[str, str]]) -> None:
    assert TEXT.count(old) == 1
    assert [(code, words.partition(" debian")[0]) for code, words in told(TEXT.replace(old, new))] == found


@pytest.mark.parametrize("line", TEXT.splitlines()[1:])
def test_what_is_missing_is_added_where_it_belongs(line: str) -> None:
    source = SourceFile(TEXT.replace(f"{line}\n", ""), "relay.Dockerfile")
    done = repair(source, Linter([relay()], LintOptions()), Applicability.UNSAFE)
    assert done.refused is None
    text = done.report.source.text
    assert told(text) == []
    keywords = [text.partition(" ")[0] for text in text.splitlines() if text[:1].isalpha()]
    assert keywords[0] == "FROM"
    assert keywords.index("RUN") < keywords.index("WORKDIR") < keywords.index("ENTRYPOINT")


VALUES = [
    "plain",
    "two words",
    "",
    'a"b',
    "it's",
    "a\\b",
    "a$b",
    "${A}",
    "a\\",
    "'",
    '"',
    "#",
    "a=b",
    "'\"$\\",
    "`",
    "ü ",
    " a",
]


@pytest.mark.parametrize("value", VALUES)
def test_new_writes_values_that_lint_reads_back(value: str) -> None:
    rule = {"name": "a", "level": "error", "summary": "s", "why": "w"}
    document: dict[str, Any] = {
        "name": "values", "title": "t", "document": "d", "files": ["*"],
        "rule": [
            {"code": "VA1", "check": "base-image", "image": "debian:12", **rule},
            {"code": "VA2", "check": "env", "variables": {"A": "1", "VALUE": value}, **rule, "name": "b"},
        ],
    }  # fmt: skip
    pack = read_pack(document, KINDS, "values.toml")
    assert told(create(pack, None), pack) == []
    assert told(f"FROM debian:12\nENV A=1 VALUE=0{value and '0'}\n", pack) != []
