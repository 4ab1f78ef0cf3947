"""Checks for programs that are called before a command installs them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import (
    INHERITED,
    AptRun,
    At,
    Copied,
    EnvSet,
    Form,
    Origin,
    RepositoryAdded,
    RunStep,
    VenvCreated,
)
from zr4lint.filesystem.globs import matches
from zr4lint.knowledge.tables import Row, references, table
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History

_SYSTEM_PROGRAMS = frozenset({"git", "add-apt-repository"})
"""Programs that other folders on PATH are unlikely to have."""
_INSTALLING = frozenset({"install", "build-dep", "upgrade", "dist-upgrade", "full-upgrade"})
_OTHER_INSTALLERS = (
    r"(?<!chmod \+x )(?<!\S)\S*\.sh\b|"
    r"dnf |yum |apk |aptitude|nala|xargs|brew |tar |unminimize|amdgpu-install|apt-fast|rosdep|install_packages|"
    r"dpkg -i|gdebi"
)
"""Matches commands that may install any program."""
_DESKTOP = r"desktop|^(?:xfce4|lxde|gnome|ubuntu-standard)\Z"
"""Matches packages that install many programs, which no row lists."""


@check("ml/command-missing")
def command_missing(subject: Subject) -> Outcomes:
    """A program is installed before it is called."""
    rows = {row["name"]: row for row in table("system")["command"]}
    for history in histories(subject):
        base = history.base
        ubuntu = base is not None and base.kind in ("ubuntu", "cuda") and (base.distribution or "").startswith("ubuntu")
        if not ubuntu or any(not f.command.packages and f.command.parsed.unknown for f in history.of(AptRun)):
            continue
        told: set[str] = set()
        for program, at, span in _calls(history, rows):
            row = rows.get(program)
            if row is None or program in told or at.reach is not Reach.ALWAYS:
                continue
            told.add(program)
            if not _brought(history, row, at):
                command = row.get("by") or f"apt-get install {row['packages'][0]}"
                yield Unmet(
                    f"`{program}` is not installed in {code(base.reference) if base else 'the image'}",
                    span,
                    expected=f"{command} before this command",
                    notes=("No earlier command installs it, so this one fails with `not found`.",),
                    help=f"Run `{command}` first",
                    references=references(row),
                )


def _calls(history: History, rows: Mapping[str, Row]) -> Iterator[tuple[str, At, Span]]:
    """Yield the programs that the history's own stage calls by name, in order."""
    effective = {r.at.span for r in history.of(RepositoryAdded)}
    bash = {
        step.at.instruction
        for step in history.of(RunStep)
        if step.shell and step.shell[0].rpartition("/")[2] not in ("sh", "dash")
    }
    for step in history.of(RunStep):
        name = step.shell[0].rpartition("/")[2] if step.shell else ""
        if step.at.stage == history.stage.number and step.form is Form.SHELL and name in rows:
            yield name, step.at, step.at.instruction.keyword_span
    for ran in history.commands:
        word = ran.arguments[0]
        path = ran.variables.get("PATH")
        for index, wrapper in enumerate(ran.wrappers):
            keyword = wrapper.name == "time" and (
                ran.at.instruction in bash or any(around.name == "bash" for around in ran.wrappers[:index])
            )
            if wrapper.name in rows and not keyword:
                written = history.facts.dockerfile.source.slice(wrapper.span)
                if written == wrapper.name:
                    yield wrapper.name, ran.at, wrapper.span
        if "/" in (word.value or "") or (ran.program == "add-apt-repository" and ran.at.span not in effective):
            continue
        if path == INHERITED or ran.program in _SYSTEM_PROGRAMS or rows.get(ran.program, {}).get("alone"):
            yield ran.program, ran.at, Span(word.span.start, min(word.span.end, word.span.start + len(ran.program)))


def _brought(history: History, row: Row, at: At) -> bool:
    """Return whether an earlier step installs a program or may install it."""
    for run in history.of(AptRun):
        if run.at.order < at.order and run.command.action in _INSTALLING:
            names = {package.name for package in run.command.packages}
            bringing = (*row["packages"], *row.get("through", ()))
            if (
                any(matches(name, pattern) for name in names for pattern in bringing)
                or run.command.parsed.unknown
                or any("*" in name for name in names)
                or (row.get("alone") and any(re.search(_DESKTOP, name) for name in names))
            ):
                return True
    for copied in history.of(Copied):
        named = posixpath.basename(copied.target or "") == row["name"]
        if copied.at.order < at.order and (named or copied.origin is not Origin.CONTEXT):
            return True
    if _other_folders(history, row, at) or _through_pip(history, row, at):
        return True
    text = history.text(at)
    if "hints" in row and re.search(row["hints"], text):
        return True
    return re.search(_OTHER_INSTALLERS, text) is not None or (
        re.search(rf"(?<![\w./-]){re.escape(row['name'])}(?![\w-])", _installs_text(history, at)) is not None
    )


def _through_pip(history: History, row: Row, at: At) -> bool:
    """Return whether an earlier pip install may bring a program, directly or as a dependency."""
    if "by" not in row:
        return False
    return history.opaque(at) or any(history.before_with(at, name) for name in row.get("through_pip", ()))


def _other_folders(history: History, row: Row, at: At) -> bool:
    """Return whether ENV put a folder on PATH that may have the program. Python environments have only pip programs."""
    put = [e for e in history.of(EnvSet) if e.name == "PATH" and e.at.order < at.order]
    if not put or not row.get("alone"):
        return bool(put)
    made = {f"{venv.path}/bin" for venv in history.of(VenvCreated)}
    folders = {folder for e in put for folder in (e.value or "").split(":")}
    return not folders <= {*made, INHERITED}


def _installs_text(history: History, at: At) -> str:
    """Return the text of earlier install commands, including words that could not be parsed."""
    return "\n".join(
        history.facts.dockerfile.source.slice(run.at.span) for run in history.of(AptRun) if run.at.order < at.order
    )
