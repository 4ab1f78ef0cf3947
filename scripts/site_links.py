"""A MkDocs hook that points links out of docs/ to the repository."""

from __future__ import annotations

import posixpath
import re
from typing import Any

SOURCE = "https://github.com/zr4lint/zr4lint/blob/main"
LINK = re.compile(r"(?<=\]\()(\.\./[^)\s]+)(?=\))")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the text of a page with absolute links for targets outside docs/."""
    folder = posixpath.dirname(posixpath.join("docs", page.file.src_uri))
    return LINK.sub(lambda link: _outside(folder, link[1]), markdown)


def _outside(folder: str, link: str) -> str:
    target = posixpath.normpath(posixpath.join(folder, link))
    return link if target.startswith("docs/") else f"{SOURCE}/{target}"
