"""BuildKit's parser accepts fixed files, and each Dockerfile in the folder ZR4LINT_DOCKERFILES after fixing.

The folder has more files than a repository should contain; all of them are read.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fixing.judged import SAFE, UNSAFE
from tests.installed import ROOT
from tests.support.buildkit import accepts
from zr4lint.app.assignment import load_packs
from zr4lint.fixing.fixpoint import fix
from zr4lint.fixing.proof import worse
from zr4lint.linting.pipeline import Linter
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from zr4lint.model.finding import Applicability
    from zr4lint.packs.model import Pack

FOLDER = os.environ.get("ZR4LINT_DOCKERFILES")
FILES = sorted(path for path in (ROOT / "fixtures").rglob("*ockerfile*") if path.is_file())
OTHERS = sorted(path for path in Path(FOLDER).rglob("*") if path.is_file()) if FOLDER else []


@cache
def every_pack() -> tuple[Pack, ...]:
    return load_packs([])


@cache
def linter() -> Linter:
    return Linter(every_pack())


@pytest.mark.parametrize("level", [SAFE, UNSAFE], ids=["safe", "unsafe"])
@pytest.mark.parametrize("path", [*FILES, *OTHERS], ids=lambda path: str(path.relative_to(path.anchor)))
def test_a_fixed_file_is_no_worse_and_stays_as_it_is(path: Path, level: Applicability) -> None:
    source = SourceFile.decode(path.read_bytes(), "Dockerfile.zr4")
    lint = linter().lint
    done = fix(source, lint, level)
    if "\0" not in source.text and accepts(source.text):
        assert accepts(done.source.text)
    assert worse(lint(source), done.linted) is None
    assert fix(done.source, lint, level).source.text == done.source.text
