"""A second, invented specification: the kinds work for any image, and no code depends on the first one."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from zr4lint.checks import KINDS
from zr4lint.linting.pipeline import lint
from zr4lint.model.source import SourceFile
from zr4lint.packs.loading import load_pack

if TYPE_CHECKING:
    from zr4lint.model.finding import FileReport
    from zr4lint.packs.model import Pack

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "second-spec"
TEXT = (FOLDER / "Dockerfile").read_text(encoding="utf-8")


class Variant(NamedTuple):
    """An edit that breaks the specification, and the expected findings."""

    name: str
    code: str
    severity: str
    words: str
    replace: list[list[str]]


VARIANTS = [Variant(**table) for table in tomllib.loads((FOLDER / "variants.toml").read_text())["variant"]]


@cache
def pack() -> Pack:
    return load_pack(str(FOLDER / "pack.toml"), KINDS)


def report(text: str) -> FileReport:
    return lint(SourceFile(text, "transcriber.Dockerfile"), [pack()])


def edited(variant: Variant) -> str:
    text = TEXT
    for old, new in variant.replace:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    return text


def test_a_file_that_conforms_has_no_findings_and_all_points() -> None:
    found = report(TEXT)
    assert [f"{f.code} {f.message}" for f in found.findings] == []
    conformance = found.conformance[0]
    assert (conformance.pack, conformance.met, conformance.total) == ("transcriber", len(pack().rules), 33)
    assert (conformance.points, conformance.of) == (12, 12)


def test_its_layers_are_found_where_they_lie() -> None:
    rows = {row.title: (row.found, row.required) for row in report(TEXT).conformance[0].rows}
    assert rows == {
        "The file": (None, None),
        "1 Image": ((1, 1), (1, 1)),
        "2 System packages": ((5, 13), (3, 14)),
        "3 Python packages": ((18, 27), (16, 27)),
        "4 Application": ((30, 40), (29, 40)),
    }


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_is_reported_at_its_words(variant: Variant) -> None:
    found = report(edited(variant))
    shown = [
        (f.severity.label, found.source.slice(f.span)) for f in found.findings if variant.code in (f.code, *f.also)
    ]
    assert shown == [(variant.severity, variant.words)]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_what_is_found_names_its_document(variant: Variant) -> None:
    requirements = {f.requirement for f in report(edited(variant)).findings}
    assert requirements <= {f"Handbook section {number}" for number in range(5)}


def test_the_first_specification_does_not_know_this_file() -> None:
    assert pack().claims("services/transcriber.Dockerfile")
    assert not load_pack("zr4", KINDS).claims("services/transcriber.Dockerfile")
