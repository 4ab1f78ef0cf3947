"""What the name of a base image tells: distribution, Python, CUDA, torch."""

from __future__ import annotations

import re

from msgspec import Struct

from zr4lint.dockerfile import values
from zr4lint.knowledge.tables import table

_PYTHON_TAG = r"(\d+\.\d+)[\w.]*(?:-|\Z)"
_PYTORCH_TAG = r"(\d+\.\d+\.\d+)-cuda(\d+\.\d+)-cudnn\d+-(runtime|devel)\Z"
_CUDA_REPOSITORIES = {("docker.io", "nvidia/cuda"), ("nvcr.io", "nvidia/cuda")}
_UNDATED_PYTHON = "debian13"


class Base(Struct, frozen=True):
    """A base image. `kind` is "cuda", "ubuntu", "debian", "python", "pytorch", or "" for any other.

    `flavour` is that of a CUDA image ("cudnn-devel"), `cuda` its version; None is what can't be known.
    """

    reference: str
    image: values.Image
    kind: str
    distribution: str | None = None
    python: str | None = None
    cuda: str | None = None
    flavour: str | None = None
    torch: str | None = None

    @property
    def plain(self) -> bool:
        """Whether it is known to hold no Python packages but pip's own."""
        return self.kind in ("cuda", "ubuntu", "debian", "python")

    @property
    def compiles_cuda(self) -> bool | None:
        """Whether nvcc and CUDA's headers are there (gpu facts 1.5, 3.2); None where it can't be known."""
        if self.kind in ("ubuntu", "debian", "python"):
            return False
        return "devel" in self.flavour if self.flavour else None


def is_cuda(image: values.Image) -> bool:
    """Whether a reference names the repository nvidia/cuda, on Docker Hub or NGC."""
    return (image.registry, image.repository) in _CUDA_REPOSITORIES


def read_base(reference: str) -> Base:
    """What a reference tells."""
    image = values.parse_image(reference)
    tag = image.tag
    if is_cuda(image):
        return _cuda_base(reference, image)
    if image.registry != "docker.io":
        return Base(reference, image, "")
    if image.repository in ("ubuntu", "debian"):
        return Base(reference, image, image.repository, _distribution(image.repository, tag))
    if image.repository == "python":
        version = re.match(_PYTHON_TAG, tag)
        codename = next((name for name in _codenames() if name in tag), None)
        undated = version is not None and re.fullmatch(r"3\.\d+(\.\d+)?(-slim)?", tag) and _recent(version[1])
        distribution = _codenames()[codename] if codename else _UNDATED_PYTHON if undated else None
        kind = "" if "alpine" in tag or "windows" in tag else "python"
        return Base(reference, image, kind, distribution, version[1] if version else None)
    if image.repository == "pytorch/pytorch" and (found := re.match(_PYTORCH_TAG, tag)):
        return Base(reference, image, "pytorch", None, None, found[2], found[3], found[1])
    return Base(reference, image, "")


def _cuda_base(reference: str, image: values.Image) -> Base:
    """An image of nvidia/cuda, whose tags are VERSION-FLAVOUR-DISTRIBUTION."""
    version, _, rest = image.tag.partition("-")
    flavour, _, distribution = rest.rpartition("-")
    letters = distribution.rstrip("0123456789.")
    named = letters.isascii() and letters.isalpha() and letters.islower() and letters != distribution
    if flavour and named and all(part.isdecimal() for part in version.split(".")):
        return Base(reference, image, "cuda", distribution, None, version, flavour)
    return Base(reference, image, "cuda" if image.tag else "")


def _recent(python: str) -> bool:
    """Whether a Python's undated images are built on the newest Debian: those that still get releases."""
    return int(python.partition(".")[2]) >= 10


def _codenames() -> dict[str, str]:
    return {row["codename"]: row["name"] for row in table("system")["release"] if row["codename"]}


def _distribution(repository: str, tag: str) -> str | None:
    names = {row["name"] for row in table("system")["release"]}
    number = tag.partition("-")[0]
    if f"{repository}{number}" in names:
        return f"{repository}{number}"
    return next((name for code, name in _codenames().items() if tag.startswith(code)), None)
