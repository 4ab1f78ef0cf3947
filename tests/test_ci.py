"""The action and every snippet of docs/ci.md: the tests parse them and run their command lines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.inprocess import call
from tests.installed import GROUP, ROOT, copy_to, environment, scratch
from tests.test_cli import WITHOUT_ML
from zr4lint import __version__
from zr4lint.project.workflows import WORKFLOWS

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SCRIPT = ROOT / "ci" / "action.sh"
GOOD = (ROOT / "docker" / "Dockerfile.zr4").read_text(encoding="utf-8")
BROKEN = GOOD.replace("torch==2.5.1", "torch==2.5.0")
INSTALL = "python3 -I -m pip install zr4lint"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project with the conforming file."""
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    (tmp_path / "zr4lint.toml").write_text(WITHOUT_ML)
    return tmp_path


def shell(command: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line as a job does, with this interpreter's zr4lint first on PATH."""
    env = environment(Path(sys.executable).parent) | more
    return subprocess.run(["bash", "-ec", command], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def workflows() -> list[dict[str, Any]]:
    return [yaml.safe_load(body) for kind, body in BLOCKS if kind == "yaml"]


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow.get("jobs", {}).get("zr4lint", {}).get("steps", [])
    return found


def lines() -> Iterator[str]:
    """Return every command line of the page."""
    for workflow in workflows():
        yield from (step["run"] for step in steps(workflow) if "run" in step)
        yield from workflow.get("zr4lint", {}).get("script", [])
    for kind, body in BLOCKS:
        if kind == "sh":
            yield from body.splitlines()


LINES = sorted(set(lines()) - {INSTALL})


def test_the_page_has_all_kinds_of_snippets() -> None:
    assert [kind for kind, _ in BLOCKS] == ["yaml"] * 6 + ["text", "make", "sh"]
    assert len(LINES) == 4
    assert [line for line in lines() if not line.startswith("zr4lint ")] == [INSTALL, INSTALL]


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_a_line_passes_a_good_file(here: Path, line: str) -> None:
    done = shell(line, here, GITHUB_STEP_SUMMARY="summary.md")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in LINES if "--format" in line])
def test_a_line_shows_what_is_wrong(here: Path, line: str) -> None:
    (here / "docker" / "Dockerfile.zr4").write_text(BROKEN)
    done = shell(line, here, GITHUB_STEP_SUMMARY="summary.md")
    assert done.returncode == int("--fail-on never" not in line)
    shown = (here / "summary.md").read_text() if "GITHUB_STEP_SUMMARY" in line else done.stdout
    assert "ZR0501" in shown


@pytest.mark.slow
def test_gitlab_finds_its_reports(here: Path) -> None:
    (here / "docker" / "Dockerfile.zr4").write_text(BROKEN)
    job = next(workflow["zr4lint"] for workflow in workflows() if "zr4lint" in workflow)
    assert shell(job["script"][-1], here).returncode == 1
    reports = job["artifacts"]["reports"]
    (entry,) = json.loads((here / reports["codequality"]).read_text())
    assert entry["location"] == {"path": "docker/Dockerfile.zr4", "lines": {"begin": 37, "end": 37}}
    assert ElementTree.parse(here / reports["junit"]).getroot().get("failures") == "1"


def snippet(name: str) -> dict[str, Any]:
    """Return the snippet for a file name."""
    (body,) = [body for _, body in BLOCKS if body.startswith(f"# {name}\n")]
    found: dict[str, Any] = yaml.safe_load(body)
    return found


@pytest.mark.parametrize("service", WORKFLOWS)
def test_init_writes_what_the_page_shows(tmp_path: Path, service: str) -> None:
    name, _ = WORKFLOWS[service]
    assert call("init", "--ci", service, cwd=tmp_path).out.endswith(f"{name}: written\n")
    assert (tmp_path / name).read_text("utf-8") in [body for _, body in BLOCKS]
    kept = (tmp_path / "zr4lint.toml").read_text("utf-8")
    again = call("init", "--ci", service, cwd=tmp_path)
    assert (again.code, again.err) == (2, f"zr4lint: {name} exists already; it is not overwritten\n")
    (tmp_path / name).unlink()
    assert call("init", "--ci", service, cwd=tmp_path) == (0, f"{name}: written\n", "")
    assert (tmp_path / "zr4lint.toml").read_text("utf-8") == kept


@pytest.mark.slow
def test_azure_shows_what_is_wrong(here: Path) -> None:
    install, lint = (step["script"] for step in snippet("azure-pipelines.yml")["steps"])
    assert install == INSTALL
    assert shell(lint, here).returncode == 0
    (here / "docker" / "Dockerfile.zr4").write_text(BROKEN, encoding="utf-8")
    done = shell(lint, here)
    assert done.returncode == 1
    assert "##vso[task.logissue type=error;sourcepath=docker/Dockerfile.zr4;linenumber=37;" in done.stdout


def test_reviewdog_is_given_a_report(here: Path) -> None:
    (here / "docker" / "Dockerfile.zr4").write_text(BROKEN, encoding="utf-8")
    runs = [
        step["run"]
        for step in snippet(".github/workflows/reviewdog.yml")["jobs"]["reviewdog"]["steps"]
        if "run" in step
    ]
    assert runs[0] == INSTALL
    assert shell(runs[1], here).returncode == 0
    file = runs[2].rpartition("< ")[2]
    codes = [diagnostic["code"]["value"] for diagnostic in json.loads((here / file).read_text())["diagnostics"]]
    assert "ZR0501" in codes


def test_the_image_of_the_tool_passes_its_own_packs() -> None:
    done = shell("zr4lint --isolated --fail-on info --quiet ci/Dockerfile", ROOT)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_the_makefile(here: Path) -> None:
    (body,) = [body for kind, body in BLOCKS if kind == "make"]
    (here / "Makefile").write_text(body)
    file = here / "docker" / "Dockerfile.zr4"
    assert shell("make lint-dockerfile", here).returncode == 0
    file.write_text(GOOD.replace("--no-cache-dir --upgrade", "--upgrade", 1))
    assert file.read_text() != GOOD
    assert shell("make lint-dockerfile", here).returncode == 2
    assert shell("make fix-dockerfile", here).returncode == 0
    assert file.read_text() == GOOD


def test_the_workflow_gives_the_action_what_it_takes() -> None:
    (step,) = [step for step in steps(workflows()[0]) if "/zr4lint@" in step.get("uses", "")]
    assert step["uses"].endswith(f"@v{__version__}")
    assert step["with"].keys() <= ACTION["inputs"].keys()
    named = re.findall(r"steps\.zr4lint\.outputs\.([\w-]+)", PAGE)
    assert named
    assert set(named) <= ACTION["outputs"].keys()
    for name in ACTION["inputs"]:
        assert f"`{name}`" in PAGE


def test_each_input_reaches_the_script_as_a_variable_and_never_as_code() -> None:
    (step,) = ACTION["runs"]["steps"]
    assert "${{" not in step["run"]
    given = {*step["env"].values(), step["working-directory"]}
    assert given == {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    text = SCRIPT.read_text()
    assert all(f"${name}" in text or f"${{{name}" in text for name in step["env"])
    assert {"paths", "pack", "fail-on", "version"} <= ACTION["inputs"].keys()


def test_the_script_passes_shellcheck() -> None:
    program = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([program, "--severity=style", SCRIPT, ROOT / ".ci" / "run"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def act(cwd: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """Run the action's step with inputs; return its exit code, log, outputs and summary."""
    action = scratch() / "action"
    if not action.exists():
        copy_to(action)
        (scratch() / "runner").mkdir(exist_ok=True)
    (step,) = ACTION["runs"]["steps"]
    values = {name: inputs.get(name.replace("-", "_"), given["default"]) for name, given in ACTION["inputs"].items()}
    cwd = cwd / values["working-directory"]
    env = {name: values[re.sub(r"\$\{\{ inputs\.(.+) \}\}", r"\1", value)] for name, value in step["env"].items()}
    files = {"GITHUB_STEP_SUMMARY": cwd / "summary", "GITHUB_OUTPUT": cwd / "output"}
    for file in files.values():
        file.write_text("")
    env |= {name: str(file) for name, file in files.items()}
    env |= {"GITHUB_ACTION_PATH": str(action), "RUNNER_TEMP": str(scratch() / "runner")}
    done = shell(step["run"], cwd, **env)
    outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    return done.returncode, done.stdout + done.stderr, outputs, files["GITHUB_STEP_SUMMARY"].read_text()


def hostile(folder: Path) -> Path:
    """A checkout whose modules write a marker when they are imported or run."""
    attack = "import pathlib\npathlib.Path(__file__).with_name('attacked').touch()\n"
    for name in (
        "venv.py",
        "pip/__init__.py",
        "pip/__main__.py",
        "click.py",
        "zr4lint.py",
        "site.py",
        "sitecustomize.py",
    ):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(attack)
    return folder


@cache
def installed() -> tuple[int, str, list[str]]:
    """Run the action's installation on a hostile checkout; return its exit code, log and the imported modules."""
    folder = scratch() / "hostile"
    shutil.copytree(ROOT / "docker", folder / "docker")
    code, log, _, _ = act(hostile(folder), paths="docker")
    return code, log, [path.parent.name for path in folder.rglob("attacked")]


def act_again(cwd: Path, **inputs: str) -> tuple[int, str, dict[str, str], str]:
    """`act` with zr4lint already installed."""
    installed()
    return act(cwd, **inputs)


@pytest.mark.thorough
@GROUP
def test_the_action(here: Path) -> None:
    code, log, outputs, summary = act_again(here)
    assert (code, outputs) == (0, {"sarif": "zr4lint.sarif", "exit-code": "0"}), log
    assert "All 52 requirements met" in log
    assert "52 of 52 requirements met" in summary
    assert json.loads((here / outputs["sarif"]).read_text())["runs"][0]["results"] == []

    (here / "a b").mkdir()
    (here / "a b" / "Dockerfile").write_text(BROKEN)
    inputs = {"paths": "docker\na b/Dockerfile\n", "pack": "zr4", "sarif": "a b/x.sarif"}
    code, log, outputs, summary = act_again(here, **inputs)
    assert (code, outputs) == (1, {"sarif": "a b/x.sarif", "exit-code": "1"}), log
    assert "::error file=a b/Dockerfile,line=37," in log
    assert "| 37:5 | error | ZR0501 torch-pin |" in summary
    results = json.loads((here / outputs["sarif"]).read_text())["runs"][0]["results"]
    assert "ZR0501" in [result["ruleId"] for result in results]

    assert act_again(here, **inputs, fail_on="never")[0] == 0
    code, log, outputs, summary = act_again(here, paths="$(touch gone)")
    assert (code, outputs["exit-code"], (here / "gone").exists()) == (2, "2", False), log
    assert "no such file" in summary


@pytest.mark.thorough
@GROUP
def test_the_action_runs_no_code_of_the_repository_that_it_lints() -> None:
    code, log, attacked = installed()
    assert code == 0, log
    assert attacked == []


@pytest.mark.slow
@GROUP
def test_isolated_the_repository_does_not_say_how_it_is_judged(here: Path) -> None:
    (here / "docker" / "Dockerfile.zr4").write_text("# zr4lint: ignore-file[ZR,ML,ZC] Not me.\n" + BROKEN)
    (here / "zr4lint.toml").write_text('ignore = ["ZR"]\nexclude = ["docker"]\n')
    assert act_again(here, paths="docker/Dockerfile.zr4")[0] == 0
    code, log, _, _ = act_again(here, paths="docker/Dockerfile.zr4", isolated="true")
    assert (code, "ZR0501" in log) == (1, True), log
    (here / "docker" / "Dockerfile.zr4").write_text(BROKEN)
    assert act_again(here, paths="docker/Dockerfile.zr4", no_config="true")[0] == 1


@pytest.mark.parametrize("name", ["a\nexit-code=0", "a\rb", "a\x1b[2J"])
def test_a_file_name_with_control_characters_is_refused(here: Path, name: str) -> None:
    code, log, outputs, _ = act(here, sarif=name)
    assert (code, outputs) == (2, {}), log
    assert "the input sarif is no file name" in log


@pytest.mark.slow
@GROUP
def test_the_action_takes_options_a_folder_and_no_annotations(here: Path) -> None:
    (here / "docker" / "Dockerfile.zr4").write_text(BROKEN)
    code, log, outputs, _ = act_again(here, working_directory="docker", args="--select\nZR0501", annotations="false")
    assert (code, outputs["exit-code"]) == (1, "1"), log
    assert "::error" not in log
    assert "Dockerfile.zr4:37:5: error ZR0501" in log


@pytest.mark.thorough
@GROUP
def test_the_action_takes_the_version_asked_for(here: Path) -> None:
    code, log, outputs, _ = act(here, version="0.0.0.dev0")
    assert (code, outputs) == (1, {}), log
    assert "zr4lint==0.0.0.dev0" in log
