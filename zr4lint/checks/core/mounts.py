"""Checks for the mounts of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from zr4lint.checks.core.call_patterns import called
from zr4lint.checks.core.instruction_lists import facts_by_instruction
from zr4lint.checks.outcome import Met, Outcomes, Subject, Unmet
from zr4lint.checks.registry import check
from zr4lint.facts import RunStep
from zr4lint.model.quoting import code

if TYPE_CHECKING:
    from zr4lint.checks.parameters import CallText, Text
    from zr4lint.facts.flags import Mount


@check("command-mount", stages="all")
def command_mount(
    subject: Subject,
    *,
    commands: list[CallText],
    type: Literal["bind", "cache", "secret", "ssh", "tmpfs"],  # noqa: A002
    target: Text | None = None,
    id: Text | None = None,  # noqa: A002
) -> Outcomes:
    """Each command that matches one of these patterns runs with a mount of this type.

    With `target`, the mount is at this path. With `id`, it has this name.

    Rule:
        commands = ["npm ci"]
        type = "secret"
        id = "npmrc"

    Bad:
        FROM node:22
        COPY .npmrc /root/.npmrc
        RUN npm ci

    Good:
        FROM node:22
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
    """
    steps = facts_by_instruction(subject, RunStep)
    wanted = "".join(f",{key}={value}" for key, value in (("id", id), ("target", target)) if value is not None)
    expected = f"RUN --mount=type={type}{wanted}"
    for found in called(subject, commands):
        instruction = found.ran.at.instruction
        mounts = [m for step in steps.get(instruction.index, ()) for m in step.mounts if m.type == type]
        fitting = next((mount for mount in mounts if _fits(mount, target, id)), None)
        if fitting is not None:
            yield Met(fitting.span, instruction)
        elif any(mount.target is None for mount in mounts):
            continue  # the target is unknown
        else:
            kind = f"{type} mount" if not mounts else f"{type} mount with {wanted[1:]}"
            yield Unmet(f"{code(found.name)} runs without a {kind}", found.span, expected=expected)


def _fits(mount: Mount, target: str | None, name: str | None) -> bool:
    return (target is None or mount.target == target) and (name is None or mount.options.get("id") == name)
