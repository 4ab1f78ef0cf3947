"""Suspects whole instructions that keep others from doing their work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zr4lint.facts import EnvSet, Facts
from zr4lint.linting.suspects.suspect import Suspect
from zr4lint.model.finding import Edit
from zr4lint.model.quoting import code, plain

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction

_SETTINGS = {
    "PIP_DRY_RUN": "keeps pip from installing anything",
    "PIP_TARGET": "makes pip install outside the environment",
    "PIP_PREFIX": "makes pip install outside the environment",
    "PIP_ROOT": "makes pip install outside the environment",
    "PIP_USER": "makes pip install outside the environment",
    "PIP_NO_INDEX": "disables every index",
    "PIP_PYTHON": "makes pip work on another Python",
}


def steps(facts: Facts) -> Iterator[Suspect]:
    """Suspect a user without rights, a shell that runs nothing, a pip setting, a mount, a stage that is not built."""
    source = facts.dockerfile.source
    for instruction in facts.dockerfile.instructions:
        if instruction.keyword == "USER":
            user = plain(instruction.arguments.text, 24)
            root = user.partition(":")[0] in ("root", "0")
            message = None if root else f"user {user} lacks permissions that later instructions need"
            yield Suspect(instruction.span, message, _commented(instruction))
        elif instruction.keyword == "SHELL":
            message = "the scripts of later instructions do not work with this shell"
            yield Suspect(instruction.span, message, _commented(instruction))
        elif instruction.keyword == "RUN":
            for flag in instruction.flags:
                if flag.name in ("mount", "network"):
                    message = "files below this mount are not in the image"
                    if flag.name == "network":
                        message = f"with {code('--network=' + (flag.value or ''))} nothing is downloaded"
                    end = flag.span.end
                    edit = Edit(flag.span.start, end + (source.text[end : end + 1] == " "), "")
                    yield Suspect(flag.span, message, (edit,), f"Remove --{flag.name}")
    for fact in facts.facts:
        if (
            isinstance(fact, EnvSet)
            and fact.name in _SETTINGS
            and fact.at.instruction.line == fact.at.instruction.end_line
        ):
            edits = _commented(fact.at.instruction)
            yield Suspect(fact.span, f"{fact.name} {_SETTINGS[fact.name]}", edits, f"Remove {fact.name}")
    if len(facts.stages) > 1:
        last = facts.stages[-1].instruction
        yield Suspect(last.span, None, _commented(last))


def _commented(instruction: Instruction) -> tuple[Edit, ...]:
    """Return edits that turn an instruction into a comment; of several lines, only the first."""
    return (Edit(instruction.span.start, instruction.span.start, "# "),)
