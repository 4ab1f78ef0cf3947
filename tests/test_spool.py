"""Sequences that are stored in a file, and reports that are written incrementally."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING

import pytest

from zr4lint.app.spool import KEPT, Mapped, Spool
from zr4lint.filesystem.writing import write
from zr4lint.report.escaping import json_pieces, json_text

if TYPE_CHECKING:
    from pathlib import Path

MANY = 3 * KEPT + 7


def filled(count: int) -> Spool[str]:
    spool: Spool[str] = Spool()
    for number in range(count):
        spool.append(f"item {number}")
    return spool


@pytest.mark.parametrize("count", [0, 1, KEPT, KEPT + 1, KEPT + 50, MANY])
def test_items_come_in_their_order_each_time(count: int) -> None:
    spool = filled(count)
    wanted = [f"item {number}" for number in range(count)]
    assert (len(spool), bool(spool)) == (count, count > 0)
    assert [*spool] == [*spool] == wanted
    assert [*zip(spool, spool, strict=True)] == [*zip(wanted, wanted, strict=True)]
    assert [*Mapped(len, spool)] == [*map(len, wanted)]


def test_single_items() -> None:
    spool = filled(MANY)
    assert (spool[0], spool[MANY - 1], spool[-1], spool[KEPT]) == ("item 0", "item 606", "item 606", "item 200")
    assert spool[1:3] == ["item 1", "item 2"]
    with pytest.raises(IndexError):
        spool[MANY]
    mapped = Mapped(str.upper, spool)
    assert (len(mapped), mapped[-1], mapped[:1]) == (MANY, "ITEM 606", ["ITEM 0"])


def test_without_a_folder_for_it_items_stay_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert [*filled(MANY)] == [f"item {number}" for number in range(MANY)]


DOCUMENTS = [
    {},
    [],
    {"a": [], "b": {}},
    {"version": 1, "list": [{"x": "a\nb", "y": [1, {"z": None}]}, "##[x", "é\u2028"], "end": {"k": True}},
    {"runs": [{"tool": {"rules": [1, 2]}, "results": [{"id": 1}, {"id": 2}]}]},
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_json_in_pieces_is_the_same_json(document: object) -> None:
    whole = json_text(document)
    assert "".join(json_pieces(document)) == whole
    assert "".join(json_pieces(_with_iterators(document))) == whole


def _with_iterators(value: object) -> object:
    """Return the document with each outermost list replaced by an iterator."""
    if isinstance(value, dict):
        return {key: _with_iterators(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_iterators(item) for item in value] if _nested(value) else iter(value)
    return value


def _nested(value: list[object]) -> bool:
    return any(isinstance(item, dict) and "results" in item for item in value)


def test_a_file_in_pieces(tmp_path: Path) -> None:
    write(str(tmp_path / "x"), lambda: (b"%d\n" % number for number in range(3)))
    assert (tmp_path / "x").read_bytes() == b"0\n1\n2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert json.loads("".join(json_pieces({"a": iter(())}))) == {"a": []}
