"""Facts from instructions and commands: folders, variables, stages, copies, modes."""

from __future__ import annotations

from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zr4lint.dockerfile import parse
from zr4lint.facts import (
    INHERITED,
    AptRun,
    Cloned,
    CommandSet,
    Copied,
    EnvSet,
    Facts,
    ModeChanged,
    Origin,
    PipRun,
    Removed,
    RepositoryAdded,
    VenvCreated,
    WorkdirSet,
    gather,
)
from zr4lint.model.source import SourceFile
from zr4lint.shell import Reach

F = TypeVar(
    "F",
    AptRun,
    Cloned,
    CommandSet,
    Copied,
    EnvSet,
    ModeChanged,
    PipRun,
    Removed,
    RepositoryAdded,
    VenvCreated,
    WorkdirSet,
)


def facts(text: str, **images: tuple[str, ...]) -> Facts:
    """Return the facts of a file; a text without FROM becomes a stage on an unknown image."""
    whole = text if "FROM" in text else f"FROM image\n{text}"
    return gather(parse(SourceFile(whole)), images)


def of(text: str, kind: type[F]) -> list[F]:
    """Return the facts of one kind in the built image."""
    found = facts(text)
    assert found.final is not None
    return found.of(kind, found.ancestry(found.final.number))


# Folders


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("WORKDIR /a", ["/a"]),
        ("WORKDIR /a/\nWORKDIR b", ["/a", "/a/b"]),
        ("WORKDIR a", ["/a"]),
        ("WORKDIR /a/b\nWORKDIR ..", ["/a/b", "/a"]),
        ("ENV D=/x\nWORKDIR $D/y", ["/x/y"]),
        ("ARG D=/x\nWORKDIR ${D}", ["/x"]),
        ("ARG D\nWORKDIR $D", [None]),
        ("ARG D\nWORKDIR $D\nWORKDIR b", [None, None]),
        ("ARG D\nWORKDIR $D\nWORKDIR /b", [None, "/b"]),
        ('WORKDIR "/a"', ["/a"]),
        ("RUN cd /a\nWORKDIR b", ["/b"]),
    ],
)
def test_workdirs(text: str, paths: list[str | None]) -> None:
    assert [fact.path for fact in of(text, WorkdirSet)] == paths


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ("git clone u/r", "/w/r"),
        ("git clone u/r d", "/w/d"),
        ("git clone u/r /x", "/x"),
        ("cd /x && git clone u/r", "/x/r"),
        ("cd x && git clone u/r", "/w/x/r"),
        ("cd x; cd ..; git clone u/r", "/w/r"),
        ("(cd /x); git clone u/r", "/w/r"),
        ("(cd /x; git clone u/r)", "/x/r"),
        ("sh -c 'cd /x' && git clone u/r", "/w/r"),
        ("sh -c 'cd /x && git clone u/r'", "/x/r"),
        ("{ cd /x; }; git clone u/r", "/x/r"),
        ("cd /x | true; git clone u/r", "/w/r"),
        ("pushd /x && git clone u/r", "/x/r"),
        ("cd && git clone u/r", "/root/r"),
        ("cd ~/x && git clone u/r", "/root/x/r"),
        ("cd $NOWHERE && git clone u/r", None),
        ("cd - && git clone u/r", None),
        ("test -d x && cd x; git clone u/r", None),
        ("D=/x && cd $D && git clone u/r", "/x/r"),
        ("D=/x; git clone u/r $D/y", "/x/y"),
        ("for D in a b; do true; done; git clone u/r $D", "/w/b"),
        ("git -C /x clone u/r", "/x/r"),
        ("git -C x clone u/r", "/w/x/r"),
        ("env -C /x git clone u/r", "/x/r"),
        ("bash <<EOF\ncd /x\ngit clone u/r\nEOF", "/x/r"),
    ],
)
def test_clones_land_where_the_shell_is(script: str, target: str | None) -> None:
    heredoc = "bash <<EOF" in script
    (clone,) = of(f"WORKDIR /w\nRUN {script}\n" if heredoc else f"WORKDIR /w\nRUN {script}", Cloned)
    assert clone.target == target


def test_a_folder_lasts_as_long_as_its_run() -> None:
    clones = of("WORKDIR /w\nRUN cd /x && git clone u/a\nRUN git clone u/b", Cloned)
    assert [clone.target for clone in clones] == ["/x/a", "/w/b"]


# Variables


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("ENV A=1", {"A": "1"}),
        ("ENV A=1 B='2 3'", {"A": "1", "B": "2 3"}),
        ("ENV A 1 2", {"A": "1 2"}),
        ("ENV A=1\nENV A=2", {"A": "2"}),
        ("ENV A=1\nENV B=$A-${A}", {"A": "1", "B": "1-1"}),
        ("ENV A=1 B=$A", {"A": "1", "B": None}),  # the instruction does not see its own pairs
        ("ENV A=0\nENV A=1 B=$A", {"A": "1", "B": "0"}),
        ("ARG X=1\nENV A=$X", {"A": "1"}),
        ("ARG X\nENV A=$X", {"A": None}),
        ("ARG X\nENV A=${X:-2}", {"A": "2"}),
        ("ARG X\nENV A=${X:+2}", {"A": ""}),
        ("ARG X=1\nARG X\nENV A=${X:-2}", {"A": "1"}),
        ("ENV A=${X:-2}", {"A": "2"}),
        ("ENV X=1\nARG X=2\nENV A=$X", {"X": "1", "A": "1"}),
        ("ENV PATH=/a:$PATH", {"PATH": f"/a:{INHERITED}"}),
        ("ENV PATH=/a:$PATH\nENV PATH=/b:$PATH", {"PATH": f"/b:/a:{INHERITED}"}),
        ("ARG X=1\nFROM image\nENV A=$X", {"A": None}),  # an ARG before FROM is not visible after it
        ("ARG X=1\nFROM image\nARG X\nENV A=$X", {"A": "1"}),
        ("RUN export A=1", {}),
    ],
)
def test_variables(text: str, values: dict[str, str | None]) -> None:
    assert {fact.name: fact.value for fact in of(text, EnvSet)} == values


def test_a_variable_that_a_known_image_does_not_set_is_empty() -> None:
    for image, value in (("python", "/x"), ("other", None)):
        found = facts(f"FROM {image}\nWORKDIR $NOTHING/x", python=("PATH", "PYTHON_*"))
        assert [fact.path for fact in found.of(WorkdirSet, {0})] == [value]
    assert [f.path for f in facts("FROM python\nWORKDIR $PYTHON_X/x", python=("PYTHON_*",)).of(WorkdirSet, {0})] == [
        None
    ]


def test_pip_sees_its_settings() -> None:
    text = "ENV PIP_NO_CACHE_DIR=1 OTHER=2\nRUN PIP_INDEX_URL=u pip install a\nRUN export PIP_PRE=1; pip install b"
    first, second = of(text, PipRun)
    assert first.settings == {"PIP_NO_CACHE_DIR": "1", "PIP_INDEX_URL": "u"}
    assert second.settings == {"PIP_NO_CACHE_DIR": "1", "PIP_PRE": "1"}


# Stages


def test_stages_and_what_they_build_on() -> None:
    found = facts("FROM a:1 AS base\nFROM scratch\nFROM BASE AS mid\nFROM mid\n")
    shown = [(s.number, s.image, s.name, s.parent) for s in found.stages]
    assert shown == [(0, "a:1", "base", None), (1, "scratch", None, None), (2, "BASE", "mid", 0), (3, "mid", None, 2)]
    assert [found.ancestry(n) for n in range(4)] == [{0}, {1}, {0, 2}, {0, 2, 3}]
    assert found.final is found.stages[3]
    assert found.named("Base") is found.stages[0]
    assert found.named("other") is None


def test_a_stage_inherits_variables_arguments_and_folder() -> None:
    text = "FROM image AS a\nENV E=1\nARG X=2\nWORKDIR /w\nFROM a\nENV F=$E G=$X\nWORKDIR v\n"
    assert {f.name: f.value for f in of(text, EnvSet)} == {"E": "1", "F": "1", "G": "2"}
    assert [f.path for f in of(text, WorkdirSet)] == ["/w", "/w/v"]
    other = text.replace("FROM a\n", "FROM image\n")
    assert [f.path for f in of(other, WorkdirSet)] == ["/v"]


def test_facts_of_other_stages_are_not_in_the_image() -> None:
    text = "FROM a AS tools\nRUN apt-get install x\nFROM b\nRUN apt-get install y\n"
    assert [p.name for run in of(text, AptRun) for p in run.command.packages] == ["y"]
    assert [f.image for f in facts("ARG T=1\nFROM a:$T\n").stages] == ["a:1"]
    assert [f.image for f in facts("ARG T\nFROM a:$T\n").stages] == [None]


# Copies


@pytest.mark.parametrize(
    ("text", "copies"),
    [
        ("COPY a /x", [("a", "/x", False)]),
        ("COPY a /x/", [("a", "/x/a", False)]),
        ("COPY a b /x", [("a", "/x/a", False), ("b", "/x/b", False)]),
        ("COPY d/a /x/", [("d/a", "/x/a", False)]),
        ("WORKDIR /w\nCOPY a .", [("a", "/w/a", False)]),
        ("WORKDIR /w\nCOPY a ./b", [("a", "/w/b", False)]),
        ("WORKDIR /w\nCOPY a /w", [("a", "/w/a", False)]),  # a folder that WORKDIR made
        ('COPY ["a b", "/x/"]', [("a b", "/x/a b", False)]),
        ("COPY . /x", [(".", "/x", True)]),
        ("COPY d/ /x", [("d/", "/x", True)]),
        ("COPY *.sh /x/", [("*.sh", "/x", True)]),
        ("ENV D=/x\nCOPY a $D/b", [("a", "/x/b", False)]),
        ("ARG D\nCOPY a $D/b", [("a", None, False)]),
        ("COPY <<EOF /x\nhello\nEOF", []),
        ("COPY a", []),
    ],
)
def test_copies(text: str, copies: list[tuple[str, str | None, bool]]) -> None:
    assert [(c.source, c.target, c.many) for c in of(text, Copied)] == copies


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("COPY a /x", Origin.CONTEXT),
        ("ADD a /x", Origin.CONTEXT),
        ("ADD https://h/a /x", Origin.URL),
        ("COPY --from=image:1 /a /x", Origin.IMAGE),
        ("FROM a AS t\nFROM b\nCOPY --from=t /a /x", Origin.STAGE),
    ],
)
def test_where_copies_come_from(text: str, origin: Origin) -> None:
    assert [c.origin for c in of(text, Copied)] == [origin]


@pytest.mark.parametrize(
    ("script", "mode", "paths", "recursive"),
    [
        ("chmod +x a", "+x", ("/w/a",), False),
        ("chmod 755 /a /b", "755", ("/a", "/b"), False),
        ("chmod -R a+x .", "a+x", ("/w",), True),
        ("chmod --recursive 755 d", "755", ("/w/d",), True),
        ("chmod -v +x a", "+x", ("/w/a",), False),
        ("chmod -x a", "-x", ("/w/a",), False),
        ("chmod +x *.sh", "+x", ("/w/*.sh",), False),
        ("chmod +x '*.sh'", "+x", (), False),  # not a wildcard in quotes
        ("cd /d && chmod +x a", "+x", ("/d/a",), False),
        ("for f in a b; do chmod +x $f; done", "+x", ("/w/b",), False),
    ],
)
def test_modes(script: str, mode: str, paths: tuple[str, ...], recursive: bool) -> None:
    change = of(f"WORKDIR /w\nRUN {script}", ModeChanged)[-1]
    assert (change.mode, change.paths, change.recursive) == (mode, paths, recursive)


@pytest.mark.parametrize(
    ("script", "paths", "recursive"),
    [
        ("rm a", ("/w/a",), False),
        ("rm -rf /a b", ("/a", "/w/b"), True),
        ("rm -fr -- a", ("/w/a",), True),
        ("rm --recursive a*", ("/w/a*",), True),
        ("mv a /b", ("/w/a",), True),
        ("mv -t /d a b", ("/w/a", "/w/b"), True),
        ("rm 'a*'", (), False),
    ],
)
def test_removals(script: str, paths: tuple[str, ...], recursive: bool) -> None:
    (removed,) = of(f"WORKDIR /w\nRUN {script}", Removed)
    assert (removed.paths, removed.recursive) == (paths, recursive)


# Programs


@pytest.mark.parametrize(
    ("script", "venv"),
    [
        ("python3.10 -m venv /v", ("python3.10", "venv", "/v")),
        ("/usr/bin/python3 -m venv --clear v", ("python3", "venv", "/w/v")),
        ("python3 -m venv --prompt x /v", ("python3", "venv", "/v")),
        ("python3 -m venv --upgrade-deps /v", ("python3", "venv", "/v")),
        ("virtualenv -p python3.10 /v", ("python3.10", "virtualenv", "/v")),
        ("python3 -m virtualenv /v", ("python3", "virtualenv", "/v")),
    ],
)
def test_environments(script: str, venv: tuple[str, str, str]) -> None:
    (made,) = of(f"WORKDIR /w\nRUN {script}", VenvCreated)
    assert (made.python, made.module, made.path) == venv


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("pip install -r r.txt", ["/w/r.txt"]),
        ("pip install -r/a/r.txt --requirement=b.txt", ["/a/r.txt", "/w/b.txt"]),
        ("cd d && pip install -r r.txt", ["/w/d/r.txt"]),
        ("pip install -r $NOWHERE", [None]),
        ("pip install -c c.txt a", []),
    ],
)
def test_requirement_files(script: str, files: list[str | None]) -> None:
    (run,) = of(f"WORKDIR /w\nRUN {script}", PipRun)
    assert [path for path, _ in run.files] == files


@pytest.mark.parametrize(
    ("script", "lost"),
    [
        ("pip install a>=1", ["a>=1"]),
        ("pip install a>=1,<2 b<3", ["a>=1,<2", "b<3"]),
        ("pip install a <2", []),
        ("pip install 'a>=1' >log 2>&1 </dev/null", []),
        ("pip install a > 1.log", []),
    ],
)
def test_specifiers_that_the_shell_takes(script: str, lost: list[str]) -> None:
    found = facts(f"RUN {script}")
    (run,) = found.of(PipRun, {0})
    assert [found.dockerfile.source.slice(span) for span in run.lost_specifiers] == lost


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ('CMD ["a", "b"]', [("CMD", ("a", "b"))]),
        ("CMD a b", [("CMD", None)]),
        ("CMD []", [("CMD", ())]),
        ('ENTRYPOINT ["a"]\nCMD b', [("ENTRYPOINT", ("a",)), ("CMD", None)]),
    ],
)
def test_commands(text: str, commands: list[tuple[str, tuple[str, ...] | None]]) -> None:
    assert [(c.keyword, c.arguments) for c in of(text, CommandSet)] == commands


@pytest.mark.parametrize(
    "text",
    [
        'RUN ["apt-get", "install", "x"]',
        'RUN ["/bin/sh", "-c", "apt-get install x"]',
        "RUN <<EOF\napt-get install x\nEOF",
        "RUN <<-EOF\n\tapt-get install x\n\tEOF",
        "RUN bash <<'EOF'\napt-get install x\nEOF",
        "RUN set -e; \\\n # a comment\n\n apt-get install x",
        "RUN --mount=type=cache,target=/c apt-get install x",
        'SHELL ["/bin/bash", "-c"]\nRUN apt-get install x',
        "# escape=`\nFROM image\nRUN true; `\n apt-get install x",
        "run sudo apt-get install x",
    ],
)
def test_every_form_of_run_is_read(text: str) -> None:
    (run,) = of(text, AptRun)
    assert [p.name for p in run.command.packages] == ["x"]
    assert run.at.reach is Reach.ALWAYS


@pytest.mark.parametrize(
    "text",
    [
        "# RUN apt-get install x",
        "RUN echo apt-get install x",
        'LABEL a="apt-get install x"',
        "RUN cat <<EOF\napt-get install x\nEOF",
        "RUN false && apt-get install x",
        "RUN <<EOF\n#!/usr/bin/python\napt-get install x\nEOF",
        'SHELL ["powershell", "-c"]\nRUN apt-get install x',
        "ONBUILD RUN apt-get install x",
        "COPY <<EOF /a\napt-get install x\nEOF",
    ],
)
def test_what_is_not_run_is_no_fact(text: str) -> None:
    assert of(text, AptRun) == []


def test_what_a_command_relies_on_is_known() -> None:
    text = "FROM image\nWORKDIR /w\nENV V=1\nARG U=u\nRUN git clone $U/r\nRUN pip install a==$V\nRUN git clone u /x\n"
    found = facts(text)
    (first, second), (pip,) = found.of(Cloned, {0}), found.of(PipRun, {0})
    assert (set(first.at.supports), set(pip.at.supports)) == ({1, 3}, {2})
    assert second.target == "/x"


@pytest.mark.parametrize("program", ["pip", "/bin/pip", "/usr/bin/pip"])
def test_a_mount_elsewhere_hides_no_installed_package(program: str) -> None:
    assert len(of(f"ENV PATH=/bin:/usr/bin\nRUN --mount=type=cache,target=/c {program} install x", PipRun)) == 1


def test_what_a_mount_holds_is_not_in_the_image() -> None:
    assert of("RUN --mount=type=cache,target=/c git clone u/r /c/r", Cloned) == []
    assert len(of("RUN --mount=type=cache,target=/c git clone u/r /d", Cloned)) == 1


def test_order_counts_every_fact() -> None:
    found = facts("WORKDIR /a\nRUN apt-get update && apt-get install x\nCMD a")
    assert [fact.at.order for fact in found.facts] == list(range(len(found.facts)))


LINES = [
    "FROM a AS b", "FROM b", "ARG X", "ARG X=1", "ENV A=$X", "ENV A", "WORKDIR $X", "WORKDIR d",
    "RUN cd d && git clone u",
    "RUN pip install a>=1 \\", "RUN <<E", "E", "COPY a", "COPY a $X/", "COPY <<E /x", "CMD [", "CMD []", "SHELL []",
    'RUN ["pip", "install", "a"]', "RUN chmod", "RUN rm", "RUN python -m venv", "RUN add-apt-repository",
    "ONBUILD RUN a",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=12)), max_size=10).map("\n".join))
def test_any_text_has_facts_that_lie_in_it(text: str) -> None:
    found = gather(parse(SourceFile(text)))
    for fact in found.facts:
        assert 0 <= fact.at.span.start <= fact.at.span.end <= len(text)
        assert -1 <= fact.at.stage < len(found.stages)
