"""Requirement files of repositories that the build clones."""

from __future__ import annotations

import re

from msgspec import Struct

from zr4lint.checks.ml.history import History, Install, histories
from zr4lint.checks.ml.installed import TorchState, older, torch_at
from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import Cloned
from zr4lint.knowledge.tables import Row, table
from zr4lint.model.finding import Related
from zr4lint.model.source import Span
from zr4lint.programs.files import covers


class File(Struct, frozen=True):
    """A requirements file below a clone's folder, and what is known of that repository."""

    install: Install
    path: str
    span: Span
    clone: Cloned
    repository: Row | None


def cloned_files(history: History) -> list[File]:
    """The requirement files of a history's own stage that come from a clone."""
    found: list[File] = []
    clones = [c for c in history.facts.of(Cloned, history.chain) if c.target not in (None, "/")]
    for install in history.own:
        for path, span in install.run.files:
            fitting = [
                c
                for c in clones
                if path is not None and c.at.order < install.at.order and covers(c.target or "", path, recursive=True)
            ]
            if fitting and path is not None:
                clone = max(fitting, key=lambda c: len(c.target or ""))
                found.append(File(install, path, span, clone, _repository(clone.clone.url.value)))
    return found


def _repository(url: str | None) -> Row | None:
    parts = (url or "").lower().removesuffix("/").removesuffix(".git").replace(":", "/").split("/")
    for row in table("projects")["repository"]:
        if len(parts) > 1 and parts[-1] == row["name"].lower() and parts[-2] in row["owners"]:
            return row  # type: ignore[no-any-return]
    return None


def _edited(history: History, file: File) -> bool:
    """Whether the file was changed on its way, by sed or grep, or a list of what is installed is made."""
    name = re.escape(file.path.rpartition("/")[2])
    return history.mentions(file.install.at, rf"(?:sed|grep|awk|perl)\b[^\n]*(?:\\\n[^\n]*)*{name}|pip3? freeze")


@check("ml/torch-may-move")
def torch_may_move(subject: Subject) -> Outcomes:
    """Requirements of a repository that is cloned can't replace the pinned torch (gpu facts 6.2, 6.4)."""
    for history in histories(subject):
        loose: list[tuple[File, TorchState]] = []
        for file in cloned_files(history):
            torch = torch_at(history, file.install.at)
            held = file.install.constrained or file.install.option("no-deps") or _edited(history, file)
            if torch is not None and not held:
                loose.append((file, torch))
        if not loose:
            continue
        file, torch = loose[0]
        yield Unmet(
            f"the requirements of {file.clone.clone.url.value} are not fixed here, and nothing holds torch "
            f"{torch.version}: the day one asks for a newer torch, pip replaces it (gpu facts 6.2); freeze what "
            "is installed, `pip freeze | grep -E '^(torch|torchvision|torchaudio|triton)==' > /tmp/torch.txt`, and set "
            "PIP_CONSTRAINT, or add `-c /tmp/torch.txt`",
            file.span,
            expected="-c with the torch that is installed",
            related=(
                Related(f"torch {torch.version} is installed here", torch.span),
                *(Related("so are the requirements of this clone", other.span) for other, _ in loose[1:]),
            ),
            unsure=file.install.unsure,
        )


def transformers_of_clone(subject: Subject) -> Outcomes:
    """What ml/transformers-needs-newer-torch says, for repositories whose requirements are known (gpu facts 6.5)."""
    row = table("torch")["transformers"]
    for history in histories(subject):
        for file in cloned_files(history):
            torch = torch_at(history, file.install.at)
            if torch is None or file.repository is None or not older(torch.version, row["needs"]):
                continue
            skip = file.install.constrained or history.has("transformers", file.install.at)
            if skip or _edited(history, file) or "transformers" not in file.repository["requirements"]:
                continue
            yield Unmet(
                f"these requirements of {file.repository['name']} name transformers without a bound: pip takes "
                "transformers 5, "
                f"which says `Disabling PyTorch because PyTorch >= {row['needs']} is required` with torch "
                f"{torch.version} "
                f"({row['source']}); install `transformers<5` first, or constrain it",
                file.span,
                expected="transformers<5 before or with these requirements",
                related=(Related(f"torch {torch.version} is installed here", torch.span),),
                unsure=file.install.unsure,
            )
