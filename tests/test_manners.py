"""Features of the command line: patterns of paths, statistics, init, watching, progress, completion."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from tests.inprocess import call
from tests.support.ending import until
from tests.test_cli import environment, save
from zr4lint.cli.command_names import COMMANDS
from zr4lint.cli.command_table import cli
from zr4lint.project.configuration import ConfigError
from zr4lint.project.finder import Finder
from zr4lint.project.starting_file import template

UNTAGGED = "FROM ubuntu\n"
TREE = (
    *("docker/Dockerfile", "docker/a/Dockerfile.gpu", "docker/a/b/Dockerfile", "docker/a/notes.txt", "Dockerfile"),
    *("docker/a/Dockerfile.bak", "docker/node_modules/x/Dockerfile", "docker/skipped/Dockerfile", ".ci/Dockerfile"),
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        save(tmp_path / name, UNTAGGED)
    save(tmp_path / "zr4lint.toml", 'exclude = ["skipped"]\n')
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("docker/**/Dockerfile*", ["docker/Dockerfile", "docker/a/Dockerfile.gpu", "docker/a/b/Dockerfile"]),
        ("docker/*/Dockerfile*", ["docker/a/Dockerfile.gpu"]),
        ("**/Dockerfile.[fg]pu", ["docker/a/Dockerfile.gpu"]),
        ("./docker/Docker?ile", ["docker/Dockerfile"]),
        ("*/Dockerfile", [".ci/Dockerfile", "docker/Dockerfile"]),
        ("docker/a/*.txt", ["docker/a/notes.txt"]),
        ("docker/**/**/b/*", ["docker/a/b/Dockerfile"]),
    ],
)
def test_a_pattern_names_the_files_that_match(tree: Path, pattern: str, found: list[str]) -> None:
    assert call("--show-files", pattern, cwd=tree) == (0, "".join(f"{name}\n" for name in found), "")


def test_a_pattern_that_matches_nothing_is_an_error(tree: Path) -> None:
    assert call("docker/*.toml", cwd=tree) == (2, "", "zr4lint: docker/*.toml: no file matches\n")
    assert call("[x]", cwd=tree).err == "zr4lint: [x]: no file matches\n"


def test_a_file_whose_name_is_a_pattern_is_that_file(tree: Path) -> None:
    save(tree / "Dockerfile.[a]", UNTAGGED)
    save(tree / "Dockerfile.a", UNTAGGED)
    assert call("--show-files", "Dockerfile.[a]", cwd=tree).out == "Dockerfile.[a]\n"


def test_a_pattern_may_be_absolute(tree: Path) -> None:
    assert call("--show-files", tree / "docker" / "*", cwd=tree).out == "docker/Dockerfile\n"


def test_statistics_take_the_place_of_findings(tree: Path) -> None:
    done = call("--statistics", "--quiet", "docker/**/Dockerfile*", cwd=tree)
    assert (done.code, done.out) == (0, "3  warning  ZC101  image-untagged\n")
    concise = call("--statistics", "--format", "concise", "docker", cwd=tree)
    assert concise.out.splitlines()[0] == "3  warning  ZC101  image-untagged"
    assert "Dockerfile:1" not in concise.out


def test_statistics_in_json(tree: Path) -> None:
    document = json.loads(call("--statistics", "--format", "json", "docker", cwd=tree).out)
    assert document["statistics"] == [{"code": "ZC101", "name": "image-untagged", "severity": "warning", "count": 3}]
    assert document["summary"]["warning"] == 3
    assert "findings" not in document


def test_init_derives_a_pack_that_the_file_meets(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", 'FROM python:3.12.4-slim\nENV A=1\nUSER 1000\nCMD ["python3"]\n')
    done = call("init", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.out.startswith("zr4lint.toml: written\ndockerfile-pack.toml: ")
    assert call(cwd=tmp_path).code == 0
    save(tmp_path / "Dockerfile", 'FROM python:3.11.1-slim\nUSER 1000\nCMD ["python3"]\n')
    assert call(cwd=tmp_path).code == 1


def test_init_without_a_dockerfile_writes_the_configuration_alone(tmp_path: Path) -> None:
    done = call("init", cwd=tmp_path)
    assert done == (0, "zr4lint.toml: written, without a pack: no Dockerfile in this folder\n", "")
    assert [path.name for path in tmp_path.iterdir()] == ["zr4lint.toml"]
    assert tomllib.loads((tmp_path / "zr4lint.toml").read_text()) == {}


@pytest.mark.parametrize("name", ["zr4lint.toml", ".zr4lint.toml", "dockerfile-pack.toml"])
def test_init_overwrites_nothing(tmp_path: Path, name: str) -> None:
    save(tmp_path / "Dockerfile", UNTAGGED)
    save(tmp_path / name, "# mine\n")
    done = call("init", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"zr4lint: {name} exists already; it is not overwritten\n"
    assert (tmp_path / name).read_text() == "# mine\n"
    assert len([*tmp_path.iterdir()]) == 2


@pytest.mark.parametrize("group", ["prd", "pack"])
def test_a_group_without_a_command_shows_its_help(tmp_path: Path, group: str) -> None:
    done = call(group, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"Usage: zr4lint {group} [OPTIONS] COMMAND [ARGS]...\n\n  ")
    assert "\nCommands:\n  " in done.err


def test_the_help_lists_every_command(tmp_path: Path) -> None:
    listed = call("--help", cwd=tmp_path).out
    assert [name for name in COMMANDS if f"  zr4lint {name} " not in listed] == []


def test_init_refuses_a_file_that_can_not_be_built(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", "RUN x\n")
    assert call("init", cwd=tmp_path).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["Dockerfile"]


def test_every_setting_of_the_template_can_be_used(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in template().splitlines() if " = " in line]
    assert len(lines) >= 9
    save(tmp_path / "zr4lint.toml", "\n".join(lines))
    save(tmp_path / "Dockerfile", UNTAGGED)
    try:
        settings = Finder((), top=str(tmp_path)).settings(str(tmp_path / "Dockerfile"))
    except ConfigError as refused:
        pytest.fail(str(refused))
    assert {line.split(" = ")[0] for line in lines} == {name.replace("_", "-") for name in settings.origins}


def test_watching_lints_again_when_a_file_changes(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", "FROM ubuntu:24.04\n")
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "zr4lint", "--watch", "--format", "concise"],
            cwd=tmp_path,
            env=environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(log, "watching", 1)
            assert "ZC101" not in log.read_text()
            _put(tmp_path / "Dockerfile", "FROM ubuntu\n")
            _wait_for(log, "watching", 2)
            assert log.read_text().count("ZC101") == 1
            _put(tmp_path / "zr4lint.toml", 'ignore = ["ZC101"]\n')
            _wait_for(log, "watching", 3)
            assert log.read_text().count("ZC101") == 1
        finally:
            process.terminate()
            process.wait()


def _put(file: Path, text: str) -> None:
    """Write a file in one step, so that a watcher never sees it empty."""
    save(file.with_name("new"), text).replace(file)


def _wait_for(log: Path, words: str, times: int) -> None:
    """Wait until the words occur this many times."""
    try:
        until(lambda: log.read_text().count(words) >= times)
    except TimeoutError:
        pytest.fail(f"{words!r} not in {log.read_text()!r}")


@pytest.mark.parametrize("args", [("-",), ("--fix",), ("--add-ignore", "x"), ("--write-baseline", "b.json")])
def test_what_can_not_be_watched_is_refused(tree: Path, args: tuple[str, ...]) -> None:
    done = call("--watch", *args, cwd=tree)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("zr4lint: --watch: ")


@pytest.mark.slow
def test_progress_is_drawn_on_a_terminal_alone(tmp_path: Path) -> None:
    for number in range(100):
        save(tmp_path / str(number) / "Dockerfile", "FROM scratch\n")
    assert "Linting" in _drawn(tmp_path, "--jobs", "1")
    assert "Linting" not in call("--jobs", "1", cwd=tmp_path).err


@pytest.mark.thorough
def test_progress_is_drawn_for_long_documents(tmp_path: Path) -> None:
    (tmp_path / "short.md").write_text("# Short\n")
    assert "Checking" not in _drawn(tmp_path, "prd", "check", "short.md")
    (tmp_path / "long.md").write_text("# Long\n" + "Nothing is demanded here.\n\n" * 3000)
    assert "Checking" in _drawn(tmp_path, "prd", "check", ".")
    assert "Checking" not in call("prd", "check", ".", cwd=tmp_path).err


def _drawn(folder: Path, *arguments: str) -> str:
    """Return the output of a run to a terminal as stderr."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "zr4lint", *arguments],
        cwd=folder,
        env=environment(TERM="xterm-256color"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    written = b""
    try:
        while piece := os.read(controller, 4096):
            written += piece
    except OSError:  # the other end is closed
        pass
    process.wait()
    os.close(controller)
    return written.decode()


def completed(*words: str) -> list[tuple[str, str]]:
    """Return the completions of the last word: the type of each, which the shell uses, and its text."""
    complete = BashComplete(cli, {}, "zr4lint", "_ZR4LINT_COMPLETE")
    return [(item.type, item.value) for item in complete.get_completions([*words[:-1]], words[-1])]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("di",), "diagnose"),
        (("--stat",), "--statistics"),
        (("docker", "--exit"), "--exit-zero"),
        (("--format", "son"), "sonarqube"),
        (("--pack", "zr"), "zr4"),
        (("--select", "ZC10"), "ZC101"),
        (("--ignore", "ZC101,torch-p"), "ZC101,torch-pin"),
        (("rule", "zr050"), "ZR0501"),
        (("new", "zr"), "zr4"),
        (("tr",), "trace"),
        (("trace", "torch-p"), "torch-pin"),
        (("kinds", "runs"), "runs-as"),
        (("knowledge", "gp"), "gpus"),
        (("config", "fail"), "fail-on"),
        (("help", "ini"), "init"),
        (("trace", "--format", "in"), "in-toto"),
    ],
)
def test_completion(words: tuple[str, ...], offered: str) -> None:
    assert ("plain", offered) in completed(*words)


@pytest.mark.parametrize("words", [("dock",), ("check", "dock"), ("docker", "dock"), ("--pack", "dock")])
def test_completion_of_paths_is_left_to_the_shell(words: tuple[str, ...]) -> None:
    assert completed(*words) == [("file", "dock")]


@pytest.mark.parametrize("words", [("di",), ("config", "fail"), ("trace", "torch-p")])
def test_paths_come_before_names(words: tuple[str, ...]) -> None:
    """The script for bash removes the text before paths."""
    assert [kind for kind, _ in completed(*words)].index("file") == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(tmp_path: Path, shell: str) -> None:
    env = environment(_ZR4LINT_COMPLETE=f"{shell}_source")
    done = subprocess.run([sys.executable, "-m", "zr4lint"], env=env, capture_output=True, text=True, check=False)
    assert f"_ZR4LINT_COMPLETE={shell}_complete" in done.stdout
    page = (Path(__file__).parents[1] / "docs" / "completion.md").read_text(encoding="utf-8")
    assert f"_ZR4LINT_COMPLETE={shell}_source zr4lint" in page
