"""The packs that come with zr4lint as a wheel holds them: their models, which need no parsing and no validating.

Gain: about 9 ms of a run on one file.
"""

from __future__ import annotations

import os
from contextlib import suppress

from msgspec import msgpack

from zr4lint.filesystem.shipped import rules_folder
from zr4lint.packs.model import Pack

SUFFIX = ".pack"


def compiled(pack: Pack) -> bytes:
    """The content of the file that a wheel has for a pack, by the name of the pack and SUFFIX."""
    return msgpack.encode(pack)


def compiled_pack(name: str) -> Pack | None:
    """The pack of a name, its settings with their defaults; None in a checkout, which has its TOML alone."""
    with suppress(FileNotFoundError), open(os.path.join(rules_folder(), f"{name}{SUFFIX}"), "rb") as file:
        return msgpack.decode(file.read(), type=Pack)
    return None
