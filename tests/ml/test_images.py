"""Contents of base images by their names and tags."""

from __future__ import annotations

import pytest

from zr4lint.dockerfile import parse
from zr4lint.facts import gather
from zr4lint.facts.images import is_bare, read_base
from zr4lint.model.source import SourceFile

CASES = (
    ("nvcr.io/nvdlfwea/pytorch:24.04-py3", {"kind": "ngc", "distribution": "ubuntu22.04", "python": "3.10"}),
    ("nvcr.io/nvidia/dgl:24.04-py3", {"kind": "ngc", "distribution": "ubuntu22.04", "python": "3.10"}),
    ("nvcr.io/nvidia/merlin/merlin-pytorch:22.10", {"distribution": "ubuntu20.04", "python": "3.8"}),
    ("nvcr.io/nvidia/merlin/merlin-pytorch:23.05", {"distribution": None, "python": None}),
    ("nvcr.io/nvidia/base/ubuntu:22.04_20240212", {"kind": "distribution", "distribution": "ubuntu22.04"}),
    ("ghcr.io/nvidia/jax:base", {"kind": "ngc", "env": {"PIP_BREAK_SYSTEM_PACKAGES": "1"}}),
    ("rapidsai/base:25.06-cuda12.8-py3.12", {"cuda": "12.8", "python": "3.12", "user": "rapids", "flavour": "base"}),
    ("rapidsai/base:26.02-cuda13-py3.13", {"cuda": None, "python": "3.13"}),
    ("rapidsai/ci-conda:cuda12.5.1-rockylinux8-py3.10", {"cuda": "12.5.1", "python": "3.10"}),
    (
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.3.0-gpu-py311-cu121-ubuntu20.04-ec2",
        {"kind": "aws", "python": "3.11", "cuda": "12.1", "distribution": "ubuntu20.04"},
    ),
    (
        "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.2.0-cpu-py310-ubuntu20.04-sagemaker",
        {"kind": "aws", "python": "3.10", "cuda": None, "distribution": "ubuntu20.04"},
    ),
    (
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.2.0-gpu-py310",
        {"kind": "aws", "python": "3.10", "cuda": None},
    ),
    ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:2.2.0-gpu-py310-cu118-x", {"kind": "", "python": None}),
    ("quay.io/jupyter/base-notebook:python-3.11", {"kind": "jupyter", "python": "3.11", "user": "jovyan"}),
    ("quay.io/jupyter/base-notebook:ubuntu-24.04", {"distribution": "ubuntu24.04", "python": None}),
    ("pytorch/torchserve:latest-gpu", {"kind": "torchserve", "user": "model-server"}),
    ("tiangolo/uvicorn-gunicorn:python3.8", {"python": "3.8", "distribution": None}),
    ("vllm/vllm-openai:v0.10.1.1", {"kind": "vllm", "torch": "2.7.1"}),
    ("docker.m.daocloud.io/vllm/vllm-openai:v0.10.1.1", {"kind": "vllm", "torch": "2.7.1"}),
    ("docker.m.daocloud.io/library/ubuntu:22.04", {"kind": "ubuntu", "distribution": "ubuntu22.04"}),
    ("docker.example.org/vllm/vllm-openai:v0.10.1.1", {"kind": "", "torch": None}),
    ("intel/intel-extension-for-pytorch:2.1.30-xpu", {"kind": "intel", "torch": "2.1"}),
    ("intel/intel-extension-for-pytorch:2.8.0-pip-base", {"kind": "intel", "torch": "2.8.0"}),
    ("vllm/vllm-openai:v0.8.5.post1", {"torch": "2.6.0"}),
    ("vllm/vllm-openai:v0.19.0", {"torch": None}),
    ("vllm/vllm-openai:nightly", {"kind": "vllm", "torch": None}),
    ("tensorflow/tensorflow:2.16.1-gpu-jupyter", {"distribution": "ubuntu22.04", "python": "3.11", "cuda": "12.3.0"}),
    ("tensorflow/tensorflow:2.15.0-gpu", {"distribution": "ubuntu22.04", "python": "3.11", "cuda": None}),
    ("tensorflow/tensorflow:2.13.0", {"distribution": "ubuntu20.04", "python": "3.8", "cuda": None}),
    ("tensorflow/tensorflow:2.11.0-gpu", {"distribution": None, "python": None}),
    ("tensorflow/tensorflow:latest-gpu-py3", {"kind": "tensorflow", "python": None, "deadsnakes": False}),
    ("tensorflow/tensorflow:2.2.0rc2-gpu-py3", {"kind": "tensorflow", "distribution": None}),
    ("tensorflow/tensorflow:1.15.2-gpu-py3", {"kind": "tensorflow", "python": None}),
    ("tensorflow/tensorflow:custom", {"kind": ""}),
    ("pytorch/pytorch:1.3-cuda10.1-cudnn7-devel", {"kind": "pytorch", "torch": "1.3", "flavour": "devel"}),
    ("pytorch/pytorch:1.1.0-cuda10.0-cudnn7.5-runtime", {"kind": "pytorch", "torch": "1.1.0", "flavour": "runtime"}),
    ("pytorch/pytorch:latest", {"kind": "", "torch": None}),
    ("lmsysorg/sglang:v0.4.10.post2-cu126", {"kind": "sglang", "cuda": "12.6", "deadsnakes": True}),
    ("lmsysorg/sglang:latest", {"kind": "sglang", "cuda": None, "python": None}),
    ("lmsysorg/sglang:v0.5.2-rocm700-mi30x", {"kind": "", "cuda": None}),
    ("ros:humble-ros-base", {"kind": "ros", "distribution": "ubuntu22.04"}),
    ("osrf/ros:melodic-desktop-full", {"kind": "ros", "distribution": "ubuntu18.04"}),
    ("ros:noetic-ros-core-buster", {"kind": "ros", "distribution": "debian10"}),
    ("ros:kinetic-ros-base", {"kind": "ros", "distribution": "ubuntu16.04"}),
    ("ros:kinetic-ros-core-xenial", {"distribution": "ubuntu16.04"}),
    ("ros:lunar-ros-core-stretch", {"distribution": "debian9"}),
    ("ros:rolling", {"kind": "", "distribution": None}),
    ("quay.io/sclorg/python-312-c9s:c9s", {"kind": "s2i", "user": "1001"}),
    ("nvcr.io/nvidia/isaac-sim:4.5.0", {"kind": "isaac", "distribution": None}),
    (
        "registry.baidubce.com/paddlepaddle/paddle:2.6.1-gpu-cuda11.7-cudnn8.4-trt8.4",
        {"kind": "paddle", "cuda": "11.7"},
    ),
    ("nvidia/cudagl:11.3.0-devel-ubuntu20.04", {"kind": "cudagl", "cuda": "11.3.0", "distribution": "ubuntu20.04"}),
    (
        "ghcr.io/coreweave/ml-containers/torch-extras:es-22.04-3ce72cc-nccl-cuda12.2.2-nccl2.19.3-1-torch2.1.2-vision0.16.2",
        {"kind": "coreweave", "cuda": "12.2.2", "torch": "2.1.2", "own_torch": True},
    ),
    ("ghcr.io/coreweave/nccl-tests:11.7.1-devel-ubuntu20.04-nccl2.14.3-1-a0cb1a6", {"cuda": "11.7.1"}),
    ("ghcr.io/ai-dock/pytorch:2.0.1-py3.10-cuda-11.8.0-base-22.04", {"python": "3.10", "distribution": "ubuntu22.04"}),
    ("anibali/pytorch:2.0.1-cuda11.8-ubuntu22.04", {"torch": "2.0.1", "cuda": "11.8", "user": "user"}),
    ("anibali/pytorch:cuda-10.1", {"torch": None, "cuda": "10.1", "listed": False}),
    ("ascendai/cann:8.1.RC1.alpha001-910b-openeuler22.03-py3.10", {"kind": "cann", "python": "3.10"}),
    ("arm64v8/ubuntu:24.04", {"kind": "ubuntu", "distribution": "ubuntu24.04"}),
    ("someone/ubuntu:24.04", {"kind": "", "distribution": None}),
    ("nvcr.io/nvidia/deepstream:7.1-triton-multiarch", {"kind": "deepstream", "distribution": None}),
    ("fedora:42", {"kind": "distribution", "distribution": "fedora42"}),
    ("rockylinux:9.3-minimal", {"distribution": "rockylinux9"}),
    ("quay.io/almalinuxorg/almalinux:8", {"distribution": "almalinux8"}),
    ("alpine:3.20.1", {"distribution": "alpine3.20"}),
    ("registry.access.redhat.com/ubi9/ubi-minimal:9.5-1", {"kind": "distribution"}),
    ("quay.io/pypa/manylinux_2_28_x86_64", {"kind": "manylinux"}),
    ("scratch", {"kind": "scratch", "distribution": None}),
    ("registry.example.com/ubuntu:22.04", {"kind": "", "distribution": None}),
    ("registry.example.com/team/base:7", {"kind": "", "distribution": None, "python": None}),
)


@pytest.mark.parametrize(("reference", "expected"), CASES)
def test_what_an_image_brings(reference: str, expected: dict[str, object]) -> None:
    """A name and a tag give these facts and no others."""
    base = read_base(reference)
    assert {key: getattr(base, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("ARG ARCH=\nARG CUDA=11.8.0\nFROM nvidia/cuda${ARCH:+-$ARCH}:${CUDA}-base\n", "nvidia/cuda:11.8.0-base"),
        ("ARG ARCH=arm64\nFROM nvidia/cuda${ARCH:+-$ARCH}:1\n", "nvidia/cuda-arm64:1"),
        ("ARG OS=22.04\nFROM ${BASE:-ubuntu:${OS}}\n", "ubuntu:22.04"),
        ("ARG OS\nFROM ubuntu${X:+$OS}\n", "ubuntu"),
    ],
)  # fmt: skip
def test_variables_behind_operators(text: str, image: str) -> None:
    """FROM expands the variables in the words after `:-` and `:+`, as BuildKit does."""
    assert gather(parse(SourceFile(text))).stages[0].image == image


@pytest.mark.parametrize(
    ("reference", "bare"),
    [
        ("ubuntu:22.04", True),
        ("docker.io/library/python:3.12@sha256:" + "0" * 64, True),
        ("scratch", True),
        ("gcr.io/distroless/cc-debian12", True),
        ("gcr.io/distroless/cc-debian12:nonroot", False),
        ("nginx", False),
        ("registry.example.com/ubuntu:22.04", False),
        ("team/python:3.12", False),
    ],
)
def test_images_that_bring_no_user_and_no_port(reference: str, bare: bool) -> None:
    """The registry and the owner count, not only the name."""
    assert is_bare(reference) is bare
