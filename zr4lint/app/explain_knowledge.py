"""Explains the tables of knowledge: their content, sources and ages."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from zr4lint.app.errors import UsageError
from zr4lint.filesystem.shipped import rules_folder
from zr4lint.knowledge.tables import Row, table
from zr4lint.model.quoting import code
from zr4lint.packs.rulebook import hint

OLD = 365
"""The age in days above which a table is old."""

_DATED = ("source", "checked", "confidence")
_LABELS = ("name", "names", "torch", "cuda", "package", "packages", "code", "python", "version", "owner", "hosts")


class Table(Struct, frozen=True):
    """A table; `checked` is the day on which its newest row was checked, `age` the days since then."""

    name: str
    title: str
    rows: int
    source: str
    checked: str
    age: int

    @property
    def old(self) -> bool:
        """Return whether the table was last checked more than a year ago."""
        return self.age > OLD

    def as_object(self) -> dict[str, Any]:
        """Return the table as a JSON object."""
        return {
            "name": self.name,
            "title": self.title,
            "rows": self.rows,
            "source": self.source,
            "checked": self.checked,
            "ageDays": self.age,
            "old": self.old,
        }


def table_names() -> list[str]:
    """Return the names of the tables."""
    folder = os.path.join(rules_folder(), "data")
    return sorted({os.path.splitext(name)[0] for name in os.listdir(folder) if name.endswith((".toml", ".json"))})


def tables(today: datetime.date) -> list[Table]:
    """Return every table, with its age on a day."""
    return [_table(name, today) for name in table_names()]


def _table(name: str, today: datetime.date) -> Table:
    whole = table(name)
    found = [row for _, row in rows_of(whole)]
    days = [str(row["checked"])[:10] for row in (whole, *found) if "checked" in row]
    checked = max(days)
    age = (today - datetime.date.fromisoformat(checked)).days
    return Table(name, whole["title"], len(found), whole["source"], checked, age)


def rows_of(whole: Row) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a table, each with the name of its array or table; plain lists are one row."""
    nested = (v[0] if isinstance(v, list) and v else v for v in whole.values())
    if not any(isinstance(value, Mapping) for value in nested):
        yield "", {key: value for key, value in whole.items() if key not in ("title", *_DATED)}
    for key, value in whole.items():
        if isinstance(value, list):
            yield from ((key, row) for row in value if isinstance(row, Mapping))
        elif isinstance(value, Mapping):
            parts = [(f"{key}.{name}", part) for name, part in value.items() if _is_row(part)]
            yield from parts or [(key, value)]


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and "source" in value


def table_rows(today: datetime.date) -> list[tuple[str, ...]]:
    """Return a row for each table, for a list."""
    return [
        (t.name, str(t.rows), t.checked, f"{_days(t.age)}{', older than a year' if t.old else ''}", t.source, t.title)
        for t in tables(today)
    ]


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def known(name: str) -> str:
    """Return the name of a table; raises UsageError for any other word."""
    names = table_names()
    if name not in names:
        raise UsageError(f"no table is named {code(name)}{hint(name, names)}")
    return name


def lines_of(name: str) -> list[tuple[str, ...]]:
    """Return the rows of a table for a list: place, content, date and certainty, source."""
    whole = table(known(name))
    found: list[tuple[str, ...]] = []
    for place, row in rows_of(whole):
        dated = {key: row.get(key, whole[key]) for key in _DATED}
        label = next((_text(row[key]) for key in _LABELS if key in row), "")
        rest = ", ".join(f"{key}={_text(value)}" for key, value in row.items() if key not in _DATED)
        what = rest if len(rest) <= 160 else f"{rest[:157]}..."
        found.append((place, label[:40], what, str(dated["checked"])[:10], dated["confidence"], dated["source"]))
    return found


def object_of(name: str, today: datetime.date) -> dict[str, Any]:
    """Return the JSON object of a table, with its rows unchanged."""
    whole = table(known(name))
    content = [{"in": place, **_plain(row)} for place, row in rows_of(whole)]
    return {**_table(name, today).as_object(), "content": content}


def _plain(value: Any) -> Any:
    """Return a value with its dates as text."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_text(part) for part in value)
    if isinstance(value, Mapping):
        return " ".join(f"{key}:{_text(part)}" for key, part in value.items())
    return str(value)
