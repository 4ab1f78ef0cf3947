"""The causes of failed steps from their output, in `fixtures/diagnose/steps.toml`, and causes of the builder."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import pytest

from zr4lint.diagnose.anchor import compile_template
from zr4lint.diagnose.catalogue import shipped
from zr4lint.diagnose.diagnosis import Explained, diagnose

STEPS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).resolve().parents[1] / "fixtures" / "diagnose" / "steps.toml").read_text(encoding="utf-8")
)["step"]


def explained(log: str) -> Explained:
    """Return the only failure of a log."""
    (failure,) = diagnose(io.BytesIO(log.encode()), "x", shipped()).failures
    return failure


def told(failure: Explained) -> tuple[str, str]:
    """Return the id and the text of the first cause, both "" if there is none."""
    return (failure.causes[0].signature.id, failure.causes[0].summary) if failure.causes else ("", "")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["name"])
def test_step(step: dict[str, Any]) -> None:
    head = f"Step 1/1 : RUN {step['run']}\n ---> Running in 0123456789ab\n"
    end = f"The command '/bin/sh -c {step['run']}' returned a non-zero code: {step.get('code', 1)}\n"
    failure = explained(f"{head}{step['prints'].strip()}\n{end}")
    id_, said = told(failure)
    assert id_ == step["cause"]
    assert "sure" not in step or [c.confidence != "possible" for c in failure.causes] == step["sure"]
    assert step.get("said", "") in said


@pytest.mark.parametrize("count", [3, 150, 400])
def test_a_warning_proves_nothing_wherever_it_stands(count: int) -> None:
    rows = [f"npm warn deprecated till@{number}" for number in range(count)]
    rows.insert(count // 3, "npm warn tar ENOSPC tried again")
    end = "The command '/bin/sh -c npm ci' returned a non-zero code: 1\n"
    log = "\n".join(("Step 1/1 : RUN npm ci", " ---> Running in 0123456789ab", *rows, end))
    assert told(explained(log)) == ("", "")


def test_each_word_of_a_signature_can_be_met() -> None:
    for id_, compiled in shipped().signatures.items():
        signature = compiled.signature
        for words in (signature.says, signature.beside, signature.unless, signature.without, signature.healed):
            assert len(set(words)) == len(words), id_
            assert not [word for word in words if "  " in word], f"{id_}: lines are matched with their blanks squeezed"
        for word in signature.says:
            plain = word.removeprefix("^").removesuffix("$")
            dead = [t.text for t in compiled.unless if any(True for _ in t.matches(plain, plain))]
            assert not dead, f"{id_}: {word}"


@pytest.mark.parametrize(("level", "cause"), [("INFO", "maven-failed"), ("ERROR", "maven-artifact-missing")])
def test_maven_is_believed_where_it_reports_an_error(level: str, cause: str) -> None:
    rows = (
        f"[{level}] Could not find artifact com.till:pay:jar:2.0 in inner",
        "[ERROR] Failed to execute goal till:rules",
    )
    error = 'process "/bin/sh -c mvn package" did not complete successfully: exit code: 1'
    log = "\n".join(("#6 [2/2] RUN mvn package", *(f"#6 1.0 {row}" for row in rows), f"#6 ERROR: {error}", ""))
    assert told(explained(f"{log}ERROR: failed to solve: {error}\n"))[0] == cause


BUILDERS = {
    'failed to solve: target stage "dev" could not be found': ("target-unknown", "dev"),
    'failed to solve: cannot copy from stage "b", it needs to be defined before current stage "a"': (
        "copy-from-later",
        "stage b",
    ),
    'failed to solve: failed to parse stage name "B": invalid reference format: repository name must be lowercase': (
        "reference-invalid",
        "`B`",
    ),
    "failed to solve: failed to push a.example/b:1: denied: requested access to the resource is denied": (
        "push-denied",
        "a.example/b:1",
    ),
    "failed to push a.example/b:1: unexpected status from HEAD request to https://a.example/v2/b: 401 Unauthorized": (
        "push-denied",
        "a.example/b:1",
    ),
    'failed to solve: failed to fetch oauth token: Post "https://auth.docker.io/token": EOF': ("connection-lost", ""),
    "failed to solve: failed to fetch anonymous token: unexpected status from GET request to https://a.example/token: "
    "403 Forbidden": ("base-access-denied", "the image"),
    "failed to solve: the moon is full": ("builder-error", "the moon is full"),
    'failed to solve: process "/bin/sh -c moon" did not complete successfully: exit code: 3': ("", ""),
}


@pytest.mark.parametrize("words", BUILDERS)
def test_words_of_the_builder(words: str) -> None:
    id_, said = told(explained(f"ERROR: {words}\n"))
    assert id_ == BUILDERS[words][0]
    assert BUILDERS[words][1] in said


STARTS = {
    "Error: Unable to access jarfile shop.jar\n": ("jar-missing", "shop.jar"),
    "Error response from daemon: manifest unknown\n": ("base-tag-missing", ""),
    'kubelet  Failed to pull image "a.example/b:9": failed to resolve reference "a.example/b:9": '
    "a.example/b:9: not found\nkubelet  Error: ErrImagePull\n": ("base-tag-missing", "a.example/b:9"),
    "/entrypoint.sh: exec: line 61: /bin/bash: not found\n": ("program-path-missing", "/bin/bash"),
    "nvidia-container-cli: requirement error: invalid expression: unknown\n": ("gpu-requirement-invalid", ""),
    "Step 1/1 : RUN npm ci\n'npm' is not recognized as an internal or external command,\n"
    "The command 'cmd /S /C npm ci' returned a non-zero code: 1\n": ("command-not-found", "`npm`"),
}


@pytest.mark.parametrize("log", STARTS)
def test_words_of_a_start(log: str) -> None:
    id_, said = told(explained(log))
    assert id_ == STARTS[log][0]
    assert STARTS[log][1] in said


@pytest.mark.parametrize(("exited", "cause"), [("ui-1", "name-not-resolved"), ("model-1", "module-missing")])
def test_the_service_that_exited_has_the_cause(exited: str, cause: str) -> None:
    rows = (
        "ui-1     | Error: getaddrinfo ENOTFOUND model",
        "model-1  | Traceback (most recent call last):",
        'model-1  |   File "/srv/main.py", line 1, in <module>',
        "model-1  | ModuleNotFoundError: No module named 'till'",
        "ui-1     | Error: getaddrinfo ENOTFOUND model",
        f"{exited} exited with code 1",
    )
    failure = explained("\n".join((*rows, "")))
    assert [one.signature.id for one in failure.causes] == [cause]


def test_a_possible_cause_comes_with_next_steps() -> None:
    log = 'STEP 1/1: RUN moon\n{}\nError: building at STEP "RUN moon": exit status 1\n'
    possible = explained(log.format("moon: error: it is full"))
    assert [cause.confidence for cause in possible.causes] == ["possible"]
    assert possible.next
    assert not explained(log.format("/bin/sh: moon: not found")).next


def test_words_that_a_small_program_survived_are_only_possible() -> None:
    log = "STEP 1/1: RUN ./setup\nmkdir: cannot create directory '/till': File exists\n{}"
    end = 'Error: building at STEP "RUN ./setup": while running runtime: exit status 1\n'
    for own, confidence in (("", "likely"), ("Error: the till is empty\n", "possible")):
        (cause,) = explained(log.format(own) + end).causes
        assert (cause.signature.id, cause.confidence) == ("file-exists", confidence)


def test_times_in_front_of_the_lines_of_a_log_without_its_beginning_are_left_out() -> None:
    lines = "29.10 Installing the current project: shop (0.1.0)\n29.11\n29.11 /srv/shop does not contain any element\n"
    end = 'failed to solve: process "/bin/sh -c poetry install" did not complete successfully: exit code: 1\n'
    assert told(explained(f"{lines}------\n{end}"))[0] == "poetry-project-incomplete"
    bare = lines.replace("29.10 ", "").replace("29.11 ", "").replace("29.11", "")
    assert told(explained(f"{bare}------\n{end}"))[0] == "poetry-project-incomplete"


def test_a_name_in_front_of_all_lines_is_left_out() -> None:
    lines = "Step 1/1 : RUN pay\n ---> Running in 0123456789ab\npay: error: the till is empty\n"
    end = "The command '/bin/sh -c pay' returned a non-zero code: 100\n"
    tagged = "".join(f"[shop]  {line}\n" for line in f"{lines}{end}".splitlines())
    for log in (f"{lines}{end}", tagged):
        assert told(explained(log)) == ("tool-error", "the program that failed says: pay: error: the till is empty")


@pytest.mark.parametrize(
    ("words", "line", "captures"),
    [
        ("<place>.java:[<position>] <what...>$", "/a:b/X.java:[3,5] no till", ("/a:b/X", "3,5", "no till")),
        ("<place>.java:[<position>] <what...>$", "X.java:[3,5]y no till", None),
        ("<place>.go:<n>:<column>: <what...>$", "./a.go:3:5: no till", ("./a", "3", "5", "no till")),
        ("<place>.go:<n>:<column>: <what...>$", "./a.go:3:a.go:5: no till", None),
    ],
)
def test_a_place_ends_at_its_first_sign(words: str, line: str, captures: tuple[str, ...] | None) -> None:
    found = [tuple(values.values()) for _, values in compile_template(words).matches(line, line)]
    assert found == ([captures] if captures else [])


def test_a_missing_platform_breaks_the_rule_on_platforms() -> None:
    """ZC110, the end of life of a distribution, is unrelated."""
    assert shipped().signatures["platform-missing"].signature.proves == ("ZC105",)
