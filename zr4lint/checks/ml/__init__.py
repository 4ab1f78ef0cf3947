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

__all__ = [
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
