"""Expansions that bash supports and dash does not: zr4lint reports a RUN where dash fails at one."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from zr4lint import lint_text

SCRIPTS = {
    "echo ${A//./}": "${A//./}",
    "echo ${A/x/y} && ls /": "${A/x/y}",
    "V=${A%.*}; echo cu${V/./}": "${V/./}",
    'echo "${A:0:2}"': "${A:0:2}",
    "echo ${A^^}": "${A^^}",
    "echo ${A//./} || true": "${A//./}",
    "(echo ${A//./}) || true": None,
    'if [ -z "$A" ]; then echo ${A//./}; fi': None,
    "echo '${A//./}'": None,
    "echo ${A%.*} ${A#1.} ${A:-2} ${#A}": None,
    "true || echo ${A//./}": None,
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is not installed")
def test_a_run_ends_where_dash_does(script: str) -> None:
    report = lint_text(f"FROM ubuntu:22.04\nARG A=1.2.3\nRUN {script}\n", packs=("core",))
    found = [f.message for f in report.findings if f.code == "ZL007"]
    wrong = SCRIPTS[script]
    assert found == ([f"dash does not support `{wrong}`"] if wrong else [])
    done = subprocess.run(["dash", "-c", script], env={"A": "1.2.3"}, capture_output=True, text=True, check=False)
    assert ("Bad substitution" in done.stderr and done.returncode != 0) is (wrong is not None)


@pytest.mark.parametrize("image", ["pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime", "rocm/dev-ubuntu-22.04:6.2"])
def test_images_built_on_ubuntu_have_its_dash(image: str) -> None:
    report = lint_text(f"FROM {image}\nRUN source /venv/bin/activate && pip list\n", packs=("core",))
    assert [f.message for f in report.findings if f.code == "ZL007"] == ["dash has no command `source`"]


def test_other_files_and_alternatives_leave_dash_in_place() -> None:
    text = (
        "FROM ubuntu:22.04\nCOPY --from=alpine:3.20 /bin/busybox /bin/ash\n"
        "RUN update-alternatives --install /usr/bin/python python /usr/bin/python3 9\nRUN source /a\n"
    )
    report = lint_text(text, packs=("core",))
    assert [f.message for f in report.findings if f.code == "ZL007"] == ["dash has no command `source`"]


@pytest.mark.parametrize(
    "lines",
    [
        'FROM ubuntu:22.04\nSHELL ["/bin/bash", "-O", "extglob", "-c"]\nRUN rm -rf !(a|b)\n',
        "FROM nvcr.io/nvidia/pytorch:24.05-py3\nRUN echo ${A//./}\n",
        'FROM ubuntu:22.04\nSHELL ["/bin/bash", "-c"]\nRUN echo ${A//./}\n',
        "FROM ubuntu:22.04\nRUN bash -c 'echo ${A//./}'\n",
        "FROM registry.example.org/team/ubuntu22.04-base\nRUN echo ${A//./}\n",
        "FROM mambaorg/micromamba:1.5.8-jammy\nRUN echo ${A//./}\n",
        "FROM ubuntu:22.04\nCOPY --from=alpine:3.20 /bin/busybox /bin/sh\nRUN echo ${A//./}\n",
        "FROM ubuntu:22.04\nRUN update-alternatives --install /bin/sh sh /bin/bash 9\nRUN echo ${A//./}\n",
    ],
)
def test_other_shells_are_left_alone(lines: str) -> None:
    assert [f for f in lint_text(lines, packs=("core",)).findings if f.code == "ZL007"] == []
