"""Manifests: each form, and hostile text in one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.test_cli import save
from zr4lint.app.errors import UsageError
from zr4lint.fleet.addresses import AddressError, shown
from zr4lint.fleet.entries import FileEntry, RepositoryEntry, packed, unpacked
from zr4lint.fleet.manifest import entry, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

ROWS: list[dict[str, str | None]] = [
    {"url": "https://example.org/a/Dockerfile", "repository": None, "ref": None, "path": None},
    {"url": "/srv/b/Dockerfile", "repository": "https://example.org/b", "ref": None, "path": None},
    {"url": None, "repository": "https://example.org/c.git", "ref": "main", "path": "docker/Dockerfile"},
    {"url": None, "repository": "git@example.org:d.git", "ref": None, "path": None},
]
ENTRIES = [
    FileEntry.of("https://example.org/a/Dockerfile", "https://example.org/a/Dockerfile", "https://example.org/a"),
    FileEntry.of("/srv/b/Dockerfile", "/srv/b/Dockerfile", "https://example.org/b"),
    RepositoryEntry("https://example.org/c.git", "https://example.org/c.git", "main", "docker/Dockerfile"),
    RepositoryEntry("git@example.org:d.git", "git@example.org:d.git"),
]


def csv(path: Path) -> None:
    lines = [",".join(("more", *ROWS[0])), *(",".join(("x", *(value or "" for value in row.values()))) for row in ROWS)]
    path.write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")


def jsonl(path: Path) -> None:
    path.write_text("".join(f"{json.dumps(row | {'stars': 3})}\n\n" for row in ROWS))


def parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([row | {"stars": 3} for row in ROWS]), path)


@pytest.mark.parametrize(("name", "write"), [("m.csv", csv), ("m.jsonl", jsonl), ("m.PARQUET", parquet)])
def test_each_form_names_the_same(tmp_path: Path, name: str, write: Any) -> None:
    write(tmp_path / name)
    found = [*read_manifest(str(tmp_path / name))]
    assert found == ENTRIES
    assert unpacked(packed(found)) == found


def test_relative_paths_are_found_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = entry({"url": "a/Dockerfile"})
    assert isinstance(found, FileEntry)
    assert (found.address, found.shown, found.repository) == (f"{tmp_path}/a/Dockerfile", "a/Dockerfile", "a")
    local = entry({"repository": "a.git"})
    assert isinstance(local, RepositoryEntry)
    assert (local.url, local.shown) == (f"{tmp_path}/a.git", "a.git")


WRONG = [
    ({}, "neither url nor repository is given"),
    ({"url": " ", "repository": ""}, "neither url nor repository is given"),
    ({"url": 3}, "column url: not a text"),
    ({"url": "--output=x"}, "it begins with a dash"),
    ({"url": "a\nb"}, "it holds control characters"),
    ({"url": "a\0b"}, "it holds control characters"),
    ({"url": "a\x1b[31m"}, "it holds control characters"),
    ({"url": "x" * 5_000}, "it has more than 4000 characters"),
    ({"url": "file://host/etc/passwd"}, "a file: URL needs an absolute path"),
    *(
        ({"url": url}, "its protocol is not one of abfs, abfss, az, gcs, gs, hf, http, https, s3")
        for url in (
            "sftp://host/Dockerfile",
            "github://owner:repo@main/Dockerfile",
            "reference://x",
            "zip://Dockerfile::https://example.org/a.zip",
            "simplecache::https://example.org/Dockerfile",
            "dask://x",
            "HTTPS://example.org/a",
        )
    ),
    *(
        ({"repository": url}, "its protocol is not one of file, http, https, ssh")
        for url in ("ext::sh -c id", "git://example.org/a", "fd::17", "https+x::y", "ftp://example.org/a")
    ),
    ({"repository": "--upload-pack=id"}, "it begins with a dash"),
    *(
        ({"repository": "https://example.org/a", "ref": ref}, f"{ref!r} is no branch, tag or commit")
        for ref in ("-x", "--exec=id", "a b", "a..b", "a:b", "a^{tree}", "+a", "a\nb", "/a", "a.", "*")
    ),
]


@pytest.mark.parametrize(("row", "message"), WRONG)
def test_words_that_are_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(AddressError) as refused:
        entry(row)
    assert str(refused.value) == message


@pytest.mark.parametrize("ref", ["main", "v1.2.3", "feature/x-1", "0123456789abcdef0123456789abcdef01234567", "a+b"])
def test_refs_that_git_knows(ref: str) -> None:
    found = entry({"repository": "https://example.org/a", "ref": ref})
    assert isinstance(found, RepositoryEntry)
    assert found.ref == ref


def test_passwords_and_tokens_are_not_shown() -> None:
    token = "ghp_" + "a1B2" * 9
    assert shown("https://user:pa55@example.org/a") == "https://***@example.org/a"
    assert shown(f"https://{token}@example.org/a?token={token}").count(token) == 0
    assert shown("https://example.org/a@b") == "https://example.org/a@b"
    assert shown("git@example.org:a.git") == "git@example.org:a.git"
    found = entry({"url": "https://user:pa55@example.org/Dockerfile", "repository": "https://u:p@example.org/a"})
    assert isinstance(found, FileEntry)
    assert (found.address, found.shown) == (
        "https://user:pa55@example.org/Dockerfile",
        "https://***@example.org/Dockerfile",
    )
    assert found.repository == "https://***@example.org/a"


BROKEN = [
    ("m.txt", "url\na\n", "m.txt: a manifest's name ends with .csv, .jsonl or .parquet"),
    ("m.csv", "name,stars\na,3\n", "m.csv: can't be read: it has no column url and no column repository"),
    ("m.csv", "", "m.csv: can't be read: it has no column url and no column repository"),
    ("m.csv", "url\nDockerfile\nzip://x\n", "m.csv: row 3: its protocol is not one of"),
    ("m.jsonl", '{"url": "a"}\n{"url": \n', "m.jsonl: can't be read: row 2: Input data was truncated"),
    ("m.jsonl", '["a"]\n', "m.jsonl: can't be read: row 1: Expected `object`, got `array`"),
    ("m.jsonl", '{"url": "a", "url": ["b"]}\n', "m.jsonl: row 1: column url: not a text"),
    ("m.parquet", "url\n", "m.parquet: can't be read: "),
]


@pytest.mark.parametrize(("name", "text", "message"), BROKEN)
def test_manifests_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / name, text)
    with pytest.raises(UsageError) as refused:
        [*read_manifest(name)]
    assert str(refused.value).startswith(message)


def test_a_manifest_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^none\.csv: can't be read: no such file$"):
        [*read_manifest("none.csv")]
