"""URLs, spelled one way, and the files that some of them name."""

from __future__ import annotations

import re

_PORTS = {"https": "443", "http": "80", "ssh": "22", "git": "9418"}
_FILE = r"(?i)file:(?://(?:localhost)?)?(?=/)"


def normal_url(url: str) -> str:
    """A URL in one spelling: scheme and host know no case, and the usual port and a slash at the end say nothing."""
    scheme, separator, rest = url.rstrip("/").partition("://")
    if not separator:
        return url.rstrip("/")
    scheme = scheme.lower()
    host, slash, path = rest.partition("/")
    host = host.lower().removesuffix(f":{_PORTS.get(scheme, '')}")
    return f"{scheme}{separator}{host}{slash}{path}"


def repository(url: str) -> str:
    """A key that is equal for two URLs of one repository; GitHub ignores case and ".git"."""
    url = normal_url(url).removesuffix("/.git").removesuffix(".git")
    return url.lower() if url.startswith("https://github.com/") else url


def file_of(name: str) -> str:
    """The path that a `file:` URL names; any other words as they are."""
    found = re.match(_FILE, name)
    if found is None:
        return name
    from urllib.parse import unquote  # takes 3 ms, and next to no file names such a URL

    return unquote(name[found.end() :].partition("#")[0])
