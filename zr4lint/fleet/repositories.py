"""Reads files of git repositories from bare, shallow fetches of the wanted files; nothing is checked out."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from zr4lint.fleet.addresses import GIT_PROTOCOLS

if TYPE_CHECKING:
    from zr4lint.fleet.entries import RepositoryEntry

MOST_FILES = 10_000
"""The most files of one repository that are linted."""

MOST_SECONDS = 300
"""The most seconds that git may take for one step."""

MOST_LISTED = 200_000_000
"""The most bytes of the file list of a repository."""

_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.askPass": "",
    "credential.interactive": "false",
    "core.fsmonitor": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "fetch.negotiationAlgorithm": "noop",
    "protocol.version": "2",
    "submodule.recurse": "false",
    "advice.detachedHead": "false",
}
"""The git options that override the user's configuration: no hooks, no prompts."""


class RepositoryError(Exception):
    """A repository that cannot be fetched; the message gives the reason."""


class Blob(Struct, frozen=True):
    """A file of a repository: its path, and its bytes, or None if it is too large."""

    path: str
    data: bytes | None


class Fetched(Struct, frozen=True):
    """A repository at a commit, and its wanted files."""

    commit: str
    blobs: Iterator[Blob]


def with_files(
    entry: RepositoryEntry, wanted: Callable[[str], bool], most: int, work: Callable[[Fetched], object]
) -> None:
    """Fetch a repository into a temporary folder and pass its wanted files to `work`.

    `most` is the size limit of a file in bytes. Raises RepositoryError if the repository cannot be fetched.
    """
    with tempfile.TemporaryDirectory(prefix="zr4lint-", ignore_cleanup_errors=True) as folder:
        git = _Git(Path(folder) / "git", Path(folder))
        git.run("init", "--quiet", "--bare", "--template=", str(git.folder), inside=False)
        filters = ("--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--filter=blob:none")
        # git fetches the blobs that a filter left out only from a named promisor remote.
        git.run("config", "remote.origin.url", entry.url)
        git.run("config", "remote.origin.promisor", "true")
        git.run("config", "remote.origin.partialclonefilter", "blob:none")
        git.run("fetch", "--quiet", *filters, "--", "origin", f"+{entry.ref or 'HEAD'}:refs/zr4lint/wanted")
        commit = git.run("rev-parse", "refs/zr4lint/wanted^{commit}").decode("ascii").strip()
        files = _chosen(git.run("ls-tree", "-r", "-z", "--full-tree", commit, most=MOST_LISTED), wanted)
        if files:
            oids = "".join(f"{oid}\n" for oid in {oid for _, oid in files})
            git.run("fetch", "--quiet", *filters, "--stdin", "origin", given=oids.encode("ascii"))
        work(Fetched(commit, git.blobs(files, most)))


def _chosen(listed: bytes, wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Return the path and the object of the wanted files, without links and submodules."""
    found: list[tuple[str, str]] = []
    for line in listed.split(b"\0"):
        match = re.match(rb"100(?:644|755|664) blob ([0-9a-f]{40,64})\t", line)
        if match is None:
            continue
        path = line[match.end() :].decode("utf-8", "backslashreplace")
        if wanted(path):
            found.append((path, match[1].decode("ascii")))
        if len(found) > MOST_FILES:
            raise RepositoryError(f"more than {MOST_FILES} files to lint")
    return found


class _Git:
    """Git with a repository in its own folder, without prompts."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self._command = ["git", *(word for key, value in _OPTIONS.items() for word in ("-c", f"{key}={value}"))]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        configured = {n: v for n, v in os.environ.items() if n in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")}
        self._environment = {
            **kept,
            **configured,
            "GIT_ALLOW_PROTOCOL": ":".join(GIT_PROTOCOLS),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_CEILING_DIRECTORIES": str(home),
            "LC_ALL": "C",
        }

    def run(self, *words: str, given: bytes = b"", inside: bool = True, most: int = 1_000_000) -> bytes:
        """Return the output of git; raises RepositoryError with its last line if it fails."""
        place = (f"--git-dir={self.folder}",) if inside else ()
        try:
            done = subprocess.run(
                [*self._command, *place, *words],
                input=given,
                capture_output=True,
                env=self._environment,
                cwd=self.folder.parent,
                timeout=MOST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RepositoryError(f"git {words[0]} takes more than {MOST_SECONDS} seconds") from None
        except FileNotFoundError:
            raise RepositoryError("git is not installed") from None
        if done.returncode:
            raise RepositoryError(_reason(done.stderr) or f"git {words[0]} failed")
        if len(done.stdout) > most:
            raise RepositoryError("too many files")
        return done.stdout

    def blobs(self, files: Sequence[tuple[str, str]], most: int) -> Iterator[Blob]:
        """Yield the files of a repository one by one."""
        environment = {**self._environment, "GIT_NO_LAZY_FETCH": "1"}
        command = [*self._command, f"--git-dir={self.folder}", "cat-file", "--batch"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for path, oid in files:
                process.stdin.write(f"{oid}\n".encode("ascii"))
                process.stdin.flush()
                yield Blob(path, _content(process.stdout, most))
            process.stdin.close()


def _content(answer: IO[bytes], most: int) -> bytes | None:
    """Return the bytes of the next object from cat-file, or None if it is too large."""
    head = answer.readline().split()
    if len(head) != 3:
        raise RepositoryError("a file is missing from what the server sent")
    size = rest = int(head[2])
    kept = answer.read(size) if size <= most else None
    while kept is None and rest:
        rest -= len(answer.read(min(rest, 1 << 20)))
    answer.read(1)
    return kept


def _reason(errors: bytes) -> str:
    """Return the error message in the output of git."""
    lines = [line.strip() for line in errors.decode("utf-8", "backslashreplace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "ERROR:", "error:"))] or lines
    return told[0].removeprefix("fatal: ").removeprefix("error: ")[:300] if told else ""
