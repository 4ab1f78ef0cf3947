"""docs/fleet.md: its files fit together."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from zr4lint import lint_text
from zr4lint.fleet.manifest import entry
from zr4lint.fleet.rows import FILES, FINDINGS

if TYPE_CHECKING:
    import pyarrow as pa

PAGE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_cluster_holds_together() -> None:
    parts = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in yaml.safe_load_all(block("yaml"))}
    labels = {}
    for (kind, name), spec in parts.items():
        if kind == "Deployment":
            labels[name] = spec["template"]["metadata"]["labels"]
            assert spec["selector"]["matchLabels"] == labels[name]
    scheduler = parts["Deployment", "fleet-scheduler"]["template"]["spec"]["containers"][0]
    service = parts["Service", "fleet-scheduler"]
    port = service["ports"][0]["port"]
    assert service["selector"] == labels["fleet-scheduler"]
    assert scheduler["ports"] == [{"containerPort": port}]
    worker = parts["Deployment", "fleet-worker"]["template"]["spec"]["containers"][0]
    run = parts["Job", "fleet-run"]["template"]["spec"]["containers"][0]
    assert f"tcp://fleet-scheduler:{port}" in worker["command"]
    assert f"--scheduler=tcp://fleet-scheduler:{port}" in run["command"]
    assert scheduler["image"] == worker["image"] == run["image"]
    policy = parts["NetworkPolicy", "fleet-scheduler"]
    assert policy["podSelector"]["matchLabels"] == labels["fleet-scheduler"]
    assert policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"] == labels["fleet-worker"]


def test_the_image_has_no_finding_that_counts() -> None:
    found = lint_text(block("dockerfile")).findings
    assert [f.code for f in found if f.severity.label == "error"] == []


def test_the_manifest_is_read() -> None:
    rows = [*csv.DictReader(block("csv").splitlines())]
    assert [type(entry(row)).__name__ for row in rows] == ["FileEntry"] * 2 + ["RepositoryEntry"] * 2


def test_each_column_is_described() -> None:
    def columns(schema: pa.Schema) -> set[str]:
        return {field.name for field in schema}

    for title, schema in (("files", FILES), ("findings", FINDINGS)):
        table = PAGE.partition(f"| `{title}` | |\n")[2].partition("\n\n")[0]
        heads = " ".join(row.split("|")[1] for row in table.splitlines()[1:])
        assert {*re.findall(r"`(\w+)`", heads)} == columns(schema)
