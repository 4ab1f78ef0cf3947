"""Compose files and bake files: zr4lint lints their Dockerfiles with the settings of each build."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.inprocess import call
from tests.test_cli import complaint, save
from zr4lint.app.task import Task
from zr4lint.filesystem.sources import FileError
from zr4lint.model.deadline import Deadline, TimeUpError
from zr4lint.project.builds.build_file import builds_of
from zr4lint.project.builds.expressions import Function, Scope, evaluated
from zr4lint.project.builds.interpolation import compose, env_file
from zr4lint.project.discovery import describes_builds

if TYPE_CHECKING:
    from pathlib import Path

    from zr4lint.linting.pipeline import Linter
    from zr4lint.project.builds.build import Build

DOCKERFILE = """\
ARG TAG=3.11
FROM python:${TAG} AS run
ARG TORCH=2.5.1
RUN pip install torch==${TORCH} torchvision==0.20.1
FROM scratch
"""
MISMATCH = "torchvision 0.20.1 is not built for torch 2.6.0"


def found(folder: Path, *args: str) -> list[tuple[str, int, int, str]]:
    done = call("--pack", "ml", "--format", "json", *args, cwd=folder)
    assert done.err == ""
    return [(f["path"], f["line"], f["column"], f["message"]) for f in json.loads(done.out)["findings"]]


def builds(folder: Path, text: str, name: str = "compose.yaml") -> list[Build]:
    save(folder / name, text)
    return builds_of(str(folder / name))[0]


def problem(folder: Path, text: str, name: str = "compose.yaml") -> str:
    save(folder / name, text)
    with pytest.raises(FileError) as caught:
        builds_of(str(folder / name))
    return str(caught.value).removeprefix(f"{folder / name}: ")


@pytest.mark.parametrize(
    ("path", "does"),
    [
        ("compose.yaml", True),
        ("a/compose.yml", True),
        ("docker-compose.yml", True),
        ("docker-compose.override.yaml", True),
        ("compose.gpu.yaml", True),
        ("dev.compose.yml", True),
        ("docker-bake.hcl", True),
        ("docker-bake.json", True),
        ("docker-bake.override.json", True),
        ("build.hcl", True),
        ("package.json", False),
        ("recompose.yaml", False),
        ("values.yaml", False),
        ("Dockerfile", False),
        ("compose.yaml/Dockerfile", False),
    ],
)
def test_names_of_files_that_describe_builds(path: str, does: bool) -> None:
    assert describes_builds(path) is does


# Settings of the build


COMPOSE = {
    "string": ("services: { a: { build: . } }\n", False),
    "list-of-arguments": ("services: { a: { build: { context: ., target: run, args: [TORCH=2.6.0] } } }\n", True),
    "table-of-arguments": ("services: { a: { build: { target: run, args: { TORCH: 2.6.0 } } } }\n", True),
    "default-of-a-variable": (
        "services: { a: { build: { context: ., target: run, args: { TORCH: '${TORCH:-2.6.0}' } } } }\n",
        True,
    ),
    "unknown-variable": ("services: { a: { build: { context: ., target: run, args: { TORCH: '${T}' } } } }\n", False),
    "of-the-shell": ("services: { a: { build: { context: ., target: run, args: [TORCH] } } }\n", False),
    "merge-key": (
        "x-args: &args { TORCH: 2.6.0 }\nservices: { a: { build: { target: run, args: { <<: *args } } } }\n",
        True,
    ),
    "extends": (
        (
            "services:\n  b: { build: { context: ., target: run, args: { TORCH: 2.6.0 } } }\n"
            "  a: { extends: { service: b }, build: { args: { TAG: '3.10' } } }\n"
        ),
        True,
    ),
    "other-target": ("services: { a: { build: { context: ., args: { TORCH: 2.6.0 } } } }\n", False),
}


@pytest.mark.parametrize("name", COMPOSE)
def test_services_of_compose(tmp_path: Path, name: str) -> None:
    text, wrong = COMPOSE[name]
    save(tmp_path / "Dockerfile", DOCKERFILE)
    save(tmp_path / "compose.yaml", text)
    assert found(tmp_path, "compose.yaml") == ([("Dockerfile", 4, 33, MISMATCH)] if wrong else [])


BAKE = {
    "default-target": ('target "default" {\n  target = "run"\n  args = { TORCH = "2.6.0" }\n}\n', True),
    "default-group": (
        'group "default" { targets = ["a"] }\ntarget "a" {\n  target = "run"\n  args = { TORCH = "2.6.0" }\n}\n',
        True,
    ),
    "not-in-the-group": (
        (
            'group "default" { targets = ["b"] }\ntarget "a" {\n  target = "run"\n  args = { TORCH = "2.6.0" }\n}\n'
            'target "b" { target = "run" }\n'
        ),
        False,
    ),
    "group-in-group": (
        (
            'group "default" { targets = ["g"] }\ngroup "g" { targets = ["a", "default"] }\n'
            'target "a" {\n  target = "run"\n  args = { TORCH = "2.6.0" }\n}\n'
        ),
        True,
    ),
    "inherits": (
        (
            'target "_base" {\n  target = "run"\n  args = { TORCH = "2.6.0" }\n}\n'
            'target "default" {\n  inherits = ["_base"]\n  args = { TAG = "3.10" }\n}\n'
        ),
        True,
    ),
    "inherited-and-replaced": (
        (
            'target "_base" {\n  target = "run"\n  args = { TORCH = "2.6.0" }\n}\n'
            'target "default" {\n  inherits = ["_base"]\n  args = { TORCH = "2.5.1" }\n}\n'
        ),
        False,
    ),
    "variable": (
        'variable "T" { default = "2.6.0" }\ntarget "default" {\n  target = "run"\n  args = { TORCH = T }\n}\n',
        True,
    ),
    "variable-in-a-string": (
        'variable "T" { default = "2.6" }\ntarget "default" {\n  target = "run"\n  args = { TORCH = "${T}.0" }\n}\n',
        True,
    ),
    "no-default": ('variable "T" {}\ntarget "default" {\n  target = "run"\n  args = { TORCH = T }\n}\n', False),
    "expression": (
        'target "default" {\n  target = "run"\n  args = { TORCH = 1 == 2 ? "2.5.1" : "2.6.0" }\n}\n',
        True,
    ),
    "expression-that-is-not-read": (
        'target "default" {\n  target = "run"\n  args = { TORCH = 1 < 2 ? "2.6.0" : "2.5.1" }\n}\n',
        False,
    ),
    "matrix": (
        (
            'target "default" {\n  name = "t-${replace(v, ".", "-")}"\n  matrix = { v = ["2.5.1", "2.6.0"] }\n'
            '  target = "run"\n  args = { TORCH = v }\n}\n'
        ),
        True,
    ),
    "matrix-of-tables": (
        (
            'group "default" { targets = ["all"] }\ntarget "all" {\n  name = "t-${one.n}"\n  target = "run"\n'
            '  matrix = { one = [{ n = "a", torch = "2.5.1" }, { n = "b", torch = "2.6.0" }], py = ["3.10"] }\n'
            '  args = { TORCH = one.torch, TAG = "${py}" }\n}\n'
        ),
        True,
    ),
    "one-of-a-matrix": (
        (
            'group "default" { targets = ["t-a"] }\ntarget "all" {\n  name = "t-${v}"\n  target = "run"\n'
            '  matrix = { v = ["a", "b"] }\n  args = { TORCH = v == "a" ? "2.5.1" : "2.6.0" }\n}\n'
        ),
        False,
    ),
    "the-matrix-picks-what-is-inherited": (
        (
            'target "_old" { args = { TORCH = "2.5.1" } }\ntarget "_new" { args = { TORCH = "2.6.0" } }\n'
            'target "default" {\n  name = "t-${v}"\n  target = "run"\n  matrix = { v = ["old", "new"] }\n'
            '  inherits = ["_${v}"]\n}\n'
        ),
        True,
    ),
    "of-several-the-last-counts": (
        (
            'target "a" { args = { TORCH = "2.6.0" } }\ntarget "b" { args = { TORCH = "2.5.1" } }\n'
            'target "default" {\n  inherits = ["a", "b"]\n  target = "run"\n}\n'
        ),
        False,
    ),
    "a-function-and-a-condition": (
        (
            'variable "NEW" { default = true }\nfunction "full" {\n  params = [minor]\n  result = "2.${minor}.0"\n}\n'
            'target "default" {\n  target = "run"\n  args = { TORCH = NEW ? full(6) : "2.5.1" }\n}\n'
        ),
        True,
    ),
    "circle": ('target "default" {\n  inherits = ["default"]\n  target = "run"\n}\n', False),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAKE)
def test_targets_of_bake(tmp_path: Path, name: str) -> None:
    text, wrong = BAKE[name]
    save(tmp_path / "Dockerfile", DOCKERFILE)
    save(tmp_path / "docker-bake.hcl", text)
    assert found(tmp_path, "docker-bake.hcl") == ([("Dockerfile", 4, 33, MISMATCH)] if wrong else [])


def test_a_lattice_of_targets_is_joined_once_each(tmp_path: Path) -> None:
    target: dict[str, object] = {"t0": {"args": {"A": "0"}}}
    target |= {f"t{n}": {"inherits": [f"t{n - 1}", f"t{n - 1}"], "args": {f"A{n}": "1"}} for n in range(1, 60)}
    document = {"group": {"default": {"targets": ["t59"]}}, "target": target}
    (build,) = builds(tmp_path, json.dumps(document), "docker-bake.json")
    assert len(build.args) == 60


def test_many_targets_are_cut_with_a_word(tmp_path: Path) -> None:
    target = {f"t{n}": {"context": f"c{n}"} for n in range(300)}
    save(tmp_path / "docker-bake.json", json.dumps({"target": target}))
    found, skipped = builds_of(str(tmp_path / "docker-bake.json"))
    assert len(found) == 200
    assert skipped == [f"{tmp_path / 'docker-bake.json'}: the builds after the first 200 are skipped"]


def test_equal_builds_are_one_with_all_names(tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{ build: {{ context: ., args: {{ A: {n % 2} }} }} }}\n" for n in range(5))
    got = [(build.name, build.args) for build in builds(tmp_path, f"services:\n{services}")]
    assert got == [("service s0, service s2, service s4", (("A", "0"),)), ("service s1, service s3", (("A", "1"),))]


def test_the_builds_of_a_file_have_the_time_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Deadline | None] = []

    def linter(task: Task, deadline: Deadline | None = None) -> Linter:
        given.append(deadline)
        if len(given) > 2:
            raise TimeUpError
        return made(task, deadline)

    made = Task.linter
    monkeypatch.setattr(Task, "linter", linter)
    save(tmp_path / "Dockerfile", DOCKERFILE)
    services = "".join(f"  s{n}: {{ build: {{ context: ., args: {{ A: {n} }} }} }}\n" for n in range(5))
    save(tmp_path / "compose.yaml", f"services:\n{services}")
    done = call("--pack", "ml", "-q", "--jobs", "2", "compose.yaml", cwd=tmp_path)
    assert complaint(done) == "compose.yaml: the builds take more than 60 seconds (--max-time)"
    assert len(given) == 5
    assert given[0] is not None
    assert {*map(id, given)} == {id(given[0])}


def test_bake_in_json(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", DOCKERFILE)
    target = {"target": "run", "args": {"TORCH": "${T}", "TAG": "3.10"}}
    document = {"variable": {"T": {"default": "2.6.0"}}, "target": {"default": target}}
    save(tmp_path / "docker-bake.json", json.dumps(document))
    assert found(tmp_path, "docker-bake.json") == [("Dockerfile", 4, 33, MISMATCH)]


def test_the_command_line_counts_more_than_the_file(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", DOCKERFILE)
    save(tmp_path / "compose.yaml", COMPOSE["table-of-arguments"][0])
    assert found(tmp_path, "compose.yaml", "--build-arg", "TORCH=2.5.1") == []


def test_services_with_one_dockerfile_are_told_apart(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", DOCKERFILE + "COPY gone.txt /a/\n")
    text = "services:\n"
    for name, torch in {"a": "2.6.0", "b": "2.5.1", "c": "2.6.0"}.items():
        text += f"  {name}: {{ build: {{ context: ., args: {{ TORCH: {torch} }}, target: run }} }}\n"
    save(tmp_path / "compose.yaml", text)
    done = call("--pack", "ml", "--format", "json", "compose.yaml", cwd=tmp_path)
    (finding,) = json.loads(done.out)["findings"]
    assert (finding["message"], finding["notes"][-1]) == (MISMATCH, "This holds for service a, service c.")
    save(tmp_path / "compose.yaml", text.replace("2.5.1", "2.6.0"))
    done = call("--pack", "ml", "--format", "json", "compose.yaml", cwd=tmp_path)
    (finding,) = json.loads(done.out)["findings"]
    assert not any("service" in note for note in finding["notes"])


def test_the_context_and_the_dockerfile(tmp_path: Path) -> None:
    save(tmp_path / "docker" / "web.file", "FROM python:3.11\nCOPY list.txt gone.txt /\nRUN pip install -r /list.txt\n")
    save(tmp_path / "app" / "list.txt", "torch==2.6.0\ntorchvision==0.20.1\n")
    save(
        tmp_path / "ci" / "compose.yaml",
        "services: { a: { build: { context: ../app, dockerfile: ../docker/web.file } } }\n",
    )
    (tmp_path / ".git").mkdir()
    assert found(tmp_path, "ci/compose.yaml") == [
        ("docker/web.file", 2, 15, "`gone.txt` is not in the build context"),
        ("app/list.txt", 2, 1, MISMATCH),
    ]


def test_named_contexts(tmp_path: Path) -> None:
    text = "FROM base\nCOPY --from=files a /a\nRUN apt-get update && apt-get install -y libgl1-mesa-glx\n"
    save(tmp_path / "Dockerfile", text)
    contexts = "additional_contexts: { base: 'docker-image://ubuntu:24.04', files: ./x }"
    save(tmp_path / "compose.yaml", f"services: {{ a: {{ build: {{ context: ., {contexts} }} }} }}\n")
    done = call("--pack", "core", "--pack", "ml", "--format", "concise", "compose.yaml", cwd=tmp_path)
    assert "ubuntu24.04 has no package `libgl1-mesa-glx`" in done.out
    assert "copy-from-unknown" not in done.out
    done = call("--pack", "core", "--pack", "ml", "--format", "concise", "Dockerfile", cwd=tmp_path)
    assert "has no package" not in done.out
    assert "copy-from-unknown" in done.out


LINKS = {
    "extends-in-another-file": (
        "services: { a: { extends: { file: common/base.yaml, service: b }, build: { target: gpu } } }",
        [("service a", "common/app", "gpu")],
    ),
    "includes": ("include: [common/base.yaml]", [("service b", "common/app", None)]),
    "includes-beside-services": (
        "include: [{ path: [common/base.yaml] }]\nservices: { a: { build: . } }",
        [("service a", ".", None), ("service b", "common/app", None)],
    ),
    "includes-of-includes": ("include: [more.yaml]", [("service b", "common/app", None)]),
    "outside": (
        "services: { a: { extends: { file: ../base.yaml, service: b } }, c: { build: . } }",
        [("service c", ".", None)],
    ),
    "behind-a-link": (
        "services: { a: { extends: { file: link.yaml, service: b } }, c: { build: . } }",
        [("service c", ".", None)],
    ),
    "no-such-file": ("include: [nothing.yaml]\nservices: { c: { build: . } }", [("service c", ".", None)]),
    "a-circle": ("include: [circle.yaml]\nservices: { c: { build: . } }", [("service c", ".", None)]),
}


@pytest.mark.parametrize("name", LINKS)
def test_compose_files_that_others_name(tmp_path: Path, name: str) -> None:
    text, wanted = LINKS[name]
    inside = tmp_path / "project"
    base = "services: { b: { build: ./app } }"
    save(tmp_path / "base.yaml", base)
    save(inside / "common" / "base.yaml", base)
    save(inside / "more.yaml", "include: [common/base.yaml]")
    save(inside / "circle.yaml", "include: [compose.yaml, circle.yaml]")
    (inside / "link.yaml").symlink_to(tmp_path / "base.yaml")
    for folder in (inside, inside / "common" / "app"):
        save(folder / "Dockerfile", "FROM scratch AS gpu\n")
    got = [(b.name, os.path.relpath(b.context, inside), b.target) for b in builds(inside, text)]
    assert [*dict.fromkeys(got)] == wanted


OVERRIDES = {
    "arguments-are-joined": (
        "services: { a: { build: { context: app, args: { A: 1, B: 2 } } } }",
        {"compose.override.yaml": "services: { a: { build: { args: [B=3, C=4] } } }"},
        [("a", "app", {"A": "1", "B": "3", "C": "4"}, None)],
    ),
    "context-and-target-are-replaced": (
        "services: { a: { build: app } }",
        {"compose.override.yml": "services: { a: { build: { target: gpu } }, b: { build: app } }"},
        [("a", "app", {}, "gpu"), ("b", "app", {}, None)],
    ),
    "a-string-keeps-the-arguments": (
        "services: { a: { build: { context: ., args: { A: 1 } } } }",
        {"compose.override.yaml": "services: { a: { build: app } }"},
        [("a", "app", {"A": "1"}, None)],
    ),
    "reset-and-override": (
        "services: { a: { build: { context: app, target: x, args: { A: 1 } } }, b: { build: . } }",
        {
            "compose.override.yaml": "services: { a: { build: { target: !reset null, args: !override { B: 2 } } }, "
            "b: { build: !reset null } }"
        },
        [("a", "app", {"B": "2"}, None)],
    ),
    "list-of-the-project": (
        "services: { a: { build: app } }",
        {
            ".env": "COMPOSE_FILE=compose.yaml:gpu.yaml:more.yaml\n",
            "gpu.yaml": "services: { a: { build: { args: { A: 1 } } } }",
            "more.yaml": "services: { a: { build: { args: { A: 2 } } } }",
            "compose.override.yaml": "services: { a: { build: { target: gpu } } }",
        },
        [("a", "app", {"A": "2"}, None)],
    ),
    "outside": (
        "services: { a: { build: app } }",
        {".env": "COMPOSE_FILE=compose.yaml:../up.yaml:link.yaml\n"},
        [("a", "app", {}, None)],
    ),
}


@pytest.mark.parametrize("name", OVERRIDES)
def test_compose_files_that_are_merged(tmp_path: Path, name: str) -> None:
    text, files, wanted = OVERRIDES[name]
    folder = tmp_path / "project"
    for other in (tmp_path / "up.yaml", tmp_path / "elsewhere.yaml"):
        save(other, "services: { a: { build: { target: gpu } } }")
    for path, content in files.items():
        save(folder / path, content)
    save(folder / "Dockerfile", "FROM scratch AS gpu\n")
    (folder / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    got = [
        (b.name.removeprefix("service "), os.path.relpath(b.context, folder), dict(b.args), b.target)
        for b in builds(folder, text)
    ]
    assert got == wanted


def test_an_override_is_merged_into_the_file_it_belongs_to_alone(tmp_path: Path) -> None:
    save(tmp_path / "compose.override.yaml", "services: { a: { build: { target: gpu } } }")
    (build,) = builds(tmp_path, "services: { a: { build: . } }", "compose.gpu.yaml")
    assert build.target is None


def test_a_variable_context_in_an_included_file(tmp_path: Path) -> None:
    save(tmp_path / "sub" / "compose.yaml", "services: { a: { build: '${DIR:-img}' }, b: { build: '${OTHER}' } }")
    save(tmp_path / "sub" / ".env", "OTHER=img2\n")
    got = [os.path.relpath(b.context, tmp_path) for b in builds(tmp_path, "include: [sub/compose.yaml]")]
    assert got == ["sub/img", "sub/img2"]


def test_a_dockerfile_that_stands_in_the_compose_file(tmp_path: Path) -> None:
    save(
        tmp_path / "compose.yaml",
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM python:3.11\n"
        "        RUN echo $$HOME && pip install torch==2.6.0 torchvision==0.20.1\n",
    )
    assert found(tmp_path, "compose.yaml") == [("compose.yaml", 6, 53, MISMATCH)]


@pytest.mark.parametrize(
    ("place", "source", "missing"),
    [
        ("./s", "lib.py", False),
        ("./s", "lib2.py", True),
        ("./none", "lib2.py", False),
        ("docker-image://a/b", "x", False),
    ],
)
def test_copies_from_a_named_context(tmp_path: Path, place: str, source: str, missing: bool) -> None:
    save(tmp_path / "s" / "lib.py", "")
    save(tmp_path / "Dockerfile", f"FROM scratch\nCOPY --from=Shared {source} /\n")
    build = f"build: {{ context: ., additional_contexts: {{ shared: '{place}' }} }}"
    save(tmp_path / "compose.yaml", f"services: {{ a: {{ {build} }} }}")
    wrong = [("Dockerfile", 2, 20, f"`{source}` is not in the build context `shared`")]
    assert found(tmp_path, "compose.yaml") == (wrong if missing else [])


def test_a_dockerfile_that_stands_in_the_override(tmp_path: Path) -> None:
    save(tmp_path / "compose.yaml", "services:\n  a:\n    build:\n      context: .\n      target: x\n")
    inline = "dockerfile_inline: |\n        FROM python:3.11\n        RUN pip install torch==2.6.0 torchvision==0.20.1"
    override = f"services:\n  a:\n    build:\n      target: !reset null\n      {inline}\n"
    save(tmp_path / "compose.override.yaml", override)
    assert found(tmp_path, "compose.yaml") == [("compose.yaml", 3, 5, MISMATCH)]


def test_a_dockerfile_that_stands_in_the_bake_file(tmp_path: Path) -> None:
    text = 'target "default" {\n  dockerfile-inline = <<EOT\nFROM python:3.11\n'
    save(tmp_path / "docker-bake.hcl", f"{text}RUN pip install torch==2.6.0 torchvision==0.20.1\nEOT\n}}\n")
    assert found(tmp_path, "docker-bake.hcl") == [("docker-bake.hcl", 4, 30, MISMATCH)]


# Skipped and refused files


@pytest.mark.parametrize(
    ("build", "why"),
    [
        ("https://github.com/a/b.git", "its context https://github.com/a/b.git is remote"),
        ("git@github.com:a/b.git", "its context git@github.com:a/b.git is remote"),
        ("..", "its context .. is outside of the repository"),
        ("link", "its context link is outside of the repository"),
        ("{ dockerfile: ../../Dockerfile }", "its dockerfile ../../Dockerfile is outside of the repository"),
        ("'${WHERE}'", "its context depends on a variable that is not known"),
        ("{ dockerfile: '${WHICH}' }", "its dockerfile depends on a variable that is not known"),
        ("{ dockerfile_inline: 'FROM ${X}' }", "its dockerfile depends on a variable that is not known"),
    ],
)
def test_builds_that_are_skipped(tmp_path: Path, build: str, why: str) -> None:
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "link").symlink_to(tmp_path)
    save(folder / "Dockerfile", "FROM scratch\n")
    save(folder / "compose.yaml", f"services: {{ a: {{ build: {build} }}, b: {{ build: . }} }}\n")
    done = call("--pack", "ml", "-q", "compose.yaml", cwd=folder)
    assert (done.code, done.err) == (0, f"zr4lint: compose.yaml: service a is skipped: {why}\n")
    save(folder / "compose.yaml", f"services: {{ a: {{ build: {build} }} }}\n")
    assert complaint(call("--pack", "ml", "compose.yaml", cwd=folder)) == f"compose.yaml: service a is skipped: {why}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [b\n", "not YAML, line 2"),
        ("- a\n", "has no services"),
        ("services: {}\n", "describes no build"),
        ("services: { a: { image: b } }\n", "describes no build"),
        ("a: !!python/object/apply:os.system [true]\n", "not YAML, line 1"),
        ("a: " + "[" * 5_000 + "]" * 5_000, "not YAML, line 1"),
        ("#" * 500_001, "larger than 500000 bytes"),
    ],
)
def test_compose_files_that_can_not_be_used(tmp_path: Path, text: str, why: str) -> None:
    assert problem(tmp_path, text) == why


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("docker-bake.hcl", "x {\n", "not HCL"),
        ("docker-bake.hcl", 'variable "A" {}\n', "has no targets"),
        ("docker-bake.hcl", "#" * 50_001, "HCL with more than 50,000 characters is not read; it may be JSON"),
        ("docker-bake.json", "{", "not JSON"),
        ("docker-bake.json", '{"target": {"\\ud800": {"context": "\\udfff"}}}', "not JSON"),
        ("docker-bake.json", "[]", "not a bake file"),
        ("docker-bake.json", "[" * 5_000 + "]" * 5_000, "too large, or nested too deep"),
        ("docker-bake.json", '{"target": []}', "has no targets"),
        ("docker-bake.json", '{"target": ["a"]}', "has no targets"),
    ],
)
def test_bake_files_that_can_not_be_used(tmp_path: Path, name: str, text: str, why: str) -> None:
    assert problem(tmp_path, text, name) == why


def test_aliases_in_aliases_end(tmp_path: Path) -> None:
    lines = ["a0: &a0 { x: y }"]
    lines += [f"a{n}: &a{n} {{ <<: [{', '.join([f'*a{n - 1}'] * 9)}] }}" for n in range(1, 12)]
    text = "\n".join([*lines, "services: { a: { build: { args: *a11 } } }\n"])
    save(tmp_path / "compose.yaml", text)
    try:
        (build,) = builds_of(str(tmp_path / "compose.yaml"))[0]
        said = str(build.args)
    except FileError as error:
        said = str(error)
    assert said == "(('x', 'y'),)" or said.endswith("merges of mappings make too many entries")


def test_lists_in_lists_are_no_arguments(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))]
    for args in ("*a39", "{ A: *a39 }", "[B=c, *a39]"):
        save(tmp_path / "compose.yaml", "\n".join([*lines, f"services: {{ a: {{ build: {{ args: {args} }} }} }}\n"]))
        (build,) = builds_of(str(tmp_path / "compose.yaml"))[0]
        assert {name: value for name, value in build.args if value is not None} in ({}, {"B": "c"})


def test_variables_that_double_are_unknown(tmp_path: Path) -> None:
    twice = "".join(f'variable "v{n}" {{ default = "${{v{n - 1}}}${{v{n - 1}}}" }}\n' for n in range(1, 40))
    text = f'variable "v0" {{ default = "xx" }}\n{twice}target "t" {{ args = {{ A = v39, B = v3 }} }}\n'
    save(tmp_path / "docker-bake.hcl", text)
    (build,) = builds_of(str(tmp_path / "docker-bake.hcl"))[0]
    assert dict(build.args) == {"A": None, "B": "x" * 16}


@pytest.mark.parametrize(
    ("module", "name", "why"),
    [
        ("yaml", "compose.yaml", "PyYAML is missing: pip install 'zr4lint[compose]'"),
        ("hcl2", "docker-bake.hcl", "python-hcl2 is missing: pip install 'zr4lint[compose]'"),
    ],
)
def test_a_package_that_is_missing(
    tmp_path: Path, module: str, name: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    save(tmp_path / name, "")
    assert complaint(call("--pack", "ml", name, cwd=tmp_path)) == f"{name}: {why}"


def test_a_target_that_the_dockerfile_lacks(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", DOCKERFILE)
    save(tmp_path / "compose.yaml", "services: { a: { build: { context: ., target: rum } } }\n")
    wanted = "compose.yaml: service a: no stage is named `rum`; did you mean `run`?"
    assert complaint(call("--pack", "ml", "compose.yaml", cwd=tmp_path)) == wanted


def test_files_are_not_fixed_by_way_of_a_compose_file(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", DOCKERFILE)
    save(tmp_path / "compose.yaml", COMPOSE["string"][0])
    for option in ("--fix", "--diff", "--add-ignore=x"):
        wanted = "can't change a Dockerfile through a compose or bake file; pass the Dockerfile"
        assert complaint(call("--pack", "ml", option, "compose.yaml", cwd=tmp_path)) == wanted


def test_compose_files_are_not_looked_for_in_folders(tmp_path: Path) -> None:
    save(tmp_path / "Dockerfile", DOCKERFILE)
    save(tmp_path / "compose.yaml", COMPOSE["table-of-arguments"][0])
    assert found(tmp_path, ".") == []
    assert call("--pack", "ml", "--show-files", "compose.yaml", cwd=tmp_path).out == "Dockerfile\n"


# Variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ("$A-${A}", "1-1"),
        ("$$A", "$A"),
        ("${A:-2}", "1"),
        ("${B:-2}", "2"),
        ("${B-2}", "2"),
        ("${E:-2}", "2"),
        ("${E-2}", ""),
        ("${A:+2}", "2"),
        ("${E:+2}", ""),
        ("${A:?wanted}", "1"),
        ("${B:?wanted}", None),
        ("${B}", None),
        ("${B:+2}", None),
        ("${B:-${A}}", None),
        ("$", None),
    ],
)
def test_variables_of_compose(text: str, value: str | None) -> None:
    assert compose(text, {"A": "1", "E": ""}) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", "a"),
        ("${A}", "1"),
        ("$${A}", "${A}"),
        ("${B}", None),
        ("%{ if A }", None),
        ("$A", "$A"),
        ('say "${A}"', 'say "1"'),
        ("${A}${unknown}", None),
        ('${upper("a-${A}")}-${lower("B")}', "A-1-b"),
        ('${replace(A, "1", "x\\"y")}', 'x"y'),
        ('${trimprefix("v2", "v")}${trimsuffix("2v", "v")}', "22"),
        ('${A == "1" ? "yes" : B}', "yes"),
        ('${A != "1" ? B : "no"}', "no"),
        ('${B == "1" ? "yes" : "no"}', None),
        ('${A ? "yes" : "no"}', None),
        ('${!(A == "2") && (true || B) ? 1 : 2}', "1"),
        ('${equal(A, "1") ? "e" : "n"}${not(notequal(A, "1"))}', "etrue"),
        ("${and(true, or(false, true))}", "true"),
        ("${full(A, 2)}", "1.2"),
        ("${full(A)}", None),
        ("${upper(A, A)}", None),
        ("${again(A)}", None),
        ("${double(double(double(double(double(double(double(double(A))))))))}", "1" * 256),
        ("${timestamp()}", None),
        ("${A +}", None),
        ("${" + "(" * 50 + "A" + ")" * 50 + "}", None),
        ("${" + "!" * 500 + "true}", None),
        ('${"', None),
    ],
)
def test_expressions_of_bake(text: str, value: str | None) -> None:
    functions = {
        "full": Function(("a", "b"), "${a}.${b}"),
        "again": Function(("a",), "${again(a)}${again(a)}"),
        "double": Function(("a",), "${a}${a}"),
    }
    assert evaluated(text, Scope({"A": "1", "B": None}, functions)) == value


def test_the_file_of_variables(tmp_path: Path) -> None:
    text = "# A=0\nA=1\nexport B = 2 # two\nC='$x'\nD=\"d e\"\nE=$A\nF=\r\nA B\n"
    assert env_file(text) == {"A": "1", "B": "2", "C": "$x", "D": "d e", "F": ""}
    save(tmp_path / ".env", "TORCH=2.6.0\n")
    (build,) = builds(tmp_path, "services: { a: { build: { args: ['T=${TORCH}', 'TORCH', 'X'] } } }\n")
    assert build.args == (("T", "2.6.0"), ("TORCH", "2.6.0"), ("X", None))
