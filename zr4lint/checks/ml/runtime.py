"""Checks for settings of the running image, and for build steps that need a GPU."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.checks.edits import UNSAFE, replace
from zr4lint.checks.ml.cloned import MOVING, at_fixed_commit, reference_of
from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.ml.torch import open_above
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import At, Cloned, EnvSet
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import build_of, older, torch_at, torch_in
from zr4lint.knowledge.tables import cuda_tags, table
from zr4lint.knowledge.versions import bounds, lets_in
from zr4lint.model.finding import Related, Severity
from zr4lint.model.quoting import code, plain
from zr4lint.shell import Reach

if TYPE_CHECKING:
    from zr4lint.facts.pip_install import Install
    from zr4lint.programs.pip import Requirement

_ASSERTS = (
    r"assert\s*\(?\s*(?:torch|t)\.cuda\.is_available\(\)|if not torch\.cuda\.is_available\(\)\s*:\s*(?:sys\.)?exit|"
    r"raise.*if not torch\.cuda"
)
_CONDITION = r"(?:\b(?:if|elif|while|until)|!)\s+\Z"
_PLACEHOLDERS = frozenset({"example", "example-org", "repo_url", "owner", "username", "my-org", "myorg", "user"})
_YOURS = frozenset({
    "org", "organization", "user", "username", "user-name", "name", "github", "github-username", "account", "repo",
    "company", "team",
})  # fmt: skip
_CACHES = ("TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE", "PYTORCH_PRETRAINED_BERT_CACHE")
_READ_CACHES = {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}
"""Variables that transformers 5 reads. huggingface_hub treats the last one as HF_HUB_CACHE."""

_GPU_IMAGES = ("cuda", "ngc", "pytorch", "l4t", "rocm", "runpod", "vllm", "tgi")
_MOVES = "The branch can get new commits, so two builds of this file can differ."


@check("ml/gpu-at-build")
def gpu_at_build(subject: Subject) -> Outcomes:
    """No command of the build needs a GPU."""
    for history in histories(subject):
        if history.base is not None and history.base.kind == "l4t":
            continue  # the default runtime of a Jetson gives builds the GPU
        for ran in history.commands:
            words = [a.value or "" for a in ran.arguments]
            python = "-c" in words and re.match(r"python[\d.]*\Z", ran.program)
            asserts = python and re.search(_ASSERTS, words[-1])
            if (ran.program != "nvidia-smi" and not asserts) or not _decides(subject, ran.at):
                continue
            if any(flag.name == "device" for flag in ran.at.instruction.flags):
                continue
            smi = ran.program == "nvidia-smi"
            what = "there is no driver" if smi else "`torch.cuda.is_available()` is False"
            yield Unmet(
                f"{'`nvidia-smi`' if smi else 'this assertion'} always fails during the build",
                ran.at.span,
                expected="this check in the entrypoint, not in the build",
                notes=(f"`docker build` gives RUN no GPU: {what}.",),
                help="Run it when the container starts, for example in the entrypoint",
            )


def _decides(subject: Subject, at: At) -> bool:
    """Return whether a failure of this command makes the RUN fail."""
    if at.reach is not Reach.ALWAYS or at.operator == "|":
        return False
    text = subject.source.text
    if re.search(_CONDITION, text[at.instruction.span.start : at.span.start]):
        return False
    rest = text[at.span.end : at.instruction.span.end]
    following = rest.replace("\\\n", " ").replace("\\\r\n", " ").lstrip(" \t)\"'")
    return not following or following.startswith("&&")


@check("ml/visible-devices-baked")
def visible_devices_baked(subject: Subject) -> Outcomes:
    """The image does not hide GPUs of its host."""
    gpu = any(history.final and _for_gpu(history) for history in histories(subject))
    for env in subject.facts.of(EnvSet, subject.lineage):
        if env.name not in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES") or env.value is None:
            continue
        value = env.value.strip()
        hides = env.name == "CUDA_VISIBLE_DEVICES" and value in ("", "-1")
        if hides and not gpu:
            continue  # an image for the CPU may hide GPUs
        if not hides and not re.fullmatch(r"\d+(,\d+)*", value):
            continue
        yield Unmet(
            f"{code(f'{env.name}={value}')} hides {'every GPU' if hides else 'the other GPUs'}",
            env.span,
            unsure=not hides,
            notes=(
                (
                    "The setting applies to every container of the image. If a scheduler renumbers the devices, the "
                    "container may see no GPU."
                ),
            ),
            help="Remove the variable, and choose GPUs with `docker run --gpus`",
            references=("NVIDIA container images, dist/12.4.1/ubuntu2204",),
        )


def _for_gpu(history: History) -> bool:
    """Return whether an image has CUDA, or installs a torch that is built for it."""
    base = history.base
    if base is not None and (base.cuda is not None or base.kind in _GPU_IMAGES):
        return True
    builds = [build_of(install, pinned(install.get("torch")) or "") for install in history.installs]
    return any(build is not None and build.startswith("cu") for build in builds)


@check("ml/transformers-cache-deprecated")
def transformers_cache_deprecated(subject: Subject) -> Outcomes:
    """The model cache is set with a variable that transformers reads."""
    others = {e.name for e in subject.facts.of(EnvSet, subject.lineage)} & _READ_CACHES
    read = bool(others) or _old_transformers(subject)
    for env in subject.facts.of(EnvSet, subject.lineage):
        if env.name not in _CACHES:
            continue
        words = subject.words(env.span)
        fix = replace(env.span, words.replace(env.name, "HF_HUB_CACHE", 1), "Set HF_HUB_CACHE", UNSAFE)
        yield Unmet(
            f"transformers 5 ignores {env.name}",
            env.span,
            expected="HF_HUB_CACHE or HF_HOME",
            fix=fix if not others else None,
            severity=Severity.INFO if read else None,
            notes=(
                "Models are stored in ~/.cache/huggingface instead.",
                "transformers 4.36 and later warn about the variable.",
            ),
            help="Set HF_HUB_CACHE to the same folder, or HF_HOME to its parent",
            references=("wheels of transformers 4.36.0 to 5.23.0",),
        )


def _old_transformers(subject: Subject) -> bool:
    """Return whether all installed versions of transformers are older than 5."""
    found = [r for h in histories(subject) if h.final for i in h.installs if (r := i.get("transformers")) is not None]
    return bool(found) and not any(open_above(r, "5") for r in found)


@check("ml/unpinned-clone")
def unpinned_clone(subject: Subject) -> Outcomes:
    """Repositories are cloned or installed at a tag or a commit."""
    for history in histories(subject):
        for clone in history.of(Cloned):
            if clone.at.stage != history.stage.number or clone.clone.url.value is None:
                continue
            if at_fixed_commit(subject, clone):
                continue
            yield Unmet(
                f"{code(clone.clone.url.value)} is cloned at no fixed commit",
                clone.clone.url.span,
                expected="--branch TAG, or git checkout COMMIT after it",
                unsure=clone.at.reach is Reach.MAYBE,
                notes=(_MOVES,),
                help="Pass a tag with --branch, or check out a commit",
            )
        for install in history.own:
            for url, span in install.repositories:
                reference = reference_of(url)
                if not reference or reference in MOVING:
                    yield Unmet(
                        f"{code(url)} is installed at no fixed commit",
                        span,
                        expected=_at_commit(url),
                        unsure=install.unsure,
                        notes=(_MOVES,),
                        help="Add @TAG or @COMMIT to the URL",
                    )


def _at_commit(url: str) -> str:
    """Return the URL with a commit instead of its ref."""
    address, mark, fragment = url.partition("#")
    reference = reference_of(url)
    return f"{address.removesuffix(f'@{reference}') if reference else address}@COMMIT{mark}{fragment}"


def _stands_for_another(name: str) -> bool:
    """Return whether a name is a placeholder: <name>, your-org, example."""
    name = name.lower()
    if name.startswith("<"):
        return name.find(">") == len(name) - 1 > 1
    if name.startswith("your"):
        return name[5 if name[4:5] in ("-", "_") else 4 :] in _YOURS
    return name in _PLACEHOLDERS


@check("ml/placeholder-repository")
def placeholder_repository(subject: Subject) -> Outcomes:
    """The URL of a repository names a real owner."""
    for history in histories(subject):
        found = [
            (c.clone.url.value or "", c.clone.url.span, c.at.reach is Reach.MAYBE)
            for c in history.of(Cloned)
            if c.at.stage == history.stage.number
        ]
        found += [(url, span, install.unsure) for install in history.own for url, span in install.repositories]
        for url, span, unsure in found:
            parts = [p for p in re.split(r"[/:]", url.removesuffix("/").removesuffix(".git")) if p]
            owner = next((p for p in parts[-2:-1] if _stands_for_another(p)), None)
            if len(parts) == 1 and _stands_for_another(url):
                owner = url
            if owner is not None:
                yield Unmet(
                    f"{code(owner)} is a placeholder",
                    span,
                    expected="the repository's real URL",
                    unsure=unsure,
                    notes=("The repository does not exist. git asks for a user name, which fails in a build.",),
                    help="Write the URL of the real repository",
                )


@check("ml/system-cudnn-missing")
def system_cudnn_missing(subject: Subject) -> Outcomes:
    """Packages that need the system's cuDNN can find it."""
    for history in histories(subject):
        base = history.base
        if base is None or not base.plain or not history.final or "cudnn" in (base.flavour or ""):
            continue
        for install in history.own:
            requirement = _loads_cudnn(history, install)
            if requirement is None or "cudnn" in requirement.extras or _has_cudnn(history, install):
                continue
            flavour = f"{cuda_tags().cudnn(base.cuda)}-runtime" if base.cuda else "cudnn-runtime"
            yield Unmet(
                f"{code(requirement.name)} needs cuDNN, which {code(base.reference, 34)} lacks",
                requirement.span,
                expected=f"a {flavour} image",
                unsure=install.unsure,
                notes=("It loads cuDNN from the system. Without it, it falls back to the CPU or fails at run time.",),
                help=f"Build on a {flavour} image, or install nvidia-cudnn",
                references=("onnxruntime documentation", "onnxruntime issues 21769 and 21825"),
            )


def _loads_cudnn(history: History, install: Install) -> Requirement | None:
    """Return a package that needs the system's cuDNN, or None.

    From 4.6.3 on, ctranslate2 works without cuDNN, and so does faster-whisper with it.
    """
    if (found := install.get("onnxruntime-gpu")) is not None:
        return found
    whisper = install.get("faster-whisper")
    if whisper is None and install.get("ctranslate2") is None:
        return None
    engines = [r for i in (install, *history.before(install.at)) if (r := i.get("ctranslate2")) is not None]
    pins = [version for engine in engines if (version := pinned(engine)) is not None]
    old = any(older(version, "4.6.3") for version in pins)
    version = pinned(whisper)
    if whisper is not None and (old or (version is not None and older(version, "1.0"))):
        return whisper
    return install.get("ctranslate2") if old else None


def _has_cudnn(history: History, install: Install) -> bool:
    """Return whether cuDNN 9 may be installed, by a package of NVIDIA's or a new torch that is not for CPUs."""
    if history.mentions(None, r"cudnn"):
        return True
    if any(r.name.startswith("nvidia-cudnn") for i in history.installs for r in i.requirements):
        return True
    torch = torch_in(install) or torch_at(history, install)
    if torch is not None:
        since = table("gpu-wheels")["torch_cudnn"]["since"]
        return (torch.cuda or "cu").startswith("cu") and not older(torch.minor, since)
    installs = (install, *history.before_with(install.at, "torch"))
    return any(i.get("torch") is not None and "cpu" not in i.sources.tags for i in installs)


@check("ml/numpy-2-conflict")
def numpy_2_conflict(subject: Subject) -> Outcomes:
    """opencv-python accepts the requested numpy."""
    for history in histories(subject):
        bounded = [(i, r) for i in history.installs if (r := i.get("numpy")) is not None and _below_2(r.specifier)]
        for install in history.own:
            requirement = next((r for name in table("packages")["opencv"]["names"] if (r := install.get(name))), None)
            if (
                requirement is None
                or not bounded
                or requirement.url
                or install.constrained
                or install.option("no-deps")
            ):
                continue
            version = pinned(requirement)
            if older(version, "4.12") if version else not lets_in(requirement.specifier, "5.0.0.93"):
                continue
            other, numpy = bounded[-1]
            if other is install or any(i is install for i, _ in bounded):
                continue
            yield Unmet(
                f"{requirement.name} needs numpy 2, but {code(f'numpy{numpy.specifier}')} is requested",
                requirement.span,
                expected=f'"{requirement.name}<4.12"',
                related=(Related(f"numpy{plain(numpy.specifier)} is requested here", numpy.span),),
                unsure=install.unsure or other.unsure,
                notes=(
                    (
                        f"{requirement.name} needs numpy 2 from 4.12 on. The later install replaces the numpy of the "
                        "other, and pip only prints a warning."
                    ),
                ),
                help=f'Install `"{requirement.name}<4.12"`',
                references=("PyPI metadata of opencv-python",),
            )


def _below_2(specifier: str) -> bool:
    found = bounds(specifier)
    if found is None or found.upper is None:
        return False
    return found.upper.release[0] < 2 or (found.upper.release[:2] in ((2,), (2, 0)) and not found.upper_included)
