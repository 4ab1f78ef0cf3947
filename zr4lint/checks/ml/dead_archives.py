"""Checks for archives, keys and bootstrap scripts of distributions that no longer work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import SAFE, UNSAFE, insert, replace
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import AptRun, Copied, PackageRun, Ran
from zr4lint.facts.installed_torch import default_python, older
from zr4lint.knowledge.tables import distribution, references, table
from zr4lint.model.finding import Fix, Severity
from zr4lint.model.quoting import code
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from collections.abc import Collection

    from zr4lint.facts.history import History
    from zr4lint.facts.images import Base
    from zr4lint.model.source import Span

_SOURCES = r"sources\.list|old-releases|archive\.debian\.org|snapshot\.debian|apt/sources"
_KEY_FIX = (
    r"3bf863cc|cuda-keyring|A4B469963BF863CC|(?:rm|mv|sed)\b[^\n]*(?:cuda|nvidia-ml)[^\n]*\.list|sources\.list\.d"
)
_KEYRING = r"cuda-keyring[\w.-]*\.deb"
_NEW_KEY = r"/3bf863cc\.pub\Z|\A(?:0x)?A4B469963BF863CC\Z"
_OLD_LISTS = r"/etc/apt/sources\.list\.d/(?:cuda|nvidia-ml)[\w.*-]*(?:\.list)?"
_REMOVE = "rm -f /etc/apt/sources.list.d/cuda.list /etc/apt/sources.list.d/nvidia-ml.list && "
_GET_PIP = "bootstrap.pypa.io/get-pip.py"
_PYTHON = r"python(?P<version>3\.\d+)?3?\Z"
_OLDEST_OF_GET_PIP = "3.10"
_MINICONDA = r"/(?:Miniconda3-latest|Miniconda3-py3\d+_(\d\d)\.(\d+)|Anaconda3-(20\d\d)\.(\d\d))[\w.-]*\.sh"
_AGREED = (
    r"conda tos accept|CONDA_PLUGINS_AUTO_ACCEPT_TOS|auto_accept_tos|override-channels|nodefaults|condarc|"
    r"(?:remove|--remove)\s+channels\s+defaults|--set channels|conda-anaconda-tos|\bCI=|miniforge|environment\.ya?ml"
)
_ASKS = frozenset({"create", "install", "update", "upgrade", "remove", "search"})


def _first_apt(history: History) -> AptRun | None:
    """Return the first command in the history's own stage that reads package lists."""
    for run in history.of(AptRun):
        if run.at.stage == history.stage.number and run.command.action in ("update", "install"):
            return run
    return None


def _changes_sources(history: History, run: AptRun, pattern: str) -> bool:
    """Return whether an earlier step may have changed the sources of apt."""
    if history.mentions(run.at, pattern):
        return True
    copied = history.of(Copied)
    return any("/etc/apt" in (c.target or "/etc/apt") for c in copied if c.at.order < run.at.order)


@check("ml/apt-archive-gone")
def apt_archive_gone(subject: Subject) -> Outcomes:
    """The archive of the base image's release still exists."""
    for history in histories(subject):
        yield from _yum(history)
        release = distribution(history.base.distribution) if history.base is not None else None
        run = _first_apt(history)
        if release is None or not release.get("gone") or run is None or _changes_sources(history, run, _SOURCES):
            continue
        yield Unmet(
            f"the archive of {release['name']} is gone",
            run.command.words,
            unsure=run.at.reach is Reach.MAYBE,
            notes=("apt-get update fails with 404, and apt-get install finds no package.",),
            help="Build on a release that still gets updates, or first point sources.list at an archive",
            references=references(release),
        )


def _yum(history: History) -> Outcomes:
    """Yield an outcome for the first yum or dnf command on a CentOS whose mirrors are gone."""
    row = table("system")["yum"]
    name = history.base.distribution if history.base is not None else None
    if name not in row["gone"] or history.mentions(None, r"vault\.|baseurl|mirrors?\.\w+|yum\.repos\.d|--repofrompath"):
        return
    for run in history.of_stage(PackageRun):
        if run.command.manager not in ("yum", "dnf") or run.at.reach is Reach.NEVER:
            continue
        if run.command.action not in ("install", "group", "update", "upgrade"):
            continue
        yield Unmet(
            f"the mirrors of {name} are gone",
            run.command.words,
            unsure=run.at.unsure,
            notes=("yum fails with `Could not resolve host: mirrorlist.centos.org`.",),
            help="Build on Rocky Linux or AlmaLinux, or first point the repositories at vault.centos.org",
            references=references(row),
        )
        return


@check("ml/nvidia-key-expired")
def nvidia_key_expired(subject: Subject) -> Outcomes:
    """The image has the key that signs NVIDIA's apt repository."""
    for history in histories(subject):
        yield from _keyring(history)
        yield from _fixed_already(history)
        base, run = history.base, _first_apt(history)
        if base is None or run is None or run.at.reach is not Reach.ALWAYS or _changes_sources(history, run, _KEY_FIX):
            continue
        old_torch = base.kind == "pytorch" and base.flavour == "devel" and base.torch and older(base.torch, "1.12")
        month = base.image.tag[:5]
        old_ngc = base.kind == "ngc" and re.fullmatch(r"\d\d\.\d\d", month) is not None and older(month, "22.05")
        if not old_torch and not old_ngc:
            continue
        sure = bool(old_torch) and base.torch is not None and older(base.torch, "1.11")
        plain = run.command.action == "update" and run.at.instruction.json is None
        yield Unmet(
            "apt does not trust NVIDIA's repository in this image",
            run.command.words,
            unsure=not sure,
            fix=insert(run.at.span.start, _REMOVE, "Remove the lists", UNSAFE) if plain else None,
            notes=(
                (
                    "NVIDIA changed the key in April 2022, after the image was built. apt-get update fails with "
                    "`NO_PUBKEY A4B469963BF863CC`."
                ),
            ),
            help="Remove /etc/apt/sources.list.d/cuda.list and nvidia-ml.list first, or install the new key",
            references=("nvidia-docker issues 1631 and 1632",),
        )


def _keyring(history: History) -> Outcomes:
    """Yield an outcome for cuda-keyring in an image of nvidia/cuda, which already has the repository."""
    base = history.base
    if base is None or base.kind != "cuda" or not (base.distribution or "").startswith("ubuntu"):
        return
    for ran in history.commands:
        if ran.program not in ("dpkg", "apt", "apt-get") or ran.at.reach is not Reach.ALWAYS:
            continue
        word = next((a for a in ran.arguments if re.search(_KEYRING, a.value or "")), None)
        if word is None:
            continue
        if history.mentions(None, r"(?:rm|mv)\b[^\n]*sources\.list\.d"):
            continue
        old = base.distribution in ("ubuntu18.04", "ubuntu20.04")
        yield Unmet(
            "cuda-keyring contradicts the image's own cuda.list" if old else "the image already has cuda-keyring",
            word.span,
            severity=None if old else Severity.INFO,
            notes=(
                "apt-get update fails with `Conflicting values set for option Signed-By`."
                if old
                else "nvidia/cuda images for Ubuntu 22.04 and later bring it.",
            ),
            help="Remove /etc/apt/sources.list.d/cuda.list first" if old else "Remove this command",
            references=("NVIDIA container images, dist/",),
        )
        return


def _fixed_already(history: History) -> Outcomes:
    """Yield an outcome for a remedy for the old key in an image that has the new one."""
    base = history.base
    month = base.image.tag[:5] if base is not None else ""
    cuda = base is not None and base.kind == "cuda" and base.cuda is not None and not older(base.cuda, "11.0")
    ngc = base is not None and base.kind == "ngc" and re.fullmatch(r"\d\d\.\d\d", month) and not older(month, "22.05")
    if not (cuda or ngc) or history.mentions(None, _KEYRING):
        return
    for ran in history.commands:
        if ran.program not in ("apt-key", "rm"):
            continue
        words = [argument.value or "" for argument in ran.arguments]
        adds = ran.program == "apt-key" and any(re.search(_NEW_KEY, word) for word in words)
        removes = ran.program == "rm" and any(re.fullmatch(_OLD_LISTS, word) for word in words)
        if ran.at.reach is not Reach.ALWAYS or not (adds or removes):
            continue
        yield Unmet(
            "this image already has NVIDIA's new apt key",
            ran.at.span,
            severity=Severity.INFO,
            notes=("NVIDIA rebuilt its images after it changed the key in April 2022.",),
            help="Remove this command, unless it keeps NVIDIA's repository out of apt on purpose"
            if removes
            else "Remove this command",
            references=("NVIDIA container images, dist/",),
        )
        return


@check("ml/get-pip-too-new")
def get_pip_too_new(subject: Subject) -> Outcomes:
    """get-pip.py supports the Python that runs it."""
    for history in histories(subject):
        for ran in history.commands:
            word = next((a for a in ran.arguments[1:] if _GET_PIP in (a.value or "")), None)
            if word is None or ran.at.reach is Reach.NEVER:
                continue
            python = _python_of(history, ran)
            if python is None or not older(python, _OLDEST_OF_GET_PIP):
                continue
            yield Unmet(
                f"get-pip.py needs Python {_OLDEST_OF_GET_PIP} or newer, not {python}",
                word.span,
                expected=f"https://bootstrap.pypa.io/pip/{python}/get-pip.py",
                fix=_own_script(subject, word.span, python),
                unsure=ran.at.reach is Reach.MAYBE,
                notes=("The script refuses this Python, and exits with 1.",),
                help=f"Use https://bootstrap.pypa.io/pip/{python}/get-pip.py",
                references=("pypa/get-pip at 08b6e1d",),
            )


def _python_of(history: History, downloads: Ran) -> str | None:
    """Return the version of the Python that runs a downloaded script; None if unknown."""
    names = {"get-pip.py", *(a.value.rpartition("/")[2] for a in downloads.arguments if a.value)}
    later = [ran for ran in history.commands if ran.at.order > downloads.at.order]
    if downloads.pipes and not downloads.pipes[-1].last:
        later, names = later[:1], {""}
    runner = next((ran for ran in later if _runs(ran, names)), None)
    return _version_of(history, runner) if runner is not None else default_python(history, downloads.at)


def _runs(ran: Ran, names: Collection[str]) -> bool:
    """Return whether a command is a Python that runs a script with one of `names`; "" is standard input."""
    script = next((a.value or "?" for a in ran.arguments[1:] if a.value is None or a.value[:1] != "-"), "")
    return re.match(_PYTHON, ran.program) is not None and script.rpartition("/")[2] in names


def _version_of(history: History, ran: Ran) -> str | None:
    path = (ran.arguments[0].value or "").rpartition("/")[0]
    named = re.match(_PYTHON, ran.program)
    if named is not None and named["version"]:
        return named["version"]
    return default_python(history, ran.at) if path in ("", "/usr/bin") else None


def _own_script(subject: Subject, span: Span, python: str) -> Fix | None:
    """Return a fix that uses the script for an older Python."""
    words = subject.words(span)
    if words.count("/get-pip.py") != 1 or older(python, "3.6"):
        return None
    return replace(span, words.replace("/get-pip.py", f"/pip/{python}/get-pip.py"), f"Use the one for {python}", SAFE)


@check("ml/conda-terms")
def conda_terms(subject: Subject) -> Outcomes:
    """Anaconda's terms are accepted, or its channels are not used."""
    for history in histories(subject):
        text = history.text(None)
        installer = re.search(_MINICONDA, text)
        doubtful = history.base is not None and _doubtful_image(history.base)
        if (installer is None and not doubtful) or re.search(_AGREED, text):
            continue
        for ran in history.commands:
            words = [a.value or "" for a in ran.arguments[1:]]
            action = next((w for w in words if not w.startswith("-")), "")
            asks = action in _ASKS or (words[:2] and words[0] == "env" and words[1] in ("create", "update"))
            if ran.program != "conda" or not asks or ran.at.reach is not Reach.ALWAYS:
                continue
            yield Unmet(
                f"conda stops at {code(f'conda {action}')}: the terms of Anaconda are not accepted",
                ran.at.span,
                unsure=doubtful or (installer is not None and _older_installer(installer)),
                notes=("Without a terminal conda fails with `CondaToSNonInteractiveError`.",),
                help="Install Miniforge, or run `conda tos accept` first if you accept the terms",
                references=("anaconda/conda-anaconda-tos at 03beb3d",),
            )
            break


def _doubtful_image(base: Base) -> bool:
    """Return whether the image may have a conda that requires the terms. This is known only of some tags."""
    row = table("bases")["terms"]
    return base.image.repository in row["names"] and base.image.tag.startswith(tuple(row["tags"]))


def _older_installer(found: re.Match[str]) -> bool:
    """Return whether an installer may be older than conda's requirement to accept the terms."""
    year, month = found[1] or found[3], found[2] or found[4]
    return year is not None and (int(year) % 100, int(month)) < (25, 5)
