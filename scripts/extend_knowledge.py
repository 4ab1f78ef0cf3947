"""Extend a table of rules/data from a new source; docs/knowledge.md explains when and how.

python scripts/extend_knowledge.py cuda-tags TAGS --source WHERE      all of nvidia/cuda's tags, from a file
python scripts/extend_knowledge.py mmcv-wheels JSON --source WHERE    mmcv's docs/en/_static/version.json
python scripts/extend_knowledge.py torch 2.16.0 --torchvision ...     one more release of torch
python scripts/extend_knowledge.py releases onnxruntime-gpu JSON --source WHERE   the releases that PyPI has left
python scripts/extend_knowledge.py pins xformers JSON... --source WHERE           the torch that releases require
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
    """Return the head of a table with a new source and date; rows keep theirs."""
    head = re.sub(r'^source = ".*"$', lambda _: f"source = {json.dumps(source)}", head, count=1, flags=re.MULTILINE)
    return re.sub(r"^checked = .*$", f"checked = {checked}", head, count=1, flags=re.MULTILINE)


def cuda_tags(table: str, listing: str, source: str, checked: str) -> str:
    """Replace the table's versions with those of a listing. The tags may be in any text, for example Markdown."""
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
    """Replace the table's wheels with those of a version.json, without release candidates."""
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
    """Append a release to the table."""
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


def releases(table: str, name: str, listing: str, source: str, checked: str) -> str:
    """Replace the releases of a project with those in the JSON of PyPI's simple API."""
    found = json.loads(listing)
    yanked = {file["filename"] for file in found["files"] if file.get("yanked")}
    kept = [file["filename"] for file in found["files"] if file["filename"] not in yanked]
    versions = [v for v in found["versions"] if re.fullmatch(r"[\d.]+", v) and any(f"-{v}" in f for f in kept)]
    if not versions:
        raise SystemExit(f"no release of {name} in that file")
    start = table.index(f'[[left]]\nname = "{name}"\n')
    end = table.find("\n\n", start) + 1 or len(table)
    lines = ", ".join(f'"{version}"' for version in sorted(versions, key=_numbers))
    row = f'[[left]]\nname = "{name}"\nversions = [{lines}]\nsource = {json.dumps(source)}\nchecked = {checked}\n'
    return table[:start] + row + 'confidence = "confirmed"\n' + table[end:]


def pins(table: str, name: str, documents: Iterable[str], checked: str) -> str:
    """Set the exact torch that releases of a package require, read from PyPI's JSON of each release."""
    head = f"[{name}.pins]\n"
    start = table.index(head) + len(head)
    end = table.index("\n\n", start) + 1
    found = dict(re.findall(r'^"([^"]+)" = "([^"]+)"$', table[start:end], re.MULTILINE))
    for document in documents:
        info = json.loads(document)["info"]
        for requirement in info["requires_dist"] or ():
            if pinned := re.fullmatch(r"torch\s*\(?==\s*([\d.]+)\)?", requirement):
                found[info["version"]] = pinned[1]
    rows = "".join(f'"{version}" = "{found[version]}"\n' for version in sorted(found, key=_all_numbers))
    before = table[: table.index(head)]
    dated = before.rindex("checked = ")
    before = before[:dated] + f"checked = {checked}" + before[before.index("\n", dated) :]
    return before + head + rows + table[end:]


def _all_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version))


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
    for name in ("releases", "pins"):
        command = commands.add_parser(name)
        command.add_argument("name")
        command.add_argument("files", type=Path, nargs=1 if name == "releases" else "+")
    for command in commands.choices.values():
        command.add_argument("--source", required=True)
        command.add_argument("--checked", default=datetime.datetime.now(tz=datetime.UTC).date().isoformat())
    given = parser.parse_args(arguments)
    name = {"mmcv-wheels": "openmmlab", "releases": "packages", "pins": "torch"}.get(given.command, given.command)
    path: Path = given.data / f"{name}.toml"
    table = path.read_text(encoding="utf-8")
    if given.command == "torch":
        changed = torch_release(table, given)
    elif given.command in ("releases", "pins"):
        texts = [file.read_text(encoding="utf-8") for file in given.files]
        changed = (
            releases(table, given.name, texts[0], given.source, given.checked)
            if given.command == "releases"
            else pins(table, given.name, texts, given.checked)
        )
    else:
        convert = cuda_tags if given.command == "cuda-tags" else mmcv_wheels
        changed = convert(table, given.file.read_text(encoding="utf-8"), given.source, given.checked)
    path.write_text(changed, encoding="utf-8")
    print(f"{path}: {len(table.splitlines())} lines before, {len(changed.splitlines())} now")


if __name__ == "__main__":
    main()
