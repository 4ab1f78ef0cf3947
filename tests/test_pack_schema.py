"""The JSON schema of packs accepts and refuses the same packs as the reader."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.installed import ROOT
from tests.pack_schema import PATH, schema, text
from tests.test_packs import PACK, WRONG
from zr4lint.checks import KINDS
from zr4lint.filesystem.shipped import shipped_document
from zr4lint.packs.loading import pack_names
from zr4lint.packs.pack_tables import RuleTable

if TYPE_CHECKING:
    from pathlib import Path

JUDGE = jsonschema.Draft202012Validator(schema())
OWN = sorted((ROOT / "fixtures").glob("*-spec/pack.toml"))
BEYOND = (
    # conditions between tables, or on other packs
    "unknown section", "no section in a specification", "a section twice", "a layer twice", "a code twice",
    "a name twice", "lines backwards", "layer without lines", "a criterion of no rule", "a conflict of no rule",
    "a criterion that counts no rules", "an amendment of no rule", "an amendment with a parameter of another check",
    "an amendment with a wrong parameter", "a waived amendment with a parameter", "an unknown setting",
    "a misspelt setting", "a setting's default of another type", "a setting's default that the rule can't take",
    "a pattern beyond the language", "a code that comes with zr4lint", "a code of the linter's own rules",
    "a name that comes with zr4lint", "a specification without a document",
)  # fmt: skip


@pytest.mark.slow
def test_the_file_is_up_to_date() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run `python -m tests.pack_schema`"
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.slow
@pytest.mark.parametrize("name", pack_names())
def test_packs_that_come_along_fit(name: str) -> None:
    JUDGE.validate(shipped_document(name))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.parent.name)
def test_own_packs_fit(path: Path) -> None:
    JUDGE.validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_wrong_packs_do_not_fit(name: str) -> None:
    old, new = WRONG[name].get("old", ""), WRONG[name]["new"]
    document: dict[str, Any] = tomllib.loads(PACK.replace(old, new, 1) if old else PACK + new)
    assert JUDGE.is_valid(tomllib.loads(PACK))
    assert JUDGE.is_valid(document) is (name in BEYOND)


def test_no_parameter_has_the_name_of_a_rules_own_key() -> None:
    for kind in KINDS.every().values():
        assert not kind.parameters.keys() & {*RuleTable.__struct_fields__}, kind.name
        assert kind.description, kind.name
