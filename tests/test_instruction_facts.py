"""The facts of every instruction, with their words."""

from __future__ import annotations

from typing import TypeVar

import pytest

from zr4lint.dockerfile import parse
from zr4lint.facts import (
    AptRun,
    ArgDeclared,
    CopyStep,
    EnvSet,
    Fact,
    Facts,
    Form,
    HealthcheckSet,
    LabelSet,
    MaintainerSet,
    PortExposed,
    Ran,
    RunStep,
    ShellSet,
    StopSignalSet,
    TriggerSet,
    UserSet,
    VolumeDeclared,
    WorkdirSet,
    gather,
)
from zr4lint.model.source import SourceFile

F = TypeVar("F", bound=Fact)


def facts(text: str) -> Facts:
    return gather(parse(SourceFile(text if "FROM" in text else f"FROM image\n{text}")))


def of(text: str, kind: type[F]) -> list[F]:
    return facts(text).of(kind, {0})


def words(text: str, kind: type[F], field: str = "span") -> list[str]:
    """Return the words of the facts of a kind."""
    found = facts(text)
    return [found.dockerfile.source.slice(getattr(fact, field)) for fact in found.of(kind, {-1, 0})]


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("EXPOSE 80 443/tcp", [("80", "80"), ("443/tcp", "443/tcp")]),
        ("ARG P=8080\nEXPOSE $P ${P}-8090/UDP", [("$P", "8080"), ("${P}-8090/UDP", "8080-8090/UDP")]),
        ("ARG P\nEXPOSE $P", [("$P", None)]),
    ],
)
def test_ports(text: str, ports: list[tuple[str, str | None]]) -> None:
    assert [(port.raw, port.value) for port in of(text, PortExposed)] == ports
    assert words(text, PortExposed) == [raw for raw, _ in ports]


@pytest.mark.parametrize(
    ("text", "user", "group", "span"),
    [
        ("USER me", "me", "", "me"),
        ("USER 1000:100", "1000", "100", "1000:100"),
        ("ENV U=me\nUSER $U:staff", "me", "staff", "$U:staff"),
        ("ARG U\nUSER $U", None, None, "$U"),
    ],
)
def test_users(text: str, user: str | None, group: str | None, span: str) -> None:
    (found,) = of(text, UserSet)
    assert (found.user, found.group) == (user, group)
    assert words(text, UserSet) == [span]


@pytest.mark.parametrize(
    ("text", "labels", "keys", "legacy"),
    [
        ("LABEL a=1 \"b c\"='2 3'", [("a", "1"), ("b c", "2 3")], ["a", '"b c"'], False),
        ("LABEL a 1 2", [("a", "1 2")], ["a"], True),
        ("ARG V=2\nLABEL v=$V", [("v", "2")], ["v"], False),
        ("ARG V\nLABEL v=$V", [("v", None)], ["v"], False),
    ],
)
def test_labels(text: str, labels: list[tuple[str, str | None]], keys: list[str], legacy: bool) -> None:
    found = of(text, LabelSet)
    assert [(label.key, label.value) for label in found] == labels
    assert {label.legacy for label in found} == {legacy}
    assert words(text, LabelSet, "key_span") == keys


@pytest.mark.parametrize(
    ("text", "form", "arguments", "command", "flags"),
    [
        ("HEALTHCHECK NONE", Form.NONE, None, "", []),
        ("HEALTHCHECK CMD curl -f h || exit 1", Form.SHELL, None, "curl -f h || exit 1", []),
        ('HEALTHCHECK --interval=5s CMD ["a", "b"]', Form.EXEC, ("a", "b"), '["a", "b"]', [("interval", "5s")]),
    ],
)
def test_healthchecks(
    text: str, form: Form, arguments: tuple[str, ...] | None, command: str, flags: list[tuple[str, str]]
) -> None:
    (found,) = of(text, HealthcheckSet)
    assert (found.form, found.arguments, found.command.text) == (form, arguments, command)
    assert [(flag.name, flag.value) for flag in found.flags.given] == flags


def test_arguments() -> None:
    text = "ARG A=1\nARG B\nFROM x\nARG A\nARG B=$A\nARG C D=4\n"
    found = facts(text)
    outside = [(a.name, a.default, a.value) for a in found.of(ArgDeclared, {-1})]
    inside = [(a.name, a.default, a.value) for a in found.of(ArgDeclared, {0})]
    assert outside == [("A", "1", "1"), ("B", None, None)]
    assert inside == [("A", None, "1"), ("B", "$A", "1"), ("C", None, None), ("D", "4", "4")]


def test_the_other_instructions() -> None:
    assert [v.path for v in of('VOLUME ["/a b", "/c"]', VolumeDeclared)] == ["/a b", "/c"]
    assert words("VOLUME /a /b", VolumeDeclared) == ["/a", "/b"]
    assert [s.signal for s in of("ARG S=9\nSTOPSIGNAL $S", StopSignalSet)] == ["9"]
    assert [s.arguments for s in of('SHELL ["/bin/bash", "-c"]', ShellSet)] == [("/bin/bash", "-c")]
    assert [m.name for m in of("MAINTAINER Me <me@h>", MaintainerSet)] == ["Me <me@h>"]
    assert words("MAINTAINER Me <me@h>", MaintainerSet) == ["Me <me@h>"]
    assert [(w.given, w.path) for w in of("WORKDIR /a\nWORKDIR b", WorkdirSet)] == [("/a", "/a"), ("b", "/a/b")]
    assert [e.legacy for e in of("ENV a 1\nENV b=1", EnvSet)] == [True, False]


def test_flags_and_mounts() -> None:
    text = (
        "ARG U=me\nWORKDIR /w\nCOPY --chown=$U:staff --chmod=755 --link --exclude=a --exclude=b x y /z/\n"
        "RUN --network=none --security=insecure --mount=type=cache,target=c,ID=$U "
        "--mount=from=image,source=/s,dst=/d x\n"
    )
    (copy,) = of(text, CopyStep)
    assert [(f.name, f.value) for f in copy.flags.given] == [
        ("chown", "me:staff"), ("chmod", "755"), ("link", ""), ("exclude", "a"), ("exclude", "b"),
    ]  # fmt: skip
    assert [s.value for s in copy.sources] == ["x", "y"]
    assert (copy.destination.value, copy.target) == ("/z/", "/z")
    assert [copy.flags.all("chown")[0].value_span.of(f"FROM image\n{text}")] == ["$U:staff"]
    (step,) = of(text, RunStep)
    assert [m.type for m in step.mounts] == ["cache", "bind"]
    assert [(m.target, m.source, m.image) for m in step.mounts] == [("/w/c", "", ""), ("/d", "/s", "image")]
    assert step.mounts[0].options["id"] == "$U"
    assert (step.form, step.flags.has("security"), step.shell) == (Form.SHELL, True, ("/bin/sh", "-c"))
    assert [s.flags.get("platform") is not None for s in facts("FROM --platform=linux/arm64 a").stages] == [True]


def test_triggers_are_judged_apart() -> None:
    found = facts("FROM image\nWORKDIR /w\nONBUILD WORKDIR v\nONBUILD RUN apt-get install -y x\nENV A=1\n")
    assert found.of(AptRun, {0}) == []
    (run,) = found.of(AptRun, {0}, triggers=True)
    assert run.at.trigger
    assert [w.path for w in found.of(WorkdirSet, {0}, triggers=True)] == ["/w", "/w/v"]
    assert [t.instruction.keyword for t in found.of(TriggerSet, {0})] == ["WORKDIR", "RUN"]
    assert [e.name for e in found.of(EnvSet, {0})] == ["A"]


@pytest.mark.parametrize(
    ("script", "programs"),
    [
        ("apt-get update && /usr/bin/pip install x; cd y", ["apt-get", "pip", "cd"]),
        ("sudo -u me env A=1 chmod +x a", ["sudo env chmod"]),
        ("find . -name '*.pyc' -exec rm -f {} +", ["find", "find rm"]),
        ("find . -print0 | xargs -0 sudo rm", ["find", "xargs sudo rm"]),
        ("cat list | xargs -n 1 apt-get install -y", ["cat", "xargs apt-get"]),
        ("$UNKNOWN a | tee b", ["", "tee"]),
    ],
)
def test_every_command_has_a_fact(script: str, programs: list[str]) -> None:
    ran = of(f"RUN {script}", Ran)
    assert [" ".join([*(w.name for w in r.wrappers), r.program]) for r in ran] == programs


def test_what_a_command_is_handed() -> None:
    (left, right) = of("WORKDIR /w\nENV A=1\nRUN B=2 x 2>&1 >out | y <in\n", Ran)
    assert [(r.operator, r.path) for r in left.redirections][-1] == (">", "/w/out")
    assert (left.folder, left.variables["A"], left.variables["B"]) == ("/w", "1", "2")
    assert [pipe.last for pipe in (left.pipes[-1], right.pipes[-1])] == [False, True]
