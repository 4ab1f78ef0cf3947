"""The command line: both output streams and the exit code, in a separate process where that matters."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.inprocess import Done, call
from tests.support.ending import PATIENCE
from zr4lint import __version__
from zr4lint.report import FORMATS

DOCKER = Path(__file__).resolve().parents[1] / "docker"
CONFORMING = (DOCKER / "Dockerfile.zr4").read_text()
WRONG_TORCH = CONFORMING.replace("torch==2.5.1", "torch==2.5.0")
WRONG_OWNER = CONFORMING.replace("MCG-NJU/SteadyDancer.git", "your-org/steady-dancer.git")

WITHOUT_ML = 'ignore = ["ML", "ZC"]\n'
"""A configuration for tests that do not concern the specification's image."""

LEVELS = """
name = "levels"
title = "One rule of each level"
document = "The tests"
files = ["Dockerfile.levels"]

[[section]]
number = "1"
title = "Variables"

[[rule]]
code = "LV0001"
name = "must"
section = "1"
level = "error"
check = "env"
variables = { MUST = "1" }
summary = "MUST is 1."
why = "Because it must."

[[rule]]
code = "LV0002"
name = "should"
section = "1"
level = "warning"
check = "env"
variables = { SHOULD = "1" }
summary = "SHOULD is 1."
why = "Because it should."

[[rule]]
code = "LV0102"
name = "could"
section = "1"
level = "info"
check = "env"
variables = { COULD = "1" }
summary = "COULD is 1."
why = "Because it could."
"""


def environment(**more: str) -> dict[str, str]:
    unset = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONWARNINGS", "FORCE_HYPERLINK", "VTE_VERSION", "TERM_PROGRAM"}
    return {name: value for name, value in os.environ.items() if name not in unset} | more


def zr4lint(*args: str | bytes | Path, cwd: Path, stdin: bytes = b"", **env: str) -> Done:
    command = [sys.executable, "-m", "zr4lint", *args]
    done = subprocess.run(
        command, cwd=cwd, input=stdin, env=environment(**env), capture_output=True, check=False, timeout=PATIENCE
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def complaint(done: Done) -> str:
    """Return the single line on stderr of a failed run."""
    assert done.code == 2, done
    assert done.err.startswith("zr4lint: ")
    assert done.err.endswith("\n")
    assert done.err.count("\n") == 1
    assert "internal error" not in done.err
    assert "Errno" not in done.err
    return done.err.removeprefix("zr4lint: ").removesuffix("\n")


def codes(done: Done) -> list[str]:
    """Return the codes of a concise report."""
    return re.findall(r"^.+?: (?:error|warning|info) ([A-Z]+\d+) ", done.out, re.MULTILINE)


def save(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the conforming Dockerfile and its scripts; the command line runs in it."""
    shutil.copytree(DOCKER, tmp_path / "here")
    save(tmp_path / "here" / "zr4lint.toml", WITHOUT_ML)
    return tmp_path / "here"


# Linted files


def test_a_conforming_file(here: Path) -> None:
    done = zr4lint("Dockerfile.zr4", cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Dockerfile.zr4 (pack zr4): 52 of 52 requirements met\n")
    assert done.out.endswith("All 52 requirements met. Score 60/60.\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--format", "json"],
        ["--format", "sarif", "--verbose"],
        ["--quiet", "--statistics"],
        ["--show-files"],
        ["--diff"],
        ["--exit-zero", "gone", "Dockerfile.zr4"],
        ["--selct", "ZR"],
        ["--help"],
        ["rule", "ZR0501"],
        ["rules"],
        ["packs"],
        ["-", "--pack", "zr4"],
    ],
    ids=" ".join,
)
def test_a_process_of_its_own_does_what_a_call_in_this_one_does(here: Path, args: list[str]) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    stdin = WRONG_TORCH.encode()
    assert zr4lint(*args, cwd=here, stdin=stdin) == call(*args, cwd=here, stdin=stdin)


def test_a_finding_is_where_the_words_are(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    done = zr4lint("Dockerfile.zr4", cwd=here)
    assert (done.code, done.err) == (1, "")
    first, _, source, underline, *_ = done.out.splitlines()
    assert first.startswith("Dockerfile.zr4:37:5: error ZR0501 torch-pin: ")
    assert source == " 37 |     torch==2.5.0 \\"
    assert underline == "    |     ^^^^^^^^^^^^"


@pytest.mark.slow
def test_several_paths_are_linted_in_the_order_given_and_once(here: Path) -> None:
    save(here / "b" / "Dockerfile.zr4", CONFORMING)
    save(here / "a" / "Dockerfile.zr4", CONFORMING)
    paths = ["b/Dockerfile.zr4", "a/Dockerfile.zr4", "./b/Dockerfile.zr4", "b", str(here / "a")]
    done = zr4lint("--format", "json", *paths, cwd=here)
    assert [file["path"] for file in json.loads(done.out)["files"]] == ["b/Dockerfile.zr4", "a/Dockerfile.zr4"]


def test_one_bad_path_does_not_hide_the_others(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    done = call("--format", "concise", "gone", "Dockerfile.zr4", cwd=here)
    assert complaint(done) == "gone: no such file"
    assert codes(done) == ["ZR0501"]


@pytest.mark.parametrize("paths", [(), (".",)], ids=["no path", "the folder"])
def test_a_folder_is_searched_for_files_that_a_pack_claims(here: Path, paths: tuple[str, ...]) -> None:
    hidden = [".git", ".venv", "venv", "node_modules", "__pycache__", "deep/.tox", "lib/site-packages"]
    for folder in ["deep/er", "x", *hidden]:
        save(here / folder / "Dockerfile.zr4", CONFORMING)
    for name in ["Dockerfiles", "Dockerfile.zr4.bak", "README.md"]:
        save(here / "x" / name, CONFORMING)
    save(here / "x" / "worker.Dockerfile.zr4", CONFORMING)
    (here / "x" / "folder.Dockerfile.zr4").mkdir()
    done = call("--show-files", *paths, cwd=here)
    found = ["Dockerfile.zr4", "deep/er/Dockerfile.zr4", "x/Dockerfile.zr4", "x/worker.Dockerfile.zr4"]
    assert (done.code, done.err, done.out.splitlines()) == (0, "", found)


def test_packs_claim_files_by_their_names(here: Path) -> None:
    for name in ["Dockerfile", "Dockerfile.gpu", "gpu.Dockerfile", "Containerfile"]:
        save(here / "any" / name, "FROM scratch\n")
    report = json.loads(call("--format", "json", ".", cwd=here).out)
    packs = {file["path"]: file["pack"] for file in report["files"]}
    assert packs == {
        "Dockerfile.zr4": "zr4",
        "any/Containerfile": None,
        "any/Dockerfile": None,
        "any/Dockerfile.gpu": None,
        "any/gpu.Dockerfile": None,
    }


def test_a_hidden_folder_that_is_named_is_searched(here: Path) -> None:
    save(here / ".hidden" / "Dockerfile.zr4", CONFORMING)
    assert call("--show-files", ".hidden", cwd=here).out == ".hidden/Dockerfile.zr4\n"


def test_a_file_outside_is_shown_by_its_whole_path(here: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in (here, here / "Dockerfile.zr4"):
        done = call("--show-files", path, cwd=other)
        assert done.out == f"{here}/Dockerfile.zr4\n"
    assert call("--show-files", here, cwd=here).out == "Dockerfile.zr4\n"


@pytest.mark.parametrize("name", ["with blanks", "new\nline", "tab\t", "größe-日本", "-dash"])
def test_any_name_of_a_folder_will_do(here: Path, name: str) -> None:
    save(here / name / "Dockerfile.zr4", WRONG_TORCH)
    done = call("--format", "concise", "--context", ".", "--", f"{name}/Dockerfile.zr4", cwd=here)
    shown = name.replace("\n", "\\n").replace("\t", "\\t")
    assert done.code == 1
    assert done.out.startswith(f"{shown}/Dockerfile.zr4:37:5: error ZR0501 ")
    report = json.loads(call("--format", "json", "--", name, cwd=here).out)
    assert [file["path"] for file in report["files"]] == [f"{name}/Dockerfile.zr4"]


@pytest.mark.slow
def test_a_name_that_is_not_utf_8(here: Path) -> None:
    folder = os.fsencode(here) + b"/\xff"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system has no such names")
    shutil.copy(os.fsencode(here / "Dockerfile.zr4"), folder)
    assert zr4lint("--show-files", b"\xff", cwd=here) == Done(0, "\\udcff/Dockerfile.zr4\n", "")
    report = json.loads(zr4lint("--format", "json", b"\xff/Dockerfile.zr4", cwd=here).out)
    assert [file["path"] for file in report["files"]] == ["\\udcff/Dockerfile.zr4"]


def test_what_steers_a_terminal_is_escaped_in_paths(here: Path) -> None:
    name = "\x1b[31mred\x07"
    save(here / name / "Dockerfile.zr4", WRONG_TORCH)
    for args in (["--show-files"], [], ["--format", "concise"], ["--format", "sarif"]):
        done = call(*args, name, cwd=here)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.out + done.err)
        assert "red" in done.out
    assert complaint(call(f"{name}/gone", cwd=here)) == "\\x1b[31mred\\x07/gone: no file matches"


# Standard input


def test_standard_input(here: Path) -> None:
    done = zr4lint("-", "--pack", "zr4", "--format", "concise", cwd=here, stdin=WRONG_TORCH.encode())
    assert (done.code, done.err, codes(done)) == (1, "", ["ZR0501"])
    assert done.out.startswith("-:37:5: ")


def test_standard_input_without_a_name_is_a_dockerfile(here: Path) -> None:
    save(here / "zr4lint.toml", "")
    done = call("-", "--format", "concise", "--select", "ZC101", cwd=here, stdin=b"FROM ubuntu\n")
    assert (done.err, codes(done)) == ("", ["ZC101"])
    assert done.out.startswith("-:1:6: ")


def test_standard_input_goes_by_the_name_it_is_given(here: Path) -> None:
    args = ("-", "--stdin-filename", "some/where/Dockerfile.zr4", "--format", "concise")
    done = call(*args, cwd=here, stdin=WRONG_TORCH.encode())
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("some/where/Dockerfile.zr4:37:5: error ZR0501 ")


def test_standard_input_beside_files(here: Path) -> None:
    args = ("Dockerfile.zr4", "-", "--pack", "zr4", "--format", "json")
    report = json.loads(call(*args, cwd=here, stdin=WRONG_TORCH.encode()).out)
    assert [file["path"] for file in report["files"]] == ["Dockerfile.zr4", "-"]
    assert [finding["path"] for finding in report["findings"]] == ["-"]


@pytest.mark.parametrize("text", [CONFORMING.replace("\n", "\r\n"), "\ufeff" + CONFORMING], ids=["crlf", "bom"])
def test_standard_input_is_bytes(here: Path, text: str) -> None:
    done = call("-", "--pack", "zr4", cwd=here, stdin=text.encode())
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe", b"FROM \xe9\n", b"\x1b[2J"])
def test_standard_input_may_hold_anything_but_nul(here: Path, data: bytes) -> None:
    done = call("-", "--pack", "zr4", cwd=here, stdin=data)
    assert (done.code, done.err) == (1, "")
    assert "\x1b" not in done.out


def test_a_file_named_dash_is_there_as_a_path(here: Path) -> None:
    save(here / "-", WRONG_TORCH)
    done = call("./-", "--pack", "zr4", "--format", "concise", cwd=here)
    assert done.out.startswith("./-:37:5: error ZR0501 ")


# Packs and rules


@pytest.fixture
def levels(tmp_path: Path) -> Path:
    """A folder with a pack file of three rules, one of each level, and a Dockerfile that breaks all of them."""
    save(tmp_path / "levels.toml", LEVELS)
    save(tmp_path / "Dockerfile.levels", "FROM scratch\n")
    return tmp_path


def test_a_pack_by_name_lints_files_of_any_name(here: Path) -> None:
    save(here / "Dockerfile", WRONG_TORCH)
    assert codes(call("--pack", "zr4", "--format", "concise", "Dockerfile", cwd=here)) == ["ZR0501"]


def test_a_pack_by_file(levels: Path) -> None:
    for pack in ("levels.toml", "./levels.toml", str(levels / "levels.toml")):
        done = call("--pack", pack, "--format", "concise", cwd=levels)
        assert (done.code, codes(done)) == (1, ["LV0001", "LV0002", "LV0102"])


def test_several_packs(levels: Path) -> None:
    args = ("--pack", "levels.toml", "--pack", "zr4", "--format", "json", "Dockerfile.levels")
    report = json.loads(call(*args, cwd=levels).out)
    assert [file["pack"] for file in report["files"]] == ["levels", "zr4"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--select", "LV0001"], ["LV0001"]),
        (["--select", "lv00"], ["LV0001", "LV0002"]),
        (["--select", "could"], ["LV0102"]),
        (["--select", "must,could"], ["LV0001", "LV0102"]),
        (["--select", "must", "--select", "should"], ["LV0001", "LV0002"]),
        (["--ignore", "LV"], []),
        (["--ignore", "LV00"], ["LV0102"]),
        (["--ignore", "should could"], ["LV0001"]),
        (["--select", "LV", "--ignore", "LV00"], ["LV0102"]),
        (["--select", "LV0001", "--ignore", "LV00"], ["LV0001"]),
        (["--select", "LV0001", "--ignore", "LV0001"], []),
    ],
)
def test_select_and_ignore(levels: Path, options: list[str], expected: list[str]) -> None:
    done = call("--pack", "levels.toml", "--format", "concise", *options, cwd=levels)
    assert (done.code, codes(done)) == (int("LV0001" in expected), expected)


@pytest.mark.parametrize("kept", ["", "MUST=1", "MUST=1 SHOULD=1", "MUST=1 SHOULD=1 COULD=1"])
def test_fail_on(levels: Path, kept: str) -> None:
    save(levels / "Dockerfile.levels", f"FROM scratch\n{'ENV ' + kept if kept else ''}\n")
    worst = kept.count("=")
    for count, level in enumerate(["error", "warning", "info"], start=1):
        assert call("--pack", "levels.toml", "--fail-on", level, cwd=levels).code == int(worst < count)
    assert call("--pack", "levels.toml", "--fail-on", "never", cwd=levels).code == 0
    assert call("--pack", "levels.toml", cwd=levels).code == int(worst < 1)


def test_a_warning_alone_does_not_fail(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_OWNER)
    done = call("--format", "concise", cwd=here)
    assert (done.code, codes(done)) == (0, ["ZR0904"])


def test_context(here: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    args = ("--format", "concise", "--fail-on", "warning")
    assert call(*args, cwd=here).code == 0
    done = call(*args, "--context", "../empty", cwd=here)
    assert (done.code, codes(done)) == (1, ["ZR1003", "ZR1003"])
    (here / "start.sh").rename(tmp_path / "empty" / "start.sh")
    assert codes(call(*args, cwd=here)) == ["ZR1003"]
    assert codes(call(*args, "--context", str(tmp_path / "empty"), cwd=here)) == ["ZR1003"]
    assert codes(call(*args, "-", "--pack", "zr4", cwd=here, stdin=CONFORMING.encode())) == []


# Reports


def well_formed(name: str, text: str) -> bool:
    """Return whether a report is well-formed in its format."""
    match name:
        case "json":
            return bool(json.loads(text)["version"] == 1)
        case "sarif":
            return bool(json.loads(text)["version"] == "2.1.0")
        case "gitlab":
            return isinstance(json.loads(text), list)
        case "junit":
            return ElementTree.fromstring(text).tag == "testsuites"
        case "github":
            return all(line.startswith("::") for line in text.splitlines())
        case _:
            return "torch-pin" in text


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_goes_to_a_file_as_to_stdout(here: Path, name: str) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    shown = call("--format", name, cwd=here)
    written = call("--output-format", name, "--output", "report", cwd=here)
    assert (shown.code, shown.err, written) == (1, "", Done(1, "", ""))
    assert (here / "report").read_bytes().decode() == shown.out
    assert "torch" in shown.out
    assert well_formed(name, shown.out)


def test_output_replaces_what_was_there(here: Path) -> None:
    save(here / "report", "old\n" * 1000)
    call("-o", "report", "--format", "concise", cwd=here)
    assert (here / "report").read_text() == call("--format", "concise", cwd=here).out


def test_quiet_leaves_only_the_findings(here: Path) -> None:
    for option in ("--quiet", "-q"):
        assert call(option, cwd=here) == Done(0, "", "")
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    full = call(cwd=here).out
    quiet = call("--quiet", cwd=here).out
    assert full.startswith(quiet)
    assert "requirements met" in full.removeprefix(quiet)
    assert "requirements met" not in quiet
    assert quiet.startswith("Dockerfile.zr4:37:5: error ZR0501")


def test_verbose_says_why(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    plain, verbose = (call(*options, cwd=here).out for options in ([], ["--verbose"]))
    assert "why: " in verbose
    assert "why: " not in plain
    assert call("-v", cwd=here).out == verbose


def test_statistics_count_each_rule(levels: Path) -> None:
    save(levels / "a" / "Dockerfile.levels", "FROM scratch\nENV MUST=1 SHOULD=1\n")
    done = call("--pack", "levels.toml", "--statistics", "--quiet", cwd=levels)
    assert done.out == "2  info     LV0102  could\n1  error    LV0001  must\n1  warning  LV0002  should\n"


# Terminals


def on_a_terminal(*args: str, cwd: Path, columns: int = 100, **env: str) -> str:
    """Return zr4lint's output with a terminal as stdout."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "zr4lint", *args],
        cwd=cwd,
        env=environment(TERM="xterm-256color", **env),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    written = b"".join(_everything(controller))
    os.close(controller)
    process.wait(timeout=PATIENCE)
    return written.decode().replace("\r\n", "\n")


def _everything(controller: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(controller, 65536)
        except OSError:  # Linux's error when the other side is closed
            return
        if not data:
            return
        yield data


COLOURS = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 100])
def test_a_terminal_gets_colours_and_no_line_wider_than_it(here: Path, columns: int) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    text = on_a_terminal("Dockerfile.zr4", cwd=here, columns=columns)
    assert COLOURS.search(text)
    plain = COLOURS.sub("", text)
    assert "\x1b" not in plain
    assert "Dockerfile.zr4:37:5: error ZR0501 torch-pin: " in plain
    assert max(map(len, plain.splitlines())) <= columns


LINK = re.compile(r"\x1b\]8;id=\d+;(.*?)\x1b\\(.*?)\x1b\]8;;\x1b\\")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "concise"])
def test_codes_lead_to_their_pages_on_terminals_that_follow_links(here: Path, form: str) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    args = ("--format", form, "--select", "ZR0501", "Dockerfile.zr4")
    plain = on_a_terminal(*args, cwd=here)
    linked = on_a_terminal(*args, cwd=here, FORCE_HYPERLINK="1")
    address = "https://zr4lint.github.io/zr4lint/rules/ZR0501/"
    assert [(where, COLOURS.sub("", words)) for where, words in LINK.findall(linked)] == [(address, "error ZR0501")]
    assert LINK.sub(r"\2", linked) == plain
    assert "\x1b]8" not in plain
    assert "\x1b]8" in on_a_terminal(*args, cwd=here, VTE_VERSION="7200")
    assert on_a_terminal(*args, cwd=here, VTE_VERSION="4999") == plain
    assert on_a_terminal(*args, cwd=here, VTE_VERSION="7200", FORCE_HYPERLINK="0") == plain
    assert "\x1b]8" not in on_a_terminal(*args, cwd=here, FORCE_HYPERLINK="1", NO_COLOR="1")
    assert "\x1b" not in zr4lint(*args, cwd=here, FORCE_HYPERLINK="1").out


def test_rules_of_other_packs_have_no_page(tmp_path: Path) -> None:
    save(tmp_path / "levels.toml", LEVELS)
    save(tmp_path / "Dockerfile.levels", "FROM scratch\n")
    args = ("--pack", "levels.toml", "--fail-on", "never", "Dockerfile.levels")
    assert "LV0001" in (text := on_a_terminal(*args, cwd=tmp_path, FORCE_HYPERLINK="1"))
    assert "\x1b]8" not in text


@pytest.mark.slow
def test_no_colours_where_they_are_not_wanted(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    coloured = on_a_terminal(cwd=here)
    plain = on_a_terminal("--no-color", cwd=here)
    assert on_a_terminal(cwd=here, NO_COLOR="1") == plain
    assert "\x1b" not in zr4lint(cwd=here, FORCE_COLOR="").out
    assert "\x1b" in zr4lint(cwd=here, FORCE_COLOR="1").out
    assert [line.rstrip() for line in COLOURS.sub("", coloured).splitlines()] == plain.splitlines()
    assert "\x1b" not in plain
    assert "\x1b" in on_a_terminal(cwd=here, NO_COLOR="")
    assert "\x1b" not in call(cwd=here).out
    on_a_terminal("--output", "report", cwd=here)
    assert "\x1b" not in (here / "report").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("args", [["--format", "json"], ["--format", "sarif"]])
def test_programs_get_no_colours_on_a_terminal(here: Path, args: list[str]) -> None:
    assert json.loads(on_a_terminal(*args, cwd=here))


# Help and the other commands


def test_version(here: Path) -> None:
    assert zr4lint("--version", cwd=here) == Done(0, f"zr4lint {__version__}\n", "")


def test_help(here: Path) -> None:
    done = call("-h", cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: zr4lint [OPTIONS] [PATHS]...\n")
    assert call("--help", cwd=here) == done
    for command in ("rule", "rules", "packs"):
        assert call(command, "-h", cwd=here).out.startswith(f"Usage: zr4lint {command} [OPTIONS]")


def test_names_of_the_default_command_and_of_help(here: Path) -> None:
    assert call("check", "Dockerfile.zr4", cwd=here) == call("Dockerfile.zr4", cwd=here)
    assert call("help", cwd=here) == call("check", "--help", cwd=here) == call("--help", cwd=here)
    assert call("help", "rule", cwd=here) == call("rule", "--help", cwd=here)
    assert call("help", "pack", "derive", cwd=here) == call("pack", "derive", "--help", cwd=here)
    assert call("-V", cwd=here) == call("--version", cwd=here)


def test_a_file_may_have_the_name_of_a_command_nearly(here: Path) -> None:
    save(here / "rul", CONFORMING)
    assert call("--pack", "zr4", "rul", cwd=here).code == 0
    assert call("rul", "--pack", "zr4", cwd=here).code == 0


def test_findings_can_be_let_pass(here: Path) -> None:
    save(here / "Dockerfile.zr4", WRONG_TORCH)
    assert call("--exit-zero", cwd=here)[0] == 0
    assert call("--exit-zero", "gone", "Dockerfile.zr4", cwd=here).code == 2
    ignored = WRONG_TORCH.replace("FROM ", "# zr4lint: ignore-file[ZR0501] on trial\nFROM ", 1)
    save(here / "Dockerfile.zr4", ignored)
    assert call("--select", "ZR0501", cwd=here).code == 0
    assert call("--select", "ZR0501", "--no-suppressions", cwd=here).code == 1
    done = call("--no-suppressions", "--add-ignore", "x", cwd=here)
    assert complaint(done) == "--add-ignore can't be used with --no-suppressions"


def test_rule_explains_one_rule(here: Path) -> None:
    done = call("rule", "ZR0501", cwd=here)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("ZR0501 torch-pin\n")
    for words in ("error; source: PRD section 5", "torch==2.5.10", "torch==2.5.1\n"):
        assert words in done.out
    assert call("rule", "torch-pin", cwd=here) == call("rule", "zr0501", cwd=here) == done


def test_what_explains_is_there_for_programs(here: Path) -> None:
    (rule,) = json.loads(call("rule", "DL3014", "--format", "json", cwd=here).out)
    assert (rule["code"], rule["pack"], rule["url"]) == (
        "ZC202",
        "core",
        "https://zr4lint.github.io/zr4lint/rules/ZC202/",
    )
    assert rule["why"].startswith("A build has no terminal")
    packs = json.loads(call("packs", "--format", "json", cwd=here).out)
    assert [pack["name"] for pack in packs] == ["core", "ml", "zr4"]
    assert all(pack["rules"] and pack["files"] and pack["title"] for pack in packs)
    config = json.loads(call("config", "Dockerfile.zr4", "--format", "json", cwd=here).out)
    assert config["title"] == "Dockerfile.zr4: configuration zr4lint.toml"
    ignore = {"setting": "ignore", "value": ["ML", "ZC"], "text": "ML, ZC", "origin": "zr4lint.toml:1"}
    assert ignore in config["settings"]
    assert json.loads(call("config", "ignore", "--format", "json", cwd=here).out) == {
        "setting": "ignore", "value": ["ML", "ZC"], "text": "ML, ZC", "origin": "zr4lint.toml:1",
    }  # fmt: skip


def test_rules_and_packs_are_listed(here: Path) -> None:
    rules = call("rules", cwd=here)
    assert (rules.code, rules.err) == (0, "")
    lines = [line.split() for line in rules.out.splitlines()]
    assert ["ZR0501", "torch-pin", "error"] in [line[:3] for line in lines]
    assert len({line[0] for line in lines}) == len(lines) >= 52
    packs = call("packs", cwd=here)
    assert (packs.code, packs.err) == (0, "")
    assert re.search(r"^zr4 .*52 rules.*Dockerfile\.zr4", packs.out, re.MULTILINE)


# Failures


def _missing(here: Path) -> list[str]:
    return ["gone/Dockerfile.zr4"]


def _nothing(_: Path) -> list[str]:
    return [""]


def _empty_folder(here: Path) -> list[str]:
    (here / "empty").mkdir()
    return ["empty"]


def _not_claimed(here: Path) -> list[str]:
    return ["start.sh"]


def _nul(here: Path) -> list[str]:
    (here / "Dockerfile.zr4").write_bytes(CONFORMING.encode() + b"\0\n")
    return ["Dockerfile.zr4"]


def _binary(here: Path) -> list[str]:
    (here / "Dockerfile.zr4").write_bytes(b"\x7fELF\x02\x01\x01\0\0\0\0\0\xff\xfe" * 10)
    return ["Dockerfile.zr4"]


def _utf_16(here: Path) -> list[str]:
    (here / "Dockerfile.zr4").write_text(CONFORMING, encoding="utf-16")
    return ["Dockerfile.zr4"]


def _folder_as_file(here: Path) -> list[str]:
    (here / "sub" / "Dockerfile.zr4").mkdir(parents=True)
    return ["sub/Dockerfile.zr4"]


def _file_as_folder(_: Path) -> list[str]:
    return ["Dockerfile.zr4/Dockerfile.zr4"]


def _fifo(here: Path) -> list[str]:
    os.mkfifo(here / "pipe.Dockerfile.zr4")
    return ["pipe.Dockerfile.zr4"]


def _device(_: Path) -> list[str]:
    return ["/dev/null", "--pack", "zr4"]


def _dangling(here: Path) -> list[str]:
    (here / "x.Dockerfile.zr4").symlink_to("gone")
    return ["x.Dockerfile.zr4"]


def _loop(here: Path) -> list[str]:
    (here / "x.Dockerfile.zr4").symlink_to("x.Dockerfile.zr4")
    return ["x.Dockerfile.zr4"]


def _long_name(_: Path) -> list[str]:
    return ["x" * 300]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (_missing, "gone/Dockerfile.zr4: no such file"),
        (_nothing, "'': no such file"),
        (_empty_folder, "no Dockerfiles matching a pack found in empty"),
        (_not_claimed, "no pack matches start.sh; pass --pack"),
        (_nul, "Dockerfile.zr4: a binary file, or text that is not UTF-8: it holds NUL bytes"),
        (_binary, "Dockerfile.zr4: a binary file"),
        (_utf_16, "Dockerfile.zr4: a binary file, or text that is not UTF-8"),
        (_folder_as_file, "no Dockerfiles matching a pack found in sub/Dockerfile.zr4"),
        (_file_as_folder, "Dockerfile.zr4/Dockerfile.zr4: can't be read: Not a directory"),
        (_fifo, "pipe.Dockerfile.zr4: not a regular file"),
        (_device, "/dev/null: not a regular file"),
        (_dangling, "x.Dockerfile.zr4: no such file"),
        (_loop, "x.Dockerfile.zr4: can't be read: Too many levels of symbolic links"),
        (_long_name, "x: can't be read: File name too long"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_can_not_be_linted_is_named(here: Path, prepare: Callable[[Path], list[str]], words: str) -> None:
    done = call(*prepare(here), cwd=here)
    assert words in complaint(done)
    assert done.out == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_must_not_be_read_is_named(here: Path) -> None:
    (here / "Dockerfile.zr4").chmod(0)
    done = call("Dockerfile.zr4", cwd=here)
    assert complaint(done) == "Dockerfile.zr4: can't be read: Permission denied"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--select", "ZR0510"], "--select: no rule has the code or the name `ZR0510`; did you mean `ZR0"),
        (["--select", "torch-pni"], "no rule has the code or the name `torch-pni`; did you mean `torch-pin`?"),
        (["--select", "ZR0501,ZZ"], "--select: no rule has the code or the name `ZZ`"),
        (
            ["--ignore", "layer-lnies"],
            "--ignore: no rule has the code or the name `layer-lnies`; did you mean `lay",
        ),
        (["--selct", "ZR"], "unexpected argument `--selct`; did you mean `--select`?"),
        (["-x"], "unexpected argument `-x`"),
        (["rul", "ZR0501"], "no file or command is named `rul`; did you mean `rule`?"),
        (["chekc", "."], "no file or command is named `chekc`; did you mean `check`?"),
        (["help", "ruls"], "no command is named `ruls`; did you mean `rules`?"),
        (
            ["--extend-select", "torch-pni"],
            "--extend-select: no rule has the code or the name `torch-pni`; did you mean",
        ),
        (["--extend-ignore", "ZZ"], "--extend-ignore: no rule has the code or the name `ZZ`"),
        (["--format", "yaml"], "--format: unknown value `yaml`; --help lists the values"),
        (["--fail-on", "fatal"], "--fail-on: `fatal` is not one of error, warning, info, never"),
        (["--context", "gone"], "--context"),
        (["--context", "start.sh"], "--context"),
        (["--output", "gone/report"], "gone/report: can't be written: No such file or directory"),
        (["--output", "."], "--output"),
        (["--output"], "--output"),
        (["--pack", "gone"], "gone: no pack has this name, and it is not a file"),
        (["--pack", "gone.toml"], "gone.toml: no pack has this name, and it is not a file"),
        (["--pack", "."], ".: no pack has this name, and it is not a file"),
        (["--pack", "start.sh"], "start.sh:9: not valid TOML"),
        (["rule"], "missing CODE"),
        (["rule", "torch-pni"], "no rule has the code or the name `torch-pni`; did you mean `torch-pin`?"),
        (["rule", ""], "no rule has the code or the name ``"),
        (["rule", "ZR0501", "ZR0502"], "ZR0502"),
        (["rules", "zr4"], "zr4"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line(here: Path, args: list[str], words: str) -> None:
    done = call(*args, cwd=here)
    assert words in complaint(done)
    assert done.out == ""


def test_each_problem_of_a_pack_is_a_line_with_file_and_line(levels: Path) -> None:
    save(levels / "levels.toml", LEVELS.replace('title = "One', 'titel = "One', 1).replace("env", "enw", 1))
    done = call("--pack", "levels.toml", cwd=levels)
    assert (done.code, done.out) == (2, "")
    assert [line.removeprefix("zr4lint: ").split(": ")[0] for line in done.err.splitlines()] == [
        "levels.toml:1",
        "levels.toml:3",
        "levels.toml:16",
    ]


def test_a_pack_of_bytes_is_refused(levels: Path) -> None:
    (levels / "levels.toml").write_bytes(b"\xff\xfe\0")
    assert "levels.toml: can't be read: " in complaint(call("--pack", "levels.toml", cwd=levels))


def test_a_folder_with_nothing_to_lint(tmp_path: Path) -> None:
    assert complaint(call(cwd=tmp_path)) == "no Dockerfiles matching a pack found in ."


# Pipes


@pytest.mark.slow
def test_a_reader_may_stop_early(here: Path) -> None:
    for number in range(60):
        save(here / f"{number:03}" / "Dockerfile.zr4", "FROM scratch\n")
    for args in (["--format", "concise"], ["--format", "json"], ["--format", "sarif"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "zr4lint", *args],
            cwd=here,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(timeout=PATIENCE) == 141


@pytest.mark.slow
def test_a_full_disk_is_one_line(here: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("wb") as disk:
        command = [sys.executable, "-m", "zr4lint"]
        done = subprocess.run(command, cwd=here, env=environment(), stdout=disk, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert done.stderr.decode() == "zr4lint: standard output: can't be written: No space left on device\n"
