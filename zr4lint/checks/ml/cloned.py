"""Checks for requirement files of repositories that the build clones."""

from __future__ import annotations

import re

from msgspec import Struct

from zr4lint.checks.ml.stage_history import histories
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Cloned, Copied
from zr4lint.facts.history import History, pinned
from zr4lint.facts.installed_torch import TorchState, older, torch_at
from zr4lint.facts.pip_install import Install
from zr4lint.facts.pips import held_by_image
from zr4lint.knowledge.tables import Row, references, table
from zr4lint.model.finding import Related
from zr4lint.model.quoting import code, plain
from zr4lint.model.source import Span
from zr4lint.programs.image_paths import covers

MOVING = ("main", "master", "dev", "develop", "HEAD", "latest", "nightly")
"""Refs whose commit changes."""

_CHECKOUT = r"\bgit\b[^&|;\n]*\b(?:checkout|reset|switch|fetch)\b"


def reference_of(url: str) -> str:
    """Return the ref in the URL of a repository that pip installs; "" if there is none."""
    path = url.partition("#")[0].partition("://")[2].partition("/")[2]
    return path.partition("@")[2]


def at_fixed_commit(subject: Subject, clone: Cloned) -> bool:
    """Return whether a clone is of a tag or a commit, or a step after it chooses one."""
    branch = clone.clone.parsed.get("branch") or clone.clone.parsed.get("revision")
    if branch is not None and branch.value not in MOVING:
        return True
    first = clone.at.instruction.index
    for instruction in subject.dockerfile.instructions[first : first + 5]:
        if instruction.stage == clone.at.stage:
            start = clone.at.span.end if instruction is clone.at.instruction else instruction.span.start
            if re.search(_CHECKOUT, subject.source.text[start : instruction.span.end].replace("\\\n", " ")):
                return True
    return False


class File(Struct, frozen=True):
    """A requirements file in a clone's folder, and the table's row for that repository."""

    install: Install
    path: str
    span: Span
    clone: Cloned
    repository: Row | None


def cloned_files(history: History) -> list[File]:
    """Return the requirement files from clones that the history's own stage installs."""
    found: list[File] = []
    clones = [c for c in history.of(Cloned) if c.target not in (None, "/")]
    copies = history.of(Copied)
    for install in history.own:
        for path, span in install.run.files:
            fitting = [
                c
                for c in clones
                if path is not None and c.at.order < install.at.order and covers(c.target or "", path, recursive=True)
            ]
            if fitting and path is not None:
                clone = max(fitting, key=lambda c: len(c.target or ""))
                if any(c.target == path and clone.at.order < c.at.order < install.at.order for c in copies):
                    continue
                found.append(File(install, path, span, clone, _repository(clone.clone.url.value, path)))
    return found


def _repository(url: str | None, path: str) -> Row | None:
    parts = (url or "").lower().removesuffix("/").removesuffix(".git").replace(":", "/").split("/")
    for row in table("projects")["repository"]:
        named = len(parts) > 1 and row["name"].lower() in ("*", parts[-1]) and parts[-2] in row["owners"]
        if named and ("file" not in row or f"/{path}".endswith(f"/{row['file']}")):
            return row  # type: ignore[no-any-return]
    return None


def _edited(history: History, file: File) -> bool:
    """Return whether sed, grep or the like changed the file, or `pip freeze` wrote a list."""
    name = re.escape(file.path.rpartition("/")[2])
    return history.mentions(file.install.at, rf"(?:sed|grep|awk|perl)\b[^\n]*(?:\\\n[^\n]*)*{name}|pip3? freeze")


def _keeps_torch(subject: Subject, history: History, file: File) -> bool:
    """Return whether the requirements of a file can't replace torch, or the install does not let them."""
    install, repository = file.install, file.repository
    known = repository is not None and not repository["requirements"]
    if known or install.constrained or install.option("no-deps") or pinned(install.get("torch")) is not None:
        return True
    return held_by_image(history, install) or at_fixed_commit(subject, file.clone) or _edited(history, file)


@check("ml/torch-may-move")
def torch_may_move(subject: Subject) -> Outcomes:
    """Requirements of a cloned repository can't replace the pinned torch."""
    for history in histories(subject):
        loose: list[tuple[File, TorchState]] = []
        for file in cloned_files(history):
            torch = torch_at(history, file.install)
            if torch is not None and not _keeps_torch(subject, history, file):
                loose.append((file, torch))
        if not loose:
            continue
        file, torch = loose[0]
        yield Unmet(
            f"requirements of {code(_short(file))} may replace torch {torch.version}",
            file.span,
            expected="-c with the torch that is installed",
            notes=(
                (
                    f"The build clones {plain(file.clone.clone.url.value or '', 80)}, whose requirements can change, "
                    "and no constraint holds torch. When one of them needs a newer torch, pip replaces "
                    "the installed one."
                ),
            ),
            help=(
                "Run `pip freeze | grep -E '^(torch|torchvision|torchaudio|triton)==' > /tmp/torch.txt`, "
                "then install with `-c /tmp/torch.txt`"
            ),
            related=(
                torch.related,
                *(Related("these requirements may replace it too", other.span) for other, _ in loose[1:]),
            ),
            unsure=file.install.unsure,
        )


def _short(file: File) -> str:
    """Return the name of a file's repository without its host."""
    url = (file.clone.clone.url.value or "").removesuffix("/").removesuffix(".git")
    return "/".join(url.replace(":", "/").split("/")[-2:])


def transformers_of_clone(subject: Subject) -> Outcomes:
    """Yield the outcomes of ml/transformers-needs-newer-torch for repositories with known requirements."""
    row = table("torch")["transformers"]
    for history in histories(subject):
        for file in cloned_files(history):
            torch = torch_at(history, file.install)
            if torch is None or file.repository is None or not older(torch.version, row["needs"]):
                continue
            skip = file.install.constrained or history.has("transformers", file.install.at)
            if skip or _edited(history, file) or "transformers" not in file.repository["requirements"]:
                continue
            yield Unmet(
                f"requirements of {code(file.repository['name'])} take transformers 5, which disables this torch",
                file.span,
                expected="transformers<5 before or with these requirements",
                notes=(
                    (
                        "These requirements name transformers without an upper bound. With torch "
                        f"{torch.version} transformers 5 reports `Disabling PyTorch because PyTorch >= {row['needs']}"
                        " is required`."
                    ),
                ),
                help="Install `transformers<5` first, or add it as a constraint",
                references=references(row),
                related=(torch.related,),
                unsure=file.install.unsure,
            )
