"""`zr4lint knowledge`: the tables behind the rules, their rows, sources and ages."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pytest

from tests.inprocess import Done, call
from zr4lint.app.explain_knowledge import table_names, tables

PAGE = Path(__file__).parents[1] / "docs" / "knowledge.md"
DAY = datetime.date(2026, 12, 1)


def knowledge(*args: str) -> Done:
    return call("knowledge", *args, cwd=PAGE.parent)


def test_each_table_has_rows_a_source_and_an_age() -> None:
    for table in tables(DAY):
        assert table.rows > 0, table.name
        assert table.source, table.name
        assert table.age == (DAY - datetime.date.fromisoformat(table.checked)).days
        assert not table.old


def test_the_list_names_every_table() -> None:
    done = knowledge("--date", "2026-12-01")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines() if line] == table_names()
    assert "older than a year" not in done.out


def test_a_table_that_is_older_than_a_year_is_marked() -> None:
    assert "older than a year" not in knowledge("--date", "2027-11-23").out
    late = knowledge("--date", "2027-12-01").out.splitlines()
    assert len(late) == sum("older than a year" in line for line in late) == len(table_names())


def test_json() -> None:
    listed = json.loads(knowledge("--format", "json", "--date", "2028-01-01").out)
    assert [table["name"] for table in listed] == table_names()
    assert all(table["old"] for table in listed)
    torch = json.loads(knowledge("torch", "--format", "json", "--date", "2026-12-01").out)
    releases = [row for row in torch["content"] if row["in"] == "release"]
    assert any(row["torch"] == "2.5.1" and row["checked"] == "2026-11-23" for row in releases)


def test_the_rows_of_one_table() -> None:
    done = knowledge("torch")
    assert re.search(r"release +2\.5\.1 +.*cu124.* 2026-11-23 +confirmed", done.out)


@pytest.mark.parametrize("name", table_names())
def test_every_table_can_be_shown(name: str) -> None:
    assert knowledge(name).code == 0


def test_a_table_that_is_none_is_wrong_usage() -> None:
    done = knowledge("tourch")
    assert (done.code, done.out) == (2, "")
    assert "no table is named `tourch`; did you mean `torch`?" in done.err


def test_the_page_lists_every_table_with_its_title() -> None:
    told = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert told == [(table.name, table.title) for table in tables(DAY)]
