"""Packs name the lines of their document: the search for it, and the outputs that show the lines."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.documents.test_trace import HEAD, line, relay, rule
from tests.inprocess import call
from tests.report.test_sarif import validator
from zr4lint.checks import KINDS
from zr4lint.filesystem.documents import MAX_BYTES, follow, line_of, locate
from zr4lint.model.finding import Origin
from zr4lint.model.fingerprint import fingerprint_of_line
from zr4lint.packs.loading import load_pack
from zr4lint.packs.problems import PackError

KEYS = 'check = "runs-as"\nuser = "app"'
PLAN = "# Plan\n\nThe container runs as app.\n"


def pack(file: str, *, trace: int = 3) -> str:
    return f'{HEAD}[trace]\nfile = "{file}"\n' + rule(1, "user", f"{KEYS}\ntrace = {trace}")


def found(folder: Path, file: str, pack: str = "pack.toml") -> str | None:
    """Return the path at which a pack's document is found from a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return locate(file, pack)
    finally:
        os.chdir(before)


# The search for the document


@pytest.mark.parametrize(
    ("file", "where"),
    [
        ("plan.md", "rules/plan.md"),
        ("../docs/prd.markdown", "docs/prd.markdown"),
        ("docs/prd.markdown", "docs/prd.markdown"),
        ("golden.Dockerfile", "golden.Dockerfile"),
        ("no.md", None),
        ("secret.env", None),
        (".git/config", None),
        ("../../outside.md", None),
        ("../link.md", None),
        ("docs", None),
        ("plan.md\\0", None),
    ],
)
def test_where_a_document_is_found(file: str, where: str | None, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("rules/plan.md", "docs/prd.markdown", "golden.Dockerfile", "rules/secret.env", ".git/config"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x\n")
    (tmp_path / "outside.md").write_text("x\n")
    (project / "link.md").symlink_to(tmp_path / "outside.md")
    assert found(project, file.replace("\\0", "\0"), "rules/pack.toml") == where


def test_a_document_above_the_current_folder_has_a_relative_path(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    (tmp_path / "plan.md").write_text("x\n")
    assert found(tmp_path / "docker", "../plan.md") == "../plan.md"


def test_an_absolute_path_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("x\n")
    assert found(tmp_path, str(tmp_path / "plan.md")) is None


def test_without_a_repository_the_current_folder_is_the_bound(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "plan.md").write_text("x\n")
    assert found(tmp_path, "plan.md", "a/b/pack.toml") == "plan.md"
    assert found(tmp_path / "a", "plan.md", "b/pack.toml") is None
    assert found(tmp_path / "a", "../../plan.md", "b/pack.toml") is None


def test_the_words_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.md"
    path.write_text("# Plan\n\n  words \r\n")
    assert [line_of(str(path), number) for number in (1, 2, 3, 4)] == ["# Plan", None, "words", None]
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    assert line_of(str(path), 1) is None


# The document in a pack


def test_a_pack_with_a_document(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text(PLAN)
    (tmp_path / "own.toml").write_text(pack("plan.md"))
    loaded = load_pack(str(tmp_path / "own.toml"), KINDS)
    assert loaded.traced is not None
    origin = loaded.rules[0].rule.origin
    assert origin is not None
    assert (origin.document, origin.line, loaded.traced.path) == ("plan.md", 3, origin.path)
    assert Path(str(origin.path)).resolve() == tmp_path / "plan.md"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + rule(1, "user", f"{KEYS}\ntrace = 3"), "`trace` is a line of the document"),
        (pack("plan.md", trace=0), "`trace` is `0`, not a line number from 1"),
        (f"trace = 3\n{HEAD}" + rule(1, "user", KEYS), "`trace` is `3`, not a [trace] table"),
        (
            pack("plan.md").replace("[trace]", "[trace]\nfil = 1"),
            "`fil` is not a key of this table; did you mean `file`",
        ),
    ],
)
def test_what_is_wrong_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(PackError) as refused:
        load_pack(str(tmp_path / "own.toml"), KINDS)
    assert said in str(refused.value)


# Outputs that show the lines


@pytest.mark.parametrize(
    ("edit", "line", "said"),
    [
        (("", ""), 3, "required by: plan.md:3"),
        (("# Plan\n", "# Plan\n\nNew words.\n"), 5, "required by: plan.md:5"),
        (("# Plan\n\n", ""), 1, "required by: plan.md:1"),
        (("The image", "- The image"), 3, "required by: an older version of plan.md:3"),
        (("`TZ=UTC`", "`TZ=CET`"), 3, "required by: an older version of plan.md:3"),
    ],
)
def test_rules_follow_their_words_through_edits_of_the_document(
    edit: tuple[str, str], line: int, said: str, tmp_path: Path
) -> None:
    plan = "# Plan\n\nThe image must set `TZ=UTC`.\n\n## Other\n\nThe image must set `A=1`.\n"
    (tmp_path / "plan.md").write_text(plan)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nENV A=1\n")
    assert call("prd", "compile", "plan.md", "-o", "pack.toml", cwd=tmp_path).code == 0
    (tmp_path / "plan.md").write_text(plan.replace(*edit, 1) if edit[0] else plan)
    out = call("--pack", "pack.toml", "Dockerfile", cwd=tmp_path).out
    assert said in out
    assert ("Compile or derive the pack again." in out) == ("older" in said)
    done = call("--pack", "pack.toml", "--format", "json", "Dockerfile", cwd=tmp_path)
    (finding,) = json.loads(done.out)["findings"]
    assert (finding["origin"]["line"], finding["origin"]["stale"]) == (line, "older" in said)
    sarif = json.loads(call("--pack", "pack.toml", "--format", "sarif", "Dockerfile", cwd=tmp_path).out)
    related = sarif["runs"][0]["results"][0].get("relatedLocations", [])
    assert [one["physicalLocation"]["region"]["startLine"] for one in related] == ([] if "older" in said else [line])


def test_words_that_a_document_has_twice_are_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "plan.md"
    path.write_text("a\nx\nb\nc\nd\nx\n")
    origins = [Origin("plan.md", n, fingerprint=fingerprint_of_line("  x ")) for n in (1, 2, 5, 9)]
    assert [(one.line, one.stale) for one in follow(str(path), origins)] == [
        (2, False),
        (2, False),
        (6, False),
        (6, False),
    ]
    gone = Origin("plan.md", 3, fingerprint=fingerprint_of_line("y"))
    assert [(one.line, one.stale) for one in follow(str(path), [gone, Origin("plan.md", 9)])] == [(3, True), (9, False)]


def test_findings_know_the_line_of_the_document(tmp_path: Path) -> None:
    relay(tmp_path)
    text = (tmp_path / "relay.prd.md").read_text()
    done = call("--pack", "relay.toml", "--format", "json", "Dockerfile", cwd=tmp_path)
    origins = {one["name"]: one["origin"] for one in json.loads(done.out)["findings"]}
    assert origins["apt-packages"] == {
        "document": "relay.prd.md",
        "path": "relay.prd.md",
        "line": line(text, "    curl"),
        "stale": False,
    }
    (tmp_path / "relay.prd.md").unlink()
    done = call("--pack", "relay.toml", "--format", "json", "Dockerfile", cwd=tmp_path)
    origins = {one["name"]: one["origin"] for one in json.loads(done.out)["findings"]}
    assert origins["apt-packages"]["path"] is None


def test_findings_of_other_packs_have_no_origin(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /x\n")
    findings = json.loads(call("--pack", "core", "--format", "json", "Dockerfile", cwd=tmp_path).out)["findings"]
    assert {one["origin"] for one in findings} == {None}


def test_sarif_relates_the_line_of_the_document(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    relay(tmp_path / "docker")
    done = call("--pack", "relay.toml", "--format", "sarif", "Dockerfile", cwd=tmp_path / "docker")
    document = json.loads(done.out)
    assert [error.message for error in validator().iter_errors(document)] == []
    (result,) = (one for one in document["runs"][0]["results"] if "tini" in one["message"]["text"])
    number = line((tmp_path / "docker" / "relay.prd.md").read_text(), "    curl")
    assert result["relatedLocations"] == [
        {
            "id": 1,
            "message": {"text": f"relay.prd.md requires this on line {number}"},
            "physicalLocation": {
                "artifactLocation": {"uri": "docker/relay.prd.md", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": number},
            },
        }
    ]


def test_a_rule_quotes_the_line(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text(PLAN)
    (tmp_path / "own.toml").write_text(pack("plan.md"))
    (tmp_path / "zr4lint.toml").write_text('packs = ["own.toml"]\n')
    assert "\nplan.md:3:\n\n    The container runs as app.\n" in call("rule", "OW1", cwd=tmp_path).out
    (tmp_path / "plan.md").write_text("# Plan\n\nApp \x1b[31m and a token ghp_0123456789abcdefghijABCDEFGHIJ012345\n")
    out = call("rule", "OW1", cwd=tmp_path).out
    assert "App \\x1b[31m and a token" in out
    assert "0123456789abcdef" not in out
    (tmp_path / "plan.md").unlink()
    assert "\nplan.md:3: the line is not found\n" in call("rule", "OW1", cwd=tmp_path).out


def test_no_file_outside_of_the_project_gets_into_a_report(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (tmp_path / "private.md").write_text("\n\nprivate words\n")
    (project / "link.md").symlink_to(tmp_path / "private.md")
    (project / "Dockerfile").write_text("FROM debian:12\nUSER root\n")
    (project / "zr4lint.toml").write_text('packs = ["own.toml"]\n')
    for file in ("../private.md", "link.md", str(tmp_path / "private.md")):
        (project / "own.toml").write_text(pack(file))
        for args in ("rule OW1", "trace Dockerfile", "trace --gaps", "--format sarif Dockerfile"):
            done = call(*args.split(), cwd=project)
            assert "private words" not in done.out + done.err
            assert "relatedLocations" not in done.out


def test_a_rule_of_several_lines_is_stale_where_a_later_one_changed(tmp_path: Path) -> None:
    document = tmp_path / "Dockerfile"
    own = "RUN apt-get update \\\n    && apt-get install -y curl \\\n       tini"
    origin = Origin("Dockerfile", 2, fingerprint=fingerprint_of_line(own), lines=3)
    for text, at, stale in (
        (f"FROM debian:12\n{own}\n", 2, False),
        (f"FROM debian:12\n\n# The tools.\n{own}\n", 4, False),
        (f"FROM debian:12\n{own.replace('tini', 'jq')}\n", 2, True),
    ):
        document.write_text(text)
        found = follow(str(document), [origin])[0]
        assert (found.line, found.stale) == (at, stale)
