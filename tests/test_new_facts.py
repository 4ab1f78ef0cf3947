"""A fact of an invented program needs only a struct and a reader."""

from __future__ import annotations

import subprocess
import sys

from tests.installed import ROOT, environment

STRUCT = '''
from zr4lint.facts import Fact


class Brewed(Fact, frozen=True):
    """Coffee."""

    strength: str
'''
READER = '''
from zr4lint.facts.commands.program_table import reads


@reads("brew")
def brew(call):
    """Make coffee."""
    yield Brewed(call.at(), call.arguments[1].value)
'''
USE = """
from zr4lint.dockerfile import parse
from zr4lint.facts import gather
from zr4lint.model.source import SourceFile

text = "FROM image\\nENV S=strong\\nRUN cd / && sudo brew $S; brew2 mild\\n"
facts = gather(parse(SourceFile(text)))
assert [fact.at.order for fact in facts.facts] == list(range(len(facts.facts)))
for fact in facts.of(Brewed, {0}):
    print(fact.strength, fact.at.span.of(text))
"""


def test_a_struct_and_a_reader_are_enough() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STRUCT + READER + USE],
        check=False,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["strong sudo brew $S", "mild brew2 mild"]


def test_a_program_has_one_reader() -> None:
    code = 'from zr4lint.facts.commands.program_table import reads\nimport zr4lint.facts\nreads("git")(print)'
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-1] == "TypeError: program 'git' has two readers"
