"""Checks for projects in the build context whose installs need a lock file."""

from __future__ import annotations

import re

from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile import values
from zr4lint.facts import LockMissing, NodeListed, Ran
from zr4lint.model.quoting import code
from zr4lint.programs.node_project import lets_in_major

_MADE = (
    r"package-lock|shrinkwrap|\b(?:npm|pnpm)\s+(?:i|install|init|update|import)\b(?![^\n]*(?:-g\b|--frozen))|\byarn\b|\bsynp\b|"
    r"\bgit\b|\buv\s+(?:lock|add|init)\b"
)
_NODE_TAG = r"(\d+)(?:[.-]|\Z)"
_DOCUMENTED = {"package-lock.json": "npm-ci(1)", "yarn.lock": "yarn install", "pnpm-lock.yaml": "pnpm install"}


@check("ml/lock-file", raises=True)
def npm_lock(subject: Subject) -> Outcomes:
    """An install that requires a lock file finds one that agrees with package.json."""
    for missing in subject.facts.of(LockMissing, subject.facts.needed):
        if not _made_before(subject, missing):
            where = "build context" if missing.copied else "image; no instruction copies it"
            yield Unmet(
                f"{code(' '.join(subject.words(missing.words).split()), 30)} finds no {missing.name}",
                missing.words,
                expected=f"{missing.name} beside {_manifest(missing.name)}",
                unsure=missing.at.unsure,
                notes=(f"It is not in the {where}. The install fails without it.",),
                help=f"Copy {missing.name} into the image first, or install without requiring it",
                references=(_DOCUMENTED.get(missing.name, "uv sync --help"),),
            )
    for project in subject.facts.of(NodeListed, subject.facts.needed):
        for wanted, instead in project.stale:
            yield Unmet(
                f"{project.lock} has {code(instead, 40)} instead"
                if instead
                else f"{project.lock} lacks {code(wanted.value or '', 50)}",
                wanted.span,
                expected="a lock file that agrees with package.json",
                unsure=project.at.unsure,
                notes=("The install compares the two files, and fails where they differ.",),
                help="Install without insisting on the lock file, and commit the new one",
                references=(_DOCUMENTED.get(project.lock, ""),),
            )


def _manifest(lock: str) -> str:
    return "pyproject.toml" if lock == "uv.lock" else "package.json"


@check("ml/node-engine", raises=True)
def node_engine(subject: Subject) -> Outcomes:
    """The Node.js of the image is one that package.json accepts."""
    for project in subject.facts.of(NodeListed, subject.facts.needed):
        image = subject.facts.stages[min(subject.facts.ancestry(project.at.stage))].image
        major = _node_of(image) if image is not None else None
        if project.node is None or major is None or lets_in_major(project.node.value or "", major) is not False:
            continue
        yield Unmet(
            f"package.json wants Node.js {code(project.node.value or '', 30)}, the image has {major}",
            project.words,
            expected="an image with that Node.js",
            notes=("npm and pnpm warn, and with engine-strict they fail; yarn 1 fails.",),
            help="Use another tag of node, or change `engines`",
            references=("package.json(5), engines",),
        )


def _node_of(image: str) -> int | None:
    """Return the major version of Node.js in an official image."""
    parsed = values.parse_image(image)
    found = re.match(_NODE_TAG, parsed.tag) if parsed.repository == "node" else None
    return int(found[1]) if found is not None else None


def _made_before(subject: Subject, missing: LockMissing) -> bool:
    """Return whether another command may create the lock file, or another instruction may copy it."""
    text = subject.source.text[: missing.words.start]
    others = subject.facts.of(Ran, (missing.at.stage,))
    return re.search(_MADE, text) is not None or any(
        ran.at.order < missing.at.order and ran.program in ("npx", "corepack", "bun", "") for ran in others
    )
