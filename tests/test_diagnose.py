"""`zr4lint diagnose` by its fixtures: logs in `fixtures/diagnose/`, and what has to be said of each.

`expected.toml` has a table for each log: its format, whether it is complete, the failing instruction and its line,
the exit code, the first cause, causes that must `never` be named, and rules that the cause has to prove. A `dockerfile`
is given with --file. An empty `step` or `cause` stands for none.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.inprocess import call

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "diagnose"
CASES: dict[str, dict[str, Any]] = tomllib.loads((FIXTURES / "expected.toml").read_text(encoding="utf-8"))
KEYS = {"format", "complete", "step", "line", "exit_code", "cause", "never", "rules", "dockerfile"}


def diagnosed(log: Path, *options: str) -> dict[str, Any]:
    """What --format json says of a log, its exit code checked."""
    done = call("diagnose", log.name, "--format", "json", *options, cwd=log.parent)
    document: dict[str, Any] = json.loads(done.out)
    assert done.code == int(bool(document["failures"]) or not document["log"]["complete"])
    return document


@pytest.mark.parametrize("name", CASES)
def test_fixture(name: str) -> None:
    expected = CASES[name]
    assert expected.keys() <= KEYS
    options = ("--file", expected["dockerfile"]) if "dockerfile" in expected else ()
    document = diagnosed(FIXTURES / f"{name}.log", *options)
    failures = document["failures"]
    causes = [cause for failure in failures for cause in failure["causes"]]
    instruction = failures[0]["instruction"] if failures else None
    said = {
        "format": document["log"]["format"],
        "complete": document["log"]["complete"],
        "step": instruction["text"] if instruction else "",
        "line": instruction["line"] if instruction else None,
        "exit_code": failures[0]["exit_code"] if failures else None,
        "cause": causes[0]["id"] if causes else "",
    }
    assert said == {"complete": True, "line": None, "exit_code": None} | {
        key: value for key, value in expected.items() if key in said
    }
    assert not {cause["id"] for cause in causes} & set(expected["never"])
    proven = {code for cause in causes for code in cause["rules"]}
    assert set(expected.get("rules", [])) <= proven


def test_every_log_is_a_case() -> None:
    assert {path.stem for path in FIXTURES.glob("*.log")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_text_tells_the_cause_and_shows_nothing_that_steers_a_terminal(name: str) -> None:
    expected = CASES[name]
    done = call("diagnose", f"{name}.log", cwd=FIXTURES)
    assert done.err == ""
    assert all(char == "\n" or char.isprintable() for char in done.out)
    if expected["cause"] and "dockerfile" not in expected:
        assert f"= {expected['cause']}, " in done.out
