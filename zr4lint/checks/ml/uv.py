"""Checks for uv: its torch backend, its virtual environments, and settings that a tool does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, insert, replace
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Copied, EnvSet, PipRun, Ran
from zr4lint.facts.history import by_uv
from zr4lint.facts.installed_torch import TORCH_FAMILY, older
from zr4lint.facts.pips import pip_at
from zr4lint.knowledge.tables import Row, build_tag, references, table
from zr4lint.knowledge.versions import bounds
from zr4lint.model.finding import Severity
from zr4lint.model.quoting import code
from zr4lint.programs.image_paths import absolute
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.history import History

_TRUE, _FALSE = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")
_PLACES = ("system", "python", "target", "prefix", "user", "config-file", "directory", "project")
_OF_ENVIRONMENT = frozenset({
    "VIRTUAL_ENV", "CONDA_PREFIX", "UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_CONFIG_FILE", "UV_PROJECT", "UV_WORKING_DIR",
})  # fmt: skip
_ENVIRONMENTS = (
    r"(?i)venv|virtual|activate|conda|mamba|pyproject|uv\.toml|/uv/|UV_(?:SYSTEM|PYTHON|CONFIG|PROJECT|WORKING)|"
    r"\buv (?:sync|run|init|add)\b|git clone|poetry|hatch|pdm|rye|\btar\b|unzip|rsync|https?:[^\s]*\.(?:tar|tgz|zip)"
)
_SEEDS = r"--seed|UV_VENV_SEED|ensurepip|get-pip"


@check("ml/torch-backend-auto", raises=True)
def torch_backend_auto(subject: Subject) -> Outcomes:
    """The torch backend of uv is not `auto`, since uv sees no GPU in a build."""
    for history in histories(subject):
        for install in history.own:
            asked = install.run.command.parsed.get("torch-backend")
            value = asked.value if asked is not None else install.run.settings.get("UV_TORCH_BACKEND")
            named = next((r for n in TORCH_FAMILY if (r := install.get(n)) is not None), None)
            if not install.uv or value != "auto" or named is None or "UV_CUDA_DRIVER_VERSION" in install.run.variables:
                continue
            if any(flag.name == "device" for flag in install.at.instruction.flags):
                continue
            base = history.base
            cuda = base is not None and base.cuda is not None and base.kind in ("cuda", "ngc", "pytorch")
            tag = _tag(base.cuda) if cuda and base is not None else ""
            span = asked.value_span if asked is not None else install.run.command.words
            yield Unmet(
                "uv takes torch for the CPU, since a build sees no GPU",
                span,
                expected=tag or "--torch-backend cu128",
                fix=replace(span, tag, f"Use {tag}", UNSAFE) if asked is not None and tag else None,
                severity=Severity.ERROR if cuda and not install.unsure else None,
                unsure=install.unsure,
                notes=("The backend auto looks for a driver, and a build has none.",),
                help="Name the backend, for example --torch-backend cu128",
                references=("uv crates/uv-torch/src/backend.rs at 26a9dd4",),
            )


def _tag(cuda: str | None) -> str:
    """Return PyTorch's index tag for a CUDA version; "" if there is none."""
    tag = build_tag(cuda or "")
    return tag if tag in table("torch")["indexes"]["known"] else ""


@check("ml/uv-environment-without-pip")
def uv_environment_without_pip(subject: Subject) -> Outcomes:
    """An environment of uv has the pip that is called in it."""
    for history in histories(subject):
        made = _environments(history)
        if not made or history.mentions(None, _SEEDS):
            continue
        for run in history.of(PipRun):
            folder = run.command.program.rpartition("/")[0]
            known = {path for path, order in made if order < run.at.order}
            if run.at.stage != history.stage.number or folder.removesuffix("/bin") not in known:
                continue
            if by_uv(history.facts, run) or run.at.reach is not Reach.ALWAYS or _brings_pip(history, run):
                continue
            yield Unmet(
                f"{code(folder.removesuffix('/bin'), 40)} has no pip, since uv made it",
                run.command.words,
                expected=f"uv pip {run.command.action}, or uv venv --seed",
                notes=("uv venv makes environments without pip, setuptools and wheel.",),
                help="Use `uv pip`, or make the environment with `uv venv --seed`",
                references=("uv docs/pip/compatibility.md",),
            )
            break


def _environments(history: History) -> list[tuple[str, int]]:
    """Return the folders of the environments that uv certainly creates, with the order of the command."""
    found = []
    for ran in history.of(Ran):
        words = [a.value for a in ran.arguments]
        if ran.program != "uv" or words[1:2] != ["venv"] or None in words:
            continue
        operands = [
            w for w, before in zip(words[2:], words[1:], strict=False) if w and w[0] != "-" and before not in _VALUED
        ]
        path = absolute(operands[0] if operands else ".venv", ran.folder) if ran.folder is not None else None
        if path is not None:
            found.append((path, ran.at.order))
    return found


_VALUED = frozenset({"--python", "-p", "--prompt", "--index-url", "--cache-dir", "--python-preference", "--project"})
"""Options of `uv venv` that take a value in the next word."""


def _brings_pip(history: History, run: PipRun) -> bool:
    return any(install.uv for install in history.before_with(run.at, "pip"))


@check("ml/uv-without-environment")
def uv_without_environment(subject: Subject) -> Outcomes:
    """`uv pip install` finds an environment, or has an option to use the system's Python."""
    for history in histories(subject):
        base = history.base
        if base is None or base.kind not in ("python", "ubuntu", "debian", "cuda"):
            continue
        for install in history.own:
            run = install.run
            if not install.uv or run.at.reach is not Reach.ALWAYS or install.unsure:
                continue
            words = subject.words(run.command.words).split()
            if words[:2] != ["uv", "pip"] or run.command.parsed.unknown or install.option(*_PLACES):
                continue
            if _OF_ENVIRONMENT & run.variables.keys() or history.mentions(run.at, _ENVIRONMENTS):
                continue
            own = base.kind == "python"  # apt manages the Python of other images, and uv may refuse to change it
            mounts = [flag.value or "" for flag in run.at.instruction.flags if flag.name == "mount"]
            if any("type=cache" not in mount and ".txt" not in mount for mount in mounts):
                continue
            if not all(_is_plain(copied) for copied in history.of(Copied)):
                continue
            yield Unmet(
                "uv finds no virtual environment to install into",
                run.command.words,
                expected="uv pip install --system" if own else "uv venv before this command",
                fix=insert(run.command.words.end, " --system", "Install into the image's Python", UNSAFE)
                if own
                else None,
                notes=("uv fails with `No virtual environment found`.",),
                help="Pass --system, or make an environment with `uv venv` first",
                references=("uv docs/pip/environments.md", "observed with uv 0.13.9"),
            )
            break


def _is_plain(copied: Copied) -> bool:
    """Return whether a copy certainly contains no environment and no configuration of uv."""
    return copied.source.endswith(("/uv", "/uvx", ".txt", ".in"))


@check("ml/setting-unread", raises=True)
def setting_unread(subject: Subject) -> Outcomes:
    """Each PIP_ or UV_ variable that is set is read by pip or uv, and has a valid value."""
    for history in histories(subject):
        for env in history.of(EnvSet):
            if env.at.stage != history.stage.number or env.value is None:
                continue
            row = next((r for r in table("pip")["setting"] if env.name in r["names"]), None)
            if row is not None and (unmet := _UNREAD[row["kind"]](history, env, row)):
                yield unmet


def _pip_alone(history: History, env: EnvSet, row: Row) -> Unmet | None:
    """Return the finding for a setting of pip if uv installs torch and pip installs only uv."""
    later = [i for i in history.installs if i.at.order > env.at.order]
    torch = any(i.uv and any(i.get(n) for n in TORCH_FAMILY) for i in later)
    others = any(not i.uv and (i.opaque or [r for r in i.requirements if r.name != "uv"]) for i in later)
    own = row["instead"].get(env.name, "")
    if not torch or others or not env.value or any(own in i.run.settings for i in later if i.uv):
        return None
    if any(i.uv and i.sources.all for i in later):
        return None
    return Unmet(
        f"uv does not read {env.name}",
        env.span,
        expected=own,
        notes=("uv installs torch here, and reads no variable whose name begins with PIP_.",),
        help=f"Set {own}",
        references=references(row),
    )


def _no_effect(_: History, env: EnvSet, row: Row) -> Unmet | None:
    """Return the finding for a switch of uv with a value that has no effect."""
    if (env.value or "").lower() not in _FALSE:
        return None
    return Unmet(
        f"{code(f'{env.name}={env.value}')} leaves build isolation on",
        env.span,
        expected=f"{env.name}=1",
        notes=("Unlike PIP_NO_BUILD_ISOLATION, uv's variable switches isolation off with 1.",),
        help=f"Set {env.name}=1, or remove it",
        references=references(row),
    )


def _too_old(history: History, env: EnvSet, row: Row) -> Unmet | None:
    """Return the finding for a setting that is too new for the pip after it."""
    later = [i for i in history.installs if i.at.order > env.at.order and not i.uv]
    if not later or any(pip_at(history, i).has(row["added"]) is not False for i in later):
        return None
    return Unmet(
        f"pip before {row['added']} does not read {env.name}",
        env.span,
        severity=Severity.INFO,
        notes=("The pip of this image is older, and ignores the variable.",),
        help=f"Upgrade pip to {row['added']} or newer, or use PIP_CONSTRAINT",
        references=references(row),
    )


def _boolean(history: History, env: EnvSet, row: Row) -> Unmet | None:
    """Return the finding for a switch of pip that is not a boolean, or that any boolean turns on."""
    value = (env.value or "").lower()
    if not value or value in _TRUE or not any(not i.uv for i in history.installs if i.at.order > env.at.order):
        return None
    if value in _FALSE:
        return Unmet(
            f"{code(f'{env.name}={env.value}')} disables the cache, too",
            env.span,
            severity=Severity.INFO,
            notes=("pip takes any boolean for `no cache`.",),
            help="Remove the variable to use the cache",
            references=references(row),
        )
    return Unmet(
        f"{code(f'{env.name}={env.value}')} is not a boolean, and pip fails",
        env.value_span,
        expected=f"{env.name}=1",
        fix=replace(env.value_span, "1", "Set it to 1", UNSAFE),
        severity=Severity.ERROR,
        notes=("pip accepts 1, true, yes and on, and 0, false, no and off.",),
        help="Set it to 1, or remove it",
        references=references(row),
    )


def _of_hub(history: History, env: EnvSet, row: Row) -> Unmet | None:
    """Return the finding for the hf_transfer switch if huggingface_hub ignores it or the package is missing."""
    hub = [r for i in history.installs if (r := i.get("huggingface-hub")) is not None]
    limits = bounds(hub[-1].specifier) if hub else None
    if (env.value or "").lower() in ("", *_FALSE) or limits is None or any(i.constrained for i in history.installs):
        return None
    newest = limits.upper is None or not older(str(limits.upper), row["since"])
    if newest and limits.upper is None and limits.pin is None:
        return Unmet(
            f"huggingface_hub {row['since']} does not read {env.name}",
            env.span,
            severity=Severity.INFO,
            notes=("It downloads with hf_xet, which is always on.",),
            help="Remove it, or set HF_XET_HIGH_PERFORMANCE=1",
            references=references(row),
        )
    old = (limits.pin is not None and older(str(limits.pin), row["since"])) or not newest
    if (
        not old
        or history.mentions(None, "hf[-_]transfer")
        or not history.final
        or history.opaque(history.installs[-1].at)
    ):
        return None
    return Unmet(
        f"{env.name} needs the package hf_transfer",
        env.span,
        expected="pip install hf_transfer",
        notes=("Downloads fail where the variable is set and the package is not there.",),
        help="Install hf_transfer, or remove the variable",
        references=references(row),
    )


_UNREAD = {"hub": _of_hub, "pip": _pip_alone, "no-effect": _no_effect, "too-old": _too_old, "boolean": _boolean}
