"""Checks for the indexes of pip and uv."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import TORCH_FAMILY, older, torch_in
from zr4lint.knowledge.tables import known_hosts, table, torch_release
from zr4lint.model.finding import Related, Severity
from zr4lint.model.quoting import code, plain

if TYPE_CHECKING:
    from zr4lint.facts.indexes import Source
    from zr4lint.facts.installed_torch import TorchState
    from zr4lint.facts.pip_install import Install
    from zr4lint.model.source import Span

_HOST = r"(?i)https?://(?:[^/@]*@)?([^/:?#]+)"
_INDEX_OPTION = r"(?s)(?:--(?:extra-)?index-url|-i)([= \t].+)"
_SOURCES = ("pytorch RELEASE.md", "pytorch.org, previous versions")
_CONFUSION = "pip documentation, --extra-index-url"
_ON_PYTORCH = ("torch", "pytorch", "nvidia-", "triton", "xformers", "cuda-", "numpy", "pillow", "setuptools", "fbgemm")


def _either(tags: Sequence[str]) -> str:
    """Return the tags in backticks, joined by "or"."""
    *some, last = map(code, tags)
    return f"{', '.join(some)} or {last}" if some else last


def _place(install: Install, source: Source) -> Span:
    return source.span if source.span is not None else install.run.command.words


@check("ml/index-unknown")
def index_unknown(subject: Subject) -> Outcomes:
    """The CUDA tag of a PyTorch index exists."""
    rows = table("torch")["indexes"]
    newest = max(rows["known"], key=lambda tag: int(tag[2:]))
    for history in histories(subject):
        for install in history.own:
            for source in install.sources.all:
                tag = source.tag
                if tag is None or not tag.startswith("cu"):
                    continue
                torch = torch_in(install)
                known = torch_release(torch.version) if torch is not None else None
                valid = known.indexes if known is not None and known.indexes else tuple(rows["known"])
                if tag in rows["never"]:
                    yield Unmet(
                        f"PyTorch publishes no wheels for {code(tag)}",
                        _place(install, source),
                        expected=" or ".join(valid),
                        notes=("The index is empty, so pip finds no torch on it.",),
                        help=f"Use {_either(valid)}",
                        references=_SOURCES,
                        unsure=install.unsure,
                    )
                elif int(tag[2:]) > int(newest[2:]):
                    yield Unmet(
                        f"{code(tag)} is newer than the known indexes of PyTorch",
                        _place(install, source),
                        severity=Severity.INFO,
                        notes=(f"The newest index in the table that zr4lint ships is {newest}.",),
                        references=_SOURCES,
                    )


@check("ml/index-impossible")
def index_impossible(subject: Subject) -> Outcomes:
    """The pinned torch has a build for the CUDA of its index."""
    rows = table("torch")["indexes"]
    for history in histories(subject):
        for install in history.own:
            torch = torch_in(install)
            known = torch_release(torch.version) if torch is not None else None
            requirement = install.get("torch")
            if torch is None or known is None or not known.indexes or requirement is None or requirement.url:
                continue
            local = (pinned(requirement) or "").partition("+")[2]
            tags = (local,) if local else install.sources.tags
            if len(tags) != 1 or not tags[0].startswith("cu") or tags[0] in (*known.indexes, *rows["never"]):
                continue
            tag = tags[0]
            unlisted = tag in rows["unlisted"] or tag not in rows["known"]
            source = next((s for s in install.sources.all if s.tag == tag), None)
            extra = not local and install.sources.pypi and install.mixes
            tool = "uv" if install.uv else "pip"
            happens = (
                f"{tool} silently installs the build of PyPI, which is for CUDA {known.pypi_cuda}."
                if extra
                else "pip fails with `No matching distribution found`."
            )
            yield Unmet(
                f"torch {torch.version} {'is not listed with a' if unlisted else 'has no'} build for {code(tag)}",
                requirement.span if local or source is None else _place(install, source),
                expected=" or ".join(known.indexes),
                related=(Related(f"torch {torch.version} is requested here", requirement.span),),
                unsure=install.unsure or extra or not (known.sure or _indexes_read(torch)),
                severity=Severity.INFO if unlisted else None,
                notes=("PyTorch builds for more than it lists, so the build may exist." if unlisted else happens,),
                help=f"Use {_either(known.indexes)}",
                references=_SOURCES,
            )


def _indexes_read(torch: TorchState) -> bool:
    """Return whether the table confirms the indexes of this torch, even if its companions are only likely."""
    first, last = table("torch")["indexes"]["confirmed"]
    return not older(torch.minor, first) and not older(last, torch.minor)


@check("ml/index-mixed")
def index_mixed(subject: Subject) -> Outcomes:
    """Each package comes from one index."""
    for history in histories(subject):
        for install in history.own:
            if not install.mixes or install.constrained:
                continue
            unmet = _loose_torch(install) or _index_as_links(install)
            if unmet is None and not install.uv:
                unmet = _elsewhere(history, install)
            if unmet is not None:
                yield unmet


def _loose_torch(install: Install) -> Unmet | None:
    """Return the finding for a torch without an exact version on two indexes."""
    extra = [s for s in install.sources.all if s.role == "extra" and s.pytorch]
    requirement = next((r for name in TORCH_FAMILY if (r := install.get(name)) is not None), None)
    if not extra or not install.sources.pypi or requirement is None or requirement.url:
        return None
    if requirement.name != "torch" or pinned(requirement) is not None:
        return None
    return Unmet(
        "torch has no exact version and may come from PyPI instead of the extra index",
        requirement.span,
        expected="--index-url, or torch==X",
        unsure=install.unsure,
        notes=(
            (
                f"{'unsafe-best-match' if install.uv else '--extra-index-url'} gives an index no priority. "
                f"{'uv' if install.uv else 'pip'} takes the highest version of both indexes, which may be built for "
                "another CUDA."
            ),
        ),
        help="Use --index-url for this command, or pin torch exactly",
        references=("pip documentation, --extra-index-url", "pixeloven/ComfyUI-Docker pull request 47"),
    )


def _index_as_links(install: Install) -> Unmet | None:
    """Return the finding for an index that is passed with --find-links, so that pip takes torch from PyPI."""
    links = [s for s in install.sources.all if s.role == "links" and s.tag is not None and ".html" not in (s.url or "")]
    requirement = install.get("torch")
    others = any(s.pytorch and s not in links for s in install.sources.all)
    if not links or others or not install.sources.pypi or requirement is None or requirement.url is not None:
        return None
    return Unmet(
        "--find-links does not read an index, so torch comes from PyPI",
        _place(install, links[0]),
        expected="--index-url, for torch alone",
        unsure=install.unsure,
        notes=("pip looks for links to files on the page itself, but an index has them on a page for each package.",),
        help="Pass the index with --index-url, and install other packages in a separate command",
        references=("pip documentation, --find-links",),
    )


def _elsewhere(history: History, install: Install) -> Unmet | None:
    """Return the finding for a package that is not on PyTorch's index if no other index is given."""
    main = install.sources.main
    others = [s for s in install.sources.all if s.role != "main"]
    if main is None or main.tag is None or others or install.sources.backend:
        return None
    for requirement in install.requirements:
        if requirement.url or requirement.name.startswith(_ON_PYTORCH) or requirement.marker:
            continue
        if history.has(requirement.name, install.at) is not False or requirement.name in ("pip", "wheel"):
            continue
        return Unmet(
            f"{code(requirement.name)} is not on PyTorch's index",
            requirement.span,
            expected=f"{requirement.name} in a command without this index",
            unsure=install.unsure,
            notes=(
                (
                    "--index-url replaces PyPI, and PyTorch's index holds only torch and what torch needs. pip finds "
                    f"no {plain(requirement.name)} there, or an old copy."
                ),
            ),
            help="Install it in a separate command without this index",
            references=("pip documentation, --index-url",),
        )
    return None


@check("ml/find-links-as-index")
def find_links_as_index(subject: Subject) -> Outcomes:
    """OpenMMLab's pages of wheels are passed with --find-links."""
    host = table("openmmlab")["index"]["host"]
    for history in histories(subject):
        for install in history.own:
            for source in install.sources.all:
                if source.role == "links" or host not in (source.url or ""):
                    continue
                page = (source.url or "").endswith(".html")
                words = subject.words(source.option) if source.option is not None else ""
                named = re.fullmatch(_INDEX_OPTION, words)
                fix = (
                    replace(source.option, f"--find-links{named[1]}", "Use --find-links", UNSAFE)
                    if source.option is not None and named is not None and page
                    else None
                )
                yield Unmet(
                    f"{host} is not a package index",
                    _place(install, source),
                    expected=f"-f https://{host}/mmcv/dist/cuXYZ/torchX.Y/index.html",
                    fix=fix,
                    unsure=install.unsure,
                    notes=(
                        (
                            "The host has pages of wheels, not an index with a folder for each package, so pip finds "
                            "no wheel and builds mmcv from source."
                        ),
                    ),
                    help="Pass the page with --find-links",
                    references=("mmcv docs/en/get_started/installation.md",),
                )


@check("ml/unknown-index-host")
def unknown_index_host(subject: Subject) -> Outcomes:
    """Packages come from known hosts."""
    invented = {host for row in table("hosts")["invented"] for host in row["hosts"]}
    for history in histories(subject):
        for install in history.own:
            for source in install.sources.all:
                found = re.match(_HOST, source.url or "")
                host = found[1].lower() if found else ""
                if "." not in host or "$" in host:
                    continue
                if (
                    host in known_hosts()
                    or host.replace(".", "").isdigit()
                    or host.endswith((".local", ".internal", ".lan"))
                ):
                    continue
                if host in invented:
                    yield Unmet(
                        f"{code(host)} is not a known package index",
                        _place(install, source),
                        unsure=install.unsure,
                        notes=(
                            "No document of OpenMMLab names this host.",
                            "Anyone who registers the name can put packages into this build.",
                        ),
                        help="Remove the index",
                        references=(_CONFUSION,),
                    )
                else:
                    yield Unmet(
                        f"{code(host)} is not a known package index",
                        _place(install, source),
                        severity=Severity.INFO,
                        notes=("An index beside PyPI can serve a package of any name.",),
                        references=(_CONFUSION,),
                    )
