"""`zr4lint diagnose` on the logs of `fixtures/diagnose/`, with the expected result for each.

`expected.toml` has a table for each log: its format, whether it is complete, the failing instruction and its line,
the exit code, the first cause, causes that must `never` be named, and rules that the cause has to prove. A `dockerfile`
is passed with --file. An empty `step` or `cause` means none.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.inprocess import call
from zr4lint.app.assignment import load_packs
from zr4lint.diagnose.catalogue import shipped
from zr4lint.diagnose.events import Opened, Output, StepName
from zr4lint.diagnose.log_reading import read_log
from zr4lint.diagnose.record import Record

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "diagnose"
CASES: dict[str, dict[str, Any]] = tomllib.loads((FIXTURES / "expected.toml").read_text(encoding="utf-8"))
KEYS = {"format", "complete", "step", "line", "exit_code", "cause", "never", "rules", "dockerfile"}


def diagnosed(log: Path, *options: str) -> dict[str, Any]:
    """Check the exit code for a log and return the output of --format json."""
    done = call("diagnose", log.name, "--format", "json", *options, cwd=log.parent)
    document: dict[str, Any] = json.loads(done.out)
    assert done.code == int(bool(document["failures"]) or not document["log"]["complete"])
    return document


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_fixture(name: str) -> None:
    expected = CASES[name]
    assert expected.keys() <= KEYS
    options = ("--file", expected["dockerfile"]) if "dockerfile" in expected else ()
    document = diagnosed(FIXTURES / f"{name}.log", *options)
    failures = document["failures"]
    causes = [cause for failure in failures for cause in failure["causes"]]
    instruction = failures[0]["instruction"] if failures else None
    said = {
        "format": document["log"]["format"],
        "complete": document["log"]["complete"],
        "step": instruction["text"] if instruction else "",
        "line": instruction["line"] if instruction else None,
        "exit_code": failures[0]["exit_code"] if failures else None,
        "cause": causes[0]["id"] if causes else "",
    }
    assert said == {"complete": True, "line": None, "exit_code": None} | {
        key: value for key, value in expected.items() if key in said
    }
    assert not {cause["id"] for cause in causes} & set(expected["never"])
    proven = {code for cause in causes for code in cause["rules"]}
    assert set(expected.get("rules", [])) <= proven


def test_every_log_is_a_case() -> None:
    assert {path.stem for path in FIXTURES.glob("*.log")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_text_tells_the_cause_and_shows_nothing_that_steers_a_terminal(name: str) -> None:
    expected = CASES[name]
    done = call("diagnose", f"{name}.log", cwd=FIXTURES)
    assert done.err == ""
    assert all(char == "\n" or char.isprintable() for char in done.out)
    if expected["cause"] and "dockerfile" not in expected:
        assert f"= {expected['cause']}, " in done.out


PAGE = Path(__file__).resolve().parents[1] / "docs" / "diagnose.md"


def test_the_page_shows_what_is_printed() -> None:
    command, output = re.findall(r"```console\n\$ (zr4lint .*)\n((?:.|\n)*?)\n```", PAGE.read_text())[0]
    done = call(*shlex.split(command)[1:], cwd=FIXTURES)
    assert done.out == f"{output}\n"


def test_the_page_names_causes_and_rules_that_there_are() -> None:
    page = PAGE.read_text()
    tables = page[page.index("## The PRD's") :]
    ids = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", tables)) - {"git-auth"}
    assert ids <= set(shipped().signatures)


def test_the_rules_of_a_layer_are_those_of_its_causes() -> None:
    rows = re.findall(r"^\| \d+ [^\n]+", PAGE.read_text(), re.MULTILINE)
    assert len(rows) == 10
    for row in rows:
        _, _, causes, rules, _ = row.strip("| ").split(" | ")
        signatures = [shipped().signatures[id_].signature for id_ in re.findall(r"`([a-z-]+)`", causes)]
        assert set(rules.split(", ")) <= {code for signature in signatures for code in signature.rules}, row


def test_a_cause_lists_the_former_code_of_a_rule() -> None:
    document = diagnosed(FIXTURES / "apk-unknown-package.log")
    assert document["failures"][0]["causes"][0]["rules"] == []
    log = b"STEP 1/1: RUN pip install x\nerror: externally-managed-environment\n"
    end = b'Error: building at STEP "RUN pip install x": exit status 1\n'
    done = call("diagnose", "--format", "json", cwd=FIXTURES, stdin=log + end)
    assert json.loads(done.out)["failures"][0]["causes"][0]["rules"] == ["ZC303", "ML604"]


def test_the_example_of_a_signature_can_be_used(tmp_path: Path) -> None:
    own, configuration = re.findall(r"```toml\n((?:.|\n)*?)```", PAGE.read_text())[:2]
    (tmp_path / "team-signatures.toml").write_text(own)
    (tmp_path / "zr4lint.toml").write_text(configuration)
    log = 'STEP 1/1: RUN x\nour-proxy: access to a.b is denied\nError: building at STEP "RUN x": exit status 1\n'
    done = call("diagnose", "--format", "json", cwd=tmp_path, stdin=log.encode())
    (cause,) = json.loads(done.out)["failures"][0]["causes"]
    assert cause["summary"] == "the proxy of the company does not let a.b through"


def test_a_rule_and_its_causes_name_each_other(tmp_path: Path) -> None:
    rule = call("rule", "ML301", cwd=tmp_path).out
    assert "torch-missing-at-build" in rule
    assert "ML301" in call("rule", "torch-missing-at-build", cwd=tmp_path).out


NO_LOGS = {
    "empty": (b"", "the log is empty"),
    "binary": (bytes(range(256)) * 50, "not a log: binary data"),
    "packed": (b"\x1f\x8b\x08\x00aaaa", "gzip data; unpack it first"),
    "Dockerfile": (
        b"# syntax=docker/dockerfile:1\nFROM debian:12\nRUN true\n",
        "a Dockerfile, not a log; zr4lint FILE lints it",
    ),
}


def test_the_name_of_the_log_is_told_as_it_is(tmp_path: Path) -> None:
    assert call("diagnose", "Build.log", cwd=tmp_path).err == "zr4lint: Build.log: no such file\n"
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN true\n")
    said = "Dockerfile: a Dockerfile, not a log; zr4lint FILE lints it"
    assert call("diagnose", "Dockerfile", cwd=tmp_path).err == f"zr4lint: {said}\n"


@pytest.mark.parametrize("name", NO_LOGS)
def test_what_is_no_log_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    data, said = NO_LOGS[name]
    done = call("diagnose", cwd=tmp_path, stdin=data)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


OTHER_TEXTS = {
    "compose file": b"services:\n  web:\n    build: .\n    restart: always\n",
    "HTML page": b"<!DOCTYPE html>\n<html><body>No space left on device</body></html>\n",
    "letter": b"Dear all,\n\nthe release moves to Monday. Nothing else changed.\n",
    "program": b"import os\n\n\ndef main() -> None:\n    print(os.getcwd())\n",
    "table": b"name,size\na,1\nb,2\n",
    "table of errors": b"time,message\n10:00,connection refused\n",
    "page on errors": b"# Errors\n\n- `exit code: 137` means that memory ran out.\n",
    "service without a sign of success": b"[INFO] the till has 3 drawers\n[ERROR] user 12 mistyped a password\n",
    "half of an installation": b"Collecting einops\nDownloading einops-0.8.0-py3-none-any.whl (43 kB)\n",
}


@pytest.mark.parametrize("name", OTHER_TEXTS)
def test_a_text_that_is_no_log_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    done = call("diagnose", cwd=tmp_path, stdin=OTHER_TEXTS[name])
    assert (done.code, done.out) == (2, "")
    said = "not the log of a build or a container: it shows neither failure nor success"
    assert done.err == f"zr4lint: standard input: {said}\n"


def test_an_error_of_a_program_is_told_in_its_own_words(tmp_path: Path) -> None:
    done = call("diagnose", cwd=tmp_path, stdin=b"podman: trying\nError: the specified runroot is too long\n")
    assert done.code == 1
    assert "cause: the program that failed says: Error: the specified runroot is too long" in done.out
    assert "= tool-error, possible" in done.out


GOOD_LOGS = {
    "service": b"web-1  | INFO:     Application startup complete.\nweb-1  | INFO:     Uvicorn running on port 8000\n",
    "server with a failed request": b"Server listening on 80\nGET / 500 - connect ECONNREFUSED redis:6\nGET / 200\n",
    "stamps": b"2026-01-01T10:00:00Z model is loaded\n2026-01-01T10:00:01Z waiting for requests\n",
    "pip": b"Collecting einops\nSuccessfully installed einops-0.8.0\n",
    "classic": b"Step 1/1 : FROM debian:12\n ---> aa11aa11aa11\nSuccessfully built aa11aa11aa11\n",
}


@pytest.mark.parametrize("name", GOOD_LOGS)
def test_a_log_without_a_failure_is_no_error(name: str, tmp_path: Path) -> None:
    done = call("diagnose", cwd=tmp_path, stdin=GOOD_LOGS[name])
    assert done.code == 0
    assert done.out.startswith("No failure in standard input")


JOB_ENDS = [("##[error]Process completed with exit code 1.\n", 1), ("ERROR: Job failed: exit code 1\n", 1), ("", 0)]


@pytest.mark.parametrize(("end", "code"), JOB_ENDS)
def test_a_job_that_fails_behind_a_good_build_is_a_failure(end: str, code: int, tmp_path: Path) -> None:
    log = "#5 [1/1] RUN till\n#5 DONE 0.1s\n##[group]Run docker run shop\nthe drawer is stuck\n" + end
    done = call("diagnose", cwd=tmp_path, stdin=log.encode())
    assert done.code == code
    assert done.out.startswith("the job failed after the build\n" if code else "No failure")


def test_fix_applies_what_the_log_proves(tmp_path: Path) -> None:
    for name in ("flash-attn-isolated.log", "flash-attn-isolated.Dockerfile"):
        (tmp_path / name).write_bytes((FIXTURES / name).read_bytes())
    options = ("--file", "flash-attn-isolated.Dockerfile", "--fix", "--unsafe-fixes")
    done = call("diagnose", "flash-attn-isolated.log", *options, cwd=tmp_path)
    assert done.code == 1
    assert "--no-build-isolation" in (tmp_path / "flash-attn-isolated.Dockerfile").read_text()


def test_problems_of_own_signatures_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[signature]]\nid = "a"\ncause = 3\nconfidence = "sure"\nsay = ["x"]\n')
    (tmp_path / "zr4lint.toml").write_text('signatures = ["own.toml"]\n')
    done = call("diagnose", cwd=tmp_path, stdin=b"x\n")
    assert done.code == 2
    for said in ("own.toml:3", "own.toml:4", "own.toml:5", "`cure` is missing", "did you mean `says`?"):
        assert said in done.err


def test_a_dockerfile_that_the_log_names_is_offered(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    log = (FIXTURES / "pip-no-such-version.log").read_bytes()
    done = call("diagnose", cwd=tmp_path, stdin=log)
    assert done.err == "zr4lint: --file Dockerfile shows the findings and the fix\n"


def test_a_file_of_another_build_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "Other").write_text("FROM debian:12\nRUN make\n")
    (tmp_path / "build.log").write_bytes((FIXTURES / "git-host-unknown.log").read_bytes())
    document = diagnosed(tmp_path / "build.log", "--file", "Other")
    assert document["failures"][0]["instruction"]["path"] == "Dockerfile"


DIFFERENCES = {
    "edited-instruction": ["edited-instruction.Dockerfile has changed since this build: the log has `RUN pip install"],
    "edited-in-podman": ["edited-in-podman.Dockerfile has changed since this build: the log has `RUN apt-get update"],
    "moved-instruction": [
        "moved-instruction.Dockerfile has changed since this build: the log has this instruction at line 3"
    ],
    "other-file": ["the failing instruction is not in other-file.Dockerfile: the file has changed, or another one was"],
    "flash-attn-isolated": [],
    "copy-kaniko": [],
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_file_that_differs_from_the_log_is_doubted(name: str, tmp_path: Path) -> None:
    document = diagnosed(FIXTURES / f"{name}.log", "--file", f"{name}.Dockerfile")
    (failure,) = document["failures"]
    assert [note[: len(said)] for note, said in zip(failure["notes"], DIFFERENCES[name], strict=False)] == [
        *DIFFERENCES[name]
    ]
    assert len(failure["notes"]) == len(DIFFERENCES[name])
    if name in ("edited-instruction", "edited-in-podman", "other-file"):
        assert all(not cause["findings"] and not cause["silent"] for cause in failure["causes"])
    text = call("diagnose", f"{name}.log", "--file", f"{name}.Dockerfile", cwd=FIXTURES).out
    assert ("\nnote: " in text) is bool(DIFFERENCES[name])


def test_nothing_is_fixed_in_another_file(tmp_path: Path) -> None:
    for name in ("other-file.log", "other-file.Dockerfile"):
        (tmp_path / name).write_bytes((FIXTURES / name).read_bytes())
    call("diagnose", "other-file.log", "--file", "other-file.Dockerfile", "--fix", "--unsafe-fixes", cwd=tmp_path)
    assert (tmp_path / "other-file.Dockerfile").read_bytes() == (FIXTURES / "other-file.Dockerfile").read_bytes()


def test_the_similar_instruction_of_another_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "D").write_text("FROM python:3.11\nRUN echo a\nRUN echo b\nRUN pip install apex-ops==1.3\n")
    (tmp_path / "build.log").write_bytes((FIXTURES / "other-file.log").read_bytes())
    (failure,) = diagnosed(tmp_path / "build.log", "--file", "D")["failures"]
    assert failure["notes"][1] == "D:4 is the most similar instruction; whether it still fails is not known"


TIMES = {
    "longer": ("#5 DONE 600.0s\n", ["layer 1 Base took 10 min, 1-2 min expected: longer"]),
    "as expected": ("#5 DONE 90.0s\n", ["layer 1 Base took 1.5 min, 1-2 min expected"]),
    "cached": ("#5 CACHED\n", []),
    "failed late": (
        "#5 1.0 Building wheel for base-ops\n#5 300.5 x\n#5 ERROR: process did not complete: exit code: 1\n",
        ["layer 1 Base took 5 min until it ended early, 1-2 min expected: base-ops was compiled"],
    ),
    "failed soon": ("#5 90.5 x\n#5 ERROR: process did not complete: exit code: 1\n", []),
    "left open": ("#5 300.5 x\n", ["layer 1 Base took 5 min until it ended early, 1-2 min expected: longer"]),
}


@pytest.mark.parametrize("name", TIMES)
def test_times_are_compared_with_the_estimates(name: str, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(
        'name = "small"\ntitle = "T"\ndocument = "D"\nfiles = ["Dockerfile"]\n[[section]]\nnumber = "1"\n'
        'title = "Base"\nlayer = 1\nlines = [1, 2]\nbuild = "1-2 min"\n[[rule]]\ncode = "SM1"\nname = "base-image"\n'
        'level = "error"\nsummary = "S."\nwhy = "W."\nsection = "1"\ncheck = "base-image"\nimage = "debian:12"\n'
    )
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN make\n")
    end, expected = TIMES[name]
    head = "#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n#5 [2/2] RUN make\n"
    (tmp_path / "build.log").write_text(f"{head}{end}")
    document = diagnosed(tmp_path / "build.log", "--file", "Dockerfile", "--pack", "small.toml")
    assert document["times"] == expected


def test_a_repainted_time_counts_once(tmp_path: Path) -> None:
    frames = "".join(f"[+] Building {n}.0s (3/4)\n => [2/2] RUN make   {n}.0s\n" for n in range(2, 90))
    log = read_log(io.BytesIO(frames.encode()), shipped().telling)
    assert [time.seconds for time in log.record.times] == [89.0]


def test_a_large_step_is_read_in_bounded_memory() -> None:
    record = Record(shipped().telling)
    record.take(Opened("a", StepName("#5", "RUN make"), 1))
    for number in range(100_000):
        text = "fatal error: Python.h: No such file or directory" if number == 50_000 else f"cc -c {number}.c"
        record.take(Output("a", number, text))
    lines = list(record.steps["a"].lines)
    assert len(lines) < 10_000
    assert any("Python.h" in line.text for line in lines)


def test_signatures_prove_rules_that_there_are() -> None:
    codes = {rule.rule.code for pack in load_packs(()) for rule in pack.rules}
    proven = {code for compiled in shipped().signatures.values() for code in compiled.signature.rules}
    assert {code for code in proven if code.startswith(("ML", "ZR"))} <= codes


def test_a_log_that_is_cut_behind_its_cause_names_it() -> None:
    done = call("diagnose", "cut-behind-its-cause.log", cwd=FIXTURES)
    assert done.code == 1
    assert done.out.startswith("the log is cut within RUN (step 4 of 9); it shows what failed\n")
    assert "\ncause: the server refuses the file: Nothing here\n" in done.out
    done = call("diagnose", "cut-while-it-runs.log", cwd=FIXTURES)
    assert done.code == 1
    assert "is truncated and contains no failure." in done.out


def test_the_builders_own_words_are_not_passed_off_as_output_of_the_step() -> None:
    out = call("diagnose", "remarks-below-the-log.log", cwd=FIXTURES).out
    shown = [line for line in out.splitlines() if line.startswith("next: ")]
    assert "next: last lines: 2: the till is stuck" in shown
    assert not any("UndefinedVar" in line or "did not complete" in line for line in shown)
    assert "means" not in out


@pytest.mark.parametrize("log", ["jar-missing-at-start", "nginx-refuses-its-file", "postgres-of-another-version"])
def test_a_program_that_does_not_start_is_no_failed_build(log: str) -> None:
    assert call("diagnose", f"{log}.log", cwd=FIXTURES).out.startswith("the container did not start\n")
