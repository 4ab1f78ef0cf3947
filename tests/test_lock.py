"""The versions that continuous integration installs: pinned, and such as pyproject.toml lets in."""

from __future__ import annotations

import tomllib
from pathlib import Path

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


def test_the_action_installs_pins_with_hashes() -> None:
    text = (ROOT / "ci" / "action-requirements.txt").read_text().replace("\\\n", "")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    assert [line[0] for line in lines if not any(word.startswith("--hash=sha256:") for word in line)] == []
    pins = {canonicalize_name(name): version for name, _, version in (line[0].partition("==") for line in lines)}
    assert {name: PINS[name] for name in pins} == pins
    needed = [*PROJECT["dependencies"], *BUILD["requires"]]
    assert {canonicalize_name(Requirement(text).name) for text in needed} <= {*pins}
