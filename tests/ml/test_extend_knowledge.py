"""scripts/extend_knowledge.py reproduces the existing tables, and adds a release of torch."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import tomli

from zr4lint.filesystem.shipped import rules_folder
from zr4lint.knowledge import tables as knowledge

if TYPE_CHECKING:
    from types import ModuleType


def script() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "extend_knowledge.py"
    spec = importlib.util.spec_from_file_location("extend_knowledge", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copied(tmp_path: Path) -> Path:
    shutil.copytree(Path(rules_folder(), "data"), tmp_path / "data")
    return tmp_path / "data"


def test_the_table_of_tags_agrees_with_itself(tmp_path: Path) -> None:
    """Writing the tags and reading them again gives the same table, byte for byte."""
    data = copied(tmp_path)
    tags = [
        f"{version}-{flavour}-{distribution}"
        for version, distributions in knowledge.cuda_tags().tags.items()
        for distribution, flavours in distributions.items()
        for flavour in sorted(flavours)
    ]
    (tmp_path / "tags.md").write_text("\n".join(f"- [`{tag}`](https://example.org)" for tag in tags))
    table = knowledge.table("cuda-tags")
    arguments = [
        "cuda-tags",
        str(tmp_path / "tags.md"),
        "--source",
        table["source"],
        "--checked",
        str(table["checked"]),
    ]
    script().main(["--data", str(data), *arguments])
    before = Path(rules_folder(), "data", "cuda-tags.toml").read_text(encoding="utf-8")
    assert (data / "cuda-tags.toml").read_text(encoding="utf-8") == before


def test_a_new_tag_is_one_more_row(tmp_path: Path) -> None:
    data = copied(tmp_path)
    (tmp_path / "tags.txt").write_text("13.9.1-devel-ubuntu26.04 supported\n13.9.1-base-ubuntu26.04 supported\n")
    script().main(
        ["--data", str(data), "cuda-tags", str(tmp_path / "tags.txt"), "--source", "a list", "--checked", "2027-01-02"]
    )
    table = tomli.loads((data / "cuda-tags.toml").read_text(encoding="utf-8"))
    assert table["version"] == [{"cuda": "13.9.1", "flavours": ["base", "devel"], "distributions": ["ubuntu26.04"]}]
    assert (table["source"], str(table["checked"])) == ("a list", "2027-01-02")
    assert str(table["deleted"]["checked"]) == "2026-11-23"


def test_wheels_of_mmcv(tmp_path: Path) -> None:
    data = copied(tmp_path)
    rows = [
        {"cuda": "13.0", "torch": "2.12.x", "mmcv": ["2.3.0", "2.3.0rc1"]},
        {"cuda": "cpu", "torch": "2.12.x", "mmcv": ["2.3.0"]},
    ]
    (tmp_path / "version.json").write_text(json.dumps({"Linux": rows}))
    script().main(
        ["--data", str(data), "mmcv-wheels", str(tmp_path / "version.json"), "--source", "s", "--checked", "2027-01-02"]
    )
    table = tomli.loads((data / "openmmlab.toml").read_text(encoding="utf-8"))
    assert list(table["wheels"]) == ["2.3.0"]
    assert (table["wheels"]["2.3.0"]["cu130"], table["wheels"]["2.3.0"]["cpu"]) == (["2.12"], ["2.12"])


def test_a_release_of_torch_is_one_row(tmp_path: Path) -> None:
    data = copied(tmp_path)
    given = "torch 2.16.0 --torchvision 0.30.0 --torchaudio 2.11.0 --python 3.11 3.15 --indexes cu130 --pypi-cuda 13.4"
    script().main(["--data", str(data), *given.split(), "--source", "RELEASE.md", "--checked", "2027-01-02"])
    releases = tomli.loads((data / "torch.toml").read_text(encoding="utf-8"))["release"]
    assert len(releases) == len(knowledge.torch_releases()) + 1
    assert releases[-1]["torch"] == "2.16.0"
    assert set(releases[-1]) == set(releases[-2])


def test_the_releases_that_pypi_has_left(tmp_path: Path) -> None:
    """Recorded from the simple API: a release whose files were deleted has a version and no file."""
    data = copied(tmp_path)
    listing = {
        "versions": ["1.20.1", "1.20.2", "1.22.0", "2.0.0rc1"],
        "files": [
            {"filename": "onnxruntime_gpu-1.20.2-cp311-cp311-manylinux_2_27_x86_64.whl", "yanked": False},
            {"filename": "onnxruntime_gpu-1.22.0-cp311-cp311-manylinux_2_27_x86_64.whl"},
            {"filename": "onnxruntime_gpu-1.20.1-cp311-cp311-manylinux_2_27_x86_64.whl", "yanked": "withdrawn"},
        ],
    }
    (tmp_path / "simple.json").write_text(json.dumps(listing))
    arguments = [
        "releases",
        "onnxruntime-gpu",
        str(tmp_path / "simple.json"),
        "--source",
        "PyPI",
        "--checked",
        "2027-01-02",
    ]
    script().main(["--data", str(data), *arguments])
    table = tomli.loads((data / "packages.toml").read_text(encoding="utf-8"))
    row = next(row for row in table["left"] if row["name"] == "onnxruntime-gpu")
    assert row["versions"] == ["1.20.2", "1.22.0"]
    assert row["checked"].isoformat() == "2027-01-02"
    before = tomli.loads(Path(rules_folder(), "data", "packages.toml").read_text(encoding="utf-8"))
    assert {**table, "left": []} == {**before, "left": []}


def test_the_torch_that_releases_require(tmp_path: Path) -> None:
    """Recorded from PyPI's JSON of a release."""
    data = copied(tmp_path)
    for version, torch in (("0.0.31", "2.7.1"), ("0.0.40", "2.16.0")):
        info = {"version": version, "requires_dist": ["numpy", f"torch=={torch}"]}
        (tmp_path / f"{version}.json").write_text(json.dumps({"info": info}))
    files = [str(path) for path in sorted(tmp_path.glob("*.json"))]
    script().main(["--data", str(data), "pins", "xformers", *files, "--source", "PyPI", "--checked", "2027-01-02"])
    table = tomli.loads((data / "torch.toml").read_text(encoding="utf-8"))
    before = tomli.loads(Path(rules_folder(), "data", "torch.toml").read_text(encoding="utf-8"))
    assert table["xformers"]["pins"] == {**before["xformers"]["pins"], "0.0.40": "2.16.0"}
    assert table["xformers"]["checked"].isoformat() == "2027-01-02"
    assert {**table, "xformers": {}} == {**before, "xformers": {}}
