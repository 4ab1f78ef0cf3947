"""Checks for failures that the shell of a RUN ignores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from zr4lint.checks.core.call_patterns import called
from zr4lint.checks.core.instruction_lists import facts_by_instruction
from zr4lint.checks.edits import UNSAFE, insert
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Form, Ran, RunStep
from zr4lint.facts.shells import SHELLS, Sh, sh_of
from zr4lint.model.finding import Fix, Severity
from zr4lint.model.quoting import code
from zr4lint.model.source import Span
from zr4lint.shell import Reach
from zr4lint.shell.wrappers import exits_on_failure, shebang_exits_on_failure

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

_HARMLESS = frozenset({"echo", "printf", "yes", "true", ":"})
_CHECKS_INPUT = (
    "sha1sum|sha224sum|sha256sum|sha384sum|sha512sum|md5sum|shasum -c|--check",
    "tar|bsdtar x*",
    "tar|bsdtar --extract|-x",
    "gpg|gpg2 --import|--dearmor|--verify",
    "grep|egrep|fgrep -q|--quiet",
    "apt-key add",
)
_DOWNLOADS = frozenset({"curl", "wget"})
_FED = r"(?:(?:/\S*/)?(?:sh|bash|dash|ash|ksh|zsh)(?:\s+-\w*|\s+(?:pipefail|errexit|nounset|xtrace))*)?"
"""Matches a shell that reads a heredoc, or nothing if the heredoc is the RUN's own script."""
_INTERPRETERS = SHELLS | {"python", "python3", "perl", "ruby", "node"}


class _Step(Struct, frozen=True):
    """A RUN in shell form with its commands."""

    step: RunStep
    commands: Sequence[Ran]

    @property
    def instruction(self) -> Instruction:
        return self.step.at.instruction


@check("pipe-status", stages="all", raises=True)
def pipe_status(
    subject: Subject,
    *,
    what: Literal["lost", "heredoc", "download"] = "lost",
    shell: Literal["sh", "dash", "bash", "busybox", "ksh", "none"] = "sh",
) -> Outcomes:
    """A failing command makes its RUN fail.

    `lost`: without `pipefail`, the shell ignores a failure on the left of a pipe. `heredoc`: a script continues after a
    failed command. `download`: a shell runs a download even if it is incomplete. `shell` is /bin/sh of unknown images.
    """
    yield from _CHECKS[what](subject, shell)


def _runs(subject: Subject) -> Sequence[_Step]:
    return subject.memo.get(("shell runs", subject.lineage), lambda: _grouped(subject))


def _grouped(subject: Subject) -> list[_Step]:
    commands = facts_by_instruction(subject, Ran)
    steps = subject.facts.of(RunStep, subject.lineage, triggers=True)
    return [_Step(s, commands.get(s.at.instruction.index, ())) for s in steps if s.form is Form.SHELL]


def _lost(subject: Subject, shell: str) -> Outcomes:
    """Yield the commands whose failure a pipe hides; a fix sets SHELL once for each stage."""
    fixed: set[int] = set()
    checking: set[int] | None = None
    for run in _runs(subject):
        if not any(ran.pipes for ran in run.commands):
            continue
        sh = sh_of(subject.facts, run.step, shell)
        if sh.name not in SHELLS:
            continue
        if sh.refuses_pipefail and "pipefail" in run.step.shell:
            yield Unmet(
                "the image's /bin/sh does not know `pipefail`",
                run.instruction.keyword_span,
                severity=Severity.ERROR,
                help='Set `SHELL ["/bin/bash", "-o", "pipefail", "-c"]`',
                notes=("dash refuses the option, so the RUN fails.",),
            )
            continue
        if checking is None:
            checking = {found.ran.at.order for found in called(subject, _CHECKS_INPUT)}
        told: set[int] = set()
        for lost, members in _lossy(subject, run):
            if lost.at.order in told:
                continue  # this pipe has been reported
            told.update(member.at.order for member in members)
            late = members[-1].at.order in checking
            stage = run.step.at.stage
            fix = _set_shell(subject, run, sh) if stage not in fixed and not late else None
            fixed |= {stage} if fix is not None else set()
            yield Unmet(
                f"a failure of {code(lost.program or 'this command')} is lost in the pipe",
                lost.at.span,
                severity=Severity.INFO if late else None,
                help=_advice(run, sh) if sh.pipefail else None,
                fix=fix,
                notes=("The shell checks only the last command of a pipe.",),
            )


def _lossy(subject: Subject, run: _Step) -> Iterator[tuple[Ran, Sequence[Ran]]]:
    """Yield the command that may fail, and all commands of its pipe, for each pipe that hides a failure."""
    pipelines: dict[int, list[Ran]] = {}
    for ran in run.commands:
        for pipe in ran.pipes:
            pipelines.setdefault(pipe.number, []).append(ran)
    safe = "pipefail" in run.step.shell
    switches = _switches(run)
    for number, members in pipelines.items():
        places = [(next(p for p in ran.pipes if p.number == number), ran) for ran in members]
        if places[0][0].caught or _sets_pipefail(subject, run, switches, members[0], safe=safe):
            continue
        left = [ran for place, ran in places if not place.last]
        failing = next((ran for ran in left if not _is_harmless(ran) and not _inside(ran, left)), None)
        if failing is not None and any(place.last for place, _ in places):
            yield failing, members


def _is_harmless(ran: Ran) -> bool:
    """Return whether a failure of a command does not matter."""
    return ran.program in _HARMLESS or (ran.program == "cat" and len(ran.arguments) == 1)


def _inside(ran: Ran, others: Sequence[Ran]) -> bool:
    """Return whether a command is in a substitution of another, which hides its failure anyway."""
    span = ran.at.span
    return any(o.at.span.start <= span.start < span.end <= o.at.span.end and o.at.span != span for o in others)


def _switches(run: _Step) -> list[tuple[Ran, bool]]:
    """Return the commands that turn `pipefail` on or off, in order."""
    switches = []
    for ran in run.commands:
        words = [argument.value or "" for argument in ran.arguments] if ran.program == "set" else []
        if "pipefail" in words:
            switches.append((ran, words[words.index("pipefail") - 1].startswith("-")))
    return switches


def _sets_pipefail(
    subject: Subject, run: _Step, switches: Sequence[tuple[Ran, bool]], first: Ran, *, safe: bool
) -> bool:
    """Return whether the script or the surrounding shell has turned `pipefail` on before a command.

    `safe` tells that SHELL turns it on; the script may turn it off.
    """
    for wrapper in first.wrappers:
        start = wrapper.span.start
        if wrapper.name in SHELLS and "pipefail" in subject.words(Span(start, max(first.at.span.start, start))):
            return True
    for switch, on in reversed(switches):
        if switch.at.order < first.at.order and (on or _holds(subject, switch, first)):
            return on
    bodies = (subject.words(heredoc.body) for heredoc in run.instruction.heredocs)
    return safe or any(re.match(r"#!.*pipefail", body) for body in bodies)


def _holds(subject: Subject, switch: Ran, first: Ran) -> bool:
    """Return whether an option that a command sets surely holds for a later one: both run in the same shell."""
    end = switch.at.span.end
    between = subject.words(Span(end, max(first.at.span.start, end)))
    return switch.at.reach is Reach.ALWAYS and switch.wrappers == first.wrappers and ")" not in between


def _advice(run: _Step, sh: Sh) -> str:
    own = "run `set -o pipefail` first"
    return own.capitalize() if "pipefail" in run.step.shell else f"Set {_instruction(run, sh)}, or {own}"


def _instruction(run: _Step, sh: Sh) -> str:
    """Return the current SHELL instruction with `pipefail`."""
    options = run.step.shell[1:] if sh.name != "sh" else ("-c",)
    words = (f'"{word}"' for word in (sh.pipefail, "-o", "pipefail", *options))
    return f"SHELL [{', '.join(words)}]"


def _set_shell(subject: Subject, run: _Step, sh: Sh) -> Fix | None:
    """Return a fix that inserts SHELL above the RUN; None if no shell with `pipefail` is known, or SHELL has it."""
    if (
        not sh.pipefail
        or "pipefail" in run.step.shell
        or run.step.at.trigger
        or any(c in word for word in run.step.shell for c in '"\\')
    ):
        return None
    source = subject.source
    start = source.line_starts[run.instruction.line - 1]
    line = _instruction(run, sh)
    return insert(start, line + source.newline, f"Add `{line}`", UNSAFE)


def _heredoc(subject: Subject, shell: str) -> Outcomes:
    """Yield an outcome for each RUN whose heredoc is a script that does not stop at a failed command."""
    for run in _runs(subject):
        instruction = run.instruction
        if len(instruction.heredocs) != 1 or sh_of(subject.facts, run.step, shell).name not in SHELLS:
            continue
        heredoc = instruction.heredocs[0]
        arguments = instruction.arguments
        whole = arguments.span(0, len(arguments.text))
        before = subject.words(Span(whole.start, heredoc.marker.start)).strip()
        rest = subject.words(Span(heredoc.marker.end, heredoc.body.start)).strip()
        fed = re.fullmatch(_FED, before or rest)
        if fed is None or (before and rest):
            continue
        body = subject.words(heredoc.body)
        shebang = body.partition("\n")[0] if body.startswith("#!") else ""
        given = fed[0].split() if fed[0] else run.step.shell
        exits = shebang_exits_on_failure(shebang) if shebang and not fed[0] else exits_on_failure(given[1:])
        statements = [ran for ran in run.commands if len(ran.wrappers) == bool(fed[0])]
        later = [ran for ran in statements[1:] if ran.at.operator == ";"]
        if exits or not later or all(map(_is_harmless, statements[:-1])):
            continue
        if any(map(_sets_errexit, statements[:2])):
            yield Met(heredoc.marker, instruction)
            continue
        at = heredoc.body.start + (len(shebang) + 1 if shebang else 0)
        yield Unmet(
            "the script continues after a command that fails",
            heredoc.marker,
            help="Start the heredoc with `set -e`",
            fix=insert(at, f"set -e{subject.source.newline}", "Start with `set -e`", UNSAFE),
            notes=("Only the status of its last command decides whether the build goes on.",),
        )


def _sets_errexit(ran: Ran) -> bool:
    return ran.program == "set" and exits_on_failure([argument.value for argument in ran.arguments[1:]])


def _download(subject: Subject, _: str) -> Outcomes:
    for run in _runs(subject):
        pipelines: dict[int, list[Ran]] = {}
        for ran in run.commands:
            if ran.pipes:
                pipelines.setdefault(ran.pipes[-1].number, []).append(ran)
        yield from _substituted(run.commands)
        for members in pipelines.values():
            source = next((ran for ran in members if ran.program in _DOWNLOADS), None)
            target = next((ran for ran in members if ran.program in _INTERPRETERS and ran is not source), None)
            if source is not None and target is not None and source.at.order < target.at.order:
                yield _unchecked(source.program, target.program, target.at.span)


def _substituted(commands: Sequence[Ran]) -> Iterator[Unmet]:
    """Yield downloads that a shell runs as its script: `sh -c "$(curl ...)"`."""
    for shell in commands:
        if shell.program or not shell.wrappers or shell.wrappers[-1].name not in (*SHELLS, "eval"):
            continue
        inside = (ran for ran in commands if ran.program in _DOWNLOADS and _inside(ran, [shell]))
        if (source := next(inside, None)) is not None:
            yield _unchecked(source.program, shell.wrappers[-1].name, shell.wrappers[-1].span)


def _unchecked(source: str, target: str, span: Span) -> Unmet:
    return Unmet(
        f"{code(source)} pipes a download into {code(target)}",
        span,
        help="Download the script to a file, check its checksum, then run it",
    )


_CHECKS: Mapping[str, Callable[[Subject, str], Outcomes]] = {
    "lost": _lost,
    "heredoc": _heredoc,
    "download": _download,
}
