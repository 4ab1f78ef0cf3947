"""Demands in sentences: the compiled rule of each statement, or the reason why it does not compile."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.documents.support import FIXTURES, found, pack_of
from tests.inprocess import call
from zr4lint.checks import KINDS
from zr4lint.checks.parameters import misfits
from zr4lint.documents.check import check
from zr4lint.documents.demanding.demands import Read, read
from zr4lint.documents.demanding.table_rows import layers_in
from zr4lint.documents.document import Document
from zr4lint.model.source import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

STANDARD = (FIXTURES / "standard.md").read_text()
EXPECTED = tomllib.loads((FIXTURES / "standard.toml").read_text())["statement"]

GOOD = """\
FROM python:3.12-slim@sha256:{digest}
LABEL org.opencontainers.image.source=https://example.com/app org.opencontainers.image.licenses=MIT
ENV LANG=C.UTF-8 PYTHONUNBUFFERED=1 TZ=UTC
RUN apt-get update && apt-get install -y curl tini && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir requests==2.32.3
WORKDIR /srv
COPY app.py /srv/app.py
HEALTHCHECK CMD curl -f http://localhost:8080/health
EXPOSE 8080
USER 10001
CMD ["python", "/srv/app.py"]
""".format(digest="0123456789abcdef" * 4)


def statements(text: str) -> list[Read]:
    return read(Document(SourceFile(text, "x.md")))


def demands(text: str) -> list[tuple[str, object]]:
    return [(demand.kind, dict(demand.parameters)) for one in statements(text) for demand in one.demands]


def reasons(text: str) -> list[str]:
    return [one.reason for one in statements(text)]


def test_a_document_with_statements_of_every_form() -> None:
    source = SourceFile(STANDARD, "standard.md")
    got = read(Document(source))
    assert [source.line_of(one.statement.span.start) for one in got] == [e["line"] for e in EXPECTED]
    for one, expected in zip(got, EXPECTED, strict=True):
        assert source.slice(one.statement.span).startswith(expected["words"])
        assert one.reason == expected.get("reason", "")
        assert [{d.kind: dict(d.parameters)} for d in one.demands] == expected.get("demands", [])
        assert {d.level for d in one.demands} <= {expected.get("level")}


def test_demands_have_parameters_that_their_kinds_take() -> None:
    for one in statements(STANDARD):
        for demand in one.demands:
            kind = KINDS[demand.kind]
            for name, value in demand.parameters.items():
                assert [*misfits(value, kind.parameters[name].type)] == [], demand


def test_the_pack_is_met_by_one_file_and_missed_by_another(tmp_path: Path) -> None:
    (tmp_path / "standard.md").write_text(STANDARD)
    done = call("prd", "compile", "standard.md", "-o", "pack.toml", cwd=tmp_path)
    assert done.code == 0, done.err
    pack = pack_of((tmp_path / "pack.toml").read_text())
    assert [f"{f.name}: {f.message}" for f in found(GOOD, pack)] == []
    edits = [
        ("USER 10001\n", ""), ("3.12-slim@", "3.13-slim@"), ("TZ=UTC", "TZ=CET"), ("HEALTHCHECK", "# HEALTHCHECK"),
        ("WORKDIR /srv", "WORKDIR /app"), ("/srv/app.py\"]", "/app.py\"]"), ("--no-cache-dir ", ""),
        ("EXPOSE 8080", "EXPOSE 80"), ("tini ", ""), ("2.32.3", "2.31.0"), ("licenses", "title"),
        ("COPY app.py", "COPY .env /x\nCOPY app.py"), ("COPY app.py", "ADD app.py"),
        ("@sha256:" + "0123456789abcdef" * 4, ""),
        ("RUN apt-get update", "RUN apt-get upgrade -y && apt-get update"), ("RUN pip", "RUN sudo pip"),
    ]  # fmt: skip
    for old, new in edits:
        assert found(GOOD.replace(old, new, 1), pack), (old, new)


@pytest.mark.parametrize(
    "text",
    [
        "THE Dockerfile SHALL use `python:3.12-slim` as the base image",
        "WHEN the image is built THEN the Dockerfile SHALL use `python:3.12-slim` as its base image",
        "- **Base image** must be `python:3.12-slim`",
        "Das Image MUSS auf `python:3.12-slim` basieren.",
        "- \u2705 The image MUST be based on `python:3.12-slim`.",
        "1. [x] \U0001f512\ufe0f **R-1:** The image MUST be based on `python:3.12-slim`.",
        "## Rules\n\n- \u26a0\ufe0f Use `python:3.12-slim` as the base image",
        "## Requirements\n\n- Base image: `python:3.12-slim`",
        "The image must:\n\n- use `python:3.12-slim` as the base image",
        "## Required\n\n| Setting | Value |\n|---|---|\n| Base image | `python:3.12-slim` |",
        "| Rule | Level |\n|---|---|\n| Use `python:3.12-slim` as the base image | MUST |",
    ],
)
def test_one_demand_in_many_forms(text: str) -> None:
    assert demands(f"# Docker image\n\n{text}\n") == [("base-image", {"image": "python:3.12-slim"})]


@pytest.mark.parametrize(
    "text",
    [
        "The image must be based on `python:3.12-slim` or `debian:12`.",
        "The image must be based on `python:3.12-slim`, unless the service needs alpine.",
        "The builder must be based on `python:3.12-slim`.",
        "The image must not be based on `python:3.12-slim`.",
        "The image should be based on a slim image, such as `python:3.12-slim`.",
        "The image must be based on `python:latest`.",
        "The image must be based on `python`.",
        "Use `python:3.12-slim` as the base image.",
        "## Considered options\n\nThe image must be based on `python:3.12-slim`.",
        "## Python services\n\nThe image must be based on `python:3.12-slim`.",
        "### Example\n\n> The image must be based on `python:3.12-slim`.",
        "- **THEN** the image SHALL be based on `python:3.12-slim`",
        "The test image must be based on `python:3.12-slim`.",
        "The image must set `A=$B` and `C=...`.",
        "The image must set `LANG=C.UTF-8` when it is built.",
        "The container must run as `root`.",
        "The image must expose port 8080 by default.",
        "The application must expose port 8080.",
        "The Dockerfile must not use `ADD` for local files.",
        "The Dockerfile must use `pip install`.",
        "`docker build` must use `--no-cache`.",
        "Packages must be pinned: `requests==2.32.3` is good.",
        "- \u274c The image MUST be based on `python:3.12-slim`.",
        "## Rules\n\n- \U0001f6ab Use `python:3.12-slim` as the base image",
    ],
)
def test_words_that_demand_nothing_certain(text: str) -> None:
    assert demands(f"# Docker image\n\n{text}\n") == []


def test_a_document_about_something_else_demands_nothing() -> None:
    assert demands("# Style\n\nThe system must set `A=1`.\n") == []
    reason = "neither the title nor this names a Dockerfile or an image"
    assert reasons("# Style\n\nThe system must set `A=1`.\n") == [reason]


def test_a_sentence_about_a_dockerfile_has_no_form() -> None:
    text = "# Image\n\nThe image must not expose port 22. The image must contain a JDK. The image must be good.\n"
    assert reasons(text) == [*["no rule has this form"] * 2, "this names nothing that can be checked"]


def test_statements_that_contradict_each_other_do_not_compile(tmp_path: Path) -> None:
    text = "# Image\n\nThe image must set `A=1`.\n\nThe image must set `A=2`.\n"
    assert demands(text) == []
    assert reasons(text) == ["another statement says `A=2`", "another statement says `A=1`"]
    (tmp_path / "a.md").write_text(text + "\nThe image must set `B=1`.\n")
    call("prd", "decide", "a.md", "PD901@3", "--keep", "A=1", cwd=tmp_path)
    call("prd", "compile", "a.md", "-o", "pack.toml", cwd=tmp_path)
    rules = tomllib.loads((tmp_path / "pack.toml").read_text())["rule"]
    assert [rule["variables"] for rule in rules] == [{"A": "1"}, {"B": "1"}]


def test_what_words_may_mean_is_confirmed_by_a_mark_or_a_decision(tmp_path: Path) -> None:
    text = "# Image\n\nThe image must set `A=1`.\n\nImages must be pinned by digest.\n"
    assert [kind for kind, _ in demands(text)] == ["env"]
    marked = text.replace("by digest.", "by digest. <!-- zr4: must -->")
    assert [kind for kind, _ in demands(marked)] == ["env", "image-reference"]
    assert [one.demands[0].level for one in statements(marked.replace("zr4: must", "zr4: should"))] == [
        "error",
        "warning",
    ]
    (tmp_path / "a.md").write_text(text)
    listed = call("prd", "check", "--all", "--format", "concise", "a.md", cwd=tmp_path).out
    assert "a.md:5:1: info PD901 not-compiled: this may mean `image-reference`; mark it, or decide it" in listed
    call("prd", "decide", "a.md", "PD901@5", "--keep", "a digest", cwd=tmp_path)
    done = call("prd", "compile", "a.md", "-o", "pack.toml", cwd=tmp_path)
    assert (done.code, "not compiled" in done.err) == (0, False)
    rules = tomllib.loads((tmp_path / "pack.toml").read_text())["rule"]
    assert [(rule["check"], rule["source"]) for rule in rules] == [("env", "a.md:3"), ("image-reference", "a.md:5")]


def test_statements_that_agree_are_one_rule(tmp_path: Path) -> None:
    text = "# Image\n\nThe image should set `A=1`.\n\nThe image must set `A=1`.\n"
    (tmp_path / "a.md").write_text(text)
    call("prd", "compile", "a.md", "-o", "pack.toml", cwd=tmp_path)
    rules = tomllib.loads((tmp_path / "pack.toml").read_text())["rule"]
    assert [(rule["level"], rule["source"]) for rule in rules] == [("error", "a.md:3")]


def test_layers_of_a_table() -> None:
    table = "| Layer | Lines | Content |\n|---|---|---|\n| 1 | 1 | Base |\n| Layer 2 | 3-9 | Packages |\n"
    layers = layers_in(Document(SourceFile(table, "x.md")))
    assert [(s.layer, s.lines, s.title) for s in layers] == [(1, (1, 1), "Base"), (2, (3, 9), "Packages")]
    assert layers_in(Document(SourceFile(table.replace("3-9", "1-9"), "x.md"))) == ()


def test_a_block_that_nothing_marks_is_asked_about(tmp_path: Path) -> None:
    text = "# Plan\n\n## Step 1\n\n```dockerfile\nFROM debian:12\n```\n"
    (tmp_path / "a.md").write_text(text)
    done = call("prd", "compile", "a.md", cwd=tmp_path)
    assert (done.code, done.err) == (2, "zr4lint: a.md: no block is marked as the target, and no statement compiles\n")
    listed = call("prd", "check", "--all", "--format", "concise", "a.md", cwd=tmp_path).out
    assert "a.md:6:1: info PD901 not-compiled: nothing marks this block as the target" in listed
    (tmp_path / "a.md").write_text(text.replace("```dockerfile", "```dockerfile {zr4: target}"))
    assert call("prd", "compile", "a.md", cwd=tmp_path).code == 0


def test_the_good_example_of_a_guide_is_no_target() -> None:
    text = "# Image guidelines\n\n### After\n\n```dockerfile\nFROM debian:12\n```\n"
    assert reasons(text) == []
    from zr4lint.documents.target import Target

    assert Target(Document(SourceFile(text, "x.md"))).blocks == []
    assert len(Target(Document(SourceFile(text.replace("guidelines", "plan"), "x.md"))).blocks) == 1


TARGET = "# Image\n\n## Target\n\n```dockerfile\nFROM debian:12\nENV TZ=UTC\nWORKDIR /srv\n```\n\n## Rules\n\n"


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        ("The image must set `TZ=CET`.", "TZ is `CET` here, `UTC` in the target text"),
        (
            "The image must be based on `debian:11`.",
            "the base image is `debian:11` here, `debian:12` in the target text",
        ),
        ("The working directory must be `/app`.", "the working directory is `/app` here, `/srv` in the target text"),
        ("The image must set `TZ=UTC`.", None),
        ("The image must set `LANG=C.UTF-8`.", None),
    ],
)
def test_a_sentence_against_the_target(sentence: str, message: str | None, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TARGET + sentence + "\n")
    findings = [f for f in check(SourceFile(TARGET + sentence + "\n", "a.md")).findings if f.code == "PD101"]
    assert [f.message for f in findings] == ([message] if message is not None else [])
    if message is None:
        assert call("prd", "compile", "a.md", cwd=tmp_path).code == 0
        return
    assert call("prd", "compile", "a.md", cwd=tmp_path).code == 2
    call("prd", "decide", "a.md", f"PD101@{findings[0].line}", "--keep", "the target", cwd=tmp_path)
    assert call("prd", "compile", "a.md", "-o", "pack.toml", cwd=tmp_path).code == 0
    block = "FROM debian:12\nENV TZ=UTC\nWORKDIR /srv\n"
    assert found(block, pack_of((tmp_path / "pack.toml").read_text())) == []


@pytest.mark.parametrize(
    ("sentence", "good", "bad"),
    [
        ("The container must run as user `1000`.", "USER 1000:1000", "USER 1001:1000"),
        ("The image must expose port 8080.", "EXPOSE 9090 8080/tcp", "EXPOSE 80801"),
        ("The image must expose port 8080.", "ARG PORT\nEXPOSE $PORT", "EXPOSE 9090"),
        ("The image must install `a==1.0` with pip.", "COPY r.txt /\nRUN pip install -r /r.txt", "RUN pip install b"),
        (
            "All `curl` commands must use `--fail`.",
            "RUN curl -sSfL https://a.b/c -o /c",
            "RUN curl -sSL https://a.b/c -o /c",
        ),
    ],
)
def test_what_may_meet_a_demand_is_no_finding(sentence: str, good: str, bad: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"# Image\n\n{sentence}\n")
    assert call("prd", "compile", "a.md", "-o", "pack.toml", cwd=tmp_path).code == 0
    pack = pack_of((tmp_path / "pack.toml").read_text())
    assert found(f"FROM debian:12\n{good}\n", pack) == []
    assert len(found(f"FROM debian:12\n{bad}\n", pack)) == 1
