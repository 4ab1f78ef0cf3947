"""The vocabulary of the pack `ml`: one module a topic, each rule a check kind of its rule's name.

The facts come from the tables of rules/data through zr4lint.knowledge; what can't be known from the file is passed
over.
"""

from zr4lint.checks.ml import (
    architectures,
    archives,
    base_images,
    build_tools,
    cloned,
    cuda_wheels,
    libraries,
    openmmlab,
    pip_indexes,
    pip_settings,
    published,
    requirements,
    runtime,
    source_builds,
    system,
    torch,
    torch_replacement,
    virtual_environments,
)

LATER = {
    "ml/apt-key": "apt_keys",
    "ml/compiler-missing-at-run": "at_run_time",
    "ml/conda-channel-ended": "conda_channels",
    "ml/conda-not-in-image": "image_traits",
    "ml/device-without-labs": "build_steps",
    "ml/environment-too-late": "python_choice",
    "ml/environment-without-interpreter": "copied_environments",
    "ml/extra-gone": "gpu_wheels",
    "ml/gpu-libraries-mismatch": "gpu_wheels",
    "ml/gpu-not-compiled-for": "gpu_targets",
    "ml/gpu-toolkit": "gpu_targets",
    "ml/gpu-torch": "gpu_targets",
    "ml/huggingface-cli-gone": "at_run_time",
    "ml/image-constraint": "image_traits",
    "ml/image-tag-unknown": "image_traits",
    "ml/import-fails": "at_run_time",
    "ml/library-path-replaced": "at_run_time",
    "ml/micromamba-user": "image_traits",
    "ml/no-wheel-for-python": "gpu_wheels",
    "ml/nvidia-package-misfit": "nvidia_packages",
    "ml/nvidia-package-unavailable": "nvidia_packages",
    "ml/python-unused": "python_choice",
    "ml/setting-unread": "uv",
    "ml/shallow-checkout": "build_steps",
    "ml/torch-backend-auto": "uv",
    "ml/uv-environment-without-pip": "uv",
    "ml/wheels-not-for-image": "image_traits",
}
"""The modules of kinds that few files concern: their rules name words, and files without them import nothing."""

__all__ = [
    "LATER",
    "architectures",
    "archives",
    "base_images",
    "build_tools",
    "cloned",
    "cuda_wheels",
    "libraries",
    "openmmlab",
    "pip_indexes",
    "pip_settings",
    "published",
    "requirements",
    "runtime",
    "source_builds",
    "system",
    "torch",
    "torch_replacement",
    "virtual_environments",
]
