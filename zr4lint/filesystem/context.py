"""Files of a build context."""

from __future__ import annotations

import os
import stat

_MOST_LINKS = 40


def has_file(context: str, path: str) -> bool:
    """Whether a path names a regular file of a build context.

    As for BuildKit, the context is the root: `..`, absolute paths and symbolic links lead nowhere outside of it, and
    nothing outside of it is looked at.
    """
    waiting = path.split("/")[::-1]
    at: list[str] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            del at[-1:]
        elif part not in ("", "."):
            try:
                target = os.readlink(os.path.join(context, *at, part))
            except (OSError, ValueError):  # no link, or not there
                at.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return False
            if target.startswith("/"):
                at.clear()
            waiting += target.split("/")[::-1]
    try:
        return stat.S_ISREG(os.lstat(os.path.join(context, *at)).st_mode)
    except (OSError, ValueError):
        return False
