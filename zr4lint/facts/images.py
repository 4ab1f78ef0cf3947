"""Looks up the contents of a base image by its name: distribution, Python, CUDA and torch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct, structs

from zr4lint.dockerfile import values
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import Row, release, table, vllm_torch

_PYTHON_TAG = r"(\d+\.\d+)[\w.]*(?:-|\Z)"
_RELEASE = r"(?:ubuntu|debian)[-_]?(\d\d)[.-]?(\d\d)?(?!\d)"
_CUDA_REPOSITORIES = {("docker.io", "nvidia/cuda"), ("nvcr.io", "nvidia/cuda")}
_UNDATED_PYTHON = "debian13"
_FACTS = ("kind", "flavour", "python_kept", "own_torch", "deadsnakes", "setuptools", "env", "user")


class Base(Struct, frozen=True):
    """A base image. `kind` is "cuda", "ubuntu", "debian", "python", one of the table of images, or "" for any other.

    Unknown fields are None.

    - `flavour` is that of a CUDA image ("cudnn-devel"), and `cuda` its version.
    - `python_kept` tells where pip installs: "system", "open" or "conda", as in the table.
    - `pip_before` is a version of pip that is newer than the image's.
    - `own_torch` tells that its torch is not a release from an index.
    - `deadsnakes` tells that apt has the packages of that PPA, and `setuptools` that Python has setuptools and wheel.
    - `env` are variables that the image sets, and `user` is its user.
    """

    reference: str
    image: values.Image
    kind: str
    distribution: str | None = None
    python: str | None = None
    cuda: str | None = None
    flavour: str | None = None
    torch: str | None = None
    python_kept: str = "system"
    pip_before: str | None = None
    own_torch: bool = False
    deadsnakes: bool = False
    setuptools: bool = False
    env: Mapping[str, str] = {}
    user: str = "root"

    @property
    def plain(self) -> bool:
        """Return whether it is known to have no Python packages but pip's own."""
        return self.kind in ("cuda", "ubuntu", "debian", "python")

    @property
    def listed(self) -> bool:
        """Return whether all its packages are known, so that it has no torch except `torch`."""
        return self.plain or self.kind in ("conda", "pytorch")

    @property
    def compiles_cuda(self) -> bool | None:
        """Return whether it has nvcc and CUDA's headers, or None if that is unknown."""
        if self.kind in ("ubuntu", "debian", "python"):
            return False
        return "devel" in self.flavour if self.flavour else None


def is_cuda(image: values.Image) -> bool:
    """Return whether a reference names the repository nvidia/cuda on Docker Hub or NGC."""
    return (image.registry, image.repository) in _CUDA_REPOSITORIES


def is_bare(reference: str) -> bool:
    """Return whether an image is known to bring no user, port or health check."""
    image = values.parse_image(reference)
    bare = (pattern for row in table("images")["bare"] for pattern in row["names"])
    return any(matches(_full_name(image), pattern) for pattern in bare) and not any(
        matches(reference, row["pattern"]) for row in table("users")["image"]
    )


def has_old_dash(base: Base) -> bool:
    """Return whether an image sets no SHELL, and its /bin/sh is a dash without `pipefail`."""
    names = table("system")["dash"]["images"]
    repository = base.image.repository
    plain = repository.rpartition("/")[2] in names or any(matches(repository, name) for name in names)
    return plain and is_of_old_dash(base)


def is_of_old_dash(base: Base) -> bool:
    """Return whether an image is on a release whose dash has no `pipefail`."""
    return any(name in f"{base.reference} {base.distribution}" for name in table("system")["dash"]["releases"])


def _full_name(image: values.Image) -> str:
    """Return the repository with its registry, unless that is Docker Hub."""
    return image.repository if image.registry == "docker.io" else f"{image.registry}/{image.repository}"


@lru_cache(maxsize=64)
def read_base(reference: str) -> Base:
    """Return the known contents of an image."""
    host, _, path = reference.partition("/")
    registry = next((registry for mirror, registry in table("bases")["mirrors"] if mirror == host), None)
    if registry is not None:
        origin = read_base(f"{registry}/{path}")
        return structs.replace(origin, reference=reference, image=values.parse_image(reference))
    image = values.parse_image(_of_all_platforms(reference))
    tag = image.tag
    if is_cuda(image):
        return _cuda_base(reference, image)
    if image.registry == "docker.io" and image.repository in ("ubuntu", "debian"):
        return Base(reference, image, image.repository, _distribution(image.repository, tag))
    if image.registry == "docker.io" and image.repository == "centos":
        found = re.match(r"(?:centos)?(\d)\b", tag)
        return Base(reference, image, "", f"centos{found[1]}" if found is not None else None)
    if image.registry == "docker.io" and image.repository == "python":
        version = re.match(_PYTHON_TAG, tag)
        codename = next((name for name in _codenames() if name in tag), None)
        undated = version is not None and re.fullmatch(r"3\.\d+(\.\d+)?(-slim)?", tag) and _recent(version[1])
        distribution = _codenames()[codename] if codename else _UNDATED_PYTHON if undated else None
        kind = "" if "alpine" in tag or "windows" in tag else "python"
        return Base(reference, image, kind, distribution, version[1] if version else None)
    if reference == "scratch":
        return Base(reference, image, "scratch")
    return _listed_base(reference, image)


def _of_all_platforms(reference: str) -> str:
    """Return the reference without the owner of official images for one platform."""
    owner, _, name = reference.removeprefix("docker.io/").partition("/")
    return name if owner in table("bases")["platforms"] else reference


def _listed_base(reference: str, image: values.Image) -> Base:
    """Return an image of the table, or one of which at most the distribution is known from its name."""
    name = _full_name(image)
    named = _named_distribution(f"{image.repository}:{image.tag}")
    facts: dict[str, Any] = {}
    for row in table("bases")["image"]:
        found = re.fullmatch(row["tag"], image.tag) if any(matches(name, pattern) for pattern in row["names"]) else None
        if found is None:
            continue
        told = {key: value for key, value in found.groupdict().items() if value}
        version = told.pop("version", row.get("newest", ""))
        number = told.pop("number", "")
        if "release" in row:  # for the first word of a tag, which may be the name of an Ubuntu: ros:kinetic-ros-core
            told["distribution"] = row["release"]
            named = _named_distribution(image.tag.partition("-")[2])
        elif number:
            told["distribution"] = row["distribution"] + number
        facts |= {key: row[key] for key in _FACTS if key in row} | dict(_of_line(row, version))
        facts |= {key: _dotted(key, value) for key, value in told.items()}
        if row.get("kind") == "pytorch":
            facts["torch"] = version
        elif row.get("kind") == "vllm" and (torch := vllm_torch(version)):
            facts["torch"] = torch
    if named is not None:
        facts["distribution"] = named
    return Base(reference, image, facts.pop("kind", ""), **facts)


def _of_line(row: Row, version: str) -> Iterator[tuple[str, Any]]:
    """Yield the values of a table row that apply to a version of the image."""
    lines = [line for line in row.get("line", ()) if version and release(line["since"]) <= release(version)]
    yield from ((key, value) for key, value in (lines[-1] if lines else {}).items() if key != "since")
    for key in ("cuda", "torch"):
        values_of = [value for since, value in row.get(key, ()) if version and release(since) <= release(version)]
        if values_of:
            yield key, values_of[-1]


def _dotted(key: str, value: str) -> str:
    """Return a version with dots; a tag may omit them, as in cu1281, torch280 and py312."""
    if key not in ("cuda", "torch", "python") or "." in value:
        return value
    if key == "python":
        return f"{value[:1]}.{value[1:]}"
    if key == "cuda":
        return ".".join(filter(None, (value[:2], value[2:3], value[3:])))
    return ".".join(filter(None, (value[:1], value[1:-1], value[-1:])))


def _named_distribution(name: str) -> str | None:
    """Return the distribution release in an image's name and tag, or None if there isn't exactly one."""
    found = {match[0][:6] + ".".join(filter(None, match.groups())) for match in re.finditer(_RELEASE, name.lower())}
    words = set(re.split(r"[^a-z0-9]+", name.lower()))
    found |= {release_name for code, release_name in _codenames().items() if code in words}
    return found.pop() if len(found) == 1 else None


def _cuda_base(reference: str, image: values.Image) -> Base:
    """Return an image of nvidia/cuda, whose tags are VERSION-FLAVOUR-DISTRIBUTION."""
    version, _, rest = image.tag.partition("-")
    flavour, _, distribution = rest.rpartition("-")
    letters = distribution.rstrip("0123456789.")
    named = letters.isascii() and letters.isalpha() and letters.islower() and letters != distribution
    if flavour and named and all(part.isdecimal() for part in version.split(".")):
        numbers = {"CUDA_VERSION": version} if version.count(".") == 2 else {}
        return Base(reference, image, "cuda", distribution, None, version, flavour, env=numbers)
    return Base(reference, image, "cuda" if image.tag else "")


def _recent(python: str) -> bool:
    """Return whether undated images of a Python use the newest Debian, as those with new releases do."""
    return int(python.partition(".")[2]) >= 10


def _codenames() -> dict[str, str]:
    return {row["codename"]: row["name"] for row in table("system")["release"] if row["codename"]}


def _distribution(repository: str, tag: str) -> str | None:
    names = {row["name"] for row in table("system")["release"]}
    number = tag.partition("-")[0]
    if f"{repository}{number}" in names:
        return f"{repository}{number}"
    return next((name for code, name in _codenames().items() if tag.startswith(code)), None)
