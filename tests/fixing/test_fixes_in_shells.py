"""A RUN does the same in dash and bash before and after the fixes of apt's rules."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.shell.shells import SHELLS
from zr4lint import Applicability, LintOptions, lint_text
from zr4lint.model.finding import with_edits

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.shell import Dialect

ADDED = re.compile(r"(?:sudo )?(?:rm -rf /var/lib/apt/lists/.*|apt-get update)")
FAKE = '#!/bin/sh\necho "${0##*/} $*" >> "$LOG"\n[ "$1" != "$FAILS" ]\n'
PROGRAMS = ("apt-get", "rm", "make")
REAL = ("sh", "env", "xargs")
LISTS = "ZC204"
UPDATE = "ZR0303"


class Seen(NamedTuple):
    """The exit code of a script, and the programs that it ran, without those of the fix."""

    code: int
    ran: tuple[str, ...]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all programs that a script can call; most only record their arguments."""
    folder = tmp_path_factory.mktemp("programs")
    for name in PROGRAMS:
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
    for name in REAL:
        real = shutil.which(name)
        assert real is not None
        (folder / name).symlink_to(real)
    return folder


def seen(script: str, dialect: Dialect, programs: Path, fails: str, log: Path) -> Seen:
    """Run a script with a subcommand of apt-get that fails."""
    log.write_text("")
    shell = SHELLS[dialect]
    assert shell is not None, "the tests need dash and bash"
    environment = {"PATH": str(programs), "LOG": str(log), "FAILS": fails}
    done = subprocess.run([shell, "-c", script], env=environment, capture_output=True, timeout=20, check=False)
    return Seen(done.returncode, tuple(line for line in log.read_text().splitlines() if not ADDED.fullmatch(line)))


def fixed(script: str, code: str) -> str:
    """Return the script after the safe fixes of one rule, whatever other rules report."""
    head = "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base\nRUN "
    text = f"{head}{script}\n"
    packs = "core" if code == LISTS else "zr4"
    found = lint_text(text, packs=packs, options=LintOptions(select=(code,))).findings
    fixes = [finding.fix for finding in found if finding.fix is not None]
    edits = [edit for fix in fixes if fix.applicability is Applicability.SAFE for edit in fix.edits]
    assert found
    return with_edits(text, sorted(edits)).removeprefix(head).rstrip("\n")


INSTALL = "apt-get install -y --no-install-recommends git"
REMOVED = "rm -rf /var/lib/apt/lists/*"


@pytest.mark.parametrize("dialect", SHELLS, ids=lambda d: d.name)
@pytest.mark.parametrize(
    ("script", "code", "after"),
    [
        (f"set -e; apt-get update; {INSTALL}; make", LISTS, f"{INSTALL}; {REMOVED}; make"),
        (f"set -e; apt-get update; {INSTALL} && make", LISTS, f"{INSTALL} && {REMOVED} && make"),
        (f"apt-get update; {INSTALL}; make", LISTS, f"{INSTALL} && {REMOVED}; make"),
        (f"set -e; apt-get update; if {INSTALL}; then make; fi", LISTS, f"if {INSTALL} && {REMOVED}; then"),
        (f"set -e; apt-get update; until {INSTALL}; do exit 3; done; make", LISTS, f"until {INSTALL} && {REMOVED}; do"),
        (f"set -e; apt-get update; while {INSTALL}; do exit 0; done; make", LISTS, f"while {INSTALL} && {REMOVED}; do"),
        (
            f"set -e; f() {{ apt-get update; {INSTALL}; }}; f || exit 4; make",
            LISTS,
            f"{INSTALL} && {REMOVED}; }}; f ||",
        ),
        (f"set -e; f() {{ apt-get update; {INSTALL}; }}; f; make", LISTS, f"{INSTALL}; {REMOVED}; }}; f; make"),
        (f"set -e; ( apt-get update; {INSTALL}; ) || exit 4; make", LISTS, f"{INSTALL} && {REMOVED}; ) ||"),
        (f"set -e; {{ apt-get update; {INSTALL}; }} || exit 4; make", LISTS, f"{INSTALL} && {REMOVED}; }} ||"),
        (f"sh -ec 'apt-get update; {INSTALL}; make' || exit 4", LISTS, f"{INSTALL}; {REMOVED}; make' ||"),
        (f"set -e; apt-get update; ! {INSTALL}; make", LISTS, f"! {INSTALL}; make"),
        (f"set -e; apt-get update; if ! {INSTALL}; then exit 4; fi; make", LISTS, f"! {INSTALL}; then"),
        (f"set -e; f() {{ apt-get update; {INSTALL}; make; }}; f; f || exit 4", LISTS, f"{INSTALL}; make; }}; f; f ||"),
        (f"set -e; {INSTALL}; make", UPDATE, f"set -e; apt-get update; {INSTALL}"),
        (f"X=1 {INSTALL}; make", UPDATE, f"apt-get update && X=1 {INSTALL}"),
        (f"env X=1 {INSTALL}; make", UPDATE, f"apt-get update && env X=1 {INSTALL}"),
        (f"set -e; if {INSTALL}; then make; fi", UPDATE, f"if apt-get update && {INSTALL}"),
        (f"set -e; ( {INSTALL}; make ) || exit 4", UPDATE, f"( apt-get update && {INSTALL}; make )"),
        (f"set -e; if ! {INSTALL}; then exit 4; fi; make", UPDATE, f"set -e; if ! {INSTALL}"),
        (f"set -e; make || {INSTALL}", UPDATE, f"set -e; make || {INSTALL}"),
        (f"set -e; echo git | xargs {INSTALL}", UPDATE, f"set -e; echo git | xargs {INSTALL}"),
    ],
)
def test_the_fix_changes_nothing_else(
    script: str, code: str, after: str, dialect: Dialect, programs: Path, tmp_path: Path
) -> None:
    """With and without a failing install, the fixed script runs the same programs and exits with the same code."""
    done = fixed(script, code)
    assert after in done
    for fails in ("", "install"):
        after_fix = seen(done, dialect, programs, fails, tmp_path / "log")
        assert after_fix == seen(script, dialect, programs, fails, tmp_path / "log")


@pytest.mark.parametrize(
    ("script", "code", "after"),
    [
        ("sudo apt-get update && sudo apt-get install -y git", LISTS, "git"),
        ("apt-get update && sudo -E X=1 apt-get install -y git", LISTS, "git"),
        ("apt-get update && X=1 apt-get install -y git", LISTS, f"git && {REMOVED}"),
        ("apt-get update && gosu root apt-get install -y git", LISTS, "git"),
        ("apt-get update && sudo -u root apt-get install -y git", LISTS, "git"),
        ("sudo apt-get install -y git", UPDATE, "sudo apt-get update && sudo apt-get install -y git"),
        ("set -e; X=1 sudo -E apt-get install -y git", UPDATE, "sudo -E apt-get update; X=1 sudo -E apt-get install"),
    ],
)
def test_the_rights_of_the_command_are_repeated(script: str, code: str, after: str) -> None:
    """The fix of an info does not add sudo, which is a warning."""
    done = fixed(script, code)
    assert done.endswith(after) if code == LISTS else after in done
