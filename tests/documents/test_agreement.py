"""The interpreter gives the same result as bash for each statement of the scripts in documents."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from tests.documents.support import FIXTURES
from tests.documents.test_checking import PRD, ROOT, example
from tests.mutations.mutations import load
from zr4lint.documents.document import Document, Fence
from zr4lint.documents.interpreter import UNKNOWN, Ended, Shell, UnknownError
from zr4lint.documents.target import Target, joined
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

ANSWERED = 0.95
# A script changes to folders of its author, so the test runs it in a separate folder.
PREAMBLE = "cd() { :; }\n"
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def interpreted(shell: Shell) -> Iterator[tuple[int, str | None, bool]]:
    """Return each statement's number, its output (None if unknown), and whether it ends the script."""
    for number, node in enumerate(shell.statements()):
        before, ended = len(shell.printed), False
        try:
            shell.statement(node)
        except UnknownError:
            yield number, None, False
            continue
        except Ended:
            ended = True
        yield number, "".join(line.text for line in shell.printed[before:]), ended
        if ended:
            return


def run(script: str, path: str, text: str, folder: Path) -> str:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    for other in file.parent.iterdir():
        if other.is_file():
            other.unlink()
    file.write_bytes(text.encode())
    done = subprocess.run(
        ["bash", "--norc", "-c", PREAMBLE + script], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        capture_output=True, check=False,
    )  # fmt: skip
    return done.stdout.decode()


def printed(shell: Shell, path: str, text: str, folder: Path) -> dict[int, str]:
    """Return bash's output of each statement; the statement that ends the script has the number -1."""
    script = "".join(f"{shell.text(node)}\nprintf '\\001%d\\002' {n}\n" for n, node in enumerate(shell.statements()))
    out = run(script, path, text, folder)
    pieces = re.split("\x01(\\d+)\x02", out)
    return {**{int(n): words for words, n in zip(pieces[::2], pieces[1::2], strict=False)}, -1: pieces[-1]}


def same(found: str, wanted: str | None) -> bool:
    pattern = ".*".join(re.escape(part) for part in re.split(f"{UNKNOWN}+", found))
    return wanted is not None and re.fullmatch(pattern, wanted, re.DOTALL) is not None


def agreed(target: Target, texts: Sequence[str], folder: Path) -> tuple[int, int]:
    """Check that all answers match bash; return how many statements have an answer, and how many do not."""
    answered = unknown = 0
    nothing = dict.fromkeys(re.findall(r"docker/[\w.]+\.sh", target.document.source.text))
    for text in texts:
        for fence in target.checks:
            shell = Shell(fence.body.text, {**nothing, target.path: text})
            wanted = printed(shell, target.path, text, folder)
            for number, found, ended in interpreted(shell):
                if found is None:
                    unknown += 1
                    continue
                answered += 1
                assert same(found, wanted.get(-1 if ended else number)), (fence.path[-1].title, number, found)
    return answered, unknown


def target_of(text: str) -> Target:
    return Target(Document(SourceFile(text, "x.md")))


@pytest.mark.parametrize("text", [example(), (FIXTURES / "broken.prd.md").read_text()], ids=["guide", "broken"])
def test_checks_of_our_own_documents(text: str, tmp_path: Path) -> None:
    target = target_of(text)
    whole = target.whole.text
    lines = whole.splitlines(keepends=True)
    dropped = ["".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    answered, unknown = agreed(target, [whole, joined(target.before).text, "", *dropped], tmp_path)
    assert answered >= ANSWERED * (answered + unknown)


def edits(count: int) -> list[str]:
    every = [mutation.text for mutation in (*load("breaking"), *load("keeping"))]
    return every[:: max(1, len(every) // count)][:count]


@pytest.mark.slow
@pytest.mark.skipif(not PRD.exists(), reason="the user's document is not in the repository")
@pytest.mark.parametrize("count", [4, pytest.param(200, marks=pytest.mark.thorough)])
def test_checks_of_the_document_of_dockerfile_zr4(count: int, tmp_path: Path) -> None:
    target = target_of(PRD.read_text())
    shipped = (ROOT / "docker" / "Dockerfile.zr4").read_text()
    texts = [*target.texts, joined(target.before).text, shipped, *edits(count)]
    answered, unknown = agreed(target, texts, tmp_path)
    assert answered >= ANSWERED * (answered + unknown)


def repaired(fence: Fence, target: Target, text: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Return each understood step of a recovery: its words, and the file after it by the interpreter and by bash."""
    shell = Shell(fence.body.text, {target.path: text})
    for node in shell.statements():
        shell.files.write(target.path, text)
        try:
            shell.statement(node)
        except (UnknownError, Ended):
            continue
        run(shell.text(node), target.path, text, folder)
        yield shell.text(node), shell.files.read(target.path) or "", (folder / target.path).read_bytes().decode()


@pytest.mark.parametrize(
    "document",
    [
        FIXTURES / "broken.prd.md",
        pytest.param(PRD, marks=pytest.mark.skipif(not PRD.exists(), reason="the document is not in the repository")),
    ],
    ids=["broken", "zr4"],
)
def test_recoveries_leave_the_file_that_bash_leaves(document: Path, tmp_path: Path) -> None:
    target = target_of(document.read_text())
    steps = [step for f in target.recoveries for step in repaired(f, target, target.whole.text, tmp_path)]
    assert len(steps) >= 4
    for words, found, wanted in steps:
        assert found == wanted, words
