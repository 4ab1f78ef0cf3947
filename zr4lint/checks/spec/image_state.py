"""Checks for labels, ports, volumes, users, build arguments and other settings of the image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.outcome import Outcomes, Subject, Unmet, met
from zr4lint.checks.registry import check
from zr4lint.dockerfile.values import expand
from zr4lint.facts import (
    INHERITED,
    ArgDeclared,
    At,
    EnvSet,
    LabelSet,
    PortExposed,
    ShellSet,
    StopSignalSet,
    TriggerSet,
    UserSet,
    VolumeDeclared,
)
from zr4lint.model.quoting import code, contrast, plain

if TYPE_CHECKING:
    from zr4lint.checks.parameters import Folder, Port, Text, Variable
    from zr4lint.model.source import Span

_LONGEST_RANGE = 100
"""The most ports of a range that are compared one by one."""


@check("label-values")
def label_values(subject: Subject, *, labels: dict[Text, str]) -> Outcomes:
    """At the end of the build, each label has its value.

    Rule:
        labels = { "org.opencontainers.image.vendor" = "Acme" }

    Bad:
        FROM debian:12
        LABEL org.opencontainers.image.vendor=Other

    Good:
        FROM debian:12
        LABEL org.opencontainers.image.vendor=Acme
    """
    last = {fact.key: fact for fact in subject.facts.of(LabelSet, subject.lineage)}
    unknown = last.get(None)
    for key, value in labels.items():
        fact = last.get(key)
        expected = f'LABEL {key}="{value}"'
        if fact is None:
            unsure = unknown is not None
            yield Unmet(f"the label {code(key)} is not set", expected=expected, unsure=unsure, add=expected)
        elif fact.value == value:
            yield met(fact.at, fact.span)
        elif fact.value is None:
            yield Unmet(f"the label {plain(key)} is not known before the build", fact.span, expected, unsure=True)
        else:
            fix = replace(fact.value_span, f'"{value}"', f"Set {key}", UNSAFE) if _quotable(value) else None
            yield Unmet(contrast(plain(key), fact.value, value), fact.span, expected=expected, fix=fix)


def _quotable(value: str) -> bool:
    return value.isprintable() and not any(c in value for c in '"$\\`')


@check("build-arguments", stages="all", needs="defaults without-default")
def build_arguments(
    subject: Subject, *, defaults: dict[Variable, str] | None = None, without_default: list[Variable] | None = None
) -> Outcomes:
    """Each build argument is declared with this default, or without one.

    Rule:
        defaults = { VERSION = "1.2" }

    Bad:
        FROM debian:12
        ARG VERSION=1.1

    Good:
        FROM debian:12
        ARG VERSION=1.2
    """
    wanted: dict[str, str | None] = {**(defaults or {}), **dict.fromkeys(without_default or ())}
    declared: dict[str, list[ArgDeclared]] = {}
    for fact in subject.facts.of(ArgDeclared, (-1, *subject.lineage)):
        declared.setdefault(fact.name, []).append(fact)
    for name, default in wanted.items():
        found = declared.get(name, [])
        expected = f"ARG {name}" if default is None else f"ARG {name}={default}"
        fitting = next((fact for fact in found if _has_default(fact, default)), None)
        other = [fact for fact in found if fact.default is not None and not _has_default(fact, default)]
        if fitting is not None and not other:
            yield met(fitting.at, fitting.span)
        elif not found:
            yield Unmet(f"the build argument {name} is not declared", expected=expected)
        else:
            last = (other or found)[-1]
            given = "no default" if last.default is None else code(last.default)
            message = f"the default of {name} is {given}, not {code(default)}" if default is not None else None
            yield Unmet(message or f"{name} has the default {given}", last.span, expected=expected)


def _has_default(fact: ArgDeclared, default: str | None) -> bool:
    """Return whether an ARG has this default, with or without quotes."""
    return fact.default == default or (None not in (fact.default, default) and fact.value == default)


@check("variables-set")
def variables_set(subject: Subject, *, names: list[Variable]) -> Outcomes:
    """ENV sets each variable to any value.

    Rule:
        names = ["LANG"]

    Bad:
        FROM debian:12

    Good:
        FROM debian:12
        ENV LANG=C.UTF-8
    """
    last = {fact.name: fact for fact in subject.facts.of(EnvSet, subject.lineage)}
    for name in names:
        if name in last:
            yield met(last[name].at, last[name].span)
        else:
            yield Unmet(f"{name} is not set", expected=f"ENV {name}=...")


@check("path-folders", needs="before after")
def path_folders(
    subject: Subject,
    *,
    before: list[Folder] | None = None,
    after: list[Folder] | None = None,
    variable: Variable = "PATH",
) -> Outcomes:
    """PATH, or another variable, has these folders before and after its value in the base image, in this order.

    Rule:
        before = ["/opt/venv/bin"]

    Bad:
        FROM debian:12
        ENV PATH="$PATH:/opt/venv/bin"

    Good:
        FROM debian:12
        ENV PATH="/opt/venv/bin:$PATH"
    """
    settings = [fact for fact in subject.facts.of(EnvSet, subject.lineage) if fact.name == variable]
    wanted = ":".join((*(before or ()), f"${variable}", *(after or ())))
    expected = f"ENV {variable}={wanted}"
    if not settings:
        yield Unmet(f"{variable} is not set", expected=expected, add=expected)
        return
    last = settings[-1]
    value = last.value if last.value is not None else _from_base(subject, variable)
    if value is None:
        yield Unmet(f"{variable} is not known before the build", last.span, expected=expected, unsure=True)
        return
    found = value.replace(INHERITED, f"${variable}")
    refers = re.search(rf"\$\{{?{variable}\b", subject.words(last.value_span)) is not None
    # If the base image does not set the variable, the reference to it is empty.
    complete = refers and [folder for folder in found.split(":") if folder] == [*(before or ()), *(after or ())]
    if found == wanted or complete:
        yield met(last.at, last.span)
    else:
        yield Unmet(contrast(variable, found, wanted), last.span, expected=expected)


def _from_base(subject: Subject, variable: str) -> str | None:
    """Return the value of a variable with INHERITED for its unknown value in the base image, or None."""
    known: dict[str, str | None] = {variable: INHERITED}
    for fact in subject.facts.of(EnvSet, subject.lineage):
        raw = subject.words(fact.value_span)
        known[fact.name] = expand(raw, known) if fact.name == variable else fact.value
    return known[variable]


@check("exposed-ports")
def exposed_ports(subject: Subject, *, ports: list[Port]) -> Outcomes:
    """These ports are exposed, and no others.

    Rule:
        ports = ["8080"]

    Bad:
        FROM debian:12
        EXPOSE 8080 22

    Good:
        FROM debian:12
        EXPOSE 8080
    """
    facts = subject.facts.of(PortExposed, subject.lineage)
    found = [(fact.at, port, fact.span) for fact in facts for port in _each_port(fact.value)]
    wanted = [port for given in ports for port in _each_port(given) if port is not None]
    return _exactly(wanted, found, "the port {} is not exposed", "EXPOSE", _port)


def _each_port(ports: str | None) -> Sequence[str | None]:
    """Return the ports of a short range such as `8000-8010/udp`, or other text unchanged as the only item."""
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})(/\w+)?", ports or "")
    if found is None or not 0 <= int(found[2]) - int(found[1]) < _LONGEST_RANGE:
        return [ports]
    return [f"{number}{found[3] or ''}" for number in range(int(found[1]), int(found[2]) + 1)]


def _port(port: str) -> str:
    return port.lower().removesuffix("/tcp")


@check("volumes")
def volumes(subject: Subject, *, paths: list[Text]) -> Outcomes:
    """These paths are volumes, and no others.

    Rule:
        paths = ["/var/lib/data"]

    Bad:
        FROM debian:12
        VOLUME /data

    Good:
        FROM debian:12
        VOLUME /var/lib/data
    """
    found = [(fact.at, fact.path, fact.span) for fact in subject.facts.of(VolumeDeclared, subject.lineage)]
    return _exactly(paths, found, "the path {} is not a volume", "VOLUME", lambda path: path.rstrip("/") or "/")


def _exactly(
    wanted: Iterable[str],
    found: Iterable[tuple[At, str | None, Span]],
    missing: str,
    keyword: str,
    normal: Callable[[str], str],
) -> Outcomes:
    """Yield met for each wanted value that is found, and unmet for each other value.

    `missing` is the message on a value, which replaces "{}". Values are equal if `normal` returns the same for them.
    """
    places: dict[str, tuple[At, Span]] = {}
    unknown = False
    allowed = {normal(value) for value in wanted}
    for at, value, span in found:
        unknown = unknown or value is None
        if value is not None:
            places.setdefault(normal(value), (at, span))
            if normal(value) not in allowed:
                yield Unmet(f"{keyword} {plain(value)} is not in the specification", span)
    for value in wanted:
        place = places.get(normal(value))
        expected = f"{keyword} {value}"
        if place is not None:
            yield met(*place)
        else:
            yield Unmet(missing.format(code(value)), expected=expected, unsure=unknown, add=expected)


@check("runs-as")
def runs_as(subject: Subject, *, user: Text, any_group: bool = False) -> Outcomes:
    """The container runs as this user, USER or USER:GROUP.

    With `any-group`, the user may have any group.

    Rule:
        user = "1000:1000"

    Bad:
        FROM debian:12
        USER 1000

    Good:
        FROM debian:12
        USER 1000:1000
    """
    found = subject.facts.of(UserSet, subject.lineage)
    expected = f"USER {user}"
    if not found:
        yield Unmet("the file does not set USER", expected=expected, add=expected)
        return
    last = found[-1]
    given = f"{last.user}:{last.group}" if last.group else last.user
    if last.user is None or last.group is None:
        yield Unmet("the user is not known before the build", last.span, expected=expected, unsure=True)
    elif _ids(given) == _ids(user) or (any_group and _ids(last.user) == _ids(user)):
        yield met(last.at, last.span)
    else:
        fix = replace(last.span, user, f"Run as {user}", UNSAFE)
        yield Unmet(contrast("the user", given or "", user), last.span, expected=expected, fix=fix)


def _ids(user: str | None) -> list[str]:
    """Return a user and group with 0 for root, whose group is 0 as well if none is given."""
    ids = ["0" if name == "root" else name for name in (user or "").split(":")]
    return ["0", "0"] if ids == ["0"] else ids


@check("stop-signal")
def stop_signal(subject: Subject, *, signal: Text) -> Outcomes:
    """The container is stopped with this signal.

    Rule:
        signal = "SIGQUIT"

    Bad:
        FROM nginx:1.29
        STOPSIGNAL SIGTERM

    Good:
        FROM nginx:1.29
        STOPSIGNAL SIGQUIT
    """
    found = subject.facts.of(StopSignalSet, subject.lineage)
    expected = f"STOPSIGNAL {signal}"
    if not found:
        yield Unmet("the file does not set STOPSIGNAL", expected=expected, add=expected)
    elif _number(found[-1].signal or "") == _number(signal):
        yield met(found[-1].at, found[-1].span)
    else:
        last = found[-1]
        unsure = last.signal is None
        yield Unmet(contrast("the stop signal", last.signal or "", signal), last.span, expected, unsure=unsure)


def _number(signal: str) -> str:
    """Return the number of a signal given by number or name, with or without SIG; else its name."""
    from signal import Signals  # few specifications name a signal

    name = signal.upper().removeprefix("SIG")
    found = Signals.__members__.get(f"SIG{name}")
    return name if found is None else str(found.value)


@check("shell-program")
def shell_program(subject: Subject, *, arguments: list[str]) -> Outcomes:
    """SHELL sets this shell for the instructions after it.

    Rule:
        arguments = ["/bin/bash", "-c"]

    Bad:
        FROM debian:12
        SHELL ["/bin/sh", "-c"]

    Good:
        FROM debian:12
        SHELL ["/bin/bash", "-c"]
    """
    found = subject.facts.of(ShellSet, subject.lineage)
    fitting = next((fact for fact in found if list(fact.arguments) == arguments), None)
    if fitting is not None:
        yield met(fitting.at)
    else:
        place = found[-1].at.span if found else None
        yield Unmet(f"SHELL is not {code(' '.join(arguments))}", place, expected=" ".join(("SHELL", *arguments)))


@check("triggers")
def triggers(subject: Subject, *, instructions: list[Text]) -> Outcomes:
    """ONBUILD holds each of these instructions.

    Rule:
        instructions = ["COPY . /srv"]

    Bad:
        FROM debian:12
        ONBUILD COPY src /srv

    Good:
        FROM debian:12
        ONBUILD COPY . /srv
    """
    found = {
        _trigger(subject.words(fact.instruction.span)): fact
        for fact in subject.facts.of(TriggerSet, subject.lineage, triggers=True)
    }
    for words in instructions:
        if (fact := found.get(_trigger(words))) is not None:
            yield met(fact.at)
        else:
            yield Unmet(f"no ONBUILD holds {code(words)}", expected=f"ONBUILD {words}", add=f"ONBUILD {words}")


def _trigger(words: str) -> str:
    """Return an instruction with single blanks and its keyword in upper case."""
    keyword, *rest = words.split()
    return " ".join((keyword.upper(), *rest))
