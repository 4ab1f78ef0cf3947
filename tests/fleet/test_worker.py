"""A worker returns every file of a part once, with the findings of the plain run."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.fleet.results import bare, corpus, git, plainly_told, told
from tests.support.ending import until
from tests.support.slow import SLOW
from tests.test_cli import CONFORMING, WRONG_TORCH, save
from zr4lint.app.errors import UsageError
from zr4lint.app.run import Request
from zr4lint.app.task import Options
from zr4lint.fleet.addresses import shown
from zr4lint.fleet.entries import Entry, FileEntry, RepositoryEntry
from zr4lint.fleet.judging import Careful
from zr4lint.fleet.manifest import entry
from zr4lint.fleet.order import Desk, Order
from zr4lint.fleet.plan import plan, sources
from zr4lint.fleet.store import Store
from zr4lint.fleet.worker import answer_part, answers
from zr4lint.project import Layer
from zr4lint.project.discovery import Input
from zr4lint.project.settings import COMMAND_LINE, from_options

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.fleet.rows import Answer


def answered(entries: list[Entry], request: Request | None = None, *, careful: bool = False) -> dict[str, Answer]:
    """Return the result of each file by its URL, and check that each file has one."""
    order = Order.of(request or Request())
    found = [one for part in plan(entries, order.name).parts for one in answers(part, Desk(order), careful=careful)]
    by_url = {one.file.url: one for one in found}
    assert len(by_url) == len(found)
    return by_url


def errors(found: dict[str, Answer]) -> dict[str, str | None]:
    return {url: one.file.error for url, one in found.items()}


def codes(one: Answer) -> set[str]:
    return {finding.code for finding in one.findings}


@pytest.mark.slow
@pytest.mark.parametrize("careful", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_paths_have_the_findings_of_the_plain_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, careful: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus(tmp_path / "here", 12)
    order = Order.of(Request())
    parts = plan(sources(Request(paths=("here",)), (), Desk(order)), order.name, 5).parts
    store = Store("out")
    store.prepare()
    for part in parts:
        answer_part(part, order.packed(), "out", careful=careful)
    assert store.done() == {part.name for part in parts}
    assert told(tmp_path / "out") == plainly_told("here", cwd=tmp_path)


def test_what_a_file_is_and_how_it_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secret = "ghp_" + "a1B2" * 9
    save(tmp_path / "a" / "Dockerfile.zr4", WRONG_TORCH)
    save(tmp_path / "b" / "Dockerfile", f"FROM ubuntu:22.04\nENV TOKEN={secret}\nRUN echo é\n")
    found = answered([entry({"url": "a/Dockerfile.zr4"}), entry({"url": "b/Dockerfile", "repository": "team/b"})])
    zr4, plain = found["a/Dockerfile.zr4"], found["b/Dockerfile"]
    assert zr4.file.packs == ("core", "ml", "zr4")
    assert (zr4.file.met, zr4.file.total) == (50, 52)
    assert zr4.file.of == 60
    assert zr4.file.points is not None
    assert 50 < zr4.file.points < 60
    assert zr4.file.errors == sum(f.severity == "error" and not f.conflict for f in zr4.findings) > 0
    assert (plain.file.repository, plain.file.points, plain.file.lines) == ("team/b", None, 3)
    assert plain.file.bytes == len(f"FROM ubuntu:22.04\nENV TOKEN={secret}\nRUN echo é\n".encode())
    assert any("secret" in f.name for f in plain.findings)
    assert not any(secret in f.message for f in plain.findings)


def test_what_can_not_be_linted_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile.binary").write_bytes(b"FROM a\0\n")
    save(tmp_path / "Dockerfile.large", "FROM a\n" * 100)
    save(tmp_path / "notes.txt", "FROM a\n")
    os.mkfifo(tmp_path / "Dockerfile.pipe")
    names = ("Dockerfile.binary", "Dockerfile.large", "notes.txt", "Dockerfile.pipe", "Dockerfile.none", "x\x85/é")
    found = answered([entry({"url": name}) for name in names], Request(max_size=500))
    assert errors(found) == {
        "Dockerfile.binary": "a binary file, or text that is not UTF-8: it holds NUL bytes",
        "Dockerfile.large": "larger than 500 bytes; --max-size sets another limit",
        "notes.txt": "no pack matches; pass --pack (core, ml, zr4)",
        "Dockerfile.pipe": "not a regular file",
        "Dockerfile.none": "no such file",
        "x\x85/é": "no pack matches; pass --pack (core, ml, zr4)",
    }
    assert not any(one.findings for one in found.values())


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "Dockerfile.slow", SLOW)
    save(tmp_path / "Dockerfile", "FROM scratch\n")
    found = answered([entry({"url": "Dockerfile.slow"}), entry({"url": "Dockerfile"})], Request(max_time=1))
    assert errors(found) == {
        "Dockerfile.slow": "skipped: takes more than 1 seconds (--max-time)",
        "Dockerfile": None,
    }


def test_a_name_that_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    save(tmp_path / os.fsdecode(b"caf\xe9") / "Dockerfile", "FROM ubuntu\n")
    order = Order.of(Request())
    found = answered([*sources(Request(paths=(".",)), (), Desk(order))])
    assert [*found] == ["caf\\udce9/Dockerfile"]
    assert codes(found["caf\\udce9/Dockerfile"])


def test_own_packs_and_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(
        tmp_path / "own.toml",
        'name = "own"\ntitle = "Own"\nfiles = ["Dockerfile"]\n\n[[rule]]\ncode = "OW1"\nname = "own-base"\n'
        'level = "error"\ncheck = "grep"\npatterns = ["scratch"]\nsummary = "x"\nwhy = "y"\n',
    )
    save(tmp_path / "Dockerfile", "FROM ubuntu\n")
    entries: list[Entry] = [entry({"url": "Dockerfile"})]
    shipped = from_options({"packs": ("core",), "ignore": ("ZC101",)})
    found = answered(entries, Request(given=shipped))
    assert found["Dockerfile"].file.packs == ("core",)
    assert "ZC101" not in codes(found["Dockerfile"])
    with pytest.raises(UsageError, match="no rule has the code or the name `ZX999`"):
        Order.of(Request(given=from_options({"select": ("ZX999",)})))
    with pytest.raises(UsageError, match="no pack has this name"):
        Order.of(Request(given=from_options({"packs": ("none",)})))


def test_an_order_has_a_name_that_only_what_matters_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plain = Request()
    other = [
        Request(given=from_options({"packs": ("core",)})),
        Request(given=from_options({"ignore": ("ZC101",)})),
        Request(max_size=100),
        Request(max_time=7),
        Request(suppressions=False),
    ]
    names = [Order.of(request).name for request in (plain, *other)]
    assert len({*names}) == len(names)
    assert Order.of(Request(paths=("x",), given=Layer(COMMAND_LINE))).name == names[0]


def test_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    repository = bare(tmp_path, {"docker/Dockerfile.zr4": CONFORMING, "Dockerfile": "FROM ubuntu\n"})
    url = repository.as_uri()
    found = answered([entry({"repository": url})])
    assert errors(found) == {
        f"{url}#Dockerfile": None,
        f"{url}#Dockerfile.binary": "a binary file, or text that is not UTF-8: it holds NUL bytes",
        f"{url}#docker/Dockerfile.zr4": None,
    }
    rows = [one.file for one in found.values()]
    assert {row.repository for row in rows} == {url}
    assert len({row.commit for row in rows}) == 1
    assert rows[0].commit is not None
    assert len(rows[0].commit) == 40
    assert [row.path for row in rows] == ["Dockerfile", "Dockerfile.binary", "docker/Dockerfile.zr4"]
    assert found[f"{url}#docker/Dockerfile.zr4"].file.met == 52
    assert not (tmp_path / "git").exists()


@pytest.mark.parametrize(
    ("more", "paths", "first"),
    [
        ({"ref": "first"}, ["Dockerfile", "docker/Dockerfile.zr4"], "before"),
        ({"ref": "main", "path": "Dockerfile"}, ["Dockerfile"], "ubuntu"),
        ({"path": "docker/*"}, ["docker/Dockerfile.zr4"], ""),
    ],
)
def test_a_ref_and_a_path(tmp_path: Path, more: dict[str, str], paths: list[str], first: str) -> None:
    repository = bare(tmp_path, {"docker/Dockerfile.zr4": CONFORMING, "Dockerfile": "FROM ubuntu\n"})
    found = answered([entry({"repository": str(repository), **more})])
    assert [one.file.path for one in found.values()] == paths
    assert [one.file.error for one in found.values()] == [None] * len(paths)
    if first:
        assert any(first in f.message for one in found.values() for f in one.findings)


def test_repositories_that_can_not_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    repository = bare(tmp_path, {"Dockerfile": "FROM ubuntu\n"})
    empty = bare(save(tmp_path / "empty" / "x", "").parent, {"main.py": ""})
    git("branch", "--quiet", "plain", "first", cwd=empty)
    found = answered(
        [
            entry({"repository": "none.git"}),
            entry({"repository": "https://user:pa55@127.0.0.1:1/a.git"}),
            entry({"repository": str(repository), "ref": "none"}),
            entry({"repository": str(repository), "path": "none/Dockerfile"}),
            entry({"repository": str(empty), "ref": "plain"}),
        ]
    )
    told_of = {url.replace(str(tmp_path), "T"): error or "" for url, error in errors(found).items()}
    assert [*told_of] == [
        "none.git#",
        "https://***@127.0.0.1:1/a.git#",
        "T/bare.git#",
        "T/bare.git#none/Dockerfile",
        "T/empty/bare.git#",
    ]
    assert "does not appear to be a git repository" in told_of["none.git#"]
    assert "unable to access" in told_of["https://***@127.0.0.1:1/a.git#"]
    assert "pa55" not in told_of["https://***@127.0.0.1:1/a.git#"]
    assert told_of["T/bare.git#"] == "couldn't find remote ref none"
    assert told_of["T/bare.git#none/Dockerfile"] == "no Dockerfiles matching a pack found"
    assert told_of["T/empty/bare.git#"] == "no Dockerfiles matching a pack found"


def test_a_repository_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks of a template, of the repository and of the user's configuration do not run."""
    repository = bare(tmp_path, {"Dockerfile": "FROM ubuntu\n", ".gitattributes": "* filter=evil\n"})
    trap = tmp_path / "sprung"
    hooks = tmp_path / "template" / "hooks"
    for folder in (hooks, repository / "hooks"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
            save(folder / name, f"#!/bin/sh\ntouch {trap}\n").chmod(0o755)
    configuration = save(
        tmp_path / "gitconfig",
        f"[init]\ntemplateDir = {hooks.parent}\n[core]\nhooksPath = {hooks}\nfsmonitor = {hooks}/fsmonitor-watchman\n"
        f'[filter "evil"]\nsmudge = touch {trap}\n',
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    monkeypatch.setenv("GIT_DIR", str(repository))
    found = answered([entry({"repository": str(repository)})])
    assert f"{repository}#Dockerfile" in found
    assert not trap.exists()


class Quiet(SimpleHTTPRequestHandler):
    """A server that logs no requests and does not support ranges."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """Serve a folder `web` and return its address."""
    (tmp_path / "web").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_urls(tmp_path: Path, web: str) -> None:
    save(tmp_path / "web" / "a" / "Dockerfile", "FROM ubuntu\nCOPY none /\n")
    save(tmp_path / "web" / "large" / "Dockerfile", "FROM ubuntu\n" * 100_000)
    names = ("a/Dockerfile?token=1", "large/Dockerfile", "none/Dockerfile", "a/notes.txt")
    found = answered([entry({"url": f"{web}/{name}"}) for name in names], Request(max_size=1_000))
    assert {url.removeprefix(web): error for url, error in errors(found).items()} == {
        "/a/Dockerfile?token=1": None,
        "/large/Dockerfile": "larger than 1000 bytes; --max-size sets another limit",
        "/none/Dockerfile": "no such file",
        "/a/notes.txt": "no such file",
    }
    one = found[f"{web}/a/Dockerfile?token=1"]
    assert one.file.repository == f"{web}/a"
    assert "ZR1003" not in codes(one)
    assert not any("COPY" in f.message and "none" in f.message for f in one.findings)


def test_a_server_that_is_not_there() -> None:
    found = answered([entry({"url": "http://127.0.0.1:1/Dockerfile"})])
    (error,) = errors(found).values()
    assert error is not None
    assert error.startswith("can't be read: ")
    assert "\n" not in error


def test_urls_on_the_command_line(tmp_path: Path, web: str) -> None:
    repository = bare(tmp_path, {"Dockerfile": "FROM ubuntu\n"})
    desk = Desk(Order.of(Request()))
    found = [*sources(Request(paths=(f"{web}/Dockerfile", f"git+file://{repository}")), (), desk)]
    assert found == [
        FileEntry.of(f"{web}/Dockerfile", f"{web}/Dockerfile", web),
        RepositoryEntry(f"file://{repository}", f"file://{repository}"),
    ]
    with pytest.raises(UsageError, match="its protocol is not one of"):
        [*sources(Request(paths=("zip://a::https://example.org/b.zip",)), (), desk)]
    with pytest.raises(UsageError, match=r"none: no such file"):
        [*sources(Request(paths=("none",)), (), desk)]


@pytest.mark.thorough
def test_a_careful_process_that_is_killed_costs_one_file_its_findings(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile.slow", SLOW)
    save(tmp_path / "Dockerfile", "FROM ubuntu\n")
    desk = Desk(Order.of(Request(max_time=600)))
    paths = [str(tmp_path / name) for name in ("Dockerfile", "Dockerfile.slow", "Dockerfile")]
    tasks = [desk.task(Input(path, path), path, str(tmp_path), Options(max_time=600)) for path in paths]
    with Careful(600) as careful:
        threading.Thread(target=_kill_what_grows, args=(120_000_000,), daemon=True).start()
        results = [*careful([task for task in tasks if task is not None])]
    assert [result.error for result in results] == [None, "not linted: its process was killed", None]
    assert results[0].report is not None
    assert results[0].report.findings


def _kill_what_grows(most: int) -> None:
    """Kill the first child of this process that uses more memory, as a system without memory does."""

    def killed() -> bool:
        for child in psutil.Process().children():
            if child.memory_info().rss > most and "serve()" in child.cmdline()[-1]:
                child.send_signal(signal.SIGKILL)
                return True
        return False

    until(killed)


def test_each_entry_is_answered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(7):
        save(tmp_path / str(number) / "Dockerfile", "FROM ubuntu\n")
    desk = Desk(Order.of(Request()))
    manifest = save(tmp_path / "m.csv", "url\n0/Dockerfile\n./1/Dockerfile\nnone/Dockerfile\n0/Dockerfile\n")
    planned = plan(sources(Request(paths=(".",)), (str(manifest),), desk), desk.order.name, 3)
    assert (planned.entries, planned.doubles) == (8, 3)
    assert [part.count for part in planned.parts] == [3, 3, 2]
    again = plan(sources(Request(paths=(".",)), (str(manifest),), desk), desk.order.name, 3)
    assert again == planned
    other = plan(sources(Request(paths=(".",)), (str(manifest),), desk), "another order", 3)
    assert {part.name for part in other.parts}.isdisjoint(part.name for part in planned.parts)


def test_addresses_in_errors_are_masked() -> None:
    assert "pa55" not in shown("fatal: unable to access 'https://u:pa55@h/x/'")
