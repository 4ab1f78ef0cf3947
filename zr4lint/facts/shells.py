"""Decides which program runs a RUN: what /bin/sh is in known images, and where bash is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from zr4lint.facts.images import has_old_dash, is_of_old_dash, read_base
from zr4lint.filesystem.globs import matches
from zr4lint.shell import Dialect

if TYPE_CHECKING:
    from zr4lint.facts.collection import Facts
    from zr4lint.facts.instruction_facts import RunStep

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})
_BUSYBOX = ("*alpine*", "busybox*", "*/busybox*")
_BASH = (
    "fedora*", "*/fedora*", "centos*", "*/centos*", "rockylinux*", "*/rockylinux*", "almalinux*", "*/almalinux*",
    "amazonlinux*", "*/amazonlinux*", "oraclelinux*", "*/ubi*", "opensuse*", "*/opensuse*", "archlinux*",
    "*/archlinux*",
)  # fmt: skip
_DASH = ("*bookworm*", "*bullseye*", "*buster*", "*trixie*", "*jammy*", "*noble*", "*focal*", "*ubuntu2*")
_WITHOUT_SHELL = ("cuda", "pytorch", "rocm", "vllm")
"""Kinds of images that set no SHELL; an unknown image may set one."""


class Sh(Struct, frozen=True):
    """The shell of a RUN: its `name`, and the program behind /bin/sh ("" if it is unknown).

    `pipefail` is the path of a shell in the image that supports the option, or "" if none is known. `refuses_pipefail`
    tells that `-o pipefail` makes it fail, as in an old dash.
    """

    name: str
    really: str
    pipefail: str
    refuses_pipefail: bool = False


def sh_of(facts: Facts, step: RunStep, unknown: str) -> Sh:
    """Return the shell of a RUN: the one in a comment, or SHELL; `unknown` is the /bin/sh of unknown images."""
    declared = facts.declared_shells.get(step.at.instruction.index)
    path = declared or "".join(step.shell[:1])
    name = path.rpartition("/")[2]
    image = facts.stages[min(facts.ancestry(step.at.stage))].image
    known = _sh_of_image(image) if image is not None else ""
    really = "" if name != "sh" else known or (unknown if unknown != "sh" else "")
    if really == "none":
        return Sh("none", "", "")
    if name in ("bash", "zsh", "ksh", "ash"):
        return Sh(name, "", path if path.startswith("/") or not declared else f"/bin/{name}")
    old = "dash" in (name, really) and (known != "dash" or image is None or is_of_old_dash(read_base(image)))
    return Sh(name, really, {"busybox": "/bin/ash", "bash": "/bin/bash", "dash": "/bin/bash"}.get(known, ""), old)


@lru_cache(maxsize=64)
def dialect_of_sh(image: str) -> Dialect:
    """Return the dialect that /bin/sh of an image reads if the image sets no SHELL."""
    if has_old_dash(read_base(image)):
        return Dialect.DASH
    return Dialect.NEW_DASH if _sh_of_image(image) == "dash" else Dialect.SH


@lru_cache(maxsize=64)
def _sh_of_image(image: str) -> str:
    """Return the program behind /bin/sh in an image by the image's name, or "" if it is unknown."""
    if any(matches(image, pattern) for pattern in _BUSYBOX):
        return "busybox"
    if any(matches(image, pattern) for pattern in _BASH):
        return "bash"
    base = read_base(image)
    official = base.image.registry == "docker.io" and "/" not in base.image.repository
    debian = (base.distribution or "").startswith(("debian", "ubuntu"))
    dash = debian or any(matches(image, pattern) for pattern in _DASH)
    plain = dash and (official or base.kind in _WITHOUT_SHELL)
    return "dash" if plain or base.kind in ("debian", "ubuntu", "python") else ""
