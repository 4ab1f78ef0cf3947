"""The measurements: the programs, their inputs and the bars that zr4lint has to meet."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import inputs
from benchmarks.measure import Command

if TYPE_CHECKING:
    from pathlib import Path

_LIBRARIES = "import click, dockerfile_parse, msgspec, packaging.version, tree_sitter, tree_sitter_bash"
_PACKS = ("--pack", "zr4", "--pack", "ml")
_TALLY_CODES = (0, 1, 2, 3, 4)


class Bar(NamedTuple):
    """The ratio between the figures of two programs, by their numbers, with its maximum or minimum."""

    what: str
    program: int
    other: int
    limit: float
    at_least: bool = False
    figure: str = "wall"

    def met(self, ratio: float) -> bool:
        """Return whether a ratio meets the bar."""
        return ratio >= self.limit if self.at_least else ratio <= self.limit


class Plan(NamedTuple):
    """Programs that run in turn, and their bars. Long plans run only one round of every `share`."""

    title: str
    commands: tuple[Command, ...]
    bars: tuple[Bar, ...]
    one_core: bool = False
    share: int = 1


class Place(NamedTuple):
    """The folder of the programs, the folder that they run in, and a folder of real Dockerfiles."""

    programs: Path
    scratch: Path
    real: Path | None = None

    def program(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.programs / name)

    def file(self, name: str, lines: Iterable[str]) -> str:
        """Write a file to the folder that the programs run in; return its name."""
        with (self.scratch / name).open("w", encoding="utf-8") as file:
            file.writelines(lines)
        return name


def one(place: Place) -> Iterator[Plan]:
    """One file, as an editor or a hook lints it, compared with other linters and with the unavoidable start-up time."""
    file = "Dockerfile.zr4"
    shutil.copy(inputs.CONFORMING, place.scratch / file)
    yield Plan(
        "one file",
        (
            Command("zr4lint", (place.program("zr4lint"), file)),
            Command("zr4lint sarif", (place.program("zr4lint"), "--format", "sarif", file)),
            Command("hadolint", (place.program("hadolint"), file)),
            Command("tally", (place.program("tally"), "lint", file), codes=_TALLY_CODES),
            Command("libraries alone", (place.program("python"), "-c", _LIBRARIES)),
        ),
        (
            Bar("text / hadolint", 0, 2, 0.75),
            Bar("sarif / hadolint", 1, 2, 0.75),
            Bar("text / tally", 0, 3, 0.2),
            Bar("sarif / tally", 1, 3, 0.2),
            Bar("text / libraries alone", 0, 4, 1.4),
            Bar("sarif / libraries alone", 1, 4, 1.4),
        ),
    )


def many(place: Place) -> Iterator[Plan]:
    """1,000 files in one process, all packs, one core."""
    yield _on_one_core(place, "1,000 files", _varied(place))


def real(place: Place) -> Iterator[Plan]:
    """The Dockerfiles of the given folder, in the same way."""
    if place.real is None:
        return
    files = sorted(str(path.resolve()) for path in place.real.rglob("*") if _is_dockerfile(path))
    yield _on_one_core(place, f"{len(files)} real files", files)


def _on_one_core(place: Place, title: str, files: list[str]) -> Plan:
    return Plan(
        title,
        (
            Command("zr4lint", (place.program("zr4lint"), "--jobs", "1", *_PACKS, *files)),
            Command("hadolint", (place.program("hadolint"), *files)),
        ),
        (Bar("zr4lint / hadolint", 0, 1, 0.1),),
        one_core=True,
        share=4,
    )


def _is_dockerfile(path: Path) -> bool:
    names = path.name.startswith(("Dockerfile", "Containerfile")) or path.suffix.lower() == ".dockerfile"
    return names and path.is_file()


def _varied(place: Place) -> list[str]:
    return [place.file(name, [text]) for name, text in inputs.varied(1000)]


def jobs(place: Place) -> Iterator[Plan]:
    """The same 1,000 files in one process and in two processes."""
    files = _varied(place)
    programs = (
        Command(f"--jobs {count}", (place.program("zr4lint"), "--jobs", str(count), *_PACKS, *files))
        for count in (1, 2)
    )
    yield Plan("two processes", tuple(programs), (Bar("--jobs 1 / --jobs 2", 0, 1, 1.6, at_least=True),), share=2)


def _large(kind: str, *sizes: int) -> Callable[[Place], Iterator[Plan]]:
    def plans(place: Place) -> Iterator[Plan]:
        for size in sizes:
            names = [place.file(f"{n}.Dockerfile", inputs.LARGE[kind](n)) for n in (size // 2, size)]
            commands = (
                Command(f"{n:,} {kind}", (place.program("zr4lint"), *_PACKS, name))
                for n, name in zip((size // 2, size), names, strict=True)
            )
            bars = (Bar("cpu, doubled", 1, 0, 2.3, figure="cpu"), Bar("memory, doubled", 1, 0, 2.3, figure="memory"))
            yield Plan(f"{size:,} {kind}", tuple(commands), bars, share=4)

    plans.__doc__ = f"A file of {' and of '.join(f'{size:,}' for size in sizes)} {kind}, and half of it."
    return plans


def fix(place: Place) -> Iterator[Plan]:
    """Fixing a file with 100 findings."""
    file = place.scratch / place.file("fixable.Dockerfile", inputs.fixable(100))
    words = (place.program("zr4lint"), "--pack", "ml")
    yield Plan(
        "--fix",
        (Command("lint", (*words, "-"), stdin=file), Command("--fix", (*words, "--fix", "-"), stdin=file)),
        (Bar("--fix / lint", 1, 0, 5),),
    )


PLANS: dict[str, Callable[[Place], Iterator[Plan]]] = {
    "one": one,
    "many": many,
    "real": real,
    "jobs": jobs,
    "lines": _large("lines", 10_000, 100_000),
    "words": _large("words", 100_000),
    "heredocs": _large("heredocs", 10_000),
    "stages": _large("stages", 5_000),
    "fix": fix,
}
