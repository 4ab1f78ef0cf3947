"""Extend a table of rules/data from a new source; docs/knowledge.md says when and how.

python scripts/extend_knowledge.py cuda-tags TAGS --source WHERE      all of nvidia/cuda's tags, from a file
python scripts/extend_knowledge.py mmcv-wheels JSON --source WHERE    mmcv's docs/en/_static/version.json
python scripts/extend_knowledge.py torch 2.16.0 --torchvision ...     one more release of torch
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

DATA = Path(__file__).parents[1] / "rules" / "data"
_TAG = re.compile(
    r"(?<![\w.:/-])(\d+\.\d+\.\d+)-((?:cudnn\d*-|tensorrt-)?(?:base|runtime|devel))-([a-z]+[\d.]+)(?![\w.-])"
)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version))


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _dated(head: str, source: str, checked: str) -> str:
    """The head of a table with its own source and day, those of the rows in it left alone."""
    head = re.sub(r'^source = ".*"$', lambda _: f"source = {json.dumps(source)}", head, count=1, flags=re.MULTILINE)
    return re.sub(r"^checked = .*$", f"checked = {checked}", head, count=1, flags=re.MULTILINE)


def cuda_tags(table: str, listing: str, source: str, checked: str) -> str:
    """The table with the versions of a listing in place of its own; tags are found in any text, Markdown too."""
    tags: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for version, flavour, distribution in _TAG.findall(listing):
        tags[version][distribution].add(flavour)
    if not tags:
        raise SystemExit("no tag like 12.4.1-devel-ubuntu22.04 in that file")
    rows: list[str] = []
    for version in sorted(tags, key=_numbers):
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for distribution, flavours in tags[version].items():
            groups[tuple(sorted(flavours))].append(distribution)
        for flavour_set, distributions in sorted(groups.items()):
            rows.append(
                f'[[version]]\ncuda = "{version}"\nflavours = {_list(flavour_set)}\n'
                f"distributions = {_list(sorted(distributions))}\n"
            )
    return _dated(table[: table.index("\n[[version]]") + 1], source, checked) + "\n".join(rows)


def mmcv_wheels(table: str, listing: str, source: str, checked: str) -> str:
    """The table with the wheels of a version.json in place of its own; release candidates are left out."""
    wheels: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for row in json.loads(listing)["Linux"]:
        tag = row["cuda"] if row["cuda"] == "cpu" else "cu" + row["cuda"].replace(".", "")
        for version in row["mmcv"]:
            if "rc" not in version:
                wheels[version].setdefault(tag, []).append(row["torch"].removesuffix(".x"))
    rows: list[str] = []
    for version in sorted(wheels, key=_numbers, reverse=True):
        lines = [f'[wheels."{version}"]', *(f"{tag} = {_list(minors)}" for tag, minors in wheels[version].items())]
        lines += [f"source = {json.dumps(source)}", f"checked = {checked}", 'confidence = "confirmed"', ""]
        rows.append("\n".join(lines))
    return table[: table.index("\n[wheels.") + 1] + "\n".join(rows)


def torch_release(table: str, given: argparse.Namespace) -> str:
    """The table with one more release at its end."""
    if f'torch = "{given.version}"' in table:
        raise SystemExit(f"torch {given.version} is in the table already")
    row = f"""
[[release]]
torch = "{given.version}"
torchvision = {_list(given.torchvision)}
torchaudio = {_list(given.torchaudio)}
python = {_list(given.python)}
edge = {_list(given.edge)}
indexes = {_list(given.indexes)}
pypi_cuda = "{given.pypi_cuda}"
source = {json.dumps(given.source)}
checked = {given.checked}
confidence = "{given.confidence}"
"""
    return table.rstrip("\n") + "\n" + row


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and rewrite one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the tables")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("cuda-tags", "mmcv-wheels"):
        command = commands.add_parser(name)
        command.add_argument("file", type=Path)
    command = commands.add_parser("torch")
    command.add_argument("version")
    for option in ("--torchvision", "--torchaudio", "--indexes"):
        command.add_argument(option, nargs="+", required=True)
    command.add_argument("--python", nargs=2, required=True, metavar=("OLDEST", "NEWEST"))
    command.add_argument("--edge", nargs="*", default=[], help="Pythons that are experimental")
    command.add_argument("--pypi-cuda", required=True)
    command.add_argument("--confidence", choices=("confirmed", "likely"), default="confirmed")
    for command in commands.choices.values():
        command.add_argument("--source", required=True)
        command.add_argument("--checked", default=datetime.datetime.now(tz=datetime.UTC).date().isoformat())
    given = parser.parse_args(arguments)
    name = {"cuda-tags": "cuda-tags", "mmcv-wheels": "openmmlab", "torch": "torch"}[given.command]
    path: Path = given.data / f"{name}.toml"
    table = path.read_text(encoding="utf-8")
    if given.command == "torch":
        changed = torch_release(table, given)
    else:
        convert = cuda_tags if given.command == "cuda-tags" else mmcv_wheels
        changed = convert(table, given.file.read_text(encoding="utf-8"), given.source, given.checked)
    path.write_text(changed, encoding="utf-8")
    print(f"{path}: {len(table.splitlines())} lines before, {len(changed.splitlines())} now")


if __name__ == "__main__":
    main()
