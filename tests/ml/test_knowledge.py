"""The tables of rules/data: each row has a source, and the tables are consistent."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zr4lint.filesystem.shipped import rules_folder
from zr4lint.knowledge import tables as knowledge

TABLES = sorted(path.stem for path in Path(rules_folder(), "data").glob("*.toml"))
NOT_ROWS = {"pins", "line", "env", "instead", "subcommands"}


def rows(table: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The table itself, and every table in it."""
    yield where, table
    for key, value in table.items():
        if key in NOT_ROWS:
            continue
        if isinstance(value, dict):
            children = [value] if "source" in value or not all(isinstance(v, dict) for v in value.values()) else []
            if not children:
                children = list(value.values())
            for child in children:
                yield from rows(child, f"{where}.{key}")
        elif isinstance(value, list) and value and isinstance(value[0], dict) and key != "version":
            for index, child in enumerate(value):
                yield from rows(child, f"{where}.{key}[{index}]")


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_source_date_and_confidence(name: str) -> None:
    for where, row in rows(knowledge.table(name), name):
        assert isinstance(row.get("source"), str), where
        assert row["source"], where
        assert isinstance(row.get("checked"), datetime.date), where
        assert row.get("confidence") in ("confirmed", "likely"), where


def test_cuda_tags_follow_their_grammar() -> None:
    tags = knowledge.cuda_tags()
    count = 0
    for version, distributions in tags.tags.items():
        assert len(knowledge.release(version)) == 3
        assert version not in tags.deleted
        for distribution, flavours in distributions.items():
            assert {"base", "runtime", "devel"} <= flavours, (version, distribution)
            for flavour in flavours:
                count += 1
                prefix, dash, kind = flavour.rpartition("-")
                assert kind in ("base", "runtime", "devel")
                if dash:
                    assert prefix in (tags.cudnn(version), "tensorrt"), (version, flavour)
    assert count > 900
    assert not set(tags.tags) & tags.seen
    for version in tags.seen:
        line = tags.patches(knowledge.minor(version))
        assert knowledge.release(version) > knowledge.release(line[-1] if line else tags.newest), version


def test_torch_releases_are_in_order_and_complete() -> None:
    releases = knowledge.torch_releases()
    assert list(releases) == sorted(releases, key=knowledge.release)
    known = set(knowledge.table("torch")["indexes"]["known"])
    never = set(knowledge.table("torch")["indexes"]["never"])
    assert not known & never
    for torch in releases.values():
        assert set(torch.indexes) <= known
        assert torch.torchvision
        assert torch.torchaudio
        oldest, newest = torch.python
        assert knowledge.release(oldest) >= (3, 6)
        assert not newest or knowledge.release(oldest) < knowledge.release(newest)
        assert all(knowledge.release(edge) > knowledge.release(newest) for edge in torch.edge)
    assert knowledge.newest_torch() == list(releases)[-1]


def test_a_version_finds_its_release() -> None:
    found = knowledge.torch_release("2.5.1+cu124")
    assert found is not None
    assert (found.torchvision, found.pypi_cuda) == (("0.20.1",), "12.4")
    assert knowledge.torch_release("2.6") == knowledge.torch_release("2.6.0")
    assert knowledge.torch_release("9.9") is None


def test_pins_of_xformers_are_releases_of_torch() -> None:
    pins = knowledge.table("torch")["xformers"]["pins"]
    assert all(knowledge.torch_release(torch) is not None for torch in pins.values())


def test_mmcv_wheels() -> None:
    assert (knowledge.mmcv_wheels("2.1.0") or {})["cu121"] == ("2.1",)
    assert not any(
        "2.5" in minors for v in knowledge.mmcv_versions() for minors in (knowledge.mmcv_wheels(v) or {}).values()
    )
    assert knowledge.mmcv_wheels("9.9") is None
