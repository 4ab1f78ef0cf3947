"""The tables of rules/data, each loaded when a rule first needs it.

Each row states its source (`source`), when the source was read (`checked`), and how certain it is (`confidence`).
"""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct, convert

from zr4lint.filesystem.shipped import shipped_document

Row = Mapping[str, Any]


@cache
def table(name: str) -> Row:
    """Return a table by the name of its file."""
    return shipped_document(f"data/{name}")


@lru_cache(maxsize=256)
def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, "2.5.1+cu124" -> (2, 5, 1), or () if it does not start with a number."""
    found: list[int] = []
    for part in version.partition("+")[0].split("."):
        if not part.isdigit():
            break
        found.append(int(part))
    return tuple(found)


def minor(version: str) -> str:
    """Return the first two numbers of a version."""
    return ".".join(version.partition("+")[0].split(".")[:2])


def sure(row: Row) -> bool:
    """Return whether a row is confirmed by its primary source."""
    return bool(row["confidence"] == "confirmed")


def references(row: Row) -> tuple[str, ...]:
    """Return the sources of a row, split."""
    return tuple(row["source"].split("; "))


# nvidia/cuda


class CudaTags(Struct, frozen=True):
    """The published nvidia/cuda tags: flavours by version and distribution."""

    tags: Mapping[str, Mapping[str, frozenset[str]]]
    deleted: frozenset[str]
    deleted_before: tuple[int, ...]
    seen: frozenset[str]

    @property
    def newest(self) -> str:
        """Return the newest version of the list, which may be out of date."""
        return max(self.tags, key=release)

    @property
    def last(self) -> str:
        """Return the newest known version, in the list or beside it."""
        return max({*self.tags, *self.seen}, key=release)

    def line(self, line: str) -> list[str]:
        """Return the known versions of a line, in the list or beside it, oldest first."""
        return sorted((v for v in {*self.tags, *self.seen} if minor(v) == line), key=release)

    def patches(self, line: str) -> list[str]:
        """Return the listed versions of a line such as "12.4", oldest first."""
        return sorted((v for v in self.tags if minor(v) == line), key=release)

    def having(self, flavour: str, distribution: str) -> Iterator[str]:
        """Yield the versions that have a tag, oldest first."""
        for version in sorted(self.tags, key=release):
            if flavour in self.tags[version].get(distribution, ()):
                yield version

    def cudnn(self, version: str) -> str:
        """Return the spelling of cuDNN in the tags of a version."""
        return str(cudnn_row(version)["prefix"])


def cudnn_row(version: str) -> Row:
    """Return the row on cuDNN in images of a CUDA version; versions before the table use its first row."""
    rows = table("cuda-tags")["cudnn"]
    fitting = (row for row in reversed(rows) if release(row["since"]) <= release(version))
    row: Row = next(fitting, rows[0])
    return row


@cache
def cuda_tags() -> CudaTags:
    """Return the table of nvidia/cuda tags."""
    data = table("cuda-tags")
    tags: dict[str, dict[str, frozenset[str]]] = {}
    for row in data["version"]:
        flavours = frozenset(row["flavours"])
        tags.setdefault(row["cuda"], {}).update(dict.fromkeys(row["distributions"], flavours))
    deleted = data["deleted"]
    return CudaTags(
        tags, frozenset(deleted["versions"]), release(deleted["before"]), frozenset(data["seen"]["versions"])
    )


# torch


def build_tag(cuda: str) -> str:
    """Return the tag of torch's builds for a CUDA version, "12.4.1" -> "cu124"."""
    return "cu" + "".join(cuda.split(".")[:2])


class Torch(Struct, frozen=True):
    """A release of torch and its compatible versions; `python` is (oldest, newest), or empty if unknown."""

    version: str
    torchvision: tuple[str, ...]
    torchaudio: tuple[str, ...]
    python: tuple[str, str]
    edge: tuple[str, ...]
    indexes: tuple[str, ...]
    pypi_cuda: str
    sure: bool

    def companions(self, name: str) -> tuple[str, ...]:
        """Return the compatible releases of torchvision or torchaudio."""
        return self.torchvision if name == "torchvision" else self.torchaudio


@cache
def torch_releases() -> Mapping[str, Torch]:
    """Return all known releases of torch."""
    found = (
        Torch(
            row["torch"],
            tuple(row["torchvision"]),
            tuple(row["torchaudio"]),
            (row["python"][0], row["python"][1]),
            tuple(row["edge"]),
            tuple(row["indexes"]),
            row["pypi_cuda"],
            sure(row),
        )
        for row in table("torch")["release"]
    )
    return {torch.version: torch for torch in found}


def torch_release(version: str | None) -> Torch | None:
    """Return a release of torch by its version, which may have a local part; "2.5" stands for 2.5.0."""
    if version is None:
        return None
    public = version.partition("+")[0]
    releases = torch_releases()
    return releases.get(public) or releases.get(f"{public}.0")


def newest_torch() -> str:
    """Return the last release of the table."""
    return max(torch_releases(), key=release)


def vllm_torch(version: str) -> str | None:
    """Return the exact torch version that a release of vllm requires, or None if unknown."""
    numbers = release(version.partition(".post")[0])
    for low, high, torch in table("torch")["vllm"]["pins"]:
        if release(low.partition(".post")[0]) <= numbers <= release(high.partition(".post")[0]):
            return str(torch)
    return None


# Builds from source


class SourceBuild(Struct, frozen=True):
    """A package that is built from source; the table documents the fields."""

    name: str
    pypi: str
    imports: str
    nvcc: str
    source: str
    repositories: tuple[str, ...] = ()
    declares: bool = False
    pyproject: bool = False
    pyproject_since: str = ""
    force: str = ""
    skip: str = ""
    pkg_resources: str = ""
    subfolder: str = ""
    wheels_since: str = ""
    when: str = ""
    plain_before: str = ""
    downloads: bool = False
    own_list: bool = False
    flag: str = ""
    flag_since: str = ""
    old_flags: tuple[str, ...] = ()
    refused_flags: tuple[str, ...] = ()
    compiles: str = ""


def names_architectures(word: str) -> bool:
    """Return whether a word stands for several CUDA architectures, in any case: "Ampere", "Kepler+Tesla", "native"."""
    return word.lower().partition("+")[0] in table("packages")["architectures"]["names"]


@cache
def source_builds() -> Mapping[str, SourceBuild]:
    """Return the packages that are built from source, by name."""
    return {row["name"]: convert(dict(row), SourceBuild) for row in table("source-builds")["package"]}


@cache
def _repositories() -> Mapping[str, SourceBuild]:
    return {repository: build for build in source_builds().values() for repository in build.repositories}


def built_repository(url: str) -> SourceBuild | None:
    """Return the package whose source a repository contains, by its URL."""
    address = url.lower().partition("#")[0].partition("://")[2].partition("@")
    path = (address[0] if "/" in address[0] else address[2]).removesuffix("/").removesuffix(".git")
    return _repositories().get("/".join(path.split("/")[-2:]))


# mmcv


def mmcv_wheels(version: str) -> Mapping[str, tuple[str, ...]] | None:
    """Return the torch minors with Linux wheels of an mmcv version, by CUDA tag; None for an unknown version."""
    row = table("openmmlab")["wheels"].get(version)
    if row is None:
        return None
    return {tag: tuple(minors) for tag, minors in row.items() if isinstance(minors, list)}


def mmcv_versions() -> list[str]:
    """Return the known versions of mmcv, oldest first."""
    return sorted(table("openmmlab")["wheels"], key=release)


# Images


@cache
def image_variables() -> Mapping[str, tuple[str, ...]]:
    """Return the patterns of the variables that images set, by repository."""
    return {row["name"]: tuple(row["variables"]) for row in table("images")["image"]}


# Distributions


def distribution(name: str | None) -> Row | None:
    """Return the row of a distribution such as "ubuntu22.04"."""
    return next((row for row in table("system")["release"] if row["name"] == name), None)


@cache
def known_hosts() -> frozenset[str]:
    """Return the known hosts of package indexes."""
    return frozenset(host for row in table("hosts")["known"] for host in row["hosts"])
