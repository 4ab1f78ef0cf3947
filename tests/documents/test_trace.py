"""`zr4lint trace`: from lines of a document to words of a Dockerfile and back, gaps, and the output formats."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import resource_descriptor_pb2, statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from tests.documents.support import FIXTURES
from tests.inprocess import call
from zr4lint.documents.tracing.as_csv import GAPS, LINKS

ROOT = Path(__file__).resolve().parents[2]
RELAY = FIXTURES / "relay"

HEAD = 'name = "own"\ntitle = "Own rules"\nfiles = ["Dockerfile"]\n'
RULE = """
[[rule]]
code = "OW{number}"
name = "{name}"
level = "{level}"
summary = "{name}"
why = "w"
{keys}
"""


def rule(number: int, name: str, keys: str, level: str = "error") -> str:
    return RULE.format(number=number, name=name, keys=keys, level=level)


def relay(folder: Path, *edits: tuple[str, str]) -> Path:
    """Copy the fixture to a folder, with a compiled pack and edits of the Dockerfile."""
    shutil.copy(RELAY / "relay.prd.md", folder)
    text = (RELAY / "Dockerfile").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "Dockerfile").write_text(text)
    done = call("prd", "compile", "relay.prd.md", "-o", "relay.toml", cwd=folder)
    assert done.code == 0, done.err
    return folder


def traced(folder: Path, *args: str, code: int = 0) -> dict[str, Any]:
    done = call("trace", "--format", "json", *args, cwd=folder)
    assert done.code == code, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def by_name(trace: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in trace["requirements"]}


def line(text: str, words: str) -> int:
    return 1 + text[: text.index(words)].count("\n")


# Both directions


@pytest.mark.parametrize(
    ("name", "document", "words"),
    [
        ("base-image", "FROM python:3.12-slim AS base\nENV", [(1, 6, "python:3.12-slim")]),
        ("last-workdir", "WORKDIR /srv", [(4, 1, "WORKDIR /srv")]),
        ("package-cache-apt", "RUN apt-get update", [(7, 8, "rm -rf /var/lib/apt/lists/*")]),
        ("pip-pin", "RUN pip install", [(8, 32, "requests==2.32.3")]),
        ("start-command", 'CMD ["python"', [(11, 5, '["python", "/srv/relay.py"]')]),
    ],
)
def test_from_the_document_to_the_words(name: str, document: str, words: list[tuple[Any, ...]], tmp_path: Path) -> None:
    found = by_name(traced(relay(tmp_path), "--pack", "relay.toml", "Dockerfile"))[name]
    text = (RELAY / "relay.prd.md").read_text()
    first = found["document"][0]
    assert (first["path"], first["line"], first["by"]) == ("relay.prd.md", line(text, document), "stated")
    assert first["text"] == text.splitlines()[first["line"] - 1].strip()
    assert [(w["line"], w["column"], w["text"]) for w in found["words"]] == words
    assert (found["state"], found["level"]) == ("met", "error")


def test_each_word_has_the_line_that_speaks_of_it(tmp_path: Path) -> None:
    folder = relay(tmp_path, ("    curl \\\n", "    tini curl \\\n"))
    (found,) = (
        one for one in traced(folder, "--pack", "relay.toml")["requirements"] if one["name"].startswith("apt-packages")
    )
    text = (RELAY / "relay.prd.md").read_text()
    lines = {word["text"]: word["document_line"] for word in found["words"]}
    assert lines == {"curl": line(text, "    curl"), "tini": line(text, "    tini")}


def test_repeated_words_are_paired_in_order(tmp_path: Path) -> None:
    blocks = "RUN pip install --no-cache-dir a==1\nRUN pip install --no-cache-dir b==1\n"
    (tmp_path / "plan.md").write_text(f"# Plan\n\n## After\n\n```dockerfile\nFROM python:3.12\n{blocks}```\n")
    (tmp_path / "own.toml").write_text(
        f'{HEAD}document = "Plan"\n' + rule(1, "cache", 'check = "package-cache"\nmanager = "pip"')
    )
    for between, lines in (("", [7, 8]), ("RUN pip install --no-cache-dir c==1\n", [7, 7, 7])):
        (tmp_path / "Dockerfile").write_text(f"FROM python:3.12\n\n{blocks}{between}")
        (found,) = traced(tmp_path, "--pack", "own.toml", "--document", "plan.md")["requirements"]
        assert [word["document_line"] for word in found["words"]] == lines


def test_what_is_missing_has_the_line_that_names_it(tmp_path: Path) -> None:
    found = by_name(traced(relay(tmp_path), "--pack", "relay.toml"))["apt-packages"]
    text = (RELAY / "relay.prd.md").read_text()
    missing = found["words"][0]
    assert (missing["message"], missing["document_line"]) == ("tini is not installed", line(text, "    tini"))
    assert found["state"] == "not met"


def test_a_verification_command_is_a_line_of_its_rule(tmp_path: Path) -> None:
    found = by_name(traced(relay(tmp_path), "--pack", "relay.toml"))["pip-pin"]
    text = (RELAY / "relay.prd.md").read_text()
    assert [(p["by"], p["line"]) for p in found["document"]] == [
        ("stated", line(text, "RUN pip")),
        ("check", line(text, "grep -q \"requests")),
    ]  # fmt: skip


def test_from_the_dockerfile_to_the_document(tmp_path: Path) -> None:
    trace = traced(relay(tmp_path), "--pack", "relay.toml")
    text = (RELAY / "relay.prd.md").read_text()
    steps = {step["line"]: step for step in trace["instructions"]}
    assert [*steps] == [1, 2, 3, 4, 5, 8, 9, 10, 11]
    assert steps[8]["document"] == [{"path": "relay.prd.md", "line": line(text, "RUN pip")}]
    names = {one["code"]: one["name"] for one in trace["requirements"]}
    assert [names[one["code"]] for one in steps[8]["requirements"]] == ["package-cache-pip", "pip-pin"]
    assert (steps[9]["requirements"], steps[9]["document"]) == ([], [])


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("apt-packages", {"apt-packages"}),
        ("Dockerfile:8", {"package-cache-pip", "pip-pin"}),
        ("Dockerfile:6", {"apt-update", "command-option-apt-get-apt-install", "package-cache-apt"}
         | {"command-option-apt-get-apt-install-2", "apt-packages"}),
        ("relay.prd.md:11", {"env"}),
        ("relay.prd.md:38", {"package-cache-pip", "pip-pin"}),
        ("relay.prd.md:1", set()),
        ("Dockerfile:9", set()),
    ],
)  # fmt: skip
def test_a_rule_or_a_line_selects(what: str, names: set[str], tmp_path: Path) -> None:
    trace = traced(relay(tmp_path), "--pack", "relay.toml", what)
    assert {*by_name(trace)} == names
    about = {one["code"] for step in trace["instructions"] for one in step["requirements"]}
    assert about <= {one["code"] for one in trace["requirements"]}


def test_a_derived_pack_traces_to_its_golden_file(tmp_path: Path) -> None:
    (tmp_path / "golden.Dockerfile").write_text("FROM debian:12\nEXPOSE 80\n")
    assert call("pack", "derive", "golden.Dockerfile", "-o", "golden.toml", cwd=tmp_path).code == 0
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n\nEXPOSE 81\n")
    trace = traced(tmp_path, "--pack", "golden.toml", "Dockerfile")
    (port,) = (one for one in trace["requirements"] if one["name"].startswith("exposed-ports"))
    assert [(p["path"], p["line"], p["text"]) for p in port["document"]] == [("golden.Dockerfile", 2, "EXPOSE 80")]
    assert port["state"] == "not met"


def test_the_rules_of_a_pack_without_lines_are_found_in_the_document(tmp_path: Path) -> None:
    text = (
        "# Plan\n\n## Section 4: Ports\n\nOne port.\n\n## Section 5: Base\n\n### After\n\n"
        "```dockerfile\nFROM debian:12\nUSER app\n```\n\n### Verification\n\n"
        '```bash\ngrep -q "^EXPOSE 80$" Dockerfile || exit 1\n```\n'
    )
    (tmp_path / "plan.md").write_text(text)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nEXPOSE 80\nUSER root\n")
    sections = '[[section]]\nnumber = "4"\ntitle = "Ports"\n[[section]]\nnumber = "5"\ntitle = "Base"\n'
    pack = f'{HEAD}document = "Plan"\n{sections}'
    pack += rule(1, "user", 'section = "5"\ncheck = "runs-as"\nuser = "app"')
    pack += rule(2, "port", 'section = "4"\ncheck = "exposed-ports"\nports = ["80"]\ngreps = ["^EXPOSE 80$"]')
    pack += rule(3, "signal", 'section = "4"\ncheck = "stop-signal"\nsignal = "SIGTERM"')
    (tmp_path / "own.toml").write_text(pack)
    trace = by_name(traced(tmp_path, "--pack", "own.toml", "--document", "plan.md", "Dockerfile"))
    places = {name: [(p["by"], p["line"]) for p in one["document"]] for name, one in trace.items()}
    assert places["user"] == [("target", line(text, "USER app"))]
    assert places["port"] == [("check", line(text, "grep -q"))]
    assert places["signal"] == [("section", line(text, "## Section 4"))]
    assert (trace["user"]["state"], trace["port"]["state"]) == ("not met", "met")


def test_without_a_document_the_pack_is_enough(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nUSER app\n")
    keys = 'check = "runs-as"\nuser = "app"\nsource = "Standard 7, paragraph 3"'
    (tmp_path / "own.toml").write_text(HEAD + rule(1, "user", keys))
    done = call("trace", "--pack", "own.toml", "Dockerfile", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "Standard 7, paragraph 3\n  OW1 user  error  met\n      2:6     app\n" in done.out
    assert done.out.endswith("1 requirement: 1 met.\n1 gap; --gaps lists them.\n")


def test_a_document_without_a_pack_is_compiled(tmp_path: Path) -> None:
    relay(tmp_path)
    (tmp_path / "relay.toml").unlink()
    trace = traced(tmp_path, "Dockerfile", "--document", "relay.prd.md")
    assert trace["summary"] == {"met": 13, "unmet": 1, "conflict": 0, "unknown": 1}
    shutil.copy(FIXTURES / "broken.prd.md", tmp_path)
    done = call("trace", "Dockerfile", "--document", "broken.prd.md", cwd=tmp_path)
    assert done.code == 2
    assert "broken.prd.md:20: PD202 this block has 4 lines; lines 1 to 3 are 3" in done.err
    assert "undecided findings: " in done.err


def test_the_one_dockerfile_of_a_configuration_needs_no_name(tmp_path: Path) -> None:
    relay(tmp_path)
    (tmp_path / "zr4lint.toml").write_text('packs = ["relay.toml"]\n')
    assert traced(tmp_path)["dockerfile"]["path"] == "Dockerfile"
    (tmp_path / "other").mkdir()
    shutil.copy(tmp_path / "Dockerfile", tmp_path / "other")
    done = call("trace", cwd=tmp_path)
    assert (done.code, done.err) == (2, "zr4lint: name a Dockerfile: Dockerfile, other/Dockerfile\n")


def test_the_one_dockerfile_of_a_specification_needs_no_name() -> None:
    (found,) = traced(ROOT, "torch-pin")["requirements"]
    assert (found["code"], found["words"][0]["text"]) == ("ZR0501", "torch==2.5.1")


# States


def test_the_four_states(tmp_path: Path) -> None:
    found = by_name(traced(relay(tmp_path), "--pack", "relay.toml"))
    assert {name: one["state"] for name, one in found.items() if one["state"] != "met"} == {
        "env": "unknown",
        "apt-packages": "not met",
    }
    zr4 = by_name(traced(ROOT / "docker", "Dockerfile.zr4"))
    assert zr4["base-image"]["state"] == "conflict"
    assert zr4["base-image"]["notes"][0].startswith("ML101 cuda-tag-without-patch: ")
    assert zr4["torch-pin"]["state"] == "met"


def test_a_suppressed_requirement_is_not_met_and_says_so(tmp_path: Path) -> None:
    comment = "# zr4lint: ignore[apt-packages] Tini comes with Docker.\n"
    folder = relay(tmp_path, ("RUN apt-get", f"{comment}RUN apt-get"))
    found = by_name(traced(folder, "--pack", "relay.toml"))["apt-packages"]
    assert (found["state"], found["suppressed"]) == ("not met", True)
    out = call("trace", "--pack", "relay.toml", "apt-packages", cwd=folder).out
    assert "REP009 apt-packages  error  not met, suppressed" in out


def test_a_rule_whose_setting_has_no_value_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    setting = '[[setting]]\nname = "image"\ntype = "string"\nsummary = "The image."\n'
    keys = 'check = "base-image"\nimage = { setting = "image" }'
    (tmp_path / "own.toml").write_text(HEAD + setting + rule(1, "image", keys))
    (found,) = traced(tmp_path, "--pack", "own.toml")["requirements"]
    assert (found["state"], found["notes"]) == ("unknown", ["the setting image of the pack has no value"])


def test_nothing_is_met_in_a_file_that_buildkit_refuses(tmp_path: Path) -> None:
    folder = relay(tmp_path, ("WORKDIR /srv", "WORKDIR /srv\nWROKDIR /x"))
    trace = traced(folder, "--pack", "relay.toml")
    assert trace["summary"]["met"] == 0
    assert trace["refused"]
    statement = json.loads(call("trace", "--format", "in-toto", "--pack", "relay.toml", cwd=folder).out)
    assert statement["predicate"]["result"] == "FAILED"
    assert "ZL000 syntax" in statement["predicate"]["failedTests"]


# Gaps


def gaps(trace: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {sort: [(g["line"], g["code"], g["text"]) for g in found] for sort, found in trace["gaps"].items()}


def test_gaps_of_all_three_sorts(tmp_path: Path) -> None:
    relay(tmp_path)
    pack = (tmp_path / "relay.toml").read_text()
    start, end = pack.index('[[rule]]\ncode = "REP012"'), pack.index('[[rule]]\ncode = "REP013"')
    extra = rule(1, "signal", 'check = "stop-signal"\nsignal = "SIGTERM"')
    far = rule(2, "far", 'check = "stop-signal"\nsignal = "SIGTERM"\ntrace = 4000')
    (tmp_path / "relay.toml").write_text(pack[:start] + pack[end:] + extra + far)
    text = (RELAY / "relay.prd.md").read_text()
    trace = traced(tmp_path, "--gaps", "--pack", "relay.toml", code=1)
    assert gaps(trace) == {
        "demands": [
            (line(text, "EXPOSE 8080"), None, "EXPOSE 8080"),
            (line(text, "**Image size"), None, "**Image size:** at most 200 MB."),
        ],
        "checks": [(None, "OW1", "signal"), (None, "OW2", "far")],
        "instructions": [(2, None, "ARG LOCALE"), (9, None, 'LABEL team="printing"')],
    }
    reasons = [gap["reason"] for gap in trace["gaps"]["checks"]]
    assert reasons == ["no line of relay.prd.md requires it", "line 4000 of relay.prd.md is empty, or beyond its end"]


def test_no_gaps(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("# Plan\n\n## After\n\n```dockerfile\nFROM debian:12\nUSER app\n```\n")
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nUSER app\n")
    assert call("prd", "compile", "plan.md", "-o", "plan.toml", cwd=tmp_path).code == 0
    done = call("trace", "--gaps", "--pack", "plan.toml", cwd=tmp_path)
    zero = "0 demands without a check, 0 checks without a demand, 0 instructions without either.\n"
    assert (done.code, done.out, done.err) == (0, zero, "")


def test_the_demands_of_a_document_that_is_not_there_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("# Plan\n\n## After\n\n```dockerfile\nFROM debian:12\nUSER app\n```\n")
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nUSER app\n")
    assert call("prd", "compile", "plan.md", "-o", "plan.toml", cwd=tmp_path).code == 0
    (tmp_path / "plan.md").unlink()
    done = call("trace", "--gaps", "--pack", "plan.toml", cwd=tmp_path)
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "Document not found: plan.md; its demands are not known. Pass --document.",
            "0 checks without a demand, 0 instructions without either.",
        ],
    )
    trace = traced(tmp_path, "--gaps", "--pack", "plan.toml")
    assert trace["documents_not_found"] == ["plan.md"]


def test_a_specification_that_names_no_file(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.zr4").write_text((ROOT / "docker" / "Dockerfile.zr4").read_text())
    done = call("trace", "--gaps", "Dockerfile.zr4", cwd=tmp_path)
    assert "demands without a check" not in done.out
    assert "Document not found: PRD of pack zr4; its demands are not known. Pass --document.\n" in done.out


def test_a_pack_without_a_document_demands_nothing(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nUSER app\n")
    (tmp_path / "own.toml").write_text(HEAD + rule(1, "user", 'check = "runs-as"\nuser = "app"'))
    done = call("trace", "--gaps", "--pack", "own.toml", cwd=tmp_path)
    assert "Document not found" not in done.out
    assert done.out.splitlines()[-1].startswith("0 demands without a check, ")


def test_a_demand_that_is_decided_is_no_gap(tmp_path: Path) -> None:
    relay(tmp_path)
    assert call("prd", "decide", "relay.prd.md", "PD901@41", "--keep", "measured by hand", cwd=tmp_path).code == 0
    assert gaps(traced(tmp_path, "--gaps", "--pack", "relay.toml", code=1))["demands"] == []


def test_what_a_requirement_relies_on_is_no_gap(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nARG NAME=app\nUSER $NAME\nENV A=b\n")
    (tmp_path / "own.toml").write_text(HEAD + rule(1, "user", 'check = "runs-as"\nuser = "app"'))
    found = gaps(traced(tmp_path, "--gaps", "--pack", "own.toml", code=1))["instructions"]
    assert (4, None, "ENV A=b") in found
    assert not {2, 3} & {gap[0] for gap in found}


# Output


def rows(text: str) -> list[dict[str, str]]:
    return [*csv.DictReader(text.splitlines())]


def test_csv_has_a_row_for_each_link(tmp_path: Path) -> None:
    done = call("trace", "--format", "csv", "--pack", "relay.toml", cwd=relay(tmp_path))
    assert done.out.splitlines()[0] == ",".join(f'"{name}"' for name in LINKS)
    found = [row for row in rows(done.out) if row["name"] == "apt-packages"]
    assert [(r["document_line"], r["line"], r["column"], r["text"], r["message"], r["state"]) for r in found] == [
        ("28", "5", "23", "apt-get install", "tini is not installed", "not met"),
        ("27", "6", "5", "curl", "", "not met"),
    ]
    assert call("trace", "--gaps", "--format", "csv", "--pack", "relay.toml", cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    "words",
    [
        '=HYPERLINK("https://example.org","x")',
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\uff1dcmd()",
        "  =1+1",
        "%0A=1",
    ],
)
def test_no_cell_is_a_formula(words: str, tmp_path: Path) -> None:
    relay(tmp_path)
    document = tmp_path / "relay.prd.md"
    document.write_text(f"{words} image size 200 MB\n\n" + document.read_text())
    done = call("trace", "--gaps", "--format", "csv", "--pack", "relay.toml", cwd=tmp_path)
    assert "relay.prd.md has changed since pack relay.prd.md was made; run zr4lint prd compile" in done.err
    found = rows(done.out)
    assert [*found[0]] == [*GAPS]
    cell = next(row["text"] for row in found if row["text"].endswith("image size 200 MB"))
    assert cell == f"'{' '.join(words.split())} image size 200 MB"
    assert all(not value.startswith(("=", "+", "-", "@", "\uff1d", "\t")) for row in found for value in row.values())


def test_csv_keeps_commas_and_quotes_in_one_cell(tmp_path: Path) -> None:
    folder = relay(tmp_path, ('"printing"', '"a,\\"b\\";c"'))
    out = call("trace", "--gaps", "--format", "csv", "--pack", "relay.toml", cwd=folder).out
    assert 'LABEL team="a,\\"b\\";c"' in [row["text"] for row in rows(out)]


def test_the_keys_of_the_json(tmp_path: Path) -> None:
    trace = traced(relay(tmp_path), "--pack", "relay.toml")
    assert [*trace] == [
        *("version", "dockerfile", "documents", "packs", "refused"),
        *("requirements", "instructions", "gaps", "summary"),
    ]
    files = ("Dockerfile", "relay.prd.md")
    digests = {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in files}
    assert trace["dockerfile"] == {"path": "Dockerfile", "sha256": digests["Dockerfile"]}
    assert trace["documents"] == [{"path": "relay.prd.md", "sha256": digests["relay.prd.md"], "changed": False}]
    for one in trace["requirements"]:
        assert [*one] == [
            *("pack", "code", "name", "level", "state", "suppressed", "summary", "source", "notes"),
            *("document", "words"),
        ]
        assert all([*place] == ["path", "line", "column", "text", "by"] for place in one["document"])
    assert {one["state"] for one in trace["requirements"]} <= {"met", "not met", "conflict", "unknown"}
    assert [*traced(tmp_path, "--gaps", "--pack", "relay.toml", code=1)] == [
        *("version", "dockerfile", "documents", "packs", "gaps", "summary"),
    ]


def judge(text: str) -> None:
    """Raise if in-toto's library does not accept the text as a statement with test results."""
    statement = json_format.Parse(text, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    json_format.ParseDict(json.loads(text)["predicate"], test_result_pb2.TestResult())
    for named in json.loads(text)["predicate"]["configuration"]:
        ResourceDescriptor.copy_from_pb(
            json_format.ParseDict(named, resource_descriptor_pb2.ResourceDescriptor())
        ).validate()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"_type": "https://in-toto.io/Statement/v1"', '"_type": "https://in-toto.io/Statement/v2"'),
        ('"subject"', '"subjects"'),
        ('"failedTests"', '"failed"'),
    ],
)
def test_the_library_refuses_another_statement(old: str, new: str, tmp_path: Path) -> None:
    text = call("trace", "--format", "in-toto", "--pack", "relay.toml", cwd=relay(tmp_path)).out
    judge(text)
    assert old in text
    with pytest.raises((ValueError, json_format.ParseError)):
        judge(text.replace(old, new))


@pytest.mark.parametrize(
    ("edits", "result"),
    [
        ([], "FAILED"),
        ([("    curl \\", "    curl tini \\")], "WARNED"),
        ([("    curl \\", "    curl tini \\"), ("$LOCALE", "C.UTF-8")], "PASSED"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_in_toto_statement(edits: list[tuple[str, str]], result: str, newline: str, tmp_path: Path) -> None:
    folder = relay(tmp_path, *edits)
    path = folder / "Dockerfile"
    mark = b"" if result == "PASSED" else b"\xef\xbb\xbf"  # with this edit, the document's `grep "^FROM"` finds nothing
    path.write_bytes(mark + path.read_bytes().replace(b"\n", newline.encode()))
    done = call("trace", "--format", "in-toto", "--pack", "relay.toml", "Dockerfile", cwd=folder)
    assert done.code == 0
    judge(done.out)
    statement = json.loads(done.out)
    assert (statement["_type"], statement["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://in-toto.io/attestation/test-result/v0.1",
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert statement["subject"] == [{"name": "Dockerfile", "digest": {"sha256": digest}}]
    predicate = statement["predicate"]
    assert predicate["result"] == result
    for named in predicate["configuration"]:
        assert named["digest"]["sha256"] == hashlib.sha256((folder / named["name"]).read_bytes()).hexdigest()
    assert [named["name"] for named in predicate["configuration"]] == ["relay.toml", "relay.prd.md"]
    tests = [*predicate["passedTests"], *predicate["warnedTests"], *predicate["failedTests"]]
    assert len(tests) == len({*tests}) == 15
    assert ("REP009 apt-packages" in predicate["failedTests"]) is (result == "FAILED")
    assert ("REP003 env" in predicate["warnedTests"]) is (result != "PASSED")


def test_the_packs_and_the_configuration_are_named_in_the_statement(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker" / "Dockerfile.zr4", tmp_path)
    (tmp_path / "zr4lint.toml").write_text('severity = { ZR0501 = "warning" }\n')
    done = call("trace", "--format", "in-toto", "Dockerfile.zr4", cwd=tmp_path)
    files = {
        "zr4lint.toml": tmp_path / "zr4lint.toml",
        **{f"rules/{name}.toml": ROOT / "rules" / f"{name}.toml" for name in ("core", "ml", "zr4")},
    }
    named = {one["name"]: one["digest"]["sha256"] for one in json.loads(done.out)["predicate"]["configuration"]}
    assert named == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def test_a_document_can_not_steer_a_terminal_or_a_log(tmp_path: Path) -> None:
    text = (RELAY / "relay.prd.md").read_text()
    evil = "\x1b]0;x\x07\u202e\u200b\x9b31m ::error::x ##vso[a]b"
    text = text.replace("**Image size:**", f"{evil} **Image size:**")
    text = text.replace("ENV LANG=C.UTF-8", f'ENV LANG="{evil}"')
    (tmp_path / "relay.prd.md").write_text(text)
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.12-slim AS base\nLABEL x={evil.replace(' ', '')}\n")
    for args in ([], ["--gaps"], ["--format", "csv"], ["--format", "json"], ["--gaps", "--format", "csv"]):
        out = call("trace", "Dockerfile", "--document", "relay.prd.md", *args, cwd=tmp_path).out
        assert out
        assert all(char == "\n" or char.isprintable() for char in out)
        assert "##vso[" not in out
        assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_secrets_are_not_repeated(tmp_path: Path) -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    folder = relay(tmp_path, ('team="printing"', f"team={token}"))
    document = folder / "relay.prd.md"
    document.write_text(document.read_text().replace("at most 200 MB", f"at most 200 MB {token}"))
    for form in ("text", "csv", "json"):
        for more in ([], ["--gaps"]):
            assert token not in call("trace", "--format", form, "--pack", "relay.toml", *more, cwd=folder).out


# Wrong usage


def test_wrong_usage(tmp_path: Path) -> None:
    relay(tmp_path)
    shutil.copy(tmp_path / "relay.prd.md", tmp_path / "other.md")
    (tmp_path / "notes.rst").write_text("x\n")
    (tmp_path / "folder").mkdir()
    for args, said in [
        (["Dockerfile"], "no specification matches Dockerfile; pass --pack or --document"),
        (["apt-package", "--pack", "relay.toml"], "neither a file nor a rule of pack relay.prd.md; did you mean"),
        (["relay.prd.md", "other.md"], "relay.prd.md and other.md: give one document"),
        (["--document", "notes.rst"], "notes.rst: neither Markdown nor a Dockerfile, by its name"),
        (["--gaps", "--format", "in-toto", "--pack", "relay.toml"], "--format in-toto states which"),
        (["--gaps", "REP001", "--pack", "relay.toml"], "--gaps is about the whole file"),
        (["--format", "in-toto", "REP001", "--pack", "relay.toml"], "--format in-toto is about the whole file"),
        (["--pack", "no.toml"], "no pack has this name"),
        (["folder"], "folder: a folder, not a Dockerfile"),
    ]:
        done = call("trace", "Dockerfile", *args, cwd=tmp_path)
        assert (done.code, done.out) == (2, ""), args
        assert said in done.err


@pytest.mark.slow
@pytest.mark.parametrize("nested", [">" * 20_000, "- " * 5_000], ids=["quotes", "lists"])
def test_a_document_that_is_nested_without_end_is_one_line(nested: str, tmp_path: Path) -> None:
    relay(tmp_path)
    (tmp_path / "relay.prd.md").write_text(f"{nested} x\n")
    for args in (("trace", "--pack", "relay.toml"), ("prd", "check", "relay.prd.md")):
        done = call(*args, cwd=tmp_path)
        assert (done.code, done.err.splitlines()[-1]) == (2, "zr4lint: relay.prd.md: its blocks are nested too deep")


def test_a_document_that_is_gone_leaves_the_lines(tmp_path: Path) -> None:
    relay(tmp_path)
    (tmp_path / "relay.prd.md").unlink()
    done = call("trace", "--pack", "relay.toml", "env", cwd=tmp_path)
    assert done.err == "zr4lint: pack relay.prd.md: its document relay.prd.md is not found; pass --document\n"
    assert "relay.prd.md:11\n  REP003 env  error  unknown\n" in done.out


def test_output_goes_to_a_file(tmp_path: Path) -> None:
    relay(tmp_path)
    done = call("trace", "--pack", "relay.toml", "--format", "csv", "-o", "trace.csv", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert len(rows((tmp_path / "trace.csv").read_text())) > 14
