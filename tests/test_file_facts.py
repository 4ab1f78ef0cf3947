"""Effects of commands on files: removing, writing and changing modes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from zr4lint.dockerfile import parse
from zr4lint.facts import ModeChanged, Overwritten, Removed, Written, gather
from zr4lint.model.source import SourceFile
from zr4lint.programs.image_paths import covers

if TYPE_CHECKING:
    from pathlib import Path

FILE = "/w/sub/run.sh"


def lost(script: str) -> set[str]:
    """Return what certainly happens to one file."""
    found = gather(parse(SourceFile(f"FROM image\nWORKDIR /w\nRUN {script}\n")))
    removed = [f for f in found.of(Removed, {0}) if not f.at.unsure]
    written = [f for f in found.of(Overwritten, {0}) if not f.at.unsure]
    changed = [f for f in found.of(ModeChanged, {0}) if not f.at.unsure]
    kinds = set()
    if any(covers(p, FILE, recursive=f.recursive) for f in removed for p in f.paths):
        kinds.add("removed")
    if any(covers(f.path, FILE, recursive=False) for f in written):
        kinds.add("written")
    return kinds | {f"mode {f.mode}" for f in changed if any(covers(p, FILE, recursive=f.recursive) for p in f.paths)}


@pytest.mark.parametrize(
    "script",
    [
        "rm sub/run.sh", "rm -rf sub", "rm -r /w/*", "rm sub/*", "rm sub/*.sh", "unlink sub/run.sh",
        "shred -u sub/run.sh", "mv sub /x", "mv sub/run.sh /x", "gzip sub/run.sh", "xz -9 sub/run.sh",
        "find . -delete", "find sub -name '*.sh' -delete", "find /w -type f -delete", "find . -exec rm {} +",
        "find . -name run.sh -exec rm -f {} \\;", "find . -print0 | xargs -0 rm", "echo sub/run.sh | xargs rm",
        "find /w -mindepth 1 -maxdepth 2 -delete", "sudo rm sub/run.sh", "cd sub && rm run.sh",
        "rsync --remove-source-files sub/run.sh /x/", "find . -type d -name sub -exec rm -rf {} +",
        "find . -name run.sh -exec sh -c 'test 1 = 1 && rm \"$1\"' _ {} \\;",
    ],
)  # fmt: skip
def test_ways_to_remove(script: str) -> None:
    assert "removed" in lost(script)


@pytest.mark.parametrize(
    "script",
    [
        "tee sub/run.sh < /dev/null", "truncate -s 0 sub/run.sh", "dd if=/dev/zero of=sub/run.sh", "> sub/run.sh",
        ": > sub/run.sh", "echo x >| sub/run.sh", "cp a sub/run.sh", "cp run.sh /w/sub/",
        "install -m 644 a sub/run.sh", "ln -sf a sub/run.sh", "mv a sub/run.sh", "curl -sSLo sub/run.sh http://h",
        "wget -q -O sub/run.sh http://h", "shred sub/run.sh", "rsync a sub/run.sh", "cp -t sub run.sh",
        "truncate --size=0 sub/*.sh",
    ],
)  # fmt: skip
def test_ways_to_write(script: str) -> None:
    assert "written" in lost(script)


@pytest.mark.parametrize(
    "script",
    [
        "find . -name run.sh -exec sh -c 'grep -q foo \"$1\" && rm \"$1\"' _ {} \\;",
        "find . -name run.sh -exec sh -c 'if grep -q foo \"$1\"; then rm \"$1\"; fi' _ {} \\;",
        "rm sub", "rm -r other", "rm 'sub/*'", "rm --help sub/run.sh", "rmdir sub", "find . -name '*.py' -delete",
        "find . -maxdepth 1 -delete", "find . -newer x -delete", "find . -type d -exec chmod 700 {} +",
        "gzip -k sub/run.sh", "gzip -c sub/run.sh > x.gz", "tee -a sub/run.sh < /dev/null", "cp -n a sub/run.sh",
        "install -d sub/run.sh", "echo sub/run.sh", "cat sub/run.sh", "cp sub/run.sh /x", "find . -name '*.sh'",
        "echo x >> sub/run.sh", "find . -name '*.sh' | xargs cat", "curl -O http://h/run.sh",
        "rsync -n a sub/run.sh", "false && rm sub/run.sh",
    ],
)  # fmt: skip
def test_what_leaves_a_file_alone(script: str) -> None:
    assert lost(script) == set()


@pytest.mark.parametrize(
    ("script", "mode"),
    [
        ("chmod -x sub/run.sh", "-x"),
        ("chmod -- +x sub/run.sh", "+x"),
        ("chmod -v u=rw,go=r sub/run.sh", "u=rw,go=r"),
        ("chmod -R 644 .", "644"),
        ("find . -type f -exec chmod 644 {} +", "644"),
        ("find sub -name '*.sh' | xargs chmod +x", "+x"),
        ("find . -print0 | xargs -0 chmod -x", "-x"),
        ("find . -name sub -exec chmod -R go-x {} +", "go-x"),
        ("echo sub/run.sh | xargs chmod 600", "600"),
    ],
)
def test_ways_to_change_the_mode(script: str, mode: str) -> None:
    assert f"mode {mode}" in lost(script)


@pytest.mark.parametrize(
    ("before", "executable"),
    [
        ("umask 177", False), ("umask 0111", False), ("(umask 177; chmod +x sub/run.sh)", False),
        ("umask 177; (umask 022)", False), ("umask 177 && umask -S", False), ("umask 177; (cd /)", False),
        ("umask 022", True), ("(umask 177; cp a b)", True), ("umask 177 | cat", True),
        ("sh -c 'umask 177; touch b'", True),
        ("umask 177; umask 022", True), ("X=$(umask 177; cat b)", True), ("test -e /x && umask 177", True),
        ("umask $(cat b)", True), ("umask 177; umask a+x", True), ("false && umask 177", True),
    ],
)  # fmt: skip
def test_a_umask_lasts_as_long_as_its_shell(before: str, executable: bool) -> None:
    script = before if "chmod" in before else f"{before}; chmod +x sub/run.sh"
    assert lost(script) == ({"mode +x"} if executable else set())


@pytest.mark.parametrize(
    "script",
    [
        "{ echo a; echo b; } > f", "(echo a; echo b) > f", "echo 0 > f; { echo a; cd .; } >> f",
        "for i in 1 2; do echo $i; done > f", "if true; then echo x; fi > f", "{ echo a; echo b > g; echo c; } > f",
        "{ echo a > g; echo b; } > f", "{ printf a; true; printf b; } > f 2>&1", "{ echo a; } > f; { echo b; } > f",
        "{ mkdir d; echo a; rm -r d; } > f", "{ { echo a; echo b; }; echo c; } > f", "{ echo a; echo b > f; } > g",
    ],
)  # fmt: skip
def test_the_output_of_a_group_is_in_its_file_as_sh_writes_it(script: str, tmp_path: Path) -> None:
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    found = gather(parse(SourceFile(f"FROM image\nWORKDIR /w\nRUN {script}\n")))
    text = [fact.text for fact in found.of(Written, {0}) if fact.path == "/w/f"][-1]
    assert text is not None
    assert text.text == (tmp_path / "f").read_text()


def test_a_group_that_changes_the_folder_writes_what_is_not_known() -> None:
    found = gather(parse(SourceFile("FROM image\nWORKDIR /w\nRUN { echo a; cd /; echo b; } > f\n")))
    assert [(fact.path, fact.adds) for fact in found.of(Written, {0})] == [
        ("/w/f", False),
        ("/w/f", True),
        (None, True),
    ]
