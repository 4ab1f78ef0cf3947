"""The versions that continuous integration installs are pinned and within the bounds of pyproject.toml."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LINES = (ROOT / "ci" / "constraints.txt").read_text().splitlines()
PINS = {
    canonicalize_name(name): version
    for name, _, version in (line.partition("==") for line in LINES if not line.startswith("#"))
}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, BUILD = PYPROJECT["project"], PYPROJECT["build-system"]


def test_every_requirement_has_both_bounds_and_a_pin_inside() -> None:
    texts = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]
    for text in texts:
        requirement = Requirement(text)
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators & {">=", "=="}, text
        assert operators & {"<", "=="}, text
        assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)], prereleases=True), text


def test_every_line_is_a_pin() -> None:
    assert all(PINS.values())


LOCKS = {
    "ci/action-requirements.txt": (),
    "ci/requirements/run.txt": (),
    "ci/requirements/test.txt": ("test", "lsp", "fleet"),
    "ci/requirements/judge.txt": ("test", "judge", "lsp", "fleet"),
    "ci/requirements/docs.txt": ("docs",),
    "ci/requirements/release.txt": ("release",),
}
"""The lock files and the extras that they lock."""


@pytest.mark.parametrize(("path", "extras"), LOCKS.items())
def test_what_is_installed_is_pinned_with_hashes(path: str, extras: tuple[str, ...]) -> None:
    text = (ROOT / path).read_text().replace("\\\n", "")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert [line[0] for line in lines if not any(word.startswith("--hash=sha256:") for word in line)] == []
    pins = {canonicalize_name(name): version for name, _, version in (line[0].partition("==") for line in lines)}
    assert {name: PINS[name] for name in pins if name in PINS} == {n: pins[n] for n in pins if n in PINS}
    needed = [*PROJECT["dependencies"], *BUILD["requires"]]
    needed += [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    assert {canonicalize_name(Requirement(text).name) for text in needed} <= {*pins}


def test_make_installs_nothing_without_hashes() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    assert {line for line in lines if re.search(r"npm (install|ci)", line)} == {
        "\t@npm ci --silent --ignore-scripts --no-audit --no-fund --prefix ci/node"
    }
    installs = [line for line in lines if "--editable" in line]
    assert installs
    assert [line for line in installs if not line.startswith("\t@$(if $(LOCKED),$(call HASHED,")] == []
    lock = json.loads((ROOT / "ci" / "node" / "package-lock.json").read_text())
    assert [name for name, entry in lock["packages"].items() if name and "integrity" not in entry] == []
