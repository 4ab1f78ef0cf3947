"""Specifications for FastAPI, PHP, Go in an empty image and a static site, with general kinds only."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct, convert

from tests.support.buildkit import accepts
from zr4lint.checks import KINDS
from zr4lint.linting.pipeline import lint
from zr4lint.model.source import SourceFile
from zr4lint.packs.loading import load_pack

if TYPE_CHECKING:
    from zr4lint.model.finding import FileReport
    from zr4lint.packs.model import Pack

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
SPECIFICATIONS = ("service", "static", "web", "fpm")


class Variant(Struct, frozen=True, forbid_unknown_fields=True):
    """An edit that breaks a specification, and the expected findings."""

    name: str
    code: str
    severity: str
    words: str
    replace: list[tuple[str, str]]


@cache
def pack(name: str) -> Pack:
    return load_pack(str(FIXTURES / f"{name}-spec" / "pack.toml"), KINDS)


@cache
def text(name: str) -> str:
    return (FIXTURES / f"{name}-spec" / "Dockerfile").read_text(encoding="utf-8")


def report(name: str, dockerfile: str) -> FileReport:
    return lint(SourceFile(dockerfile, f"{name}.Dockerfile"), [pack(name)])


def variants(name: str) -> list[Variant]:
    tables = tomllib.loads((FIXTURES / f"{name}-spec" / "variants.toml").read_text(encoding="utf-8"))
    return convert(tables["variant"], list[Variant])


EVERY = [(name, variant) for name in SPECIFICATIONS for variant in variants(name)]


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_a_file_that_conforms_meets_every_requirement(name: str) -> None:
    found = report(name, text(name))
    assert [f"{f.code} {f.message}" for f in found.findings] == []
    (conformance,) = found.conformance
    assert conformance.met == conformance.total == len(pack(name).rules)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), EVERY, ids=[f"{name}: {variant.name}" for name, variant in EVERY])
def test_an_edit_is_reported_at_its_words(name: str, variant: Variant) -> None:
    edited = text(name)
    for old, new in variant.replace:
        assert edited.count(old) == 1, f"{old!r} occurs {edited.count(old)} times"
        edited = edited.replace(old, new)
    assert accepts(edited)
    found = report(name, edited)
    shown = [(f.code, f.severity.label, found.source.slice(f.span)) for f in found.findings]
    assert (variant.code, variant.severity, variant.words) in shown
    assert {code for code, *_ in shown} == {variant.code}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("fpm", "STOPSIGNAL SIGQUIT", "STOPSIGNAL 3"),
        ("fpm", "--from=vendor", "--from=0"),
        ("fpm", "--chmod=644", "--chmod=0644"),
        ("fpm", "--chown=82:82 --from", "--chown=82 --from"),
        ("fpm", "--timeout=3s", "--timeout=3000ms"),
        ("web", "STOPSIGNAL SIGQUIT", "STOPSIGNAL quit"),
        ("web", "--from=build", "--from=Build"),
    ],
)
def test_another_name_of_the_same_is_accepted(name: str, old: str, new: str) -> None:
    assert old in text(name)
    assert report(name, text(name).replace(old, new)).findings == ()


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_every_requirement_is_broken_by_an_edit(name: str) -> None:
    broken = {variant.code for variant in variants(name)}
    assert {rule.rule.code for rule in pack(name).rules} - broken <= {"SV103"}


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_no_kind_is_of_one_image_alone(name: str) -> None:
    """No kind belongs to the GPU images only."""
    assert [rule.check for rule in pack(name).rules if rule.check.startswith("ml/")] == []
