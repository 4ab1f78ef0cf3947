"""`zr4lint knowledge`: the tables behind the rules, their rows, sources and ages."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pytest

from tests.inprocess import Done, call
from zr4lint.app import aging
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


def test_the_first_date_on_which_a_table_is_old() -> None:
    """zr4lint reads no table for its date before the first one is a year old."""
    oldest = min(datetime.date.fromisoformat(table.checked) for table in tables(DAY))
    midnight = datetime.datetime.combine(oldest, datetime.time(), datetime.UTC)
    assert (midnight + datetime.timedelta(days=365)).timestamp() == aging.FIRST_DUE


WRONG = "FROM python:3.11\nRUN pip install torch==2.5.1 torchvision==0.19.1\n"
RIGHT = "FROM python:3.11\nRUN pip install torch==2.5.1 torchvision==0.20.1\n"


AGED = "tables of facts were last checked more than a year ago"


@pytest.mark.parametrize(
    ("day", "text", "pack", "told"),
    [
        ("2027-11-23", WRONG, "ml", None),
        ("2027-11-24", WRONG, "ml", f"3 {AGED} (flash-attn, hosts, openmmlab)"),
        ("2028-06-01", WRONG, "ml", f"19 {AGED} (annotations, bases, cuda-tags and 16 more)"),
        ("2028-06-01", RIGHT, "ml", None),
        ("2028-06-01", WRONG, "core", None),
    ],
    ids=["fresh", "some-old", "all-old", "no-finding", "rule-without-facts"],
)
def test_a_run_that_uses_old_facts_says_so_once(
    day: str, text: str, pack: str, told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime.datetime.combine(datetime.date.fromisoformat(day), datetime.time(12), datetime.UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(noon.timestamp())))
    for name in ("Dockerfile", "other.Dockerfile"):
        (tmp_path / name).write_text(text)
    done = call("--isolated", "--pack", pack, "--exit-zero", "--format", "json", ".", cwd=tmp_path)
    wanted = f"zr4lint: {told}; see `zr4lint knowledge`\n" if told else ""
    assert done.err == wanted
    assert json.loads(done.out)["version"] == 1
