"""`--gpu` and its key: the accepted names, and no findings without a named GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call
from zr4lint.knowledge.gpus import architecture_of, gpu_names, gpu_word, runs_on, toolkit

if TYPE_CHECKING:
    from pathlib import Path

TORCH = "FROM python:3.11-bookworm\nRUN pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/cu124\n"
PACK = """
name = "house"
title = "House rules"
files = ["Dockerfile"]

[[rule]]
code = "HR1"
name = "our-gpus"
level = "error"
check = "ml/gpu-torch"
gpu = ["rtx5090", "sm_90"]
summary = "Images run on our GPUs."
why = "We have no others."
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(TORCH)
    return tmp_path


def codes(here: Path, *args: str) -> list[str]:
    done = call("--pack", "ml", "--format", "concise", *args, cwd=here)
    assert done.err == ""
    return [line.split(" ")[2] for line in done.out.splitlines() if line.startswith("Dockerfile")]


@pytest.mark.parametrize(
    ("args", "config", "found"),
    [
        ([], "", []),
        (["--gpu", "sm_120"], "", ["ML801"]),
        (["--gpu", "12.0"], "", ["ML801"]),
        (["--gpu", "RTX 5090"], "", ["ML801"]),
        (["--gpu", "h100"], "", []),
        (["--gpu", "h100", "--gpu", "b200"], "", ["ML801"]),
        ([], 'gpu = ["rtx5090"]\n', ["ML801"]),
        (["--gpu", "a100"], 'gpu = ["rtx5090"]\n', []),
        ([], '[ml]\ngpu = ["rtx5090"]\n', ["ML801"]),
    ],
)
def test_a_gpu_is_named_by_option_key_or_table_of_the_pack(
    here: Path, args: list[str], config: str, found: list[str]
) -> None:
    (here / "zr4lint.toml").write_text(config)
    assert codes(here, *args) == found


def test_a_pack_names_its_own_gpus(here: Path) -> None:
    (here / "house.toml").write_text(PACK)
    done = call("--pack", "house.toml", "--format", "concise", cwd=here)
    assert done.code == 1
    assert "HR1 our-gpus: torch 2.5.1 has no code for sm_120, that of rtx5090." in done.out


def test_a_gpu_that_is_none_is_wrong_usage(here: Path) -> None:
    done = call("--gpu", "rtx5009", cwd=here)
    assert done.code == 2
    assert "--gpu: `rtx5009` is not a known GPU; did you mean `rtx5090`?" in done.err
    (here / "zr4lint.toml").write_text('gpu = ["gtx"]\n')
    done = call(cwd=here)
    assert done.code == 2
    assert "zr4lint.toml:1: key `gpu`" in done.err
    assert "`gtx` is not a known GPU" in done.err


@pytest.mark.parametrize(
    ("name", "arch"),
    [
        ("sm_120", "12.0"),
        ("sm120", "12.0"),
        ("sm_90a", "9.0"),
        ("8.6", "8.6"),
        ("RTX 4090", "8.9"),
        ("GeForce RTX 4080 SUPER", "8.9"),
        ("Tesla T4", "7.5"),
        ("NVIDIA H100", "9.0"),
        ("Jetson Orin", "8.7"),
        ("rtx-6000-ada", "8.9"),
        ("sm_99", None),
        ("gpu", None),
        ("", None),
    ],
)
def test_names(name: str, arch: str | None) -> None:
    assert architecture_of(name) == arch
    assert arch is None or architecture_of(gpu_word(name)) == arch


def test_every_name_has_an_architecture_that_some_cuda_compiles_for() -> None:
    assert all(architecture_of(name) == arch for name, arch in gpu_names().items())


@pytest.mark.parametrize(
    ("gpu", "binaries", "ptx", "runs"),
    [
        ("8.6", ["8.0"], [], True),
        ("8.0", ["8.6"], [], False),
        ("12.0", ["9.0"], [], False),
        ("12.0", ["9.0"], ["9.0"], True),
        ("12.0", ["10.0"], [], False),
        ("7.5", [], ["8.0"], False),
    ],
)
def test_what_runs(gpu: str, binaries: list[str], ptx: list[str], runs: bool) -> None:
    assert runs_on(gpu, binaries, ptx) is runs


@pytest.mark.parametrize(
    ("cuda", "last"), [("10.2", None), ("11.7", "8.7"), ("12.4", "9.0"), ("12.9.1", "12.0"), ("13.4", "12.1")]
)
def test_the_toolkit_of_a_cuda(cuda: str, last: str | None) -> None:
    row = toolkit(cuda)
    assert (row["archs"][-1] if row is not None else None) == last
