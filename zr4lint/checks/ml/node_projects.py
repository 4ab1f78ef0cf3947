"""Projects that npm installs from the build context."""

from __future__ import annotations

import re

from zr4lint.checks.outcome import Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.dockerfile import values
from zr4lint.facts import NodeListed, Ran
from zr4lint.model.quoting import code
from zr4lint.programs.node_project import differs, lets_in_major

_MADE = r"package-lock|shrinkwrap|\b(?:npm|pnpm)\s+(?:i|install|init|update)\b|\byarn\b|\bsynp\b|\bgit\b"
_NODE_TAG = r"(\d+)(?:[.-]|\Z)"


@check("ml/npm-lock", raises=True)
def npm_lock(subject: Subject) -> Outcomes:
    """`npm ci` finds a lock file that agrees with package.json."""
    for project in subject.facts.of(NodeListed, subject.facts.needed):
        if project.lock is False and not _made_before(subject, project):
            yield Unmet(
                "`npm ci` finds no package-lock.json",
                project.words,
                expected="package-lock.json beside package.json",
                unsure=project.at.unsure,
                notes=("It is not in the build context. npm ends with EUSAGE.",),
                help="Add package-lock.json to the context, or run `npm install`",
                references=("npm-ci(1)",),
            )
        if project.locked is None or project.open:
            continue
        for wanted in project.wanted:
            found = differs(wanted.value or "", project.locked)
            if found is None:
                continue
            name, version = found
            yield Unmet(
                f"package-lock.json has {code(f'{name}@{version}', 40)} instead"
                if version
                else f"package-lock.json lacks {code(name, 50)}",
                wanted.span,
                expected="a lock file that agrees with package.json",
                unsure=project.at.unsure,
                notes=("`npm ci` compares the two files, and ends with EUSAGE where they differ.",),
                help="Run `npm install`, and commit the new lock file",
                references=("npm-ci(1)",),
            )


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
            notes=("npm warns of EBADENGINE, and with engine-strict it fails.",),
            help="Use another tag of node, or change `engines`",
            references=("package.json(5), engines",),
        )


def _node_of(image: str) -> int | None:
    """The major version of Node.js in an official image."""
    parsed = values.parse_image(image)
    found = re.match(_NODE_TAG, parsed.tag) if parsed.repository == "node" else None
    return int(found[1]) if found is not None else None


def _made_before(subject: Subject, project: NodeListed) -> bool:
    """Whether another command may make the lock file, or another instruction bring it."""
    text = subject.source.text[: project.words.start]
    others = subject.facts.of(Ran, (project.at.stage,))
    return re.search(_MADE, text) is not None or any(
        ran.at.order < project.at.order and ran.program in ("npx", "corepack", "bun", "") for ran in others
    )
