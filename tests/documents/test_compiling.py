"""`zr4lint prd compile` and `prd decide`: a document becomes a pack once its contradictions are decided."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from tests.documents.support import FIXTURES, found, pack_of
from tests.documents.test_checking import example
from tests.inprocess import call

if TYPE_CHECKING:
    from pathlib import Path

TARGET = """\
FROM python:3.12-slim AS base
ENV LANG=C.UTF-8
WORKDIR /srv

RUN apt-get update && apt-get install -y --no-install-recommends \\
    curl tini \\
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir requests==2.32.3
EXPOSE 8080
CMD ["python", "/srv/relay.py"]
"""

NO_TARGET = 'no target found; put the `dockerfile` block below a heading such as "After"'


def compiled(folder: Path, text: str) -> str:
    (folder / "relay.prd.md").write_text(text)
    done = call("prd", "compile", "relay.prd.md", "-o", "pack.toml", cwd=folder)
    assert done.code == 0, done.err
    return (folder / "pack.toml").read_text()


def test_the_example_of_the_guide_compiles_without_a_decision(tmp_path: Path) -> None:
    text = compiled(tmp_path, example())
    assert [f"{f.name}: {f.message}" for f in found(TARGET, pack_of(text))] == []
    pack = tomllib.loads(text)
    assert [(s["title"], s.get("lines")) for s in pack["section"][1:]] == [
        ("Base image", [1, 3]),
        ("Software", [5, 10]),
    ]
    pin = next(rule for rule in pack["rule"] if rule["check"] == "pip-pin")
    lines = example().splitlines()
    assert lines[int(pin["source"].partition(":")[2]) - 1] == "RUN pip install --no-cache-dir requests==2.32.3"
    assert pin["greps"] == ["requests==2.32.3"]
    assert (pin["section"], pin["level"]) == ("2", "error")


def test_the_pack_notices_edits(tmp_path: Path) -> None:
    pack = pack_of(compiled(tmp_path, example()))
    edits = [
        ("2.32.3", "2.31.0"),
        ("curl ", ""),
        ("EXPOSE 8080", "EXPOSE 80"),
        ("relay.py", "other.py"),
        ("ENV LANG", "# ENV LANG"),
        ("\n\nRUN apt", "\nRUN apt"),
        ("3.12-slim", "3.13-slim"),
    ]
    for old, new in edits:
        assert found(TARGET.replace(old, new), pack), (old, new)


def test_a_check_that_only_warns_makes_a_warning(tmp_path: Path) -> None:
    text = example().replace('{ echo "FAIL: requests"; exit 1; }', 'echo "WARNING: requests"')
    rules = tomllib.loads(compiled(tmp_path, text))["rule"]
    assert [rule["level"] for rule in rules if rule["check"] == "pip-pin"] == ["warning"]


def test_a_contradiction_has_to_be_decided(tmp_path: Path) -> None:
    (tmp_path / "relay.prd.md").write_text(example().replace("2 packages", "3 packages"))
    refused = call("prd", "compile", "relay.prd.md", cwd=tmp_path)
    assert refused.code == 2
    assert "PD201 the target text has 2, not 3; decide: zr4lint prd decide relay.prd.md PD201@" in refused.err
    line = refused.err.partition("PD201@")[2].split()[0]
    decided = call("prd", "decide", "relay.prd.md", f"PD201@{line}", "--keep", "2", "--reason", "Two do.", cwd=tmp_path)
    assert (decided.code, decided.err) == (0, "")
    decisions = tomllib.loads((tmp_path / "relay.prd.decisions.toml").read_text())["decision"]
    assert [(d["rule"], d["keep"], d["reason"]) for d in decisions] == [("PD201", "2", "Two do.")]
    assert call("prd", "compile", "relay.prd.md", cwd=tmp_path).code == 0
    assert call("prd", "check", "relay.prd.md", cwd=tmp_path).code == 0


def test_a_decision_whose_statement_changed_is_suspect(tmp_path: Path) -> None:
    document = tmp_path / "relay.prd.md"
    document.write_text(example().replace("2 packages", "3 packages"))
    line = call("prd", "compile", "relay.prd.md", cwd=tmp_path).err.partition("PD201@")[2].split()[0]
    call("prd", "decide", "relay.prd.md", f"PD201@{line}", "--keep", "2", cwd=tmp_path)
    document.write_text("A new first line.\n\n" + document.read_text())
    assert call("prd", "check", "relay.prd.md", cwd=tmp_path).code == 0
    document.write_text(document.read_text().replace("3 packages", "4 packages"))
    done = call("prd", "check", "relay.prd.md", cwd=tmp_path)
    assert done.code == 1
    assert f"the decision on PD201 of line {line} is suspect: its statement changed" in done.err


def test_the_last_line_of_a_check_counts_the_demands(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "The image MUST be based on `debian:12`.\n\nThe image size MUST be below 200 MB.\n\nThe image MUST be nice.\n"
    )
    images = "".join(f"The image MUST be based on `{name}`.\n\n" for name in ("debian:11", "debian:12"))
    (tmp_path / "b.md").write_text(images)

    def last(*options: str) -> str:
        return call("prd", "check", *options, cwd=tmp_path).out.splitlines()[-1]

    counted = "0 target blocks, 3 demands in prose: 1 compiled, 1 needs a built image, 1 not compiled."
    assert last("a.md") == last("--all", "a.md") == f"{counted} 0 findings decided, 0 open."
    assert "demands in prose" not in last("--format", "concise", "a.md")
    assert last("b.md").endswith(" 0 findings decided, 1 open.")
    assert call("prd", "decide", "b.md", "PD101@3", "--keep", "debian:11", cwd=tmp_path).code == 0
    assert last("b.md").endswith(" 1 finding decided, 0 open.")


def test_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Nothing\n")
    done = call("prd", "compile", "a.md", cwd=tmp_path)
    assert (done.code, done.err) == (2, "zr4lint: a.md: no block is marked as the target, and no statement compiles\n")
    done = call("prd", "decide", "a.md", "PD101@3", "--keep", "x", cwd=tmp_path)
    assert done.code == 2
    (tmp_path / "a.decisions.toml").write_text("[[decision]]\nrule = 1\n")
    done = call("prd", "check", "a.md", cwd=tmp_path)
    assert done.code == 2
    assert "a.decisions.toml: " in done.err


def test_a_decision_leaves_the_other_contradictions_of_its_subject(tmp_path: Path) -> None:
    images = "".join(f"The image MUST be based on `{name}`.\n\n" for name in ("debian:11", "debian:12", "debian:13"))
    (tmp_path / "a.md").write_text(images)
    assert call("prd", "decide", "a.md", "PD101@3", "--keep", "debian:11", cwd=tmp_path).code == 0
    done = call("prd", "check", "a.md", cwd=tmp_path)
    assert (done.code, "a.md:5:1: error PD101" in done.out, "a.md:3:1" in done.out) == (1, True, False)
    assert call("prd", "decide", "a.md", "PD101@5", "--keep", "debian:11", cwd=tmp_path).code == 0
    assert call("prd", "check", "a.md", cwd=tmp_path).code == 0


def test_demands_that_no_rule_holds_are_listed(tmp_path: Path) -> None:
    (tmp_path / "a.prd.md").write_text(example() + "\n**Image size:** at most 200 MB.\n")
    done = call("prd", "compile", "a.prd.md", cwd=tmp_path)
    assert done.code == 0
    assert "not compiled: this needs a built image" in done.err


def test_a_document_with_faults_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.prd.md").write_text((FIXTURES / "broken.prd.md").read_text())
    done = call("prd", "compile", "a.prd.md", cwd=tmp_path)
    assert done.code == 2
    assert done.err.count("; decide: ") >= 5


def test_lines_that_are_stated_in_words_are_rules(tmp_path: Path) -> None:
    text = example().replace(" (Layer 1, Lines 1-3)", "").replace(" (Layer 2, Lines 5-10)", "")
    text += "\nThe file has 20 lines. Line 1: `FROM python:3.12-slim AS base`. Line 20: `CMD [...]`.\n"
    rules = {rule["check"]: rule for rule in tomllib.loads(compiled(tmp_path, text))["rule"]}
    assert rules["line-count"]["lines"] == 20
    assert rules["from-line"]["line"] == 1
    assert (rules["last-instruction"]["keyword"], rules["last-instruction"]["line"]) == ("CMD", 20)
    assert rules["line-count"]["source"] == f"relay.prd.md:{len(text.splitlines())}"


def overflowing(folder: Path, stands: str) -> dict[str, Any]:
    """Return the pack of a document whose first block has an extra line, after a decision about it."""
    (folder / "relay.prd.md").write_text(example().replace("Lines 1-3", "Lines 1-2"))
    line = call("prd", "compile", "relay.prd.md", cwd=folder).err.partition("PD202@")[2].split()[0]
    call("prd", "decide", "relay.prd.md", f"PD202@{line}", "--keep", stands, "--stands", stands, cwd=folder)
    decided = tomllib.loads((folder / "relay.prd.decisions.toml").read_text())["decision"]
    assert [d["stands"] for d in decided] == [stands]
    assert call("prd", "compile", "relay.prd.md", "-o", "pack.toml", cwd=folder).code == 0
    return tomllib.loads((folder / "pack.toml").read_text())


def test_lines_that_stand_are_layers(tmp_path: Path) -> None:
    pack = overflowing(tmp_path, "lines")
    assert [section["lines"] for section in pack["section"][1:]] == [[1, 2], [5, 10]]
    assert {"layer-order", "layer-lines", "not-in-specification"} <= {rule["check"] for rule in pack["rule"]}


def test_a_text_that_stands_has_no_layers(tmp_path: Path) -> None:
    pack = overflowing(tmp_path, "text")
    assert "section" not in pack
    assert "layer-lines" not in {rule["check"] for rule in pack["rule"]}


def test_a_decision_is_added_to_the_file_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "relay.prd.md").write_text(example().replace("2 packages", "3 packages"))
    (tmp_path / "relay.prd.decisions.toml").write_text("# Ours.\n")
    line = call("prd", "compile", "relay.prd.md", cwd=tmp_path).err.partition("PD201@")[2].split()[0]
    call("prd", "decide", "relay.prd.md", f"PD201@{line}", "--keep", "2", cwd=tmp_path)
    assert (tmp_path / "relay.prd.decisions.toml").read_text().startswith("# Ours.\n\n[[decision]]\n")


def test_decisions_carry_tables_into_the_pack(tmp_path: Path) -> None:
    (tmp_path / "relay.prd.decisions.toml").write_text(
        '[[criterion]]\nname = "Pins"\nby = "rules"\npoints = 5\nrules = ["pip-pin"]\n'
        '[[conflict]]\nrequirement = "base-image"\nrules = ["ML101"]\n'
        '[[amendment]]\nrequirement = "pip-pin"\nwaived = true\nreason = "Gone."\nsource = "PyPI"\n'
    )
    pack = tomllib.loads(compiled(tmp_path, example()))
    codes = {rule["name"]: rule["code"] for rule in pack["rule"]}
    assert pack["criterion"] == [{"name": "Pins", "by": "rules", "points": 5, "rules": [codes["pip-pin"]]}]
    assert pack["conflict"] == [{"requirement": codes["base-image"], "rules": ["ML101"]}]
    assert [a["requirement"] for a in pack["amendment"]] == [codes["pip-pin"]]
    (tmp_path / "relay.prd.decisions.toml").write_text('[[conflict]]\nrequirement = "pip-pn"\nrules = ["ML101"]\n')
    done = call("prd", "compile", "relay.prd.md", cwd=tmp_path)
    assert done.code == 2
    assert "the decisions name `pip-pn`, which no requirement has; did you mean `pip-pin`?" in done.err


def test_checks_ask_for_comments_files_and_syntax(tmp_path: Path) -> None:
    text = example().replace(
        "RUN pip install", "COPY relay.py /srv/relay.py\n# Pinned for the proxy\nRUN pip install"
    ).replace("Lines 5-10", "Lines 5-12")  # fmt: skip
    text = text.replace(
        "### Error Recovery 2.1",
        "### Verification 2.2\n\n```bash\n"
        "# the comment\ngrep -q 'for the proxy' docker/Dockerfile || echo 'WARNING: no comment'\n"
        "[ -f docker/relay.py ] || { echo 'FAIL: no script'; exit 1; }\n"
        "docker build --check -f docker/Dockerfile docker\n"
        "```\n\n### Error Recovery 2.1",
    )
    rules = {rule["check"]: rule for rule in tomllib.loads(compiled(tmp_path, text))["rule"]}
    assert (rules["note"]["package"], rules["note"]["words"], rules["note"]["level"]) == (
        "requests",
        "for the proxy",
        "warning",
    )
    assert (rules["context-files"]["copies"], rules["context-files"]["level"]) == (["relay.py"], "error")
    assert rules["syntax"]["level"] == "error"


def test_a_placeholder_in_a_url_is_asked_to_be_replaced(tmp_path: Path) -> None:
    text = example().replace("EXPOSE 8080", "RUN git clone https://github.com/your-org/tool.git /opt/tool\nEXPOSE 8080")
    text = text.replace("Lines 5-10", "Lines 5-11")
    rules = {rule["check"]: rule for rule in tomllib.loads(compiled(tmp_path, text))["rule"]}
    assert "url" not in rules["git-clone"]
    assert (rules["git-clone"]["target"], rules["git-clone"]["words"]) == ("/opt/tool", "tool")
    assert (rules["clone-owner"]["placeholders"], rules["clone-owner"]["level"]) == (["your-org"], "warning")


def test_a_document_without_a_demand_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")
    alone = call("prd", "check", "notes.md", cwd=tmp_path)
    assert (alone.code, alone.out, alone.err) == (2, "", f"zr4lint: notes.md: {NO_TARGET}\n")
    (tmp_path / "x.md").write_text(example())
    both = call("prd", "check", ".", cwd=tmp_path)
    assert (both.code, both.out.splitlines()[0], both.err) == (
        0,
        "No findings in 2 files.",
        f"zr4lint: notes.md: {NO_TARGET}\n",
    )


def test_the_number_of_one_rule_is_singular(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Image\n\nThe image must set `A=1`.\n")
    assert call("prd", "compile", "a.md", "-o", "a.toml", cwd=tmp_path).err == "a.toml: 1 rule\n"
