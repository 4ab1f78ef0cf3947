"""The SQL queries of the report on the results of a run, and on an earlier run for comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from msgspec import Struct

from zr4lint.app.errors import UsageError
from zr4lint.fleet.addresses import shown
from zr4lint.fleet.rows import FILES, FINDINGS
from zr4lint.fleet.store import Run, Store


class Totals(Struct, frozen=True):
    """The totals of a run. `unlinted` files have an error instead of findings; the score is `points` of `of`."""

    files: int
    unlinted: int
    repositories: int
    findings: int
    errors: int
    warnings: int
    infos: int
    conflicts: int
    suppressed: int
    points: float | None
    of: float | None


class RuleCount(Struct, frozen=True):
    """The number of findings of a rule, and of files with them; `before` is None without an earlier run."""

    code: str
    name: str
    severity: str
    findings: int
    files: int
    before: int | None = None


class RepositoryScore(Struct, frozen=True):
    """A repository, its files and findings; `score` is a percentage, or None if no pack gives a score."""

    repository: str
    files: int
    errors: int
    warnings: int
    infos: int
    score: float | None
    errors_before: int | None = None
    score_before: float | None = None


class Change(Struct, frozen=True):
    """The difference of two runs: new, gone and unchanged findings in files of both runs, and files of only one."""

    new: int
    gone: int
    same: int
    files_new: int
    files_gone: int


class Unlinted(Struct, frozen=True):
    """A file that could not be linted, and the reason."""

    url: str
    error: str


_TOTALS = """
select count(*), count(error), count(distinct repository), coalesce(sum(errors + warnings + infos), 0),
  coalesce(sum(errors), 0), coalesce(sum(warnings), 0), coalesce(sum(infos), 0), coalesce(sum(conflicts), 0),
  coalesce(sum(suppressed), 0), sum(points), sum("of")
from {run}_files
"""

_COUNTED = "(select * from {run}_findings where not suppressed and conflict is null)"

_RULES = """
with
  now as (select code, min(name) as name, mode(severity) as severity, count(*) as findings,
          count(distinct url) as files from {now} group by code),
  earlier as (select code, min(name) as name, mode(severity) as severity, count(*) as findings
          from {before} group by code)
select coalesce(now.code, earlier.code) as code, coalesce(now.name, earlier.name),
  coalesce(now.severity, earlier.severity), coalesce(now.findings, 0) as count, coalesce(now.files, 0),
  coalesce(earlier.findings, 0)
from now full join earlier on now.code = earlier.code
order by count desc, code
"""

_REPOSITORIES = """
with
  now as (select repository, count(*) as files, sum(errors) as errors, sum(warnings) as warnings, sum(infos) as infos,
          100 * sum(points) / nullif(sum("of"), 0) as score from now_files where error is null group by repository),
  earlier as (select repository, sum(errors) as errors, 100 * sum(points) / nullif(sum("of"), 0) as score
          from before_files where error is null group by repository)
select now.repository, now.files, now.errors, now.warnings, now.infos, now.score, earlier.errors, earlier.score
from now left join earlier on now.repository = earlier.repository
order by now.score asc nulls last, now.errors desc, now.warnings desc, now.infos desc, now.repository
"""

_CHANGE = """
with
  both_ as (select url from now_files where error is null
            intersect select url from before_files where error is null),
  now as (select url, fingerprint from {now} where url in (from both_)),
  earlier as (select url, fingerprint from {before} where url in (from both_))
select
  (select count(*) from (from now except all from earlier)),
  (select count(*) from (from earlier except all from now)),
  (select count(*) from (from now intersect all from earlier)),
  (select count(*) from (select url from now_files except select url from before_files)),
  (select count(*) from (select url from before_files except select url from now_files))
"""

_UNLINTED = "select url, error from now_files where error is not null order by url"


class Results:
    """The results of a run and optionally an earlier run; `missing` is the number of unfinished parts."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, run: Run, missing: int, *, compares: bool) -> None:
        self._connection = connection
        self.run = run
        self.missing = missing
        self.compares = compares

    def totals(self, run: str = "now") -> Totals:
        """Return the totals of the run, or with "before" of the earlier run."""
        return Totals(*self._all(_TOTALS.format(run=run))[0])

    def rules(self) -> list[RuleCount]:
        """Return the rules with findings, those with the most findings first."""
        rows = self._all(_RULES.format(now=_COUNTED.format(run="now"), before=_COUNTED.format(run="before")))
        return [RuleCount(*row) if self.compares else RuleCount(*row[:-1]) for row in rows]

    def repositories(self, most: int) -> list[RepositoryScore]:
        """Return the repositories, lowest score first; without scores, those with the most errors first."""
        rows = self._all(f"{_REPOSITORIES} limit ?", [most])
        return [RepositoryScore(*row) for row in rows]

    def repository_count(self) -> int:
        """Return the number of repositories with a linted file."""
        (count,) = self._all("select count(distinct repository) from now_files where error is null")[0]
        return int(count)

    def unlinted(self, most: int) -> list[Unlinted]:
        """Return files that could not be linted."""
        return [Unlinted(*row) for row in self._all(f"{_UNLINTED} limit ?", [most])]

    def change(self) -> Change | None:
        """Return the differences from the earlier run, or None without an earlier run."""
        if not self.compares:
            return None
        now, before = _COUNTED.format(run="now"), _COUNTED.format(run="before")
        return Change(*self._all(_CHANGE.format(now=now, before=before))[0])

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, [*values]).fetchall()


@contextmanager
def opened(address: str, against: str | None = None) -> Iterator[Results]:
    """Yield the results of a run, compared to an earlier run if `against` names it.

    Raises UsageError if there are no results.
    """
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
    try:
        run, missing = _registered(connection, "now", address)
        if against is not None:
            _registered(connection, "before", against)
        else:
            connection.register("before_files", FILES.empty_table())
            connection.register("before_findings", FINDINGS.empty_table())
        yield Results(connection, run, missing, compares=against is not None)
    except (duckdb.Error, pa.ArrowException) as error:
        raise UsageError(f"{shown(address)}: its results can't be read: {str(error).splitlines()[0]}") from None
    finally:
        connection.close()


def _registered(connection: duckdb.DuckDBPyConnection, name: str, address: str) -> tuple[Run, int]:
    """Load the results at an address as tables named `name`; return the run and the number of missing parts."""
    store = Store(address)
    run = store.read_run()
    if run is None:
        raise UsageError(f"{shown(address)}: no results of zr4lint fleet run found")
    done = store.done()
    parts = [part for part in run.parts if part in done]
    for kind, schema in (("files", FILES), ("findings", FINDINGS)):
        paths = [store.path(kind, f"{part}.parquet") for part in parts]
        rows: Any = schema.empty_table()
        if paths:
            rows = ds.dataset(paths, schema=schema, format="parquet", filesystem=store.files)
        connection.register(f"{name}_{kind}", rows)
    return run, len(run.parts) - len(parts)
