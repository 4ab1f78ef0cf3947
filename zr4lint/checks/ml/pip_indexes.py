"""The indexes that pip and uv take packages from."""

from __future__ import annotations

import re

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.history import History, Install, histories, pinned
from zr4lint.checks.ml.installed import torch_in
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts.indexes import Source
from zr4lint.knowledge.tables import known_hosts, table, torch_release
from zr4lint.model.finding import Related, Severity
from zr4lint.model.source import Span

_HOST = r"(?i)https?://(?:[^/@]*@)?([^/:?#]+)"
TORCH_FAMILY = ("torch", "torchvision", "torchaudio")
_TABLE = "pytorch RELEASE.md and previous-versions page"
_ON_PYTORCH = ("torch", "pytorch", "nvidia-", "triton", "xformers", "cuda-", "numpy", "pillow", "setuptools", "fbgemm")


def _place(install: Install, source: Source) -> Span:
    return source.span if source.span is not None else install.run.command.words


@check("ml/index-unknown")
def index_unknown(subject: Subject) -> Outcomes:
    """The CUDA tag of a PyTorch index is one that exists (gpu facts 2.3)."""
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
                    url = source.url or ""
                    certain = known is not None and len(known.indexes) == 1 and source.span is not None
                    yield Unmet(
                        f"PyTorch never had wheels for {tag}: the index is empty, and pip finds no torch on it "
                        f"({_TABLE}); "
                        f"there are {', '.join(valid)}",
                        _place(install, source),
                        expected=" or ".join(valid),
                        fix=replace(source.span, url.replace(tag, valid[0]), f"Use {valid[0]}", UNSAFE)
                        if certain and source.span is not None
                        else None,
                        unsure=install.unsure,
                    )
                elif int(tag[2:]) > int(newest[2:]):
                    yield Unmet(
                        f"{tag} is newer than the last index this table knows, {newest}; the table may have aged",
                        _place(install, source),
                        severity=Severity.INFO,
                    )


@check("ml/index-impossible")
def index_impossible(subject: Subject) -> Outcomes:
    """The pinned torch has a build for the CUDA of its index (gpu facts 2.3)."""
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
            source = next((s for s in install.sources.all if s.tag == tag), None)
            extra = not local and install.sources.pypi and not install.uv
            happens = (
                f"pip takes the build of PyPI, for CUDA {known.pypi_cuda}, without a word"
                if extra
                else "pip finds no matching distribution"
            )
            yield Unmet(
                f"torch {torch.version} has no build for {tag}: {happens}; it has {', '.join(known.indexes)} "
                f"({_TABLE})",
                requirement.span if local or source is None else _place(install, source),
                expected=" or ".join(known.indexes),
                related=(Related(f"torch {torch.version} is asked for here", requirement.span),),
                unsure=install.unsure or extra or not known.sure,
                severity=Severity.INFO if tag in rows["unlisted"] or tag not in rows["known"] else None,
            )


@check("ml/index-mixed")
def index_mixed(subject: Subject) -> Outcomes:
    """One index decides on each package (gpu facts 6.3, 11.1)."""
    for history in histories(subject):
        for install in history.own:
            if install.uv or install.constrained:
                continue
            if unmet := _loose_torch(install) or _elsewhere(history, install):
                yield unmet


def _loose_torch(install: Install) -> Unmet | None:
    """Torch without an exact version, looked for on two indexes."""
    extra = [s for s in install.sources.all if s.role == "extra" and s.pytorch]
    requirement = next((r for name in TORCH_FAMILY if (r := install.get(name)) is not None), None)
    if not extra or not install.sources.pypi or requirement is None or requirement.url:
        return None
    if requirement.name != "torch" or pinned(requirement) is not None:
        return None
    return Unmet(
        "--extra-index-url adds an index without any priority: pip takes the highest version of both, so that torch "
        "and its "
        "companions may come from PyPI and be built for another CUDA (pip documentation; pixeloven/ComfyUI-Docker pull "
        "request 47); use --index-url for this line, or pin torch exactly",
        requirement.span,
        expected="--index-url, or torch==X",
        unsure=install.unsure,
    )


def _elsewhere(history: History, install: Install) -> Unmet | None:
    """A package that PyTorch's index does not have, with that index alone."""
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
            f"--index-url replaces PyPI, and PyTorch's index holds torch and what torch needs: pip finds no "
            f"{requirement.name} "
            "there, or an old copy (pip documentation); install it by a command of its own",
            requirement.span,
            expected=f"{requirement.name} in a command without this index",
            unsure=install.unsure,
        )
    return None


@check("ml/find-links-as-index")
def find_links_as_index(subject: Subject) -> Outcomes:
    """OpenMMLab's pages of wheels are given by --find-links (gpu facts 4.1)."""
    host = table("openmmlab")["index"]["host"]
    for history in histories(subject):
        for install in history.own:
            for source in install.sources.all:
                if source.role == "links" or host not in (source.url or ""):
                    continue
                page = (source.url or "").endswith(".html")
                fix = (
                    replace(source.option, f"--find-links {source.url}", "Use --find-links", UNSAFE)
                    if source.option is not None and page
                    else None
                )
                yield Unmet(
                    f"{host} has pages of wheels, not an index: pip looks for a folder named after each package there, "
                    "finds "
                    "none, and builds mmcv from source (mmcv installation guide); give the page by -f",
                    _place(install, source),
                    expected=f"-f https://{host}/mmcv/dist/cuXYZ/torchX.Y/index.html",
                    fix=fix,
                    unsure=install.unsure,
                )


@check("ml/unknown-index-host")
def unknown_index_host(subject: Subject) -> Outcomes:
    """Packages come from hosts that are known (gpu facts 4.2)."""
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
                        f"no project knows the host {host}: nothing comes from it, and whoever registers the name can "
                        "put "
                        "packages into this build (no OpenMMLab document names it; pip documentation on dependency "
                        "confusion); leave it out",
                        _place(install, source),
                        unsure=install.unsure,
                    )
                else:
                    yield Unmet(
                        f"{host} is no index this table knows: an index beside PyPI may answer for any package name "
                        "(pip "
                        "documentation on dependency confusion); the table may have aged",
                        _place(install, source),
                        severity=Severity.INFO,
                    )
