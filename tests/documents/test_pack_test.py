"""`zr4lint pack test`: the examples of a pack's rules, its golden file, and edits that no rule notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documents.support import FIXTURES, pack_of
from tests.inprocess import call
from zr4lint.documents.deriving.pack import derive
from zr4lint.documents.deriving.writing import write
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


def test_a_derived_pack_notices_the_edits_of_its_golden_file() -> None:
    golden = SourceFile((FIXTURES / "golden.Dockerfile").read_text(), "Dockerfile")
    trial = try_pack(pack_of(write(derive(golden))), golden)
    assert trial.findings == ()
    assert {edit.kind for edit in trial.unnoticed} <= {"move"}
    assert len(trial.unnoticed) <= 0.2 * trial.edits


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text(PACK)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN make\nUSER app\n")
    done = call("pack", "test", "pack.toml", "Dockerfile", cwd=tmp_path)
    assert done.code == 0, done.err
    *unnoticed, summary = done.out.splitlines()
    assert summary.startswith("examples 2/2, golden file 0 findings, edits noticed ")
    assert "Dockerfile:2: no rule notices this edit: drop" in unnoticed
    assert not any(line.startswith("Dockerfile:3: ") for line in unnoticed)


def test_an_example_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_text(PACK.replace("USER root", "USER app"))
    done = call("pack", "test", "pack.toml", cwd=tmp_path)
    assert (done.code, done.out) == (1, "T1 user reports nothing on its bad example\nexamples 1/2\n")
