"""What compose files and bake files build."""

from __future__ import annotations

import re

COMPOSE = r"(?i)(?:.*[._-])?compose(?:[._-].*)?\.ya?ml"
"""The names of compose files."""

_BAKE = r"(?i)(?:.*[._-])?bake(?:[._-].*)?\.json|.*\.hcl"


def describes_builds(path: str) -> bool:
    """Whether a path is by its name that of a compose file or a bake file."""
    name = path.rpartition("/")[2]
    if not name.lower().endswith((".yaml", ".yml", ".json", ".hcl")):
        return False
    return re.fullmatch(COMPOSE, name) is not None or re.fullmatch(_BAKE, name) is not None
