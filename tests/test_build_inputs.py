"""Files of the build context that a build installs from, and missing sources of COPY."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.inprocess import call
from tests.test_cli import save
from zr4lint import FileReport, LintOptions, Severity, lint_file, lint_text, render
from zr4lint.model.source import MappedText
from zr4lint.programs.project_file import read_project
from zr4lint.programs.requirements_file import read_requirements

PYTHON = "FROM python:3.11\nWORKDIR /app\n"
WRONG = "torch==2.5.1\ntorchvision==0.12.0\n"
MISMATCH = "torchvision 0.12.0 is not built for torch 2.5.1"


def lint(folder: Path, files: Mapping[str, str], *packs: str, options: LintOptions | None = None) -> FileReport:
    for name, text in files.items():
        save(folder / name, text)
    return lint_file(folder / "Dockerfile", packs=packs or ("ml",), options=options)


def told(report: FileReport, code: str = "ML201") -> list[tuple[str, int, int, str]]:
    """Return path, line, column and message of the findings of a rule, also in other files."""
    return [
        (Path(f.path).name, f.line, f.column, f.message)
        for one in (report, *report.others)
        for f in one.findings
        if f.code == code and not f.suppressed
    ]


# From the image back to the context


REACHED = {
    "beside": PYTHON + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n",
    "all-of-it": PYTHON + "COPY . .\nRUN pip install -r requirements.txt\n",
    "other-name": PYTHON + "COPY requirements.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt\n",
    "pattern": PYTHON + "COPY *.txt ./\nRUN pip install -r requirements.txt\n",
    "add": PYTHON + "ADD requirements.txt ./\nRUN pip install --requirement=requirements.txt\n",
    "mount": PYTHON + "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt\n",
    "mount-in-tmp": PYTHON
    + "RUN --mount=type=bind,source=requirements.txt,target=/tmp/r.txt pip install -r /tmp/r.txt\n",
    "mount-of-all": PYTHON + "RUN --mount=type=bind,target=/src pip install -r /src/requirements.txt\n",
    "moved": PYTHON + "COPY requirements.txt /a/\nRUN mv /a/requirements.txt /b.txt && pip install -r /b.txt\n",
    "cd": PYTHON + "COPY . /src\nRUN cd /src && pip install -r requirements.txt\n",
    "variable": PYTHON + "ARG F=requirements.txt\nCOPY $F .\nRUN pip install -r $F\n",
    "stage-above": "FROM python:3.11 AS a\nWORKDIR /x\nCOPY requirements.txt ./\nFROM a\n"
    "RUN pip install -r requirements.txt\n",
    "other-stage": "FROM scratch AS a\nCOPY requirements.txt /x/\n"
    "FROM python:3.11\nCOPY --from=a /x/requirements.txt /\nRUN pip install -r /requirements.txt\n",
    "folder-of-other-stage": "FROM scratch AS a\nCOPY requirements.txt /x/\nFROM python:3.11\nCOPY --from=a /x /y\n"
    "RUN pip install -r /y/requirements.txt\n",
    "uv": PYTHON + "COPY requirements.txt .\nRUN uv pip install --system -r requirements.txt\n",
    "chmod-between": PYTHON + "COPY requirements.txt .\nRUN chmod 644 requirements.txt\n"
    "RUN pip install -r requirements.txt\n",
}
UNKNOWN = {
    "not-copied": PYTHON + "RUN pip install -r requirements.txt\n",
    "edited": PYTHON
    + "COPY requirements.txt .\nRUN sed -i /vision/d requirements.txt\nRUN pip install -r requirements.txt\n",
    "written-over": PYTHON
    + "COPY requirements.txt .\nRUN echo six > requirements.txt && pip install -r requirements.txt\n",
    "removed": PYTHON + "COPY requirements.txt .\nRUN rm requirements.txt\nRUN pip install -r requirements.txt\n",
    "of-an-image": PYTHON + "COPY --from=a/b /requirements.txt .\nRUN pip install -r requirements.txt\n",
    "of-a-url": PYTHON + "ADD https://example.org/requirements.txt .\nRUN pip install -r requirements.txt\n",
    "excluded": PYTHON + "COPY --exclude=*.txt . .\nRUN pip install -r requirements.txt\n",
    "of-a-clone": PYTHON + "COPY . .\nRUN git clone https://github.com/a/b b && pip install -r b/requirements.txt\n",
    "moved-maybe": PYTHON + "COPY requirements.txt /a/\n"
    "RUN if [ -e x ]; then mv /a/requirements.txt /b.txt; fi; pip install -r /b.txt\n",
    "name-not-known": PYTHON + "ARG F\nCOPY requirements.txt .\nRUN pip install -r $F\n",
    "mount-of-a-stage": "FROM scratch AS a\nFROM python:3.11\n"
    "RUN --mount=type=bind,from=a,source=requirements.txt,target=/r.txt pip install -r /r.txt\n",
    "written-by-heredoc": PYTHON + "COPY <<E /app/requirements.txt\nsix\nE\nRUN pip install -r requirements.txt\n",
}


@pytest.mark.parametrize("name", REACHED)
def test_a_list_is_read_from_the_context(tmp_path: Path, name: str) -> None:
    report = lint(tmp_path, {"Dockerfile": REACHED[name], "requirements.txt": WRONG})
    assert told(report) == [("requirements.txt", 2, 1, MISMATCH)]
    assert told(report, "ZL007") == []


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_list_of_which_nothing_is_known_is_left_alone(tmp_path: Path, name: str) -> None:
    report = lint(tmp_path, {"Dockerfile": UNKNOWN[name], "requirements.txt": WRONG})
    assert (told(report), report.others) == ([], ())


def test_nothing_is_read_without_a_context() -> None:
    report = lint_text(REACHED["beside"], packs="ml")
    assert report.others == ()


def test_a_list_that_dockerignore_leaves_out_is_not_read(tmp_path: Path) -> None:
    files = {"Dockerfile": REACHED["all-of-it"], "requirements.txt": WRONG, ".dockerignore": "*.txt\n"}
    assert told(lint(tmp_path, files)) == []
    save(tmp_path / ".dockerignore", "*.txt\n!requirements.txt\n")
    assert told(lint(tmp_path, {})) == [("requirements.txt", 2, 1, MISMATCH)]


@pytest.mark.parametrize("target", ["../outside.txt", "{}/outside.txt"])
def test_a_link_out_of_the_context_is_not_followed(tmp_path: Path, target: str) -> None:
    save(tmp_path / "outside.txt", WRONG)
    inside = tmp_path / "context"
    save(inside / "Dockerfile", REACHED["beside"])
    (inside / "requirements.txt").symlink_to(target.format(tmp_path))
    report = lint_file(inside / "Dockerfile", packs="ml")
    assert report.others == ()


def test_a_link_in_the_context_is_followed(tmp_path: Path) -> None:
    save(tmp_path / "lists" / "all.txt", WRONG)
    save(tmp_path / "Dockerfile", REACHED["beside"])
    (tmp_path / "requirements.txt").symlink_to("lists/all.txt")
    assert told(lint(tmp_path, {})) == [("all.txt", 2, 1, MISMATCH)]


def test_a_list_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    report = lint(tmp_path, {"Dockerfile": REACHED["beside"], "requirements.txt": WRONG + "# a\n" * 1_000_000})
    assert report.others == ()
    message = "a file of the build context is not followed beyond 4000000 bytes"
    assert told(report, "ZL005") == [("Dockerfile", 4, 17, message)]


def test_a_list_that_includes_itself_ends(tmp_path: Path) -> None:
    files = {
        "Dockerfile": REACHED["all-of-it"],
        "requirements.txt": "-r a.txt\n",
        "a.txt": f"-r requirements.txt\n{WRONG}",
    }
    assert told(lint(tmp_path, files)) == [("a.txt", 3, 1, MISMATCH)]


def test_a_chain_of_lists_is_read_up_to_a_budget(tmp_path: Path) -> None:
    lists = "".join(f"COPY <<E /r{n}.txt\n-r r{n + 1}.txt\nE\n" for n in range(400))
    assert lint(tmp_path, {"Dockerfile": f"FROM a\n{lists}RUN pip install -r /r0.txt\n"}).others == ()


def test_a_list_of_two_commands_is_told_once(tmp_path: Path) -> None:
    text = REACHED["beside"] + "RUN pip install -r requirements.txt\n"
    assert told(lint(tmp_path, {"Dockerfile": text, "requirements.txt": WRONG})) == [
        ("requirements.txt", 2, 1, MISMATCH)
    ]


# The files that are read


@pytest.mark.parametrize(
    ("listed", "place"),
    [
        ("torch==2.5.1 # pinned\ntorchvision==0.12.0\n", (2, 1)),
        ("# torch==1.0\n\n  torch==2.5.1\ntorchvision == 0.12.0\n", (4, 1)),
        (
            "torch==2.5.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\ntorchvision==0.12.0 --hash=sha256:cc\n",
            (4, 1),
        ),
        ("torch==2.5.1\ntorch\\\nvision==0.12.0\n", (2, 1)),
        ("-r more.txt\ntorchvision==0.12.0\n", (2, 1)),
        ("--requirement=more.txt\ntorchvision==0.12.0\n", (2, 1)),
        ("-c more.txt\ntorch\ntorchvision==0.12.0\n", (3, 1)),
        ("\ufefftorch==2.5.1\r\ntorchvision==0.12.0\r\n", (2, 1)),
        ("torch==2.5.1\n# \\\ntorchvision==0.12.0\n", (3, 1)),
    ],
)
def test_lines_are_read_as_pip_reads_them(tmp_path: Path, listed: str, place: tuple[int, int]) -> None:
    files = {"Dockerfile": REACHED["all-of-it"], "requirements.txt": listed, "more.txt": "torch==2.5.1\n"}
    assert told(lint(tmp_path, files)) == [("requirements.txt", *place, MISMATCH)]


@pytest.mark.parametrize(
    "listed",
    [
        "torch==2.5.1\n#torchvision==0.12.0\n",
        "torch==2.5.1\ntorchvision==0.20.1\n",
        "torch==2.5.1\ntorchvision==0.12.0; sys_platform == 'win32'\n",
        "torch==${TORCH}\ntorchvision==0.12.0\n",
    ],
)
def test_lists_with_nothing_wrong(tmp_path: Path, listed: str) -> None:
    text = PYTHON + "ARG TORCH\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    assert told(lint(tmp_path, {"Dockerfile": text, "requirements.txt": listed})) == []


def test_options_in_a_list_hold_for_the_command(tmp_path: Path) -> None:
    listed = "--index-url https://download.pytorch.org/whl/cu125\ntorch==2.5.1\n"
    report = lint(tmp_path, {"Dockerfile": REACHED["beside"], "requirements.txt": listed})
    assert told(report, "ML202") == [("requirements.txt", 1, 13, "PyTorch publishes no wheels for `cu125`")]


REFUSED = {
    "--no-build-isolation\nsix==1.16.0\n": (1, 1, "`--no-build-isolation` is not allowed in a requirements file"),
    "six\nrich --no-deps\n": (2, 6, "`--no-deps` is not allowed in a requirements file"),
    "# -U\n-U\n": (2, 1, "`--upgrade` is not allowed in a requirements file"),
    "--pre\n-i https://pypi.org/simple\n--no-binary=:none:\n--use-feature=fast-deps\n": None,
    "six==1.16.0 --hash=sha256:00 \\\n  --hash=sha256:11\n": None,
}


@pytest.mark.slow
@pytest.mark.parametrize("listed", REFUSED)
def test_options_that_a_list_may_not_have(tmp_path: Path, listed: str) -> None:
    lines = PYTHON + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    report = lint(tmp_path, {"Dockerfile": lines, "requirements.txt": listed})
    wanted = REFUSED[listed]
    assert told(report, "ML502") == ([("requirements.txt", *wanted)] if wanted else [])
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ("no such option" in done.stderr) is (wanted is not None)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"requirements.txt": "flask==3.0.0\nrich==13.0.0\nFlask==2.0.0\n"}, ("requirements.txt", 3, 1)),
        ({"requirements.txt": "-r b.txt\nflask==3.0.0\n", "b.txt": "flask==2.0.0\n"}, ("b.txt", 1, 1)),
        ({"requirements.txt": "-c b.txt\nflask==3.0.0\n", "b.txt": "flask==2.0.0\n"}, ("b.txt", 1, 1)),
        ({"requirements.txt": "flask==3.0.0\nflask==3.0\nrich>=13\nrich==13.0.0\n"}, None),
        ({"requirements.txt": "a==1; sys_platform == 'linux'\na==2; sys_platform == 'win32'\n"}, None),
    ],
)
def test_lists_that_pin_a_package_twice(
    tmp_path: Path, files: dict[str, str], place: tuple[str, int, int] | None
) -> None:
    lines = PYTHON + "COPY *.txt ./\nRUN pip install -r requirements.txt\n"
    report = lint(tmp_path, {"Dockerfile": lines, **files})
    assert [one[:3] for one in told(report, "ML318")] == ([place] if place else [])


NODE = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
WANTED = '{\n  "name": "x",\n  "dependencies": {"left-pad": "1.3.0"},\n  "devDependencies": {"is-odd": "^3.0.0"}\n}\n'


def _lock(**versions: str) -> str:
    rows = {f"node_modules/{name.replace('_', '-')}": {"version": version} for name, version in versions.items()}
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, **rows}})


@pytest.mark.parametrize(
    ("lock", "found"),
    [
        (_lock(left_pad="1.3.0", is_odd="3.0.1"), None),
        (_lock(left_pad="1.3.0"), ("package.json", 4, 23, "package-lock.json lacks `is-odd@^3.0.0`")),
        (
            _lock(left_pad="1.2.0", is_odd="3.0.1"),
            ("package.json", 3, 20, "package-lock.json has `left-pad@1.2.0` instead"),
        ),
        (json.dumps({"dependencies": {"left-pad": {"version": "1.3.0"}, "is-odd": {"version": "3.0.1"}}}), None),
        ("{", None),
    ],
)
def test_a_lock_file_that_disagrees_with_package_json(
    tmp_path: Path, lock: str, found: tuple[str, int, int, str] | None
) -> None:
    report = lint(tmp_path, {"Dockerfile": NODE, "package.json": WANTED, "package-lock.json": lock}, "core")
    assert told(report, "ZC323") == ([found] if found else [])


YARN = '# yarn lockfile v1\n\nis-odd@^3.0.0, is-odd@^3.0.1:\n  version "3.0.1"\n\nleft-pad@{0}:\n  version "{0}"\n'
PNPM = """\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      is-odd:
        specifier: ^3.0.0
        version: 3.0.1
      left-pad:
        specifier: {0}
        version: {0}
packages:
"""


@pytest.mark.parametrize(
    ("name", "lock", "call", "stale"),
    [
        ("yarn.lock", YARN, "yarn install --frozen-lockfile", "yarn.lock lacks `left-pad@1.3.0`"),
        ("yarn.lock", YARN, "yarn --frozen-lockfile", "yarn.lock lacks `left-pad@1.3.0`"),
        ("yarn.lock", YARN, "yarn install", ""),
        ("pnpm-lock.yaml", PNPM, "pnpm i --frozen-lockfile", "pnpm-lock.yaml has `left-pad@1.2.0` instead"),
        ("pnpm-lock.yaml", PNPM, "pnpm install", ""),
    ],
)
def test_lock_files_of_yarn_and_pnpm(tmp_path: Path, name: str, lock: str, call: str, stale: str) -> None:
    files = {"Dockerfile": NODE.replace("npm ci", call), "package.json": WANTED, name: lock.format("1.3.0")}
    assert told(lint(tmp_path, files, "core"), "ZC323") == []
    report = lint(tmp_path, {**files, name: lock.format("1.2.0")}, "core")
    assert told(report, "ZC323") == ([("package.json", 3, 20, stale)] if stale else [])


@pytest.mark.parametrize(("copied", "wrong"), [("package.json", True), ("package*.json", False), (". ", False)])
def test_a_lock_file_that_no_instruction_copies(tmp_path: Path, copied: str, wrong: bool) -> None:
    text = f"FROM node:22-slim\nWORKDIR /app\nCOPY {copied} ./\nRUN npm ci\n"
    lock = _lock(left_pad="1.3.0", is_odd="3.0.1")
    report = lint(tmp_path, {"Dockerfile": text, "package.json": WANTED, "package-lock.json": lock}, "core")
    found = [("Dockerfile", 4, 5, "`npm ci` finds no package-lock.json")]
    assert told(report, "ZC323") == (found if wrong else [])


@pytest.mark.parametrize(("copied", "wrong"), [("pyproject.toml", True), ("pyproject.toml uv.lock", False)])
@pytest.mark.parametrize("image", ["python:3.12-slim", "ghcr.io/astral-sh/uv:0.9.2-python3.12-bookworm-slim"])
def test_a_lock_file_of_uv_that_no_instruction_copies(tmp_path: Path, image: str, copied: str, wrong: bool) -> None:
    text = f"FROM {image}\nWORKDIR /app\nCOPY {copied} ./\nRUN uv sync --frozen\n"
    report = lint(tmp_path, {"Dockerfile": text, "pyproject.toml": UV_PROJECT, "uv.lock": UV_LOCK}, "core")
    found = [("Dockerfile", 4, 5, "`uv sync` finds no uv.lock")]
    assert told(report, "ZC323") == (found if wrong else [])


@pytest.mark.parametrize(
    "text", ["[" * 5_000, '{"dependencies": [1]}', "[]", '{"dependencies": {"a": {}}, "engines": 1}']
)
def test_a_package_json_of_another_shape(tmp_path: Path, text: str) -> None:
    report = lint(tmp_path, {"Dockerfile": NODE, "package.json": text, "package-lock.json": text}, "core")
    assert [one for one in told(report, "ZC323") if "lacks" in one[3]] == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_ci_wants_a_lock_file(tmp_path: Path) -> None:
    report = lint(tmp_path, {"Dockerfile": NODE, "package.json": WANTED}, "core")
    assert told(report, "ZC323") == [("Dockerfile", 4, 5, "`npm ci` finds no package-lock.json")]
    environment = {**os.environ, "npm_config_cache": str(tmp_path / "cache"), "npm_config_offline": "true"}
    done = subprocess.run(["npm", "ci"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, "EUSAGE" in done.stderr) == (True, True)


def test_an_index_of_the_command_holds_for_its_list(tmp_path: Path) -> None:
    text = PYTHON + "COPY . .\nRUN pip install --index-url https://download.pytorch.org/whl/cu126 -r requirements.txt\n"
    report = lint(tmp_path, {"Dockerfile": text, "requirements.txt": "torch==2.5.1\n"})
    assert told(report, "ML203") == [("Dockerfile", 4, 29, "torch 2.5.1 has no build for `cu126`")]
    (finding,) = (f for f in report.findings if f.code == "ML203")
    (related,) = finding.related
    assert related.source is not None
    assert Path(related.source.path).name == "requirements.txt"
    assert related.source.slice(related.span) == "torch==2.5.1"


def test_packs_of_specifications_see_the_list(tmp_path: Path) -> None:
    text = "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base\nCOPY requirements.txt .\n"
    text += "RUN pip install -r requirements.txt\n"
    report = lint(tmp_path, {"Dockerfile": text, "requirements.txt": "six\ntorch==2.5.0\n"}, "zr4")
    assert ("requirements.txt", 2, 1, "torch is pinned to 2.5.0, not 2.5.1") in told(report, "ZR0501")
    assert all(f.fix is None for other in report.others for f in other.findings)
    for part in report.conformance:
        assert all(witness.span.end <= len(report.source.text) for witness in part.witnesses)


def test_pyproject_is_read_for_a_project_that_is_installed(tmp_path: Path) -> None:
    project = '[project]\nname = "a"\ndependencies = ["torch==2.5.1"]\n[project.optional-dependencies]\n'
    project += "vision = ['torchvision==0.12.0']\n"
    for command, found in {
        "pip install .[vision]": [("pyproject.toml", 5, 12, MISMATCH)],
        "pip install -e '/app[vision]'": [("pyproject.toml", 5, 12, MISMATCH)],
        "pip install .": [],
        "pip install app": [],
    }.items():
        text = f"{PYTHON}COPY . .\nRUN {command}\n"
        assert told(lint(tmp_path, {"Dockerfile": text, "pyproject.toml": project})) == found, command


def test_the_indexes_of_uv_count_for_uv(tmp_path: Path) -> None:
    project = '[project]\nname = "a"\ndependencies = ["torch==2.5.1"]\n[[tool.uv.index]]\nurl = '
    project += '"https://download.pytorch.org/whl/cu128"\n'
    wanted = [("pyproject.toml", 5, 8, "torch 2.5.1 has no build for `cu128`")]
    for command, found in {"uv pip install --system -r pyproject.toml": wanted, "pip install .": []}.items():
        text = f"{PYTHON}COPY . .\nRUN {command}\n"
        assert told(lint(tmp_path, {"Dockerfile": text, "pyproject.toml": project}), "ML203") == found, command


@pytest.mark.parametrize(
    ("version", "specifier"),
    [
        ("^2.5.1", ">=2.5.1,<3"),
        ("^0.4.2", ">=0.4.2,<0.5"),
        ("~2.5", ">=2.5,<2.6"),
        ("2.5.1", "==2.5.1"),
        (">=2,<3", ">=2,<3"),
        ("*", ""),
        ("^1 || ^2", ""),
    ],
)
def test_versions_of_poetry(version: str, specifier: str) -> None:
    listing = read_project(MappedText(f'[tool.poetry.dependencies]\npython = "^3.11"\na = "{version}"\n', (0,), (0,)))
    assert listing is not None
    assert [argument.value for argument in listing.wanted] == [f"a{specifier}"]


UV_PROJECT = """\
[project]
name = "a"
dependencies = ["torch>=2.5", "torchvision==0.12.0"]
[project.optional-dependencies]
vision = ["xformers==0.0.22"]
[[tool.uv.index]]
url = "https://download.pytorch.org/whl/cu125"
"""
UV_LOCK = """\
version = 1

[[package]]
name = "torch"
version = "2.5.1"

[[package]]
name = "torchvision"
version = "0.12.0"
"""
UV_IN_PLACES = "source=uv.lock,target=uv.lock --mount=type=bind,source=pyproject.toml,target=pyproject.toml"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("COPY . .\nRUN uv sync --frozen", [("uv.lock", 9, 12, MISMATCH)]),
        (
            f"RUN --mount=type=bind,{UV_IN_PLACES} uv sync --locked --no-install-project --extra vision",
            [("uv.lock", 9, 12, MISMATCH)],
        ),
        ("COPY pyproject.toml ./\nRUN uv sync", []),
        ("COPY . .\nRUN uv sync --project other", []),
        ("RUN uv sync", []),
    ],
)
def test_what_uv_syncs(tmp_path: Path, lines: str, found: list[tuple[str, int, int, str]]) -> None:
    files = {"Dockerfile": f"{PYTHON}{lines}\n", "pyproject.toml": UV_PROJECT, "uv.lock": UV_LOCK}
    report = lint(tmp_path, files)
    assert told(report) == found
    index = [("pyproject.toml", 7, 8, "PyTorch publishes no wheels for `cu125`")]
    assert told(report, "ML202") == (index if report.others else [])
    assert bool(report.others) is bool(found or "pyproject.toml ./" in lines)


EXTRAS = """\
[project]
name = "a"
optional-dependencies.gpu = ["torch==2.8.0"]
optional-dependencies.cpu = ["torch==2.8.0"]
[tool.uv.sources]
torch = [{ index = "cpu", extra = "cpu" }, { index = "gpu", extra = "gpu", marker = "sys_platform == 'linux'" }]
[[tool.uv.index]]
name = "cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true
[[tool.uv.index]]
name = "gpu"
url = "https://download.pytorch.org/whl/cu125"
explicit = true
"""


@pytest.mark.parametrize(("extra", "wrong"), [("cpu", False), ("gpu", True)])
def test_the_indexes_of_other_extras_do_not_count(tmp_path: Path, extra: str, wrong: bool) -> None:
    text = f"{PYTHON}COPY pyproject.toml ./\nRUN uv sync --extra {extra}\n"
    report = lint(tmp_path, {"Dockerfile": text, "pyproject.toml": EXTRAS})
    index = [("pyproject.toml", 13, 8, "PyTorch publishes no wheels for `cu125`")]
    assert told(report, "ML202") == (index if wrong else [])


CONDA = """\
name: a
dependencies:
  - python=3.11
  - pip:
    # torch==1.0
    - torch==2.5.1
    - "torchvision==0.12.0"

    - --extra-index-url https://download.pytorch.org/whl/cu125
channels: [conda-forge]
"""


@pytest.mark.parametrize(
    "command",
    [
        "conda env create -f environment.yml",
        "mamba env update --file=environment.yml -n base",
        "micromamba create -y -f /app/environment.yml",
    ],
)
def test_what_conda_has_pip_install(tmp_path: Path, command: str) -> None:
    text = f"FROM condaforge/miniforge3:24.3.0-0\nWORKDIR /app\nCOPY environment.yml .\nRUN {command}\n"
    report = lint(tmp_path, {"Dockerfile": text, "environment.yml": CONDA})
    assert told(report) == [("environment.yml", 7, 8, MISMATCH)]
    assert told(report, "ML202") == [("environment.yml", 9, 25, "PyTorch publishes no wheels for `cu125`")]
    assert told(lint(tmp_path, {"environment.yml": CONDA.replace("- pip:", "- other:")})) == []
    wrong = CONDA.replace("--extra-index-url https://download.pytorch.org/whl/cu125", "sklearn")
    report = lint(tmp_path, {"environment.yml": wrong})
    assert told(report, "ML311") == [("environment.yml", 9, 7, "`sklearn` no longer installs")]
    old = CONDA.replace("torch==2.5.1", "tensorflow==2.11.0").replace("python=3.11", "python=3.12")
    wheel = ("environment.yml", 6, 7, "tensorflow 2.11.0 has no wheel for Python 3.12")
    assert wheel in told(lint(tmp_path, {"environment.yml": old}), "ML317")


def test_a_broken_pyproject_is_not_read() -> None:
    assert read_project(MappedText("[project\n", (0,), (0,))) is None


def test_variables_of_a_list() -> None:
    text = MappedText("a==${A}\nb==${B}\nc==$A\nd==${D}\n", (0,), (0,))
    listing = read_requirements(text, {"A": "1", "B": None, "D": ""})
    assert [argument.value for argument in listing.wanted] == ["a==1", None, None, None]


ENVIRONMENT = """name: gpu
channels: {channels}
dependencies:
  - python=3.10  # the one of the cluster
  - {package}
  - pip:
      - pytorch==9
"""


@pytest.mark.parametrize(
    ("channels", "package", "found"),
    [
        ("[pytorch, nvidia]", "pytorch=2.6", ("the channel pytorch has no torch 2.6", Severity.ERROR)),
        ("\n  - pytorch\n  - nvidia", "pytorch>=2.7.1", ("the channel pytorch has no torch 2.7.1", Severity.ERROR)),
        ("[pytorch, conda-forge]", "pytorch=2.6", ("the channel pytorch ended with torch 2.5.1", Severity.WARNING)),
        ("[nvidia]", "pytorch::pytorch", ("the channel pytorch ended with torch 2.5.1", Severity.WARNING)),
        ("[conda-forge]", "pytorch=2.6", None),
        ("[pytorch]", "numpy", None),
        ("[pytorch]", "pytorch-lightning=2.6", None),
    ],
)
def test_packages_of_a_conda_environment(
    tmp_path: Path, channels: str, package: str, found: tuple[str, Severity] | None
) -> None:
    text = "FROM condaforge/miniforge3:26.3.2-0\nCOPY e.yml /\nRUN conda env create -f /e.yml\n"
    listed = ENVIRONMENT.format(channels=channels, package=package)
    report = lint(tmp_path, {"Dockerfile": text, "e.yml": listed})
    line = listed[: listed.index(f"- {package}")].count("\n") + 1
    assert told(report, "ML218") == ([("e.yml", line, 5, found[0])] if found else [])
    levels = {f.severity for one in (report, *report.others) for f in one.findings if f.code == "ML218"}
    assert levels == ({found[1]} if found else set())


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("xargs apt-get install -y < list.txt", True),
        ("cat list.txt | xargs apt-get install -y", True),
        ("grep -v '^#' list.txt | xargs apt-get install -y --no-install-recommends", True),
        ("cat list.txt other.txt | xargs apt-get install -y", False),
        ("sort list.txt | xargs apt-get install -y", False),
        ("xargs apt-get install -y < /elsewhere/list.txt", False),
        ("xargs -a list.txt apt-get install -y", True),
        ("xargs --arg-file=/a/list.txt apt-get install -y", True),
        ("xargs -r -a /elsewhere/list.txt apt-get install -y", False),
        ("apt-get install -y $(cat list.txt)", True),
        ("apt-get install -y vim $(cat /a/list.txt) less", True),
        ("apt-get install -y $(grep -vE '^#' list.txt)", True),
        ("apt-get install -y $(grep -v ^lib list.txt)", False),
        ('apt-get install -y "$(cat list.txt)"', False),
        ("apt-get install -y $(cat list.txt other.txt)", False),
        ("apt-get install -y $(cat list.txt | sed s/-mesa-glx//)", False),
        ("sed -i s/-mesa-glx// list.txt && apt-get install -y $(cat list.txt)", False),
        ("apt-get install -y $(cat list.txt) $(cat other.txt)", False),
    ],
)
def test_lists_of_apt(tmp_path: Path, command: str, found: bool) -> None:
    text = f"FROM ubuntu:24.04\nWORKDIR /a\nCOPY *.txt ./\nRUN apt-get update && {command}\n"
    report = lint(tmp_path, {"Dockerfile": text, "list.txt": "curl\nlibgl1-mesa-glx git\n", "other.txt": ""})
    wanted = [("list.txt", 2, 1, "ubuntu24.04 has no package `libgl1-mesa-glx`")]
    assert told(report, "ML603") == (wanted if found else [])


@pytest.mark.slow
@pytest.mark.parametrize(
    "listed",
    [
        " " * 1_000_000 + "\n",
        "a " + "#" * 1_000_000,
        "--x " * 200_000,
        "\\\n" * 200_000,
        "${A}" * 200_000,
        "\"'" * 200_000,
        "p==1\n" * 200_000,
    ],
)
def test_lists_of_any_shape_are_read_in_time(tmp_path: Path, listed: str) -> None:
    save(tmp_path / "Dockerfile", REACHED["beside"])
    save(tmp_path / "requirements.txt", listed)
    lint_text(
        REACHED["beside"], packs="ml", options=LintOptions(context=str(tmp_path)), max_time=20
    )  # raises TimeUpError


# The messages


def test_a_comment_at_the_command_suppresses(tmp_path: Path) -> None:
    text = REACHED["beside"].replace("RUN", "# zr4lint: ignore[ML201] The list is of another team.\nRUN")
    report = lint(tmp_path, {"Dockerfile": text, "requirements.txt": WRONG})
    assert told(report) == []
    assert [f.justification for f in report.others[0].findings] == ["The list is of another team."]
    assert told(report, "ZL001") == []


def test_every_format_names_the_other_file(tmp_path: Path) -> None:
    report = lint(tmp_path, {"Dockerfile": REACHED["beside"], "requirements.txt": WRONG})
    for form in ("text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "checkstyle", "sonarqube",
                 "rdjson", "azure", "markdown", "html"):  # fmt: skip
        assert "requirements.txt" in render(report, format=form, packs="ml"), form


def test_the_places_in_machine_formats(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", REACHED["beside"])
    save(tmp_path / "requirements.txt", WRONG)
    done = call("--pack", "ml", "--select", "ML201", "--format", "json", cwd=tmp_path)
    assert (done.code, done.err) == (1, "")
    (finding,) = json.loads(done.out)["findings"]
    assert [finding[key] for key in ("path", "line", "column", "end_line", "end_column", "fix")] == [
        "requirements.txt", 2, 1, 2, 20, None,
    ]  # fmt: skip
    assert [(one["message"], one.get("path"), one["line"], one["column"]) for one in finding["related"]] == [
        ("torch 2.5.1 is installed here", None, 1, 1),
        ("the command that installs from this file", "Dockerfile", 4, 17),
    ]
    done = call("--pack", "ml", "--select", "ML201", "--format", "sarif", cwd=tmp_path)
    (result,) = json.loads(done.out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "requirements.txt"
    assert [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["relatedLocations"]] == [
        "requirements.txt",
        "Dockerfile",
    ]
    done = call("--pack", "ml", "--select", "ML201", "-q", cwd=tmp_path)
    assert "requirements.txt:2:1: error ML201" in done.out
    assert "  --> Dockerfile:4:17\n" in done.out
    done = call("--pack", "ml", "--select", "ML201", "--format", "github", cwd=tmp_path)
    assert "::error file=requirements.txt,line=2,endLine=2,col=1,endColumn=20," in done.out


def test_fixes_leave_the_other_file_alone(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", REACHED["beside"])
    save(tmp_path / "requirements.txt", WRONG)
    done = call("--pack", "ml", "--select", "ML201", "--fix", "--unsafe-fixes", "-q", cwd=tmp_path)
    assert done.code == 1
    assert (tmp_path / "requirements.txt").read_text() == WRONG
    assert (tmp_path / "Dockerfile").read_text() == REACHED["beside"]


def test_a_baseline_holds_findings_of_the_other_file(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", REACHED["beside"])
    save(tmp_path / "requirements.txt", WRONG)
    options = ("--pack", "ml", "--select", "ML201", "-q")
    assert call(*options, "--write-baseline", "known.json", cwd=tmp_path).code == 0
    (entry,) = json.loads((tmp_path / "known.json").read_text())["findings"]
    assert entry["path"] == "requirements.txt"
    assert call(*options, "--baseline", "known.json", cwd=tmp_path).code == 0
    save(tmp_path / "requirements.txt", "torch==2.5.1\ntorchvision==0.13.0\n")
    assert call(*options, "--baseline", "known.json", cwd=tmp_path).code == 1


def test_several_files_share_a_list(tmp_path: Path) -> None:
    for name in ("Dockerfile", "Dockerfile.gpu"):
        save(tmp_path / name, REACHED["beside"])
    save(tmp_path / "requirements.txt", WRONG)
    done = call("--pack", "ml", "--select", "ML201", "--format", "json", cwd=tmp_path)
    assert [finding["path"] for finding in json.loads(done.out)["findings"]] == ["requirements.txt"]


def test_secrets_of_the_list_are_not_repeated(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    listed = f"--extra-index-url https://user:{token}@pypi.example.org/simple\n{WRONG}"
    save(tmp_path / "Dockerfile", REACHED["beside"])
    save(tmp_path / "requirements.txt", listed)
    for form in ("text", "json", "sarif", "html"):
        assert token not in call("--pack", "ml", "--pack", "core", "--format", form, cwd=tmp_path).out, form


# COPY of missing files


NAMED = LintOptions(context=".")


@pytest.mark.parametrize(
    ("copy", "files", "severity"),
    [
        ("COPY gone.txt /a/", {}, "ERROR"),
        ("ADD gone.txt /a/", {}, "ERROR"),
        ("COPY here.txt gone.txt /a/", {"here.txt": ""}, "ERROR"),
        ("COPY gone/ /a/", {"here.txt": ""}, "ERROR"),
        ("COPY here.txt /a/", {"here.txt": "", ".dockerignore": "*.txt\n"}, "ERROR"),
        ("COPY here.txt /a/", {"here.txt": ""}, None),
        ("COPY ./sub /a/", {"sub/a": ""}, None),
        ("COPY . /a/", {}, None),
        ("COPY *.txt /a/", {}, None),
        ("COPY --from=other gone.txt /a/", {}, None),
        ("COPY $GONE /a/", {}, None),
        ("ADD https://example.org/gone.txt /a/", {}, None),
        ("COPY <<E /a\nx\nE", {}, None),
        ("COPY dist/app.jar /a/", {".git/HEAD": "", ".gitignore": "dist/\n"}, None),
        ("COPY sub /a/", {"sub/a": "", ".dockerignore": "sub\n!sub/a\n"}, None),
    ],
)
@pytest.mark.parametrize("pack", ["ml", "core"])
def test_a_source_that_is_not_there(
    tmp_path: Path, copy: str, files: dict[str, str], severity: str | None, pack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = lint(tmp_path, {"Dockerfile": f"FROM debian:12\n{copy}\n", **files}, pack, options=NAMED)
    found = [f for f in report.findings if "ZL008" in (f.code, *f.also)]
    assert [f.severity.name for f in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("COPY a.txt .\nRUN pip install -r b.txt", (4, 17)),
        ("COPY src/ src\nRUN pip install --constraint=b.txt a", (4, 17)),
        ("COPY src/ .\nRUN pip install -r b.txt", None),
        ("COPY a.txt .\nRUN python make.py && pip install -r b.txt", None),
        ("COPY a.txt .\nRUN cp a.txt b.txt && pip install -r b.txt", None),
        ("COPY a.txt .\nRUN pip install -r b.txt || true", None),
        ("COPY a.txt .\nRUN pip install -r https://example.org/b.txt", None),
        ("COPY a.txt .\nRUN --mount=type=bind,target=. pip install -r b.txt", None),
        ("COPY a.txt .\nRUN pip install -r ../usr/b.txt", None),
        ("ARG LIST\nCOPY $LIST .\nRUN pip install -r b.txt", None),
        ("ARG LIST\nCOPY $LIST /other/\nRUN pip install -r b.txt", (5, 17)),
        ("RUN --mount=type=secret,id=b,target=b.txt pip install -r b.txt", None),
        ("ARG SRC\nRUN --mount=target=$SRC pip install -r b.txt", None),
        ("ENV SRC=/src\nRUN --mount=target=$SRC pip install -r /src/b.txt", None),
        ("RUN git init . && git pull https://github.com/a/b && pip install -r b.txt", None),
        ("RUN git clone https://github.com/a/b . && rm b.txt && git checkout . && pip install -r b.txt", None),
        ("RUN git clone https://github.com/a/b . && git rm -r . && git reset --hard && pip install -r b.txt", None),
        ("RUN git clone https://github.com/a/b . && git rm b.txt && git checkout v2 && pip install -r b.txt", (3, 90)),
        ("RUN git clone https://github.com/a/b . && rm b.txt && git config a.b c && pip install -r b.txt", (3, 87)),
    ],
)
def test_a_list_of_requirements_that_is_not_in_the_image(lines: str, place: tuple[int, int] | None) -> None:
    text = f"FROM python:3.12\nWORKDIR /app\n{lines}\n"
    found = [f for f in lint_text(text, packs="ml").findings if f.code == "ZL007"]
    assert [(f.line, f.column, f.message) for f in found] == (
        [(*place, "nothing in the image is at `b.txt`")] if place else []
    )


@pytest.mark.parametrize(
    ("lines", "files", "place"),
    [
        ("RUN pip install -r gone.txt", {}, (5, 17)),
        ("RUN pip install -r sub/gone.txt", {"sub/here.txt": ""}, (5, 17)),
        ("RUN conda env create -f gone.yml", {}, (5, 25)),
        ("RUN pip install -r here.txt", {"here.txt": ""}, None),
        ("RUN pip install -r made.txt", {".gitignore": "made.txt\n", ".git/HEAD": ""}, None),
        ("RUN ./make-lists && pip install -r gone.txt", {}, None),
        ("RUN cd build && cmake ..", {".gitignore": "build/\n", ".git/HEAD": ""}, None),
        ("RUN cd build && cmake ..", {}, (5, 5)),
        ("RUN conda env create -f here.yml", {"here.yml": "dependencies: [python]\n"}, None),
        ("RUN conda env create -f https://example.org/gone.yml", {}, None),
        ("RUN pip install -r a.txt", {"a.txt": "-r b.txt\n", "b.txt": "-r c.txt\n"}, (5, 17)),
        ("RUN pip install -r a.txt", {"a.txt": "-c b.txt\n"}, (5, 17)),
        ("RUN pip install -r a.txt", {"a.txt": "-r b.txt\n-c b.txt\n-r ${SET}.txt\n", "b.txt": ""}, None),
        ("RUN touch b.txt && pip install -r a.txt", {"a.txt": "-r b.txt\n"}, None),
    ],
)
def test_a_list_that_the_named_context_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, files: dict[str, str], place: tuple[int, int] | None
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"FROM condaforge/miniforge3:24.11.3-0\nWORKDIR /app\nCOPY . .\nRUN ls\n{lines}\n"
    found = lint(tmp_path, {"Dockerfile": text, **files}, options=NAMED)
    assert [(line, column) for _, line, column, _ in told(found, "ZL007")] == ([place] if place else [])
    assert told(lint(tmp_path, {}), "ZL007") == []  # without --context, the folder is only assumed


@pytest.mark.parametrize(("copy", "missing"), [("a.txt", True), ("a.txt b.txt", False), (".", False)])
def test_a_list_that_another_list_names(tmp_path: Path, copy: str, missing: bool) -> None:
    text = f"FROM python:3.12\nCOPY {copy} /app/\nRUN pip install -r /app/a.txt\n"
    report = lint(tmp_path, {"Dockerfile": text, "a.txt": "-r b.txt\n", "b.txt": ""})
    found = [f for f in report.findings if f.code == "ZL007"]
    assert [(f.message, f.notes) for f in found] == (
        [("nothing in the image is at `b.txt`", ("`a.txt` names it.",))] if missing else []
    )


def test_the_words_and_the_place_of_a_missing_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = lint(tmp_path, {"Dockerfile": "FROM debian:12\nCOPY a.txt gone.txt /a/\n", "a.txt": ""}, options=NAMED)
    assert told(report, "ZL008") == [("Dockerfile", 2, 12, "`gone.txt` is not in the build context")]
    assert report.findings[0].notes == ("COPY fails with `not found`.",)


def test_paths_beyond_the_comparisons_with_dockerignore_are_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("zr4lint.filesystem.dockerignore.IGNORE_COMPARISONS", 3)
    files = {"Dockerfile": "FROM debian:12\nCOPY a b c d /a/\n", ".dockerignore": "*\n", **dict.fromkeys("abcd", "")}
    report = lint(tmp_path, files, options=NAMED)
    assert told(report, "ZL005") == [("Dockerfile", 2, 12, ".dockerignore is not followed beyond 3 comparisons")]
    assert [f.span.start for f in report.findings if f.code == "ZL008"] == [20, 22, 24]


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({}, []),
        ({"here.txt": ""}, ["ERROR"]),
        ({"../.git/HEAD": ""}, ["WARNING", "WARNING"]),
        ({"../.git/HEAD": "", "../gone.txt": "", "../here.txt": ""}, []),
        ({"../.git/HEAD": "", "../gone.txt": "", "here.txt": ""}, []),
        ({"../.git/HEAD": "", "here.txt": ""}, ["ERROR"]),
        ({".dockerignore": "*"}, ["ERROR", "ERROR"]),
        ({"../.git/HEAD": "", "../gone.txt": "", "../here.txt": "", ".dockerignore": "*"}, []),
    ],
)
def test_a_context_that_is_only_assumed(tmp_path: Path, files: dict[str, str], severity: list[str]) -> None:
    folder = tmp_path / "docker"
    report = lint(folder, {"Dockerfile": "FROM debian:12\nCOPY here.txt gone.txt /a/\n", **files})
    assert [f.severity.name for f in report.findings if f.code == "ZL008"] == severity


def test_a_context_that_a_script_assembles_is_not_reported(tmp_path: Path) -> None:
    files = {"../../.git/HEAD": "", "../../src/a": "", "scripts/b": ""}
    text = "FROM debian:12\nCOPY src scripts made.txt /a/\n"
    report = lint(tmp_path / "docker" / "tool", {"Dockerfile": text, **files})
    assert told(report, "ZL008") == []


@pytest.mark.parametrize(("files", "lines"), [({}, [3]), ({"lib/.git": "gitdir: x"}, [2, 3])])
def test_a_file_of_a_submodule_that_is_not_checked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], lines: list[int]
) -> None:
    monkeypatch.chdir(tmp_path)
    modules = {".git/HEAD": "", ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib\n'}
    text = "FROM debian:12\nCOPY lib/a.txt /a/\nCOPY library/a.txt /a/\n"
    report = lint(tmp_path, {"Dockerfile": text, **modules, **files}, options=NAMED)
    assert [line for _, line, _, _ in told(report, "ZL008")] == lines


def test_submodules_of_a_context_that_is_only_assumed(tmp_path: Path) -> None:
    modules = {
        "../.git/HEAD": "",
        "../.gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib\n',
    }
    text = "FROM debian:12\nCOPY lib /a/\nCOPY lib/a.txt /a/\nCOPY library /a/\n"
    report = lint(tmp_path / "docker", {"Dockerfile": text, **modules})
    assert [line for _, line, _, _ in told(report, "ZL008")] == [4]


RUNS_SCRIPT = "FROM node:22-slim\nWORKDIR /app\nCOPY package.json ./\nRUN {}\n"


@pytest.mark.parametrize(
    ("call", "place"),
    [
        ("npm run build:prod", (4, 13)),
        ("npm run -s lint -- --fix", (4, 16)),
        ("npm i && npm run-script lint", (4, 29)),
        ("npm run build", None),
        ("npm run lint --if-present", None),
        ("npm run --if-present lint", None),
        ("npm_config_if_present=true npm run lint", None),
        ("npm run test", None),
        ("node -e 'require(`./package.json`)' && npm run lint", None),
        ("npm run lint -w web", None),
        ("npm --prefix web run lint", None),
        ("npm run start && npm run env", None),
        ("npm pkg set scripts.lint=eslint && npm run lint", None),
        ("npm run $SCRIPT", None),
        ("npm run lint || true", None),
    ],
)
def test_a_script_that_package_json_lacks(tmp_path: Path, call: str, place: tuple[int, int] | None) -> None:
    manifest = '{"name": "x", "scripts": {"build": "tsc"}}'
    report = lint(tmp_path, {"Dockerfile": RUNS_SCRIPT.format(call), "package.json": manifest})
    found = [(line, column) for _, line, column, message in told(report, "ZL007") if "package.json" in message]
    assert found == ([place] if place else [])


def test_a_script_of_a_package_json_above_the_assumed_context(tmp_path: Path) -> None:
    files = {"../.git/HEAD": "", "../package.json": "{}", "package.json": "{}"}
    report = lint(tmp_path / "web", {"Dockerfile": RUNS_SCRIPT.format("npm run lint"), **files})
    assert told(report, "ZL007") == []


_OWN_PYTHON = "FROM ubuntu:22.04\nRUN {}\nCOPY . /app\nRUN pip install /app\n"


@pytest.mark.parametrize(
    ("text", "wanted", "told_as"),
    [
        ("FROM python:3.9\nCOPY . /app\nRUN pip install /app\n", ">=3.10", "ERROR"),
        ("FROM python:3.9\nCOPY . /app\nRUN pip install /app || true\n", ">=3.10", "WARNING"),
        ("FROM python:3.11\nCOPY . /app\nRUN pip install /app\n", ">=3.11.1,<3.11.4", None),
        ("FROM python:3.9\nCOPY . /app\nRUN uv pip install --system -p 3.12 /app\n", ">=3.10", None),
        ("FROM ubuntu:22.04\nCOPY --from=a /usr/local /usr/local\nCOPY . /app\nRUN pip install /app\n", ">=3.12", None),
        (_OWN_PYTHON.format("apt-get install -y python3.11"), ">=3.11", "ERROR"),
        (_OWN_PYTHON.format("ln -fs /usr/bin/python3.11 /bin/python3"), ">=3.11", None),
        (_OWN_PYTHON.format("curl https://bootstrap.pypa.io/get-pip.py | python3.11"), ">=3.11", None),
        (_OWN_PYTHON.format("python3.11 -m ensurepip"), ">=3.11", None),
    ],
)  # fmt: skip
def test_the_python_of_a_project(tmp_path: Path, text: str, wanted: str, told_as: str | None) -> None:
    project = f'[project]\nname = "x"\nversion = "1"\nrequires-python = "{wanted}"\n'
    report = lint(tmp_path, {"Dockerfile": text, "pyproject.toml": project}, "core")
    assert [f.severity.name for f in report.findings if f.code == "ZC325"] == ([told_as] if told_as else [])


def test_a_specification_tells_of_its_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base\nCOPY start.sh /workspace/\n"
    report = lint(tmp_path, {"Dockerfile": text}, "zr4", options=NAMED)
    (finding,) = (f for f in report.findings if f.span.of(text) == "start.sh" and "context" in f.message)
    assert (finding.code, finding.severity.name, finding.also) == ("ZR1003", "ERROR", ("ZL008",))


# Settings


@pytest.mark.parametrize(
    ("config", "args", "torch"),
    [
        ("", (), None),
        ('build-args = { TORCH = "2.5.0" }\n', (), "2.5.0"),
        ('[build-args]\nTORCH = "2.5.0"\n[build-args."*.gpu"]\nTORCH = "2.4.0"\n', (), "2.4.0"),
        ('[build-args]\nTORCH = "2.5.0"\n[build-args."*.cpu"]\nTORCH = "2.4.0"\n', (), "2.5.0"),
        (
            '[build-args]\nTORCH = "2.5.0"\n[build-args."*.gpu"]\nTORCH = "2.4.0"\n',
            ("--build-arg", "TORCH=2.5.0"),
            "2.5.0",
        ),
    ],
)
def test_build_arguments_by_path(tmp_path: Path, config: str, args: tuple[str, ...], torch: str | None) -> None:
    save(tmp_path / "zr4lint.toml", config)
    text = "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS base\nARG TORCH\nRUN pip install torch==${TORCH}\n"
    save(tmp_path / "Dockerfile.gpu", text)
    done = call("--pack", "zr4", "--select", "ZR0501", "--format", "concise", *args, "Dockerfile.gpu", cwd=tmp_path)
    if torch is None:
        assert "is pinned to" not in done.out
    else:
        assert f"torch is pinned to {torch}, not 2.5.1" in done.out


def test_the_schema_knows_build_arguments_by_path() -> None:
    from zr4lint.project.schema import schema

    good = {"build-args": {"A": "1", "docker/*": {"B": "2"}}}
    jsonschema.validate(good, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"build-args": {"A": 1}}, schema())


def test_the_page_says_what_happens(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "build-inputs.md").read_text()
    fenced = dict.fromkeys(("dockerfile", "text", "toml"), "")
    fenced |= dict(re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL))
    save(tmp_path / "Dockerfile", fenced["dockerfile"])
    save(tmp_path / "requirements.txt", fenced["text"])
    command, _, output = fenced["console"].partition("\n")
    done = call(*shlex.split(command)[2:], cwd=tmp_path)
    assert (done.code, done.out, done.err) == (1, output, "")
    save(tmp_path / "pyproject.toml", fenced["toml"])
    assert call(*shlex.split(command)[2:], cwd=tmp_path).out == output
