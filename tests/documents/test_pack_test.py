"""`zr4lint pack test`: the examples of a pack's rules, its golden file, and edits that no rule reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.documents.support import FIXTURES, pack_of
from tests.inprocess import call
from zr4lint.documents.deriving.derivation import derive
from zr4lint.documents.deriving.pack_writing import write
from zr4lint.documents.pack_test import edits_of, try_pack
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

PACK = """\
name = "t"
title = "t"
files = ["Dockerfile"]

[[rule]]
code = "T1"
name = "user"
level = "error"
check = "runs-as"
user = "app"
summary = "The container runs as app."
why = "w"
bad = "FROM debian:12\\nUSER root\\n"
good = "FROM debian:12\\nUSER app\\n"
"""


def test_the_edits_of_a_file() -> None:
    text = "FROM debian:12\nRUN make all\nUSER app\n"
    edits = {(edit.kind, edit.line): edit.text for edit in edits_of(SourceFile(text))}
    assert edits["drop", 2] == "FROM debian:12\nUSER app\n"
    assert edits["comment", 2] == "FROM debian:12\n# RUN make all\nUSER app\n"
    assert edits["echo", 2] == "FROM debian:12\nRUN echo 'make all'\nUSER app\n"
    assert edits["change", 3] == "FROM debian:12\nRUN make all\nUSER apx\n"
    assert edits["move", 2] == "FROM debian:12\nUSER app\nRUN make all\n"
    assert ("drop", 1) not in edits


@pytest.mark.slow
def test_a_derived_pack_notices_the_edits_of_its_golden_file() -> None:
    golden = SourceFile((FIXTURES / "golden.Dockerfile").read_text(), "Dockerfile")
    trial = try_pack(pack_of(write(derive(golden))), golden)
    assert trial.findings == ()
    assert {edit.kind for edit in trial.unreported} <= {"move"}
    assert len(trial.unreported) <= 0.2 * trial.edits


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text(PACK)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN make\nUSER app\n")
    done = call("pack", "test", "pack.toml", "Dockerfile", cwd=tmp_path)
    assert done.code == 0, done.err
    *unreported, summary = done.out.splitlines()
    assert summary.startswith("examples 2/2, golden file 0 findings, edits reported ")
    assert unreported == [
        "Dockerfile:1: edits that no rule reports: change",
        "Dockerfile:2: edits that no rule reports: drop, comment, echo, change, move",
    ]
    assert not any(line.startswith("Dockerfile:3: ") for line in unreported)


def test_an_example_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text(PACK.replace("USER root", "USER app"))
    done = call("pack", "test", "pack.toml", cwd=tmp_path)
    assert (done.code, done.out) == (1, "T1 user reports nothing on its bad example\nexamples 1/2\n")


@pytest.mark.parametrize(
    ("instruction", "undo"),
    [
        ("ENV A=1 B=2", "ENV B=x"),
        ("ENV A=x", "ENV A=y"),
        ("USER app", "USER root"),
        ("USER 0", "USER nobody"),
        ("RUN apt-get update && apt-get install -y git curl=7", "RUN apt-get purge -y curl"),
        ("RUN microdnf install -y git", "RUN microdnf remove -y git"),
        ("RUN yum install -y git", "RUN yum remove -y git"),
        ("RUN apk add curl", "RUN apk del curl"),
        ("RUN npm install -g yarn@1", "RUN npm uninstall -g yarn"),
        ('RUN pip install --no-cache-dir torch "numpy>=2"', "RUN pip uninstall -y numpy"),
        ("RUN /opt/v/bin/pip install flask", "RUN /opt/v/bin/pip uninstall -y flask"),
        ("RUN python3 -m pip \\\n  install flask", "RUN pip uninstall -y flask"),
        ("RUN uv pip install flask", "RUN uv pip uninstall flask"),
        ("COPY a.py /srv/a.py", "RUN rm -rf /srv/a.py"),
        ("RUN git clone https://example.com/y /opt/y", "RUN rm -rf /opt/y"),
        ("COPY . /srv/", None),
        ("RUN pip install $NAMES", None),
        ("RUN apt-get purge -y git", None),
        ("EXPOSE 80", None),
    ],
)
def test_an_instruction_is_undone_by_a_later_one(instruction: str, undo: str | None) -> None:
    text = f'FROM debian:12\n{instruction}\nCMD ["app"]\n'
    undone = [edit for edit in edits_of(SourceFile(text)) if edit.kind == "undo"]
    wanted = f'FROM debian:12\n{instruction}\n{undo}\nCMD ["app"]\n'
    assert [(edit.line, edit.text) for edit in undone] == ([(2, wanted)] if undo is not None else [])


def test_a_rule_that_no_undo_escapes(tmp_path: Path) -> None:
    """The rule on the last user reports `USER root` below it; no rule reports another value of a variable."""
    (tmp_path / "pack.toml").write_text(PACK)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nENV A=1\nUSER app\n")
    done = call("pack", "test", "pack.toml", "Dockerfile", cwd=tmp_path)
    assert [line for line in done.out.splitlines() if line.endswith("undo")] == [
        "Dockerfile:2: edits that no rule reports: drop, comment, change, move, undo"
    ]


def test_a_derived_pack_knows_its_golden_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nENV A=1\n")
    assert call("pack", "derive", "Dockerfile", "-o", "pack.toml", cwd=tmp_path).code == 0
    done = call("pack", "test", "pack.toml", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == call("pack", "test", "pack.toml", "Dockerfile", cwd=tmp_path).out
    assert done.out.splitlines()[-1].startswith("examples 4/4, golden file 0 findings, edits reported ")


def test_examples_of_a_derived_pack_are_the_golden_file_and_edits_of_it() -> None:
    golden = SourceFile(
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
    )
    trial = try_pack(pack_of(write(derive(golden))), golden)
    assert (trial.wrong, trial.untried) == ((), ())
    assert trial.examples == 2 * len(derive(golden).demands)
    other = try_pack(pack_of(PACK.replace("bad =", "#").replace("good =", "#")), SourceFile("FROM debian:12\nUSER b\n"))
    assert (other.examples, [f.code for f in other.findings]) == (1, ["T1"])


def test_a_document_is_no_golden_file(tmp_path: Path) -> None:
    (tmp_path / "plan.md").write_text("# Plan\n\n## After\n\n```dockerfile\nFROM debian:12\nUSER app\n```\n")
    assert call("prd", "compile", "plan.md", "-o", "plan.toml", cwd=tmp_path).code == 0
    done = call("pack", "test", "plan.toml", cwd=tmp_path)
    assert (done.code, done.out) == (0, "no rule has an example\n")
