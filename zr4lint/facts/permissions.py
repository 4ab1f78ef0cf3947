"""Finds reasons why a command can't work: no network, no permission, or a mount over its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zr4lint.dockerfile import values
from zr4lint.programs.image_paths import absolute, covers, mount_source, mount_target

if TYPE_CHECKING:
    from zr4lint.dockerfile import Instruction
    from zr4lint.facts.stage_state import StageState

ROOT = frozenset({"root", "0", ""})
"""Values of USER that name root."""
_RISES = r"\b(?:sudo|doas|su|gosu|runuser)\b"
_OPEN = ("/tmp/", "/home/", "/var/tmp/")


def offline(instruction: Instruction) -> bool:
    """Return whether a RUN has no network."""
    return any(flag.name == "network" and flag.value == "none" for flag in instruction.flags)


def unprivileged(instruction: Instruction, state: StageState) -> bool:
    """Return whether a RUN has another user than root and never becomes root."""
    user = state.user
    return user is not None and user.partition(":")[0] not in ROOT and not re.search(_RISES, instruction.arguments.text)


def may_not_write(instruction: Instruction, state: StageState, path: str | None) -> bool:
    """Return whether a RUN can't write to `path`, which root owns: no files were ever given to another user."""
    if path is None or state.hands_over or not unprivileged(instruction, state):
        return False
    return not path.startswith(_OPEN)


def mounted_over(instruction: Instruction, state: StageState, path: str | None) -> str | None:
    """Return the source of a mount of this RUN that hides `path`, "" if it has no source, or None without a mount."""
    for flag in instruction.flags if path is not None else ():
        given = (flag.value or "") if flag.name == "mount" else ""
        mount = (values.expand(given, state.variables) or "") if "$" in given else given
        target = mount_target(mount)
        whole = absolute(target, state.workdir) if target else None
        if whole is not None and path is not None and covers(whole, path, recursive=True):
            return mount_source(mount)
    return None


def has_unknown_mount(instruction: Instruction, state: StageState) -> bool:
    """Return whether a mount of this RUN has a variable with an unknown value."""
    mounts = (flag.value or "" for flag in instruction.flags if flag.name == "mount")
    return any("$" in mount and values.expand(mount, state.variables) is None for mount in mounts)
