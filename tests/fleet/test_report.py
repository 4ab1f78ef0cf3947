"""The report on results: rules by count, repositories by score, and the change since an earlier run."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from tests.inprocess import call
from tests.report.test_page import Read
from tests.test_cli import complaint, save
from zr4lint.fleet.rows import Answer, FileRow, FindingRow
from zr4lint.fleet.store import Run, Store

HOSTILE = "https://example.org/<script>alert(1)</script>\x1b[31m\u202e\n::error::x"


def finding(
    url: str, repository: str, code: str, severity: str, number: int, *, suppressed: bool = False
) -> FindingRow:
    return FindingRow(
        url=url,
        repository=repository,
        code=code,
        name=f"name-{code.lower()}",
        severity=severity,
        message=f"message {number}",
        line=number,
        column=1,
        end_line=number,
        end_column=5,
        suppressed=suppressed,
        conflict=None,
        fix=None,
        fingerprint=f"{code}-{number}",
    )


def answer(name: str, repository: str, counts: dict[str, int], points: float | None = None) -> Answer:
    """Return a file with this many findings of each rule: errors of E rules, warnings of others."""
    url = f"{repository}#{name}"
    levels = {code: "error" if code.startswith("E") else "warning" for code in counts}
    found = tuple(
        finding(url, repository, code, levels[code], number)
        for code, count in counts.items()
        for number in range(count)
    )
    row = FileRow(
        url=url,
        repository=repository,
        path=name,
        packs=("core",),
        errors=sum(f.severity == "error" for f in found),
        warnings=sum(f.severity == "warning" for f in found),
        points=points,
        of=None if points is None else 60.0,
    )
    return Answer(row, found)


def unlinted(url: str, error: str) -> Answer:
    return Answer(FileRow(url=url, repository="https://example.org/broken", path=url, error=error))


def results(folder: Path, parts: dict[str, list[Answer]], missing: tuple[str, ...] = ()) -> Path:
    store = Store(str(folder))
    store.prepare()
    entries = sum(map(len, parts.values())) + len(missing)
    run = Run(zr4lint="1.2.3", packs=("core", "ml"), order="x", entries=entries, parts=(*parts, *missing))
    store.write_run(run)
    for name, answers in parts.items():
        store.write(name, answers)
    return folder


@pytest.fixture
def now(tmp_path: Path) -> Path:
    return results(
        tmp_path / "now",
        {
            "a": [
                answer("Dockerfile", "https://example.org/good", {"W1": 1}, 57.0),
                answer("Dockerfile", "https://example.org/bad", {"E1": 3, "W1": 2}, 15.0),
                answer("x/Dockerfile", "https://example.org/bad", {"E1": 1}, 15.0),
            ],
            "b": [
                answer("Dockerfile", "team/unscored", {"E2": 1200}),
                unlinted("https://example.org/broken#Dockerfile", "a binary file"),
            ],
        },
    )


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return results(
        tmp_path / "before",
        {
            "a": [
                answer("Dockerfile", "https://example.org/good", {"W1": 3, "E9": 1}, 30.0),
                answer("Dockerfile", "https://example.org/bad", {"E1": 1, "W1": 2}, 24.0),
                answer("gone/Dockerfile", "https://example.org/bad", {"E1": 5}, 24.0),
            ]
        },
    )


TEXT = """\
now: 5 files in 4 repositories, 1 not linted
1,204 errors, 3 warnings, 0 infos
score 48.3 of 100
zr4lint 1.2.3, packs core, ml

Rules by count
RULE                FINDINGS  FILES  SEVERITY  NAME
E2    ████████████     1,200      1  error     name-e2
E1    ▏                    4      2  error     name-e1
W1    ▏                    3      2  warning   name-w1

Repositories by score
SCORE  ERRORS  WARNINGS  INFOS  FILES  REPOSITORY
 25.0       4         2      0      2  https://example.org/bad
 95.0       0         1      0      1  https://example.org/good
        1,200         0      0      1  team/unscored

Not linted
  https://example.org/broken#Dockerfile: a binary file
"""

AGAINST = """\
now: 5 files in 4 repositories, 1 not linted
1,204 errors, 3 warnings, 0 infos
score 48.3 of 100
zr4lint 1.2.3, packs core, ml
against before: 2 findings new, 3 gone, 4 as before; 3 files new, 1 gone

Rules by count
RULE                BEFORE  CHANGE  FINDINGS  FILES  SEVERITY  NAME
E2    ████████████       0  +1,200     1,200      1  error     name-e2
E1    ▏                  6      -2         4      2  error     name-e1
W1    ▏                  5      -2         3      2  warning   name-w1
E9                       1      -1         0      0  error     name-e9

Repositories by score
SCORE  CHANGE  ERRORS  WARNINGS  INFOS  FILES  REPOSITORY
 25.0   -15.0       4         2      0      2  https://example.org/bad
 95.0   +45.0       0         1      0      1  https://example.org/good
                1,200         0      0      1  team/unscored

Not linted
  https://example.org/broken#Dockerfile: a binary file
"""


def test_as_text(now: Path) -> None:
    done = call("fleet", "report", "now", cwd=now.parent)
    assert (done.code, done.err) == (0, "")
    assert done.out == TEXT
    assert max(map(len, done.out.splitlines())) <= 80


def test_against_an_earlier_run(now: Path, before: Path) -> None:
    done = call("fleet", "report", "now", "--against", "before", cwd=now.parent)
    assert done.out == AGAINST


def test_the_same_run_has_not_changed(now: Path) -> None:
    done = call("fleet", "report", "now", "--against", "now", cwd=now.parent)
    assert "against now: 0 findings new, 0 gone, 1,207 as before; 0 files new, 0 gone" in done.out


def test_how_much_is_shown(now: Path) -> None:
    done = call("fleet", "report", "now", "--top", "1", cwd=now.parent)
    assert "name-e2\nand 2 more rules\n" in done.out
    assert "https://example.org/bad\nand 2 more repositories\n" in done.out


def test_no_findings_and_no_scores(tmp_path: Path) -> None:
    results(tmp_path / "clean", {"a": [answer("Dockerfile", "team/clean", {})]})
    done = call("fleet", "report", "clean", cwd=tmp_path)
    assert done.out == (
        "clean: 1 file in 1 repository\n0 errors, 0 warnings, 0 infos\nzr4lint 1.2.3, packs core, ml\n\n"
        "Repositories by errors\n"
        "ERRORS  WARNINGS  INFOS  FILES  REPOSITORY\n"
        "     0         0      0      1  team/clean\n"
    )


def test_parts_that_are_missing_or_of_another_run(tmp_path: Path) -> None:
    folder = results(tmp_path / "half", {"a": [answer("Dockerfile", "team/a", {"E1": 1})]}, ("b", "c"))
    Store(str(folder)).write("other", [answer("Dockerfile", "team/other", {"E1": 9})])
    done = call("fleet", "report", "half", cwd=tmp_path)
    assert "half: 1 file in 1 repository\n1 error, " in done.out
    assert "not complete: 2 of 3 parts are missing; run it again\n" in done.out


def test_results_without_any_part(tmp_path: Path) -> None:
    results(tmp_path / "none", {}, ("a",))
    done = call("fleet", "report", "none", cwd=tmp_path)
    assert done.out.startswith("none: 0 files in 0 repositories\n0 errors, 0 warnings, 0 infos\n")


def test_what_is_no_result(tmp_path: Path) -> None:
    assert complaint(call("fleet", "report", "none", cwd=tmp_path)) == "none: no results of zr4lint fleet run found"
    save(tmp_path / "bad" / "run.json", "{")
    assert complaint(call("fleet", "report", "bad", cwd=tmp_path)).startswith("bad: run.json can't be read: ")
    folder = results(tmp_path / "broken", {"a": [answer("Dockerfile", "team/a", {})]})
    (folder / "files" / "a.parquet").write_bytes(b"PAR1")
    assert complaint(call("fleet", "report", "broken", cwd=tmp_path)).startswith("broken: its results can't be read: ")


def test_hostile_names_in_text(tmp_path: Path) -> None:
    results(tmp_path / "now", {"a": [answer(HOSTILE, HOSTILE, {"E1": 1}), unlinted(HOSTILE, HOSTILE)]})
    done = call("fleet", "report", "now", cwd=tmp_path)
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out
    assert not any(line.lstrip().startswith("::") for line in done.out.splitlines())


@pytest.fixture
def page(now: Path, before: Path) -> str:
    done = call("fleet", "report", "now", "--against", "before", "--format", "html", "-o", "page.html", cwd=now.parent)
    assert (done.code, done.out, done.err) == (0, "", "")
    return (now.parent / "page.html").read_text(encoding="utf-8")


def test_the_page_says_what_the_text_says(page: str) -> None:
    cells = [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", page)
    ]
    for row in (
        ["E1", "name-e1", "error", "6", "-2", "4", "2", ""],
        ["E9", "name-e9", "error", "1", "-1", "0", "0", ""],
        ["https://example.org/bad", "2", "4", "-2", "2", "0", "25.0", "-15.0", ""],
        ["team/unscored", "1", "1,200", "new", "0", "0", "–", "–", ""],
        ["errors", "7", "1,204", "+1,197"],
    ):
        assert row in cells
    assert "https://example.org/broken#Dockerfile: a binary file" in Read(page).of_class("errors")[0]


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    read = Read(page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    (policy,) = (a["content"] or "" for tag, a, _ in read.elements if a.get("http-equiv"))
    assert f"'sha256-{b64encode(sha256(style[1].encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; style-src")
    assert "script" not in policy
    assert not {tag for tag, _, _ in read.elements} & {"script", "img", "link", "iframe", "object", "form"}
    assert not any(name == "style" or name.startswith("on") for _, a, _ in read.elements for name in a)


def test_the_page_draws_counts_to_scale(page: str) -> None:
    widths = [(a["class"], a["width"]) for tag, a, _ in Read(page).elements if tag == "rect"]
    assert widths[:4] == [("error", "100.00"), ("before", "0.00"), ("error", "0.33"), ("before", "0.50")]
    assert ("good", "25.00") in widths


@pytest.mark.slow
def test_two_pages_are_the_same(now: Path) -> None:
    first, second = (call("fleet", "report", "now", "--format", "html", cwd=now.parent) for _ in range(2))
    assert first == second
    assert "Before" not in first.out


def test_hostile_names_in_the_page(tmp_path: Path) -> None:
    results(tmp_path / "now", {"a": [answer(HOSTILE, HOSTILE, {"E1": 1}), unlinted(HOSTILE, HOSTILE)]})
    page = call("fleet", "report", "now", "--format", "html", cwd=tmp_path).out
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert not [a for tag, a, _ in Read(page).elements if tag == "a"]  # links only to plain URLs
    linked = results(tmp_path / "l", {"a": [answer("D", "https://example.org/a", {}), answer("D", "javascript:x", {})]})
    page = call("fleet", "report", linked, "--format", "html", cwd=tmp_path).out
    assert [a["href"] for tag, a, _ in Read(page).elements if tag == "a"] == ["https://example.org/a"]


@pytest.mark.slow
@pytest.mark.parametrize("args", [("run", "-o", "x", "."), ("report", "x")])
def test_without_its_packages_it_says_what_to_install(tmp_path: Path, args: tuple[str, ...]) -> None:
    root = Path(__file__).parents[2]
    for name in ("pyarrow", "distributed", "duckdb", "fsspec"):
        save(tmp_path / name / "__init__.py", f"raise ModuleNotFoundError('no', name='{name}')\n")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]; sys.argv = ['zr4lint', 'fleet', *{args!r}]; "
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{code}import zr4lint.__main__ as m; m.main()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'zr4lint: zr4lint fleet needs pip install "zr4lint[fleet]"\n'
